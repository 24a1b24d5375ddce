"""Operations on backends: hooks around the methods of a class and of all its subclasses.

A back end may be built on another, and a method on another method: of operations inside
each other only the outermost is one of the program's, and is recorded.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any, Final, TypeAlias, TypeVar

from otel2test.processors.django.hooks import replace_method
from otel2test.processors.effects.ledger import now
from otel2test.processors.failures import failure_of_library
from otel2test.processors.guard import guard

T = TypeVar("T")

Payload: TypeAlias = dict[str, Any]
Make: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]

_MARK: Final = "_otel2test_watched"


def watch_classes(base: Any, methods: Mapping[str, Make]) -> None:
    """Put ``make(original)`` in the place of each method, in ``base`` and its subclasses, now and later."""
    if _MARK in vars(base):
        return
    setattr(base, _MARK, True)
    inherited = vars(base).get("__init_subclass__")

    def init_subclass(cls: type, /, **kwargs: Any) -> None:
        if inherited is None:
            super(base, cls).__init_subclass__(**kwargs)
        else:
            inherited.__get__(None, cls)(**kwargs)
        with guard(f"effects: {base.__name__}"):
            _watch(cls, methods)

    init_subclass.__name__ = "__init_subclass__"
    setattr(base, "__init_subclass__", classmethod(init_subclass))  # noqa: B010 - mypy minds an assignment
    for cls in _family(base):
        _watch(cls, methods)


def _family(cls: Any) -> Iterator[type]:
    yield cls
    for below in cls.__subclasses__():
        yield from _family(below)


def _watch(cls: type, methods: Mapping[str, Make]) -> None:
    for name, make in methods.items():
        # A mock that a test of the program put there stays one.
        if isinstance(vars(cls).get(name), FunctionType):
            replace_method(cls, name, make)


class _Thread(threading.local):
    inside = False


class Operations:
    """Operations of one kind, by the attribute that they are written to."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._thread = _Thread()

    def perform(
        self,
        call: Callable[[], T],
        before: Callable[[], list[Payload]],
        after: Callable[[list[Payload], T], None],
    ) -> T:
        """Return what ``call`` returns, and record it.

        ``before`` gives what is known beforehand, a payload a record: none if it isn't the
        program's doing. ``after`` adds what came of it; where an exception came, ``error`` is added.
        """
        moment = None if self._thread.inside else now(self._kind)
        payloads: list[Payload] | None = None
        if moment is not None:
            with guard(f"effects: {self._kind}"):
                payloads = before()
        if moment is None or payloads is None:
            return call()
        self._thread.inside = True
        try:
            result = call()
        except BaseException as error:
            with guard(f"effects: {self._kind}"):
                told = failure_of_library(error)
                for payload in payloads:
                    moment.note({**payload, "error": told})
            raise
        finally:
            self._thread.inside = False
        with guard(f"effects: {self._kind}"):
            after(payloads, result)
            for payload in payloads:
                moment.note(payload)
        return result
