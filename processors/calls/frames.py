"""What the interpreter knows: of frames, threads and the clock; by C where that part was compiled."""

import sys
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from time import perf_counter_ns
from types import CodeType, FrameType
from typing import Any

COMPILED: bool
"""Whether it is by C; then all else is that may be."""
UNBOUND: object
"""Stands for the value of a variable that has none."""

Event = Callable[[FrameType, str, Any], None]
set_profile: Callable[[Event, Mapping[int, object], object, Mapping[int, object]], None]
"""Set this thread's profile hook.

It is given an event, what is known of functions by the id of their code, what stands there for a
function that is of no interest, and a mapping. It may be spared all events of such functions, and of
C functions all but "c_call", as long as the mapping is empty.
"""


class _Here(threading.local):
    """The running thread. Attributes of a thread-local are slow, hence only one."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.thread = make()


class Interpreter:
    """Answers what is asked of the running thread between any two instructions of the program.

    ``make`` makes what is kept of each thread; ``variable`` holds the current context, which
    ``get_context`` gives where there is no such variable.
    """

    def __init__(
        self, make: Callable[[], Any], variable: ContextVar[Any] | None, get_context: Callable[[], Any]
    ) -> None:
        self._here = _Here(make)
        self.context: Callable[[], Any] = get_context if variable is None else variable.get
        """Return the current context."""
        self.now: Callable[[], int] = perf_counter_ns
        """Return nanoseconds since some moment."""
        self.identity: Callable[[object], int] = id
        """Return the id of a frame."""

    def thread(self) -> Any:
        """Return what is kept of the running thread."""
        return self._here.thread

    def known(self, functions: Mapping[int, Any], code: CodeType) -> Any:
        """Return what is known of a code object by its id, None for nothing."""
        return functions.get(id(code))

    def running(self, code: CodeType) -> FrameType:  # noqa: ARG002 - in C it tells which is meant
        """Return the frame that runs ``code``; asked by what the program's event calls.

        In C a frame is where it is in memory, until the event is over.
        """
        return sys._getframe(2)

    def globals_of_running(self) -> dict[str, Any]:
        """Return the globals of the program that runs."""
        return sys._getframe(2).f_globals

    def handle(self, frame: FrameType) -> FrameType:
        """Return a frame as the others here take it."""
        return frame

    def values_of(
        self,
        frame: FrameType,
        names: tuple[str, ...],
        places: tuple[int, ...],  # noqa: ARG002 - by which they are found in C
    ) -> list[object]:
        """Return the values of the variables of a frame that have these names and places."""
        values = frame.f_locals
        return [values.get(name, UNBOUND) for name in names]


def _set_profile(
    event: Event,
    functions: Mapping[int, object],  # noqa: ARG001 - here the event has to look them up by itself
    foreign: object,  # noqa: ARG001
    waiting: Mapping[int, object],  # noqa: ARG001
) -> None:
    sys.setprofile(event)


try:
    from . import _frames
except ImportError:
    COMPILED = False
    UNBOUND, set_profile = object(), _set_profile
else:
    COMPILED = True
    UNBOUND, set_profile = _frames.UNBOUND, _frames.set_profile
    Interpreter = _frames.Interpreter  # type: ignore[misc] # the same class, to who uses it
