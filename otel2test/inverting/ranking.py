"""Lists sorted by how many rows belong to each: what they say of the rows that they left out.

``ORDER BY COUNT(choice.id) LIMIT 5`` says that every other question has at least as many choices as
the last of the five.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from otel2test.inverting.completing import Completer
from otel2test.inverting.counting import Counting
from otel2test.inverting.entities import Entity, KeyOf, Rows, before
from otel2test.inverting.facts import Ordering, Source, Window
from otel2test.inverting.judging import Judge

_MOST_MADE_UP = 50
"""More rows than this are not made up for one row to stand where it did."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Gives the rows that were left out so many others as it takes."""

    rows: Rows
    judge: Judge
    completer: Completer
    counting: Counting

    def place(self, fact: Window, seen: Sequence[Entity]) -> None:
        """Sort the rows that weren't seen, by the first term of the order: a number of rows."""
        term, *rest = fact.order
        members = {id(entity) for entity in seen}
        sure, perhaps = self.counting.existing(fact.table, fact.conditions)
        others = [row for row in (*sure, *perhaps) if id(row) not in members]
        others += [
            self.completer.make_up(fact.table, fact.conditions, fact.source)
            for _ in range(fact.offset - len(others))
        ]
        ahead, behind = others[: fact.offset], others[fact.offset :]
        if term.descending:
            self._outnumber(ahead, seen[0], term, fact.source)
        else:
            self._outnumber(behind, seen[-1], term, fact.source)
        alike = [row for row in seen if not self._count(row, term)]
        if rest and alike and alike[-1] is seen[-1] and term.descending:
            # The others have none either: what comes next in the order tells them apart.
            self.counting.place(replace(fact, order=tuple(rest), offset=0), alike)

    def _outnumber(self, rows: Sequence[Entity], other: Entity, term: Ordering, source: Source) -> None:
        """Let more rows belong to each of ``rows`` than to ``other``."""
        least = self._count(other, term) + 1
        for row in rows if least <= _MOST_MADE_UP else ():
            for _ in range(least - self._count(row, term)):
                self.completer.make_up(term.counted, (), source, {term.column: self._key(row, term)})

    def _count(self, row: Entity, term: Ordering) -> int:
        return len(self.judge.going_together(term.counted, ((term.column, self._key(row, term)),), before))

    def _key(self, row: Entity, term: Ordering) -> object:
        known = row.value(term.key)
        return known.value if known is not None else KeyOf(row, term.key)
