"""Drawing functions as ``sys.monitoring`` tells of them, from Python 3.12 on.

Only their own code objects make events, and only where they begin and return. A call that
ends with an exception drew nothing.
"""

import sys
import threading
from types import CodeType
from typing import Final

from otel2test.processors.effects.drawing import Draw, Source, begin, end
from otel2test.processors.effects.ledger import is_recording
from otel2test.processors.guard import logger
from otel2test.processors.project import CodeMap

assert sys.version_info >= (3, 12)  # noqa: S101 - tells the type checker; imported nowhere else

_TOOL: Final = "otel2test draws"
_TOOL_IDS: Final = (4, 3, sys.monitoring.PROFILER_ID)
"""The two that belong to nobody, then the profiler's."""


class _Thread(threading.local):
    """The draw that is on, and its frame's id. Draws don't stand inside each other: see ``begin``."""

    frame: int = 0
    draw: Draw | None = None


_thread: Final = _Thread()
_sources: Final[CodeMap[Source]] = CodeMap()
_tool: Final[list[int]] = []


def watch(source: Source) -> None:
    """Record what ``source`` draws from now on, if a tool id is free."""
    if not _tool and (tool := _take_tool()) is not None:
        _tool.append(tool)
    if _tool:
        code = source.function.__code__
        _sources.remember(code, source)
        events = sys.monitoring.events
        sys.monitoring.set_local_events(_tool[0], code, events.PY_START | events.PY_RETURN)


def _take_tool() -> int | None:
    for tool in _TOOL_IDS:
        if sys.monitoring.get_tool(tool) is None:
            sys.monitoring.use_tool_id(tool, _TOOL)
            sys.monitoring.register_callback(tool, sys.monitoring.events.PY_START, _started)
            sys.monitoring.register_callback(tool, sys.monitoring.events.PY_RETURN, _returned)
            return tool
    logger.warning("otel2test records no random values: every tool id of sys.monitoring is taken")
    return None


def _started(code: CodeType, _offset: int) -> None:
    if not is_recording():
        return
    frame = sys._getframe(1)
    source = _sources.get(id(code))
    draw = None if source is None else begin(source, frame.f_back, lambda: frame.f_locals)
    if draw is not None:
        _thread.frame, _thread.draw = id(frame), draw
    elif _thread.frame == id(frame):
        # Its place in memory is another's now: that draw ended with an exception.
        _thread.frame, _thread.draw = 0, None


def _returned(_code: CodeType, _offset: int, value: object) -> None:
    draw = _thread.draw
    if draw is not None and _thread.frame == id(sys._getframe(1)):
        _thread.frame, _thread.draw = 0, None
        end(draw, value)
