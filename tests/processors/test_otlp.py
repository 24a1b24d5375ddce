"""The official file exporter is the oracle: the same object for the same spans."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.json.file.trace_exporter import FileSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TraceState,
    set_span_in_context,
)

from otel2test.processors import otlp
from otel2test.processors.cleansing import redact_attribute
from otel2test.processors.redaction import redactor
from otel2test.secrets.names import SecretNames
from tests.processors.conftest import spans


def oracle(ended: list[ReadableSpan]) -> Any:
    stream = io.StringIO()
    FileSpanExporter(stream=stream).export(ended)
    return orjson.loads(stream.getvalue())


def ours(ended: list[ReadableSpan]) -> Any:
    return orjson.loads(otlp.encode_spans((span, {}) for span in ended))


class Made:
    """Spans as an SDK makes them, collected."""

    def __init__(self, **options: Any) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False, **options)
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = self.provider.get_tracer("shop", "1.2")

    @property
    def ended(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())


@pytest.fixture
def made() -> Made:
    return Made()


def remote(*, sampled: bool = True) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
    return SpanContext(
        0x5B8EFF,
        0xEEE19B,
        is_remote=True,
        trace_flags=flags,
        trace_state=TraceState([("a", "1"), ("b", "2")]),
    )


ATTRIBUTES: list[Any] = [
    True,
    False,
    0,
    1,
    -1,
    2**63 - 1,
    -(2**63),
    0.0,
    1.5,
    -2.5e300,
    float("nan"),
    float("inf"),
    float("-inf"),
    "",
    "text",
    "Grüße 😀 \u2028 \x00 \"\\",
    b"",
    b"\x00\xff",
    (),
    (True, False),
    (1, 2),
    (1.5, float("nan")),
    ("a", "b"),
    ("a", None),
    ((1, 2), ("a",)),
    {},
    {"nested": {"list": [1, "a", b"b", None]}},
    None,
]  # fmt: skip


@pytest.mark.parametrize("value", ATTRIBUTES, ids=repr)
def test_attribute_values(made: Made, value: Any) -> None:
    with made.tracer.start_as_current_span("span", attributes={"key": value}) as span:
        span.add_event("event", {"key": value}, timestamp=17)

    assert ours(made.ended) == oracle(made.ended)


@pytest.mark.parametrize("kind", SpanKind)
def test_kinds(made: Made, kind: SpanKind) -> None:
    made.tracer.start_span("span", kind=kind).end()

    assert ours(made.ended) == oracle(made.ended)


@pytest.mark.parametrize(
    "status",
    [Status(), Status(StatusCode.OK), Status(StatusCode.ERROR), Status(StatusCode.ERROR, "no stock")],
)
def test_status(made: Made, status: Status) -> None:
    span = made.tracer.start_span("span")
    span.set_status(status)
    span.end()

    assert ours(made.ended) == oracle(made.ended)


def exception(tracer: Tracer) -> None:
    with pytest.raises(ZeroDivisionError), tracer.start_as_current_span("failing"):
        _ = 1 // 0


def local_parent(tracer: Tracer) -> None:
    with tracer.start_as_current_span("parent"), tracer.start_as_current_span("child"):
        pass


def remote_parent(tracer: Tracer) -> None:
    tracer.start_span("span", context=set_span_in_context(NonRecordingSpan(remote()))).end()


def links(tracer: Tracer) -> None:
    local = SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(3))
    tracer.start_span("span", links=[Link(remote(), {"why": "batch"}), Link(local)]).end()


def without_a_name(tracer: Tracer) -> None:
    tracer.start_span("").end()


def at_the_epoch(tracer: Tracer) -> None:
    tracer.start_span("span", start_time=0).end(end_time=0)


@pytest.mark.parametrize(
    "make", [exception, local_parent, remote_parent, links, without_a_name, at_the_epoch]
)
def test_shapes(made: Made, make: Callable[[Tracer], None]) -> None:
    make(made.tracer)

    assert made.ended
    assert ours(made.ended) == oracle(made.ended)


def test_what_was_dropped_is_counted() -> None:
    limits = SpanLimits(
        max_span_attributes=1, max_events=1, max_links=1, max_event_attributes=1, max_link_attributes=1
    )
    made = Made(span_limits=limits)
    two = {"a": 1, "b": 2}
    span = made.tracer.start_span("span", attributes=two, links=[Link(remote(), two), Link(remote(), two)])
    span.add_event("first")
    span.add_event("second", two)
    span.end()

    assert ours(made.ended) == oracle(made.ended)
    (written,) = spans(ours(made.ended))
    assert (
        written["droppedAttributesCount"]
        == written["droppedEventsCount"]
        == written["droppedLinksCount"]
        == 1
    )


def test_scopes_and_resources_are_grouped() -> None:
    exporter = InMemorySpanExporter()
    for resource in (
        Resource({"service.name": "a"}),
        Resource({"service.name": "b", "n": 1}, "https://resource"),
        Resource({}),
    ):
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        provider.get_tracer("one").start_span("1").end()
        provider.get_tracer("two", "2", "https://schema", {"scope": True}).start_span("2").end()
        provider.get_tracer("one").start_span("3").end()
    ended = list(exporter.get_finished_spans())

    assert ours(ended) == oracle(ended)
    assert len(ours(ended)["resourceSpans"]) == 3


def test_equal_resources_are_one() -> None:
    context = SpanContext(1, 2, is_remote=False)
    ended = [ReadableSpan("x", context, resource=Resource({"service.name": "a"})) for _ in range(2)]

    assert ours(ended) == oracle(ended)
    assert len(ours(ended)["resourceSpans"]) == 1


def any_values() -> st.SearchStrategy[Any]:
    scalars = (
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | st.binary()
    )
    return st.recursive(
        scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner), max_leaves=8
    )


@given(st.dictionaries(st.text(min_size=1), any_values()), st.text())
def test_any_attributes(attributes: dict[str, Any], name: str) -> None:
    # Secrets are what we write otherwise.
    assume(all(redact_attribute(key, value) == value for key, value in attributes.items()))
    span = ReadableSpan(
        name, SpanContext(1, 2, is_remote=False), attributes=attributes, resource=Resource({})
    )

    assert ours([span]) == oracle([span])


def attributes_of(span: ReadableSpan, extras: dict[str, str] | None = None) -> Iterator[tuple[str, Any]]:
    (written,) = spans(orjson.loads(otlp.encode_spans([(span, extras or {})])))
    return ((item["key"], item["value"]) for item in written["attributes"])


def test_extras_follow_the_span_own_attributes(made: Made) -> None:
    made.tracer.start_span("span", attributes={"own": 1}).end()

    assert list(attributes_of(made.ended[0], {"otel2test.user": "{}"})) == [
        ("own", {"intValue": "1"}),
        ("otel2test.user", {"stringValue": "{}"}),
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a\ud800b", {"stringValue": "a\ufffdb"}),
        ("\ud83d\ude00", {"stringValue": "😀"}),
        (2**63, {"stringValue": "9223372036854775808"}),
        (-(2**63) - 1, {"stringValue": "-9223372036854775809"}),
    ],
)
def test_what_could_not_be_read_back_is_mended(made: Made, value: Any, expected: Any) -> None:
    made.tracer.start_span("span", attributes={"key": value}).end()

    assert list(attributes_of(made.ended[0])) == [("key", expected)]


def test_one_line(made: Made) -> None:
    made.tracer.start_span("a\nb\r\u2028").end()

    assert len(otlp.encode_spans([(made.ended[0], {})]).splitlines()) == 1


def texts_of(span: ReadableSpan) -> dict[str, str]:
    return {key: value["stringValue"] for key, value in attributes_of(span)}


def test_a_text_is_looked_at_again_once_it_is_known_to_be_a_secret(made: Made) -> None:
    secret = "Rk7-blue-harbour-9"
    made.tracer.start_span("GET", attributes={"app.note": secret, "app.name": "shop"}).end()
    (span,) = made.ended
    for _ in range(2):
        assert texts_of(span) == {"app.note": secret, "app.name": "shop"}
    hidden = redactor.secret(secret)
    assert texts_of(span) == {"app.note": hidden, "app.name": "shop"}


def test_a_text_is_looked_at_again_once_its_name_is_a_secrets(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redactor, "_names", SecretNames())
    made.tracer.start_span("GET", attributes={"app.berth": "harbour 17"}).end()
    (span,) = made.ended
    assert texts_of(span) == {"app.berth": "harbour 17"}
    redactor.add_names(["app.berth"])
    assert texts_of(span) != {"app.berth": "harbour 17"}
