"""OpenTelemetry's middleware for Django, made to await the views that are coroutines.

As it comes it is for synchronous views only, so that Django answers each asynchronous request in a
thread: who waits keeps a thread, and a task that outlives its request finds none for the ORM, and fails.
Where the user gave it hooks of their own, which may query, it is left so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction

from otel2test.processors.django.hooks import replace_method
from otel2test.processors.guard import guard


class _Capable:
    """Tells Django, which asks the class, whether the middleware can await."""

    def __get__(self, instance: object, owner: Any) -> bool:
        hooks = (vars(owner).get("_otel_request_hook"), vars(owner).get("_otel_response_hook"))
        return hooks == (None, None)


def install(module: Any) -> None:
    """Change the middleware that ``module`` defines, unless it knows of coroutines itself."""
    middleware = module._DjangoMiddleware
    if hasattr(middleware, "async_capable") or not hasattr(middleware, "process_response"):
        return
    replace_method(middleware, "__init__", _marking)
    replace_method(middleware, "__call__", _answering)
    middleware.sync_capable, middleware.async_capable = True, _Capable()


def _marking(init: Callable[..., None]) -> Callable[..., None]:
    def made(self: Any, get_response: Any) -> None:
        init(self, get_response)
        with guard("django: middleware"):
            if type(self).async_capable and iscoroutinefunction(get_response):
                markcoroutinefunction(self)

    return made


def _answering(call: Callable[..., Any]) -> Callable[..., Any]:
    def answered(self: Any, request: Any) -> Any:
        # Django asked the class; what it gave to call tells how it will be called itself.
        return _awaited(self, request) if iscoroutinefunction(self.get_response) else call(self, request)

    return answered


async def _awaited(middleware: Any, request: Any) -> Any:
    middleware.process_request(request)
    response = await middleware.get_response(request)
    return middleware.process_response(request, response)
