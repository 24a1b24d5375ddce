"""Spans are read from what the specification allows and from what exporters make of it."""

import base64
from typing import Any

import pytest

from otel2test.errors import Problem
from otel2test.reading.otlp import spans
from otel2test.reading.spans import Attribute, Event, Origin, Span
from tests.recordings import recorded, request, span

TRACE = "5b8efff798038103d269b633813fc60c"
SPAN = "eee19b7ec3c1b174"
ORIGIN = Origin("f.jsonl", 3)


def a_span(**changed: object) -> dict[str, object]:
    """Return a sound span with changes; a field changed to ``...`` is taken away."""
    fields: dict[str, object] = {
        "traceId": TRACE,
        "spanId": SPAN,
        "name": "GET",
        "kind": 2,
        "startTimeUnixNano": "1000",
        "endTimeUnixNano": "2000",
    }
    fields |= changed
    return {name: value for name, value in fields.items() if value is not ...}


def document(*items: object, scope: object = None) -> dict[str, Any]:
    return {"resourceSpans": [{"scopeSpans": [{"scope": scope or {"name": "s"}, "spans": [*items]}]}]}


def read(content: object) -> tuple[list[Span], list[str]]:
    things = [*spans(content, ORIGIN)]
    found = [thing for thing in things if isinstance(thing, Span)]
    return found, [thing.what for thing in things if isinstance(thing, Problem)]


def one(item: object) -> Span:
    (found,), problems = read(document(item))
    assert problems == []
    return found


def attribute(value: object) -> Attribute:
    return one(a_span(attributes=[{"key": "a", "value": value}])).attributes["a"]


def test_a_span_of_the_specification() -> None:
    content = {
        "resourceSpans": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
                "scopeSpans": [
                    {
                        "scope": {"name": "my.library", "version": "1.0.0"},
                        "spans": [
                            a_span(
                                parentSpanId="EEE19B7EC3C1B173",
                                attributes=[{"key": "my.attr", "value": {"stringValue": "x"}}],
                                events=[{"timeUnixNano": "1500", "name": "e", "attributes": []}],
                                status={"code": 2, "message": "no"},
                            )
                        ],
                    }
                ],
            }
        ]
    }
    assert [*spans(content, ORIGIN)] == [
        Span(
            trace_id=TRACE,
            span_id=SPAN,
            parent_id="eee19b7ec3c1b173",
            name="GET",
            kind="server",
            start=1000,
            end=2000,
            attributes={"my.attr": "x"},
            scope="my.library",
            resource={"service.name": "shop"},
            origin=ORIGIN,
            status="error",
            status_message="no",
            events=(Event("e", 1500),),
        )
    ]


@pytest.mark.parametrize("trace_id", [TRACE, TRACE.upper(), base64.b64encode(bytes.fromhex(TRACE)).decode()])
@pytest.mark.parametrize("span_id", [SPAN, SPAN.upper(), base64.b64encode(bytes.fromhex(SPAN)).decode()])
def test_ids_in_hex_of_either_case_and_in_base64(trace_id: str, span_id: str) -> None:
    found = one(a_span(traceId=trace_id, spanId=span_id, parentSpanId=span_id))
    assert (found.trace_id, found.span_id, found.parent_id) == (TRACE, SPAN, SPAN)


@pytest.mark.parametrize("kind", [3, "3", "SPAN_KIND_CLIENT", "CLIENT", "client"])
def test_kind_as_number_and_as_name(kind: object) -> None:
    assert one(a_span(kind=kind)).kind == "client"


@pytest.mark.parametrize("code", [2, "2", "STATUS_CODE_ERROR"])
def test_status_as_number_and_as_name(code: object) -> None:
    assert one(a_span(status={"code": code})).status == "error"


@pytest.mark.parametrize("time", [1700000000000000001, "1700000000000000001"])
def test_times_as_numbers_and_as_strings(time: object) -> None:
    found = one(a_span(startTimeUnixNano=time, endTimeUnixNano=time))
    assert found.start == found.end == 1700000000000000001


def test_a_clock_that_was_set_back() -> None:
    found = one(a_span(startTimeUnixNano=2000, endTimeUnixNano=1000))
    assert (found.start, found.end) == (2000, 2000)


