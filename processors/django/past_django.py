"""Cursors that the program opens on a driver's connection itself: ``connection.connection.cursor()``.

Django doesn't see them, but where OpenTelemetry instruments the driver, they are proxies of its own;
these are made such that copy the rows too. Recorded are statements on the connections of Django's
databases: of any other connection (``sqlite3.connect()``) nothing is known that a test could make
again, so that there is the instrumentation's span, as before. psycopg's cursors aren't in proxies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.db import connections

from otel2test.processors.django import executions
from otel2test.processors.django.fetching import FetchingCursor, noted
from otel2test.processors.guard import guard, guarded

if TYPE_CHECKING:
    from otel2test.processors.django.statements import Statement

_MADE = "__otel2test__"


class _Proxy(FetchingCursor):
    """Mixed into the class of OpenTelemetry's proxies of cursors."""

    __wrapped__: Any
    _self_cursor_tracer: Any

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Execute as the proxy does."""
        return self._otel2test_execute("execute", args, kwargs)

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        """Execute as the proxy does."""
        return self._otel2test_execute("executemany", args, kwargs)

    def _otel2test_execute(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        execute = getattr(super(), name)
        statement = self._otel2test_begun(args, many=name == "executemany")
        if statement is None:
            return execute(*args, **kwargs)
        if name == "executemany" and len(args) > 1:
            args = args[0], noted(statement, args[1]), *args[2:]
        result = self._otel2test_run(statement, execute, *args, **kwargs)
        # What it would return has the rows, too, and would give them unseen.
        return self if result is self.__wrapped__ else result

    def _otel2test_begun(self, args: tuple[Any, ...], *, many: bool) -> Statement | None:
        with guard("django: driver's own cursor"):
            if executions.is_executing() or not executions.is_recording() or not args:
                return None  # Django's own, or nobody's
            connection = _django_connection(self.__wrapped__.connection)
            tracer = self._self_cursor_tracer._db_api_integration._tracer
            if connection is None or not executions.is_recorded(tracer):
                return None
            return executions.begun(connection, args[0], None if many or len(args) == 1 else args[1])
        return None

    @guarded("django: driver's own cursor", None)
    def _otel2test_wrapper(self) -> Any:
        return SimpleNamespace(cursor=self.__wrapped__)


def install(module: Any) -> None:
    """Have the proxies of ``opentelemetry.instrumentation.dbapi`` copy rows; again does nothing."""
    make: Callable[..., Any] = module.get_traced_cursor_proxy
    if hasattr(make, _MADE):
        return
    proxy = module.TracedCursorProxy
    recording = type(proxy.__name__, (_Proxy, proxy), {"__module__": proxy.__module__})

    @wraps(make)
    def made(*args: Any, **kwargs: Any) -> Any:
        found = make(*args, **kwargs)
        with guard("django: driver's own cursor"):
            if type(found) is proxy:
                # What a proxy says of its class is that of what it stands for.
                vars(object)["__class__"].__set__(found, recording)
        return found

    setattr(made, _MADE, True)
    module.get_traced_cursor_proxy = made


def _django_connection(driver: object) -> Any:
    """Return the connection of Django's, in this thread, that is one to the database by ``driver``."""
    for connection in connections.all(initialized_only=True):
        held = connection.connection
        if held is not None and (held is driver or getattr(held, "__wrapped__", None) is driver):
            return connection
    return None
