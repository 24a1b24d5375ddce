"""The calls of one request, on their way to :class:`~otel2test.attributes.CallsPayload`.

A call is a row of plain values from the moment it ends, so that no values are kept alive, and
rows become JSON by the hundred: bytes are nothing to the garbage collector, while as many
records kept as Python objects would make it more than half of the cost.
"""

import itertools
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final

import orjson

from otel2test.attributes import ExceptionPayload
from otel2test.processors.calls.functions import Function
from otel2test.processors.calls.values import Values
from otel2test.processors.otlp import dump
from otel2test.values import Wire

_UNKNOWN: Final[ExceptionPayload] = {"type": "BaseException", "message": "", "where": ""}
"""Python 3.11 tells that a call ended with an exception, but not always with which."""
_ROWS: Final = 250
"""So many are encoded at once."""
_ROW_BYTES: Final = 64
"""What a row counts for, beside its values; it is corrected when it is encoded."""
_OPEN: Final = 0
"""Nothing is known of how a call ended: it still ran, or was a generator that was left alone."""
RETURNED: Final = 1
RAISED: Final = 2


class OpenCall:
    """A call that has begun. Holds no frame and no value, so that nothing lives longer for it."""

    __slots__ = (
        "arguments", "duration", "failed", "frame_id", "function", "id", "kept", "log", "parent", "rebound",
        "span", "start", "yielded",
    )  # fmt: skip

    def __init__(
        self,
        function: Function,
        frame_id: int,
        log: "CallLog | None",
        call_id: int,
        parent: int | None,
        span: str,
    ) -> None:
        self.function = function
        self.frame_id = frame_id
        self.log = log
        """None for a call that is one too many; it stands in the stack only."""
        self.id = call_id
        self.parent = parent
        self.span = span
        self.start = 0
        self.duration = -1
        self.failed = False
        """Ended with an exception that is not known yet."""
        self.arguments: list[Wire] | None = None
        self.rebound: list[int] | None = None
        """The ids of the arguments that may be given another value."""
        self.kept: list[Wire] | None = None
        """Locals as they were at the end; an empty list where there is nothing to tell."""
        self.yielded = 0


class CallLog:
    """Collects the records of one request."""

    def __init__(self, span_id: int, max_calls: int, max_bytes: int, full: Callable[[], None]) -> None:
        self.span_id = span_id
        self.span_ids = {span_id}
        """The request's span and those that run inside it."""
        self.closed = False
        self.suspended: set[int] = set()
        """Frames of generators and coroutines that are not running now."""
        self.dropped = 0
        self.origin = perf_counter_ns()
        """What times are counted from: the start of the request's span."""
        self.values = Values()
        self._full = full
        self._max_calls = max_calls
        self._room = max_bytes
        self._ids = itertools.count()
        self._open: dict[int, OpenCall] = {}
        """Calls that have not ended, by their ids."""
        self._rows: list[list[object]] = []
        """Calls that have ended and are not encoded yet."""
        self._encoded: list[bytes] = []
        self._functions: dict[Function, int] = {}
        self._spans: dict[str, int] = {}

    def begin(self, function: Function, frame_id: int, parent: OpenCall | None, span: str) -> OpenCall:
        """Open a call, or one of those that are only counted."""
        call_id = next(self._ids)
        if call_id >= self._max_calls or self._room <= self.values.size:
            if not self.dropped:
                self._full()
            self.dropped += 1
            return OpenCall(function, frame_id, None, -1, None, span)
        parent_id = parent.id if parent is not None and parent.log is self else None
        call = OpenCall(function, frame_id, self, call_id, parent_id, span)
        self._open[call_id] = call
        return call

    def end(self, call: OpenCall, outcome: int = _OPEN, value: "Wire | ExceptionPayload" = None) -> None:
        """Close a call, of which everything is known now."""
        if self._open.pop(call.id, None) is not call:
            return
        function = call.function
        number = self._functions.get(function)
        if number is None:
            number = self._functions[function] = len(self._functions)
        span = self._spans.get(call.span)
        if span is None:
            span = self._spans[call.span] = len(self._spans)
        row: list[object] = [
            call.id, number, call.parent, span, call.start, call.duration, call.arguments or [],
            call.kept or [], outcome, value,
        ]  # fmt: skip
        if function.yields:
            row.append(call.yielded)
        self._rows.append(row)
        self._room -= _ROW_BYTES
        if len(self._rows) >= _ROWS:
            self._encode()

    def payload(self) -> str:
        """Return the calls as JSON; from now on nothing is taken."""
        self.closed = True
        for call in list(self._open.values()):
            self._end_late(call)
        self._encode()
        functions = [[*function.head, function.arguments, function.kept] for function in self._functions]
        text = b'{"functions":%b,"spans":%b,"shapes":%b,"values":[%b],"calls":[%b]}' % (
            dump(functions),
            dump(list(self._spans)),
            dump(list(self.values.shapes)),
            b",".join(self.values.encoded),
            b",".join(self._encoded),
        )
        self._encoded.clear()
        self.values = Values()
        return text.decode()

    def _encode(self) -> None:
        if self._rows:
            try:
                encoded = orjson.dumps(self._rows)
            except orjson.JSONEncodeError:
                encoded = dump(self._rows)
            self._room -= len(encoded) - _ROW_BYTES * len(self._rows)
            self._encoded.append(encoded[1:-1])
            self._rows.clear()

    def _end_late(self, call: OpenCall) -> None:
        """Close a call that still runs, or a generator that nobody asked for more."""
        if call.duration < 0:
            call.duration = perf_counter_ns() - self.origin - call.start
        if call.failed:
            self.end(call, RAISED, _UNKNOWN)
        else:
            self.end(call)
