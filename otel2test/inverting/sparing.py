"""Rows that were made up for one count, though those made up for others do: they are left out again.

A program learns of rows by queries only. Where every query gives the same result without a row, nothing
that the program does can tell that it isn't there. Of a row that was read that can't be said: it was in
the program's hands, and two programs may leave the same recording of which one looked at the row and
the other didn't. Hence only rows that nobody saw can be spared offline.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from otel2test.inverting.conditions import Condition, tables_of
from otel2test.inverting.entities import Entity, KeyOf, Rows, before
from otel2test.inverting.facts import Counted, Source
from otel2test.inverting.judging import Judge


@dataclass(frozen=True, slots=True)
class Spared:
    """A row that isn't needed, and the query for which it had been made up."""

    table: str
    source: Source


def spare(
    counted: Sequence[tuple[Counted, int]],
    conditions: Iterable[Sequence[Condition]],
    rows: Rows,
    judge: Judge,
    lacking: Collection[str] = (),
) -> tuple[Spared, ...]:
    """Take back the rows that no count needs, given how many rows each has to find.

    ``conditions`` are all others that rows had to satisfy, or must not. A row that another one goes
    together with is never taken back, nor one of the tables that were found to be ``lacking`` rows.
    """
    tables = Counter(fact.table for fact, _ in counted)
    told = [*conditions, *(fact.conditions for fact, _ in counted)]
    joined = {table for each in told for table in tables_of(each)}
    found: list[Spared] = []
    for table, number in tables.items():
        if number < 2 or table in joined or table in lacking:
            continue
        counts = [(fact, least) for fact, least in counted if fact.table == table]
        candidates = list(_unseen(counts, rows))
        if candidates:
            pointed = frozenset(_pointed(rows))
            free = [row for row in candidates if id(row) not in pointed]
            found += _spared(counts, free, rows, judge)
    return tuple(found)


def _spared(
    counts: Sequence[tuple[Counted, int]], candidates: Sequence[Entity], rows: Rows, judge: Judge
) -> Iterator[Spared]:
    found: list[set[int]] = []
    unsure: set[int] = set()
    for fact, _ in counts:
        judged = [
            (row, judge.verdict(row, fact.conditions, before))
            for row in judge.candidates(fact.table, fact.conditions)
            if row.existed and not row.undone
        ]
        found.append({id(row) for row, verdict in judged if verdict})
        unsure.update(id(row) for row, verdict in judged if verdict is None)
    # Those that do for the fewest counts first.
    for row in sorted(candidates, key=lambda row: sum(id(row) in members for members in found)):
        if row.reason is None or id(row) in unsure:
            continue
        mine = [
            (members, fact, least)
            for members, (fact, least) in zip(found, counts, strict=True)
            if id(row) in members
        ]
        # A row may have been made up for a count that it is part of only since something was written.
        clear = any(fact.source.position == row.reason.position for _, fact, _ in mine)
        if not clear or any(len(members) <= least for members, _, least in mine):
            continue
        for members in found:
            members.discard(id(row))
        row.undone = True
        rows.forget(row)
        yield Spared(row.table, row.reason)


def _unseen(counts: Sequence[tuple[Counted, int]], rows: Rows) -> Iterator[Entity]:
    """Yield the rows that were made up for one of the counts and that nothing else speaks of."""
    positions = {fact.source.position for fact, _ in counts}
    for row in rows.of(counts[0][0].table):
        named = any(
            len(names) == 1 and names[0] in row.before for names in rows.catalog.identities(row.table)
        )
        made_up = row.made_up and row.existed and not row.undone and not row.after and not row.deleted
        if (
            made_up
            and row.reason is not None
            and row.reason.position in positions
            and not named  # others could point to it by that
        ):
            yield row


def _pointed(rows: Rows) -> Iterator[int]:
    for entity in rows.entities:
        for known in (*entity.before.values(), *entity.after.values()):
            if isinstance(known.value, KeyOf):
                yield id(known.value.entity)
