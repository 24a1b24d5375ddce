"""A guest touches nothing lazy, keeps nothing alive and doesn't grow; with all hooks in place."""

from __future__ import annotations

import asyncio
import gc
import inspect
import io
import logging
import socket
import tracemalloc
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from opentelemetry.sdk.trace import TracerProvider

from otel2test.processors import instrumenting, recorder
from otel2test.processors.guard import faults
from otel2test.processors.recorder import Recorder
from otel2test.processors.settings import RecorderSettings
from tests.processors.django.projects.shop.harness import Memory, create_tables, set_up_django

MEMORY = Memory()
set_up_django()
RECORDER = Recorder(RecorderSettings(max_rows=100, max_body=1000, max_trace_bytes=200_000), MEMORY)
recorder.activate(RECORDER)
RECORDER.attach(TracerProvider(shutdown_on_exit=False))
instrumenting.install(RECORDER)
SQLite3Instrumentor().instrument(tracer_provider=RECORDER.provider)

from django.core.files.base import File  # noqa: E402 - Django is set up before it is used
from django.db import connection  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.template.response import TemplateResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils.functional import SimpleLazyObject, empty, lazy  # noqa: E402

from tests.processors.django.projects.shop.models import Product, Shelf, Tag  # noqa: E402
from tests.processors.django.projects.shop.urls import Stage  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def _tables() -> None:
    create_tables()
    connection.ensure_connection()
    Product.objects.create(title="one", shelf=Shelf.objects.create(name="top"))
    Tag.objects.bulk_create(Tag(label=str(number)) for number in range(1000))


@pytest.fixture(autouse=True)
def _nothing_failed() -> Iterator[None]:
    known = faults()
    # Django logs errors, and pytest prints and keeps what is logged, arguments and frames included.
    logging.disable()
    yield
    logging.disable(logging.NOTSET)
    assert faults() == known


def visit(view: Callable[..., Any], **data: Any) -> None:
    Stage.view = view
    MEMORY.traces.clear()
    response: Any = Client(raise_request_exception=False).get("/stage/x/", data)
    response.close()
    assert len(MEMORY.requests()) == 1


# Nothing lazy is evaluated


class Untouched(io.RawIOBase):
    """A file that counts what is asked of it."""

    name = "untouched.bin"
    asked = 0

    def _count(self, *args: object) -> Any:
        type(self).asked += 1
        return b""

    read = readinto = readall = seek = tell = readline = _count


def evaluated() -> str:
    raise AssertionError("evaluated")


def numbers() -> Iterator[int]:
    yield 1


async def async_numbers() -> AsyncIterator[int]:
    yield 1


async def later() -> None:
    """Wait to be awaited."""


class Lazy:
    """One object of each lazy sort, and whether it still is lazy."""

    def __init__(self) -> None:
        self.rows = Tag.objects.filter(label="1")
        self.raw = Tag.objects.raw("SELECT * FROM shop_tag")
        shelf: Any = Shelf.objects.get()
        self.related = shelf.product_set
        self.deferred = Product.objects.only("pk").get()
        self.parent = Product.objects.get()
        self.text = lazy(evaluated, str)()
        self.object = SimpleLazyObject(evaluated)
        self.file: Any = Untouched()
        untouched: Any = self.file
        self.wrapped_file = File(untouched)
        self.socket = socket.socketpair()[0]
        self.generator: Any = numbers()
        self.async_generator: Any = async_numbers()
        self.coroutine = later()
        self.mapped = map(len, [""])

    def check(self) -> None:
        assert vars(self.rows)["_result_cache"] is None
        assert vars(self.raw)["_result_cache"] is None
        assert self.deferred.get_deferred_fields() >= {"title", "price"}
        assert "shelf" not in self.parent._state.fields_cache
        assert vars(self.object)["_wrapped"] is empty
        assert Untouched.asked == 0
        assert self.socket.fileno() > 0
        assert inspect.getgeneratorstate(self.generator) == inspect.GEN_CREATED
        assert self.async_generator.ag_frame is not None
        assert not self.async_generator.ag_running
        assert inspect.getcoroutinestate(self.coroutine) == inspect.CORO_CREATED
        self.socket.close()
        self.coroutine.close()


def hand(*things: object, **named: object) -> object:
    return {"things": things, **named}


def as_arguments(request: HttpRequest, made: Lazy) -> HttpResponse:
    hand(*vars(made).values(), **vars(made))
    return HttpResponse()


def in_the_session(request: HttpRequest, made: Lazy) -> HttpResponse:
    for name, thing in vars(made).items():
        request.session[name] = thing
    request.session.modified = False
    request.session.accessed = True
    return HttpResponse()


