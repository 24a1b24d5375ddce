"""Work that a coroutine hands to a thread is done on its behalf: ``asgiref``'s ``sync_to_async``.

Django's asynchronous ORM is this. In the thread the coroutine isn't on the stack.
"""

import sys
from collections.abc import Callable
from typing import Any

from opentelemetry.trace import get_current_span

from otel2test.processors import callers
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.guard import guard


def install(module: Any) -> None:
    """Keep the frame that waits; ``module`` is ``asgiref.sync``."""
    with guard("caller: asgiref"):
        replace_method(module.SyncToAsync, "__call__", _handing_over)


def _handing_over(call: Callable[..., Any]) -> Callable[..., Any]:
    async def hand_over(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not get_current_span().is_recording():
            return await call(self, *args, **kwargs)
        with callers.on_behalf_of(sys._getframe().f_back):
            return await call(self, *args, **kwargs)

    return hand_over
