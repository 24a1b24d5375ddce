"""The statements that the program sends to its databases, with the rows as it fetches them.

Every cursor that Django hands out passes ``BaseDatabaseWrapper._prepare_cursor``, whatever the
back end, named cursors of PostgreSQL too; there it becomes a subclass of what it was, one that
copies rows on their way to the program. No query is added and nothing is read ahead. Rows
fetched from the driver's own cursor, which ``execute()`` returns, are not seen.

A statement belongs to the span that the driver's instrumentation starts meanwhile; where
there is none, it gets a span of its own.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

import wrapt
from django.db.backends.base.base import BaseDatabaseWrapper
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode

from otel2test import attributes
from otel2test.attributes import ExceptionPayload
from otel2test.processors.django import compiler
from otel2test.processors.django.exchange import tied
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.django.statements import Statement, frozen, frozen_params
from otel2test.processors.failures import failure
from otel2test.processors.guard import guard
from otel2test.processors.project import innermost_project_frame

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Span

    from otel2test.processors.recorder import Recorder

_DRIVER_SCOPES: Final = frozenset(
    f"opentelemetry.instrumentation.{name}"
    for name in ("sqlite3", "psycopg", "psycopg2", "mysqlclient", "mysql", "pymysql", "dbapi")
)
_OPERATION: Final = re.compile(r"(?:\s|\(|/\*.*?\*/|--[^\n]*\n)*(\w+)", re.DOTALL)
_INSERTS: Final = frozenset({"INSERT", "REPLACE"})

_installed: Final[list[Recorder]] = []
"""The last one records."""
_executing: Final[ContextVar[Statement | None]] = ContextVar("otel2test_statement", default=None)


def install(recorder: Recorder) -> None:
    """Record the statements of this process with ``recorder``; again with the same one does nothing."""
    if any(known is recorder for known in _installed):
        return
    with guard("django: database hooks"):
        _installed.append(recorder)
        replace_method(BaseDatabaseWrapper, "_prepare_cursor", _preparing)
        replace_method(BaseDatabaseWrapper, "_commit", _ending("COMMIT"))
        replace_method(BaseDatabaseWrapper, "_rollback", _ending("ROLLBACK"))
        replace_method(BaseDatabaseWrapper, "set_autocommit", _beginning)
        wrapt.register_post_import_hook(_install_compiler, "django.db.models.sql.compiler")
        wrapt.register_post_import_hook(_hush_quoting, "django.db.backends.sqlite3.operations")
        recorder.on_span_start(_span_started)


def _install_compiler(module: Any) -> None:
    with guard("django: compiler hooks"):
        compiler.install(module, _is_recording)


def _hush_quoting(module: Any) -> None:
    """Keep Django's own SELECT QUOTE(?) out: with DEBUG it asks SQLite how parameters look in its log."""
    with guard("django: quoting for the debug log"):
        replace_method(module.DatabaseOperations, "_quote_params_for_last_executed_query", _unrecorded)


def _unrecorded(quote: Callable[..., Any]) -> Callable[..., Any]:
    def quote_unrecorded(self: Any, params: Any) -> Any:
        with suppress_instrumentation():
            return quote(self, params)

    return quote_unrecorded


def _is_recording() -> bool:
    return tied() is not None or trace.get_current_span().is_recording()


def _span_started(span: Span) -> None:
    """Take the driver's span over for the statement that is being executed."""
    statement = _executing.get()
    if statement is None or statement.span is not None:
        return
    scope = span.instrumentation_scope
    if scope is not None and scope.name in _DRIVER_SCOPES:
        statement.span = span.get_span_context()


