"""Who else looks at the spans of the providers that are recorded.

Where nobody does, much of what the SDK and the instrumentations do for each span is for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from opentelemetry.trace import ProxyTracer

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

    from otel2test.processors.recorder import Recorder

MESSENGER: Final = "otel2test_messenger"
"""The attribute of an exporter that says that it does nothing with spans."""

_ours_alone: Final[WeakKeyDictionary[TracerProvider, tuple[SpanProcessor, ...]]] = WeakKeyDictionary()
"""Of each provider the processors that were found to be ours."""


def is_messenger(processor: object) -> bool:
    """Return whether a span processor has no use for spans: it holds our exporter, which starts recording."""
    return getattr(getattr(processor, "span_exporter", None), MESSENGER, False) is True


def is_alone(recorder: Recorder) -> bool:
    """Return whether nobody but ``recorder`` looks at the spans of its providers."""
    if recorder.hands_on:
        return False
    try:
        for provider in recorder.providers:
            processors = provider._active_span_processor._span_processors
            if processors is not _ours_alone.get(provider):
                if not all(processor is recorder or is_messenger(processor) for processor in processors):
                    return False
                _ours_alone[provider] = processors
    except Exception:  # noqa: BLE001 - another version of the SDK, or a processor that bears no question
        return False
    return True


def is_recorded(recorder: Recorder, tracer: object) -> bool:
    """Return whether the spans of a tracer go to the providers of ``recorder``, and so to nobody else's."""
    # An instrumentation that came before the provider holds a stand-in, which knows the tracer by now.
    actual = tracer._tracer if isinstance(tracer, ProxyTracer) else tracer
    processor = getattr(actual, "span_processor", None)
    return any(processor is provider._active_span_processor for provider in recorder.providers)
