"""The recorder: from spans as they start and end to one line a trace.

What enters are the spans of a TracerProvider (the recorder is one of its span processors)
and, beside them, what the hooks know more: attributes of ours, put by span. The SDK
freezes a span's attributes when it ends and drops the oldest when there are many, so ours
are kept here until the trace is written.

A trace is written when none of its spans is running and nobody holds it; then it is
forgotten. What starts later makes a second line with the same trace id: readers merge.
Bounds: a trace that is open for too long is written as far as it is, and so is the oldest
when too many are open; a trace that grows too large takes no further spans, and says so
in ``otel2test.faults``. Refused: traces that are nothing but database queries, such as
runserver's check of the migrations.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider

from otel2test import attributes
from otel2test.processors import otlp
from otel2test.processors.files import TraceFile, service_name
from otel2test.processors.guard import fault, guard

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanContext, Tracer

    from otel2test.processors.settings import RecorderSettings

Payload: TypeAlias = "str | Callable[[], object]"
"""The text of an attribute, or what makes it when the trace is written."""

DJANGO_SCOPE: Final = "opentelemetry.instrumentation.django"
_DATABASE: Final = ("db.system", "db.system.name")
_SPAN_BYTES: Final = 1024
"""What a span or a payload still to be made counts for; measuring would cost more than it saves."""

_active: Recorder | None = None


def active() -> Recorder | None:
    """Return the recorder of this process, None if recording is off."""
    return _active


def activate(recorder: Recorder | None) -> None:
    """Make ``recorder`` the one that :func:`active` returns."""
    global _active  # noqa: PLW0603 - one a process, as are the hooks that ask for it
    _active = recorder


@dataclass(eq=False, slots=True)
class _OpenTrace:
    since: float
    running: set[int] = field(default_factory=set)
    left_out: set[int] = field(default_factory=set)
    """Spans, running or ended, that came after the trace was full."""
    ended: list[ReadableSpan] = field(default_factory=list)
    extras: dict[int, dict[str, Payload]] = field(default_factory=dict)
    holds: int = 0
    size: int = 0


@dataclass(eq=False, slots=True)
class _Part:
    """What is to become one line."""

    spans: Sequence[ReadableSpan]
    extras: dict[int, dict[str, Payload]]
    left_out: int


class Recorder(SpanProcessor):
    """Collects the traces of this process and writes them."""

    settings: RecorderSettings

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
        self._forget()
        if hasattr(os, "register_at_fork"):  # not on Windows
            os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.shutdown)

    def attach(self, provider: TracerProvider) -> None:
        """Record the spans of ``provider``, from now on; again does nothing."""
        if not any(known is provider for known in self._providers):
            self._providers.append(provider)
            provider.add_span_processor(self)

    def is_attached(self, provider: object) -> bool:
        """Return whether the spans of ``provider`` are recorded."""
        return any(known is provider for known in self._providers)

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
        adds nothing if it raises or returns None. Strings are stored as they are, everything
        else as JSON text. What comes after the trace was written is lost.
        """
        with guard(f"recorder: {name}"):
            ready = payload if callable(payload) else _text(payload)
            with self._lock:
                trace = self._open.get(span.trace_id)
                if trace is None or span.span_id in trace.left_out:
                    return
                trace.extras.setdefault(span.span_id, {})[name] = ready
                trace.size += len(ready) if isinstance(ready, str) else _SPAN_BYTES

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
                overdue: list[_Part] = []
                trace = self._open.get(context.trace_id)
                if trace is None:
                    overdue = self._take_overdue()
                    trace = self._open[context.trace_id] = _OpenTrace(self._clock())
                if trace.size > self.settings.max_trace_bytes:
                    trace.left_out.add(context.span_id)
                trace.running.add(context.span_id)
                trace.size += _SPAN_BYTES
            self._write(*overdue)
        for listener in self._start_listeners:
            with guard("recorder: span start"):
                listener(span)

    def on_end(self, span: ReadableSpan) -> None:
        """Part of the SDK's interface: ``span`` ended."""
        for listener in self._end_listeners:
            with guard("recorder: span end"):
                listener(span)
        with guard("recorder: span end"):
            context = span.get_span_context()
            if context is None:
                return
            with self._lock:
                trace = self._open.get(context.trace_id)
                if trace is None or context.span_id not in trace.running:
                    return  # began before the recorder came, or outlived its trace
                trace.running.remove(context.span_id)
                if context.span_id not in trace.left_out:
                    trace.ended.append(span)
                part = self._take_if_complete(context.trace_id, trace)
            self._write(part)

    def shutdown(self) -> None:
        """Write what is open, as far as it is."""
        with guard("recorder: shutdown"):
            with self._lock:
                parts = [_whole(trace) for trace in self._open.values()]
                self._open.clear()
            self._write(*parts)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's interface
        """Nothing waits: traces are written as they end."""
        return True

    def _forget(self) -> None:
        # After a fork the open traces are the parent's, and its lock may be held for ever.
        self._open: dict[int, _OpenTrace] = {}
        # Reentrant: a garbage collection inside may close a response or end a generator's span.
        self._lock = threading.RLock()
        self._file.forget()

    def _take_if_complete(self, trace_id: int, trace: _OpenTrace) -> _Part | None:
        if trace.running or trace.holds or self._open.get(trace_id) is not trace:
            return None
        del self._open[trace_id]
        return _whole(trace)

    def _take_overdue(self) -> list[_Part]:
        """Make room for a trace. They stand in the order of their age: only the first is looked at."""
        parts: list[_Part] = []
        now = self._clock()
        while self._open:
            trace_id, trace = next(iter(self._open.items()))
            is_late = now - trace.since > self.settings.trace_timeout
            if not is_late and len(self._open) < self.settings.max_open_traces:
                break
            del self._open[trace_id]
            if is_late and trace.running:
                parts.append(_ended(trace))
                trace.since = now
                self._open[trace_id] = trace
            else:
                parts.append(_whole(trace))
        return parts

    def _write(self, *parts: _Part | None) -> None:
        for part in parts:
            if part is None or not part.spans or self._stopped:
                continue
            with guard("recorder: writing"):
                if _is_noise(part):
                    continue
                line = otlp.encode_spans(self._with_extras(part))
                service = service_name(part.spans[0].resource.attributes.get("service.name"))
                if not self._file.write(line, service):
                    self.stop()

    def is_able(self) -> bool:
        """Return whether what is recorded can be written; where not, say so and stop."""
        if not self._stopped and not self._file.is_writable():
            self.stop()
        return not self._stopped

    def stop(self) -> None:
        """Record nothing more in this process."""
        with self._lock:
            self._stopped = True
            self._open.clear()

    def _with_extras(self, part: _Part) -> Iterable[tuple[ReadableSpan, dict[str, str]]]:
        faults: list[str] = []
        requests: list[tuple[ReadableSpan, dict[str, str]]] = []
        if part.left_out:
            limit = f"OTEL2TEST_MAX_TRACE_BYTES={self.settings.max_trace_bytes}"
            faults.append(f"{part.left_out} spans left out: the trace grew beyond {limit}")
        for span in part.spans:
            context = span.get_span_context()
            payloads = part.extras.get(context.span_id, {}) if context is not None else {}
            extras = _texts(payloads, faults)
            if _is_request(span):
                requests.append((span, extras))
            else:
                yield span, extras
        # Requests come last, when it is known what went wrong.
        for span, extras in requests:
            extras[attributes.FORMAT] = attributes.FORMAT_VERSION
            if faults:
                extras[attributes.FAULTS] = _text(faults)
            yield span, extras


