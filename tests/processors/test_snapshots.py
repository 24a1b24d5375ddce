"""A snapshot says what a value was, and is not noticed."""

import collections
import dataclasses
import datetime as dt
import enum
import io
import json
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import django
import pytest
from django.conf import settings
from django.db import models
from django.db.models.query import QuerySet
from django.http import HttpResponse, QueryDict
from django.test import RequestFactory
from django.utils.functional import SimpleLazyObject, lazystr
from django.utils.safestring import mark_safe

from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import MAX_ITEMS, MAX_PARTS, snapshot, snapshot_mapping, snapshot_named
from otel2test.values import Cut, EnumValue, Lazy, ModelValue, ObjectValue, RangeValue, Reference, decode

if not settings.configured:
    settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.dummy"}}, USE_TZ=True)
    django.setup()


class Shop(models.Model):
    name = models.CharField(max_length=20)  # type: ignore[var-annotated] # Django has no types of its own
    token = models.CharField(max_length=20)  # type: ignore[var-annotated] # as above
    logo = models.FileField()

    class Meta:
        app_label = "snapshots"

    def __str__(self) -> str:
        raise AssertionError


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Login:
    user: str
    password: str


class Slotted:
    __slots__ = ("never", "x")

    def __init__(self) -> None:
        self.x = 1


class Shout(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError


class Numbers(list[int]):
    def __iter__(self) -> Iterator[int]:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError


class Table(dict[str, int]):
    def items(self) -> Any:
        raise AssertionError


class Hostile:
    """Nothing may be asked of it."""

    def __init__(self) -> None:
        self.kept = 1

    @property
    def secret_door(self) -> int:
        raise AssertionError

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)

    def _refuse(self, *_: object) -> Any:
        raise AssertionError

    __repr__ = __str__ = __len__ = __bool__ = __iter__ = __eq__ = __hash__ = _refuse


class HostileDict:
    """Its ``__dict__`` is a property."""

    @property
    def __dict__(self) -> dict[str, object]:  # type: ignore[override] # the point of it
        raise AssertionError


class Range:
    """As psycopg's."""

    __slots__ = ("_bounds", "_lower", "_upper")

    def __init__(self, lower: int, upper: int, bounds: str) -> None:
        self._lower, self._upper, self._bounds = lower, upper, bounds


Range.__module__, Range.__qualname__ = "psycopg.types.range", "Range"

HERE = __name__
NOW = dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**70),
        1.5,
        float("inf"),
        "",
        "Milk",
        "ein \ud800 Surrogat",
        b"\x00\xff",
        Decimal("1.50"),
        NOW,
        dt.date(2026, 1, 2),
        dt.time(3, 4),
        dt.timedelta(days=-1, microseconds=5),
        uuid.UUID(int=7),
        [1, [2, "x"]],
        (1, "a"),
        {3, 1, 2},
        frozenset({"b", "a"}),
        {"a": {"b": 1}},
        {1: "a", None: "b", (1, 2): "c"},
        {"$lazy": "no tag"},
    ],
)
def test_plain_values_come_back_as_they_were(value: object) -> None:
    wire = snapshot(value)
    assert decode(json.loads(json.dumps(wire))) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Colour.RED, EnumValue(f"{HERE}.Colour", "RED", "red")),
        (Level.HIGH, EnumValue(f"{HERE}.Level", "HIGH", 3)),
        (Point(1, 2), ObjectValue(f"{HERE}.Point", {"x": 1, "y": 2})),
        (Slotted(), ObjectValue(f"{HERE}.Slotted", {"x": 1})),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (collections.deque([1, 2]), [1, 2]),
        ({"a": 1}.items(), [("a", 1)]),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
        (range(3), ObjectValue("range", {"start": 0, "stop": 3, "step": 1})),
        (ValueError("no", 5), ObjectValue("ValueError", {"args": ("no", 5)})),
        (Range(1, 5, "[)"), RangeValue(1, 5, "[)")),
        (int, Reference("int")),
        (Colour, Reference(f"{HERE}.Colour")),
        (json.dumps, Reference("json.dumps")),
        (len, Reference("len")),
        (sys, Reference("sys")),
        (Login.__init__, Reference(f"{HERE}.Login.__init__")),
        (mark_safe("<b>"), "<b>"),
        (QueryDict("a=1&a=2&b="), {"a": ["1", "2"], "b": [""]}),
    ],
)
def test_other_values(value: object, expected: object) -> None:
    assert decode(snapshot(value)) == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda: (item for item in [1]),
        lambda: iter([1]),
        lambda: map(int, "12"),
        threading.Lock,
        io.StringIO,
        object,
        lambda: lazystr("x"),
        lambda: SimpleLazyObject(lambda: pytest.fail("evaluated")),
        lambda: settings,
        lambda: Shop.objects,
        lambda: QuerySet(Shop),
    ],
)
def test_what_is_lazy_is_not_looked_into(make: Callable[[], object]) -> None:
    assert isinstance(decode(snapshot(make())), Lazy)


def test_a_lazy_object_that_was_evaluated_is_what_it_holds() -> None:
    lazy = SimpleLazyObject(lambda: Point(1, 2))
    assert lazy.x == 1
    assert decode(snapshot(lazy)) == ObjectValue(f"{HERE}.Point", {"x": 1, "y": 2})