class RecordingCursor:
    """Mixed into a class of Django's cursor wrappers."""

    db: Any
    _otel2test_statement: Statement | None = None

    def execute(self, sql: Any, params: Any = None) -> Any:
        """Execute as the wrapper does."""
        inherited: Any = super()
        statement = _begun(self.db, sql, params) if _is_recording() else None
        if statement is None:
            return inherited.execute(sql, params)
        return self._recorded(statement, inherited.execute, sql, params)

    def executemany(self, sql: Any, param_list: Any) -> Any:
        """Execute as the wrapper does."""
        inherited: Any = super()
        statement = _begun(self.db, sql, None) if _is_recording() else None
        if statement is None:
            return inherited.executemany(sql, param_list)
        if isinstance(param_list, (list, tuple)):
            for _ in statement.tee_many(param_list):
                pass
        else:
            param_list = statement.tee_many(param_list)
        return self._recorded(statement, inherited.executemany, sql, param_list)

    def _recorded(self, statement: Statement, execute: Callable[..., Any], sql: Any, params: Any) -> Any:
        self._otel2test_statement = statement
        token = _executing.set(statement)
        try:
            result = execute(sql, params)
        except BaseException as error:
            _executing.reset(token)
            _executed(statement, None, error)
            raise
        _executing.reset(token)
        _executed(statement, self, None)
        return result

    def fetchone(self) -> Any:
        """Fetch as the driver does."""
        row = self._otel2test_fetch("fetchone")()
        with guard("django: row"):
            statement = self._otel2test_result()
            if statement is not None:
                if row is None:
                    statement.exhausted = True
                else:
                    statement.add_row(row)
        return row

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        """Fetch as the driver does."""
        rows = self._otel2test_fetch("fetchmany")(*args, **kwargs)
        with guard("django: rows"):
            statement = self._otel2test_result()
            if statement is not None:
                statement.add_rows(rows)
                asked = args[0] if args else kwargs.get("size", 1)
                statement.exhausted = statement.exhausted or len(rows) < asked
        return rows

    def fetchall(self) -> Any:
        """Fetch as the driver does."""
        rows = self._otel2test_fetch("fetchall")()
        with guard("django: rows"):
            statement = self._otel2test_result()
            if statement is not None:
                statement.add_rows(rows)
                statement.exhausted = True
        return rows

    def __iter__(self) -> Iterator[Any]:
        inherited: Any = super()
        for row in inherited.__iter__():
            with guard("django: row"):
                statement = self._otel2test_result()
                if statement is not None:
                    statement.add_row(row)
            yield row
        with guard("django: row"):
            statement = self._otel2test_result()
            if statement is not None:
                statement.exhausted = True

    def _otel2test_fetch(self, name: str) -> Any:
        # Wrappers leave the fetching methods to __getattr__, which super() doesn't ask.
        inherited: Any = super()
        fetch = getattr(inherited, name, None)
        return inherited.__getattr__(name) if fetch is None else fetch

    def _otel2test_result(self) -> Statement | None:
        statement = self._otel2test_statement
        if statement is not None and statement.columns is None:
            # psycopg2's named cursors have no description before the first row.
            statement.columns = _columns(self)
        return statement


_recording_classes: Final[dict[type, type]] = {}


def _preparing(prepare_cursor: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, cursor: Any) -> Any:
        wrapper = prepare_cursor(self, cursor)
        with guard("django: cursor"):
            kind = type(wrapper)
            recording = _recording_classes.get(kind)
            if recording is None:
                recording = _recording_classes[kind] = type(kind.__name__, (RecordingCursor, kind), {})
            wrapper.__class__ = recording
        return wrapper

    return recorded


def _begun(connection: Any, sql: Any, params: Any) -> Statement | None:
    with guard("django: statement"):
        return _statement(connection, sql, params)
    return None


def _statement(connection: Any, sql: Any, params: Any) -> Statement:
    settings = _installed[-1].settings
    statement = Statement(
        alias=connection.alias,
        vendor=connection.vendor,
        sql=_sql_text(sql),
        params=frozen_params(params),
        start=time.time_ns(),
        max_rows=settings.max_rows,
    )
    exchange = tied()
    if exchange is not None:
        statement.secrets = exchange.secrets
        exchange.statements.append(statement)
    return statement


