"""What each step of a test stems from, and what was learnt from each query: for whoever asks why."""

from collections.abc import Callable
from dataclasses import dataclass

from otel2test.inverting.facts import Fact
from otel2test.inverting.plan import Plan
from otel2test.reading.exchanges import Exchange


@dataclass(frozen=True, slots=True)
class Origin:
    """What a step, or some of its values, stem from."""

    what: str
    """Which of the step's values, such as ``title, owner``; empty for the step as a whole."""
    because: str
    """In words, such as ``read by``, or ``made up: the column may not be NULL``."""
    span_ids: tuple[str, ...] = ()
    """The spans that told."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A plan with its reasons."""

    plan: Plan
    origins: Callable[[], tuple[tuple[Origin, ...], ...]]
    """Gives those of each of ``plan.steps``; few ask."""
    facts: tuple[Fact, ...]
    """What the queries told, in their order."""
    exchanges: tuple[Exchange, ...]
    """What the test was made of; positions are those of the facts."""
    left_out: tuple[Origin, ...] = ()
    """What was there before, or had to be, that the test does without: ``what`` it is, and why."""
