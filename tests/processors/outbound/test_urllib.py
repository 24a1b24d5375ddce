"""Hops of ``urllib.request``."""

import io
import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from urllib.request import AbstractHTTPHandler, Request, urlopen

import pytest

from otel2test.processors.guard import faults
from otel2test.processors.outbound import urllib as outbound
from otel2test.processors.redaction import redactor
from tests.processors.conftest import Bench
from tests.processors.outbound.conftest import attribute, hops, only_hop


@pytest.fixture
def installed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(AbstractHTTPHandler, "do_open", AbstractHTTPHandler.do_open)
    known = faults()
    outbound.install(bench.start(max_body=100))
    yield bench
    assert faults() == known


def test_a_call_with_both_bodies(installed: Bench, server: str) -> None:
    request = Request(
        f"{server}/rates?token=t0ken-t0ken", b'{"amount": 5}', {"Content-Type": "application/json"}
    )
    with installed.django.start_as_current_span("POST /"), urlopen(request, timeout=5) as response:
        assert json.load(response)["rate"] == 1.5
    payload = only_hop(installed)
    secret = redactor.secret("t0ken-t0ken")
    assert (payload["library"], payload["method"]) == ("urllib", "POST")
    assert payload["url"] == f"{server}/rates?token={secret}"
    assert payload["body"] == {"kind": "json", "size": 13, "text": '{"amount": 5}'}
    assert (payload["status"], payload["reason"]) == (200, "OK")
    assert payload["response_body"] == {
        "kind": "json",
        "size": 38,
        "text": f'{{"rate": 1.50, "token": "{secret}"}}',
    }
    cookies = [value for name, value in payload["response_headers"] if name == "Set-Cookie"]
    assert cookies == [f"sessionid={redactor.secret('abc123abc')}; Path=/", "theme=dark"]


def test_every_hop_of_a_redirect(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        urlopen(f"{server}/old", timeout=5).close()
    (span, first), (_, second) = hops(installed)
    assert (first["url"], first["status"]) == (f"{server}/old", 302)
    assert (second["url"], second["status"]) == (f"{server}/new", 200)
    assert attribute(span, "url.full") == {"stringValue": f"{server}/old"}


def test_an_error_that_the_server_answers(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        with pytest.raises(urllib.error.HTTPError) as raised:
            urlopen(f"{server}/missing", timeout=5)
        assert raised.value.read()
    payload = only_hop(installed)
    assert (payload["status"], payload["reason"]) == (404, "Not Here")
    assert payload["response_body"]["kind"] == "json"


def test_no_answer(installed: Bench) -> None:
    with installed.django.start_as_current_span("GET /"), pytest.raises(urllib.error.URLError):
        urlopen("http://127.0.0.1:1/", timeout=5)
    error = only_hop(installed)["error"]
    assert error["type"] == "urllib.error.URLError"
    assert error["message"] == "<urlopen error [Errno 111] Connection refused>"


def test_an_answer_that_is_left_alone(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        response = urlopen(server, timeout=5)
    assert only_hop(installed)["response_body"] == {"kind": "unread"}
    assert json.load(response)["rate"] == 1.5


def test_an_answer_that_is_read_in_part(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"), urlopen(server, timeout=5) as response:
        assert response.read(7) == b'{"rate"'
    body = only_hop(installed)["response_body"]
    assert (body["text"], body["size"], body["cut"]) == ('{"rate"', 38, True)


def _into(response: HTTPResponse) -> bytes:
    buffer = bytearray(50)
    return bytes(buffer[: response.readinto(buffer)])


def _copied(response: HTTPResponse) -> bytes:
    target = io.BytesIO()
    shutil.copyfileobj(response, target)
    return target.getvalue()


@pytest.mark.parametrize(
    "read",
    [
        b"".join,
        lambda response: b"".join(response.readlines()),
        lambda response: response.read1(),
        lambda response: io.TextIOWrapper(response).read().encode(),
        _into,
        _copied,
    ],
    ids=["iterated", "lines", "read1", "text", "into", "copied"],
)
def test_ways_to_read(installed: Bench, server: str, read: Callable[[HTTPResponse], bytes]) -> None:
    with installed.django.start_as_current_span("GET /"), urlopen(server, timeout=5) as response:
        assert len(read(response)) == 38
    assert only_hop(installed)["response_body"]["size"] == 38


def test_a_file_that_is_sent_is_not_read(installed: Bench, server: str) -> None:
    request = Request(server, io.BytesIO(b"file"), {"Content-Length": "4"}, method="PUT")
    with installed.django.start_as_current_span("GET /"):
        assert urlopen(request, timeout=5).status == 200
    assert only_hop(installed)["body"] == {"kind": "unread"}


def test_outside_of_a_trace_nothing_is_recorded(installed: Bench, server: str) -> None:
    assert urlopen(server, timeout=5).status == 200
    assert hops(installed) == []