def _whole(trace: _OpenTrace) -> _Part:
    return _Part(trace.ended, trace.extras, len(trace.left_out))


def _ended(trace: _OpenTrace) -> _Part:
    """Take from ``trace`` what has ended."""
    running = {span_id: extras for span_id, extras in trace.extras.items() if span_id in trace.running}
    part = _Part(trace.ended, trace.extras, len(trace.left_out))
    trace.ended, trace.extras = [], running
    trace.left_out &= trace.running
    return part


def _text(payload: object) -> str:
    return payload if isinstance(payload, str) else otlp.dump(payload).decode()


def _texts(payloads: dict[str, Payload], faults: list[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, payload in payloads.items():
        try:
            made = payload() if callable(payload) else payload
            if made is not None:
                texts[name] = _text(made)
        except Exception as error:  # noqa: BLE001 - counted and logged as by guard(), and named in the recording
            fault(f"recorder: {name}", error)
            faults.append(f"{name} could not be recorded: {type(error).__name__}")
    return texts


def _is_request(span: ReadableSpan) -> bool:
    scope = span.instrumentation_scope
    return scope is not None and scope.name == DJANGO_SCOPE


def _is_noise(part: _Part) -> bool:
    """Nothing but queries, and not the late part of a trace that has more."""
    seen = {context.span_id for span in part.spans if (context := span.get_span_context()) is not None}
    return all(
        _is_query(span, part.extras) and (span.parent is None or span.parent.span_id in seen)
        for span in part.spans
    )


def _is_query(span: ReadableSpan, extras: dict[int, dict[str, Payload]]) -> bool:
    context = span.get_span_context()
    ours = extras.get(context.span_id, {}) if context is not None else {}
    if ours.keys() - {attributes.QUERY}:
        return False
    return attributes.QUERY in ours or any(name in (span.attributes or {}) for name in _DATABASE)
