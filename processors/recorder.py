"""The recorder: from spans as they start and end to one line a trace.

What enters are the spans of a TracerProvider (the recorder is one of its span processors)
and, beside them, what the hooks know more: attributes of ours, put by span. The SDK
freezes a span's attributes when it ends and drops the oldest when there are many, so ours
are kept here until the trace is written.

A trace is written when none of its spans is running and nobody holds it; then it is
forgotten. What starts later makes a second line with the same trace id: readers merge.
Bounds: a trace that is open for too long is written as far as it is, and so is the oldest
when too many are open or all together hold too much; a trace that grows too large takes no
further spans, and says so in ``otel2test.faults``. Refused: traces that are nothing but
database queries, such as runserver's check of the migrations.

The user's own exporters get the same spans with the same attributes, see
:mod:`otel2test.processors.delivering`.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.trace import get_current_span

from otel2test import attributes
from otel2test.processors import environment, kinds, otlp
from otel2test.processors.cleansing import Cleansing, redact_attribute
from otel2test.processors.files import TraceFile, service_name
from otel2test.processors.guard import fault, guard, on_fault
from otel2test.processors.redaction import redactor
from otel2test.processors.traces import DJANGO_SCOPE, Deliver, OpenTrace, Part, Parted, Payload, owns_records

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanContext, Tracer

    from otel2test.processors.settings import RecorderSettings

__all__ = ["DJANGO_SCOPE", "Recorder", "activate", "active", "owns_records"]

_VALUES_SHARE: Final = 0.75
"""Of the largest trace, for rows and parameters."""
_SPAN_BYTES: Final = 1024
"""What a span or a payload still to be made counts for; measuring would cost more than it saves."""
_MOST_FAULTS: Final = 100
"""Kinds of faults that are told in one trace."""

_active: Recorder | None = None


def active() -> Recorder | None:
    """Return the recorder of this process, None if recording is off."""
    return _active


def activate(recorder: Recorder | None) -> None:
    """Make ``recorder`` the one that :func:`active` returns."""
    global _active  # noqa: PLW0603 - one a process, as are the hooks that ask for it
    _active = recorder


class _Here(threading.local):
    """Where this thread counts faults, as long as it works for a trace that isn't the current span's."""

    faults: Counter[str] | None = None


class Recorder(SpanProcessor):
    """Collects the traces of this process and writes them."""

    settings: RecorderSettings
    hands_on: bool = False
    """Whether there may be exporters of the user's that ask for spans by :meth:`defer`."""

    def __init__(
        self, settings: RecorderSettings, file: TraceFile, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.settings = settings
        self._file = file
        self._clock = clock
        self._start_listeners: list[Callable[[Span], None]] = []
        self._end_listeners: list[Callable[[ReadableSpan], None]] = []
        self._providers: list[TracerProvider] = []
        self._stopped = False
        self._here = _Here()
        self._services: dict[object, str] = {}
        """What resources call the service, and how files are named for it."""
        self._delivered: weakref.WeakKeyDictionary[ReadableSpan, ReadableSpan] = weakref.WeakKeyDictionary()
        """Spans whose end is still being told, though their trace is written: as they were written."""
        self._forget()
        if hasattr(os, "register_at_fork"):  # not on Windows
            os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.shutdown)

    def attach(self, provider: TracerProvider) -> None:
        """Record the spans of ``provider``, from now on; again does nothing."""
        if not any(known is provider for known in self._providers):
            self._providers.append(provider)
            on_fault(self._count_fault)
            provider.add_span_processor(self)

    @property
    def providers(self) -> Sequence[TracerProvider]:
        """The providers that are attached."""
        return self._providers

    @property
    def provider(self) -> TracerProvider:
        """The provider that was attached first."""
        return self._providers[0]

    def tracer(self, scope: str) -> Tracer:
        """Return a tracer of the provider whose spans are recorded."""
        return self.provider.get_tracer(scope)

    def on_span_start(self, listener: Callable[[Span], None]) -> None:
        """Call ``listener`` with each span that starts; it may put attributes and hold the trace."""
        self._start_listeners.append(listener)

    def on_span_end(self, listener: Callable[[ReadableSpan], None]) -> None:
        """Call ``listener`` with each span that ends, before its trace can be written."""
        self._end_listeners.append(listener)

    def put(self, span: SpanContext, name: str, payload: object | Callable[[], object]) -> None:
        """Add an ``otel2test.*`` attribute to a span of an open trace.

        ``payload`` is ready for JSON; a callable is evaluated when the trace is written, and
        adds nothing if it raises or returns None, and several attributes if it returns a
        :class:`~otel2test.processors.traces.Parted`. Strings are stored as they are, everything
        else as JSON text. What comes after the trace was written is lost.
        """
        with guard(f"recorder: {name}"):
            self.put_all(span, {name: payload if callable(payload) else _text(payload)})

    def put_all(self, span: SpanContext, payloads: Mapping[str, Payload]) -> None:
        """Add several ``otel2test.*`` attributes, texts or what makes them, as :meth:`put` does."""
        with guard("recorder: attributes"), self._lock:
            trace, span_id = self._open.get(span.trace_id), span.span_id
            if trace is None or span_id in trace.left_out:
                return
            trace.extras.setdefault(span_id, {}).update(payloads)
            for ready in payloads.values():
                self._grow(trace, len(ready) if isinstance(ready, str) else _SPAN_BYTES)

    def grow(self, span: SpanContext, size: int) -> bool:
        """Count ``size`` bytes of values that are kept for a span; False if its trace has no room for them.

        Values leave some of the room to spans, so that what happens next isn't lost with them.
        """
        with self._lock:
            trace = self._open.get(span.trace_id)
            if trace is None or span.span_id in trace.left_out:
                return False
            if trace.size + size > self.settings.max_trace_bytes * _VALUES_SHARE:
                trace.cut = True
                return False
            self._grow(trace, size)
            return True

    def after_writing(self, span: SpanContext, then: Callable[[], None]) -> None:
        """Call ``then`` when ``span``, of an open trace, and what was put on it were written or given up."""
        with self._lock:
            trace = self._open.get(span.trace_id)
            if trace is not None:
                trace.afterwards[span.span_id] = then

    def hold(self, span: SpanContext) -> Callable[[], None]:
        """Keep the trace open beyond its spans; returns the release, of which only the first call counts."""
        with self._lock:
            trace = self._open.get(span.trace_id)
            if trace is not None:
                trace.holds += 1
        held = [trace] if trace is not None else []

        def release() -> None:
            with guard("recorder: release"):
                with self._lock:
                    if not held:
                        return
                    trace = held.pop()
                    trace.holds -= 1
                    part = self._take_if_complete(span.trace_id, trace)
                self._write(part)

        return release

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
        """Part of the SDK's interface: ``span`` began."""
        with guard("recorder: span start"):
            context = span.get_span_context()
            with self._lock:
                if self._stopped:
                    return
                overdue = self._take_overdue(context.trace_id)
                trace = self._open.get(context.trace_id)
                if trace is None:
                    trace = self._open[context.trace_id] = OpenTrace(self._clock(), moment=redactor.now)
                if trace.size > self.settings.max_trace_bytes:
                    trace.left_out.add(context.span_id)
                trace.running.add(context.span_id)
                if owns_records(span):
                    trace.owners.add(context.span_id)
                self._grow(trace, _SPAN_BYTES)
            self._write(*overdue)
            with self._counting(trace.faults):  # the span isn't the current one yet
                for listener in self._start_listeners:
                    with guard("recorder: span start"):
                        listener(span)

    def on_end(self, span: ReadableSpan) -> None:
        """Part of the SDK's interface: ``span`` ended."""
        with guard("recorder: span end"):
            context = span.get_span_context()
            if context is not None:
                with self._counting(self._faults_of(context.trace_id)):  # nor is it any more
                    self._ended(span, context)

    def _ended(self, span: ReadableSpan, context: SpanContext) -> None:
        for listener in self._end_listeners:
            with guard("recorder: span end"):
                listener(span)
        with guard("recorder: span end"):
            with self._lock:
                trace = self._open.get(context.trace_id)
                if trace is None or context.span_id not in trace.running:
                    return  # began before the recorder came, or outlived its trace
                trace.running.remove(context.span_id)
                trace.owners.discard(context.span_id)
                if context.span_id not in trace.left_out:
                    trace.ended.append(span)
                part = self._take_if_complete(context.trace_id, trace)
            written = self._write(part)
            if id(span) in written:
                self._delivered[span] = written[id(span)]

    def add(self, span: ReadableSpan) -> bool:
        """Take a span that is over and that no processor has seen; False where its trace isn't open.

        Making one through the SDK would be much of what recording a statement costs.
        """
        context = span.get_span_context()
        with self._lock:
            trace = self._open.get(context.trace_id) if context is not None else None
            if trace is None or context is None or self._stopped:
                return False
            if trace.size > self.settings.max_trace_bytes:
                trace.left_out.add(context.span_id)
            else:
                trace.ended.append(span)
            self._grow(trace, _SPAN_BYTES)
            return True

    def has_owner(self, trace_id: int) -> bool:
        """Return whether a request or an operation is running in an open trace."""
        with self._lock:
            trace = self._open.get(trace_id)
            return trace is not None and bool(trace.owners)

    def defer(self, span: ReadableSpan, deliver: Deliver) -> bool:
        """Call ``deliver`` with ``span`` and all that is put on it, once its trace is written.

        False where that can't be awaited: the trace isn't recorded, or is full.
        """
        written = self._delivered.get(span)
        if written is not None:
            deliver(written)
            return True
        context = span.get_span_context()
        with self._lock:
            trace = self._open.get(context.trace_id) if context is not None else None
            if trace is None or context is None or context.span_id in trace.left_out:
                return False
            trace.waiting.append((span, deliver))
            return True

    def shutdown(self) -> None:
        """Write what is open, as far as it is."""
        with guard("recorder: shutdown"):
            with self._lock:
                parts = [self._remove(trace_id).whole() for trace_id in list(self._open)]
            self._write(*parts)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's interface
        """Nothing waits: traces are written as they end."""
        return True

    def _forget(self) -> None:
        # After a fork the open traces are the parent's, and its lock may be held for ever.
        self._open: dict[int, OpenTrace] = {}
        self._size = 0
        # Reentrant: a garbage collection inside may close a response or end a generator's span.
        self._lock = threading.RLock()
        self._file.forget()

    def _grow(self, trace: OpenTrace, size: int) -> None:
        trace.size += size
        self._size += size

    def _remove(self, trace_id: int) -> OpenTrace:
        trace = self._open.pop(trace_id)
        self._size -= trace.size
        return trace

    def _take_if_complete(self, trace_id: int, trace: OpenTrace) -> Part | None:
        if trace.running or trace.holds or self._open.get(trace_id) is not trace:
            return None
        return self._remove(trace_id).whole()

    def _take_overdue(self, coming: int) -> list[Part]:
        """Make room for a span of the trace ``coming``.

        The open traces stand in the order of their age, so the first is looked at, until one may stay.
        """
        parts: list[Part] = []
        now = self._clock()
        for trace_id, trace in list(self._open.items()) if self._is_crowded(coming, now) else ():
            if not self._is_crowded(coming, now):
                break
            self._remove(trace_id)
            if trace.running and (self._is_late(trace, now) or trace_id == coming):
                parts.append(trace.take())
                trace.since = now
                self._open[trace_id] = trace
            else:
                parts.append(trace.whole())
        return parts

    def _is_crowded(self, coming: int, now: float) -> bool:
        if not self._open:
            return False
        return (
            self._is_late(next(iter(self._open.values())), now)
            or (coming not in self._open and len(self._open) >= self.settings.max_open_traces)
            or self._size > self.settings.max_open_bytes
        )

    def _is_late(self, trace: OpenTrace, now: float) -> bool:
        return now - trace.since > self.settings.trace_timeout

    def _write(self, *parts: Part | None) -> Mapping[int, ReadableSpan]:
        """Write parts of traces and hand them on; the spans as they were written, by the ``id()`` of each."""
        written: dict[int, ReadableSpan] = {}
        for part in parts:
            if part is None:
                continue
            try:
                with guard("recorder: writing"):
                    if part.spans and not self._stopped and not part.is_noise():
                        environment.learn()
                        spans = list(self._with_extras(part))
                        if part.waiting or self.hands_on:
                            cleansing = Cleansing(part.moment)
                            written |= {
                                id(span): cleansing.span(otlp.with_extras(span, extras))
                                for span, extras in spans
                            }
                        self._append(spans, part.moment)
            finally:
                for span, deliver in part.waiting:
                    with guard("recorder: delivering"):
                        deliver(written.get(id(span), span))
                for then in part.afterwards:
                    with guard("recorder: forgetting"):
                        then()
        with guard("recorder: forgetting"), self._lock:
            oldest = next(iter(self._open.values()), None)
            redactor.forget(oldest.moment if oldest is not None else redactor.now)
            if oldest is None:
                kinds.forget_passing()
        return written

    def _append(self, spans: list[tuple[ReadableSpan, dict[str, str]]], since: int) -> None:
        if self.settings.files:
            line = redactor.sweep(otlp.encode_spans(spans), since)
            declared = spans[0][0].resource.attributes.get("service.name")
            service = self._services.get(declared)
            if service is None:
                service = self._services[declared] = service_name(redact_attribute("service.name", declared))
            if not self._file.write(line, service):
                self.stop()

    def _count_fault(self, key: str) -> None:
        """Count a fault in the trace that is being written, or else in that of the current span."""
        counter = self._here.faults
        if counter is None:
            counter = self._faults_of(get_current_span().get_span_context().trace_id)
        if counter is not None and (key in counter or len(counter) < _MOST_FAULTS):
            counter[key] += 1

    def _faults_of(self, trace_id: int) -> Counter[str] | None:
        with self._lock:
            trace = self._open.get(trace_id)
            return None if trace is None else trace.faults

    @contextmanager
    def _counting(self, faults: Counter[str] | None) -> Iterator[None]:
        before, self._here.faults = self._here.faults, faults
        try:
            yield
        finally:
            self._here.faults = before

    def is_able(self) -> bool:
        """Return whether what is recorded can be written; where not, say so and stop."""
        if not self._stopped and self.settings.files and not self._file.is_writable():
            self.stop()
        return not self._stopped

    def stop(self) -> None:
        """Record nothing more in this process."""
        with self._lock:
            self._stopped = True
            parts = [self._remove(trace_id).whole() for trace_id in list(self._open)]
        self._write(*parts)  # to the user's exporters, as it is

    def _with_extras(self, part: Part) -> Iterable[tuple[ReadableSpan, dict[str, str]]]:
        owners: list[tuple[ReadableSpan, dict[str, str]]] = []
        unmade: list[str] = []
        with self._counting(part.faults):
            for span in part.spans:
                extras = self._texts(part.payloads(span), unmade)
                if owns_records(span):
                    owners.append((span, extras))
                else:
                    yield span, extras
        # These come last, when it is known what went wrong.
        faults = part.problems(self.settings.max_trace_bytes) + unmade
        for span, extras in owners:
            extras[attributes.FORMAT] = attributes.FORMAT_VERSION
            if faults:
                extras[attributes.FAULTS] = _text(faults)
            yield span, extras

    def _texts(self, payloads: Mapping[str, Payload], unmade: list[str]) -> dict[str, str]:
        texts: dict[str, str] = {}
        for name, payload in payloads.items():
            try:
                made = payload() if callable(payload) else payload
                if isinstance(made, Parted):
                    texts.update(self._texts(made.parts, unmade))
                    made = made.payload
                if made is not None:
                    texts[name] = _text(made)
            except Exception as error:  # noqa: BLE001 - as guard() does, and named in the recording
                with self._counting(Counter()):
                    fault(f"recorder: {name}", error)
                unmade.append(f"{name} could not be recorded: {type(error).__name__}")
        return texts


def _text(payload: object) -> str:
    return payload if isinstance(payload, str) else otlp.dump(payload).decode()
