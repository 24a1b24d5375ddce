"""The request itself, and what stands around it: act."""

import datetime as dt
from dataclasses import dataclass

from otel2test.inverting.expressions import Name, Value


@dataclass(frozen=True, slots=True)
class Patch:
    """``with patch(target, …) as variable`` around the act."""

    target: str
    """A dotted name."""
    variable: str | None = None
    """What the replacement is called, where something is asserted of it."""
    returns: tuple[Value, ...] = ()
    """What its calls return, one after the other."""


@dataclass(frozen=True, slots=True)
class SendRequest:
    """``response = client.method(path, data, …)``."""

    method: str
    path: Value
    data: Value = None
    has_data: bool = False
    content_type: str | None = None
    headers: tuple[tuple[str, Value], ...] = ()
    secure: bool = False
    raises: Name | None = None
    raises_match: str = ""
    queries: int | None = None
    """How many statements it makes on the default database; None where that isn't asserted."""
    patches: tuple[Patch, ...] = ()
    runs_commit_hooks: bool = False
    """Whether what waits for the transaction's commit is run, which a test never comes to."""
    instant: dt.datetime | None = None
    """Aware; when it is made, if that isn't told by the :class:`SetClock` of the test."""
