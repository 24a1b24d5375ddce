"""From the interpreter's events to records: what runs in which thread, for which request.

One stack a thread holds the project's calls that are running in it; a generator or
coroutine leaves it when it is suspended and comes back when it is resumed. So the top of
the stack is what called, however tasks are interleaved. Which request a call belongs to
is told by the current span, looked up once for each OpenTelemetry context.

The methods that take events are called between any two instructions of the program: who
calls them lets nothing escape. They are the one place where a function call counts, and do
by hand what elsewhere would be a helper.
"""

import os
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import CodeType, FrameType
from typing import Final

from opentelemetry import context as context_api
from opentelemetry.context import Context, get_current
from opentelemetry.trace import SpanContext, format_span_id, get_current_span

from otel2test.attributes import CALLS, CALLS_DROPPED
from otel2test.processors import project
from otel2test.processors.calls import frames
from otel2test.processors.calls.frames import UNBOUND
from otel2test.processors.calls.functions import Function, describe
from otel2test.processors.calls.log import RAISED, RETURNED, CallLog, OpenCall
from otel2test.processors.failures import failure
from otel2test.processors.project import CodeMap
from otel2test.processors.recorder import Recorder

_MAX_LOGS: Final = 1000
_ASYNC_YIELD: Final = "async_generator_wrapped_value"
"""The class of what an async generator yields, as opposed to what it waits for."""


def _find_context_variable() -> ContextVar[Context] | None:
    """Return the variable that holds the current context, if it is one."""
    variable = getattr(getattr(context_api, "_RUNTIME_CONTEXT", None), "_current_context", None)
    return variable if isinstance(variable, ContextVar) else None


class _Thread:
    """What is known of one thread."""

    __slots__ = ("context", "log", "span", "stack")

    def __init__(self) -> None:
        self.stack: list[OpenCall] = []
        self.context: Context | None = None
        """The one that the two below were looked up for."""
        self.log: CallLog | None = None
        self.span = ""


