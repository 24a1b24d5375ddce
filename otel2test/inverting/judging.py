"""Does a row satisfy conditions? Yes, no, or nobody knows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from otel2test.inverting.conditions import (
    AnyOf,
    Condition,
    NoneOf,
    OneOf,
    Opaque,
    Related,
    Simple,
    folded,
    holds,
)
from otel2test.inverting.entities import (
    At,
    Entity,
    KeyOf,
    Known,
    Rows,
    before,
    hashable,
    is_known,
    of_before,
)
from otel2test.inverting.facts import Source


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges rows by what is known of them and of the rows they go together with."""

    rows: Rows
    there: Callable[[Entity], bool] = of_before
    """Says which rows there are, of those that a row goes together with."""

    def verdict(self, entity: Entity, conditions: Iterable[Condition], at: At) -> bool | None:
        """Return whether all conditions hold; None where that isn't known."""
        verdict: bool | None = True
        for condition in conditions:
            one = self._one(entity, condition, at)
            if one is False:
                return False
            if one is None:
                verdict = None
        return verdict

    def of_values(
        self, table: str, values: Mapping[str, object], conditions: Iterable[Condition]
    ) -> bool | None:
        """Return the same of a row of which nobody knows more than these values, column → value."""
        row = Entity(table, -1)
        row.before.update((column, Known(value, Source("", -1))) for column, value in values.items())
        return self.verdict(row, conditions, before)

    def _one(self, entity: Entity, condition: Condition, at: At) -> bool | None:
        match condition:
            case Opaque():
                return None
            case AnyOf(branches):
                verdicts = [self.verdict(entity, branch, at) for branch in branches]
                return True if True in verdicts else None if None in verdicts else False
            case Related():
                found = self._related(entity, condition, at)
                return found if found is None else found is not condition.negated
            case _:
                return self._simple(entity, condition, at)

    def _simple(self, entity: Entity, condition: Simple, at: At) -> bool | None:
        known = at(entity, condition.column)
        if known is None or not is_known(known):
            return None
        if isinstance(known.value, KeyOf):
            # Which key it is isn't known, but it is one.
            if isinstance(condition, OneOf) and condition.values == (None,):
                return False
            values = getattr(condition, "values", (None,))
            if values and not all(self._is_of_another(known.value, value) for value in values):
                return None
            return {OneOf: False, NoneOf: True}.get(type(condition))
        return holds(condition, known.value)

    def _is_of_another(self, key: KeyOf, value: object) -> bool:
        """Say whether another row has that value, where rows have values of their own."""
        found = self.rows.identified(key.entity.table, {key.column: value})
        return found is not None and found is not key.entity

    def _related(self, entity: Entity, condition: Related, at: At) -> bool | None:
        """Say whether there is such a row; for a negated condition, the same."""
        values: list[tuple[str, object]] = []
        for mine, theirs in condition.on:
            known = at(entity, mine)
            if known is not None and known.value is None:
                return False
            if known is not None and is_known(known):
                values.append((theirs, self.rows.catalog.fitting(condition.table, theirs, known.value)))
            elif self.rows.identifies(entity.table, (mine,)):
                values.append((theirs, KeyOf(entity, mine)))
            else:
                return None
        found = self.going_together(condition.table, values, at)
        verdicts = [self.verdict(item, condition.conditions, at) for item in found]
        if True in verdicts:
            return True
        if (
            found
            and None not in verdicts
            and self.rows.identifies(condition.table, [name for name, _ in values])
        ):
            return False
        # Of rows over there that nobody spoke of, none is supposed where there must be none.
        return False if condition.negated and None not in verdicts else None

    def going_together(self, table: str, values: Sequence[tuple[str, object]], at: At) -> list[Entity]:
        """Return the rows of ``table`` that are known to have these values."""
        if not values:
            candidates: Iterable[Entity] = self.rows.of(table)
        else:
            (column, value), *_ = values
            candidates = self.rows.having(table, column, value)
        return [
            item
            for item in candidates
            if self.there(item) and all(self._has(item, column, value, at) for column, value in values)
        ]

    def _has(self, entity: Entity, column: str, value: object, at: At) -> bool:
        if isinstance(value, KeyOf) and value.entity is entity and value.column == column:
            return True
        known = at(entity, column)
        return known is not None and known.value == value

    def candidates(self, table: str, conditions: Sequence[Condition]) -> Sequence[Entity]:
        """Return rows among which are all that satisfy or may satisfy; few, where an index helps."""
        few = self._few(table, conditions)
        return self.rows.of(table) if few is None else [few[number] for number in sorted(few)]

    def _few(self, table: str, conditions: Sequence[Condition]) -> dict[int, Entity] | None:
        best: dict[int, Entity] | None = None
        for condition in conditions:
            match condition:
                case OneOf(column, values, sensitive) if all(hashable(value) for value in values):
                    alike = values if sensitive else self._alike(table, column, values)
                    found = self._having(table, column, alike)
                case Related(other, ((mine, theirs),), inner, False) if self.rows.identifies(
                    other, (theirs,)
                ):
                    over_there = self._few(other, inner)
                    if over_there is None:
                        continue
                    keys = (
                        *self._told(over_there.values(), theirs),
                        *self._unseen(table, mine, other, theirs),
                    )
                    found = self._having(table, mine, keys)
                case _:
                    continue
            best = found if best is None or len(found) < len(best) else best
        return best

    def _having(self, table: str, column: str, values: Iterable[object]) -> dict[int, Entity]:
        found = {item.number: item for item in self.rows.silent(table, column)}
        found.update((item.number, item) for item in self.rows.pointing(table, column))
        for value in values:
            found.update((item.number, item) for item in self.rows.having(table, column, value))
        return found

    def _alike(self, table: str, column: str, values: Iterable[object]) -> Iterator[object]:
        """Yield the values that the column has of some row and that are ``values`` but for case."""
        wanted = {folded(value) for value in values}
        return (value for value in self.rows.values_of(table, column) if folded(value) in wanted)

    def _unseen(self, table: str, column: str, other: str, key: str) -> Iterator[object]:
        """Yield the keys that a column has of rows over there that nothing told of."""
        for value in self.rows.values_of(table, column):
            if self.rows.identified(other, {key: value}) is None:
                yield value

    def _told(self, entities: Iterable[Entity], column: str) -> Iterator[object]:
        for entity in entities:
            yield KeyOf(entity, column)
            for known in (entity.before.get(column), entity.after.get(column)):
                if known is not None and hashable(known.value):
                    yield known.value
