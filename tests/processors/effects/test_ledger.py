"""Side effects on the span of their request: whose they are, in which order, and how many."""

import json
import threading
import time
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace

from otel2test.attributes import DRAWS, LOGS, MAILS
from otel2test.processors.effects import ledger
from otel2test.processors.effects.ledger import now
from otel2test.processors.guard import faults
from otel2test.processors.recorder import Recorder
from tests.processors.conftest import Bench


def start(bench: Bench, **settings: Any) -> Recorder:
    recorder = bench.start(**settings)
    ledger.install(recorder, [MAILS, LOGS])
    return recorder


def note(**payload: object) -> None:
    moment = now(MAILS)
    assert moment is not None
    moment.note(payload)


def mails(bench: Bench, span: str = "GET /") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(bench.lines()[-1][span][MAILS])
    return found


def test_outside_of_a_request_there_is_no_moment(bench: Bench) -> None:
    start(bench)

    assert now(MAILS) is None
    with bench.tracer.start_as_current_span("job"):
        assert now(MAILS) is None


def test_what_is_not_asked_for_is_not_taken(bench: Bench) -> None:
    start(bench)

    with bench.django.start_as_current_span("GET /"):
        assert now(DRAWS) is None

    assert MAILS not in bench.lines()[-1]["GET /"]


def test_side_effects_stand_in_the_order_in_which_they_began(bench: Bench) -> None:
    start(bench)

    with bench.django.start_as_current_span("GET /") as span:
        first = now(MAILS)
        note(subject="second")
        assert first is not None
        first.note({"subject": "first"})

    found = mails(bench)
    assert [told["subject"] for told in found] == ["first", "second"]
    assert 0 <= found[0]["start"] <= found[1]["start"]
    assert found[0]["span"] == f"{span.get_span_context().span_id:016x}"


def test_times_count_from_the_start_of_the_span(bench: Bench) -> None:
    start(bench)

    begun = time.time_ns() - 5_000_000
    span = bench.django.start_span("GET /", start_time=begun)
    with trace.use_span(span, end_on_exit=True):
        note(subject="late")

    (told,) = mails(bench)
    assert told["start"] >= 5_000_000


def test_side_effects_below_other_spans_and_in_threads_belong_to_the_request(bench: Bench) -> None:
    start(bench)

    with bench.django.start_as_current_span("GET /"):
        with bench.tracer.start_as_current_span("inside") as inside:
            note(subject="inside")
            context = trace.set_span_in_context(inside)
        token = contexts.attach(context)
        note(subject="after its span ended")
        contexts.detach(token)

    found = mails(bench)
    assert [told["subject"] for told in found] == ["inside", "after its span ended"]
    assert found[0]["span"] == f"{inside.get_span_context().span_id:016x}"


def test_requests_at_the_same_time_are_kept_apart(bench: Bench) -> None:
    start(bench)
    barrier = threading.Barrier(2)

    def serve(name: str) -> None:
        with bench.django.start_as_current_span(name):
            for _ in range(50):
                barrier.wait()
                note(subject=name)

    threads = [threading.Thread(target=serve, args=(name,)) for name in ("GET /a", "GET /b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for line in bench.lines():
        ((name, attributes),) = line.items()
        assert [told["subject"] for told in json.loads(attributes[MAILS])] == [name] * 50


def test_a_request_inside_a_request_has_its_own(bench: Bench) -> None:
    start(bench)

    with bench.django.start_as_current_span("GET /outer"):
        with bench.django.start_as_current_span("GET /inner"):
            note(subject="inner")
        note(subject="outer")

    assert [told["subject"] for told in mails(bench, "GET /outer")] == ["outer"]
    assert [told["subject"] for told in mails(bench, "GET /inner")] == ["inner"]


def test_more_than_the_limit_are_counted(bench: Bench) -> None:
    start(bench, max_effects=2)

    with bench.django.start_as_current_span("GET /"):
        for number in range(5):
            note(subject=number)

    assert [told.get("subject") for told in mails(bench)] == [0, 1, None]
    assert mails(bench)[-1] == {"dropped": 3}


def test_large_ones_are_counted_where_the_trace_is_full(bench: Bench) -> None:
    start(bench, max_trace_bytes=100_000)

    with bench.django.start_as_current_span("GET /"):
        note(subject="x" * 200_000)
        note(subject="small")

    assert mails(bench)[0]["subject"] == "small"
    assert mails(bench)[-1] == {"dropped": 1}


def test_what_changes_is_written_as_it_ended(bench: Bench) -> None:
    start(bench)

    with bench.django.start_as_current_span("GET /"):
        payload: dict[str, object] = {"subject": "waiting"}
        moment = now(MAILS)
        assert moment is not None
        moment.note(payload, changes=True)
        payload["subject"] = "sent"

    assert mails(bench)[0]["subject"] == "sent"


def test_after_the_trace_was_written_nothing_is_taken(bench: Bench) -> None:
    start(bench)

    with bench.django.start_as_current_span("GET /") as span:
        context = trace.set_span_in_context(span)
    token = contexts.attach(context)
    try:
        assert now(MAILS) is None
    finally:
        contexts.detach(token)
    assert not ledger.is_recording()


def test_a_payload_that_is_no_json_is_swallowed(bench: Bench) -> None:
    start(bench)
    known = faults()

    with bench.django.start_as_current_span("GET /"):
        note(subject=object())
        note(subject="good")

    assert faults() != known
    assert [told["subject"] for told in mails(bench)] == ["good"]