class CallTracer:
    """Keeps the logs of the requests that are open, and writes calls to them."""

    def __init__(self, max_calls: int, max_bytes: int) -> None:
        self.functions: CodeMap[Function] = CodeMap()
        self.logs: dict[int, CallLog] = {}
        """By the id of every running span of a request; empty when no request is open."""
        self._max_calls = max_calls
        self._max_bytes = max_bytes
        self.interpreter = frames.Interpreter(_Thread, _find_context_variable(), get_current)
        self._suspended: dict[int, OpenCall] = {}
        """By the frame's id, which is its generator's alone for as long as that lives."""
        os.register_at_fork(after_in_child=self._forget)

    def open(self, span: SpanContext, recorder: Recorder, written: Callable[[], None]) -> None:
        """Begin to record the calls made under ``span``; ``written`` is called when that is over."""
        log: CallLog

        def put_dropped() -> None:
            recorder.put(span, CALLS_DROPPED, lambda: str(log.dropped))

        def payload() -> str:
            self._close(log)
            written()
            return log.payload()

        log = CallLog(span.span_id, self._max_calls, self._max_bytes, put_dropped, self.interpreter)
        recorder.put(span, CALLS, payload)
        if len(self.logs) >= _MAX_LOGS:
            self._close(next(iter(self.logs.values())))
        self.logs[span.span_id] = log

    def follow(self, span_id: int, parent_id: int) -> None:
        """Take a span as part of the request that its parent is part of."""
        log = self.logs.get(parent_id)
        if log is not None:
            log.span_ids.add(span_id)
            self.logs[span_id] = log

    def leave_span(self, span_id: int) -> None:
        """Forget a span that ended, unless it is a request's, whose log is open until it is written."""
        log = self.logs.get(span_id)
        if log is not None and log.span_id != span_id:
            log.span_ids.discard(span_id)
            del self.logs[span_id]

    def _close(self, log: CallLog) -> None:
        log.closed = True
        for span_id in log.span_ids:
            self.logs.pop(span_id, None)
        for frame_id in log.suspended:
            self._suspended.pop(frame_id, None)

    def _forget(self) -> None:
        self.logs.clear()
        self._suspended.clear()

    def describe(self, code: CodeType, module_globals: Mapping[str, object]) -> Function:
        """Decide about a function that is met for the first time."""
        return self.functions.remember(code, describe(code, module_globals, project.current()))

    def enter(self, function: Function, frame: FrameType) -> None:
        """Take that a function was called, or the body of a generator or coroutine began."""
        interpreter = self.interpreter
        thread = interpreter.thread()
        context = interpreter.context()
        if context is not thread.context:
            span_id = get_current_span(context).get_span_context().span_id
            thread.context, thread.log, thread.span = context, self.logs.get(span_id), format_span_id(span_id)
        stack = thread.stack
        parent = stack[-1] if stack else None
        log = thread.log
        span = thread.span
        if log is None and parent is not None:
            # A streamed response's generator goes on when the request's span isn't current any more.
            log = parent.log
            span = parent.span
        if log is None or log.closed:
            return
        call = log.begin(function, interpreter.identity(frame), parent, span)
        stack.append(call)
        if call.log is None:
            return
        if function.arguments:
            values = interpreter.values_of(frame, function.arguments, function.argument_places)
            call.arguments = log.values.forms(values, function.secret_arguments)
            if function.rebound:
                call.rebound = [id(values[index]) for index in function.rebound]
        call.start = interpreter.now() - log.origin

    def overlook(self) -> None:
        """Take that a function was called, of which and of what it calls nothing more will be told."""
        thread = self.interpreter.thread()
        stack = thread.stack
        log = stack[-1].log if stack else thread.log
        if log is not None and not log.closed:
            log.drop()

    def leave(self, frame: FrameType, value: object) -> None:
        """Take that a frame returned ``value``."""
        call = self._stop(frame)
        if call is None or call.log is None:
            return
        log = call.log
        form = log.values.secret(value) if call.function.returns_secret else log.values.of(value)
        log.end(call, RETURNED, form)

    def unwind(self, frame: FrameType, error: BaseException) -> None:
        """Take that an exception left a frame; a generator that is closed has not failed."""
        call = self._stop(frame)
        if call is None or call.log is None:
            return
        if isinstance(error, GeneratorExit):
            call.log.end(call)
        else:
            # Where the program went as deep as it may, to look at the exception fails.
            call.failed = True
            call.log.end(call, RAISED, failure(error))

    def unwind_unknown(self, frame: FrameType) -> OpenCall | None:
        """Take that an exception left a frame; the caller ends the call when it knows which."""
        return self._stop(frame)

    def suspend(self, frame: FrameType, value: object) -> None:
        """Take that a generator or coroutine yielded ``value``, to its caller or to the event loop."""
        thread = self.interpreter.thread()
        stack = thread.stack
        if not stack:
            return
        frame_id = self.interpreter.identity(frame)
        top = stack[-1]
        call = stack.pop() if top.frame_id == frame_id else self._dig_out(stack, frame_id)
        if call is None:
            return
        function = call.function
        if function.yields and (not function.waits or type(value).__name__ == _ASYNC_YIELD):
            call.yielded += 1
        if call.log is not None and not call.log.closed:
            call.log.suspended.add(call.frame_id)
            self._suspended[call.frame_id] = call

    def resume(self, frame: FrameType) -> None:
        """Take that a generator or coroutine goes on."""
        call = self._suspended.pop(self.interpreter.identity(frame), None)
        if call is not None and call.log is not None:
            call.log.suspended.discard(call.frame_id)
            thread = self.interpreter.thread()
            thread.stack.append(call)

    def _stop(self, frame: FrameType) -> OpenCall | None:
        """Take the call of ``frame`` from the stack, with its locals as they are now."""
        interpreter = self.interpreter
        thread = interpreter.thread()
        stack = thread.stack
        if not stack:
            return None
        frame_id = interpreter.identity(frame)
        top = stack[-1]
        call = stack.pop() if top.frame_id == frame_id else self._dig_out(stack, frame_id)
        if call is None or (log := call.log) is None or log.closed:
            return None
        call.duration = interpreter.now() - log.origin - call.start
        function = call.function
        if function.kept:
            values = interpreter.values_of(frame, function.kept, function.kept_places)
            before = call.rebound
            if before is not None:
                for index, place in enumerate(function.rebound_kept):
                    if place >= 0 and before[place] == id(values[index]):
                        values[index] = UNBOUND
            call.kept = log.values.forms(values, function.secret_kept)
        return call

    def _dig_out(self, stack: list[OpenCall], frame_id: int) -> OpenCall | None:
        """Take a call from below the top: what lies above was left in a way that no event told of."""
        for index in range(len(stack) - 2, -1, -1):
            call = stack[index]
            if call.frame_id == frame_id:
                del stack[index:]
                return call
        return None
