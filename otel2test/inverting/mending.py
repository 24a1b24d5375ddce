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
from otel2test.inverting.conditions import AnyOf, Condition, Related, Simple, Text, tables_of, within
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
from otel2test.inverting.rewriting import Rewriter
from otel2test.inverting.samples import beside, of_column, possible, satisfying

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
    rewriter: Rewriter
    facts: Sequence[Fact]
    _draw: random.Random = field(default_factory=lambda: random.Random(0), init=False)  # noqa: S311 - no secret
    _told: dict[_Column, list[object]] = field(default_factory=dict, init=False)
    """Column → values that make a difference to some query."""
    _writes: list[Updated | Deleted] = field(default_factory=list, init=False)

    def mend(
        self, contradictions: Sequence[Contradiction], complete: Callable[[], None]
    ) -> list[Contradiction]:
        """Change what was supposed, and return what is contradicted still.

        ``complete`` gives rows that were added the values that they need for other queries.
        """
        facts = [fact for fact in self.facts if isinstance(fact, _Asking)]
        tables = {table for each in contradictions for table in (each.table, *tables_of(each.conditions))}
        self.checker.settled |= tables
        few = len(facts) <= _MOST_FACTS and sum(len(self.rows.of(table)) for table in tables) <= _MOST_ROWS
        self.rows.journal = []
        if few:
            self._writes = [fact for fact in facts if isinstance(fact, (Updated, Deleted))]
            self._gather(facts)
            self._search(list(contradictions))
        complete()
        left = self._sweep(self._contradictions(), at_once=not few)
        self.rows.journal = None
        self.rewriter.settle(self.rewriter.history())
        return left

    def _search(self, left: list[Contradiction]) -> None:
        """Make moves, and keep those that led to the fewest contradictions."""
        best = (_cost(left), 0)
        changed: dict[tuple[int, str], int] = {}
        for step in range(_MOST_STEPS):
            if not left:
                break
            row, column, left = self._step(left, changed, step)
            if row is not None:
                changed[id(row), column] = step + _REST
            best = min(best, (_cost(left), len(self.rows.journal or ())))
        self.rows.undo(best[1])

    def _sweep(self, left: list[Contradiction], *, at_once: bool) -> list[Contradiction]:
        """Leave out rows that nobody saw where queries would find them that did not.

        That some query hit or counted such a row isn't met then; but nothing made up is found where
        nothing was.
        """
        while groups := list(self._groups(left, at_once=at_once)):
            mark = len(self.rows.journal or ())
            tried: list[tuple[int, int, int]] = []
            for number, rows in enumerate(groups[:_MOST_MOVES]):
                self._leave_all_out(rows)
                found = self._contradictions()
                tried.append((_excess(found), _cost(found), number))
                self.rows.undo(mark)
            excess, _, number = min(tried)
            if excess >= _excess(left):
                break
            self._leave_all_out(groups[number])
            left = self._contradictions()
        return left

    def _groups(self, left: Iterable[Contradiction], *, at_once: bool) -> Iterator[list[Entity]]:
        """Yield rows to leave out: each by itself, or all that are too many of every query ``at_once``."""
        surplus = [(each, [row for row in each.surplus if self._is_free(row)]) for each in left]
        free = {id(row): row for each, rows in surplus for row in (rows[-each.by :] if at_once else rows)}
        if at_once and free:
            yield list(free.values())
        else:
            yield from ([row] for row in free.values())

    def _contradictions(self) -> list[Contradiction]:
        """Return what contradicts the state as it is now, with the writes done again."""
        self.checker.history = self.rewriter.history()
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
                found = self._contradictions()
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
        return row, column, self._contradictions()

    # --- moves

    def _moves(self, of: Contradiction) -> Iterator[_Move]:
        columns = dict[str, set[str]]()
        for table, column in (*_spoken_of(of.table, of.conditions), *self._sorted_by(of.table, of.order)):
            columns.setdefault(table, set()).add(column)
        if of.column:
            columns.setdefault(of.table, set()).add(of.column)
        for fact in self._writes:
            if fact.table in columns and fact.source.position < of.source.position:
                # What it hit decides what was found later.
                for table, column in _spoken_of(fact.table, fact.conditions):
                    columns.setdefault(table, set()).add(column)
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
        supposed = known is None or (id(row), column) in self.rows.supposed
        if known is not None and not supposed and not self._was_written(row, column, known):
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

    def _was_written(self, row: Entity, column: str, known: Known) -> bool:
        """Say whether a row is altered, and what was read of it is what had been written by then."""
        history = self.checker.history
        return id(row) in history.altered and history.was_written(row, (column,), known.source.position)

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

    def _leave_all_out(self, rows: Iterable[Entity]) -> None:
        for row in rows:
            if self._is_free(row):
                self._leave_out(row)

    def _leave_out(self, row: Entity) -> bool:
        """Leave out the row, and those that were made up for its sake."""
        self.rows.leave_out(row)
        for known in row.before.values():
            if isinstance(known.value, KeyOf) and self._is_free(known.value.entity):
                self._leave_out(known.value.entity)
        return True

    def _is_free(self, row: Entity) -> bool:
        """Say whether nothing but a number told of the row, and no other points to it."""
        supposed = all((id(row), column) in self.rows.supposed for column in row.before)
        returned = any(id(row) in found for found in self.checker.limits.results.values())
        if not row.made_up or not of_before(row) or not supposed or returned:
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
        for required in self.checker.witnesses.required:
            self._gather_of(required.entity.table, required.conditions)
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
                if isinstance(condition, Text):
                    told.append(of_column(described, 1))  # what contains neither this text nor others
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


def _excess(found: Iterable[Contradiction]) -> int:
    return sum(each.by for each in found if each.surplus)


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
