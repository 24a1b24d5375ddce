"""Hops of ``urllib3``."""

import json
from collections.abc import Iterator

import pytest
import requests
import urllib3
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool

from otel2test.processors.guard import faults
from otel2test.processors.outbound import requests as outbound_requests
from otel2test.processors.outbound import urllib3 as outbound
from otel2test.processors.redaction import redactor
from tests.processors.conftest import Bench, spans, written
from tests.processors.outbound.conftest import attribute, hops, only_hop


@pytest.fixture
def installed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(HTTPConnectionPool, "_make_request", HTTPConnectionPool._make_request)
    known = faults()
    outbound.install(bench.start(max_body=100))
    yield bench
    URLLib3Instrumentor().uninstrument()
    assert faults() == known


def test_a_call_with_both_bodies(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("POST /"):
        response = urllib3.request("POST", f"{server}/rates?day=1&token=t0ken-t0ken", json={"amount": 5})
    assert response.json()["rate"] == 1.5
    payload = only_hop(installed)
    secret = redactor.secret("t0ken-t0ken")
    assert (payload["library"], payload["method"]) == ("urllib3", "POST")
    assert payload["url"] == f"{server}/rates?day=1&token={secret}"
    assert payload["body"] == {"kind": "json", "size": 12, "text": '{"amount":5}'}
    assert (payload["status"], payload["reason"]) == (200, "OK")
    assert payload["response_body"]["text"] == f'{{"rate": 1.50, "token": "{secret}"}}'
    cookies = [value for name, value in payload["response_headers"] if name == "Set-Cookie"]
    assert cookies == [f"sessionid={redactor.secret('abc123abc')}; Path=/", "theme=dark"]


def test_every_hop_of_a_redirect(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        urllib3.request("GET", f"{server}/old")
    (_, first), (_, second) = hops(installed)
    assert (first["url"], first["status"]) == (f"{server}/old", 302)
    assert (second["url"], second["status"]) == (f"{server}/new", 200)


def test_every_try(installed: Bench, server: str) -> None:
    retries = urllib3.Retry(3, status_forcelist=[503], backoff_factor=0)
    with installed.django.start_as_current_span("GET /"):
        assert urllib3.request("GET", f"{server}/busy", retries=retries).status == 200
    assert [payload["status"] for _, payload in hops(installed)] == [503, 200]


def test_the_record_is_on_the_instrumentations_span(installed: Bench, server: str) -> None:
    URLLib3Instrumentor().instrument(tracer_provider=installed.provider)
    with installed.django.start_as_current_span("GET /"):
        urllib3.request("GET", f"{server}/a")
    assert len(spans(written(installed.folder)[0])) == 2
    ((span, _),) = hops(installed)
    assert attribute(span, "http.url") or attribute(span, "url.full")


@pytest.mark.parametrize("instrumented", [False, True])
def test_what_requests_sends_is_recorded_once(
    installed: Bench, server: str, monkeypatch: pytest.MonkeyPatch, instrumented: bool
) -> None:
    monkeypatch.setattr(HTTPAdapter, "send", HTTPAdapter.send)
    outbound_requests.install(installed.recorder)
    if instrumented:
        URLLib3Instrumentor().instrument(tracer_provider=installed.provider)
    with installed.django.start_as_current_span("GET /"):
        requests.get(server, timeout=5)
        urllib3.request("GET", server)
    assert [payload["library"] for _, payload in hops(installed)] == ["requests", "urllib3"]


def test_no_answer(installed: Bench) -> None:
    with installed.django.start_as_current_span("GET /"), pytest.raises(urllib3.exceptions.MaxRetryError):
        urllib3.request("GET", "http://127.0.0.1:1/", retries=0)
    error = only_hop(installed)["error"]
    assert error["type"] == "urllib3.exceptions.NewConnectionError"
    assert "Connection refused" in error["message"]


def test_an_answer_that_is_left_alone(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        response = urllib3.request("GET", server, preload_content=False)
    assert only_hop(installed)["response_body"] == {"kind": "unread"}
    assert json.load(response)["rate"] == 1.5


def test_an_answer_that_is_read_bit_by_bit(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        response = urllib3.request("GET", server, preload_content=False)
        assert len(b"".join(response.stream(10))) == 38
    assert only_hop(installed)["response_body"]["size"] == 38


def test_outside_of_a_trace_nothing_is_recorded(installed: Bench, server: str) -> None:
    assert urllib3.request("GET", server).status == 200
    assert hops(installed) == []
