"""The exporter ``otel2test``, by which any OpenTelemetry configuration can name us.

An exporter sees spans when they have ended and nothing else, so this one is a messenger:
when the processor that it stands in is added to a TracerProvider, the recorder is attached
to that provider, and the exporter itself does nothing. Only where no provider was ever
seen (a processor called by hand) does it write the spans that it is given, as they are.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, Final

import wrapt
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel2test.processors import otlp
from otel2test.processors.files import TraceFile, service_name
from otel2test.processors.guard import guard
from otel2test.processors.notices import say
from otel2test.processors.recorder import active
from otel2test.processors.starting import make_settings, record

_waiting: Final[weakref.WeakSet[Otel2testSpanExporter]] = weakref.WeakSet()
_WRAPPERS: Final = 4
"""So many objects may stand around an exporter: exporters in processors in processors."""


class Otel2testSpanExporter(SpanExporter):
    """Starts recording on the provider whose processor it is put into.

    ``settings`` are those of :func:`otel2test.processors.record`; in a configuration file
    they are the keys below ``otel2test:``.
    """

    otel2test_messenger: Final = True

    def __init__(self, **settings: Any) -> None:
        self._settings = settings
        self._found = False
        self._file: TraceFile | None = None
        _waiting.add(self)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write ``spans`` where no recorder does."""
        if self._found or active() is not None or not spans:
            return SpanExportResult.SUCCESS
        say(
            "the exporter is on no TracerProvider that it could see, so only plain spans are written",
            "call otel2test.processors.record(provider)",
        )
        with guard("exporter: writing"):
            if self._file is None:
                settings = make_settings(self._settings)
                self._file = TraceFile(
                    settings.directory, settings.max_file_bytes, settings.keep_files, settings.compression
                )
                if hasattr(os, "register_at_fork"):  # not on Windows
                    os.register_at_fork(after_in_child=self._file.forget)
            traces: dict[int, list[ReadableSpan]] = {}
            for span in spans:
                context = span.get_span_context()
                traces.setdefault(context.trace_id if context is not None else 0, []).append(span)
            for trace in traces.values():
                line = otlp.encode_spans((span, {}) for span in trace)
                service = service_name(trace[0].resource.attributes.get("service.name"))
                if not self._file.write(line, service):
                    return SpanExportResult.FAILURE
            return SpanExportResult.SUCCESS
        return SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Nothing is kept."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's interface
        """Nothing is kept."""
        return True

    def record(self, provider: TracerProvider) -> None:
        """Attach the recorder to ``provider``, which this exporter was found on."""
        self._found = True
        record(provider, **self._settings)


def _adding(
    add_span_processor: Callable[..., None], provider: TracerProvider, args: Any, kwargs: Any
) -> None:
    add_span_processor(*args, **kwargs)
    with guard("exporter: provider"):
        for exporter in list(_waiting):
            if any(_holds(processor, exporter, _WRAPPERS) for processor in (*args, *kwargs.values())):
                exporter.record(provider)


def _holds(outer: object, exporter: SpanExporter, depth: int) -> bool:
    """Return whether ``exporter`` is in the attributes of ``outer``, or in theirs."""
    if outer is exporter:
        return True
    if not depth or isinstance(outer, ModuleType):
        return False
    inner = outer if isinstance(outer, list | tuple) else getattr(outer, "__dict__", {}).values()
    return any(_holds(value, exporter, depth - 1) for value in inner)


# In ``provider.add_span_processor(Batch(Otel2testSpanExporter()))`` the method is looked up before the
# exporter is made, so that it has to be replaced when this module is imported.
wrapt.wrap_function_wrapper(TracerProvider, "add_span_processor", _adding)
