"""The request's writes, done again on another starting state: they may hit other rows there.

What enters are the writes as they were first understood; what leaves is what rows would be like at each
position if the state were as it has been changed to. Only statements whose conditions and values can be
read are done again; the others hit the rows that they hit.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from otel2test.inverting.changing import Changes
from otel2test.inverting.conditions import readable, tables_of
from otel2test.inverting.entities import Entity, Known, Rows, is_known
from otel2test.inverting.facts import Assigned, Change, Choice, Deleted, Fact, Unknown, Updated
from otel2test.inverting.history import History, Write
from otel2test.inverting.judging import Judge

_AFTER_ALL: Final = 2**62
"""A position behind every query."""


class Rewriter:
    """Finds out which rows the writes of one request hit, again and again."""

    def __init__(self, rows: Rows, changes: Changes, facts: Iterable[Fact]) -> None:
        self.rows = rows
        self.changes = changes
        self._first = changes.history
        self._at: dict[int, list[Write]] = {}
        """Position → what the statement there was understood to do at first."""
        for write in self._first.writes:
            self._at.setdefault(write.source.position, []).append(write)
        rolled_back = any(write.undone for write in self._first.writes)
        self._again = {} if rolled_back else dict(_readable(facts))

    def history(self) -> History:
        """Return what rows are like at each position, given their values of before as they are now."""
        if not self._again:
            return self._first
        found = History()
        for position in sorted({*self._at, *self._again}):
            formerly = {id(write.entity): write for write in self._at.get(position, ())}
            fact = self._again.get(position)
            if fact is None:
                again = self._at[position]
            else:
                hit = list(self._hit(fact, found, formerly))
                found.altered |= formerly.keys() ^ {id(row) for row in hit}
                again = [formerly.get(id(row)) or _write(fact, row) for row in hit]
            for write in again:
                found.add(write)
        return found

    def settle(self, history: History) -> None:
        """Let rows that are hit by other writes now end as these leave them."""
        if not history.altered:
            return
        self.changes.history = history
        for row in self.rows.entities:
            if id(row) not in history.altered:
                continue
            for column in {column for write in self._first.of(row) for column in write.values}:
                row.after.pop(column, None)  # what else was read back is the database's own
            row.deleted, row.deleted_at = False, None
            for write in history.of(row):
                row.after.update(write.values)
                if write.deleted:
                    row.deleted, row.deleted_at = True, write.source.position
            for column in tuple(row.after):
                known = history.value(row, column, _AFTER_ALL)
                if known is not None and is_known(known):
                    self.rows.set_after(row, column, known)

    def _hit(self, fact: Updated | Deleted, so_far: History, formerly: Collection[int]) -> Iterator[Entity]:
        view = so_far.view((fact.table, *tables_of(fact.conditions)), fact.source.position)
        judge = Judge(self.rows, view.there)
        for row in so_far.candidates(judge, fact.table, fact.conditions):
            if view.there(row):
                verdict = judge.verdict(row, fact.conditions, view.at)
                if verdict or (verdict is None and id(row) in formerly):
                    yield row


def _readable(facts: Iterable[Fact]) -> Iterator[tuple[int, Updated | Deleted]]:
    """Yield the writes that can be done again, with their positions."""
    written: dict[int, list[Updated | Deleted]] = {}
    for fact in facts:
        if isinstance(fact, (Updated, Deleted)):
            written.setdefault(fact.source.position, []).append(fact)
    for position, (fact, *others) in written.items():
        plain = isinstance(fact, Deleted) or not any(map(_is_computed, fact.values.values()))
        if not others and plain and not fact.vague and fact.number is not None and readable(fact.conditions):
            yield position, fact


def _is_computed(value: Assigned) -> bool:
    return isinstance(value, (Choice, Unknown)) or (
        isinstance(value, Change) and not isinstance(value.by, (int, float))
    )


def _write(fact: Updated | Deleted, row: Entity) -> Write:
    if isinstance(fact, Deleted):
        return Write(row, fact.source, deleted=True)
    return Write(
        row,
        fact.source,
        values={column: Known(value, fact.source) for column, value in fact.values.items()},
        changes={column: value for column, value in fact.values.items() if isinstance(value, Change)},
    )
