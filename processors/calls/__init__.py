"""Calls of the project's functions, recorded during requests, without a span for each.

What enters are the interpreter's events: of ``sys.monitoring`` from Python 3.12 on; before, of a
function that evaluates frames where it was compiled, of the profile hook where it was not. What
leaves is one attribute of the request's span, a list of :class:`~otel2test.attributes.CallPayload`.
Calls outside of a request are not recorded, nor comprehensions, lambdas, class and module bodies.
At most ``max_calls`` of a request are kept; how many more there were is said in ``otel2test.calls.dropped``.
"""

import sys
from typing import Protocol

from opentelemetry.sdk.trace import ReadableSpan, Span

from otel2test.processors import project
from otel2test.processors.calls.frames import COMPILED
from otel2test.processors.calls.tracer import CallTracer
from otel2test.processors.recorder import Recorder, owns_records

if sys.version_info >= (3, 12):
    from otel2test.processors.calls.monitoring import Monitoring as Hook
elif COMPILED:
    from otel2test.processors.calls.evaluating import Evaluating as Hook
else:
    from otel2test.processors.calls.profiling import Profiling as Hook  # type: ignore[assignment] # a CallHook, too


class CallHook(Protocol):
    """What makes the interpreter tell of calls."""

    def open(self) -> None:
        """A request begins in this thread."""

    def close(self) -> None:
        """A request was written by this thread."""

    def remove(self) -> None:
        """Tell of no more calls."""


class _Requests:
    """Opens a call log with each request's span, and follows which spans belong to it."""

    def __init__(self, recorder: Recorder, tracer: CallTracer, hook: CallHook) -> None:
        self._recorder = recorder
        self._tracer = tracer
        self._hook = hook

    def span_starts(self, span: Span) -> None:
        context = span.get_span_context()
        if owns_records(span):
            # In this order, as another thread whose request ends closes the hook where no log is open.
            self._tracer.open(context, self._recorder, self._hook.close)
            self._hook.open()
        elif span.parent is not None:
            self._tracer.follow(context.span_id, span.parent.span_id)

    def span_ends(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        if context is not None:
            self._tracer.leave_span(context.span_id)


def install(recorder: Recorder) -> CallHook | None:
    """Record the calls of every request from now on; the hook that does, None if that is switched off."""
    if not recorder.settings.calls:
        return None
    project.configure(recorder.settings.include, recorder.settings.exclude)
    tracer = CallTracer(recorder.settings.max_calls, recorder.settings.max_trace_bytes // 2)
    hook: CallHook = Hook(tracer)
    requests = _Requests(recorder, tracer, hook)
    recorder.on_span_start(requests.span_starts)
    recorder.on_span_end(requests.span_ends)
    return hook
