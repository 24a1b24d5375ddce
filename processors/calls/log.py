"""The calls of one request, on their way to :class:`~otel2test.attributes.CallsPayload`.

A call is a row of plain values from the moment it ends, so that no values are kept alive.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, TypeVar

from otel2test.attributes import ExceptionPayload
from otel2test.processors.calls import frames, rows, values
from otel2test.processors.calls.functions import Function
from otel2test.processors.otlp import dump
from otel2test.values import Wire

T = TypeVar("T")

_UNKNOWN: Final[ExceptionPayload] = {"type": "BaseException", "message": "", "where": ""}
"""Python 3.11 tells that a call ended with an exception, but not always with which."""
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

    function: Function
    frame_id: int
    log: "CallLog | None"
    """None for a call that is one too many; it stands in the stack only."""
    id: int
    parent: int
    """The id of the call that made it, -1 for none."""
    span: str
    start: int
    duration: int
    """-1 as long as it runs."""
    failed: bool
    """Ended with an exception that is not known yet."""
    arguments: list[Wire] | None
    """Their forms, None as long as they aren't known; by C these are one piece of JSON."""
    rebound: list[int] | None
    """The ids of the arguments that may be given another value."""
    kept: list[Wire] | None
    """Locals as they were at the end; an empty list where there is nothing to tell."""
    yielded: int


def _opened(
    function: Function, frame_id: int, log: "CallLog | None", call_id: int, parent: int, span: str
) -> OpenCall:
    # No __init__: calling one would be much of what a call costs.
    call = OpenCall.__new__(OpenCall)
    call.function = function
    call.frame_id = frame_id
    call.log = log
    call.id = call_id
    call.parent = parent
    call.span = span
    call.start = 0
    call.duration = -1
    call.failed = False
    call.arguments = call.rebound = call.kept = None
    call.yielded = 0
    return call


def _number(numbers: dict[T, int], key: T) -> int:
    """Return the number of a function or span, the next one for a new one."""
    number = numbers.get(key)
    if number is None:
        number = numbers[key] = len(numbers)
    return number


def _nobody() -> None:
    """Nobody has to be told of calls that are dropped."""


def _described(function: Function) -> list[object]:
    return [*function.head, function.arguments, function.kept, *([True] if function.yields else [])]


class CallLog:
    """Collects the records of one request."""

    def __init__(
        self,
        span_id: int,
        max_calls: int,
        max_bytes: int,
        full: Callable[[], None],
        interpreter: frames.Interpreter,
    ) -> None:
        self.span_id = span_id
        self.span_ids = {span_id}
        """The request's span and those that run inside it."""
        self.closed = False
        self.suspended: set[int] = set()
        """Frames of generators and coroutines that are not running now."""
        self.dropped = 0
        self._interpreter = interpreter
        self.origin = interpreter.now()
        """What times are counted from: the start of the request's span."""
        self.values = values.Values()
        self._full = full
        self._max_calls = max_calls
        self._room = max_bytes
        self._open: set[OpenCall] = set()
        """Calls that have not ended."""
        self._rows = rows.Rows()
        """Calls that have ended."""
        self._functions: dict[Function, int] = {}
        self._spans: dict[str, int] = {}
        self._latest_span = ("", -1)

    def begin(self, function: Function, frame_id: int, parent: OpenCall | None, span: str) -> OpenCall:
        """Open a call, or one of those that are only counted."""
        call_id = self._rows.number()
        if call_id >= self._max_calls or self._room <= self.values.size + self._rows.size:
            self.drop()
            return _opened(function, frame_id, None, -1, -1, span)
        parent_id = parent.id if parent is not None and parent.log is self else -1
        call = _opened(function, frame_id, self, call_id, parent_id, span)
        self._open.add(call)
        return call

    def drop(self) -> None:
        """Count a call of which nothing is told."""
        if not self.dropped:
            self._full()
        self.dropped += 1

    def end(self, call: OpenCall, outcome: int = _OPEN, value: "Wire | ExceptionPayload" = None) -> None:
        """Close a call, of which everything is known now."""
        if call not in self._open:
            return
        self._open.discard(call)
        function = call.function
        number = _number(self._functions, function)
        latest = self._latest_span
        if call.span is not latest[0]:
            latest = self._latest_span = call.span, _number(self._spans, call.span)
        span = latest[1]
        result: Any
        if outcome == RETURNED:
            result = value
        elif outcome == RAISED:
            result = self.values.raised(value)
        else:
            result = self.values.unset
        yielded = call.yielded if function.yields else -1
        arguments, kept = call.arguments, call.kept
        if arguments is None:
            arguments = self.values.unset_all(len(function.arguments))
        if kept is None:
            kept = self.values.unset_all(len(function.kept))
        self._rows.add(
            (call.id, number, call.parent, span, call.start, call.duration), arguments, kept, result, yielded
        )

    def payload(self) -> str:
        """Return the calls as JSON; from now on nothing is taken."""
        self.closed = True
        for call in sorted(self._open, key=attrgetter("id")):
            self._end_late(call)
        functions = [_described(function) for function in self._functions]
        text = b'{"functions":%b,"spans":%b,"shapes":%b,"values":[%b],"rows":[%b]}' % (
            dump(functions),
            dump(list(self._spans)),
            dump(list(self.values.shapes)),
            b",".join(self.values.encoded),
            self._rows.take(),
        )
        self.values = values.Values()
        self._full = _nobody  # it refers to this log: all goes at once, and waits for no garbage collection
        return text.decode()

    def _end_late(self, call: OpenCall) -> None:
        """Close a call that still runs, or a generator that nobody asked for more."""
        if call.duration < 0:
            call.duration = self._interpreter.now() - self.origin - call.start
        if call.failed:
            self.end(call, RAISED, _UNKNOWN)
        else:
            self.end(call)
