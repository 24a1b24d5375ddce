"""Figures that were taken together → median, quartiles and extremes, and tables of them."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """What some rounds gave."""

    least: float
    low: float
    """A quarter of them is less."""
    median: float
    high: float
    """A quarter of them is more."""
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Return the spread of at least one value."""
        found = sorted(values)
        low, median, high = (
            statistics.quantiles(found, n=4, method="inclusive") if len(found) > 1 else found * 3
        )
        return cls(found[0], low, median, high, found[-1])

    def text(self, digits: int = 2) -> str:
        """Return it as a cell of a table: the median, and between what half of them lie."""
        return f"**{self.median:.{digits}f}** ({self.low:.{digits}f} to {self.high:.{digits}f})"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the report."""

    title: str
    note: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return it as Markdown."""
        lines = [f"### {self.title}", "", self.note, "", _row(self.header), _row(["---"] * len(self.header))]
        return "\n".join([*lines, *map(_row, self.rows), ""])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def megabytes(size: float) -> str:
    """Return a number of bytes, for people."""
    return f"{size / 1e6:.1f} MB"
