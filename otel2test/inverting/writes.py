"""INSERT, UPDATE and DELETE, executed → facts: rows made, changed and deleted."""

from collections.abc import Iterator
from dataclasses import dataclass

from otel2test.inverting.catalog import Catalog
from otel2test.inverting.conditions import OneOf, readable
from otel2test.inverting.facts import Assigned, Change, Deleted, Fact, Inserted, Source, Unknown, Updated
from otel2test.inverting.rooting import Rooted
from otel2test.inverting.statements import (
    Cases,
    Delete,
    Insert,
    Operand,
    Parameters,
    Shifted,
    Update,
)
from otel2test.reading.exchanges import Query


@dataclass(frozen=True, slots=True)
class Written:
    """One execution of one writing statement."""

    query: Query
    source: Source
    catalog: Catalog
    params: Parameters

    def value(self, table: str, column: str, operand: Operand) -> tuple[bool, object]:
        """Return whether the operand's value is known, and the value as the program saw it."""
        known, raw = self.params.value(operand)
        return known, self.catalog.value(table, column, raw) if known else None

    @property
    def _rooted(self) -> Rooted:
        return Rooted(self.catalog, self.value, self.query.vendor == "postgresql")

    def insert(self, statement: Insert) -> Iterator[Fact]:
        rows = list(self._inserted(statement))
        returned = self.query.rows
        for index, values in enumerate(rows):
            if statement.returning and len(returned) == len(rows):
                for name, raw in zip(statement.returning, returned[index], strict=False):
                    values[name] = self.catalog.value(statement.table, name, raw)
            elif len(rows) == 1 and self.query.lastrowid is not None and not statement.on_conflict:
                key = self.catalog.primary_key(statement.table)
                if key is not None and values.get(key) is None:
                    values[key] = self.query.lastrowid
            yield Inserted(self.source, statement.table, values, statement.on_conflict)

    def _inserted(self, statement: Insert) -> Iterator[dict[str, object]]:
        if statement.columnwise:
            columns = [self.params.value(operand)[1] for operand in statement.rows[0]]
            lists = [column for column in columns if isinstance(column, (list, tuple))]
            for row in zip(*lists, strict=False):
                yield {
                    name: self.catalog.value(statement.table, name, raw)
                    for name, raw in zip(statement.columns, row, strict=False)
                }
            return
        for operands in statement.rows:
            values: dict[str, object] = {}
            for name, operand in zip(statement.columns, operands, strict=False):
                known, value = self.value(statement.table, name, operand)
                values[name] = value if known else Unknown()
            yield values

    def update(self, statement: Update) -> Iterator[Fact]:
        conditions = self._rooted.of_table(statement.predicates, statement.table)
        complete = readable(conditions)
        table = statement.table.table
        cases = [value for _, value in statement.assignments if isinstance(value, Cases)]
        if not cases:
            values = {name: self._assigned(table, name, item) for name, item in statement.assignments}
            yield Updated(self.source, table, conditions, values, self.query.rowcount, not complete)
            return
        for branch, _ in cases[0].branches:
            known, key = self.value(table, branch.column.column, branch.value)
            if known:
                values = {name: self._case(table, name, item, key) for name, item in statement.assignments}
                condition = OneOf(branch.column.column, (key,))
                yield Updated(self.source, table, (condition,), values, 1)

    def _case(self, table: str, name: str, item: Operand | Shifted | Cases, key: object) -> Assigned:
        if not isinstance(item, Cases):
            return self._assigned(table, name, item)
        for branch, operand in item.branches:
            if self.value(table, branch.column.column, branch.value) == (True, key):
                return self._assigned(table, name, operand)
        return Unknown()

    def _assigned(self, table: str, name: str, item: Operand | Shifted | Cases) -> Assigned:
        if isinstance(item, Cases):
            return Unknown()
        if isinstance(item, Shifted):
            known, by = self.params.value(item.by)
            if known and isinstance(by, (int, float)):
                return Change(item.column, by * item.sign)
            return Unknown()
        known, value = self.value(table, name, item)
        return value if known else Unknown()

    def delete(self, statement: Delete) -> Iterator[Fact]:
        conditions = self._rooted.of_table(statement.predicates, statement.table)
        vague = not readable(conditions)
        yield Deleted(self.source, statement.table.table, conditions, self.query.rowcount, vague)
