"""Writes that a unique constraint refused → the row that was in their way.

Databases say which constraint it was: SQLite and PostgreSQL by its columns, MySQL by its name,
which for one column is that column's. Other refusals tell of no row, and are none of these facts.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from otel2test.inverting.conditions import AnyOf, OneOf, Opaque
from otel2test.inverting.facts import Change, Counted, Fact, NotInverted, Seen, Unknown
from otel2test.inverting.statements import Cases, Equal, In, Insert, Update
from otel2test.inverting.writes import Written

_NOT_UNIQUE: Final = re.compile(r"UNIQUE constraint failed|duplicate key value|Duplicate entry")
_WHICH: Final = re.compile(
    r"UNIQUE constraint failed: (?P<sqlite>.+)"
    r"|Key \((?P<postgresql>.+?)\)="
    r"|for key '(?:[^'.]+\.)?(?P<mysql>[^']+)'"
)
_NONE_TELLS: Final = "refused for a row with the same values, and none tells which"


def refused(written: Written, statement: Insert | Update) -> Iterator[Fact]:
    """Yield the row that there was, by what told the refused one apart from no other."""
    message = written.query.error.message if written.query.error else ""
    if not _NOT_UNIQUE.search(message):
        return
    if isinstance(statement, Insert):
        table, rows = statement.table, list(written.rows(statement))
        if len(rows) > 1:
            yield from _refused_together(written, table, rows, message)
            return
        values: Mapping[str, object] = rows[0] if rows else {}
    else:
        table = statement.table.table
        values = _assigned(written, statement) if _is_of_one_row(written, statement) else {}
    told = _told(values)
    columns = _columns(written, table, told, message)
    if columns:
        yield Seen(written.source, table, {column: told[column] for column in columns})
    else:
        yield NotInverted(written.source, _NONE_TELLS)


def _refused_together(
    written: Written, table: str, rows: Sequence[Mapping[str, object]], message: str
) -> Iterator[Fact]:
    """Yield that there was a row in the way of one of those; which of them, makes no difference."""
    told = [_told(row) for row in rows]
    columns = _columns(written, table, told[0], message)
    if not columns or any(row.get(column) is None for row in told for column in columns):
        yield NotInverted(written.source, _NONE_TELLS)
        return
    values = [tuple(row[column] for column in columns) for row in told]
    if any(one in values[:number] for number, one in enumerate(values)):
        return  # they were in each other's way
    branches = tuple(
        tuple(OneOf(column, (value,)) for column, value in zip(columns, row, strict=True)) for row in values
    )
    yield Counted(written.source, table, (AnyOf(branches), Opaque("at least")), 1, exact=False)


def _told(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if not isinstance(value, (Unknown, Change))}


def _is_of_one_row(written: Written, statement: Update) -> bool:
    """Say whether the update asks for one row: of several, one could be in another's way."""
    asked = {part.column.column for part in statement.predicates if isinstance(part, Equal)}
    asked |= {
        part.column.column for part in statement.predicates if isinstance(part, In) and len(part.values) == 1
    }
    return any(set(columns) <= asked for columns in written.catalog.identities(statement.table.table))


def _assigned(written: Written, statement: Update) -> Mapping[str, object]:
    table = statement.table.table
    return {
        name: written.assigned(table, name, item)
        for name, item in statement.assignments
        if not isinstance(item, Cases)
    }


def _columns(
    written: Written, table: str, values: Mapping[str, object], message: str
) -> tuple[str, ...] | None:
    """Return the columns of the constraint; None where that isn't sure, or not all were written."""
    complete = [
        columns
        for columns in written.catalog.identities(table)
        if all(values.get(column) is not None for column in columns)
    ]
    which = _WHICH.search(message)
    if which is not None:
        names = {part.strip('` "').rpartition(".")[2] for part in str(which[which.lastgroup or 0]).split(",")}
        for columns in complete:
            if set(columns) == names:
                return columns
        if which.lastgroup != "mysql":
            return None
    return complete[0] if len(complete) == 1 else None
