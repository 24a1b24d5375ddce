"""Who caused a statement: the innermost frame of the project, with its locals."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from otel2test.processors.redaction import redactor
from tests.processors.django.projects.shop import test_async
from tests.processors.django.projects.shop.conftest import Visit
from tests.processors.django.projects.shop.harness import Memory, Recorded
from tests.processors.django.projects.shop.models import Shelf


@pytest.fixture(autouse=True)
def _no_shelf_is_left() -> Iterator[None]:
    yield
    Shelf.objects.all().delete()


def caller(recorded: Recorded, part: str) -> Any:
    """Return the caller of the only statement that has ``part`` in its SQL."""
    (found,) = [
        span.attributes.get("otel2test.caller")
        for span in recorded.spans
        if part in span.attributes.get("otel2test.db.query", {}).get("sql", "")
    ]
    return found


def rename(shelf: Shelf, label: str) -> int:
    words = label.split()
    return Shelf.objects.filter(pk=shelf.pk).update(name=words[0])


def test_function_and_line(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(Shelf.objects.count()))

    found = caller(visit(view)[1], "COUNT")
    assert found["module"] == __name__
    assert found["qualname"] == "test_function_and_line.<locals>.view"
    assert found["file"] == "tests/processors/django/projects/shop/test_callers.py"
    assert found["line"] == inspect.getsourcelines(view)[1] + 1


def test_plain_locals_and_rows(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        shelf = Shelf.objects.create(name="a")
        return HttpResponse(str(rename(shelf, "b c")))

    found = caller(visit(view)[1], "UPDATE")
    assert found["qualname"] == "rename"
    assert found["locals"] == {
        "shelf": {"$model": {"model": Shelf._meta.label, "pk": Shelf.objects.get().pk, "fields": {}}},
        "label": "b c",
    }


def test_secrets_are_replaced(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        password = "hunter2-hunter2"
        return HttpResponse(str(Shelf.objects.filter(name=password).count()))

    assert caller(visit(view)[1], "COUNT")["locals"] == {"password": redactor.secret("hunter2-hunter2")}


def test_nothing_lazy_is_looked_into(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        waiting = Shelf.objects.all()
        return HttpResponse(f"{Shelf.objects.count()}{waiting.query.is_empty()}")

    _, recorded = visit(view)
    assert len([query for query in recorded.queries if "shelf" in query["sql"]]) == 1
    assert "locals" not in caller(recorded, "COUNT")


def test_the_coroutine_that_waits(memory: Memory) -> None:
    async def count(label: str) -> int:
        return await Shelf.objects.filter(name=label).acount()

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(await count("a")))

    found = caller(test_async.send(memory, view)[1], "COUNT")
    assert found["qualname"].endswith("<locals>.count")
    assert found["locals"] == {"label": "a"}


def test_an_asynchronous_loop(memory: Memory) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("".join([shelf.name async for shelf in Shelf.objects.order_by("name")]))

    found = caller(test_async.send(memory, view)[1], "ORDER BY")
    assert found["qualname"].startswith("test_an_asynchronous_loop")
