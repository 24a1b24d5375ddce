"""One execution of a statement, from what is sent until it has a span.

What enters is the connection and the SQL; what leaves is a
:class:`~otel2test.processors.django.statements.Statement`, put on the span that the driver's
instrumentation starts meanwhile, or on one of its own where there is none.
"""

from __future__ import annotations

import os
import random
import re
import sys
import time
from contextvars import ContextVar, Token
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode

from otel2test import attributes
from otel2test.processors import audience, callers
from otel2test.processors.django import compiler
from otel2test.processors.django.exchange import tied
from otel2test.processors.django.servers import forget, server_of
from otel2test.processors.django.statements import Statement, frozen, frozen_params
from otel2test.processors.failures import failure_of_library
from otel2test.processors.guard import guard, guarded

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from opentelemetry.sdk.trace import Span

    from otel2test.processors.recorder import Recorder

SCOPE: Final = "otel2test.processors.django.database"
"""Of the spans that are ours."""

_DRIVER_SCOPES: Final = frozenset(
    f"opentelemetry.instrumentation.{name}"
    for name in ("sqlite3", "psycopg", "psycopg2", "mysqlclient", "mysql", "pymysql", "dbapi")
)
_OPERATION: Final = re.compile(r"(?:\s|\(|/\*.*?\*/|--[^\n]*\n)*(\w+)", re.DOTALL)
_INSERTS: Final = frozenset({"INSERT", "REPLACE"})
_MOST_STATEMENTS: Final = 100_000
"""More of them don't tell more models."""
_MOST_CONNECTIONS: Final = 1000
_MOST_FRAMES: Final = 12
"""Between a ``BEGIN`` and the block that asks for it."""
_NUMBER: Final = "_otel2test_connection"

_SCOPE: Final = InstrumentationScope(SCOPE)
_UNSET: Final = Status(StatusCode.UNSET)
_span_ids: Final = random.Random()  # noqa: S311 - ids are no secrets
"""Not the program's own random numbers, of which none may be missing."""
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_span_ids.seed)

_recorders: Final[list[Recorder]] = []
"""The last one records."""
_executing: Final[ContextVar[Statement | None]] = ContextVar("otel2test_statement", default=None)
_connections: Final = count()


def record_with(recorder: Recorder) -> bool:
    """Record what is executed from now on with ``recorder``; False where that is so already."""
    if any(known is recorder for known in _recorders):
        return False
    _recorders.append(recorder)
    recorder.on_span_start(_span_started)
    return True


@guarded("django: context", False)
def is_recording() -> bool:
    """Return whether what is executed in this context belongs to a trace."""
    return tied() is not None or trace.get_current_span().is_recording()


def is_executing() -> bool:
    """Return whether a statement that is known is being executed in this context."""
    return _executing.get() is not None


def needs_no_driver_spans() -> bool:
    """Return whether the spans of statements may be ours instead of the driver's."""
    with guard("django: connection"):
        return bool(_recorders) and audience.is_alone(_recorders[-1])
    return False


def is_recorded(tracer: object) -> bool:
    """Return whether the spans of ``tracer`` are recorded, rather than somebody else's."""
    with guard("django: connection"):
        return audience.is_recorded(_recorders[-1], tracer)
    return False


def connected(connection: Any) -> None:
    """Take note that ``connection`` is a new one to its database."""
    with guard("django: connection"):
        vars(connection)[_NUMBER] = next(_connections)
        forget(connection)


def begun(connection: Any, sql: Any, params: Any, *, verb: str = "") -> Statement | None:
    """Return what is known of a statement before it is executed, None if it can't be recorded.

    ``verb`` stands before what isn't SQL by itself, such as a procedure's name.
    """
    with guard("django: statement"):
        return _statement(connection, verb + _sql_text(sql), params)
    return None


