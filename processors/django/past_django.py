"""Cursors that the program opens on a driver's connection itself: ``connection.connection.cursor()``.

Django doesn't see them, but where OpenTelemetry instruments the driver, they are proxies of its own or,
with psycopg, of a class that it derived; these are made such that copy the rows too. Recorded are
statements on the connections of Django's databases: of any other connection (``sqlite3.connect()``)
nothing is known that a test could make again, so that there is the instrumentation's span, as before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from django.db import connections

from otel2test.processors.django import executions
from otel2test.processors.django.fetching import FetchingCursor, noted
from otel2test.processors.guard import guard, guarded

if TYPE_CHECKING:
    from types import FrameType

    from otel2test.processors.django.statements import Statement

_BETWEEN: Final = frozenset({"opentelemetry", "otel2test", "psycopg", "psycopg2"})
"""Packages whose frames stand between who asked and the cursor."""
_MADE: Final = "__otel2test__"
_PARAMETERS: Final = ("params", "vars", "args", "parameters")
_SETS_OF_PARAMETERS: Final = ("params_seq", "vars_list", "args", "parameters")
"""What drivers call their methods' second parameter."""


class _Own(FetchingCursor):
    """Mixed into a class of cursors that OpenTelemetry made."""

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Execute as the driver does."""
        return self._otel2test_execute("execute", _PARAMETERS, args, kwargs)

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        """Execute as the driver does."""
        return self._otel2test_execute("executemany", _SETS_OF_PARAMETERS, args, kwargs)

    def _otel2test_execute(
        self, name: str, names: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        execute = getattr(super(), name)
        given = [*args[1:2], *(kwargs[name] for name in names if name in kwargs)]
        many = name == "executemany"
        statement = self._otel2test_begun(args, None if many or not given else given[0])
        if statement is None:
            return execute(*args, **kwargs)
        if many and len(args) > 1:
            args = args[0], noted(statement, args[1]), *args[2:]
        elif many:
            kwargs |= {key: noted(statement, kwargs[key]) for key in names if key in kwargs}
        result = self._otel2test_run(statement, execute, *args, **kwargs)
        # What it would return has the rows, too, and would give them unseen.
        return self if result is self._otel2test_cursor() else result

    def _otel2test_begun(self, args: tuple[Any, ...], params: Any) -> Statement | None:
        with guard("django: driver's own cursor"):
            if executions.is_executing() or not executions.is_recording() or not args:
                return None  # Django's own, or nobody's
            connection = _django_connection(self._otel2test_cursor().connection)
            if connection is None or not executions.is_recorded(self._otel2test_tracer()):
                return None
            return executions.begun(connection, args[0], params)
        return None

    @guarded("django: driver's own cursor", None)
    def _otel2test_wrapper(self) -> Any:
        return SimpleNamespace(cursor=self._otel2test_cursor())

    def _otel2test_cursor(self) -> Any:
        """Return the driver's cursor."""
        raise NotImplementedError

    def _otel2test_tracer(self) -> object:
        """Return what makes the spans of its statements."""
        raise NotImplementedError


class _Proxy(_Own):
    """Mixed into the class of OpenTelemetry's proxies of cursors."""

    __wrapped__: Any
    _self_cursor_tracer: Any

    def _otel2test_cursor(self) -> Any:
        return self.__wrapped__

    def _otel2test_tracer(self) -> object:
        tracer: object = self._self_cursor_tracer._db_api_integration._tracer
        return tracer


class _Derived(_Own):
    """Mixed into a class that OpenTelemetry derived from psycopg's cursors."""

    _otel2test_integration: Any = None

    def _otel2test_begun(self, args: tuple[Any, ...], params: Any) -> Statement | None:
        return None if _is_djangos(sys._getframe(1)) else super()._otel2test_begun(args, params)

    def _otel2test_cursor(self) -> Any:
        return self

    def _otel2test_tracer(self) -> object:
        tracer: object = self._otel2test_integration._tracer
        return tracer


@guarded("django: driver's own cursor", True)
def _is_djangos(frame: FrameType | None) -> bool:
    """Return whether Django uses its driver past its own cursors: it asks servers whether they are well."""
    while frame is not None:
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        if package not in _BETWEEN:
            return package == "django"
        frame = frame.f_back
    return False


def install(module: Any) -> None:
    """Have the cursors that a module of ``opentelemetry.instrumentation`` makes copy rows, too."""
    if hasattr(module, "_new_cursor_factory"):
        _install_derived(module)
    else:
        _install_proxies(module)


def _install_proxies(module: Any) -> None:
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


def _install_derived(module: Any) -> None:
    derive: Callable[..., Any] = module._new_cursor_factory
    if hasattr(derive, _MADE):
        return

    @wraps(derive)
    def derived(db_api: Any = None, *args: Any, **kwargs: Any) -> Any:
        made = derive(db_api, *args, **kwargs)
        with guard("django: driver's own cursor"):
            if db_api is not None:  # else it is for one connection, which the program has instrumented
                described = {"__module__": made.__module__, "_otel2test_integration": db_api}
                return type(made.__name__, (_Derived, made), described)
        return made

    setattr(derived, _MADE, True)
    module._new_cursor_factory = derived


def _django_connection(driver: object) -> Any:
    """Return the connection of Django's, in this thread, that is one to the database by ``driver``."""
    for connection in connections.all(initialized_only=True):
        held = connection.connection
        if held is not None and (held is driver or getattr(held, "__wrapped__", None) is driver):
            return connection
    return None
