"""Queries with their rows → facts: what was seen, counted, missing and written, in order.

A fact speaks of rows of tables only. What a statement could not tell is a fact as well:
:class:`NotInverted`, with the reason.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from otel2test.inverting.catalog import Catalog
from otel2test.inverting.sql import analyse
from otel2test.inverting.statements import (
    Cases,
    ColumnRef,
    Delete,
    Equal,
    Harmless,
    In,
    Insert,
    NotNull,
    Operand,
    Other,
    Parameters,
    Predicate,
    Same,
    Select,
    Shifted,
    TableRef,
    Transaction,
    Unreadable,
    Update,
)
from otel2test.reading.exchanges import Query


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was learnt."""

    span_id: str
    position: int
    sql: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a row must satisfy: ``column`` has one of ``values`` (``None`` for NULL)."""

    column: str
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A row was there, with at least these values."""

    source: Source
    table: str
    values: Mapping[str, object]
    witness: int = 0
    """Facts of one query and table with different witnesses are of different rows."""


@dataclass(frozen=True, slots=True)
class Counted:
    """So many rows satisfied the conditions, as far as conditions can tell (``exact``)."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]
    number: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Missing:
    """No row satisfied the conditions."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """How an update computes a column that isn't set to a value: ``column + by``."""

    column: str
    by: object


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only the database knew."""


Assigned: TypeAlias = object
"""A plain value, a :class:`Change`, or :class:`Unknown`."""


@dataclass(frozen=True, slots=True)
class Inserted:
    """A row was written."""

    source: Source
    table: str
    values: Mapping[str, Assigned]
    conflict: Literal["ignore", "update"] | None = None


@dataclass(frozen=True, slots=True)
class Updated:
    """Rows that satisfied the conditions got new values."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]
    values: Mapping[str, Assigned]
    number: int | None
    vague: bool = False
    """True where there were more conditions than could be read."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """Rows that satisfied the conditions were deleted."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]
    number: int | None
    vague: bool = False


