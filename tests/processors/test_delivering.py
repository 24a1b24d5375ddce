"""What is recorded reaches the user's own exporters: over OTLP, beside our files and instead of them."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel2test import attributes, pipeline, reading
from otel2test.processors import delivering
from otel2test.processors.recorder import activate, active
from otel2test.settings import Settings
from tests.processors.conftest import Bench
from tests.processors.project import Project

# By environment alone, with the stock exporter and something that listens


class Collector:
    """Takes what an OTLP exporter sends over HTTP."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        bodies: list[bytes] = []
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                with lock:
                    bodies.append(body)
                    (folder / f"{len(bodies)}.pb").write_bytes(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def traces(self) -> list[reading.Trace]:
        recording = reading.read([str(file) for file in sorted(self.folder.iterdir())])
        assert recording.problems == ()
        return list(recording.traces)


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    made = Collector(tmp_path / "collected")
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.make(tmp_path / "tiny")


def environ(collector: Collector, **more: str) -> dict[str, str]:
    return {
        "OTEL_TRACES_EXPORTER": "otel2test,otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        **more,
    }


def request_span(trace: reading.Trace) -> Any:
    (span,) = [span for span in trace.spans if attributes.FORMAT in span.attributes]
    return span


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_collector_gets_what_our_file_has(project: Project, collector: Collector, compression: str) -> None:
    done = project.instrument(
        "python", "visit.py", **environ(collector, OTEL_EXPORTER_OTLP_COMPRESSION=compression)
    )

    assert (done.stdout, done.stderr) == ("hello\n", "")
    (sent,) = collector.traces()
    (written,) = reading.read([str(project.folder / "spans")]).traces
    assert sent.id == written.id
    assert {span.span_id: span.attributes for span in sent.spans} == {
        span.span_id: span.attributes for span in written.spans
    }
    assert attributes.RESPONSE in request_span(sent).attributes


def test_a_test_is_generated_from_what_a_collector_got(project: Project, collector: Collector) -> None:
    project.instrument("python", "visit.py", **environ(collector, OTEL2TEST_FILES="0"))

    assert not (project.folder / "spans").exists()
    files = [str(file) for file in collector.folder.iterdir()]
    generated = pipeline.generate(files, (), Settings(), None)  # type: ignore[arg-type]  # no standard input
    assert generated.module is not None
    assert 'client.get("/hello/")' in generated.module.text


def test_other_exporters_get_plain_spans_where_that_is_asked(project: Project, collector: Collector) -> None:
    project.instrument("python", "visit.py", **environ(collector, OTEL2TEST_ENRICH="0"))

    (trace,) = collector.traces()
    assert not any(name.startswith("otel2test.") for span in trace.spans for name in span.attributes)
    assert project.requests() == ["GET hello/"]


def test_limits_of_attributes_do_not_cut(project: Project, collector: Collector) -> None:
    project.instrument(
        "python",
        "visit.py",
        **environ(collector, OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT="10", OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT="3"),
    )

    (trace,) = collector.traces()
    span = request_span(trace)
    assert len(span.attributes[attributes.REQUEST]) > 10
    assert len([name for name in span.attributes if name.startswith("otel2test.")]) > 3


# In code


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def handing(bench: Bench) -> Iterator[Bench]:
    before = active()
    activate(bench.recorder)
    delivering.install(bench.recorder)
    yield bench
    activate(before)


def exported(exporter: InMemorySpanExporter) -> dict[str, dict[str, Any]]:
    return {span.name: dict(span.attributes or {}) for span in exporter.get_finished_spans()}


@pytest.mark.parametrize("before", [True, False], ids=["before ours", "after ours"])
def test_each_span_comes_once_with_what_was_put_on_it(
    handing: Bench, exporter: InMemorySpanExporter, before: bool
) -> None:
    recorder, provider = handing.recorder, handing.provider
    if before:
        provider = TracerProvider(
            span_limits=SpanLimits(max_span_attributes=1, max_attribute_length=3), shutdown_on_exit=False
        )
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        recorder.attach(provider)
    else:
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("request", attributes={"own": "its"}) as request:
        with tracer.start_as_current_span("work") as work:
            recorder.put(work.get_span_context(), attributes.QUERY, {"sql": "SELECT 1"})
        assert exported(exporter) == {}
        recorder.put(request.get_span_context(), attributes.USER, lambda: {"authenticated": False})

    assert exported(exporter) == {
        "work": {attributes.QUERY: '{"sql":"SELECT 1"}'},
        "request": {"own": "its", attributes.USER: '{"authenticated":false}'},
    }
    assert len(exporter.get_finished_spans()) == 2


def test_a_span_that_came_when_the_trace_was_full_comes_at_once(
    handing: Bench, exporter: InMemorySpanExporter
) -> None:
    recorder = handing.start(max_trace_bytes=1000)
    activate(recorder)
    delivering.install(recorder)
    handing.provider.add_span_processor(SimpleSpanProcessor(exporter))
    with handing.tracer.start_as_current_span("request"):
        handing.tracer.start_span("too many").end()
        assert list(exported(exporter)) == ["too many"]

    assert list(exported(exporter)) == ["too many", "request"]


def test_queries_that_are_noise_to_us_are_delivered(handing: Bench, exporter: InMemorySpanExporter) -> None:
    handing.provider.add_span_processor(SimpleSpanProcessor(exporter))
    handing.tracer.start_span("SELECT", attributes={"db.system": "sqlite"}).end()

    assert exported(exporter) == {"SELECT": {"db.system": "sqlite"}}
    assert handing.lines() == []


def test_where_nothing_can_be_written_spans_are_delivered(
    handing: Bench, exporter: InMemorySpanExporter
) -> None:
    handing.folder.write_text("a file, where the folder should be")
    handing.provider.add_span_processor(SimpleSpanProcessor(exporter))
    for name in ("first", "second"):
        handing.tracer.start_span(name).end()

    assert list(exported(exporter)) == ["first", "second"]


def test_shutdown_delivers_what_is_open(handing: Bench, exporter: InMemorySpanExporter) -> None:
    processor = BatchSpanProcessor(exporter)
    handing.provider.add_span_processor(processor)
    with handing.tracer.start_as_current_span("request"):
        handing.tracer.start_span("work").end()
        processor.shutdown()  # type: ignore[no-untyped-call]  # the SDK's is not typed

    assert list(exported(exporter)) == ["work"]


def test_spans_of_a_provider_that_is_not_recorded_are_left_alone(
    handing: Bench, exporter: InMemorySpanExporter
) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("theirs").start_as_current_span("request"):
        provider.get_tracer("theirs").start_span("work").end()
        assert list(exported(exporter)) == ["work"]


def test_an_exporter_that_fails_keeps_no_other_from_its_spans(
    handing: Bench, exporter: InMemorySpanExporter
) -> None:
    class Failing(SimpleSpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            super().on_end(span)

    failing = Failing(InMemorySpanExporter())
    failing.span_exporter.export = None  # type: ignore[method-assign, assignment]  # fails when it is called
    handing.provider.add_span_processor(failing)
    handing.provider.add_span_processor(SimpleSpanProcessor(exporter))
    handing.tracer.start_span("span").end()

    assert list(exported(exporter)) == ["span"]
    assert len(handing.lines()) == 1
