"""Outbound calls: how each is answered, by which mock, and what is asserted of them."""

from typing import Any, Literal

import pytest

from otel2test.inverting.arrangements import AnswerCall, Mock
from otel2test.inverting.assertions import (
    AssertAllAnswered,
    AssertCallCount,
    AssertSentBody,
    AssertSentForm,
    AssertSentJson,
)
from otel2test.inverting.expressions import Anything, Name
from tests.inverting.django.planning import plan, steps
from tests.recordings import Node, failure, outbound, request

URL = "https://api.example.com/v1/rate?day=1"


def answers(*calls: Node) -> list[AnswerCall]:
    return steps(plan(request("GET", "/", *calls)), AnswerCall)


def test_json_both_ways() -> None:
    (found,) = answers(outbound("POST", URL, json={"a": None}, status=201, answer={"ok": True}))

    assert (found.method, found.url, found.status) == ("POST", URL, 201)
    assert (found.json, found.is_json, found.sent_json, found.sends_json) == (
        {"ok": True},
        True,
        {"a": None},
        True,
    )


def test_a_form_and_a_text() -> None:
    form, text = answers(
        outbound(
            "POST", URL, body={"kind": "form", "fields": [("a", "1"), ("a", "2"), ("b", "é")]}, answer="fine"
        ),
        outbound("POST", URL, body={"kind": "text", "text": "a\"'\n"}, answer=b"\x00"),
    )

    assert (form.sent_form, form.body) == ((("a", ["1", "2"]), ("b", "é")), "fine")
    assert (text.sent_text, text.body) == ("a\"'\n", b"\x00")


def test_an_answer_of_json_null_is_json() -> None:
    (found,) = answers(outbound("GET", URL, answer={"kind": "json", "text": "null"}))

    assert (found.json, found.is_json or found.body == "null") == (None, True)


def test_redirects_keep_their_location() -> None:
    (found,) = answers(
        outbound("GET", URL, status=302, response_headers=[("Location", "/v2"), ("Date", "…")])
    )

    assert found.headers == (("Location", "/v2"),)


def test_a_connection_error() -> None:
    (found,) = answers(
        outbound("GET", URL, status=None, error=failure("requests.exceptions.ConnectionError", 'no "way"'))
    )

    assert found.error == Name("requests.exceptions", "ConnectionError")
    assert found.error_message == 'no "way"'


def test_what_was_drawn_or_read_off_the_clock_is_not_compared() -> None:
    (found,) = answers(
        outbound("POST", URL, json={"at": "2026-01-02T03:04:05Z", "key": "a8F3kQ9zL2mX7", "n": 1})
    )

    assert found.sent_json == {
        "at": Anything("read off the clock"),
        "key": Anything("drawn at random"),
        "n": 1,
    }


def test_calls_are_counted_and_texts_compared() -> None:
    found = plan(
        request("GET", "/", outbound("GET", URL), outbound("POST", URL, body={"kind": "text", "text": "x"}))
    )

    assert steps(found, AssertCallCount) == [AssertCallCount(2)]
    assert steps(found, AssertSentBody) == [AssertSentBody(1, "x")]


@pytest.mark.parametrize(
    "call", [outbound("GET", URL, status=None), outbound("G E T", URL)], ids=["unanswered", "odd"]
)
def test_a_call_that_cannot_be_answered_is_a_note(call: Node) -> None:
    found = plan(request("GET", "/", call))

    assert steps(found, AnswerCall) == []
    assert len(found.notes) == 1


# --- several libraries ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("library", "mock"),
    [("requests", "responses"), ("httpx", "respx"), ("urllib3", "mocket"), ("urllib", "mocket")],
)
def test_each_library_has_its_mock(library: Any, mock: Mock) -> None:
    (found,) = answers(outbound("GET", URL, library=library))

    assert found.mock == mock


def test_calls_are_counted_for_each_mock() -> None:
    calls = [outbound("GET", URL, library=library) for library in ("httpx", "urllib", "urllib3", "requests")]
    found = plan(request("GET", "/", *calls))

    assert steps(found, AssertCallCount) == [
        AssertCallCount(1, "respx"),
        AssertCallCount(2, "mocket"),
        AssertCallCount(1, "responses"),
    ]


@pytest.mark.parametrize("library", ["httpx", "urllib"])
def test_answers_to_one_url_are_one_step(library: Literal["httpx", "urllib"]) -> None:
    calls = [outbound("POST", URL, library=library, status=status) for status in (503, 200, 200)]
    (found,) = answers(*calls, outbound("GET", URL, library=library))[:1]

    assert (found.status, [answer.status for answer in found.then]) == (503, [200])


