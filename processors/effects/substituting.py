"""Drawing functions with other code in them, before Python 3.12, which can't tell of single functions.

The function stays the object that it was, whoever holds it; its code is put into another
function, which is called in its stead. A profile hook would see it too, but costs all calls
of a thread a hundred times what drawing does.
"""

import inspect
import sys
from types import FunctionType
from typing import Any

from otel2test.processors.effects.drawing import Source, begin, end
from otel2test.processors.effects.ledger import is_recording

_MARK = "__otel2test__"


def watch(source: Source) -> None:
    """Record what ``source`` draws from now on; again does nothing."""
    function = source.function
    if hasattr(function, _MARK) or function.__closure__:
        return
    original = _copy(function)
    drawing = _drawing(Source(original, source.name, source.is_secret))
    hook = f"__otel2test_{function.__qualname__.replace('.', '_')}"
    function.__globals__[hook] = drawing
    setattr(function, _MARK, True)
    function.__signature__ = inspect.signature(original)  # type: ignore[attr-defined]  # inspect looks for it
    function.__code__ = _template.__code__.replace(
        co_names=(hook,),
        co_name=function.__code__.co_name,
        co_qualname=function.__code__.co_qualname,
        co_filename=function.__code__.co_filename,
        co_firstlineno=function.__code__.co_firstlineno,
    )


def _template(*args: Any, **kwargs: Any) -> Any:
    return hook(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821 - found where the function is


def _copy(function: FunctionType) -> FunctionType:
    copied = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
    copied.__kwdefaults__ = function.__kwdefaults__
    copied.__qualname__ = function.__qualname__
    return copied


def _drawing(source: Source) -> Any:
    original = source.function
    parameters = inspect.signature(original).parameters.values()
    defaults = {each.name: each.default for each in parameters if each.default is not each.empty}

    def drawing(*args: Any, **kwargs: Any) -> Any:
        if not is_recording():
            return original(*args, **kwargs)
        draw = begin(
            source,
            # Called by the template; a thread may begin with that, and then nobody in Python called it.
            sys._getframe(1).f_back,
            lambda: {**defaults, **dict(zip(source.parameters, args, strict=False)), **kwargs},
        )
        value = original(*args, **kwargs)
        if draw is not None:
            end(draw, value)
        return value

    return drawing
