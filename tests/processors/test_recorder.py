from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from opentelemetry.sdk.trace import ReadableSpan, Span, TracerProvider
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)

from otel2test import attributes
from tests.processors.conftest import Bench, written


def here() -> SpanContext:
    return get_current_span().get_span_context()


def fail() -> object:
    raise LookupError("gone")


# When a trace is written


def test_a_trace_is_one_line_when_its_last_span_ends(bench: Bench) -> None:
    with bench.django.start_as_current_span("request"):
        with bench.tracer.start_as_current_span("work"):
            pass
        assert bench.lines() == []

    (line,) = bench.lines()
    assert line.keys() == {"request", "work"}


def test_every_trace_has_a_line_of_its_own(bench: Bench) -> None:
    for name in ("first", "second"):
        bench.tracer.start_span(name).end()

    assert [list(line) for line in bench.lines()] == [["first"], ["second"]]


def test_a_held_trace_waits_for_every_release(bench: Bench) -> None:
    with bench.tracer.start_as_current_span("request"):
        releases = [bench.recorder.hold(here()) for _ in range(2)]
    for release in releases:
        assert bench.lines() == []
        release()

    assert len(bench.lines()) == 1


def test_a_release_counts_once(bench: Bench) -> None:
    with bench.tracer.start_as_current_span("request"):
        release = bench.recorder.hold(here())
        bench.recorder.hold(here())
    release()
    release()

    assert bench.lines() == []


def test_a_hold_that_is_released_early_changes_nothing(bench: Bench) -> None:
    with bench.tracer.start_as_current_span("request"):
        bench.recorder.hold(here())()

        assert bench.lines() == []
    assert len(bench.lines()) == 1


def test_holding_a_trace_that_nobody_knows_is_harmless(bench: Bench) -> None:
    bench.recorder.hold(SpanContext(1, 2, is_remote=False))()

    assert bench.lines() == []


def test_a_late_child_makes_a_second_line_of_the_same_trace(bench: Bench) -> None:
    with bench.django.start_as_current_span("request") as request:
        pass
    bench.tracer.start_span("late", context=set_span_in_context(request)).end()

    first, second = written(bench.folder)
    ids = [line["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] for line in (first, second)]
    assert ids[0] == ids[1]


def test_a_trace_open_for_too_long_is_written_as_far_as_it_is(bench: Bench) -> None:
    bench.start(trace_timeout=10)
    with bench.django.start_as_current_span("request"):
        bench.recorder.put(here(), "otel2test.user", {"authenticated": False})
        bench.tracer.start_span("work").end()
        bench.now = 11
        bench.tracer.start_span(
            "other", context=set_span_in_context(NonRecordingSpan(SpanContext(0, 0, False)))
        ).end()
        assert [list(line) for line in bench.lines()] == [["work"], ["other"]]

    assert bench.lines()[-1]["request"]["otel2test.user"] == '{"authenticated":false}'


def test_a_hold_never_released_ends_with_the_timeout(bench: Bench) -> None:
    bench.start(trace_timeout=10)
    with bench.tracer.start_as_current_span("held"):
        release = bench.recorder.hold(here())
    bench.now = 11
    bench.tracer.start_span("next").end()
    release()

    assert [list(line) for line in bench.lines()] == [["held"], ["next"]]


def test_the_oldest_gives_way_where_too_many_are_open(bench: Bench) -> None:
    bench.start(max_open_traces=2)
    for name in ("first", "second", "third"):
        with bench.tracer.start_as_current_span(name):
            bench.recorder.hold(here())

    assert [list(line) for line in bench.lines()] == [["first"]]


def test_a_further_span_of_an_open_trace_needs_no_room(bench: Bench) -> None:
    bench.start(max_open_traces=1)
    with bench.tracer.start_as_current_span("request"):
        bench.tracer.start_span("work").end()

        assert bench.lines() == []


def test_shutdown_writes_what_is_open(bench: Bench) -> None:
    with bench.django.start_as_current_span("request"):
        bench.tracer.start_span("work").end()
        bench.provider.shutdown()

    assert [list(line) for line in bench.lines()] == [["work"]]


def test_traces_of_many_threads_are_kept_apart(bench: Bench) -> None:
    def serve(number: int) -> None:
        with bench.django.start_as_current_span(f"request {number}"):
            bench.recorder.put(here(), "otel2test.user", f"user {number}")
            with bench.tracer.start_as_current_span(f"work {number}"):
                pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(serve, range(200)))

    lines = bench.lines()
    assert {frozenset(line) for line in lines} == {
        frozenset({f"request {n}", f"work {n}"}) for n in range(200)
    }
    assert all(line[f"request {n}"]["otel2test.user"] == f"user {n}" for line in lines for n in numbers(line))


def numbers(line: dict[str, Any]) -> set[str]:
    return {name.split()[-1] for name in line}


# What is put beside a span


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("as it is", "as it is"),
        ({"a": [1, None, "é"]}, '{"a":[1,null,"é"]}'),
        ([], "[]"),
        (lambda: {"made": "late"}, '{"made":"late"}'),
        (lambda: "text", "text"),
        ({"lone": "\ud800"}, '{"lone":"\ufffd"}'),
    ],
)
def test_payloads_become_text(bench: Bench, payload: object, text: str) -> None:
    with bench.tracer.start_as_current_span("span", attributes={"own": "attribute"}):
        bench.recorder.put(here(), "otel2test.user", payload)

    assert bench.lines() == [{"span": {"own": "attribute", "otel2test.user": text}}]


