"""The hooks of a recorder, each put in place when the module that it hooks into is imported."""

from __future__ import annotations

import gc
import os
import sys
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import wrapt

from otel2test.processors import postponing, project, threads
from otel2test.processors.guard import guard
from otel2test.processors.notices import say

if TYPE_CHECKING:
    from otel2test.processors.recorder import Recorder

_installed: Final[list[Recorder]] = []


def install(recorder: Recorder) -> None:
    """Put all hooks in place for ``recorder``; again does nothing."""
    if any(known is recorder for known in _installed):
        return
    _installed.append(recorder)
    project.configure(recorder.settings.include, recorder.settings.exclude)
    with guard("hooks: django"):
        postponing.before_middleware(partial(_hook_django, recorder))
    for module, hook in (
        ("django.core.handlers.base", partial(_look_for_handlers, recorder)),
        ("django.db.backends.base.base", partial(_hook_database, recorder)),
        ("asgiref.sync", _hook_threads),
        ("requests", partial(_hook_outbound, recorder, "requests")),
        ("urllib3", partial(_hook_outbound, recorder, "urllib3")),
        ("httpx", partial(_hook_outbound, recorder, "httpx")),
        ("urllib.request", partial(_hook_outbound, recorder, "urllib")),
        ("django.core.management.base", partial(_hook_operations, "commands")),
        ("celery.signals", partial(_hook_operations, "tasks")),
    ):
        with guard(f"hooks: {module}"):
            wrapt.register_post_import_hook(hook, module)
    if recorder.settings.calls:
        with guard("hooks: calls"):
            from otel2test.processors import calls

            calls.install(recorder)
    if recorder.settings.effects:
        with guard("hooks: effects"):
            from otel2test.processors import effects

            effects.install(recorder)


def _hook_database(recorder: Recorder, _module: Any) -> None:
    with guard("hooks: database"):
        from otel2test.processors.django import database

        database.install(recorder)


def _hook_threads(module: Any) -> None:
    with guard("hooks: threads"):
        from otel2test.processors.django import waiting

        waiting.install(module)


def _hook_outbound(recorder: Recorder, library: str, _module: Any) -> None:
    with guard(f"hooks: {library}"):
        import_module(f"otel2test.processors.outbound.{library}").install(recorder)


def _hook_operations(kind: str, module: Any) -> None:
    with guard(f"hooks: {kind}"):
        import_module(f"otel2test.processors.operations.{kind}").install(module)


def _hook_django(recorder: Recorder) -> None:
    """Hook into the handlers and see to it that the requests have spans."""
    if not recorder.is_able():
        return
    from opentelemetry import propagate
    from opentelemetry.instrumentation.django import DjangoInstrumentor

    from otel2test.processors.django import handlers

    if propagate.extract({}) is None:
        say(
            "requests are not recorded, OpenTelemetry is configured without propagators, which its "
            "instrumentation of Django needs",
            "add to OTEL_CONFIG_FILE: propagator: {composite: [{tracecontext: null}]}",
        )
        return
    if os.environ.get("OTEL_PYTHON_DJANGO_INSTRUMENT") == "False":
        say(
            "requests are not recorded, the instrumentation of Django is switched off",
            "unset OTEL_PYTHON_DJANGO_INSTRUMENT",
        )
        return
    handlers.install(recorder)
    threads.carry_contexts()
    instrumentor = DjangoInstrumentor()
    if not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.instrument(tracer_provider=recorder.provider)


def _look_for_handlers(recorder: Recorder, module: Any) -> None:
    """Hook into handlers that are at work already."""
    with guard("hooks: django handlers"):
        if _is_serving(module.BaseHandler):
            from otel2test.processors.django import handlers

            handlers.install(recorder)
            _say_late()


def _is_serving(handler_class: type) -> bool:
    """Return whether a handler has loaded its middleware, as a WSGI application does when it is made."""
    # type(), as isinstance() would wake Django's lazy objects.
    return any(
        issubclass(type(found), handler_class) and getattr(found, "_middleware_chain", None) is not None
        for found in gc.get_objects()
    )


def _say_late() -> None:
    module = sys.modules.get("opentelemetry.instrumentation.django")
    if module is None or not module.DjangoInstrumentor().is_instrumented_by_opentelemetry:
        say(
            "requests are not recorded, Django had loaded its middleware before recording began",
            "call otel2test.processors.record() before get_wsgi_application() or get_asgi_application()",
        )