def test_a_query_set_that_was_fetched_is_a_list() -> None:
    rows: QuerySet[Shop] = QuerySet(Shop)
    rows._result_cache = [Shop(id=1, name="Corner")]
    assert decode(snapshot(rows)) == [
        ModelValue("snapshots.Shop", 1, {"id": 1, "name": "Corner", "token": "", "logo": ""})
    ]


def test_a_model_by_its_loaded_fields_only() -> None:
    shop = Shop(id=7, name="Corner", token="abcd1234", logo="corner.png")
    del shop.__dict__["name"]
    shop.extra = "annotation"  # type: ignore[attr-defined]
    value = decode(snapshot(shop))
    assert value == ModelValue(
        "snapshots.Shop", 7, {"id": 7, "token": redactor.secret("abcd1234"), "logo": "corner.png"}
    )
    assert "name" not in vars(shop)


def test_requests_and_responses_by_a_few_attributes() -> None:
    request = RequestFactory().post("/orders/", {"a": 1})
    assert decode(snapshot(request)) == ObjectValue(
        "django.core.handlers.wsgi.WSGIRequest", {"method": "POST", "path": "/orders/"}
    )
    assert not hasattr(request, "_body")
    assert not hasattr(request, "_post")
    assert isinstance(decode(snapshot(HttpResponse("x" * 100, status=201))), ObjectValue)


def test_nothing_of_a_foreign_class_is_run() -> None:
    assert decode(snapshot([Hostile()])) == [ObjectValue(f"{HERE}.Hostile", {"kept": 1})]
    assert decode(snapshot({"a": HostileDict()})) == {"a": Lazy(f"{HERE}.HostileDict")}


def test_subclasses_of_built_in_types_are_read_as_what_they_are_below() -> None:
    wire = snapshot([Shout("x"), Numbers([1, 2]), Table(a=1)])
    assert wire == ["x", [1, 2], {"a": 1}]
    assert type(wire[0]) is str


def test_a_list_inside_itself() -> None:
    items: list[object] = [1]
    items.append(items)
    assert decode(snapshot(items)) == [1, Cut("list", None, None)]


def test_objects_that_hold_each_other() -> None:
    parent, child = Hostile(), Hostile()
    vars(parent)["child"], vars(child)["parent"] = child, parent
    value = decode(snapshot(parent))
    assert isinstance(value, ObjectValue)
    inner = value.attributes["child"]
    assert isinstance(inner, ObjectValue)
    assert inner.attributes["parent"] == Cut(f"{HERE}.Hostile", None, None)


def test_the_same_object_twice_is_no_cycle() -> None:
    point = [1]
    assert decode(snapshot([point, point])) == [[1], [1]]


def test_depth_is_bounded() -> None:
    assert decode(snapshot([[[[[1]]]]])) == [[[[Cut("list", 1, None)]]]]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("x" * 20_000, "x" * 10_000),
        (b"x" * 20_000, b"x" * 10_000),
        (list(range(1000)), list(range(MAX_ITEMS))),
        (tuple(range(1000)), tuple(range(MAX_ITEMS))),
        ({n: n for n in range(1000)}, {n: n for n in range(MAX_ITEMS)}),
    ],
)
def test_length_is_bounded_and_told(value: Any, kept: object) -> None:
    assert decode(snapshot(value)) == Cut(type(value).__name__, len(value), kept)


def test_the_number_of_parts_is_bounded() -> None:
    wide = [[[list(range(50)) for _ in range(50)] for _ in range(50)] for _ in range(50)]
    assert len(json.dumps(snapshot(wide))) < MAX_PARTS * 200


def test_sets_have_a_stable_order() -> None:
    words = [f"word{number}" for number in range(50)]
    assert snapshot({*words}) == snapshot({*words[::-1]}) == {"$set": sorted(words)}


def test_it_is_a_copy() -> None:
    items = [{"a": 1}]
    wire = snapshot(items)
    items[0]["a"] = 2
    assert wire == [{"a": 1}]


def test_secrets_by_name_at_any_depth() -> None:
    secret = redactor.secret("hunter2")
    assert decode(snapshot([Login("joe", "hunter2"), {"api_key": "hunter2"}])) == [
        ObjectValue(f"{HERE}.Login", {"user": "joe", "password": secret}),
        {"api_key": secret},
    ]
    assert snapshot_named("password", "hunter2") == secret
    assert snapshot_mapping({"token": b"hunter2", "n": 1}) == {
        "token": snapshot(secret.encode()),
        "n": 1,
    }


def test_secrets_by_a_name_in_bytes() -> None:
    found = decode(snapshot({b"X-Api-Key": b"met here first", b"Accept": b"text/html"}))
    hidden = redactor.secret("met here first")
    assert found == {b"X-Api-Key": hidden.encode(), b"Accept": b"text/html"}


def test_secrets_by_shape() -> None:
    text = '{"password": "hunter2"}'
    assert snapshot(text) == text.replace("hunter2", redactor.secret("hunter2"))
    assert decode(snapshot(text.encode())) == text.replace("hunter2", redactor.secret("hunter2")).encode()


def test_what_fails_becomes_a_cut_and_the_rest_is_kept() -> None:
    view = memoryview(b"ab")
    view.release()
    assert decode(snapshot([1, view])) == [1, Cut("memoryview", None, None)]


def test_paths_files_and_patterns() -> None:
    value = decode(snapshot(Path("a") / "b"))
    assert isinstance(value, ObjectValue)
    assert value.attributes == {"path": str(Path("a") / "b")}