def in_the_context(request: HttpRequest, made: Lazy) -> HttpResponse:
    return render(request, "shop/detail.html", {"number": 1, **vars(made), "rows": []})


def on_the_response(request: HttpRequest, made: Lazy) -> HttpResponse:
    response = TemplateResponse(request, "shop/detail.html", {"number": 1, **vars(made), "rows": []})
    vars(response)["made"] = made
    return response


def on_the_request(request: HttpRequest, made: Lazy) -> HttpResponse:
    vars(request).update(user=made.object, made=made)
    return HttpResponse()


def raised(request: HttpRequest, made: Lazy) -> HttpResponse:
    # Of one that nobody handles, OpenTelemetry's instrumentation of Django takes the text.
    try:
        fail(made)
    except LookupError:
        return HttpResponse()
    return HttpResponse("never")


def fail(made: Lazy) -> None:
    raise LookupError(*vars(made).values())


@pytest.mark.parametrize(
    "view", [as_arguments, in_the_session, in_the_context, on_the_response, on_the_request, raised]
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_nothing_lazy_is_evaluated(view: Callable[[HttpRequest, Lazy], HttpResponse]) -> None:
    made = Lazy()
    with CaptureQueriesContext(connection) as captured:
        visit(lambda request: view(request, made))

    assert captured.captured_queries == []
    made.check()


# Nothing is kept alive


class Held:
    """Something that a view has in its hands."""


def test_nothing_is_kept_beyond_the_trace() -> None:
    seen: dict[str, weakref.ref[Any]] = {}

    def keep(held: Held) -> Held:
        return held

    def view(request: HttpRequest) -> HttpResponse:
        held, tag = Held(), Tag.objects.order_by("pk")[0]
        keep(held)
        response = JsonResponse({"label": tag.label})
        for name, thing in {"request": request, "held": held, "tag": tag, "response": response}.items():
            seen[name] = weakref.ref(thing)
        return response

    visit(view)
    Stage.view = hand
    gc.collect()

    assert {name: ref() for name, ref in seen.items()} == dict.fromkeys(seen)
    assert RECORDER._open == {}


def test_nothing_of_a_view_that_failed_is_kept() -> None:
    seen: list[weakref.ref[Any]] = []

    def view(request: HttpRequest) -> HttpResponse:
        held = Held()
        seen.append(weakref.ref(held))
        hand(held)
        raise LookupError(held)

    visit(view)
    Stage.view = hand
    gc.collect()

    assert [ref() for ref in seen] == [None]


def test_a_suspended_generator_is_not_kept_alive() -> None:
    seen: list[weakref.ref[Any]] = []

    def endless() -> Iterator[int]:
        while True:
            yield 1

    def view(request: HttpRequest) -> HttpResponse:
        running = endless()
        next(running)
        seen.append(weakref.ref(running))
        return HttpResponse()

    visit(view)
    gc.collect()

    assert [ref() for ref in seen] == [None]


# It doesn't grow


def _grown(view: Callable[[HttpRequest], HttpResponse], warm: int, measured: int) -> int:
    for _ in range(warm):
        visit(view)
    MEMORY.traces.clear()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(measured):
            visit(view)
        MEMORY.traces.clear()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_requests() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        hand(Held(), [tag.label for tag in Tag.objects.all()[:50]])
        return HttpResponse(b"x" * 5000)

    assert _grown(view, 10, 20) < 20 * 5000


def test_a_trace_is_bounded_whatever_a_view_does() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        for number in range(300):
            hand("a text of some length " * 50, number)
            list(Tag.objects.all()[:100])
        return HttpResponse(b"x" * 1_000_000)

    written: list[int] = []
    write = MEMORY.write

    def measuring(line: bytes, service: str) -> bool:
        written.append(len(line))
        return write(line, service)

    MEMORY.write = measuring  # type: ignore[method-assign]  # as long as this test runs
    try:
        visit(view)
    finally:
        del MEMORY.write

    # The bound is about what is kept while the trace is open: names and ids of spans come on top.
    assert max(written) < 1_500_000
    assert any("OTEL2TEST_MAX_TRACE_BYTES" in fault for fault in MEMORY.requests()[0]["faults"])


def test_the_same_for_a_view_that_waits() -> None:
    seen: list[weakref.ref[Any]] = []

    async def view(request: HttpRequest) -> HttpResponse:
        held = Held()
        seen.append(weakref.ref(held))
        hand(held)
        await asyncio.sleep(0)
        return HttpResponse()

    Stage.view = view
    Client(raise_request_exception=False).get("/astage/x/").close()
    Stage.view = hand
    gc.collect()

    assert [ref() for ref in seen] == [None]