@pytest.mark.parametrize("parent", [None, "", "0000000000000000", ...])
def test_four_ways_to_have_no_parent(parent: object) -> None:
    assert one(a_span(parentSpanId=parent)).parent_id is None


def test_snake_case() -> None:
    content = {
        "resource_spans": [
            {
                "scope_spans": [
                    {
                        "spans": [
                            {
                                "trace_id": TRACE,
                                "span_id": SPAN,
                                "parent_span_id": SPAN,
                                "name": "n",
                                "start_time_unix_nano": 1,
                                "end_time_unix_nano": 2,
                                "attributes": [{"key": "a", "value": {"string_value": "x"}}],
                            }
                        ]
                    }
                ]
            }
        ]
    }
    (found,), problems = read(content)
    assert problems == []
    assert (found.parent_id, found.start, found.end, found.attributes) == (SPAN, 1, 2, {"a": "x"})


def test_scopes_under_their_name_of_2021() -> None:
    content = {"resourceSpans": [{"instrumentationLibrarySpans": [{"spans": [a_span()]}]}]}
    assert [found.span_id for found in read(content)[0]] == [SPAN]


ANY_VALUES: list[tuple[object, Attribute]] = [
    ({"stringValue": "x"}, "x"),
    ({"boolValue": False}, False),
    ({"intValue": "-9223372036854775808"}, -(2**63)),
    ({"intValue": 7}, 7),
    ({"doubleValue": 1.5}, 1.5),
    ({"doubleValue": 1}, 1.0),
    ({"doubleValue": "Infinity"}, float("inf")),
    ({"bytesValue": "AP8="}, b"\x00\xff"),
    ({"arrayValue": {"values": [{"intValue": 1}, {"stringValue": "x"}]}}, [1, "x"]),
    ({"arrayValue": {}}, []),
    ({"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": True}}]}}, {"k": True}),
    ({"kvlistValue": {}}, {}),
    ({}, None),
    (None, None),
]


@pytest.mark.parametrize(("value", "expected"), ANY_VALUES)
def test_attribute_values(value: object, expected: Attribute) -> None:
    assert attribute(value) == expected


def nested(depth: int) -> object:
    value: object = {"intValue": 1}
    for _ in range(depth):
        value = {"arrayValue": {"values": [value]}}
    return value


LEFT_OUT: list[tuple[object, str]] = [
    (a_span(traceId=...), "span 'GET' has no traceId"),
    (a_span(traceId=""), "span 'GET' has no traceId"),
    (a_span(traceId=7), "span 'GET' has a traceId that is not a string"),
    (a_span(traceId="5b8e"), "span 'GET' has a traceId that is not 32 hex digits"),
    (a_span(traceId="z" * 32), "span 'GET' has a traceId that is not 32 hex digits"),
    (a_span(traceId="*" * 24), "span 'GET' has a traceId that is not 32 hex digits"),
    (a_span(traceId="0" * 32), "span 'GET' has a traceId that is not valid"),
    (a_span(spanId=..., name=7), "a span has no spanId"),
    (a_span(spanId="0" * 16), "span 'GET' has a spanId that is not valid"),
    (
        a_span(startTimeUnixNano=..., endTimeUnixNano=0),
        "span 'GET' has neither startTimeUnixNano nor endTimeUnixNano",
    ),
    ("text", "has something in spans that is not an object"),
]


@pytest.mark.parametrize(("item", "problem"), LEFT_OUT)
def test_spans_of_no_use_are_left_out(item: object, problem: str) -> None:
    found, problems = read(document(item, a_span(name="beside it")))
    assert [each.name for each in found] == ["beside it"]
    assert problems == [problem]


