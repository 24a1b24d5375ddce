"""Comparisons → what the arranged state lacks: columns that hold something else, rows that aren't there.

A test arranges no more than somebody could see. That is too little where the program looks at it all the
same: an empty foreign key to a row that nobody read, a default that the application's own code changes.
What enters are the comparisons of one request with each of its replays; what leaves is what all of them
tell.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeAlias, TypeVar

from otel2test.inverting.feedback import Feedback
from otel2test.proving.comparing.results import Comparison, Divergence

T = TypeVar("T")
_Columns: TypeAlias = frozenset[tuple[str, str]]


def lacks(comparisons: Sequence[Comparison], ignored: Collection[str]) -> tuple[Feedback, ...]:
    """Return what to hand back, to be tried one after the other until a replay is more alike.

    That is everything, then what the first divergence tells, then each column of that alone: values in
    which rows differ; or else, of rows that weren't found, that by which they were asked for. ``ignored``
    are the tables of which no test makes the rows.
    """
    told = [[each for each in comparison.divergences if not each.clocked] for comparison in comparisons]
    unlike = [[each for each in divergences if _unlike(each)] for divergences in told]
    fewer = [[each for each in divergences if each.fewer] for divergences in told]
    found = [*_of(unlike, _unlike, ignored)] or [*_of(fewer, lambda each: each.asked, ignored)]
    return tuple(each for number, each in enumerate(found) if each not in found[:number])


def ages(
    comparisons: Sequence[Comparison], ignored: Collection[str], users: Collection[str]
) -> tuple[Feedback, ...]:
    """Return that rows have to be as old as they were, where replays differ and nothing else tells why.

    When a user joined matters least: that comes second.
    """
    if not all(comparison.divergences for comparison in comparisons):
        return ()
    told = _in_all([set(comparison.stamps) for comparison in comparisons])
    columns = frozenset(column for column in told if column[0] not in ignored)
    own = frozenset(column for column in columns if column[0] not in users)
    return tuple(Feedback(needed=needed, clock=True) for needed in dict.fromkeys((own, columns)) if needed)


def _of(
    told: Sequence[Sequence[Divergence]],
    columns_of: Callable[[Divergence], _Columns],
    ignored: Collection[str],
) -> Iterator[Feedback]:
    everything = _common(told, columns_of, ignored)
    first = _common([divergences[:1] for divergences in told], columns_of, ignored)
    columns = (Feedback(needed=frozenset({column})) for column in sorted(first.needed))
    yield from (each for each in (everything, first, *columns) if each)


def _common(
    told: Sequence[Sequence[Divergence]],
    columns_of: Callable[[Divergence], _Columns],
    ignored: Collection[str],
) -> Feedback:
    columns = _in_all(
        [{column for each in divergences for column in columns_of(each)} for divergences in told]
    )
    tables = _in_all([{table for each in divergences for table in each.fewer} for divergences in told])
    return Feedback(
        needed=frozenset(column for column in columns if column[0] not in ignored),
        lacking=frozenset(tables - {*ignored}),
    )


def _unlike(divergence: Divergence) -> _Columns:
    return frozenset((cell.table, cell.column) for cell in divergence.cells if cell.table)


def _in_all(sets: Sequence[set[T]]) -> set[T]:
    return set.intersection(*sets) if sets else set()
