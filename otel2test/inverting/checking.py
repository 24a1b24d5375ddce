"""A starting state, held against what the queries told: what of it contradicts them.

Each query is held against the rows as they were when it was asked: those of before, with what the
request had written by then.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from otel2test.inverting.conditions import Condition, columns_of, readable, tables_of
from otel2test.inverting.entities import Entity, KeyOf, Rows, is_known
from otel2test.inverting.facts import (
    Averaged,
    Complete,
    Counted,
    Deleted,
    Fact,
    Missing,
    Ordering,
    Seen,
    Source,
    Summed,
    Updated,
    Window,
)
from otel2test.inverting.history import History, View
from otel2test.inverting.judging import Judge
from otel2test.inverting.limits import Limits
from otel2test.inverting.witnesses import Requirement, Witnesses

_MOST_JUDGED: Final = 1000
"""So many rows are looked at for each query."""
_MOST_ALTOGETHER: Final = 100_000
"""So many rows are looked at for all queries."""
_CLOSE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A query that would find something else."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]
    by: int = 1
    """How many rows too many, or too few."""
    order: tuple[Ordering, ...] = ()
    column: str = ""
    """The column of which a sum was asked."""
    surplus: tuple[Entity, ...] = ()
    """Where it would find more than it did, the rows among which are those that it must not find."""


@dataclass(slots=True)
class _Found:
    """Rows that satisfy conditions, and those that may."""

    sure: list[Entity]
    perhaps: list[Entity]
    view: View


@dataclass(slots=True)
class Checker:
    """Finds the queries that a state contradicts."""

    rows: Rows
    history: History
    limits: Limits
    witnesses: Witnesses
    settled: frozenset[str]
    """Tables of which something was made up; of others there is nothing but what was seen."""
    unavoidable: Collection[tuple[int, int]] = ()
    """``id`` of a row that was made up, and position of a query that no value keeps from finding it."""
    unchecked: list[Source] = field(default_factory=list, init=False)
    """The queries that ask of too many rows to be held against the state, when that was last done."""
    _writes: Counter[int] = field(default_factory=Counter, init=False)
    """Position → as how many writes its statement was read."""
    _left: int = field(default=_MOST_ALTOGETHER, init=False)

    def contradictions(self, facts: Iterable[Fact]) -> Iterator[Contradiction]:
        """Yield one for each fact that doesn't hold of the state."""
        self._left = _MOST_ALTOGETHER
        self.unchecked.clear()
        facts = tuple(facts)
        self._writes = Counter(fact.source.position for fact in facts if isinstance(fact, (Updated, Deleted)))
        for fact in facts:
            found = self._contradiction(fact)
            if found is not None:
                yield found
            elif isinstance(fact, Seen) and self._looks_other(fact):
                yield Contradiction(fact.source, fact.table, ())
        for required in self.witnesses.required:
            if self.concerns(required.entity.table, required.conditions) and not self._is_met(required):
                yield Contradiction(required.source, required.entity.table, required.conditions)

    def _is_met(self, required: Requirement) -> bool:
        entity, conditions = required.entity, required.conditions
        view = self._view(entity.table, conditions, required.source)
        met = view.there(entity)
        verdict = Judge(self.rows, view.there).verdict(entity, conditions, view.at)
        met = met and (verdict is True or (verdict is None and not readable(conditions)))
        if not met and required.anyone:
            found = self._found(entity.table, conditions, required.source)
            met = found is None or bool(found.sure)
        return met

    def _looks_other(self, fact: Seen) -> bool:
        """Say whether a row would come back with another value, for what was supposed of it."""
        if fact.table not in self.settled or self.witnesses.is_anyone(fact):
            return False
        row = self.witnesses.of_result.get((fact.source.position, fact.alias, fact.witness))
        if row is None:
            return False
        view = self._view(fact.table, (), fact.source)
        if not view.there(row):
            return True
        altered = id(row) in self.history.altered
        guessed = altered or id(row) in self.witnesses.taken_for
        columns = [name for name in fact.values if guessed or (id(row), name) in self.rows.supposed]
        found = {name: view.at(row, name) for name in columns}
        if altered and not all(found.values()):
            return True  # that it had been written to had told what was read
        told = {name: known.value for name, known in found.items() if known and is_known(known)}
        return any(value != fact.values[name] for name, value in told.items() if not isinstance(value, KeyOf))

    def concerns(self, table: str, conditions: Sequence[Condition]) -> bool:
        """Say whether the conditions speak of what was made up."""
        return table in self.settled or any(name in self.settled for name in tables_of(conditions))

    def _contradiction(self, fact: Fact) -> Contradiction | None:
        match fact:
            case Missing() | Complete() | Counted() | Window() | Summed() | Averaged():
                pass
            case Updated(number=int(), vague=False) | Deleted(number=int(), vague=False):
                pass
            case _:
                return None
        if not self.concerns(fact.table, fact.conditions):
            return None
        found = self._found(fact.table, fact.conditions, fact.source)
        if found is None:
            return None
        order: tuple[Ordering, ...] = ()
        column = ""
        surplus: Sequence[Entity] = ()
        match fact:
            case Missing():
                surplus = [*found.sure, *self._open(fact, found)]
                by = len(surplus)
            case Complete():
                surplus = [*self._unreturned(fact, found), *self._open(fact, found)]
                by = len(surplus)
            case Counted():
                open_rows = self._open(fact, found) if fact.exact else []
                by = _off(found, fact.number, exact=fact.exact) + len(open_rows)
                surplus = (
                    [*found.sure, *open_rows] if fact.exact and len(found.sure) > fact.number else open_rows
                )
            case Updated() | Deleted():
                by = self._missed(fact, found)
                surplus = found.sure if len(found.sure) > (fact.number or 0) else ()
            case Window():
                by, order = self._misplaced(fact, found), fact.order
                surplus = self._unreturned(fact, found)
            case Summed() | Averaged():
                by, column = int(_is_other(fact, found)), fact.column
        if by <= 0:
            return None
        return Contradiction(fact.source, fact.table, fact.conditions, by, order, column, tuple(surplus))

    def _unreturned(self, fact: Complete | Window, found: _Found) -> list[Entity]:
        returned = self.limits.results.get((fact.source.position, fact.table), ())
        return [row for row in found.sure if id(row) not in returned]

    def _view(self, table: str, conditions: Sequence[Condition], source: Source) -> View:
        return self.history.view((table, *tables_of(conditions)), source.position)

    def _found(self, table: str, conditions: Sequence[Condition], source: Source) -> _Found | None:
        view = self._view(table, conditions, source)
        judge = Judge(self.rows, view.there)
        candidates = self.history.candidates(judge, table, conditions)
        self._left -= len(candidates)
        if len(candidates) > _MOST_JUDGED or self._left < 0:
            self.unchecked.append(source)
            return None
        found = _Found([], [], view)
        for row in candidates:
            verdict = judge.verdict(row, conditions, view.at) if view.there(row) else False
            if verdict is not False:
                (found.perhaps if verdict is None else found.sure).append(row)
        return found

    def _open(
        self, fact: Missing | Complete | Counted | Window, found: _Found, last: Entity | None = None
    ) -> list[Entity]:
        """Return the rows that may be found, for what the request had written to them by then.

        Of a page that isn't the last, those that may stand before its ``last`` row.
        """
        position = fact.source.position
        returned = self.limits.results.get((position, fact.table), ())
        if last is not None and isinstance(fact, Window):
            ahead = [row for row in found.perhaps if self._before(row, last, fact, found.view) is not False]
            found = _Found([], ahead, found.view)
        return self._rewritten(found, fact, returned)

    def _missed(self, fact: Updated | Deleted, found: _Found) -> int:
        """Return how many rows a write would hit that it didn't, or not surely hit that it did."""
        if not readable(fact.conditions) or self._writes[fact.source.position] > 1:
            return 0
        hit = self.history.hit_by(fact.table, fact.source.position)
        sure = {id(row) for row in found.sure}
        other = abs(len(hit) - (fact.number or 0)) if self.history.altered else 0
        return len(sure ^ hit) + other + len(self._rewritten(found, fact, hit))

    def _rewritten(
        self,
        found: _Found,
        fact: Missing | Complete | Counted | Window | Updated | Deleted,
        known: Collection[int],
    ) -> list[Entity]:
        """Return the other rows that may be found or not, by values that nobody looks at any more."""
        columns, position = columns_of(fact.conditions), fact.source.position
        return [
            row
            for row in found.perhaps
            if id(row) not in known
            and ((id(row), position) in self.unavoidable or self.history.was_written(row, columns, position))
        ]

    def _misplaced(self, window: Window, found: _Found) -> int:
        """Return how many rows stand elsewhere: before those that were seen, among them or after them."""
        told = [
            self.witnesses.of_result.get((window.source.position, window.alias, witness))
            for witness in range(window.seen)
        ]
        seen = [row for row in told if row is not None]
        if len(seen) < len(told) or window.order[0].counted or not window.limited:
            return 0
        members = {id(row) for row in seen}
        *_, last_term = window.order
        total = last_term.via is None and self.rows.identifies(window.table, (last_term.column,))
        ahead = open_rows = 0
        by = len(self._open(window, found, seen[-1] if window.more and seen else None))
        for row in found.sure:
            if id(row) in members:
                continue
            first, last = (self._before(row, pivot, window, found.view) for pivot in (seen[0], seen[-1]))
            ahead += first is True
            open_rows += first is None or last is None
            by += (last is False and not window.more) or (first is False and last is True)
        if total:
            # Where a row stands has to be settled, or it may come to stand anywhere.
            return by + open_rows + abs(ahead - window.offset)
        return by + max(ahead - window.offset, window.offset - ahead - open_rows, 0)

    def _before(self, row: Entity, pivot: Entity, window: Window, view: View) -> bool | None:
        return self.limits.stands_before(row, pivot, window.order, view.at, view.at)


def _off(found: _Found, number: int, *, exact: bool) -> int:
    """Return by how many rows there are surely more than a query counted, or not surely as many."""
    if exact:
        return abs(number - len(found.sure))
    return max(number - len(found.sure) - len(found.perhaps), 0)


def _is_other(fact: Summed | Averaged, found: _Found) -> bool:
    """Say whether a sum or mean would surely be another."""
    known = [found.view.at(row, fact.column) for row in found.sure]
    if found.perhaps or not all(is_known(each) for each in known):
        return False
    values = [each.value for each in known if each is not None and each.value is not None]
    numbers = [float(value) for value in values if isinstance(value, (int, float, Decimal))]
    told = fact.total if isinstance(fact, Summed) else fact.mean
    if told is None or not numbers:
        return len(numbers) < len(values) or (told is None) is not (not numbers)
    if not isinstance(told, (int, float, Decimal)) or len(numbers) < len(values):
        return False  # of durations, and of what the database adds up in ways of its own
    total = math.fsum(numbers)
    now = total if isinstance(fact, Summed) else total / len(numbers)
    return not math.isclose(now, float(told), rel_tol=_CLOSE, abs_tol=_CLOSE)
