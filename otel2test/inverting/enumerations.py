"""Texts in which a program enumerated rows, value after value: "Milk, Bread".

What enters are a text and the queries of a request; what leaves are the parts of the text that hold
values of one column in the order of their rows, with the same between all of them, as far as no
query promised that order. What the program sorted is in another order than the rows, mostly, and
stays as it is.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from otel2test.inverting.orders import TIED, UNSORTED, sorting_of, tied
from otel2test.inverting.standing import Column, RowValues, Standing
from otel2test.reading.exchanges import Query

_BETWEEN: Final = re.compile(r"\W+| and | or ")
_BEFORE_LAST: Final = re.compile(r",? (\w{1,4}|&) ")
"""What a program may put before the last of several values: a comma, and a word for "and"."""
_PROMISED, _OPEN, _SORTED = range(3)


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A part of a text: values of rows that may come in any order."""

    start: int
    end: int
    values: tuple[str, ...]
    """In the recorded order."""
    separator: str
    last: str
    """What stands before the last of them, where that is something else."""
    reason: str


@dataclass(frozen=True, slots=True)
class _Run:
    """Values of one column with the same between them, whatever the order of the rows."""

    column: Column
    parts: tuple[Standing, ...]
    separator: str
    last: str = ""

    @property
    def span(self) -> tuple[int, int]:
        return self.parts[0].start, self.parts[-1].end

    @property
    def length(self) -> int:
        return self.span[1] - self.span[0]

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(part.value for part in self.parts)

    def order(self) -> int:
        """Say what became of the order of the rows."""
        rows = self._rows()
        if rows is None:
            return _SORTED
        spans = tied(self.column.result.query, rows)
        return (
            _OPEN if any(len({self.values[at] for at in range(*span)}) > 1 for span in spans) else _PROMISED
        )

    def _rows(self) -> list[int] | None:
        """Return the numbers of the rows, None if they aren't in their order."""
        rows: list[int] = []
        texts = self.column.texts
        for value in self.values:
            try:
                rows.append(texts.index(value, rows[-1] + 1 if rows else 0))
            except ValueError:
                return None
        if all(value.lstrip("-").isdigit() for value in self.values):
            return rows if self.column.result.are_a_group(rows) else None
        return rows

    def enumeration(self) -> Enumeration:
        reason = TIED if sorting_of(self.column.result.query) else UNSORTED
        return Enumeration(*self.span, self.values, self.separator, self.last, reason)


class Enumerations:
    """What texts enumerate of the rows that ``queries`` returned."""

    def __init__(self, queries: Iterable[Query]) -> None:
        self._queries = queries

    @cached_property
    def _values(self) -> RowValues:
        return RowValues(self._queries)

    def of(self, text: str) -> tuple[Enumeration, ...]:
        """Return the parts of the text whose values may come in another order."""
        parts = [*self._values.standing_in(text)] if _BETWEEN.search(text.strip()) else []
        if len({part.value for part in parts}) < 2:
            return ()
        by_column: dict[Column, list[Standing]] = {}
        for part in parts:
            for column, _ in part.places:
                by_column.setdefault(column, []).append(part)
        runs = [run for column, found in by_column.items() for run in _runs(text, column, found)]
        chosen: list[tuple[_Run, int]] = []
        for run, order in sorted(
            ((run, run.order()) for run in runs), key=lambda item: (-item[0].length, item[1])
        ):
            if all(run.span[1] <= other.span[0] or other.span[1] <= run.span[0] for other, _ in chosen):
                chosen.append((run, order))
        open_ones = (run.enumeration() for run, order in chosen if order == _OPEN)
        return tuple(sorted(open_ones, key=lambda each: each.start))


def _runs(text: str, column: Column, parts: Iterable[Standing]) -> Iterator[_Run]:
    """Yield values that follow each other, two or more of them."""
    apart = [*_apart(parts)]
    gaps = [text[one.end : other.start] for one, other in pairwise(apart)]
    start = 0
    while start < len(gaps):
        if not _BETWEEN.fullmatch(gaps[start]):
            start += 1
            continue
        end = start
        while end < len(gaps) and gaps[end] == gaps[start]:
            end += 1
        last = gaps[end] if end < len(gaps) and _BEFORE_LAST.fullmatch(gaps[end]) else ""
        end += bool(last)
        run = _Run(column, tuple(apart[start : end + 1]), gaps[start], last)
        if len(set(run.values)) > 1:
            yield run
        start = end + 1


def _apart(parts: Iterable[Standing]) -> Iterator[Standing]:
    """Yield the values, of those that overlap the first and longest."""
    end = 0
    for part in sorted(parts, key=lambda part: (part.start, -part.end)):
        if part.start >= end:
            yield part
            end = part.end
