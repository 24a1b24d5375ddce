"""What queries contradict each other in, mended: values that were only supposed are tried in other ways.

What enters is a state that some queries contradict; what leaves is the same with other values where
nobody saw any, and with other rows that nobody saw, such that fewer queries contradict it. The search is
local: of a contradicted query, one value is changed that it speaks of, to one that some query names.
It draws by a number of its own, the same in each run.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias

from otel2test.inverting.checking import Checker, Contradiction
from otel2test.inverting.completing import Completer, refuted
from otel2test.inverting.conditions import AnyOf, Condition, Related, Simple, tables_of, within
from otel2test.inverting.entities import Entity, KeyOf, Known, Rows, before, hashable, is_known, of_before
from otel2test.inverting.facts import (
    Averaged,
    Complete,
    Counted,
    Deleted,
    Fact,
    Missing,
    Ordering,
    Summed,
    Updated,
    Window,
)
from otel2test.inverting.samples import beside, possible, satisfying

_MOST_ROWS: Final = 300
_MOST_FACTS: Final = 100
"""Of more rows or queries than these, nothing is tried."""
_MOST_STEPS: Final = 60
_MOST_MOVES: Final = 80
_MOST_VALUES: Final = 12
"""So many values of one column, and so many rows that it may point to, are tried."""
_WORST: Final = 3
"""A query that finds more rows too many than these is no worse than that."""
_REST: Final = 4
"""A column that was changed stays as it is for so many steps, unless that helps."""

_Column: TypeAlias = "tuple[str, str]"
_Move: TypeAlias = "tuple[Entity | None, str, Callable[[], bool]]"
"""Row and column that it changes, and what does it; False where that can't be."""
_Asking: TypeAlias = Missing | Complete | Counted | Window | Summed | Averaged | Updated | Deleted