def executing(statement: Statement, execute: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call ``execute``; the span that the driver starts meanwhile is the statement's."""
    token = _await_span(statement)
    try:
        return execute(*args, **kwargs)
    finally:
        _await_no_span(token)


@guarded("django: statement", None)
def _await_span(statement: Statement) -> Token[Statement | None] | None:
    return _executing.set(statement)


@guarded("django: statement", None)
def _await_no_span(token: Token[Statement | None] | None) -> None:
    if token is not None:
        _executing.reset(token)


@guarded("django: statement", None)
def executed(statement: Statement, cursor: Any = None, error: BaseException | None = None) -> None:
    """Put the statement on its span; ``cursor`` is Django's wrapper, if it has a result."""
    end = time.time_ns()
    if error is not None:
        statement.error = failure_of_library(error)
    statement.origin = compiler.origin_of(statement.sql, statement.params)
    if statement.origin is not None:
        statement.secrets |= statement.origin.secrets
    if cursor is not None:
        statement.columns = columns_of(cursor)
        if statement.columns is None:
            _count(statement, cursor.cursor)
    if statement.span is None:
        statement.span = _own_span(statement, end)
    recorder = _recorders[-1]
    statement.grow = partial(recorder.grow, statement.span)
    statement.settle_params()
    recorder.put(statement.span, attributes.QUERY, statement.payload)
    callers.put(recorder, statement.span)
    if statement.columns is None:
        let_go(statement)


@guarded("django: late statement", None)
def let_go(statement: Statement | None) -> None:
    """Let the trace be written if ``statement``, whose result is over, was late."""
    if statement is not None and statement.release is not None:
        statement.let_go()


def columns_of(cursor: Any) -> list[str] | None:
    """Return the names of the result's columns, None without a result."""
    description = cursor.cursor.description
    return None if description is None else [str(column[0]) for column in description]


def _span_started(span: Span) -> None:
    """Take the driver's span over for the statement that is being executed."""
    statement = _executing.get()
    if statement is None or statement.span is not None:
        return
    scope = span.instrumentation_scope
    if scope is not None and scope.name in _DRIVER_SCOPES:
        statement.span = span.get_span_context()
        statement.live_span = span
        _hold(statement, statement.span)


def _statement(connection: Any, sql: str, params: Any) -> Statement:
    settings = _recorders[-1].settings
    exchange = tied()
    statement = Statement(
        alias=connection.alias,
        vendor=connection.vendor,
        sql=sql,
        params=frozen_params(params, settings.max_body),
        start=time.time_ns(),
        max_rows=settings.max_rows,
        max_value=settings.max_body,
        savepoint=_nests() if sql.startswith("BEGIN") else None,
        server=server_of(connection),
    )
    if exchange is not None:
        known = exchange.connections.setdefault(connection.alias, {})
        if len(known) < _MOST_CONNECTIONS:
            statement.connection = known.setdefault(vars(connection).get(_NUMBER, -1), len(known))
        statement.late = exchange.over
        if not exchange.written:
            statement.secrets = exchange.secrets
            if len(exchange.statements) < _MOST_STATEMENTS:
                exchange.statements.append(statement)
    return statement


def _nests() -> bool | None:
    """Return whether the ``atomic`` block that is being entered sets a savepoint where it isn't the first."""
    frame: FrameType | None = sys._getframe(2)
    for _ in range(_MOST_FRAMES):
        if frame is None:
            return None
        if frame.f_code.co_name == "__enter__" and frame.f_globals.get("__name__") == "django.db.transaction":
            savepoint = vars(frame.f_locals["self"]).get("savepoint")
            return savepoint if isinstance(savepoint, bool) else None
        frame = frame.f_back
    return None


def _sql_text(sql: Any) -> str:
    if isinstance(sql, str):
        return str.__str__(sql)
    if isinstance(sql, bytes):
        return sql.decode("utf-8", "replace")
    return str(sql.as_string(None) if hasattr(sql, "as_string") else sql)


def _count(statement: Statement, cursor: Any) -> None:
    """Note the rows hit by a statement without a result; of one that has a result, not all drivers know."""
    if isinstance(cursor.rowcount, int) and cursor.rowcount >= 0:
        statement.rowcount = cursor.rowcount
    if _operation(statement.sql) in _INSERTS:
        statement.lastrowid = frozen(getattr(cursor, "lastrowid", None))


def _operation(sql: str) -> str:
    if sql.startswith("SELECT "):  # as most do
        return "SELECT"
    found = _OPERATION.match(sql)
    return found[1].upper() if found else ""


def _own_span(statement: Statement, end: int) -> SpanContext:
    operation = _operation(statement.sql)
    described: dict[str, str | int] = {
        **statement.server,
        "db.query.text": statement.sql,
        "db.operation.name": operation,
    }
    status = None
    if statement.error is not None:
        status = Status(StatusCode.ERROR, statement.error["message"])
    name = operation or statement.vendor
    if (added := _added_span(statement, name, described, status, end)) is not None:
        return added
    tracer = _recorders[-1].tracer(SCOPE)
    span = tracer.start_span(name, kind=SpanKind.CLIENT, attributes=described, start_time=statement.start)
    if status is not None:
        span.set_status(status)
    _hold(statement, span.get_span_context())
    span.end(end)
    statement.live_span = span if isinstance(span, ReadableSpan) else None  # one that is sampled away isn't
    return span.get_span_context()


def _hold(statement: Statement, span: SpanContext) -> None:
    """Keep the trace of a late statement open until its result was fetched."""
    if statement.late and statement.release is None:
        statement.release = _recorders[-1].hold(span)


def _added_span(
    statement: Statement, name: str, described: dict[str, str | int], status: Status | None, end: int
) -> SpanContext | None:
    """Make the span past the SDK if nobody but the recorder would look at it, else None."""
    recorder = _recorders[-1]
    parent = trace.get_current_span().get_span_context()
    if not (parent.is_valid and parent.trace_flags.sampled and audience.is_alone(recorder)):
        return None
    context = SpanContext(
        parent.trace_id, _span_ids.getrandbits(64) or 1, False, parent.trace_flags, parent.trace_state
    )
    span = ReadableSpan(
        name,
        context,
        parent,
        recorder.provider.resource,
        described,
        kind=SpanKind.CLIENT,
        status=status or _UNSET,
        start_time=statement.start,
        end_time=end,
        instrumentation_scope=_SCOPE,
    )
    if not recorder.add(span):
        return None
    _hold(statement, context)
    statement.live_span = span
    return context
