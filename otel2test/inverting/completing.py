"""Rows that had to be there though nobody saw them, and values that columns had to have.

What enters are rows as far as they were seen, and what counts, windows and conditions say
of them; rows are given values for which the conditions hold, or made up. Nothing that is
made up satisfies the conditions of what was found missing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice, product
from typing import Final

from otel2test.inverting.catalog import Column
from otel2test.inverting.conditions import (
    AnyOf,
    Bound,
    Condition,
    NoneOf,
    OneOf,
    Opaque,
    Related,
    Simple,
    Text,
    flattened,
    holds,
)
from otel2test.inverting.entities import Entity, KeyOf, Known, Rows, before, hashable, is_known
from otel2test.inverting.facts import Source
from otel2test.inverting.judging import Judge
from otel2test.inverting.samples import another, of_column, possible, satisfying, step
from otel2test.inverting.trying import Attempt

_DEEPEST: Final = 8
"""Rows that rows need that rows need … are made up so many steps."""
_MOST_CHOICES: Final = 64
"""So many combinations of alternatives are tried."""
_NONE: Final = object()
"""In place of a value, where none will do."""


@dataclass(slots=True)
class Completer:
    """Gives rows the values that conditions ask for, and makes up rows."""

    rows: Rows
    judge: Judge
    attempt: Attempt
    made_up: dict[str, list[Entity]] = field(default_factory=dict)
    """Table → rows that were made up."""
    learnt: set[str] = field(default_factory=set)
    """Tables of which values were made up."""
    allowed: Callable[[Entity, str, object, Source], bool] = field(default=lambda *_: True)
    """Says whether a column may be given a value for the sake of one query, by what others found missing."""
    missing: Callable[[str], Iterable[Sequence[Condition]]] = field(default=lambda _: ())
    """Gives the conditions that no further row of a table may satisfy."""

    def known(self, entity: Entity, column: str) -> Known | None:
        """Return what is known of the column: before the request, or as it was made."""
        return entity.after.get(column) if entity.created else entity.before.get(column)

    def ruled_out(self, table: str, column: str) -> Iterator[object]:
        """Yield values of the column for which rows would not be found that must not be found."""
        for conditions in self.missing(table):
            for condition in conditions:
                if not isinstance(condition, (AnyOf, Related, Opaque)) and condition.column == column:
                    yield from refuted(condition)

    # --- making conditions hold

    def satisfy(
        self, entity: Entity, conditions: Sequence[Condition], source: Source, depth: int = 0
    ) -> bool:
        """Give unknown columns values such that the conditions hold; False where that can't be."""
        if self.judge.verdict(entity, conditions, self.known) is False or depth > _DEEPEST:
            return False
        open_choices = [
            self._sorted(entity, condition, source)
            for condition in conditions
            if isinstance(condition, AnyOf)
            and self.judge.verdict(entity, (condition,), self.known) is not True
        ]
        if open_choices:
            others = tuple(item for item in conditions if not isinstance(item, AnyOf))
            return any(
                self.is_feasible(entity, chosen) and self.satisfy(entity, chosen, source, depth + 1)
                for branches in islice(product(*open_choices), _MOST_CHOICES)
                if (chosen := flattened((*others, *chain.from_iterable(branches))))
            )
        by_column = _by_column(conditions)
        done = [self._give(entity, column, simple, source, depth) for column, simple in by_column.items()]
        done += [
            self.relate(entity, condition, source, depth)
            for condition in conditions
            if isinstance(condition, Related) and not condition.negated
        ]
        return all(done)

    def is_feasible(self, entity: Entity, conditions: Sequence[Condition]) -> bool:
        """Say whether each column that isn't known could have a value that all its conditions allow."""
        if self.judge.verdict(entity, conditions, self.known) is False:
            return False
        return all(
            self.known(entity, column) is not None
            or (self.target(entity.table, column) is not None and not _refuse_null(simple))
            or next(satisfying(simple, self.column(entity.table, column)), _NONE) is not _NONE
            for column, simple in _by_column(conditions).items()
        )

    def _sorted(self, entity: Entity, condition: AnyOf, source: Source) -> list[tuple[Condition, ...]]:
        """Return the branches, those last that would let the row be found where none was."""

        def is_open(column: str) -> bool:
            return self.known(entity, column) is None

        def is_refused(item: Condition) -> bool:
            match item:
                case AnyOf() | Opaque():
                    return False
                case Related(table, _, _, False) if not all(self.missing(table)):
                    return True  # no row may be added over there
                case Related(_, on, _, negated):
                    return not negated and any(
                        is_open(mine) and not self.allowed(entity, mine, KeyOf(entity, mine), source)
                        for mine, _ in on
                        if not self.rows.identifies(entity.table, (mine,))
                    )
                case _:
                    values = satisfying((item,), self.column(entity.table, item.column))
                    return is_open(item.column) and not any(
                        self.allowed(entity, item.column, value, source) for value in values
                    )

        branches = self.attempt.of(condition.branches)
        return sorted(branches, key=lambda branch: any(map(is_refused, branch)))

    def _give(
        self, entity: Entity, column: str, conditions: Sequence[Simple], source: Source, depth: int
    ) -> bool:
        known = self.known(entity, column)
        if known is not None and isinstance(known.value, KeyOf):
            target = known.value
            wanted = [item for item in conditions if item != NoneOf(column, ())]
            return not wanted or (
                target.entity is not entity
                and self._give(target.entity, target.column, wanted, source, depth + 1)
            )
        if known is not None:
            return True  # judged before
        if conditions == [NoneOf(column, ())] and self._points_on(entity, column, source, depth):
            return True
        described = self.column(entity.table, column)
        values = [
            value
            for value in satisfying(self._least_used(entity.table, conditions), described)
            if value is None or not self.rows.clashes(entity, {column: value})
        ]
        if not values:
            return False
        # Where conditions leave a choice, nothing is chosen that was found missing.
        others = (
            item
            for item in self.ruled_out(entity.table, column)
            if possible(item, described)
            and all(holds(condition, item) for condition in conditions)
            and not self.rows.clashes(entity, {column: item})
        )
        allowed = (item for item in chain(values, others) if self.allowed(entity, column, item, source))
        self.learn(entity, {column: next(allowed, values[0])}, source)
        return True

    def _points_on(self, entity: Entity, column: str, source: Source, depth: int) -> bool:
        """A foreign key that must have a value gets that of some row."""
        target = self.target(entity.table, column)
        if target is None:
            return False
        return self.relate(entity, Related(target[0], ((column, target[1]),)), source, depth)

    def target(self, table: str, column: str) -> tuple[str, str] | None:
        known = self.rows.catalog.tables.get(table)
        return known.references.get(column) if known else None

    def column(self, table: str, column: str) -> Column | None:
        known = self.rows.catalog.tables.get(table)
        return known.columns.get(column) if known else None

    def _least_used(self, table: str, conditions: Sequence[Simple]) -> list[Simple]:
        """Sort the values of IN lists: rows are spread over them."""
        return [
            replace(
                item,
                values=tuple(
                    sorted(item.values, key=lambda value: len(self.rows.having(table, item.column, value)))
                ),
            )
            if isinstance(item, OneOf) and len(item.values) > 1
            else item
            for item in conditions
        ]

    def relate(self, entity: Entity, condition: Related, source: Source, depth: int) -> bool:
        """See to it that there is such a row over there."""
        if self.judge.verdict(entity, (condition,), self.known) is True:
            return True
        wanted: dict[str, object] = {}
        open_columns: list[tuple[str, str]] = []
        for mine, theirs in condition.on:
            known = self.known(entity, mine)
            if known is not None and known.value is None:
                return False
            if known is not None:
                wanted[theirs] = self.rows.catalog.fitting(condition.table, theirs, known.value)
            elif self.rows.identifies(entity.table, (mine,)):
                wanted[theirs] = KeyOf(entity, mine)
            else:
                open_columns.append((mine, theirs))

        def fits(item: Entity) -> bool:
            told = {
                mine: self.rows.catalog.fitting(entity.table, mine, self._key(item, theirs))
                for mine, theirs in open_columns
            }
            return (
                item is not entity
                and not self.rows.clashes(entity, told)
                and all(self.allowed(entity, mine, value, source) for mine, value in told.items())
            )

        found = self._row_for(condition, wanted, source, depth, fits)
        if found is None:
            return False
        for mine, theirs in open_columns:
            value = self.rows.catalog.fitting(entity.table, mine, self._key(found, theirs))
            self.learn(entity, {mine: value}, source)
        return True

    def _key(self, entity: Entity, column: str) -> object:
        """Return the value of a column that another row's column has too."""
        known = self.known(entity, column)
        return known.value if known is not None and is_known(known) else KeyOf(entity, column)

    def _row_for(
        self,
        condition: Related,
        wanted: dict[str, object],
        source: Source,
        depth: int,
        fits: Callable[[Entity], bool],
    ) -> Entity | None:
        candidates = [
            item
            for item in self.attempt.of(
                self.judge.going_together(condition.table, tuple(wanted.items()), self.known)
            )
            if fits(item)
        ]
        verdicts = [self.judge.verdict(item, condition.conditions, self.known) for item in candidates]
        for wish in (True, None):
            for item, verdict in zip(candidates, verdicts, strict=True):
                if verdict is wish and self.satisfy(item, condition.conditions, source, depth + 1):
                    return item
        if candidates and self.rows.identifies(condition.table, tuple(wanted)):
            return None
        return self.make_up(condition.table, condition.conditions, source, wanted, depth + 1)

    # --- making up rows

    def make_up(
        self,
        table: str,
        conditions: Sequence[Condition],
        source: Source,
        values: dict[str, object] | None = None,
        depth: int = 0,
    ) -> Entity:
        """Return a new row for which the conditions hold."""
        entity = self.rows.new(table)
        entity.made_up = True
        entity.reason = source
        self.made_up.setdefault(table, []).append(entity)
        self.learn(entity, values or {}, source)
        self.satisfy(entity, conditions, source, depth)
        self._tell_apart(entity, source)
        return entity

    def _tell_apart(self, entity: Entity, source: Source) -> None:
        """Let no two rows be equal in columns that are unique together."""
        for columns in self.rows.catalog.identities(entity.table):
            open_columns = [column for column in columns if before(entity, column) is None]
            free = [column for column in open_columns if self.target(entity.table, column) is None]
            if len(columns) == 1 or len(open_columns) == len(columns) or not free:
                continue
            described = self.column(entity.table, free[0])
            value = of_column(described, len(self.rows.of(entity.table)))
            if value is not None:
                self.learn(entity, {free[0]: value}, source)

    def taken(self, entity: Entity, column: str, value: object) -> bool:
        """Say whether the value could make the row equal to another in columns that are unique together."""
        if not hashable(value):
            return False
        unsure = any(
            column in columns and any(before(entity, other) is None for other in columns if other != column)
            for columns in self.rows.catalog.identities(entity.table)
            if len(columns) > 1
        )
        if unsure:
            return any(item is not entity for item in self.rows.having(entity.table, column, value))
        return self.rows.clashes(entity, {column: value})

    def learn(self, entity: Entity, values: dict[str, object], source: Source) -> None:
        """Take down values of the starting state that follow from conditions."""
        self.learnt.add(entity.table)
        for column, value in values.items():
            self.rows.set_before(entity, column, Known(value, source))
            self.rows.supposed.add((id(entity), column))
        self.rows.index_anew(entity)


def _by_column(conditions: Sequence[Condition]) -> dict[str, list[Simple]]:
    found: dict[str, list[Simple]] = {}
    for condition in conditions:
        if not isinstance(condition, (AnyOf, Related, Opaque)):
            found.setdefault(condition.column, []).append(condition)
    return found


def _refuse_null(conditions: Sequence[Simple]) -> bool:
    """Say whether one condition asks for NULL, and another one for anything but that."""
    return OneOf(conditions[0].column, (None,)) in conditions and not all(
        holds(condition, None) for condition in conditions
    )


def refuted(condition: Simple) -> Iterator[object]:
    """Yield values for which the condition may not hold."""
    match condition:
        case OneOf(_, values):
            for value in values:
                yield another(value, 1)
        case NoneOf(_, values):
            yield from values
        case Bound(_, operator, value):
            if operator in {">", "<"}:
                yield value
            yield step(value, -1 if operator in {">", ">="} else 1)
        case Text():
            yield condition.literal()