@dataclass(frozen=True, slots=True)
class Savepoint:
    """A transaction or savepoint began, ended, or was rolled back."""

    source: Source
    action: Literal["begin", "savepoint", "release", "rollback_to", "commit", "rollback"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class NotInverted:
    """A statement from which nothing was learnt, and why."""

    source: Source
    reason: str
    writes: bool = False


Fact: TypeAlias = Seen | Counted | Missing | Inserted | Updated | Deleted | Savepoint | NotInverted


def collect(queries: Iterable[Query], catalog: Catalog) -> tuple[Fact, ...]:
    """Return the facts of ``queries``, in their order."""
    facts: list[Fact] = []
    for query in sorted(queries, key=lambda item: item.position):
        facts.extend(_facts(query, catalog))
    return tuple(facts)


def _facts(query: Query, catalog: Catalog) -> Iterator[Fact]:
    source = Source(query.span_id, query.position, query.sql)
    if query.kind != "statement":
        yield Savepoint(source, query.kind)
        return
    executions = query.many if query.many is not None else (query.params,)
    has_params = query.many is not None or query.params is not None
    statement = analyse(query.sql, query.vendor, has_params=has_params)
    if query.error is not None and not isinstance(statement, (Select, Transaction)):
        # It failed: nothing was written. What was read before it failed still counts.
        return
    for params in executions:
        reader = _Reader(query, source, catalog, Parameters(params))
        match statement:
            case Select():
                yield from reader.select(statement)
            case Insert():
                yield from reader.insert(statement)
            case Update():
                yield from reader.update(statement)
            case Delete():
                yield from reader.delete(statement)
            case Transaction(action, name):
                yield Savepoint(source, action, name)
            case Harmless():
                pass
            case Unreadable(reason, writes):
                yield NotInverted(source, reason, writes)


@dataclass(frozen=True, slots=True)
class _Reader:
    """One execution of one statement."""

    query: Query
    source: Source
    catalog: Catalog
    params: Parameters

    # --- values and conditions

    def value(self, table: str, column: str, operand: Operand) -> tuple[bool, object]:
        known, raw = self.params.value(operand)
        return known, self.catalog.value(table, column, raw) if known else None

    def conditions(
        self, predicates: Sequence[Predicate], table: TableRef
    ) -> tuple[tuple[Condition, ...], bool]:
        """Return what the predicates say of one table, and whether that is all they say."""
        found: list[Condition] = []
        complete = True
        for predicate in predicates:
            match predicate:
                case Equal(column, operand) if column.alias == table.alias:
                    operands: tuple[Operand, ...] = (operand,)
                case In(column, operands) if column.alias == table.alias:
                    pass
                case _:
                    complete = False
                    continue
            values = [self.value(table.table, column.column, item) for item in operands]
            if all(known for known, _ in values):
                found.append(Condition(column.column, tuple(value for _, value in values)))
            else:
                complete = False
        return tuple(found), complete

    # --- SELECT

    def select(self, statement: Select) -> Iterator[Fact]:
        if statement.aggregated and not statement.grouped:
            yield from self._aggregate(statement)
            return
        rows = self.query.rows
        cut = self.query.fetched is not None and self.query.fetched > len(rows)
        if not rows and self.query.exhausted and not statement.offset and not cut:
            yield from self._missing(statement)
        for witness, row in enumerate(rows):
            yield from self._row(statement, row, witness)
        if cut:
            yield NotInverted(self.source, f"only {len(rows)} of {self.query.fetched} rows were kept")

    def _missing(self, statement: Select) -> Iterator[Fact]:
        first = statement.tables[0]
        conditions, complete = self.conditions(statement.predicates, first)
        if complete and len(statement.tables) == 1:
            yield Missing(self.source, first.table, conditions)

    def _aggregate(self, statement: Select) -> Iterator[Fact]:
        rows = self.query.rows
        for output, number in zip(statement.outputs, rows[0] if rows else (), strict=False):
            if output.count and isinstance(number, int):
                yield from self._counted(statement, number)
                return
        yield NotInverted(self.source, "an aggregate that no row of its own was read for")

    def _counted(self, statement: Select, number: int) -> Iterator[Fact]:
        first = statement.tables[0]
        conditions, complete = self.conditions(statement.predicates, first)
        others = [table for table in statement.tables[1:] if not table.outer]
        if others and not complete:
            yield from self._counted_by_join(statement, number)
        elif number == 0 and complete:
            yield Missing(self.source, first.table, conditions)
        else:
            yield Counted(self.source, first.table, conditions, number, exact=complete)

    def _counted_by_join(self, statement: Select, number: int) -> Iterator[Fact]:
        """Count rows over an inner join: the conditions often stand on the joined table alone."""
        for table in statement.tables:
            conditions, _ = self.conditions(statement.predicates, table)
            if conditions:
                yield Counted(self.source, table.table, conditions, number, exact=False)
                return
        yield Counted(self.source, statement.tables[0].table, (), number, exact=False)

    def _row(self, statement: Select, row: Sequence[object], witness: int) -> Iterator[Fact]:
        known = self._known_columns(statement, row)
        for table in statement.tables:
            values = {
                ref.column: self.catalog.value(table.table, ref.column, value)
                for ref, value in known.items()
                if ref.alias == table.alias
            }
            if table.outer and not self._present(statement, table, values):
                continue
            if statement.grouped and not self._identified(table, values):
                continue
            yield Seen(self.source, table.table, values, witness)
        yield from self._row_counts(statement, row, known)

    def _present(self, statement: Select, table: TableRef, values: Mapping[str, object]) -> bool:
        """Say whether a LEFT JOIN found a row: some column of it came back that isn't NULL."""
        selected = {
            output.source.column
            for output in statement.outputs
            if output.source is not None and output.source.alias == table.alias
        }
        return any(values.get(column) is not None for column in selected)

    def _identified(self, table: TableRef, values: Mapping[str, object]) -> bool:
        return any(
            all(column in values for column in columns) for columns in self.catalog.identities(table.table)
        )

    def _row_counts(
        self, statement: Select, row: Sequence[object], known: Mapping[ColumnRef, object]
    ) -> Iterator[Fact]:
        """``annotate(n=Count("todos"))``: so many rows of the joined table belong to this row."""
        tables = {table.alias: table for table in statement.tables}
        for output, number in zip(statement.outputs, row, strict=False):
            if output.counted is None or not isinstance(number, int):
                continue
            table = tables.get(output.counted.alias)
            if table is None or table is statement.tables[0]:
                continue
            conditions = [
                Condition(mine.column, (self.catalog.value(table.table, mine.column, known[other]),))
                for mine, other in _joined_to(statement, table)
                if other in known
            ]
            if conditions:
                yield Counted(self.source, table.table, tuple(conditions), number)

    def _known_columns(self, statement: Select, row: Sequence[object]) -> dict[ColumnRef, object]:
        """Return the raw value of each column that this row of the result tells or implies."""
        known: dict[ColumnRef, object] = {}
        for output, value in zip(statement.outputs, row, strict=False):
            if output.source is not None:
                known[output.source] = value
        for predicate in statement.predicates:
            match predicate:
                case Equal(column, operand) | In(column, (operand,)):
                    found, value = self.params.value(operand)
                    if found:
                        known.setdefault(column, value)
                case _:
                    pass
        self._spread(statement.predicates, known)
        # A LEFT JOIN's condition holds where its table has a row; where it hasn't, the row is
        # recognised by what came back, so that what spreads here does no harm.
        self._spread(statement.outer_predicates, known)
        return known

    def _spread(self, predicates: Sequence[Predicate], known: dict[ColumnRef, object]) -> None:
        same = [predicate for predicate in predicates if isinstance(predicate, Same)]
        for _ in range(len(same)):
            before = len(known)
            for predicate in same:
                for one, other in (
                    (predicate.left, predicate.right),
                    (predicate.right, predicate.left),
                ):
                    if one in known and other not in known and known[one] is not None:
                        known[other] = known[one]
            if len(known) == before:
                return

    # --- writes

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
        conditions, complete = self.conditions(statement.predicates, statement.table)
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
                condition = Condition(branch.column.column, (key,))
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
        conditions, complete = self.conditions(statement.predicates, statement.table)
        yield Deleted(self.source, statement.table.table, conditions, self.query.rowcount, not complete)


def _joined_to(statement: Select, table: TableRef) -> Iterator[tuple[ColumnRef, ColumnRef]]:
    """Yield (column of ``table``, the other table's column) for each of its join conditions."""
    for predicate in (*statement.predicates, *statement.outer_predicates):
        if isinstance(predicate, Same):
            for mine, other in ((predicate.left, predicate.right), (predicate.right, predicate.left)):
                if mine.alias == table.alias != other.alias:
                    yield mine, other


def compared_columns(queries: Iterable[Query]) -> frozenset[tuple[str, str]]:
    """Return (table, column) for every column by which a query filtered or ordered rows."""
    found: set[tuple[str, str]] = set()
    for query in queries:
        statement = analyse(query.sql, query.vendor, has_params=query.params is not None)
        if not isinstance(statement, Select):
            continue
        tables = {table.alias: table.table for table in statement.tables}
        for predicate in statement.predicates:
            found.update((tables[ref.alias], ref.column) for ref in _refs(predicate) if ref.alias in tables)
    return frozenset(found)


def _refs(predicate: Predicate) -> tuple[ColumnRef, ...]:
    match predicate:
        case Equal(column) | In(column) | NotNull(column):
            return (column,)
        case Same(left, right):
            return (left, right)
        case Other(_, columns):
            return columns