def test_answers_of_responses_stay_apart() -> None:
    assert [found.status for found in answers(outbound("GET", URL, status=503), outbound("GET", URL))] == [
        503,
        200,
    ]


def test_the_same_answer_again_is_told_once() -> None:
    (found,) = answers(*[outbound("GET", URL, library="httpx", answer="x")] * 3)

    assert found.then == ()


def test_no_answer_may_be_left_over_where_there_are_several() -> None:
    calls = [outbound("GET", f"{URL}{number}", library="httpx") for number in range(2)]

    assert steps(plan(request("GET", "/", *calls)), AssertAllAnswered) == [AssertAllAnswered("respx")]
    assert steps(plan(request("GET", "/", calls[0])), AssertAllAnswered) == []


def test_what_was_sent_is_compared_afterwards() -> None:
    found = plan(
        request(
            "GET",
            "/",
            outbound("POST", URL, library="httpx", json={"a": 1}),
            outbound("POST", URL, library="httpx", body={"kind": "form", "fields": [("a", "1"), ("b", "")]}),
            outbound("POST", URL, library="httpx", body={"kind": "binary", "base64": "AP8="}),
            outbound("POST", URL, library="urllib", body={"kind": "binary", "base64": "AGE="}),
            outbound("POST", URL, library="urllib", body={"kind": "binary", "base64": "AP8="}),
        )
    )

    assert steps(found, AssertSentJson) == [AssertSentJson(0, {"a": 1}, "respx")]
    assert steps(found, AssertSentForm) == [AssertSentForm(1, (("a", ["1"]), ("b", [""])), "respx")]
    assert steps(found, AssertSentBody) == [
        AssertSentBody(2, b"\x00\xff", "respx"),
        AssertSentBody(0, "\x00a", "mocket"),
    ]


REFUSED = "[Errno 111] Connection refused"


@pytest.mark.parametrize(
    ("library", "type_", "message", "raised"),
    [
        ("httpx", "httpx.ConnectTimeout", "timed out", (Name("httpx", "ConnectTimeout"), (), "timed out")),
        (
            "urllib",
            "urllib.error.URLError",
            f"<urlopen error {REFUSED}>",
            (Name("builtins", "OSError"), (111,), "Connection refused"),
        ),
        (
            "urllib",
            "urllib.error.URLError",
            "<urlopen error timed out>",
            (Name("builtins", "TimeoutError"), (), "timed out"),
        ),
        (
            "urllib",
            "urllib.error.URLError",
            "<urlopen error unknown>",
            (Name("builtins", "OSError"), (), "unknown"),
        ),
        (
            "urllib3",
            "urllib3.exceptions.NewConnectionError",
            f"HTTPConnection(host='h', port=1): Failed: {REFUSED}",
            (Name("urllib3.exceptions", "NewConnectionError"), (None,), f"Failed: {REFUSED}"),
        ),
        (
            "urllib3",
            "urllib3.exceptions.NameResolutionError",
            "HTTPConnection(host='h', port=1): Failed to resolve 'h'",
            (Name("urllib3.exceptions", "NewConnectionError"), (None,), "Failed to resolve 'h'"),
        ),
        (
            "urllib3",
            "urllib3.exceptions.ReadTimeoutError",
            "HTTPConnectionPool(host='h', port=1): Read timed out.",
            (Name("urllib3.exceptions", "ReadTimeoutError"), (None, None), "Read timed out."),
        ),
        (
            "urllib3",
            "builtins.ConnectionResetError",
            "[Errno 104] Connection reset by peer",
            (Name("builtins", "OSError"), (104,), "Connection reset by peer"),
        ),
    ],
)
def test_exceptions_are_raised_so_that_the_program_sees_them(
    library: Any, type_: str, message: str, raised: object
) -> None:
    (found,) = answers(outbound("GET", URL, library=library, status=None, error=failure(type_, message)))

    assert (found.error, found.error_arguments, found.error_message) == raised


@pytest.mark.parametrize(
    "call",
    [
        outbound("PURGE", URL, library="urllib"),
        outbound("GET", URL, library="urllib", status=None, error=failure("builtins.TimeoutError", "")),
    ],
    ids=["method", "while the answer was awaited"],
)
def test_what_no_socket_can_do_is_a_note(call: Node) -> None:
    found = plan(request("GET", "/", call))

    assert steps(found, AnswerCall) == []
    assert len(found.notes) == 1