def _sql_text(sql: Any) -> str:
    if isinstance(sql, str):
        return str.__str__(sql)
    if isinstance(sql, bytes):
        return sql.decode("utf-8", "replace")
    return str(sql.as_string(None) if hasattr(sql, "as_string") else sql)


def _executed(statement: Statement, cursor: Any, error: BaseException | None) -> None:
    with guard("django: statement"):
        end = time.time_ns()
        if error is not None:
            statement.error = _error(error)
        statement.origin = compiler.origin_of(statement.sql, statement.params)
        if statement.origin is not None:
            statement.secrets |= statement.origin.secrets
        if cursor is not None:
            statement.columns = _columns(cursor)
            if statement.columns is None:
                _count(statement, cursor.cursor)
        if statement.span is None:
            statement.span = _own_span(statement, end)
        _installed[-1].put(statement.span, attributes.QUERY, statement.payload)


def _error(error: BaseException) -> ExceptionPayload:
    """Return the driver's error with the place whose query it was: the project's code isn't below us."""
    told = failure(error)
    place = innermost_project_frame(sys._getframe())
    if place is not None and not told["where"]:
        told["where"] = f"{place.file}:{place.line}"
    return told


def _columns(cursor: Any) -> list[str] | None:
    description = cursor.cursor.description
    return None if description is None else [str(column[0]) for column in description]


def _count(statement: Statement, cursor: Any) -> None:
    """Note the rows hit by a statement without a result; of one that has a result, not all drivers know."""
    if isinstance(cursor.rowcount, int) and cursor.rowcount >= 0:
        statement.rowcount = cursor.rowcount
    if _operation(statement.sql) in _INSERTS:
        statement.lastrowid = frozen(getattr(cursor, "lastrowid", None))


def _operation(sql: str) -> str:
    found = _OPERATION.match(sql)
    return found[1].upper() if found else ""


def _own_span(statement: Statement, end: int) -> SpanContext:
    operation = _operation(statement.sql)
    described: dict[str, str] = {
        "db.system.name": statement.vendor,
        "db.query.text": statement.sql,
        "db.operation.name": operation,
        "db.namespace": statement.alias,
    }
    tracer = _installed[-1].tracer(__name__)
    span = tracer.start_span(
        operation or statement.vendor, kind=SpanKind.CLIENT, attributes=described, start_time=statement.start
    )
    if statement.error is not None:
        span.set_status(Status(StatusCode.ERROR, statement.error["message"]))
    span.end(end)
    return span.get_span_context()


def _ending(sql: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Record the end of a transaction, which is no SQL text to Django."""

    def make(end: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(self: Any) -> Any:
            statement = None
            if self.connection is not None and _is_recording():
                statement = _begun(self, sql, None)
            try:
                result = end(self)
            except BaseException as error:
                _ended(statement, sql, error)
                raise
            _ended(statement, sql, None)
            return result

        return recorded

    return make


def _ended(statement: Statement | None, sql: str, error: BaseException | None) -> None:
    if statement is not None:
        statement.kind = "commit" if sql == "COMMIT" else "rollback"
        _executed(statement, None, error)


def _beginning(set_autocommit: Callable[..., Any]) -> Callable[..., Any]:
    """Record the beginning of a transaction where the driver sends no BEGIN through a cursor."""

    def recorded(self: Any, autocommit: bool, *args: Any, **kwargs: Any) -> Any:
        begins = (
            not autocommit and self.autocommit and not hasattr(self, "_start_transaction_under_autocommit")
        )
        statement = _begun(self, "BEGIN", None) if begins and _is_recording() else None
        result = set_autocommit(self, autocommit, *args, **kwargs)
        if statement is not None:
            _executed(statement, None, None)
        return result

    return recorded