USED: list[tuple[dict[str, object], str]] = [
    (a_span(name=...), "has no name"),
    (a_span(name=["x"]), "has no name"),
    (a_span(kind="SPAN_KIND_OTHER"), "has an unknown kind"),
    (a_span(kind=9), "has an unknown kind"),
    (a_span(kind={}), "has an unknown kind"),
    (a_span(status={"code": "x"}), "has an unknown status code"),
    (a_span(parentSpanId=7), "has a parentSpanId that is not a string"),
    (a_span(endTimeUnixNano=...), "has no endTimeUnixNano; taken to end when it started"),
    (a_span(startTimeUnixNano="soon"), "has no startTimeUnixNano; taken to start when it ended"),
    (a_span(startTimeUnixNano=2**70), "has no startTimeUnixNano; taken to start when it ended"),
    (a_span(attributes={}), "has attributes that are not a list"),
    (a_span(attributes=[{}]), "has an attribute without a key"),
    (a_span(attributes=[7]), "has something in attributes that is not an object"),
    (a_span(events="x"), "has events that are not a list"),
    (
        a_span(attributes=[{"key": "a", "value": nested(100)}]),
        "has attribute 'a', which is nested too deep",
    ),
    *(
        (a_span(attributes=[{"key": "a", "value": value}]), f"has attribute 'a', which {what}")
        for value, what in [
            ("x", "is not an AnyValue of OTLP"),
            ({"a": 1, "b": 2}, "is not an AnyValue of OTLP"),
            ({"strValue": "x"}, "is not an AnyValue of OTLP (strValue)"),
            ({"stringValue": 1}, "is not an AnyValue of OTLP (stringValue)"),
            ({"intValue": "x"}, "is not an AnyValue of OTLP (intValue)"),
            ({"intValue": True}, "is not an AnyValue of OTLP (intValue)"),
            ({"doubleValue": "x"}, "is not an AnyValue of OTLP (doubleValue)"),
            ({"bytesValue": "*"}, "is not base64"),
            ({"arrayValue": []}, "is not an AnyValue of OTLP (arrayValue)"),
            ({"kvlistValue": {"values": [1]}}, "has an entry without a key"),
        ]
    ),
]


@pytest.mark.parametrize(("item", "problem"), USED)
def test_what_else_is_wrong_in_a_span_is_named(item: dict[str, object], problem: str) -> None:
    (found,), problems = read(document(item))
    assert found.span_id == SPAN
    assert problems == [f"span {SPAN} {problem}"]


NOT_SPANS: list[tuple[object, str]] = [
    ([], "is not OTLP"),
    (None, "is not OTLP"),
    ("text", "is not OTLP"),
    ({"hello": "world"}, "is not OTLP"),
    ({"resourceLogs": []}, "holds logs, not spans"),
    ({"resourceMetrics": []}, "holds metrics, not spans"),
    ({"data": [{"traceID": "1"}]}, "is not OTLP; it looks like an export from Jaeger"),
    ({"localEndpoint": {}}, "is not OTLP; it looks like spans for Zipkin"),
    ({"name": "GET", "context": {}}, "is not OTLP; it looks like the output of ConsoleSpanExporter"),
    ({"resourceSpans": "x"}, "has resourceSpans that are not a list"),
    ({"resourceSpans": [1]}, "has something in resourceSpans that is not an object"),
    ({"resourceSpans": [{"scopeSpans": 1}]}, "has scopeSpans that are not a list"),
    ({"resourceSpans": [{"scopeSpans": [{"spans": {}}]}]}, "has spans that are not a list"),
    ({"resourceSpans": [{"resource": {"attributes": 1}}]}, "has attributes that are not a list"),
]


@pytest.mark.parametrize(("content", "problem"), NOT_SPANS)
def test_documents_without_spans_say_what_they_are(content: object, problem: str) -> None:
    assert read(content) == ([], [problem])


@pytest.mark.parametrize("content", [{}, {"resourceSpans": []}, {"resourceSpans": [{}]}])
def test_an_export_of_nothing_is_sound(content: object) -> None:
    assert read(content) == ([], [])


def test_problems_name_file_and_line() -> None:
    (problem,) = spans({"resourceLogs": []}, ORIGIN)
    assert str(problem) == (
        "f.jsonl:3: holds logs, not spans; give a file of OTLP traces, such as the recorder writes"
    )


def test_what_the_recorder_writes() -> None:
    found, problems = read(recorded(request("GET", "/", span("inside"))).document())
    assert [each.name for each in found] == ["GET /", "inside"]
    assert problems == []
