"""What is known of a test after proving it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal, TypeAlias

Status: TypeAlias = Literal["proven", "left out", "xfail", "failing"]
"""``left out``: couldn't be saved, so it isn't in the file; ``xfail``: it is, marked; ``failing``: it is
there as somebody wrote it, and doesn't pass."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed."""

    path: str
    """Relative to the project."""
    line: int
    operator: str
    diff: str
    killer: str = ""
    """The assertion that would have noticed it; empty if the recording holds none."""
    unasked: int = 0
    """How many of the tests that ran the line were not asked for such an assertion, where none was found."""


@dataclass(frozen=True, slots=True)
class Mutants:
    """How many breaks of the lines that a test executed it noticed."""

    killed: int = 0
    total: int = 0

    @property
    def share(self) -> float | None:
        """0 to 1, None where there was nothing to break."""
        return self.killed / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the proof of one test ended."""

    module: str
    """Its file's name."""
    name: str
    status: Status
    fidelity: float | None = None
    """Share of the recording that the replay matched, 0 to 1; None where no recording is at hand."""
    reason: str = ""
    """Why it isn't proven."""
    divergence: str = ""
    """Where replay and recording first differ."""
    weakened: tuple[str, ...] = ()
    """What is asserted less exactly, as it differs from run to run."""
    rounds: int = 1
    """How often it was generated until it held."""
    seconds: float = 0.0
    """In which its runs took the time of a worker."""
    mutants: Mutants | None = None

    @property
    def proven(self) -> bool:
        """Whether the test passes, holds still, and is in the file."""
        return self.status == "proven"


@dataclass(frozen=True, slots=True)
class Report:
    """How all proofs ended."""

    verdicts: tuple[Verdict, ...]
    mutants: Mutants | None = None
    """Of all tests together: a mutant is killed if any test notices it."""
    survivors: tuple[Survivor, ...] = ()
    unbroken: tuple[str, ...] = field(default=())
    """Mutants that could not be put in place: ``path:line (operator)``."""

    @property
    def proven(self) -> int:
        """How many tests are proven."""
        return sum(verdict.proven for verdict in self.verdicts)

    @property
    def fidelity(self) -> float | None:
        """The median, None where no recording is at hand."""
        return median_fidelity(self.verdicts)


def median_fidelity(verdicts: Sequence[Verdict]) -> float | None:
    """Return the median of those fidelities that are known."""
    known = [verdict.fidelity for verdict in verdicts if verdict.fidelity is not None]
    return median(known) if known else None
