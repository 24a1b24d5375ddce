"""A copy of what the program reads from an answer, made as it reads.

An answer whose body is still on its way becomes an instance of a subclass of what it was,
one that copies what its reading methods return. Nothing is read that isn't asked for.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from otel2test.processors.bodies import BodyCopy
from otel2test.processors.guard import guard, guarded

_READING: Final = ("read", "read1", "readline")
_FILLING: Final = ("readinto", "readinto1")
_YIELDING: Final = ("read_chunked",)

_COPY: Final = "_otel2test_copy"
_DEPTH: Final = "_otel2test_depth"
"""Reading methods are built on each other: only what the outermost returns counts."""

_classes: Final[dict[type, type]] = {}
_MOST_CLASSES: Final = 64
"""A program may make its own as it runs."""


def tee(response: Any, limit: int) -> BodyCopy:
    """Copy from now on what is read from ``response``, at most ``limit`` bytes."""
    kind = type(response)
    recording = _classes.get(kind)
    if recording is None:
        if len(_classes) >= _MOST_CLASSES:
            _classes.clear()
        recording = _classes[kind] = _recording_class(kind)
    copy = BodyCopy(limit)
    vars(response)[_COPY] = copy
    vars(response)[_DEPTH] = 0
    response.__class__ = recording
    return copy


def _recording_class(kind: type) -> type:
    methods: dict[str, Any] = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    for names, make in ((_READING, _read), (_FILLING, _fill), (_YIELDING, _yield)):
        methods |= {name: make(getattr(kind, name)) for name in names if hasattr(kind, name)}
    return type(kind.__name__, (kind,), methods)


def _read(original: Callable[..., Any]) -> Callable[..., Any]:
    def read(self: Any, *args: Any, **kwargs: Any) -> Any:
        data = _inside(self, original, *args, **kwargs)
        with guard("outbound: copy"):
            if not getattr(self, _DEPTH):
                getattr(self, _COPY).add(data)
        return data

    return read


def _fill(original: Callable[..., Any]) -> Callable[..., Any]:
    def fill(self: Any, buffer: Any, *args: Any, **kwargs: Any) -> Any:
        count = _inside(self, original, buffer, *args, **kwargs)
        with guard("outbound: copy"):
            if not getattr(self, _DEPTH):
                getattr(self, _COPY).add(memoryview(buffer).cast("B")[:count])
        return count

    return fill


def _yield(original: Callable[..., Any]) -> Callable[..., Any]:
    def chunks(self: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        for chunk in original(self, *args, **kwargs):
            with guard("outbound: copy"):
                getattr(self, _COPY).add(chunk)
            yield chunk

    return chunks


def _inside(response: Any, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    _deepen(response, 1)
    try:
        return original(response, *args, **kwargs)
    finally:
        _deepen(response, -1)


@guarded("outbound: copy", None)
def _deepen(response: Any, by: int) -> None:
    vars(response)[_DEPTH] += by
