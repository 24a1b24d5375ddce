"""However long a process serves, and however new all is each time, the recorder keeps no more than before."""

import contextvars
import gc
import sys
import threading
import types
import weakref
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from django import forms
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines

from otel2test.processors import (
    calls,
    cleansing,
    effects,
    kinds,
    otlp,
    project,
    pseudonyms,
    raw_sql,
    redaction,
    sweeping,
)
from otel2test.processors.django import compiler, schema
from otel2test.processors.django import database as cursors
from otel2test.processors.outbound import tees
from otel2test.secrets import names
from tests.processors.django.projects.shop.conftest import RECORDER, Visit
from tests.processors.django.projects.shop.models import Product

project.configure(("tests.*",), ())
calls.install(RECORDER)
effects.install(RECORDER)

LIMITS = (
    (cleansing, "_MOST_KEYS"),
    (compiler, "_MOST_RESULTS"),
    (cursors, "_MOST_CLASSES"),
    (kinds, "_KINDS_LIMIT"),
    (kinds, "_PASSING_LIMIT"),
    (kinds, "_TOLD_LIMIT"),
    (names, "_CACHE_LIMIT"),
    (otlp, "_MOST_MARKS"),
    (project, "_MOST_FILES"),
    (pseudonyms, "_MEMORY"),
    (raw_sql, "_MOST_REMEMBERED"),
    (redaction, "_MEMORY"),
    (sweeping, "_MOST"),
    (tees, "_MOST_CLASSES"),
)
"""What is large, so that a test of some hundred requests wouldn't reach it."""
SMALL = 40


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in LIMITS:
        assert isinstance(getattr(module, name), int)
        monkeypatch.setattr(module, name, SMALL)


def held() -> Counter[str]:
    """Return how many items each container has that can be reached from the recorder's modules."""
    sizes: Counter[str] = Counter()
    seen: set[int] = set()
    modules = {name: module for name, module in sys.modules.items() if name.startswith("otel2test.")}
    waiting: deque[tuple[str, object]] = deque()
    for name, module in modules.items():
        waiting += ((f"{name}.{key}", value) for key, value in vars(module).items())
    while waiting:
        name, value = waiting.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, (Mapping, list, set, frozenset, deque, weakref.WeakSet)):
            if not isinstance(value, types.MappingProxyType):
                sizes[name] += len(value)
        elif hasattr(value, "cache_info"):
            # Those with a limit of their own keep to it.
            sizes[name] += value.cache_info().currsize if value.cache_info().maxsize is None else 0
        waiting += ((name, item) for item in _items(value))
        waiting += ((f"{name}.{key}", item) for key, item in _attributes(value))
    return sizes


def _items(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, (list, tuple, set)) else ()


def _attributes(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, type) or not str(type(value).__module__).startswith("otel2test."):
        return
    yield from getattr(value, "__dict__", {}).items()
    for cls in type(value).__mro__:
        for name in getattr(cls, "__slots__", ()):
            if hasattr(value, name):
                yield name, getattr(value, name)


def alive() -> Counter[str]:
    """Return how many instances there are of each of the recorder's classes."""
    gc.collect()
    classes = (type(each) for each in gc.get_objects())
    return Counter(cls.__qualname__ for cls in classes if str(cls.__module__).startswith("otel2test."))