def test_a_payload_is_taken_as_it_is_now_and_a_callable_as_it_will_be(bench: Bench) -> None:
    now, later = ["now"], ["now"]
    with bench.tracer.start_as_current_span("span"):
        bench.recorder.put(here(), "now", now)
        bench.recorder.put(here(), "later", lambda: later)
        now.append("later")
        later.append("later")

    assert bench.lines() == [{"span": {"now": '["now"]', "later": '["now","later"]'}}]


def test_a_span_that_has_ended_can_still_be_added_to(bench: Bench) -> None:
    with bench.tracer.start_as_current_span("request"):
        with bench.tracer.start_as_current_span("query"):
            query = here()
        bench.recorder.put(query, "otel2test.user", "rows")

    assert bench.lines()[0]["query"] == {"otel2test.user": "rows"}


def test_what_comes_after_the_trace_was_written_is_lost(bench: Bench) -> None:
    with bench.tracer.start_as_current_span("request"):
        context = here()
    bench.recorder.put(context, "otel2test.user", "late")
    bench.recorder.put(SpanContext(1, 2, is_remote=False), "otel2test.user", "nobody's")

    assert bench.lines() == [{"request": {}}]


def test_a_callable_without_an_answer_adds_nothing(bench: Bench) -> None:
    with bench.tracer.start_as_current_span("span"):
        bench.recorder.put(here(), "otel2test.user", lambda: None)

    assert bench.lines() == [{"span": {}}]


def test_a_payload_that_fails_is_named_in_the_recording(bench: Bench) -> None:
    with bench.django.start_as_current_span("request"):
        bench.recorder.put(here(), "otel2test.user", fail)
        bench.recorder.put(here(), "otel2test.session", lambda: {"kept": object()})
        bench.recorder.put(here(), "otel2test.http.view", {"kept": True})

    (line,) = bench.lines()
    assert line["request"]["otel2test.http.view"] == '{"kept":true}'
    faults = orjson.loads(line["request"][attributes.FAULTS])
    assert faults == [
        "otel2test.user could not be recorded: LookupError",
        "otel2test.session could not be recorded: TypeError",
    ]


def test_the_request_span_names_the_format(bench: Bench) -> None:
    with bench.django.start_as_current_span("request"), bench.tracer.start_as_current_span("work"):
        pass

    assert bench.lines() == [{"request": {"otel2test.format": "2"}, "work": {}}]


def test_a_trace_that_grows_too_large_takes_no_further_spans_and_says_so(bench: Bench) -> None:
    bench.start(max_trace_bytes=10_000)
    with bench.django.start_as_current_span("request"):
        request = here()
        for number in range(100):
            with bench.tracer.start_as_current_span(f"work {number}"):
                bench.recorder.put(here(), "otel2test.db.query", "x" * 1000)
        bench.recorder.put(request, "otel2test.http.response", "kept")

    (line,) = bench.lines()
    kept = len(line) - 1
    assert 1 < kept < 10
    assert line["request"]["otel2test.http.response"] == "kept"
    assert f"{100 - kept} spans left out" in line["request"][attributes.FAULTS]


# What is not written


def query(bench: Bench, name: str = "SELECT", **options: Any) -> None:
    bench.tracer.start_span(name, attributes={"db.system": "sqlite"}, **options).end()


