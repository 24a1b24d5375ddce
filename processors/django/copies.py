"""PostgreSQL's COPY, for which its drivers have methods of their own.

Django's cursors hand these through to the driver's. What is recorded is the statement and how many rows
there were; what is copied passes by unseen, as it may be of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from otel2test.processors.django import executions
from otel2test.processors.guard import guard

if TYPE_CHECKING:
    from otel2test.processors.django.statements import Statement

_Text: TypeAlias = Callable[..., tuple[Any, Any]]


class CopyingCursor:
    """Mixed into a class of Django's cursor wrappers."""

    db: Any

    def __getattr__(self, name: str) -> Any:
        inherited: Any = super()
        found = inherited.__getattr__(name)
        text = _TEXTS.get(name)
        return found if text is None or not callable(found) else partial(_copied, self, text, found)


def _copied(cursor: Any, text: _Text, copy: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Copy as the driver does: at once, or in a context that it returns."""
    statement = _begun(cursor, text, args, kwargs) if executions.is_recording() else None
    if statement is None:
        return copy(*args, **kwargs)
    try:
        result = copy(*args, **kwargs)
    except BaseException as error:
        executions.executed(statement, error=error)
        raise
    if hasattr(type(result), "__enter__"):
        return _Copy(cursor, statement, result)
    _ended(cursor, statement, None)
    return result


class _Copy:
    """The context in which psycopg copies."""

    def __init__(self, cursor: Any, statement: Statement, inner: Any) -> None:
        self._cursor = cursor
        self._statement = statement
        self._inner = inner

    def __enter__(self) -> Any:
        try:
            return self._inner.__enter__()
        except BaseException as error:
            _ended(self._cursor, self._statement, error)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Any:
        try:
            swallowed = self._inner.__exit__(kind, error, traceback)
        except BaseException as raised:
            _ended(self._cursor, self._statement, raised)
            raise
        _ended(self._cursor, self._statement, error)
        return swallowed


def _ended(cursor: Any, statement: Statement, error: BaseException | None) -> None:
    with guard("django: copy"):
        rowcount = cursor.cursor.rowcount if error is None else -1
        if isinstance(rowcount, int) and rowcount >= 0:
            statement.rowcount = rowcount
        executions.executed(statement, error=error)


def _begun(cursor: Any, text: _Text, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Statement | None:
    with guard("django: copy"):
        sql, params = text(*args, **kwargs)
        return executions.begun(cursor.db, sql, params)
    return None


def _of_psycopg(statement: Any, params: Any = None, **_: Any) -> tuple[Any, Any]:
    return statement, params


def _of_psycopg2(sql: Any, *_: Any, **__: Any) -> tuple[Any, None]:
    return sql, None


def _from_file(
    _file: Any,
    table: str,
    _sep: Any = None,
    _null: Any = None,
    _size: Any = None,
    columns: Any = None,
    **_: Any,
) -> tuple[str, None]:
    return f"COPY {_columns(table, columns)} FROM STDIN", None


def _to_file(
    _file: Any, table: str, _sep: Any = None, _null: Any = None, columns: Any = None, **_: Any
) -> tuple[str, None]:
    return f"COPY {_columns(table, columns)} TO STDOUT", None


def _columns(table: str, columns: Any) -> str:
    # An iterable that is no list is the driver's to read.
    return f"{table} ({', '.join(columns)})" if type(columns) in (list, tuple) else table


_TEXTS: Final[Mapping[str, _Text]] = {
    "copy": _of_psycopg,
    "copy_expert": _of_psycopg2,
    "copy_from": _from_file,
    "copy_to": _to_file,
}
"""By the method, what tells SQL and parameters by its arguments."""
