"""Spans become forests, whatever is missing from them or wrong in them."""

import random

import pytest

from otel2test.reading.spans import Origin, Span, SpanKind
from otel2test.reading.traces import Trace, assemble

ORIGIN = Origin("f", 1)


def make(
    name: str,
    parent: str | None = None,
    start: int = 0,
    *,
    trace: str = "t",
    kind: SpanKind = "internal",
    **attributes: str,
) -> Span:
    return Span(trace, name, parent, name, kind, start, start + 1, attributes, "", {}, ORIGIN)


def one(*spans: Span) -> Trace:
    (trace,) = assemble(spans)
    return trace


def names(spans: tuple[Span, ...]) -> str:
    return " ".join(span.name for span in spans)


def test_a_tree_in_any_order() -> None:
    spans = [make("a"), make("b", "a", 1), make("c", "b", 2), make("d", "a", 3)]
    random.Random(1).shuffle(spans)
    trace = one(*spans)
    assert names(trace.spans) == "a b c d"
    assert names(trace.roots) == "a"
    assert names(trace.children("a")) == "b d"
    assert names(trace.children("d")) == ""
    assert trace.orphans == ()
    parent = trace.parent("c")
    assert parent is not None
    assert parent.name == "b"
    assert trace.parent("a") is None
    assert (trace.start, trace.end) == (0, 4)


def test_spans_that_start_together_stay_in_the_order_they_were_read() -> None:
    assert names(one(make("b"), make("a"), make("c")).spans) == "b a c"


def test_traces_are_in_order_of_time() -> None:
    traces = assemble([make("a", trace="late", start=9), make("b", trace="early"), make("c", trace="late")])
    assert [(trace.id, names(trace.spans)) for trace in traces] == [("early", "b"), ("late", "c a")]


def test_a_span_read_twice_is_kept_once_as_the_fuller_one() -> None:
    plain, full = make("a"), make("a", sql="SELECT 1")
    assert one(plain, full).spans == (full,)
    assert one(full, plain).spans == (full,)


@pytest.mark.parametrize("kind", ["server", "consumer"])
def test_a_parent_in_another_process_makes_no_orphan(kind: SpanKind) -> None:
    trace = one(make("a", "elsewhere", kind=kind))
    assert names(trace.roots) == "a"
    assert trace.orphans == ()


def test_a_span_whose_parent_is_missing_is_an_orphan() -> None:
    trace = one(make("a"), make("b", "lost", 1), make("c", "b", 2))
    assert names(trace.roots) == "a b"
    assert names(trace.orphans) == "b"
    assert names(trace.children("b")) == "c"


def test_a_span_below_itself() -> None:
    trace = one(make("a", "a"))
    assert names(trace.roots) == names(trace.orphans) == "a"
    assert trace.children("a") == ()


def test_a_circle_is_opened_once_and_loses_nothing() -> None:
    trace = one(make("a", "c"), make("b", "a", 1), make("c", "b", 2), make("d", "c", 3))
    assert names(trace.roots) == "a"
    assert names(trace.children("a") + trace.children("b") + trace.children("c")) == "b c d"


def test_a_deep_tree() -> None:
    depth = 20_000
    spans = [make("0"), *(make(str(number), str(number - 1), number) for number in range(1, depth))]
    trace = one(*reversed(spans))
    assert names(trace.roots) == "0"
    assert names(trace.children(str(depth - 2))) == str(depth - 1)
