"""Django is set up, instrumented and given tables once; every test gets an empty recorder."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from django.http import HttpResponse

from otel2test.processors.guard import faults
from tests.processors.django.projects.shop.harness import (
    Memory,
    Recorded,
    create_tables,
    instrument,
    make_recorder,
    set_up_django,
)

MEMORY = Memory()
RECORDER = make_recorder(MEMORY)
set_up_django()
instrument(RECORDER)

from django.db import connection  # noqa: E402 - Django is set up before it is used
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment, teardown_test_environment  # noqa: E402

from tests.processors.django.projects.shop.urls import Stage  # noqa: E402


class Visit(Protocol):
    def __call__(self, view: Callable[..., Any] | None = ..., **request: Any) -> tuple[Any, Recorded]: ...


@pytest.fixture(scope="session", autouse=True)
def _tables() -> None:
    create_tables()
    connection.ensure_connection()  # keeps the database in memory alive


@pytest.fixture(autouse=True)
def _test_environment() -> Iterator[None]:
    setup_test_environment()
    yield
    teardown_test_environment()


@pytest.fixture
def memory() -> Iterator[Memory]:
    """What is written, from now on; every trace is complete at the end, and no hook failed."""
    MEMORY.traces.clear()
    known = faults()
    yield MEMORY
    assert faults() == known
    written = len(MEMORY.traces)
    RECORDER.shutdown()
    assert len(MEMORY.traces) == written


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def visit(memory: Memory, client: Client) -> Visit:
    """Send one request to ``view`` and return the response with what was recorded of it."""

    def send(view: Callable[..., Any] | None = None, **request: Any) -> tuple[Any, Recorded]:
        Stage.view = view or (lambda request: HttpResponse("ok"))
        request.setdefault("path", "/stage/x/")
        method = request.pop("method", "get")
        memory.traces.clear()
        response = getattr(client, method)(**request)
        if response.streaming:
            response.content_kept = b"".join(response.streaming_content)
        (recorded,) = memory.requests()
        return response, recorded

    return send
