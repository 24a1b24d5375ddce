"""Counting what matches, and keeping what doesn't."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from otel2test.proving.comparing.alignment import Pair, align
from otel2test.proving.comparing.results import Difference, Divergence, ObservationKind

T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """The observations so far."""

    matched: int = 0
    observations: int = 0
    divergences: list[Divergence] = field(default_factory=list)

    def match(self) -> None:
        """Count an observation that both sides share."""
        self.matched += 1
        self.observations += 1

    def diverge(self, divergence: Divergence) -> None:
        """Count one that they don't."""
        self.observations += 1
        self.divergences.append(divergence)

    def judge(
        self,
        alike: bool,
        kind: ObservationKind,
        sentence: str,
        *,
        difference: Difference = "other",
        position: int = 0,
        span_id: str = "",
    ) -> None:
        """Count one observation; the sentence is for when it doesn't match."""
        if alike:
            self.match()
        else:
            self.diverge(Divergence(kind, difference, sentence, position, span_id))


def difference_of(recorded: object, replayed: object) -> Difference:
    """Return what may be wrong of two observations, None standing for one that wasn't made."""
    if recorded is None:
        return "extra"
    return "missing" if replayed is None else "other"


def aligned(recorded: Sequence[T], replayed: Sequence[T], form: Callable[[T], Hashable]) -> list[Pair]:
    """Return which is which of two sequences, by a form that those of each other share."""
    return list(align([(form(item),) * 2 for item in recorded], [(form(item),) * 2 for item in replayed]))
