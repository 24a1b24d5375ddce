"""Hops of ``requests``."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.utils import suppress_instrumentation
from requests.adapters import HTTPAdapter

from otel2test.processors.guard import faults
from otel2test.processors.outbound import requests as outbound
from otel2test.processors.redaction import redactor
from tests.processors.conftest import Bench, spans, written
from tests.processors.outbound.conftest import attribute, hops, only_hop


@pytest.fixture
def installed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(HTTPAdapter, "send", HTTPAdapter.send)  # puts it back afterwards
    known = faults()
    outbound.install(bench.start(max_body=100))
    RequestsInstrumentor().instrument(tracer_provider=bench.provider)
    yield bench
    RequestsInstrumentor().uninstrument()
    assert faults() == known


def test_a_call_with_both_bodies(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        response = requests.post(f"{server}/rates?day=1&token=t0ken-t0ken", json={"amount": 5}, timeout=5)
    assert response.json()["rate"] == 1.5
    payload = only_hop(installed)
    secret = redactor.secret("t0ken-t0ken")
    assert payload["library"] == "requests"
    assert payload["method"] == "POST"
    assert payload["url"] == f"{server}/rates?day=1&token={secret}"
    assert payload["body"] == {"kind": "json", "size": 13, "text": '{"amount": 5}'}
    assert payload["status"] == 200
    assert payload["reason"] == "OK"
    assert payload["response_body"]["text"] == f'{{"rate": 1.50, "token": "{secret}"}}'
    cookies = [value for name, value in payload["response_headers"] if name == "Set-Cookie"]
    assert cookies == [f"sessionid={redactor.secret('abc123abc')}; Path=/", "theme=dark"]


def test_the_record_is_on_the_instrumentations_span(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        requests.get(f"{server}/a", timeout=5)
    line = written(installed.folder)[0]
    assert len(spans(line)) == 2
    ((span, _),) = hops(installed)
    assert attribute(span, "http.url") or attribute(span, "url.full")


def test_credentials_are_replaced(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        requests.get(server, auth=("joe", "hunter2-hunter2"), headers={"X-Api-Key": "t0ken-t0ken"}, timeout=5)
    headers = dict(only_hop(installed)["headers"])
    assert headers["Authorization"].startswith("Basic ")
    assert headers["X-Api-Key"] == redactor.secret("t0ken-t0ken")
    assert "hunter2" not in json.dumps(written(installed.folder))


def test_every_hop_of_a_redirect(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        requests.get(f"{server}/old", timeout=5)
    (first_span, first), (second_span, second) = hops(installed)
    assert (first["url"], first["status"]) == (f"{server}/old", 302)
    assert dict(first["response_headers"])["Location"] == "/new"
    assert first["response_body"] == {"kind": "empty"}
    assert (second["url"], second["status"]) == (f"{server}/new", 200)
    assert second_span["parentSpanId"] == first_span["spanId"]
    assert attribute(second_span, "url.full") == {"stringValue": f"{server}/new"}
    assert attribute(second_span, "http.response.status_code") == {"intValue": "200"}


def test_without_the_instrumentation_there_is_a_span_of_ours(installed: Bench, server: str) -> None:
    RequestsInstrumentor().uninstrument()
    with installed.django.start_as_current_span("GET /"):
        requests.get(f"{server}/missing", timeout=5)
    ((span, payload),) = hops(installed)
    assert (payload["status"], payload["reason"]) == (404, "Not Here")
    assert span["kind"] in {3, "SPAN_KIND_CLIENT"}
    assert attribute(span, "http.request.method") == {"stringValue": "GET"}


def test_outside_of_a_trace_nothing_is_recorded(installed: Bench, server: str) -> None:
    RequestsInstrumentor().uninstrument()
    assert requests.get(server, timeout=5).status_code == 200
    with installed.django.start_as_current_span("GET /"), suppress_instrumentation():
        assert requests.get(server, timeout=5).status_code == 200
    assert hops(installed) == []


def test_no_answer(installed: Bench) -> None:
    with installed.django.start_as_current_span("GET /"), pytest.raises(requests.ConnectionError) as raised:
        requests.get("http://127.0.0.1:1/", timeout=5)
    payload = only_hop(installed)
    assert payload["error"]["type"] == "requests.exceptions.ConnectionError"
    assert payload["error"]["message"] == str(raised.value)
    assert "status" not in payload


def test_an_answer_that_is_streamed_is_left_alone(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        response = requests.get(server, stream=True, timeout=5)
    assert only_hop(installed)["response_body"] == {"kind": "streamed"}
    assert response.json()["rate"] == 1.5


def test_an_answer_that_is_streamed_and_then_read_is_known(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        assert requests.get(server, stream=True, timeout=5).content
    assert only_hop(installed)["response_body"]["kind"] == "json"


@pytest.mark.parametrize("body", [iter([b"a", b"b"]), io.BytesIO(b"file")])
def test_a_body_that_is_made_while_it_is_sent_is_not_read(
    installed: Bench, server: str, body: Iterator[bytes]
) -> None:
    with installed.django.start_as_current_span("GET /"):
        assert requests.put(server, data=body, timeout=5).status_code == 200
    assert only_hop(installed)["body"] == {"kind": "unread"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, {"kind": "empty"}),
        (
            {"data": {"user": "joe", "note": "x y"}},
            {"kind": "form", "size": 17, "fields": [["user", "joe"], ["note", "x y"]]},
        ),
        (
            {"data": "é", "headers": {"Content-Type": "text/plain"}},
            {"kind": "text", "size": 2, "text": "é"},
        ),
        ({"data": b"\x00\xff"}, {"kind": "binary", "size": 2, "base64": "AP8="}),
        (
            {"data": "x" * 200, "headers": {"Content-Type": "text/plain"}},
            {"kind": "text", "size": 200, "text": "x" * 100, "cut": True},
        ),
    ],
)
def test_bodies(installed: Bench, server: str, arguments: Any, expected: Any) -> None:
    with installed.django.start_as_current_span("GET /"):
        requests.post(server, timeout=5, **arguments)
    assert only_hop(installed)["body"] == expected


def test_files_are_uploaded_as_they_were(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        requests.post(server, files={"logo": ("a.txt", b"hi", "text/plain")}, timeout=5)
    assert only_hop(installed)["body"]["kind"] == "multipart"


def test_a_call_that_is_made_wrongly_fails_as_without_us(installed: Bench) -> None:
    with installed.django.start_as_current_span("GET /"):
        with pytest.raises(requests.exceptions.InvalidSchema):
            requests.get("gopher://example.org/", timeout=5)
        with pytest.raises(TypeError):
            HTTPAdapter().send()  # type: ignore[call-arg] # on purpose
    assert hops(installed) == []
