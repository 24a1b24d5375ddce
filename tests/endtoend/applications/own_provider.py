"""A program that set up OpenTelemetry itself, and drops our exporter into a span processor of its own."""

import os

from opentelemetry import trace
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from otel2test.processors.exporting import Otel2testSpanExporter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(Otel2testSpanExporter()))
trace.set_tracer_provider(provider)
DjangoInstrumentor().instrument()

from config.wsgi import application  # type: ignore[import-not-found]  # noqa: E402 - of the sample project

__all__ = ["application"]
