"""Calls by ``sys.monitoring``, from Python 3.12 on.

Code that isn't the project's is switched off at its first event, place by place, and costs
nothing afterwards. While a callback runs no events come from its thread, so that the
recorder never meets itself.
"""

import atexit
import sys
from collections.abc import Callable
from types import CodeType
from typing import Final

from otel2test.processors.calls.functions import FOREIGN
from otel2test.processors.calls.tracer import CallTracer
from otel2test.processors.guard import fault, logger

assert sys.version_info >= (3, 12)  # noqa: S101 - tells the type checker; imported nowhere else

_TOOL: Final = "otel2test"
_TOOL_IDS: Final = (3, 4, sys.monitoring.PROFILER_ID)
"""The two that belong to nobody, then the profiler's, as somebody may want to profile."""


class Monitoring:
    """Tells a tracer what ``sys.monitoring`` tells; begins with the first request."""

    def __init__(self, tracer: CallTracer) -> None:
        self._tracer = tracer
        self._functions = tracer.functions
        self._logs = tracer.logs
        self._interpreter = tracer.interpreter
        self._tool: int | None = None
        self._tried = False

    def open(self) -> None:
        """Begin to listen, if that is not so already."""
        if self._tried:
            return
        self._tried = True
        self._tool = _take_tool()
        if self._tool is None:
            logger.warning("otel2test records no function calls: every tool id of sys.monitoring is taken")
            return
        events = sys.monitoring.events
        callbacks: dict[int, Callable[..., object]] = {
            events.PY_START: self._started,
            events.PY_RETURN: self._returned,
            events.PY_UNWIND: self._unwound,
            events.PY_YIELD: self._yielded,
            events.PY_RESUME: self._resumed,
            events.PY_THROW: self._thrown,
        }
        for event, callback in callbacks.items():
            sys.monitoring.register_callback(self._tool, event, callback)
        sys.monitoring.set_events(self._tool, sum(callbacks))
        # While the interpreter takes itself apart, what the callbacks need is gone already.
        atexit.register(self.remove)

    def close(self) -> None:
        """Listening goes on: turning it off and on would rewrite all code each time."""

    def remove(self) -> None:
        """Give the tool id back."""
        if self._tool is not None:
            sys.monitoring.set_events(self._tool, 0)
            sys.monitoring.restart_events()
            sys.monitoring.free_tool_id(self._tool)
            self._tool = None

    def _started(self, code: CodeType, _offset: int) -> object:
        try:
            function = self._interpreter.known(self._functions, code)
            if function is None:
                function = self._tracer.describe(code, self._interpreter.globals_of_running())
            if function is FOREIGN:
                return sys.monitoring.DISABLE
            if self._logs:
                self._tracer.enter(function, self._interpreter.running(code))
        except Exception as error:  # noqa: BLE001 - as guarded() does, without the cost of one more call
            fault("call", error)
        return None

    def _returned(self, code: CodeType, _offset: int, value: object) -> object:
        try:
            function = self._interpreter.known(self._functions, code)
            if function is None:
                function = self._tracer.describe(code, self._interpreter.globals_of_running())
            if function is FOREIGN:
                return sys.monitoring.DISABLE
            if self._logs:
                self._tracer.leave(self._interpreter.running(code), value)
        except Exception as error:  # noqa: BLE001 - as guarded() does, without the cost of one more call
            fault("call", error)
        return None

    def _yielded(self, code: CodeType, _offset: int, value: object) -> object:
        try:
            function = self._interpreter.known(self._functions, code)
            if function is None:
                function = self._tracer.describe(code, self._interpreter.globals_of_running())
            if function is FOREIGN:
                return sys.monitoring.DISABLE
            if self._logs:
                self._tracer.suspend(self._interpreter.running(code), value)
        except Exception as error:  # noqa: BLE001 - as guarded() does, without the cost of one more call
            fault("call", error)
        return None

    def _resumed(self, code: CodeType, _offset: int) -> object:
        try:
            function = self._interpreter.known(self._functions, code)
            if function is None:
                function = self._tracer.describe(code, self._interpreter.globals_of_running())
            if function is FOREIGN:
                return sys.monitoring.DISABLE
            if self._logs:
                self._tracer.resume(self._interpreter.running(code))
        except Exception as error:  # noqa: BLE001 - as guarded() does, without the cost of one more call
            fault("call", error)
        return None

    # These two can't be switched off for a place: they look at nothing before they have to.

    def _thrown(self, code: CodeType, _offset: int, _error: BaseException) -> None:
        try:
            if self._logs and self._is_ours(code):
                self._tracer.resume(self._interpreter.running(code))
        except Exception as error:  # noqa: BLE001 - as guarded() does, without the cost of one more call
            fault("call", error)

    def _unwound(self, code: CodeType, _offset: int, raised: BaseException) -> None:
        try:
            if self._logs and self._is_ours(code):
                self._tracer.unwind(self._interpreter.running(code), raised)
        except Exception as error:  # noqa: BLE001 - as guarded() does, without the cost of one more call
            fault("call", error)

    def _is_ours(self, code: CodeType) -> bool:
        function = self._interpreter.known(self._functions, code)
        return function is not None and function is not FOREIGN


def _take_tool() -> int | None:
    for tool in _TOOL_IDS:
        if sys.monitoring.get_tool(tool) is None:
            sys.monitoring.use_tool_id(tool, _TOOL)
            return tool
    return None
