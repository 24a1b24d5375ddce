"""What of a statement comparing has to know: which columns its parameters and its results are of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

from otel2test.inverting.sql import analyse
from otel2test.inverting.statements import (
    Cases,
    ColumnRef,
    Compared,
    Delete,
    Differs,
    Equal,
    Harmless,
    In,
    Insert,
    Like,
    Operand,
    Or,
    Param,
    Predicate,
    Select,
    Shifted,
    TableRef,
    Transaction,
    Union,
    Update,
    Within,
)
from otel2test.reading.exchanges import Query

Column: TypeAlias = tuple[str, str]
"""(table, column)."""

Verb: TypeAlias = Literal["begin", "end", "undo", "read", "insert", "update", "delete", "harmless", "other"]


@dataclass(frozen=True, slots=True)
class Anatomy:
    """One statement text, taken apart."""

    verb: Verb
    savepoint: str = ""
    """Its name, where one is set, released or rolled back to."""
    tables: frozenset[str] = frozenset()
    parameters: Mapping[int | str, Column] = field(default_factory=dict)
    """Place or name of a parameter → the column whose value it is."""
    compared: frozenset[int | str] = frozenset()
    """Parameters that rows are compared with."""
    outputs: tuple[Column | None, ...] = ()
    """Column of each output; None for one that is computed."""
    ordered: tuple[int, ...] = ()
    """Of a query: outputs by which it is sorted, as far as they are among its outputs."""
    sorted: bool = False
    """Whether it asks for an order at all."""
    changed: frozenset[str] = frozenset()
    """Columns that it sets."""
    columnwise: bool = False
    """True where a parameter is the list of a column's values."""


_NOTHING = Anatomy("other")


def anatomy(query: Query) -> Anatomy:
    """Return the anatomy of a query's statement; as little as could be understood."""
    if query.kind != "statement":
        return Anatomy("end" if query.kind == "commit" else "undo")
    return _anatomy(query.sql, query.vendor, query.params is not None or query.many is not None)


@lru_cache(maxsize=4096)
def _anatomy(sql: str, vendor: str, has_params: bool) -> Anatomy:
    statement = analyse(sql, vendor, has_params=has_params)
    match statement:
        case Transaction(action, name):
            begins = action in {"begin", "savepoint"}
            verb: Verb = "begin" if begins else "undo" if action.startswith("rollback") else "end"
            return Anatomy(verb, name)
        case Harmless():
            return Anatomy("harmless")
        case Select():
            return _select(statement, "ORDER BY" in sql.upper())
        case Union(branches):
            parts = [_select(branch, "ORDER BY" in sql.upper()) for branch in branches]
            return Anatomy(
                "read",
                tables=frozenset().union(*(part.tables for part in parts)),
                parameters={key: column for part in parts for key, column in part.parameters.items()},
                compared=frozenset().union(*(part.compared for part in parts)),
                outputs=parts[0].outputs if parts else (),
                sorted="ORDER BY" in sql.upper(),
            )
        case Insert():
            return _insert(statement)
        case Update():
            return _update(statement)
        case Delete(table, predicates):
            parameters = dict(_parameters(predicates, {table.alias: table.table}))
            return Anatomy(
                "delete",
                tables=frozenset({table.table}),
                parameters=parameters,
                compared=frozenset(_keys(predicates)),
            )
        case _:
            return _NOTHING


def _select(statement: Select, is_sorted: bool) -> Anatomy:
    tables = _aliases(statement.tables)
    outputs = tuple(
        None
        if output.source is None or output.source.alias not in tables
        else (tables[output.source.alias], output.source.column)
        for output in statement.outputs
    )
    places = {output.source: place for place, output in enumerate(statement.outputs) if output.source}
    return Anatomy(
        "read",
        tables=frozenset(tables.values()) | frozenset(_inner_tables(statement.predicates)),
        parameters=dict(_parameters(statement.predicates + statement.outer_predicates, tables)),
        compared=frozenset(_keys(statement.predicates + statement.outer_predicates)),
        outputs=outputs,
        ordered=tuple(places[term.column] for term in statement.ordered_by if term.column in places),
        sorted=is_sorted,
    )


def _insert(statement: Insert) -> Anatomy:
    parameters = {
        operand.key: (statement.table, column)
        for row in statement.rows
        for column, operand in zip(statement.columns, row, strict=False)
        if isinstance(operand, Param)
    }
    return Anatomy(
        "insert",
        tables=frozenset({statement.table}),
        parameters=parameters,
        outputs=tuple((statement.table, column) for column in statement.returning),
        changed=frozenset(statement.columns),
        columnwise=statement.columnwise,
    )


def _update(statement: Update) -> Anatomy:
    table = statement.table.table
    aliases = {statement.table.alias: table}
    parameters: dict[int | str, Column] = {}
    for column, value in statement.assignments:
        match value:
            case Param(key):
                parameters[key] = (table, column)
            case Cases(branches):
                for condition, result in branches:
                    parameters |= dict(_parameters([condition], aliases))
                    if isinstance(result, Param):
                        parameters[result.key] = (table, column)
            case Shifted():
                pass  # a difference is no value of the column
            case _:
                pass
    parameters |= dict(_parameters(statement.predicates, aliases))
    return Anatomy(
        "update",
        tables=frozenset({table}),
        parameters=parameters,
        compared=frozenset(_keys(statement.predicates)),
        changed=frozenset(column for column, _ in statement.assignments),
    )


def _aliases(tables: Iterable[TableRef]) -> dict[str, str]:
    return {table.alias: table.table for table in tables}


def _operands(predicate: Predicate) -> tuple[ColumnRef | None, tuple[Operand, ...]]:
    match predicate:
        case Equal(column, value) | Compared(column, _, value) | Like(column, value):
            return column, (value,)
        case In(column, values) | Differs(column, values):
            return column, values
        case _:
            return None, ()


def _inside(
    predicates: Iterable[Predicate], tables: Mapping[str, str]
) -> Iterator[tuple[Predicate, dict[str, str]]]:
    """Yield the conditions that compare, in branches and subqueries too, and the tables in reach of each."""
    for predicate in predicates:
        match predicate:
            case Or(branches):
                for branch in branches:
                    yield from _inside(branch, tables)
            case Within(_, query):
                inner = query.predicates + query.outer_predicates
                yield from _inside(inner, {**tables, **_aliases(query.tables)})
            case _:
                yield predicate, dict(tables)


def _parameters(
    predicates: Iterable[Predicate], tables: Mapping[str, str]
) -> Iterator[tuple[int | str, Column]]:
    for predicate, reach in _inside(predicates, tables):
        column, values = _operands(predicate)
        if column is None or column.alias not in reach:
            continue
        for value in values:
            if isinstance(value, Param):
                yield value.key, (reach[column.alias], column.column)


def _keys(predicates: Iterable[Predicate]) -> Iterator[int | str]:
    for predicate, _ in _inside(predicates, {}):
        for value in _operands(predicate)[1]:
            if isinstance(value, Param):
                yield value.key


def _inner_tables(predicates: Iterable[Predicate]) -> Iterator[str]:
    for predicate in predicates:
        if isinstance(predicate, Within):
            yield from (table.table for table in predicate.query.tables)
            yield from _inner_tables(predicate.query.predicates)
