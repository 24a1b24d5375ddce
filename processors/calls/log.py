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
        "argument_ids", "duration", "failed", "frame_id", "function", "id", "log", "parent", "span",
        "start", "values", "yielded",
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
        self.argument_ids: dict[str, int] | None = None
        self.values: dict[str, Wire | ExceptionPayload | dict[str, Wire]]
        """What the record says beside who and when: arguments, locals, outcome."""
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
        self._full = full
        self._max_calls = max_calls
        self._room = max_bytes
        self.origin = perf_counter_ns()
        """What times are counted from: the start of the request's span."""
        self._ids = itertools.count()
        self._open: dict[int, OpenCall] = {}
        self._records: dict[int, bytes] = {}

    def begin(self, function: Function, frame_id: int, parent: OpenCall | None, span: str) -> OpenCall:
        """Open a call, or one of those that are only counted."""
        call_id = next(self._ids)
        if call_id >= self._max_calls or self._room <= 0:
            if not self.dropped:
                self._full()
            self.dropped += 1
            return OpenCall(function, frame_id, None, -1, None, span)
        parent_id = parent.id if parent is not None and parent.log is self else None
        call = self._open[call_id] = OpenCall(function, frame_id, self, call_id, parent_id, span)
        return call

    def end(self, call: OpenCall) -> None:
        """Close a call, of which everything is known now."""
        if self._open.pop(call.id, None) is not None:
            record = self._records[call.id] = _encode(call)
            self._room -= len(record)

    def payload(self) -> str:
        """Return the records as JSON, in the order of entry; from now on nothing is taken."""
        self.closed = True
        for call in list(self._open.values()):
            if call.duration < 0:
                # Still running, or a generator that nobody asked for more.
                call.duration = perf_counter_ns() - self.origin - call.start
            if call.failed:
                call.values["raised"] = _UNKNOWN
            self.end(call)
        records = [self._records[call_id] for call_id in sorted(self._records)]
        self._records.clear()
        return (b"[" + b",".join(records) + b"]").decode()


def _encode(call: OpenCall) -> bytes:
    if call.function.yields:
        call.values["yielded"] = call.yielded
    return b'{"id":%d,"parent":%b,"span":"%b",%b,"start":%d,"duration":%d,%b' % (
        call.id,
        b"null" if call.parent is None else b"%d" % call.parent,
        call.span.encode(),
        call.function.head,
        call.start,
        call.duration,
        orjson.dumps(call.values)[1:],
    )
