"""What a request or an operation did beside answering, written down in order and put on its span.

Both are called a request here. Whoever sees a side effect asks :func:`now` before it
happens: outside of a request that is None, and nothing is to be recorded; else it is the
:class:`Moment`, which takes the payload when it is known. Payloads are turned into JSON at
once, so that nothing of the program's is kept. A list takes ``max_effects`` of a kind and
what the trace has room for; what is beyond is counted.

A request is found by the current span, so by whatever carries OpenTelemetry's context: tasks
and threads. Where that span has ended already, it is found by the trace.
"""

import os
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter_ns, time_ns
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan, Span
from opentelemetry.trace import SpanContext, format_span_id, get_current_span

from otel2test.processors import otlp
from otel2test.processors.guard import fault, guard, guarded
from otel2test.processors.recorder import Recorder, owns_records
from otel2test.processors.traces import Parted

_MAX_LEDGERS: Final = 1000
_ALL: Final = "otel2test.effects"
"""Names, to the recorder, what makes the attributes of all kinds."""


class Ledger:
    """The side effects of one request."""

    def __init__(self, span: SpanContext, origin: int, recorder: Recorder, kinds: Sequence[str]) -> None:
        self.span = span
        self.span_ids = {span.span_id}
        """The request's span and those that run inside it."""
        self.origin = origin
        """What times are counted from: the start of the request's span by ``perf_counter_ns``."""
        self.closed = False
        self._recorder = recorder
        self.renew_lock()
        self._records: dict[str, list[tuple[int, bytes | Mapping[str, Any]]]] = {kind: [] for kind in kinds}
        self._dropped: Counter[str] = Counter()

    def renew_lock(self) -> None:
        """Have a free lock: in a child after a fork, it may be held by a thread of the parent for ever."""
        self._lock = threading.RLock()

    def takes(self, kind: str) -> bool:
        """Return whether side effects of this kind are recorded, and can still be."""
        return kind in self._records and not self.closed

    def add(self, kind: str, start: int, payload: Mapping[str, Any], *, changes: bool = False) -> None:
        """Take one side effect; where it ``changes``, as it is when the trace is written."""
        encoded = otlp.dump(payload)
        with self._lock:
            records = self._records[kind]
            if len(records) < self._recorder.settings.max_effects and self._recorder.grow(
                self.span, len(encoded)
            ):
                records.append((start, payload if changes else encoded))
            else:
                self._dropped[kind] += 1

    def found(self) -> list[str]:
        """Return the kinds of which there is something to tell."""
        with self._lock:
            return [kind for kind, records in self._records.items() if records or kind in self._dropped]

    def payload(self, kind: str) -> str:
        """Return the side effects of a kind as JSON, in the order in which they began."""
        with self._lock:
            records = sorted(self._records[kind], key=lambda record: record[0])
            dropped = self._dropped[kind]
        texts = [record if isinstance(record, bytes) else otlp.dump(record) for _, record in records]
        if dropped:
            texts.append(b'{"dropped":%d}' % dropped)
        return (b"[" + b",".join(texts) + b"]").decode()


@dataclass(frozen=True, slots=True)
class Moment:
    """When and in which request something happens."""

    ledger: Ledger
    kind: str
    span: str
    start: int

    def note(self, payload: Mapping[str, Any], *, changes: bool = False) -> None:
        """Write down what happened; ``span`` and ``start`` are added. See :meth:`Ledger.add`."""
        with guard(f"effects: {self.kind}"):
            if changes and isinstance(payload, dict):
                payload.update(span=self.span, start=self.start)
            else:
                payload = {"span": self.span, "start": self.start, **payload}
            self.ledger.add(self.kind, self.start, payload, changes=changes)


class _Ledgers:
    """The ledgers of the requests that are open."""

    def __init__(self, recorder: Recorder, kinds: Sequence[str]) -> None:
        self._recorder = recorder
        self._kinds = tuple(kinds)
        self.by_span: dict[int, Ledger] = {}
        """By the id of every running span of a request, and of the request's until it is written."""
        self.by_trace: dict[int, Ledger] = {}

    def span_starts(self, span: Span) -> None:
        if owns_records(span):
            self.open(span)
        elif span.parent is not None and (found := self.by_span.get(span.parent.span_id)) is not None:
            span_id = span.get_span_context().span_id
            found.span_ids.add(span_id)
            self.by_span[span_id] = found

    def open(self, span: Span) -> None:
        """Begin to record what happens under ``span``."""
        context = span.get_span_context()
        ledger = Ledger(context, _origin(span), self._recorder, self._kinds)
        if len(self.by_trace) >= _MAX_LEDGERS:
            self._close(next(iter(self.by_trace.values())))
        self.by_span[context.span_id] = ledger
        self.by_trace[context.trace_id] = ledger
        self._recorder.put_all(context, {_ALL: partial(self._written, ledger)})

    def span_ends(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        found = self.by_span.get(context.span_id) if context is not None else None
        if context is not None and found is not None and found.span.span_id != context.span_id:
            found.span_ids.discard(context.span_id)
            self.by_span.pop(context.span_id, None)

    def forget(self) -> None:
        """After a fork: the requests are the parent's, but what the child was doing may still be noted."""
        for ledger in self.by_trace.values():
            ledger.renew_lock()
        self.by_span.clear()
        self.by_trace.clear()

    def _written(self, ledger: Ledger) -> Parted:
        self._close(ledger)
        return Parted(None, {kind: partial(ledger.payload, kind) for kind in ledger.found()})

    def _close(self, ledger: Ledger) -> None:
        ledger.closed = True
        for span_id in ledger.span_ids:
            self.by_span.pop(span_id, None)
        if self.by_trace.get(ledger.span.trace_id) is ledger:
            del self.by_trace[ledger.span.trace_id]


def _origin(span: Span) -> int:
    begun = span.start_time
    return perf_counter_ns() - (time_ns() - begun if begun is not None else 0)


_installed: Final[list[_Ledgers]] = []
"""The last one records."""


def install(recorder: Recorder, kinds: Sequence[str]) -> None:
    """Open a ledger for each request of ``recorder``; ``kinds`` are names of attributes."""
    ledgers = _Ledgers(recorder, kinds)
    recorder.on_span_start(ledgers.span_starts)
    recorder.on_span_end(ledgers.span_ends)
    if hasattr(os, "register_at_fork"):  # not on Windows
        os.register_at_fork(after_in_child=ledgers.forget)
    _installed.append(ledgers)


def is_recording() -> bool:
    """Return whether a request is being recorded in this process; cheaper than :func:`now`."""
    try:
        return bool(_installed) and bool(_installed[-1].by_span)
    except Exception as error:  # noqa: BLE001 - as guarded() does, without the cost of one more call
        fault("effects: recording", error)
        return False


@guarded("effects: moment", None)
def now(kind: str) -> Moment | None:
    """Return this moment of the request that is being answered; None where ``kind`` isn't recorded now."""
    if not _installed or not (ledgers := _installed[-1]).by_span:
        return None
    span = get_current_span().get_span_context()
    ledger = ledgers.by_span.get(span.span_id) or ledgers.by_trace.get(span.trace_id)
    if ledger is None or not ledger.takes(kind):
        return None
    return Moment(ledger, kind, format_span_id(span.span_id), perf_counter_ns() - ledger.origin)
