"""Hops of ``httpx``, synchronous and not."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

from otel2test.processors.guard import faults
from otel2test.processors.outbound import httpx as outbound
from otel2test.processors.redaction import redactor
from tests.processors.conftest import Bench, spans, written
from tests.processors.outbound.conftest import attribute, hops, only_hop


@pytest.fixture
def installed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", httpx.HTTPTransport.handle_request)
    monkeypatch.setattr(
        httpx.AsyncHTTPTransport, "handle_async_request", httpx.AsyncHTTPTransport.handle_async_request
    )
    known = faults()
    outbound.install(bench.start(max_body=100))
    yield bench
    HTTPXClientInstrumentor().uninstrument()
    assert faults() == known


def _asynchronously(method: str, url: str, **arguments: Any) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(follow_redirects=arguments.pop("follow_redirects", False)) as client:
            return await client.request(method, url, **arguments)

    return asyncio.run(ask())


both = pytest.mark.parametrize("request_", [httpx.request, _asynchronously], ids=["sync", "async"])


@both
def test_a_call_with_both_bodies(
    installed: Bench, server: str, request_: Callable[..., httpx.Response]
) -> None:
    with installed.django.start_as_current_span("POST /"):
        response = request_("POST", f"{server}/rates?token=t0ken-t0ken", json={"amount": 5})
    assert response.json()["rate"] == 1.5
    payload = only_hop(installed)
    secret = redactor.secret("t0ken-t0ken")
    assert (payload["library"], payload["method"]) == ("httpx", "POST")
    assert payload["url"] == f"{server}/rates?token={secret}"
    assert payload["body"] == {"kind": "json", "size": 12, "text": '{"amount":5}'}
    assert (payload["status"], payload["reason"]) == (200, "OK")
    assert payload["response_body"]["text"] == f'{{"rate": 1.50, "token": "{secret}"}}'
    cookies = [value for name, value in payload["response_headers"] if name.lower() == "set-cookie"]
    assert cookies == [f"sessionid={redactor.secret('abc123abc')}; Path=/", "theme=dark"]


@both
def test_every_hop_of_a_redirect(
    installed: Bench, server: str, request_: Callable[..., httpx.Response]
) -> None:
    with installed.django.start_as_current_span("GET /"):
        request_("GET", f"{server}/old", follow_redirects=True)
    (_, first), (_, second) = hops(installed)
    assert (first["url"], first["status"]) == (f"{server}/old", 302)
    assert (second["url"], second["status"]) == (f"{server}/new", 200)


@both
def test_the_record_is_on_the_instrumentations_span(
    installed: Bench, server: str, request_: Callable[..., httpx.Response]
) -> None:
    HTTPXClientInstrumentor().instrument(tracer_provider=installed.provider)
    with installed.django.start_as_current_span("GET /"):
        request_("GET", f"{server}/a")
    assert len(spans(written(installed.folder)[0])) == 2
    ((span, _),) = hops(installed)
    assert attribute(span, "http.url") or attribute(span, "url.full")


@both
def test_no_answer(installed: Bench, request_: Callable[..., httpx.Response]) -> None:
    with installed.django.start_as_current_span("GET /"), pytest.raises(httpx.ConnectError) as raised:
        request_("GET", "http://127.0.0.1:1/")
    payload = only_hop(installed)
    assert payload["error"]["type"] == "httpx.ConnectError"
    assert payload["error"]["message"] == str(raised.value)


def test_an_answer_that_is_streamed_is_left_alone(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"), httpx.stream("GET", server) as response:
        assert len(b"".join(response.iter_bytes())) == 38
    assert only_hop(installed)["response_body"] == {"kind": "streamed"}


def test_an_answer_that_is_streamed_and_then_read_is_known(installed: Bench, server: str) -> None:
    with installed.django.start_as_current_span("GET /"), httpx.stream("GET", server) as response:
        response.read()
    assert only_hop(installed)["response_body"]["kind"] == "json"


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({}, "empty"),
        ({"data": {"user": "joe"}}, "form"),
        ({"content": b"\x00\xff"}, "binary"),
        ({"content": iter([b"a"])}, "unread"),
    ],
)
def test_bodies(installed: Bench, server: str, arguments: Any, kind: str) -> None:
    with installed.django.start_as_current_span("GET /"):
        assert httpx.post(server, **arguments).status_code == 200
    assert only_hop(installed)["body"]["kind"] == kind


def test_outside_of_a_trace_nothing_is_recorded(installed: Bench, server: str) -> None:
    assert httpx.get(server).status_code == 200
    assert hops(installed) == []