def test_queries_outside_of_everything_are_not_written(bench: Bench) -> None:
    query(bench)
    with bench.tracer.start_as_current_span("SELECT 2"):
        bench.recorder.put(here(), attributes.QUERY, {})
        query(bench)

    assert bench.lines() == []


@pytest.mark.parametrize("around", ["opentelemetry.instrumentation.django", "celery"])
def test_queries_inside_of_something_are_written(bench: Bench, around: str) -> None:
    with bench.provider.get_tracer(around).start_as_current_span("around"):
        query(bench)

    assert bench.lines()[0].keys() == {"around", "SELECT"}


def test_a_late_query_of_a_trace_written_already_is_written(bench: Bench) -> None:
    with bench.django.start_as_current_span("request") as request:
        pass
    query(bench, context=set_span_in_context(request))

    assert [list(line) for line in bench.lines()] == [["request"], ["SELECT"]]


def test_a_query_with_more_of_ours_is_written(bench: Bench) -> None:
    with bench.tracer.start_as_current_span("SELECT", attributes={"db.system.name": "sqlite"}):
        bench.recorder.put(here(), attributes.CALLS, [])

    assert len(bench.lines()) == 1


def test_a_span_that_began_before_the_recorder_came_is_not_written(bench: Bench) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    early = provider.get_tracer("tests").start_span("early")
    bench.recorder.attach(provider)
    early.end()

    assert bench.lines() == []


def test_nothing_is_kept_after_writing(bench: Bench) -> None:
    with bench.django.start_as_current_span("request"):
        bench.recorder.put(here(), "otel2test.user", "x")
        bench.recorder.hold(here())()

    assert bench.recorder._open == {}


# Listeners, providers, processes


def test_listeners_see_spans_while_their_trace_is_open(bench: Bench) -> None:
    def started(span: Span) -> None:
        bench.recorder.put(span.get_span_context(), "started", span.name)

    def ended(span: ReadableSpan) -> None:
        context = span.get_span_context()
        assert context is not None
        bench.recorder.put(context, "ended", str(span.end_time is not None))

    bench.recorder.on_span_start(started)
    bench.recorder.on_span_end(ended)
    bench.tracer.start_span("span").end()

    assert bench.lines() == [{"span": {"started": "span", "ended": "True"}}]


def test_a_listener_that_fails_is_nobody_elses_trouble(bench: Bench) -> None:
    def failing(span: object) -> None:
        raise LookupError

    seen: list[str] = []
    bench.recorder.on_span_start(failing)
    bench.recorder.on_span_end(failing)
    bench.recorder.on_span_start(lambda span: seen.append(span.name))
    bench.tracer.start_span("span").end()

    assert seen == ["span"]
    assert len(bench.lines()) == 1


def test_attaching_again_does_nothing(bench: Bench) -> None:
    bench.recorder.attach(bench.provider)
    bench.tracer.start_span("span").end()

    assert len(bench.lines()) == 1


def test_its_tracer_is_one_of_the_provider_that_it_records(bench: Bench) -> None:
    bench.recorder.tracer("otel2test.database").start_span("span").end()

    (line,) = written(bench.folder)
    assert line["resourceSpans"][0]["scopeSpans"][0]["scope"]["name"] == "otel2test.database"


def test_spans_that_are_not_sampled_but_recorded_elsewhere_are_ignored(bench: Bench) -> None:
    unsampled = SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(0))
    bench.tracer.start_span("span", context=set_span_in_context(NonRecordingSpan(unsampled))).end()

    assert bench.lines() == []


def test_a_folder_that_cannot_be_written_stops_the_recorder(
    bench: Bench, said: Callable[[], list[str]]
) -> None:
    bench.folder.write_text("a file, where the folder should be")
    for _ in range(2):
        bench.tracer.start_span("span").end()

    assert len(said()) == 1
    assert not bench.recorder.is_able()


def test_a_forked_child_starts_anew(bench: Bench) -> None:
    bench.tracer.start_span("before").end()
    with bench.django.start_as_current_span("the parent's"):
        with bench.recorder._lock:  # another thread may be inside when the process forks
            child = os.fork()
            if child == 0:
                bench.tracer.start_span(
                    "the child's", context=set_span_in_context(NonRecordingSpan(SpanContext(0, 0, False)))
                ).end()
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    files = {file.name: file.read_bytes().count(b"\n") for file in bench.folder.iterdir()}
    assert files == {f"shop-{os.getpid()}.json": 2, f"shop-{child}.json": 1}
