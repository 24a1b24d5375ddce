"""What a program did for one row after another: e-mails, tasks, messages, lines of a text.

What enters are such observations, in their order, and the queries of the request; what leaves
are those of them that follow rows which no query promised in that order. A row is known by a
value of its own that stands in the observation, alone or inside a longer text. Others may
stand before and after, and of an inner loop each round may tell of the same row.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from otel2test.inverting.orders import (
    KEY,
    TIED,
    UNSORTED,
    Path,
    Result,
    sorting_of,
    text_of,
    texts_of,
    tied,
)
from otel2test.inverting.sortings import Unordered
from otel2test.inverting.sql import analyse
from otel2test.inverting.statements import Select, Union
from otel2test.reading.exchanges import Query

_SHORTEST: Final = 2
"""Shorter values stand in a longer text by accident."""
_WORD: Final = re.compile(r"\w+")

_Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """One column of the rows that a query returned."""

    result: Result
    name: str


@dataclass(frozen=True, slots=True)
class _Run:
    """Observations, one after the other, and the rows that they follow."""

    column: _Column
    start: int
    rows: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.start + len(self.rows)

    def changes(self, at: int) -> bool:
        """Say whether the observation after ``at`` is of another row."""
        return (
            self.start <= at < self.end - 1 and self.rows[at - self.start] != self.rows[at - self.start + 1]
        )

    def open_spans(self) -> Iterator[_Span]:
        """Yield from where to where the rows may come in any order."""
        for start, end in tied(self.column.result.query, self.rows):
            if len(set(self.rows[start:end])) > 1:
                yield self.start + start, self.start + end


def unordered_rounds(observations: Sequence[object], queries: Iterable[Query]) -> Unordered | None:
    """Return which of the observations may come in another order, None if all are promised in theirs.

    An observation is a text, or JSON with some in it. Spans are apart from each other, and in order.
    """
    if len(observations) < 2:
        return None
    told = [dict(texts_of(item)) for item in observations]
    runs = [run for found in _rows_told(told, queries).items() for run in _runs(*found, len(told))]
    spans: list[_Span] = []
    promised = True
    for run in runs:
        for start, end in run.open_spans():
            boundaries = [at for at in range(start, end - 1) if run.changes(at)]
            if all(any(_promises(other, at) for other in runs) for at in boundaries):
                continue
            spans.append((start, end))
            promised = promised and bool(sorting_of(run.column.result.query))
    return Unordered(tuple(_merged(spans)), TIED if promised else UNSORTED) if spans else None


def _promises(run: _Run, at: int) -> bool:
    """Say whether the query promises the order of the observation ``at`` and the one after it."""
    return run.changes(at) and not any(start <= at < end - 1 for start, end in run.open_spans())


def _merged(spans: Iterable[_Span]) -> Iterator[_Span]:
    """Yield the spans in order, those that overlap as one."""
    last: _Span | None = None
    for start, end in sorted(spans):
        if last is not None and start < last[1]:
            last = last[0], max(last[1], end)
            continue
        if last is not None:
            yield last
        last = start, end
    if last is not None:
        yield last


# --- which observation tells of which row ---------------------------------------------------

_Place: TypeAlias = tuple[Path, "_Column", bool]
"""Where a text stands in observations, of which column a value in it is, and whether it is all of it."""
_Told: TypeAlias = dict[_Place, dict[int, set[int]]]
"""… → observation → rows."""


def _rows_told(told: Sequence[Mapping[Path, str]], queries: Iterable[Query]) -> _Told:
    words = {word for each in told for text in each.values() for word in _WORD.findall(text.lower())}
    values = _values(queries, words)
    found: _Told = {}
    for number, each in enumerate(told):
        for path, text in each.items():
            for column, row, whole in _standing_in(text, values):
                found.setdefault((path, column, whole), {}).setdefault(number, set()).add(row)
    return found


_Values: TypeAlias = "dict[str, dict[str, list[tuple[_Column, int]]]]"
"""First word of a value → the value → where it stands: its column, and the first row that has it."""


def _values(queries: Iterable[Query], words: set[str]) -> _Values:
    found: _Values = {}
    for query in queries:
        if len(query.rows) < 2 or query.error is not None or not _selects(query):
            continue
        result = Result(query)
        for index, name in enumerate(query.columns):
            column = _Column(result, name)
            seen: set[str] = set()
            for number, row in enumerate(query.rows):
                text = text_of(row[index]) if index < len(row) else None
                first = _WORD.search(text.lower()) if text is not None and text not in seen else None
                if text is not None and first is not None and first[0] in words:
                    seen.add(text)
                    found.setdefault(first[0], {}).setdefault(text, []).append((column, number))
    return found


def _selects(query: Query) -> bool:
    """Say whether rows came from a table: those that a statement has just written come as it wrote them."""
    return isinstance(analyse(query.sql, query.vendor, has_params=query.params is not None), (Select, Union))


def _standing_in(text: str, values: _Values) -> Iterator[tuple[_Column, int, bool]]:
    """Yield the rows of which the text, or a part of it, is a value."""
    for word in _WORD.finditer(text):
        for value, places in values.get(word[0].lower(), {}).items():
            before = (_WORD.search(value) or word).start()
            start = word.start() - before
            whole = value == text
            if not whole and len(value) < _SHORTEST and not value.isdigit():
                continue
            if whole or (start >= 0 and text.startswith(value, start) and _ends(text, start + len(value))):
                for column, row in places:
                    if whole or not value.lstrip("-").isdigit() or KEY.search(column.name):
                        yield column, row, whole


def _ends(text: str, at: int) -> bool:
    """Say whether a word ends there."""
    return at >= len(text) or not (text[at].isalnum() and text[at - 1].isalnum())


def _runs(place: _Place, rows: Mapping[int, set[int]], number: int) -> Iterator[_Run]:
    """Yield what follows rows of the column as they came: two or more of them."""
    path, column, whole = place
    everywhere = set[int].intersection(*rows.values()) if len(rows) == number else set()
    start, so_far = 0, list[int]()
    for at in range(number + 1):
        fitting = rows.get(at, set()) - everywhere
        later = [row for row in fitting if not so_far or row >= so_far[-1]]
        if later:
            so_far.append(min(later))
            continue
        if len(set(so_far)) > 1 and _tells(path, column, so_far, whole=whole):
            yield _Run(column, start, tuple(so_far))
        start, so_far = at, [min(fitting)] if fitting else []
        start += not fitting


def _tells(path: Path, column: _Column, rows: Sequence[int], *, whole: bool) -> bool:
    """Say whether equal values are no accident, as small numbers may be."""
    index = column.result.query.columns.index(column.name)
    distinct = [*dict.fromkeys(rows)]
    if not all(str(column.result.query.rows[row][index]).lstrip("-").isdigit() for row in distinct):
        return True
    name = next((key for key in reversed(path) if isinstance(key, str)), None)
    if whole and name is not None:
        return name == column.name or bool(KEY.search(name) and KEY.search(column.name))
    return bool(KEY.search(column.name)) and column.result.are_a_group(distinct)
