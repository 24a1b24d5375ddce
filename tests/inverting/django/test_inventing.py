"""The smallest valid values, and which columns need one."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from otel2test.attributes import FieldPayload
from otel2test.inverting.django.inventing import implicit_value, invent, must_be_given
from otel2test.reading.exchanges import Field, Model
from tests.inverting.shop import exchange_of
from tests.recordings import field, foreign_key, model, schema

DAY = dt.date(2000, 1, 1)


def of(item: FieldPayload, label: str = "shop.OrderLine") -> tuple[Field, Model]:
    found = exchange_of(models=schema(model(label, item))).schema.models[0]
    return found.fields[0], found


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (field("title"), "order line"),
        (field("title", max_length=5), "order"),
        (field("title", unique=True), "order line2"),
        (field("slug", "SlugField"), "order-line"),
        (field("slug", "SlugField", unique=True), "order-line-2"),
        (field("email", "EmailField"), "order_line2@example.com"),
        (field("mail", python_class="django.db.models.fields.EmailField"), "order_line2@example.com"),
        (field("home", python_class="django.db.models.fields.URLField"), "https://example.com/"),
        (
            field("home", python_class="django.db.models.fields.URLField", unique=True),
            "https://example.com/2",
        ),
        (field("state", choices=["new", "old"]), "new"),
        (field("state", choices=["", "old"]), "old"),
        (field("level", "IntegerField", choices=[None, 3]), 3),
        (field("n", "IntegerField"), 0),
        (field("n", "PositiveIntegerField", unique=True), 2),
        (field("n", "BooleanField"), False),
        (field("n", "DecimalField"), Decimal(0)),
        (field("n", "DecimalField", unique=True), Decimal(2)),
        (field("n", "FloatField"), 0.0),
        (field("n", "DateField"), DAY),
        (field("n", "DateTimeField"), dt.datetime(2000, 1, 1, tzinfo=dt.UTC)),
        (field("n", "TimeField"), dt.time()),
        (field("n", "DurationField"), dt.timedelta()),
        (field("n", "UUIDField"), uuid.UUID(int=2)),
        (field("n", "JSONField"), {}),
        (field("n", "BinaryField"), b""),
        (field("n", "GenericIPAddressField"), "192.0.2.2"),
    ],
    ids=repr,
)
def test_invented_values(item: FieldPayload, expected: object) -> None:
    found = invent(*of(item), 2, DAY)

    assert (found, type(found)) == (expected, type(expected))


def test_unique_texts_stay_unique_when_they_are_cut() -> None:
    item = of(field("code", max_length=4, unique=True))

    assert len({invent(*item, number, DAY) for number in range(1, 10)}) == 9


@pytest.mark.parametrize(
    ("item", "needed"),
    [
        (field("x"), True),
        (field("x", blank=True), False),
        (field("x", blank=True, unique=True), True),
        (field("x", null=True), False),
        (field("x", default="a"), False),
        (field("x", default=None), False),
        (field("x", default_callable="a.b"), False),
        (field("x", db_default=True), False),
        (field("x", "DateTimeField", auto_now=True), False),
        (field("x", "DateTimeField", auto_now_add=True), False),
        (field("x", generated=True), False),
        (field("x", "IntegerField", blank=True), True),
        (field("x", "AutoField", primary_key=True), False),
        (field("x", "BigAutoField", primary_key=True), False),
        (field("x", "UUIDField", primary_key=True), True),
        (foreign_key("x", "shop.Other"), True),
    ],
    ids=repr,
)
def test_what_must_be_given(item: FieldPayload, needed: bool) -> None:
    assert must_be_given(of(item)[0]) is needed


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (field("x"), (True, "")),
        (field("x", default="a"), (True, "a")),
        (field("x", default=None), (True, None)),
        (field("x", null=True), (True, None)),
        (field("x", "IntegerField"), (False, None)),
        (field("x", "IntegerField", default=0), (True, 0)),
        (field("x", default_callable="builtins.dict"), (True, {})),
        (field("x", default_callable="uuid.uuid4"), (False, None)),
        (field("x", db_default=True), (False, None)),
        (field("x", "DateTimeField", auto_now=True), (False, None)),
        (foreign_key("x", "shop.Other"), (False, None)),
    ],
    ids=repr,
)
def test_what_is_stored_when_nothing_is_given(item: FieldPayload, expected: tuple[bool, object]) -> None:
    found = implicit_value(of(item)[0])

    assert found == expected
    assert type(found[1]) is type(expected[1])
