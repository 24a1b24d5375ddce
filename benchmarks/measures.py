"""Figures that were taken together → minimum, median and maximum, and tables of them."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """What some rounds gave."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Return the spread of at least one value."""
        found = sorted(values)
        return cls(found[0], statistics.median(found), found[-1])

    def text(self, digits: int = 2) -> str:
        """Return it as a cell of a table: the median, and between what it lies."""
        return f"**{self.median:.{digits}f}** ({self.least:.{digits}f} to {self.most:.{digits}f})"


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
