"""What runs outside of any request: a management command, a Celery task, a block of a script.

Each is a trace of its own kind: a span of the scope ``otel2test.operation`` that owns, as a
request's span does, what happens below it (calls, statements, hops, side effects), and says
what ran (:class:`~otel2test.attributes.OperationPayload`). Inside a request or another
operation nothing of its own begins: it is part of what goes on already.

    with recording("import prices"):
        …

    @recorded
    def import_prices(path: str) -> int: …

Importing this loads neither Django nor the SDK; where nothing is recorded, nothing happens.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

if TYPE_CHECKING:
    from otel2test.processors.operations.running import Operation

P = ParamSpec("P")
T = TypeVar("T")


class recording:  # noqa: N801 - a context manager reads as a verb
    """Record what the program does in this block as an operation called ``name``."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._operations: list[Operation | None] = []
        """Those under way: one object may be entered in itself."""

    def __enter__(self) -> None:
        self._operations.append(_begin("block", self._name))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        operation = self._operations.pop()
        if operation is not None:
            operation.end(error)


@overload
def recorded(function: Callable[P, T], /) -> Callable[P, T]: ...
@overload
def recorded(function: str, /) -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def recorded(function: Callable[..., Any] | str, /) -> Callable[..., Any]:
    """Record each call of a function, coroutine functions included, as an operation.

    ``@recorded`` names it after the function, ``@recorded("name")`` as it says. Arguments and
    what is returned are recorded. A generator function's operation ends when it returns its
    generator.
    """
    if isinstance(function, str):
        return lambda decorated: _decorated(decorated, function)
    return _decorated(function, getattr(function, "__qualname__", type(function).__qualname__))


def _decorated(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def waiting(*args: Any, **kwargs: Any) -> Any:
            operation = _begin("block", name, function, args, kwargs)
            if operation is None:
                return await function(*args, **kwargs)
            try:
                returned = await function(*args, **kwargs)
            except BaseException as error:
                operation.end(error)
                raise
            operation.end(None, returned)
            return returned

        return waiting

    @wraps(function)
    def calling(*args: Any, **kwargs: Any) -> Any:
        operation = _begin("block", name, function, args, kwargs)
        if operation is None:
            return function(*args, **kwargs)
        try:
            returned = function(*args, **kwargs)
        except BaseException as error:
            operation.end(error)
            raise
        operation.end(None, returned)
        return returned

    return calling


def _begin(kind: Any, name: str, function: Any = None, args: Any = None, kwargs: Any = None) -> Any:
    import sys

    # Without it nobody records, and it would load the SDK.
    if "otel2test.processors.recorder" not in sys.modules:
        return None
    from otel2test.processors.operations.running import begin

    return begin(kind, name, function, args, kwargs)
