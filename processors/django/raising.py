"""Exceptions that OpenTelemetry's instrumentation would ask for their text, which may do anything.

It puts ``str()`` of what a view raised on the request's span, as an event and as the status. That runs
the program's own ``__str__``, or a query where an argument is a query set; and what that raises meets
Django once more. So it isn't told of such an exception: the event is made here, of what can be known
without running anything.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from otel2test.processors.django.exchange import tied
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.failures import failure, is_harmless
from otel2test.processors.guard import guard, guarded


def install(module: Any) -> None:
    """Stand between Django and the middleware of OpenTelemetry that ``module`` defines."""
    replace_method(module._DjangoMiddleware, "process_exception", _telling)


def _telling(process_exception: Callable[..., Any]) -> Callable[..., Any]:
    def told(self: Any, request: Any, exception: Any) -> Any:
        if _is_told_here(exception):
            return None
        return process_exception(self, request, exception)

    return told


@guarded("django: exception", True)
def _is_told_here(exception: BaseException) -> bool:
    exchange = tied()
    if exchange is None or exchange.tie is None:
        return False
    with guard("django: exception"):
        if is_harmless(exception):
            return False
    told = failure(exception)
    frames = "".join(traceback.format_tb(exception.__traceback__))
    exchange.tie.live_span.add_event(
        "exception",
        {
            "exception.type": told["type"].removeprefix("builtins."),
            "exception.message": told["message"],
            "exception.stacktrace": f"Traceback (most recent call last):\n{frames}{told['type']}",
        },
    )
    return True