@dataclass(slots=True)
class Mender:
    """Searches for a state that fewer queries contradict."""

    rows: Rows
    completer: Completer
    checker: Checker
    facts: Sequence[Fact]
    _draw: random.Random = field(default_factory=lambda: random.Random(0), init=False)  # noqa: S311 - no secret
    _told: dict[_Column, list[object]] = field(default_factory=dict, init=False)
    """Column → values that make a difference to some query."""

    def mend(self, contradictions: Sequence[Contradiction]) -> list[Contradiction]:
        """Change what was supposed, and return what is contradicted still."""
        facts = [fact for fact in self.facts if isinstance(fact, _Asking)]
        tables = {table for each in contradictions for table in (each.table, *tables_of(each.conditions))}
        self.checker.settled |= tables
        if len(facts) > _MOST_FACTS or sum(len(self.rows.of(table)) for table in tables) > _MOST_ROWS:
            return list(contradictions)
        self._gather(facts)
        journal = self.rows.journal = []
        left = list(contradictions)
        best = (_cost(left), 0)
        changed: dict[tuple[int, str], int] = {}
        for step in range(_MOST_STEPS):
            if not left:
                break
            row, column, left = self._step(left, changed, step)
            if row is not None:
                changed[id(row), column] = step + _REST
            best = min(best, (_cost(left), len(journal)))
        self.rows.undo(best[1])
        self.rows.journal = None
        return list(self.checker.contradictions(self.facts))

    def _step(
        self, left: list[Contradiction], changed: dict[tuple[int, str], int], step: int
    ) -> tuple[Entity | None, str, list[Contradiction]]:
        """Make the first move that helps, or else the one that harms least."""
        now, mark = _cost(left), len(self.rows.journal or ())
        moves = list(self._moves(self._draw.choice(left)))
        self._draw.shuffle(moves)
        least: tuple[int, _Move] | None = None
        for move in moves[:_MOST_MOVES]:
            row, column, make = move
            cost = now + _WORST
            if make():
                found = list(self.checker.contradictions(self.facts))
                cost = _cost(found)
                if cost < now:
                    return row, column, found
                rests = row is not None and changed.get((id(row), column), -1) >= step
                if not rests and (least is None or cost < least[0]):
                    least = cost, move
            self.rows.undo(mark)
        if least is None:
            return None, "", left
        row, column, make = least[1]
        make()
        return row, column, list(self.checker.contradictions(self.facts))

    # --- moves

    def _moves(self, of: Contradiction) -> Iterator[_Move]:
        columns = dict[str, set[str]]()
        for table, column in (*_spoken_of(of.table, of.conditions), *self._sorted_by(of.table, of.order)):
            columns.setdefault(table, set()).add(column)
        if of.column:
            columns.setdefault(of.table, set()).add(of.column)
        for table, names in columns.items():
            for row in list(self.rows.of(table)):
                if of_before(row):
                    for column in sorted(names):
                        yield from self._changes(row, column, of)
                    if table == of.table and self._is_free(row):
                        yield row, "", partial(self._leave_out, row)
        yield None, "", partial(self._add, of)

    def _changes(self, row: Entity, column: str, of: Contradiction) -> Iterator[_Move]:
        known = before(row, column)
        if known is not None and (id(row), column) not in self.rows.supposed:
            return
        target = self.completer.target(row.table, column)
        is_key = self.rows.identifies(row.table, (column,))
        if is_key and (target is not None or self._is_pointed_to(row, column, known)):
            return
        described = self.completer.column(row.table, column)
        values = list(self._told.get((row.table, column), ()))[:_MOST_VALUES]
        if is_key:
            values = [value for value in values if not isinstance(value, int) or value > 0]
        if target is not None:
            values = [*self._keys(*target)]
            if described is None or described.null:
                values.append(None)
            for conditions in [(), *_over_there(of.conditions, column, target[0])]:
                yield row, column, partial(self._point_to_new, row, column, target, of, conditions)
        for value in values:
            if possible(value, described) and (known is None or known.value != value):
                yield row, column, partial(self._set, row, column, value, of)

    def _keys(self, table: str, column: str) -> Iterator[object]:
        for row in [row for row in self.rows.of(table) if of_before(row)][:_MOST_VALUES]:
            known = before(row, column)
            yield known.value if known is not None and is_known(known) else KeyOf(row, column)

    def _set(self, row: Entity, column: str, value: object, of: Contradiction) -> bool:
        if value is not None and self.rows.clashes(row, {column: value}):
            return False
        self.rows.forget(row)
        self.completer.learn(row, {column: value}, of.source)
        return True

    def _point_to_new(
        self,
        row: Entity,
        column: str,
        target: _Column,
        of: Contradiction,
        conditions: tuple[Condition, ...],
    ) -> bool:
        made = self.completer.make_up(target[0], conditions, of.source)
        return self._set(row, column, KeyOf(made, target[1]), of)

    def _add(self, of: Contradiction) -> bool:
        self.completer.make_up(of.table, of.conditions, of.source)
        return True

    def _leave_out(self, row: Entity) -> bool:
        self.rows.leave_out(row)
        return True

    def _is_free(self, row: Entity) -> bool:
        """Say whether nothing but a number told of the row, and no other points to it."""
        supposed = all((id(row), column) in self.rows.supposed for column in row.before)
        returned = any(id(row) in found for found in self.checker.limits.results.values())
        if not row.made_up or row.after or row.deleted or not supposed or returned:
            return False
        keys = self.rows.catalog.identities(row.table)
        return not any(
            len(names) == 1 and self._is_pointed_to(row, names[0], before(row, names[0])) for names in keys
        )

    def _is_pointed_to(self, row: Entity, column: str, known: Known | None) -> bool:
        """Say whether some row points to this one by that column."""
        values = [KeyOf(row, column)]
        if known is not None and hashable(known.value):
            values.append(known.value)  # type: ignore[arg-type]  # any value that is a key
        for table, described in self.rows.catalog.tables.items():
            for name, target in described.references.items():
                if target == (row.table, column) and any(
                    other is not row
                    and of_before(other)
                    and (told := before(other, name)) is not None
                    and told.value == value
                    for value in values
                    for other in self.rows.of(table)
                ):
                    return True
        return False

    # --- values

    def _gather(self, facts: Iterable[_Asking]) -> None:
        for row, conditions, _ in self.checker.witnesses.required:
            self._gather_of(row.table, conditions)
        for fact in facts:
            self._gather_of(fact.table, fact.conditions)
            if isinstance(fact, Window):
                for table, column in self._sorted_by(fact.table, fact.order):
                    found = [
                        value
                        for row in list(self.rows.of(table))[:_MOST_VALUES]
                        if (known := row.value(column)) is not None and is_known(known)
                        if known.value is not None and not isinstance(known.value, KeyOf)
                        for way in (-1, 1)
                        for value in (known.value, *beside(known.value, way, 1))
                    ]
                    self._tell((table, column), found)

    def _gather_of(self, table: str, conditions: Sequence[Condition]) -> None:
        for other, condition in within(table, conditions):
            if isinstance(condition, Simple):
                described = self.completer.column(other, condition.column)
                told = [*satisfying((condition,), described), *refuted(condition)]
                self._tell((other, condition.column), told)

    def _tell(self, place: _Column, values: Iterable[object]) -> None:
        told = self._told.setdefault(place, [])
        for value in values:
            if value not in told:
                told.append(value)

    def _sorted_by(self, table: str, order: Sequence[Ordering]) -> Iterator[_Column]:
        for term in order:
            target = self.completer.target(table, term.via) if term.via is not None else None
            if term.via is None and not term.counted:
                yield table, term.column
            elif target is not None and term.via is not None:
                yield table, term.via
                yield target[0], term.column


def _cost(found: Iterable[Contradiction]) -> int:
    return sum(min(each.by, _WORST) for each in found)


def _over_there(conditions: Iterable[Condition], column: str, table: str) -> Iterator[tuple[Condition, ...]]:
    """Yield what is asked of the row that a column points to."""
    for condition in conditions:
        match condition:
            case AnyOf(branches):
                for branch in branches:
                    yield from _over_there(branch, column, table)
            case Related(other, ((mine, _),), inner, False) if (mine, other) == (column, table):
                yield inner
            case _:
                pass


def _spoken_of(table: str, conditions: Iterable[Condition]) -> Iterator[_Column]:
    """Yield the columns, of any table, that make a difference to the conditions."""
    for of, condition in within(table, conditions):
        if isinstance(condition, Related):
            for mine, theirs in condition.on:
                yield of, mine
                yield condition.table, theirs
        elif isinstance(condition, Simple):
            yield of, condition.column
