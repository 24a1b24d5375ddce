"""The same hooks under ASGI."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncClient
from opentelemetry.instrumentation.django.middleware.otel_middleware import _DjangoMiddleware

from tests.processors.django.projects.shop.harness import Memory, Recorded
from tests.processors.django.projects.shop.models import Shelf
from tests.processors.django.projects.shop.urls import Stage


def send(memory: Memory, view: Any, **request: Any) -> tuple[Any, Recorded]:
    async def once() -> Any:
        client = AsyncClient(raise_request_exception=False)
        method = getattr(client, request.pop("method", "get"))
        response = await method(request.pop("path", "/astage/x/"), **request)
        if response.streaming:
            response.content_kept = b"".join([part async for part in response.streaming_content])
            response.close()
        return response

    Stage.view = view
    memory.traces.clear()
    response = asyncio.run(once())
    (recorded,) = memory.requests()
    return response, recorded


def test_request_with_body_and_query(memory: Memory) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{request.POST['a']} {await Shelf.objects.acount()}")

    response, recorded = send(memory, view, method="post", data={"a": "1"})
    assert response.content == b"1 0"
    assert recorded["http.request"]["body"]["fields"] == [["a", "1"]]
    assert recorded["http.response"]["body"]["text"] == "1 0"
    assert recorded["http.view"]["qualname"] == "on_async_stage"
    assert recorded.query("COUNT")["rows"] == [[0]]


def test_asynchronous_stream(memory: Memory) -> None:
    async def chunks() -> AsyncIterator[str]:
        yield "a"
        yield str(await Shelf.objects.acount())

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(chunks(), content_type="text/plain")

    response, recorded = send(memory, view)
    assert response.content_kept == b"a0"
    assert recorded["http.response"]["body"]["text"] == "a0"
    assert recorded.query("COUNT")["rows"] == [[0]]


def test_synchronous_view(memory: Memory) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(Shelf.objects.count()))

    response, recorded = send(memory, view, path="/stage/x/")
    assert response.content == b"0"
    assert recorded.query("COUNT")["rows"] == [[0]]


def test_exception(memory: Memory) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        raise LookupError("gone")

    response, recorded = send(memory, view)
    assert response.status_code == 500
    assert recorded["exception"]["message"] == "gone"
    assert "test_async.py:" in recorded["exception"]["where"]


def test_requests_at_the_same_time_do_not_mix(memory: Memory) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0)
        return HttpResponse(request.GET["n"] + str(await Shelf.objects.acount()))

    async def both() -> None:
        clients = [AsyncClient(), AsyncClient()]
        await asyncio.gather(*(client.get("/astage/x/", {"n": str(n)}) for n, client in enumerate(clients)))

    Stage.view = view
    memory.traces.clear()
    asyncio.run(both())
    traces = memory.requests()
    assert len(traces) == 2
    for trace in traces:
        sent = trace["http.request"]["query_string"]
        assert trace["http.response"]["body"]["text"] == f"{sent[-1]}0"
        assert len(trace.queries) == 1


@pytest.mark.parametrize("hooked", [False, True], ids=["awaited", "in a thread"])
def test_a_task_that_outlives_its_request(
    memory: Memory, hooked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It works as without us, and its rows are told in a line of their own of the same trace."""
    if hooked:
        # A hook of the user's may query, which only threads may.
        monkeypatch.setattr(
            _DjangoMiddleware, "_otel_request_hook", lambda span, request: Shelf.objects.count()
        )
    found: list[object] = []

    async def later() -> None:
        await asyncio.sleep(0.05)
        if not hooked:
            found.append(await Shelf.objects.acount())
            found.extend([shelf async for shelf in Shelf.objects.all()])

    async def view(request: HttpRequest) -> HttpResponse:
        tasks.append(asyncio.create_task(later()))
        return HttpResponse("started")

    async def both() -> Any:
        response = await AsyncClient().get("/astage/x/")
        await tasks[0]
        return response

    tasks: list[asyncio.Task[None]] = []
    Stage.view = view
    memory.traces.clear()
    assert asyncio.run(both()).content == b"started"
    if hooked:
        assert len(memory.requests()[0].queries) == 1
    else:
        assert found == [0]
        late = [query for trace in memory.traces[1:] for query in trace.queries]
        assert [query["rows"] for query in late] == [[[0]], []]
        assert len({span["traceId"] for span in map(_first_span, memory.traces)}) == 1


def _first_span(trace: Recorded) -> dict[str, Any]:
    span: dict[str, Any] = json.loads(trace.line)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    return span


@pytest.mark.skipif(not hasattr(User.objects, "aget"), reason="no asynchronous query sets")
def test_user_resolved_asynchronously(memory: Memory) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        user = await request.auser() if hasattr(request, "auser") else request.user
        return HttpResponse(str(user.is_anonymous))

    response, recorded = send(memory, view)
    assert response.content == b"True"
    assert recorded["user"] == {"authenticated": False}
