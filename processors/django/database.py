"""The statements that the program sends to its databases, with the rows as it fetches them.

Every cursor that Django hands out passes ``BaseDatabaseWrapper._prepare_cursor``, whatever the
back end, named cursors of PostgreSQL too; there it becomes a subclass of what it was, one that
copies rows on their way to the program (:mod:`~.fetching`). No query is added and nothing is read
ahead. Cursors that the program opens on the driver's connection: :mod:`~.past_django`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import wrapt
from django.db.backends.base.base import BaseDatabaseWrapper

from otel2test.processors.django import compiler, drivers, executions, past_django, transactions
from otel2test.processors.django.copies import CopyingCursor
from otel2test.processors.django.fetching import FetchingCursor, noted
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.guard import guard

if TYPE_CHECKING:
    from otel2test.processors.recorder import Recorder


def install(recorder: Recorder) -> None:
    """Record the statements of this process with ``recorder``; again with the same one does nothing."""
    with guard("django: database hooks"):
        if not executions.record_with(recorder):
            return
        replace_method(BaseDatabaseWrapper, "_prepare_cursor", _preparing)
        drivers.install(
            BaseDatabaseWrapper,
            executions.is_recording,
            executions.needs_no_driver_spans,
            executions.is_recorded,
        )
        transactions.install()
        wrapt.register_post_import_hook(_install_compiler, "django.db.models.sql.compiler")
        wrapt.register_post_import_hook(_hush_quoting, "django.db.backends.sqlite3.operations")
        for instrumented in ("dbapi", "psycopg", "psycopg2"):
            module = f"opentelemetry.instrumentation.{instrumented}"
            wrapt.register_post_import_hook(_install_past_django, module)


def _install_compiler(module: Any) -> None:
    with guard("django: compiler hooks"):
        compiler.install(module, executions.is_recording)


def _install_past_django(module: Any) -> None:
    with guard("django: drivers' own cursors"):
        past_django.install(module)


def _hush_quoting(module: Any) -> None:
    """Keep Django's own SELECT QUOTE(?) out: with DEBUG it asks SQLite how parameters look in its log."""
    with guard("django: quoting for the debug log"):
        replace_method(module.DatabaseOperations, "_quote_params_for_last_executed_query", _unrecorded)


def _unrecorded(quote: Callable[..., Any]) -> Callable[..., Any]:
    def quote_unrecorded(self: Any, params: Any) -> Any:
        with drivers.unrecorded(self.connection):
            return quote(self, params)

    return quote_unrecorded


class RecordingCursor(FetchingCursor):
    """Mixed into a class of Django's cursor wrappers."""

    db: Any

    def execute(self, sql: Any, params: Any = None) -> Any:
        """Execute as the wrapper does."""
        inherited: Any = super()
        statement = executions.begun(self.db, sql, params) if executions.is_recording() else None
        if statement is None:
            return inherited.execute(sql, params)
        return self._otel2test_run(statement, inherited.execute, sql, params)

    def executemany(self, sql: Any, param_list: Any) -> Any:
        """Execute as the wrapper does."""
        inherited: Any = super()
        statement = executions.begun(self.db, sql, None) if executions.is_recording() else None
        if statement is None:
            return inherited.executemany(sql, param_list)
        param_list = noted(statement, param_list)
        return self._otel2test_run(statement, inherited.executemany, sql, param_list)

    def callproc(self, procname: Any, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Call a stored procedure as the wrapper does."""
        inherited: Any = super()
        statement = (
            executions.begun(self.db, procname, params, verb="CALL ") if executions.is_recording() else None
        )
        if statement is None:
            return inherited.callproc(procname, params, *args, **kwargs)
        return self._otel2test_run(statement, inherited.callproc, procname, params, *args, **kwargs)


_recording_classes: Final[dict[type, type]] = {}
_MOST_CLASSES: Final = 64
"""Whoever wraps cursors may make a class for each."""


def _preparing(prepare_cursor: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, cursor: Any) -> Any:
        wrapper = prepare_cursor(self, cursor)
        with guard("django: cursor"):
            kind = type(wrapper)
            recording = _recording_classes.get(kind)
            if recording is None:
                if len(_recording_classes) >= _MOST_CLASSES:
                    _recording_classes.clear()
                mixins = (
                    (RecordingCursor, CopyingCursor) if self.vendor == "postgresql" else (RecordingCursor,)
                )
                recording = _recording_classes[kind] = type(kind.__name__, (*mixins, kind), {})
            wrapper.__class__ = recording
        return wrapper

    return recorded
