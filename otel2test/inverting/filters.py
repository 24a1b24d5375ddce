"""Queries → what each asks of the rows that it finds, counts, changes or deletes.

A :class:`Filter` is about the statement, not its result: two runs of a program can be compared by it
where their rows are the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from otel2test.inverting.catalog import Catalog
from otel2test.inverting.conditions import AnyOf, Condition, Related, Simple, columns_of
from otel2test.inverting.executions import Execution
from otel2test.inverting.facts import Source
from otel2test.inverting.sql import analyse
from otel2test.inverting.statements import Delete, Operand, Parameters, Select, Update
from otel2test.reading.exchanges import Query

Path: TypeAlias = tuple[str, ...]
"""Columns that lead to another table's row, as (table.column, …), and the column that is compared last."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What one statement asks of the rows of a table, of the first that it names."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]
    sets: Mapping[str, object] = field(default_factory=dict, hash=False)
    """Of an UPDATE, the columns that get a value which is known."""


@dataclass(frozen=True, slots=True)
class Part:
    """One condition on a column, or on one of several, and where it stands among those of its filter."""

    path: Path
    """``("status",)``, or ``("todos_project.id", "owner_id")`` for a column of a row over there.

    ``("name or title",)`` where either may be as is asked.
    """
    table: str
    """Whose column it is."""
    condition: Simple | AnyOf
    place: tuple[int, ...]
    """Index among the conditions, and then among those of each :class:`Related` on the way."""


def filters(queries: Iterable[Query], catalog: Catalog) -> Iterator[Filter]:
    """Yield the filter of each SELECT, UPDATE and DELETE that was executed once, in their order."""
    for query in sorted(queries, key=lambda item: item.position):
        found = filter_of(query, catalog)
        if found is not None:
            yield found


def filter_of(query: Query, catalog: Catalog) -> Filter | None:
    """Return the filter of one query; None where it has none that could be read."""
    if query.kind != "statement" or query.many is not None or query.error is not None:
        return None
    source = Source(query.span_id, query.position, query.sql, (query.alias, query.connection))
    execution = Execution(query, source, catalog, Parameters(query.params))
    rooted = execution.rooted
    statement = analyse(query.sql, query.vendor, has_params=query.params is not None)
    match statement:
        case Select() if statement.tables:
            root = statement.tables[0]
            return Filter(source, root.table, rooted.conditions(statement, root))
        case Update(table, assignments, predicates):
            given = (
                (column, execution.value(table.table, column, value))
                for column, value in assignments
                if isinstance(value, Operand)
            )
            sets = {column: value for column, (known, value) in given if known}
            return Filter(source, table.table, rooted.of_table(predicates, table), sets)
        case Delete(table, predicates):
            return Filter(source, table.table, rooted.of_table(predicates, table))
        case _:
            return None


def parts_of(table: str, conditions: Sequence[Condition]) -> Iterator[Part]:
    """Yield the conditions on single columns that all hold, those on rows over there included."""
    yield from _parts(table, conditions, (), ())


def _parts(table: str, conditions: Sequence[Condition], path: Path, place: tuple[int, ...]) -> Iterator[Part]:
    for number, condition in enumerate(conditions):
        here = (*place, number)
        if isinstance(condition, Related):
            if not condition.negated and len(condition.on) == 1:
                step = f"{condition.table}.{condition.on[0][1]}"
                yield from _parts(condition.table, condition.conditions, (*path, step), here)
        elif isinstance(condition, AnyOf):
            yield Part((*path, " or ".join(sorted(columns_of((condition,))))), table, condition, here)
        elif isinstance(condition, Simple):
            yield Part((*path, condition.column), table, condition, here)


def with_another(
    conditions: Sequence[Condition], place: Sequence[int], another: Condition
) -> tuple[Condition, ...]:
    """Return the conditions with ``another`` one at a :attr:`Part.place`."""
    number, *deeper = place
    found = list(conditions)
    there = found[number]
    if deeper and isinstance(there, Related):
        another = replace(there, conditions=with_another(there.conditions, deeper, another))
    found[number] = another
    return tuple(found)
