"""Binary OTLP says the same as OTLP JSON."""

import io
from dataclasses import replace

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from otel2test.reading import read
from otel2test.reading.spans import Attribute, Span
from tests.recordings import TRACE_ID, recorded, span, span_id


def message() -> bytes:
    """Return what a Collector would make of one span that was recorded."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value="shop")))
    scoped = group.scope_spans.add()
    scoped.scope.name = "tests"
    added = scoped.spans.add()
    (said,) = recorded(span("a")).spans()
    added.trace_id = bytes.fromhex(TRACE_ID)
    added.span_id = bytes.fromhex(span_id(0))
    added.name = "a"
    added.kind = SpanMessage.SPAN_KIND_SERVER
    added.start_time_unix_nano = int(str(said["startTimeUnixNano"]))
    added.end_time_unix_nano = int(str(said["endTimeUnixNano"]))
    added.status.code = 2
    for key, value in {
        "text": AnyValue(string_value="é"),
        "yes": AnyValue(bool_value=True),
        "no": AnyValue(bool_value=False),
        "zero": AnyValue(int_value=0),
        "big": AnyValue(int_value=-(2**63)),
        "float": AnyValue(double_value=float("inf")),
        "bytes": AnyValue(bytes_value=b"\x00\xff"),
    }.items():
        added.attributes.append(KeyValue(key=key, value=value))
    content: bytes = request.SerializeToString()
    return content


def spans(content: bytes) -> list[Span]:
    recording = read(["-"], io.BytesIO(content))
    assert recording.problems == ()
    return [each for trace in recording.traces for each in trace.spans]


@pytest.mark.parametrize("framed", [False, True])
def test_a_span_in_binary(framed: bool) -> None:
    content = message()
    (found,) = spans(len(content).to_bytes(4, "big") + content if framed else content)
    attributes: dict[str, Attribute] = {
        "text": "é",
        "yes": True,
        "no": False,
        "zero": 0,
        "big": -(2**63),
        "float": float("inf"),
        "bytes": b"\x00\xff",
    }
    (said,) = spans(recorded(span("a", kind="server", status="error")).line())
    assert found == replace(said, attributes=attributes, origin=found.origin)
