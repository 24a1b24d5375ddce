"""Where in a text a secret stands."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Found:
    """One secret in a text."""

    start: int
    end: int
    kind: str
    """What it is, as told to a person."""
    form: Literal["plain", "percent", "wrapped", "email"] = "plain"
    """How it is written: as it is; percent-encoded; with line feeds between, perhaps escaped."""
