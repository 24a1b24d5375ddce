"""Calls by the profile hook, on Python 3.11 where frames can't be evaluated by us.

The hook tells less than ``sys.monitoring``: a frame that is left by ``yield``, by ``return``
or by an exception is "return" each time, and of the exception nothing is told. The first is
seen from the instruction that was run last; the exception is looked for while it is handled,
when the handler calls anything. Where it calls nothing the exception stays unknown.

The hook is set in the threads that handle requests and in those they start, and in those of
executors while they work, unless another profiler is there, which is left alone.
"""

import atexit
import opcode
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from functools import wraps
from types import FrameType
from typing import Any, Final

from otel2test.processors.calls.frames import set_profile
from otel2test.processors.calls.functions import FOREIGN, Function
from otel2test.processors.calls.log import RAISED, OpenCall
from otel2test.processors.calls.tracer import CallTracer
from otel2test.processors.failures import failure
from otel2test.processors.guard import fault, guarded, logger

_RETURN: Final = opcode.opmap["RETURN_VALUE"]
_YIELD: Final = opcode.opmap["YIELD_VALUE"]
_RESUME: Final = opcode.opmap["RESUME"]
_MOST_UNRESOLVED: Final = 1000
_AT_START: Final = 0
"""The argument of ``RESUME`` where a function begins, as opposed to where it goes on."""


class Profiling:
    """Tells a tracer what the profile hook tells, while there are requests."""

    def __init__(self, tracer: CallTracer) -> None:
        self._tracer = tracer
        self._interpreter = tracer.interpreter
        # A frame's id is its own for as long as it lives, whichever thread it runs in.
        self._unresolved: dict[int, OpenCall] = {}
        """By the id of a frame, calls that ended with an exception not yet seen."""
        self._thrown: set[int] = set()
        """Generators and coroutines that go on with an exception thrown in, for one that is closed."""
        self._warned = False
        self._watched = False
        self._is_open = False
        """Whether calls are told in this way now."""
        _follow_executors(self)

    def open(self) -> None:
        """Set the hook in this thread and in those it starts."""
        present = sys.getprofile()
        if present is not None and present != self._event:
            if not self._warned:
                self._warned = True
                logger.warning(
                    "otel2test records no function calls: another profiler is active (%r)", present
                )
            return
        if present is None:
            self._set()
        self._is_open = True
        # Also where this thread still has the hook: the last request may have ended in another one.
        threading.setprofile(self._thread_begins)
        if not self._watched:
            self._watched = True
            # While the interpreter takes itself apart, what the hook needs is gone already.
            atexit.register(self.remove)

    def close(self) -> None:
        """Take the hook away when no request is open any more."""
        if sys.getprofile() == self._event and not self._tracer.logs:
            self.remove()

    def remove(self) -> None:
        """Take the hook out of this thread; other threads' hooks find nothing to do."""
        if sys.getprofile() == self._event:
            sys.setprofile(None)
            threading.setprofile(None)
        self._is_open = False
        self._unresolved.clear()
        self._thrown.clear()

    def _set(self) -> None:
        set_profile(self._event, self._tracer.functions, FOREIGN, self._unresolved)

    def begin_work(self) -> bool:
        """Set the hook in this thread of an executor if a request is open; return whether that was done."""
        if not self._is_open or not self._tracer.logs or sys.getprofile() is not None:
            return False
        self._set()
        return True

    def _thread_begins(self, frame: FrameType, event: str, value: object) -> None:
        # What is raised here would end the thread before it has done anything.
        try:
            self._set()
        except Exception as error:  # noqa: BLE001 - see above
            sys.setprofile(None)
            fault("call", error)
        else:
            self._event(frame, event, value)

    def _event(self, frame: FrameType, event: str, value: object) -> None:
        if not self._tracer.logs:
            return
        try:
            if self._unresolved:
                self._resolve(sys.exc_info()[1])
            if event == "call":
                function = self._function(frame)
                if function is not FOREIGN:
                    self._called(function, frame)
            elif event == "return":
                function = self._function(frame)
                if function is not FOREIGN:
                    self._left(function, frame, value)
        except Exception as error:  # noqa: BLE001 - as guarded() does, without the cost of one more call
            fault("call", error)

    def _function(self, frame: FrameType) -> Function:
        code = frame.f_code
        known: Function | None = self._interpreter.known(self._tracer.functions, code)
        return self._tracer.describe(code, frame.f_globals) if known is None else known

    def _called(self, function: Function, frame: FrameType) -> None:
        last = frame.f_lasti
        if function.bytecode[last] != _RESUME:
            self._thrown.add(id(frame))
            self._tracer.resume(self._interpreter.handle(frame))
        elif function.bytecode[last + 1] == _AT_START:
            # Whatever had this place in memory is gone; the log will say what is known of it.
            self._unresolved.pop(id(frame), None)
            self._tracer.enter(function, self._interpreter.handle(frame))
        else:
            self._tracer.resume(self._interpreter.handle(frame))

    def _left(self, function: Function, frame: FrameType, value: object) -> None:
        instruction = function.bytecode[frame.f_lasti]
        was_thrown = id(frame) in self._thrown
        self._thrown.discard(id(frame))
        if instruction == _RETURN:
            self._tracer.leave(self._interpreter.handle(frame), value)
        elif instruction == _YIELD and not (was_thrown and value is None):
            self._tracer.suspend(self._interpreter.handle(frame), value)
        else:
            call = self._tracer.unwind_unknown(self._interpreter.handle(frame))
            if call is not None:
                # What is thrown in and comes out again is nearly always what closes or cancels.
                call.failed = not was_thrown
                if len(self._unresolved) >= _MOST_UNRESOLVED:
                    self._unresolved.clear()
                self._unresolved[id(frame)] = call

    def _resolve(self, error: BaseException | None) -> None:
        if error is None:
            return
        traceback = error.__traceback__
        while traceback is not None:
            frame_id = id(traceback.tb_frame)
            call = self._unresolved.get(frame_id)
            if call is not None and call.log is not None:
                del self._unresolved[frame_id]
                if isinstance(error, GeneratorExit):
                    call.log.end(call)
                else:
                    call.log.end(call, RAISED, failure(error))
            traceback = traceback.tb_next


_working: Final[list[Profiling]] = []
"""The last one that was made, once executors are followed."""


def _follow_executors(hook: Profiling) -> None:
    """Set the hook in threads of executors, which may have begun before, while they work for a request."""
    if not _working:
        ThreadPoolExecutor.submit = _following(ThreadPoolExecutor.submit)  # type: ignore[method-assign] # alike
    _working[:] = [hook]


def _following(submit: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(submit)
    def followed(executor: Any, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        # A fault of ours there is one of the trace that the work is for.
        return submit(executor, _worked, copy_context(), work, *args, **kwargs)

    return followed


def _worked(context: Context, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    is_set = context.run(_begin_work)
    try:
        return work(*args, **kwargs)
    finally:
        context.run(_end_work, is_set)


@guarded("call", False)
def _begin_work() -> bool:
    return _working[-1].begin_work()


@guarded("call", None)
def _end_work(is_set: bool) -> None:
    if is_set:
        sys.setprofile(None)
