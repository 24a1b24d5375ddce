"""Django is set up, instrumented and given tables once; every test gets an empty recorder."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from otel2test.processors.guard import faults
from tests.processors.django.projects.shop.harness import Memory, Recorded
from tests.processors.effects.projects.kiosk.harness import instrument, record, set_up_django

MEMORY = Memory()
RECORDER = record(MEMORY)
set_up_django()
instrument(RECORDER)

from django.core import mail  # noqa: E402 - Django is set up before it is used
from django.core.cache import caches  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment, teardown_test_environment  # noqa: E402

from tests.processors.effects.projects.kiosk.urls import Stage  # noqa: E402

Visit = Callable[..., Recorded]


@pytest.fixture(scope="session", autouse=True)
def _tables() -> None:
    connection.ensure_connection()  # keeps the database in memory alive
    call_command("migrate", run_syncdb=True, verbosity=0)


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    setup_test_environment()
    for alias in ("default", "sessions", "own"):
        caches[alias].clear()
    yield
    teardown_test_environment()


@pytest.fixture
def outbox() -> list[Any]:
    found: list[Any] = mail.outbox
    return found


@pytest.fixture
def visit() -> Visit:
    """Send a request to ``view`` and return what was recorded of it; no hook may fail unless told."""

    def send(view: Callable[..., Any], path: str | None = None, *, faulty: bool = False) -> Recorded:
        known = faults()
        Stage.view = view
        MEMORY.traces.clear()
        client = Client(raise_request_exception=False)
        client.get(path or ("/astage/" if inspect.iscoroutinefunction(view) else "/stage/"))
        assert (faults() != known) is faulty, faults()
        (recorded,) = MEMORY.requests()
        return recorded

    return send


@pytest.fixture
def effects(visit: Visit) -> Callable[..., list[dict[str, Any]]]:
    """Return the side effects of one kind that a view has, without saying when."""

    def of(kind: str, view: Callable[..., Any], **how: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = visit(view, **how).request.get(f"otel2test.{kind}", [])
        for effect in found:
            if "dropped" not in effect:
                assert effect.pop("start") >= 0
                assert len(effect.pop("span")) == 16
        return found

    return of
