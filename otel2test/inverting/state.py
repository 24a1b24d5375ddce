"""The state of the database before and after one request, as far as it is known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from otel2test.inverting.completing import refuted
from otel2test.inverting.conditions import simple_parts
from otel2test.inverting.entities import Entity, KeyOf, Known, Rows
from otel2test.inverting.facts import Missing, NotInverted, Source
from otel2test.inverting.judging import Judge
from otel2test.inverting.limits import Limits
from otel2test.inverting.sparing import Spared

__all__ = ["Entity", "KeyOf", "Known", "State"]


@dataclass(frozen=True, slots=True)
class State:
    """What is known of the database before and after one request."""

    entities: tuple[Entity, ...]
    missing: tuple[Missing, ...]
    not_inverted: tuple[NotInverted, ...]
    rows: Rows = field(repr=False)
    limits: Limits = field(repr=False)
    named_keys: Mapping[str, frozenset[object]] = field(repr=False, default_factory=dict)
    """Table → values with which queries compared its primary key."""
    spared: tuple[Spared, ...] = ()
    """Rows that were made up, and are needed by nothing."""

    def find(self, table: str, column: str, value: object) -> Entity | None:
        """Return the row of ``table`` whose ``column`` has, or had, that value."""
        for entity in self.rows.having(table, column, value):
            known = entity.value(column)
            if known is not None and known.value == value and not entity.undone:
                return entity
        return None

    def alternatives(self, table: str, column: str) -> Iterator[object]:
        """Yield values of the column for which rows would not be found that must not be found."""
        for limit in self.limits.of_table.get(table, ()):
            for condition in simple_parts(limit.conditions):
                if condition.column == column:
                    yield from refuted(condition)

    def forbids(self, table: str, values: Mapping[str, object], entity: Entity | None = None) -> bool:
        """Say whether a row of the starting state with these values contradicts what was seen.

        ``values`` is the whole row, column → value; ``entity`` the one that is being completed.
        A row contradicts if it would be found where no row was, or counted on top.
        """
        row = entity or Entity(table, -1)
        told = {column: Known(value, Source("", -1)) for column, value in values.items()}

        def completed(item: Entity, column: str) -> Known | None:
            return told.get(column) if item is row and column in told else item.before.get(column)

        def recorded(item: Entity, column: str) -> Known | None:
            return item.before.get(column)

        judge = Judge(self.rows)
        return any(
            judge.verdict(row, limit.conditions, completed) is True
            and self.limits.reaches(limit, row, completed)
            and (
                entity is None
                or judge.verdict(row, limit.conditions, recorded) is not True
                or not self.limits.reaches(limit, row, recorded)
            )
            for limit in self.limits.of_table.get(table, ())
            if not row.changed_before(limit.source, limit.columns)
        )
