"""Rows that a query must not find: values for which its conditions don't hold of them.

What enters are rows of which something isn't known, or of which it was only supposed that no
other row goes together with them; what is open is settled such that the conditions fail.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from otel2test.inverting.completing import Completer, refuted
from otel2test.inverting.conditions import (
    AnyOf,
    Condition,
    NoneOf,
    OneOf,
    Opaque,
    Related,
    Simple,
    holds,
    simple_parts,
    supposes_absence,
)
from otel2test.inverting.entities import Entity, KeyOf, Known, before
from otel2test.inverting.facts import Source
from otel2test.inverting.judging import Judge
from otel2test.inverting.samples import another, of_column, possible

_MOST_TRIED: Final = 4
"""So many values of a column's type, less one, are tried beside those that queries name."""


@dataclass(frozen=True, slots=True)
class Avoider:
    """Lets conditions not hold of rows."""

    judge: Judge
    completer: Completer

    def avoid(self, entity: Entity, conditions: Sequence[Condition], source: Source, depth: int = 0) -> bool:
        """Give one unknown column a value such that the conditions don't hold; False if none can be."""
        verdict = self.judge.verdict(entity, conditions, before)
        if verdict is not None:
            return not verdict
        if self._avoid_by_one_value(entity, conditions, source):
            return True
        for condition in conditions:
            if self.judge.verdict(entity, (condition,), before) is None and self._falsify(
                entity, condition, source, depth
            ):
                return True
        return False

    def is_unavoidable(self, entity: Entity, conditions: Sequence[Condition], source: Source) -> bool:
        """Say whether each value of the one column that isn't known lets some query find the row.

        False where that can't be told: of several columns, of foreign keys, and of what goes with the row.
        """
        columns = {item.column for item in conditions if isinstance(item, Simple)}
        columns = {column for column in columns if before(entity, column) is None}
        if len(columns) != 1 or not all(isinstance(item, Simple) for item in conditions):
            return False
        (column,) = columns
        if self.completer.target(entity.table, column) is not None:
            return False
        described = self.completer.column(entity.table, column)
        own = [item for item in conditions if isinstance(item, Simple) and item.column == column]
        tried = [
            *([None] if described is not None and described.null else []),
            *(of_column(described, number) for number in range(1, _MOST_TRIED)),
            *(value for item in own for value in refuted(item)),
            *self.completer.ruled_out(entity.table, column),
        ]
        return not any(
            possible(value, described)
            and not all(holds(item, value) for item in own)
            and self.completer.allowed(entity, column, value, source)
            for value in tried
        )

    def refute(self, entity: Entity, conditions: Sequence[Condition], source: Source) -> bool:
        """Make up the row whose absence was only supposed, without which the conditions would hold."""
        return any(
            self._refute(entity, condition, source)
            for condition in conditions
            if supposes_absence((condition,))
        )

    def _refute(self, entity: Entity, condition: Condition, source: Source) -> bool:
        match condition:
            case Related(negated=True):
                return self._was_made(entity, condition, source) or self.completer.relate(
                    entity, replace(condition, negated=False), source, 0
                )
            case AnyOf(branches):
                holding = [
                    branch for branch in branches if self.judge.verdict(entity, branch, before) is True
                ]
                given_up = [self.refute(entity, branch, source) for branch in holding]
                return all(given_up)
            case _:
                return False

    def _was_made(self, entity: Entity, condition: Related, source: Source) -> bool:
        """Say whether the request itself had made such a row by then."""
        (mine, theirs), *_ = condition.on or (("", ""),)
        known = before(entity, mine)
        if known is None:
            return False
        return any(
            item.created and written.source.position < source.position
            for item in self.completer.rows.having(condition.table, theirs, known.value)
            if (written := item.after.get(theirs)) is not None
        )

    def _avoid_by_one_value(self, entity: Entity, conditions: Sequence[Condition], source: Source) -> bool:
        """Give one column a value for which no branch of any alternative holds."""
        alternatives = [item for item in simple_parts(conditions) if before(entity, item.column) is None]
        for column in sorted({item.column for item in alternatives}):
            own = [item for item in alternatives if item.column == column]
            refused = any(isinstance(item, NoneOf) for item in own)
            described = self.completer.column(entity.table, column)
            values: list[object] = [None] if described is not None and described.null else []
            if self.completer.target(entity.table, column) is not None:
                # Of keys of other rows, only those that were named are known to be some.
                values += [value for item in own if isinstance(item, NoneOf) for value in item.values]
            elif entity.made_up or refused:
                values += [value for item in own for value in refuted(item)]
            for value in values:
                if (
                    possible(value, described)
                    and self._excluded(entity, column, value, conditions)
                    and (value is None or not self.completer.taken(entity, column, value))
                    and self.completer.allowed(entity, column, value, source)
                ):
                    self.completer.learn(entity, {column: value}, source)
                    return True
        return False

    def _excluded(self, entity: Entity, column: str, value: object, conditions: Sequence[Condition]) -> bool:
        told = Known(value, Source("", -1))

        def given(item: Entity, name: str) -> Known | None:
            return told if item is entity and name == column else before(item, name)

        return self.judge.verdict(entity, conditions, given) is False

    def _falsify(self, entity: Entity, condition: Condition, source: Source, depth: int) -> bool:
        match condition:
            case Opaque():
                return False
            case AnyOf(branches):
                # As many branches as can be, though one alone may stay open.
                avoided = [
                    self.avoid(entity, branch, source, depth) or self.refute(entity, branch, source)
                    for branch in branches
                ]
                return all(avoided)
            case Related(table, ((mine, theirs),), conditions, negated):
                known = before(entity, mine)
                parts = self.judge.going_together(table, ((theirs, KeyOf(entity, mine)),), before)
                if parts and not negated and known is None:
                    # It has the other row already, as rows of inherited models have their parents' parts.
                    return all(self.avoid(part, conditions, source, depth + 1) for part in parts)
                if (
                    negated
                    or known is not None
                    or self.completer.target(entity.table, mine) != (table, theirs)
                    or depth
                ):
                    return False
                described = self.completer.column(entity.table, mine)
                if (
                    described is not None
                    and described.null
                    and self.completer.allowed(entity, mine, None, source)
                ):
                    self.completer.learn(entity, {mine: None}, source)
                    return True
                parent = self._other_parent(table, conditions, source, depth) if entity.made_up else None
                if parent is None:
                    return False
                key = before(parent, theirs)
                self.completer.learn(entity, {mine: key.value if key else KeyOf(parent, theirs)}, source)
                return True
            case Related():
                return False
            case _:
                return self._falsify_column(entity, condition, source, depth)

    def _other_parent(
        self, table: str, conditions: Sequence[Condition], source: Source, depth: int
    ) -> Entity | None:
        for item in self.completer.rows.of(table):
            if item.existed and self.judge.verdict(item, conditions, before) is False:
                return item
        made = self.completer.make_up(table, (), source)
        return made if self.avoid(made, conditions, source, depth + 1) else None

    def _falsify_column(self, entity: Entity, condition: Simple, source: Source, depth: int) -> bool:
        column = condition.column
        if before(entity, column) is not None:
            return False
        described = self.completer.column(entity.table, column)
        target = self.completer.target(entity.table, column)
        null = described is not None and described.null and not holds(condition, None)
        if null and self.completer.allowed(entity, column, None, source):
            self.completer.learn(entity, {column: None}, source)
            return True
        if target is not None and self.completer.rows.catalog.primary_key(entity.table) != column:
            any_will_do = isinstance(condition, OneOf) and condition.values == (None,)
            if depth or not (entity.made_up or any_will_do):
                return False
            parent = self._other_parent(target[0], (_moved(condition, target[1]),), source, depth)
            if parent is None:
                return False
            key = before(parent, target[1])
            self.completer.learn(entity, {column: key.value if key else KeyOf(parent, target[1])}, source)
            return True
        few = isinstance(condition, NoneOf) or (described is not None and "Boolean" in described.type)
        if not entity.made_up and not few:
            return False  # what isn't told of a row that was seen is for whoever creates it to choose
        number = len(self.completer.rows.of(entity.table))
        others = (of_column(described, number + further) for further in (1, 2))
        for value in (*refuted(condition), *others, *_further(condition, number)):
            refutes = value is not None and possible(value, described) and holds(condition, value) is False
            if (
                refutes
                and not self.completer.taken(entity, column, value)
                and self.completer.allowed(entity, column, value, source)
            ):
                self.completer.learn(entity, {column: value}, source)
                return True
        return False


def _moved(condition: Simple, column: str) -> Simple:
    """Return the condition as one on the column that a foreign key points to."""
    return replace(condition, column=column)


def _further(condition: Simple, number: int) -> Iterator[object]:
    """Yield values that are further off than the next ones, which others may have."""
    for value in condition.values if isinstance(condition, OneOf) else ():
        yield another(value, number)
