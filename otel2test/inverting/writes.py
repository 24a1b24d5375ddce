"""INSERT, UPDATE and DELETE, executed → facts: rows made, changed and deleted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from otel2test.inverting.conditions import OneOf, readable
from otel2test.inverting.executions import Execution
from otel2test.inverting.facts import (
    Assigned,
    Change,
    Choice,
    Deleted,
    Fact,
    Inserted,
    Seen,
    Unknown,
    Updated,
)
from otel2test.inverting.statements import (
    Assignment,
    Cases,
    Chosen,
    Delete,
    Insert,
    Shifted,
    TableRef,
    Update,
)


@dataclass(frozen=True, slots=True)
class Written(Execution):
    """One execution of one writing statement."""

    def insert(self, statement: Insert) -> Iterator[Fact]:
        rows = list(self.rows(statement))
        if statement.on_conflict == "ignore" and self.query.rowcount == 0:
            yield from self._found(statement, rows)
            return
        returned = self.query.rows
        for index, values in enumerate(rows):
            given = {name for name, value in values.items() if value is not None}
            if statement.returning and len(returned) == len(rows):
                for name, raw in zip(statement.returning, returned[index], strict=False):
                    values[name] = self.catalog.value(statement.table, name, raw)
            elif len(rows) == 1 and self.query.lastrowid and not statement.on_conflict:
                # Where the table gives no keys, the drivers of MySQL say 0.
                key = self.catalog.primary_key(statement.table)
                if key is not None and values.get(key) is None:
                    values[key] = self.query.lastrowid
            drawn = frozenset(values.keys() - given)
            yield Inserted(self.source, statement.table, values, statement.on_conflict, drawn)

    def _found(self, statement: Insert, rows: Sequence[Mapping[str, object]]) -> Iterator[Fact]:
        """Yield the rows for which none was inserted: those that were there."""
        for values in rows:
            complete = [
                columns
                for columns in self.catalog.identities(statement.table)
                if all(values.get(column) is not None for column in columns)
            ]
            if len(complete) == 1:
                yield Seen(self.source, statement.table, {name: values[name] for name in complete[0]})
            else:
                yield Inserted(self.source, statement.table, values, statement.on_conflict)

    def rows(self, statement: Insert) -> Iterator[dict[str, object]]:
        """Yield the values of each row, as far as the statement tells them."""
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
        conditions = self.rooted.of_table(statement.predicates, statement.table)
        complete = readable(conditions)
        table = statement.table.table
        cases = [value for _, value in statement.assignments if isinstance(value, Cases)]
        if not cases:
            values = {name: self.assigned(table, name, item) for name, item in statement.assignments}
            yield Updated(self.source, table, conditions, values, self.query.rowcount, not complete)
            return
        for branch, _ in cases[0].branches:
            known, key = self.value(table, branch.column.column, branch.value)
            if known:
                values = {name: self._case(table, name, item, key) for name, item in statement.assignments}
                condition = OneOf(branch.column.column, (key,))
                yield Updated(self.source, table, (condition,), values, 1)

    def _case(self, table: str, name: str, item: Assignment, key: object) -> Assigned:
        if not isinstance(item, Cases):
            return self.assigned(table, name, item)
        for branch, operand in item.branches:
            if self.value(table, branch.column.column, branch.value) == (True, key):
                return self.assigned(table, name, operand)
        return Unknown()

    def assigned(self, table: str, name: str, item: Assignment) -> Assigned:
        """Return what a column is set to."""
        if isinstance(item, Cases):
            return Unknown()
        if isinstance(item, Chosen):
            return Choice(
                tuple(
                    (
                        self.rooted.of_table(conditions, TableRef(table, table)),
                        self.assigned(table, name, value),
                    )
                    for conditions, value in item.branches
                ),
                self.assigned(table, name, item.otherwise),
            )
        if isinstance(item, Shifted):
            known, by = self.params.value(item.by)
            if known and isinstance(by, (int, float)):
                return Change(item.column, by * item.sign)
            return Unknown()
        known, value = self.value(table, name, item)
        return value if known else Unknown()

    def delete(self, statement: Delete) -> Iterator[Fact]:
        conditions = self.rooted.of_table(statement.predicates, statement.table)
        vague = not readable(conditions)
        yield Deleted(self.source, statement.table.table, conditions, self.query.rowcount, vague)
