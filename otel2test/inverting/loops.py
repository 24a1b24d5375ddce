"""What a program did for one row after another: e-mails, tasks, messages, lines of a text.

What enters are such observations, in their order, and the queries of the request; what leaves
are those of them that follow rows which no query promised in that order. A row is known by a
value of its own that stands in the observation, alone or inside a longer text. Others may
stand before and after, and of an inner loop each round may tell of the same row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from otel2test.inverting.orders import KEY, TIED, UNSORTED, Path, sorting_of, texts_of, tied
from otel2test.inverting.sortings import Unordered
from otel2test.inverting.standing import Column, RowValues, words_of
from otel2test.reading.exchanges import Query

_Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Run:
    """Observations, one after the other, and the rows that they follow."""

    column: Column
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

_Place: TypeAlias = tuple[Path, Column, bool]
"""Where a text stands in observations, of which column a value in it is, and whether it is all of it."""
_Told: TypeAlias = dict[_Place, dict[int, set[int]]]
"""… → observation → rows."""


def _rows_told(told: Sequence[Mapping[Path, str]], queries: Iterable[Query]) -> _Told:
    values = RowValues(queries, {word for each in told for text in each.values() for word in words_of(text)})
    found: _Told = {}
    for number, each in enumerate(told):
        for path, text in each.items():
            for part in values.standing_in(text):
                for column, row in part.places:
                    place = path, column, part.value == text
                    found.setdefault(place, {}).setdefault(number, set()).add(row)
    return found


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


def _tells(path: Path, column: Column, rows: Sequence[int], *, whole: bool) -> bool:
    """Say whether equal values are no accident, as small numbers may be."""
    index = column.result.query.columns.index(column.name)
    distinct = [*dict.fromkeys(rows)]
    if not all(str(column.result.query.rows[row][index]).lstrip("-").isdigit() for row in distinct):
        return True
    name = next((key for key in reversed(path) if isinstance(key, str)), None)
    if whole and name is not None:
        return name == column.name or bool(KEY.search(name) and KEY.search(column.name))
    return bool(KEY.search(column.name)) and column.result.are_a_group(distinct)
