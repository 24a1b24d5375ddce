"""The calls of one request: each is encoded as it ends, so that no values are kept alive.

Bytes are nothing to the garbage collector; as many records kept as Python objects would
make it more than half of the cost.
"""

import itertools
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final

import orjson

from otel2test.attributes import ExceptionPayload
from otel2test.processors.calls.functions import Function
from otel2test.values import Wire

_UNKNOWN: Final[ExceptionPayload] = {"type": "BaseException", "message": "", "where": ""}
"""Python 3.11 tells that a call ended with an exception, but not always with which."""


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
        self.arguments: dict[str, Wire] = {}
        self.rebound: dict[str, int] | None = None
        """The ids of the arguments that may be given another value."""
        self.kept: dict[str, Wire] | None = None
        """Locals as they were at the end."""
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
        self._full = full
        self._max_calls = max_calls
        self._room = max_bytes
        self._ids = itertools.count()
        self._records: dict[int, OpenCall | bytes] = {}
        """By the call's id: the call until it ends, then its record."""

    def begin(self, function: Function, frame_id: int, parent: OpenCall | None, span: str) -> OpenCall:
        """Open a call, or one of those that are only counted."""
        call_id = next(self._ids)
        if call_id >= self._max_calls or self._room <= 0:
            if not self.dropped:
                self._full()
            self.dropped += 1
            return OpenCall(function, frame_id, None, -1, None, span)
        parent_id = parent.id if parent is not None and parent.log is self else None
        call = OpenCall(function, frame_id, self, call_id, parent_id, span)
        self._records[call_id] = call
        return call

    def end(self, call: OpenCall, outcome: str = "", value: "Wire | ExceptionPayload" = None) -> None:
        """Close a call, of which everything is known now; ``outcome`` is "returned", "raised" or nothing."""
        if self._records.get(call.id) is not call:
            return
        function = call.function
        record: dict[str, object] = {
            "id": call.id,
            "parent": call.parent,
            "span": call.span,
            "start": call.start,
            "duration": call.duration,
            "arguments": call.arguments,
        }
        if call.kept:
            record["locals"] = call.kept
        if outcome:
            record[outcome] = value
        if function.yields:
            record["yielded"] = call.yielded
        # The function's own keys are ready: they come first, and take the place of the opening brace.
        encoded = function.head + orjson.dumps(record)[1:]
        self._records[call.id] = encoded
        self._room -= len(encoded)

    def payload(self) -> str:
        """Return the records as JSON, in the order of entry; from now on nothing is taken."""
        self.closed = True
        for call in list(self._records.values()):
            if isinstance(call, OpenCall):
                self._end_late(call)
        records = [record for key in sorted(self._records) if isinstance(record := self._records[key], bytes)]
        self._records.clear()
        return (b"[%b]" % b",".join(records)).decode()

    def _end_late(self, call: OpenCall) -> None:
        """Close a call that still runs, or a generator that nobody asked for more."""
        if call.duration < 0:
            call.duration = perf_counter_ns() - self.origin - call.start
        if call.failed:
            self.end(call, "raised", _UNKNOWN)
        else:
            self.end(call)