class Different:
    """A view that is given, and does, something else each time."""

    def __init__(self) -> None:
        self.number = 0
        self.passing: list[weakref.ref[Any]] = []

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.number += 1
        for part in range(10):
            self.do(f"n{self.number}x{part}")
        return HttpResponse("ok")

    def do(self, new: str) -> None:
        made = type(f"Made{new}", (forms.Form,), {"note": forms.CharField(), "__module__": __name__})
        form = made({"note": new, f"key_{new}": new, f"token_{new}": f"a1B2c3D4{new}"})
        handed_on(form, {f"key_{new}": f"text of {new}", f"password_{new}": f"e5F6g7H8{new}"})
        self.passing.append(weakref.ref(made))
        scope: dict[str, Any] = {"__name__": __name__}
        exec(compile(f"def code_{new}(value):\n    return value", f"/{new}/code.py", "exec"), scope)
        scope[f"code_{new}"](new)
        self.passing.append(weakref.ref(scope[f"code_{new}"].__code__))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 AS {new}, %s AS secret_{new}", [new])
            cursor.fetchall()
            cursor.execute(f"SELECT '{new}' AS token_{new}")
            cursor.fetchall()
        list(Product.objects.extra(select={new: "1"}).values_list("title", new))
        cache.set(f"key_{new}", new, 10)
        cache.delete(f"key_{new}")
        engines["django"].from_string("{{ form.errors }}").render({"form": form, f"key_{new}": 1})
        thread = threading.Thread(target=handed_on, args=(new,), name=f"thread {new}")
        thread.start()
        thread.join()


def handed_on(*values: object) -> tuple[object, ...]:
    return values


@pytest.mark.usefixtures("_small")
def test_nothing_grows_with_what_is_new_in_each_request(visit: Visit) -> None:
    view = Different()

    def serve(count: int) -> tuple[Counter[str], Counter[str]]:
        for _ in range(count):
            new = f"a{view.number}b"
            path = f"/stage/{new}/{'c' * 40}{new}/?key_{new}={new}&token={new}a1B2c3"
            _, recorded = visit(view, path=path, headers={f"x-{new}": new, "authorization": f"Bearer {new}"})
            assert "faults" not in str(recorded.request.keys())
        visit()
        return held(), alive()

    serve(1)  # From Python 3.12 on, what had begun before is known from when it returned.
    before, alive_before = serve(12)
    after, alive_after = serve(24)

    # A cache that was cleared fills up again to at most its limit.
    grown = {name: after[name] for name in after if after[name] > before[name] and after[name] > SMALL}
    assert {name: size for name, size in grown.items() if size > before[name] + SMALL} == {}
    assert sum(grown.values()) - sum(before[name] for name in grown) <= SMALL
    assert alive_after - alive_before == {}
    gc.collect()
    assert [reference() for reference in view.passing if reference() is not None] == []


def test_long_statements_are_not_kept(visit: Visit) -> None:
    numbers = iter(range(100))

    def view(request: HttpRequest) -> HttpResponse:
        number = next(numbers)
        values = ", ".join(["%s"] * 3000)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {number} FROM shop_tag WHERE id NOT IN ({values})", [-1] * 3000)
            cursor.fetchall()
        list(Product.objects.filter(pk__in=range(3000 + number)))
        return HttpResponse("ok")

    def kept() -> tuple[int, ...]:
        by_function = (raw_sql._remembered, schema._known_models)
        return len(compiler._results), *(function.cache_info().currsize for function in by_function)

    _, recorded = visit(view)
    assert {len(query["sql"]) > raw_sql.LONGEST_REMEMBERED for query in recorded.queries} == {True}
    before = kept()
    visit(view)
    assert kept() == before


def test_work_that_outlives_its_request_holds_on_to_nothing_of_it(visit: Visit) -> None:
    goes_on, ended = threading.Event(), threading.Event()
    requests: list[weakref.ref[HttpRequest]] = []
    found: list[int] = []

    def work() -> None:
        goes_on.wait(20)
        for _ in range(2):
            for _ in range(30):
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 'a1B2c3D4e5F6g7H8' AS token")
                    cursor.fetchall()
            found.append(alive()["Statement"])
        connection.close()
        ended.set()

    def view(request: HttpRequest) -> HttpResponse:
        requests.append(weakref.ref(request))
        threading.Thread(target=contextvars.copy_context().run, args=(work,)).start()
        list(Product.objects.all())
        return HttpResponse("ok")

    visit(view)
    visit()
    gc.collect()
    held_on_to = [reference() for reference in requests if reference() is not None]
    goes_on.set()
    assert ended.wait(20)

    assert held_on_to == []
    assert found[0] == found[1]
