"""Recording from code, on the user's own TracerProvider."""

from __future__ import annotations

from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanContext

from otel2test.processors.exporting import Otel2testSpanExporter
from tests.processors.conftest import written
from tests.processors.project import Project, ours

IMPORTS = """
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from otel2test.processors import record
from otel2test.processors.exporting import Otel2testSpanExporter
from otel2test.processors.recorder import active
"""
VISIT = "\nimport visit\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.make(tmp_path / "tiny")


ONE_CALL = "record()"
ONE_CALL_ON_A_PROVIDER = "record(TracerProvider())"
CALLED_TWICE = """
provider = TracerProvider()
trace.set_tracer_provider(provider)
assert record() is record(provider) is active()
"""
EXPORTER_BEFORE = """
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(Otel2testSpanExporter()))
trace.set_tracer_provider(provider)
"""
EXPORTER_AFTER = """
provider = TracerProvider()
trace.set_tracer_provider(provider)
provider.add_span_processor(SimpleSpanProcessor(Otel2testSpanExporter()))
"""
PROVIDER_NEVER_GLOBAL = """
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(Otel2testSpanExporter()))
"""
PROCESSOR_OF_THEIR_OWN = """
class Filter(SpanProcessor):
    def __init__(self, inner):
        self.inner = inner
    def on_end(self, span):
        if span.name != "GET /health/":
            self.inner.on_end(span)
provider = TracerProvider()
provider.add_span_processor(span_processor=Filter(BatchSpanProcessor(Otel2testSpanExporter())))
"""
SEVERAL_EXPORTERS = """
class Several(SpanExporter):
    def __init__(self, *exporters):
        self.exporters = exporters
    def export(self, spans):
        return [exporter.export(spans) for exporter in self.exporters][-1]
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(Several(Otel2testSpanExporter())))
"""
INSTRUMENTED_BY_THEMSELVES = """
from opentelemetry.instrumentation.django import DjangoInstrumentor
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tiny"
DjangoInstrumentor().instrument()
import wsgi
record()
"""


@pytest.mark.parametrize(
    "setup",
    [
        ONE_CALL,
        ONE_CALL_ON_A_PROVIDER,
        CALLED_TWICE,
        EXPORTER_BEFORE,
        EXPORTER_AFTER,
        PROVIDER_NEVER_GLOBAL,
        PROCESSOR_OF_THEIR_OWN,
        SEVERAL_EXPORTERS,
        INSTRUMENTED_BY_THEMSELVES,
    ],
)
def test_ways(project: Project, setup: str) -> None:
    done = project.python(IMPORTS + setup + VISIT)

    assert (done.stdout, done.stderr) == ("hello\n", "")
    assert project.requests() == ["GET hello/"]
    assert len(written(project.folder / "spans")) == 1


def test_settings_come_before_the_environment(project: Project) -> None:
    done = project.python(
        IMPORTS + "print(record(directory='here', calls=False).settings)",
        OTEL2TEST_DIR="there",
        OTEL2TEST_CALLS="1",
    )

    assert str(project.folder / "here") in done.stdout
    assert "calls=False" in done.stdout


def test_the_folder_is_that_of_the_start(project: Project) -> None:
    project.python(
        IMPORTS
        + "record()\nimport os\nos.mkdir('elsewhere')\nos.chdir('elsewhere')"
        + VISIT.replace("\nimport", "\nimport sys; sys.path.append('..'); import")
    )

    assert project.requests() == ["GET hello/"]


@pytest.mark.parametrize(
    ("setup", "what"),
    [
        ("import wsgi; assert record()", "get_wsgi_application()"),
        ("trace.set_tracer_provider(trace.NoOpTracerProvider()); assert record() is None", "TracerProvider"),
        ("import os; os.environ['OTEL_SDK_DISABLED'] = 'true'; assert record() is None", "OTEL_SDK_DISABLED"),
    ],
    ids=["too late", "no SDK's provider", "SDK off"],
)
def test_where_recording_cannot_work_one_line_says_what_to_do(
    project: Project, setup: str, what: str
) -> None:
    done = project.python(IMPORTS + setup + VISIT)

    assert done.stdout == "hello\n"
    (line,) = ours(done.stderr)
    assert what in line


def test_an_exporter_called_by_hand_writes_what_it_is_given(tmp_path: Path) -> None:
    exporter = Otel2testSpanExporter(directory=tmp_path)
    spans = [
        ReadableSpan(name, SpanContext(trace, 1, is_remote=False))
        for name, trace in (("a", 1), ("b", 2), ("c", 1))
    ]

    assert exporter.export(spans) is SpanExportResult.SUCCESS

    assert len(written(tmp_path)) == 2


def test_an_exporter_by_hand_that_cannot_write_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    exporter = Otel2testSpanExporter(directory=tmp_path / "file")

    assert (
        exporter.export([ReadableSpan("a", SpanContext(1, 1, is_remote=False))]) is SpanExportResult.FAILURE
    )


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("otel2test.processors", {"django", "opentelemetry.sdk", "wrapt"}),
        ("otel2test.processors.recorder", {"django", "sqlglot", "jinja2"}),
        ("otel2test.processors.distro", {"django", "opentelemetry.sdk", "sqlglot", "jinja2"}),
        ("otel2test.processors.launching", {"django", "opentelemetry"}),
    ],
)
def test_importing_loads_no_more_than_needed(project: Project, module: str, absent: set[str]) -> None:
    done = project.python(f"import sys, {module}\nprint(*sorted(set({sorted(absent)}) & set(sys.modules)))")

    assert (done.stdout, done.stderr) == ("\n", "")
