"""Objects that nothing may be asked of, as every question fails or never ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

_ASKED: Final = (
    "__repr__",
    "__str__",
    "__eq__",
    "__ne__",
    "__hash__",
    "__len__",
    "__iter__",
    "__next__",
    "__bool__",
    "__contains__",
    "__getitem__",
    "__format__",
    "__bytes__",
    "__int__",
    "__index__",
    "__float__",
    "__dir__",
    "__sizeof__",
    "__reduce__",
    "__reduce_ex__",
    "__copy__",
    "__deepcopy__",
    "__getstate__",
    "__call__",
)


class AskedError(Exception):
    """Somebody asked."""


def _failing(error: type[BaseException]) -> Callable[..., Any]:
    def asked(self: object, *args: object, **kwargs: object) -> Any:
        raise error("asked")

    return asked


def _endless(self: Any, *args: object, **kwargs: object) -> Any:
    return _endless(self)


def _make(class_name: str, asked: Callable[..., Any], base: type = object, **more: object) -> Any:
    return type(class_name, (base,), {**dict.fromkeys(_ASKED, asked), **more})()


HOSTILE: Final[tuple[Any, ...]] = tuple(
    made
    for asked in (_failing(AskedError), _failing(RecursionError), _failing(MemoryError), _endless)
    for made in (
        _make("Shy", asked),
        _make("Masked", asked, __class__=property(asked)),
        _make("Proper", asked, name=property(asked), __name__=property(asked), status_code=property(asked)),
        _make("Closed", asked, __getattr__=asked),
        _make("Sealed", asked, __getattribute__=asked),
        _make("ShyText", asked, str),
        _make("ShyNumber", asked, int),
        _make("ShyList", asked, list),
        _make("ShyDict", asked, dict),
        _make("ShyTuple", asked, tuple),
        _make("ShySet", asked, set),
        _make("ShyError", asked, Exception),
    )
)
