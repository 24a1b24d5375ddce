"""Queries with their rows → facts, in order."""

from collections.abc import Iterable, Iterator

from otel2test.inverting.catalog import Catalog
from otel2test.inverting.checks import tableless
from otel2test.inverting.facts import Fact, NotInverted, Savepoint, Source
from otel2test.inverting.reads import Read
from otel2test.inverting.refusals import refused
from otel2test.inverting.sql import analyse
from otel2test.inverting.statements import (
    Delete,
    Harmless,
    Insert,
    Parameters,
    Predicate,
    Select,
    Statement,
    Tableless,
    Transaction,
    Union,
    Unreadable,
    Update,
    Within,
    columns_of,
)
from otel2test.inverting.writes import Written
from otel2test.reading.exchanges import Query


def collect(queries: Iterable[Query], catalog: Catalog) -> tuple[Fact, ...]:
    """Return the facts of ``queries``, in their order."""
    facts: list[Fact] = []
    for query in sorted(queries, key=lambda item: item.position):
        facts.extend(_facts(query, catalog))
    return tuple(facts)


def _facts(query: Query, catalog: Catalog) -> Iterator[Fact]:
    source = Source(query.span_id, query.position, query.sql, (query.alias, query.connection))
    if query.kind != "statement":
        yield Savepoint(source, query.kind)
        return
    executions = query.many if query.many is not None else (query.params,)
    has_params = query.many is not None or query.params is not None
    statement = analyse(query.sql, query.vendor, has_params=has_params)
    if query.error is not None and not isinstance(statement, (Select, Tableless, Union, Transaction)):
        # It failed: nothing was written. What was read before it failed still counts.
        if isinstance(statement, (Insert, Update)) and query.many is None:
            yield from refused(Written(query, source, catalog, Parameters(query.params)), statement)
        return
    for values in executions:
        params = Parameters(values)
        match statement:
            case Select():
                yield from Read(query, source, catalog, params).select(statement)
            case Union():
                yield from Read(query, source, catalog, params).union(statement)
            case Tableless():
                yield from tableless(Read(query, source, catalog, params), statement)
            case Insert():
                yield from Written(query, source, catalog, params).insert(statement)
            case Update():
                yield from Written(query, source, catalog, params).update(statement)
            case Delete():
                yield from Written(query, source, catalog, params).delete(statement)
            case Transaction(action, name):
                yield Savepoint(source, action, name)
            case Harmless():
                pass
            case Unreadable(reason, writes):
                yield NotInverted(source, reason, writes)
    if query.many is not None and query.executions is not None and query.executions > len(query.many):
        kept = f"only {len(query.many)} of {query.executions} sets of parameters were kept"
        yield NotInverted(source, kept, writes=True)


def compared_columns(queries: Iterable[Query]) -> frozenset[tuple[str, str]]:
    """Return (table, column) for every column by which a query filtered or joined rows."""
    found: set[tuple[str, str]] = set()
    for query in queries:
        statement = analyse(query.sql, query.vendor, has_params=query.params is not None)
        for branch in _branches(statement):
            found.update(_compared(branch))
    return frozenset(found)


def _branches(statement: Statement) -> Iterator[Select]:
    match statement:
        case Select():
            yield statement
        case Union(branches):
            yield from branches
        case Tableless(outputs, conditions):
            for part in (*outputs, *conditions):
                if isinstance(part, Within):
                    yield part.query
                elif isinstance(part, Select):
                    yield part
        case _:
            pass


def picked_columns(queries: Iterable[Query], catalog: Catalog) -> frozenset[tuple[str, str]]:
    """Return (table, column) for every column that a query asked for by name: ``values()``, ``Sum("x")``."""
    found: set[tuple[str, str]] = set()
    for query in queries:
        statement = analyse(query.sql, query.vendor, has_params=query.params is not None)
        if not isinstance(statement, Select):
            continue
        tables = {table.alias: table.table for table in statement.tables}
        over = [output.over for output in statement.outputs if output.over is not None]
        found.update((tables[ref.alias], ref.column) for ref in over if ref.alias in tables)
        for table in statement.tables:
            known = catalog.tables.get(table.table)
            columns = {
                output.source.column
                for output in statement.outputs
                if output.source is not None and output.source.alias == table.alias
            }
            if known is not None and len(columns) < len(known.columns):
                found.update((table.table, column) for column in columns)
    return frozenset(found)


def sorting_columns(queries: Iterable[Query]) -> frozenset[tuple[str, str]]:
    """Return (table, column) for every column by which a query sorted rows."""
    found: set[tuple[str, str]] = set()
    for query in queries:
        statement = analyse(query.sql, query.vendor, has_params=query.params is not None)
        if isinstance(statement, Select):
            tables = {table.alias: table.table for table in statement.tables}
            found.update(
                (tables[term.column.alias], term.column.column)
                for term in statement.ordered_by
                if not term.counts and term.column.alias in tables
            )
    return frozenset(found)


def _compared(statement: Select) -> Iterator[tuple[str, str]]:
    tables = {table.alias: table.table for table in statement.tables}
    for predicate in statement.predicates:
        for ref in columns_of(predicate):
            if ref.alias in tables:
                yield tables[ref.alias], ref.column
        for query in _subqueries(predicate):
            yield from _compared(query)


def _subqueries(predicate: Predicate) -> Iterator[Select]:
    if isinstance(predicate, Within):
        yield predicate.query
