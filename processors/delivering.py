"""The user's own exporters get what is recorded, too: spans with all that was put beside them.

``BatchSpanProcessor`` and ``SimpleSpanProcessor`` take a span when it ends; what is known of
it is complete only when its trace is written. So where a trace is recorded, the call of their
``on_end`` waits until then, and is made with a copy of the span that has our attributes. A
Collector can so carry recordings, in whatever form the exporter sends them; no limit of the
SDK cuts these attributes. Everything else of the pipeline stays as it is: what other
processors see, and when, batching, sampling, spans of traces that aren't recorded.

``shutdown`` of such a processor hands out what is open first. ``force_flush`` does not: it
sends what was handed out, which are complete traces.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import wrapt
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

from otel2test.processors.audience import is_messenger
from otel2test.processors.guard import guarded
from otel2test.processors.recorder import Recorder, active

_installed: Final[list[bool]] = []


def install(recorder: Recorder) -> None:
    """Hand on what ``recorder`` knows, unless that is switched off; again does nothing."""
    if not recorder.settings.enrich:
        return
    if not _installed:
        _installed.append(True)
        for kind in (BatchSpanProcessor, SimpleSpanProcessor):
            wrapt.wrap_function_wrapper(kind, "on_start", _starting)
            wrapt.wrap_function_wrapper(kind, "on_end", _ending)
            wrapt.wrap_function_wrapper(kind, "shutdown", _shutting_down)


def _starting(on_start: Callable[..., None], processor: Any, args: Any, kwargs: Any) -> None:
    _look_at(processor)
    on_start(*args, **kwargs)


@guarded("delivering: processor", None)
def _look_at(processor: Any) -> None:
    """Have copies made from now on if this processor has a use for them, before its first span ends."""
    recorder = active()
    if recorder is not None and not recorder.hands_on and not is_messenger(processor):
        recorder.hands_on = recorder.settings.enrich


def _ending(on_end: Callable[..., None], processor: Any, args: Any, kwargs: Any) -> None:
    if not _is_deferred(on_end, processor, *args, **kwargs):
        on_end(*args, **kwargs)


@guarded("delivering: span", False)
def _is_deferred(on_end: Callable[..., None], processor: Any, span: Any) -> bool:
    """Return whether the span will be delivered when its trace is written."""
    recorder = active()
    if recorder is None or not recorder.hands_on:
        return False
    if is_messenger(processor):
        return False  # it has no use for them
    return recorder.defer(span, on_end)


def _shutting_down(shutdown: Callable[..., None], _processor: Any, args: Any, kwargs: Any) -> None:
    _write_open()
    shutdown(*args, **kwargs)


@guarded("delivering: shutdown", None)
def _write_open() -> None:
    recorder = active()
    if recorder is not None and recorder.hands_on:
        recorder.shutdown()
