"""Which lines of the project run while requests are handled.

What is the project's is decided as for recorded calls. Lines that ran outside of a request (the
test, what it arranges, imports) don't count.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from types import CodeType, FrameType
from typing import Any, Final

from django.core.signals import request_finished, request_started

from otel2test.processors import project


class Executed:
    """The lines, by the absolute path of their file."""

    def __init__(self, test_module: str, packages: Sequence[str]) -> None:
        self.lines: Final[dict[str, set[int]]] = {}
        self.inside = 0
        """How many requests are being handled."""
        self._test_module = os.path.realpath(test_module)
        self._packages = project.Project((), packages)

    def start(self) -> None:
        """Watch from now on, until the end of the process."""
        request_started.connect(self._enter, weak=False)
        request_finished.connect(self._leave, weak=False)
        if sys.version_info >= (3, 12):
            _Monitored(self).install()
        else:
            _Traced(self).install()

    def owns(self, code: CodeType, module_globals: dict[str, Any]) -> bool:
        """Return whether lines of ``code`` count."""
        owners = project.current(), self._packages
        return any(owner.owns(code, module_globals) for owner in owners) and not self._is_test(code)

    def ran(self, code: CodeType, line: int) -> None:
        """Keep a line."""
        self.lines.setdefault(os.path.realpath(code.co_filename), set()).add(line)

    def _is_test(self, code: CodeType) -> bool:
        return os.path.realpath(code.co_filename) == self._test_module

    def _enter(self, **_: object) -> None:
        self.inside += 1

    def _leave(self, **_: object) -> None:
        self.inside = max(0, self.inside - 1)


class _Traced:
    """By ``sys.settrace``, which tells of every line in frames that were entered while it is set."""

    def __init__(self, executed: Executed) -> None:
        self._executed = executed
        self._owned: Final[dict[tuple[str, object], bool]] = {}
        """By file and module: equal code of two files is one key in a dict."""

    def install(self) -> None:
        threading.settrace(self._called)
        sys.settrace(self._called)

    def _called(self, frame: FrameType, _event: str, _argument: object) -> Any:
        key = frame.f_code.co_filename, frame.f_globals.get("__name__")
        owned = self._owned.get(key)
        if owned is None:
            owned = self._owned[key] = self._executed.owns(frame.f_code, frame.f_globals)
        return self._line if owned else None

    def _line(self, frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line" and self._executed.inside:
            self._executed.ran(frame.f_code, frame.f_lineno)
        return self._line


if sys.version_info >= (3, 12):

    class _Monitored:
        """By ``sys.monitoring``; each place is told of once, and foreign code is switched off."""

        _TOOL_IDS: Final = (sys.monitoring.COVERAGE_ID, 3, 4, sys.monitoring.DEBUGGER_ID)

        def __init__(self, executed: Executed) -> None:
            self._executed = executed

        def install(self) -> None:
            events = sys.monitoring.events
            for tool in self._TOOL_IDS:
                if sys.monitoring.get_tool(tool) is None:
                    sys.monitoring.use_tool_id(tool, "otel2test.proving")
                    sys.monitoring.register_callback(tool, events.LINE, self._line)
                    sys.monitoring.set_events(tool, events.LINE)
                    return

        def _line(self, code: CodeType, line: int) -> object:
            if self._executed.inside:
                if self._executed.owns(code, sys._getframe(1).f_globals):
                    self._executed.ran(code, line)
                return sys.monitoring.DISABLE
            return None
