"""Each request of a trace reaches as far as the spans that belong to it."""

from otel2test.reading.requests import extents, requestless
from tests.recordings import Node, query, recorded, request, span, stock_request


def reach(*nodes: Node) -> list[str]:
    """Return the names of the spans of each request."""
    return [" ".join(each.name for each in extent.spans) for extent in extents(recorded(*nodes).trace())]


def test_a_request_reaches_to_all_that_is_below_it() -> None:
    assert reach(request("GET", "/", span("a", span("b")), span("c"))) == ["GET / a b c"]


def test_spans_above_and_beside_belong_to_nobody() -> None:
    above = span("wsgi", request("GET", "/", span("a")), span("after"), kind="server")
    assert reach(above) == ["GET / a"]


def test_a_request_that_stock_opentelemetry_recorded() -> None:
    assert reach(stock_request("GET", "/", span("a"))) == ["GET / a"]


def test_a_request_inside_a_request_has_its_spans_to_itself() -> None:
    outer = request("GET", "/outer", span("a", request("GET", "/inner", span("b"))), span("c"))
    assert reach(outer) == ["GET /outer a c", "GET /inner b"]


def test_a_span_that_lost_its_parent_belongs_to_the_only_request_of_its_time() -> None:
    lost = span("lost", span("below"), parent_id="00000000000000ff")
    (extent,) = extents(recorded(request("GET", "/", span("a")), span("later"), lost).trace())
    assert extent.adopted == ()
    # The clock of recordings goes on from span to span: only inside the request it runs meanwhile.
    (extent,) = extents(recorded(request("GET", "/", lost)).trace())
    assert [each.name for each in extent.adopted] == ["lost"]
    assert [each.name for each in extent.spans] == ["GET /", "lost", "below"]


def test_with_two_requests_it_belongs_to_neither() -> None:
    lost = span("lost", parent_id="00000000000000ff")
    assert reach(request("GET", "/one", lost), request("GET", "/two")) == ["GET /one", "GET /two"]


def test_a_trace_without_a_request() -> None:
    trace = recorded(query("PRAGMA foreign_keys")).trace()
    assert extents(trace) == ()
    assert str(requestless(trace)) == (
        "recorded.jsonl:1: trace 5b8efff798038103d269b633813fc60c has no request to a Django application "
        "in it, only 'PRAGMA'; no test comes from it; make requests while recording"
    )
