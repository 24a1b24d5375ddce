"""Django's instrumentation, put off until Django's settings are known.

It adds a middleware to the settings. With manage.py the settings aren't known yet when
``opentelemetry-instrument`` asks for it, and it would make empty ones, which break the app.
So where we are asked for it waits until a handler loads its middleware: then the settings
are there, and it is not too late. This holds also where recording can't work.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import wrapt

from otel2test.processors.guard import guard

_hooks: Final[list[Callable[[], None]]] = []
_postponed: Final[list[Callable[[], object]]] = []
"""Calls of ``DjangoInstrumentor().instrument()`` that came before the settings."""


def install() -> None:
    """Postpone from now on; again does nothing."""
    if not _hooks:
        _hooks.append(_make_up_for)
        wrapt.register_post_import_hook(_watch_instrumentation, "opentelemetry.instrumentation.django")
        wrapt.register_post_import_hook(_watch_handlers, "django.core.handlers.base")


def before_middleware(hook: Callable[[], None]) -> None:
    """Call ``hook`` whenever a handler is about to load its middleware."""
    install()
    _hooks.append(hook)


def _watch_instrumentation(module: Any) -> None:
    with guard("postponing: instrumentation"):
        wrapt.wrap_function_wrapper(module.DjangoInstrumentor, "_instrument", _instrumenting)


def _instrumenting(instrument: Callable[..., Any], _instrumentor: Any, args: Any, kwargs: Any) -> None:
    from django.conf import settings

    if settings.configured:
        instrument(*args, **kwargs)
    else:
        _postponed.append(partial(instrument, *args, **kwargs))


def _watch_handlers(module: Any) -> None:
    with guard("postponing: handlers"):
        wrapt.wrap_function_wrapper(module.BaseHandler, "load_middleware", _loading)


def _loading(load_middleware: Callable[..., Any], _handler: Any, args: Any, kwargs: Any) -> Any:
    for hook in _hooks:
        with guard("postponing: middleware"):
            hook()
    return load_middleware(*args, **kwargs)


def _make_up_for() -> None:
    from opentelemetry import propagate

    if propagate.extract({}) is None:
        # A configuration file without propagators makes one that breaks every request.
        _postponed.clear()
    while _postponed:
        _postponed.pop()()
