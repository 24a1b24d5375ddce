"""Created rows are found by what tells each from every other, as few columns as do."""

from typing import Any

import pytest

from otel2test.inverting.django.identifying import Created, lookup
from otel2test.inverting.entities import Entity
from otel2test.inverting.expressions import Value, Values, Variable
from otel2test.reading.exchanges import Field, Model


def field(name: str, kind: str = "CharField", **more: Any) -> Field:
    return Field(name, name, name, kind, f"django.db.models.{kind}", **more)


ENTRY = Model(
    "shop.models",
    "Entry",
    "shop.Entry",
    "shop_entry",
    (
        field("id", "BigAutoField", primary_key=True),
        field("number", "IntegerField"),
        Field("owner", "owner_id", "owner_id", "ForeignKey", "x", related_model="auth.User"),
        field("title"),
        field("slug", "SlugField", unique=True),
    ),
)


def found(
    values: dict[str, object], *others: dict[str, object], drawn: str = "", alone: bool = True
) -> Values | None:
    def said(item: Field, value: object) -> tuple[str, Value]:
        return item.name, Variable(f"user_{value}") if item.related_model else value

    created = Created(Entity("shop_entry", 0), ENTRY, {"id": 7, **values})
    return lookup(created, others, lambda item, _: item.name != drawn, said, alone=alone)


FULL: dict[str, object] = {"number": 1, "owner_id": 3, "title": "A", "slug": "a"}


def test_the_only_row_needs_no_lookup() -> None:
    assert found(FULL) == ()


def test_where_others_may_appear_even_the_only_row_needs_one() -> None:
    assert found(FULL, alone=False) == (("slug", "a"),)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({**FULL, "slug": "b"}, (("slug", "a"),)),
        ({**FULL, "slug": "b", "title": "B"}, (("slug", "a"),)),
        ({**FULL, "title": "B"}, (("title", "A"),)),
        ({**FULL, "owner_id": 4}, (("owner", Variable("user_3")),)),
        ({**FULL, "number": 2}, (("number", 1),)),
        (FULL, None),
    ],
)
def test_the_column_that_tells_most(other: dict[str, object], expected: Values | None) -> None:
    assert found(FULL, other) == expected


def test_what_no_run_repeats_identifies_nothing() -> None:
    assert found(FULL, {**FULL, "slug": "b", "title": "B"}, drawn="slug") == (("title", "A"),)


def test_several_columns_where_one_is_not_enough() -> None:
    others = [{**FULL, "title": "B"}, {**FULL, "owner_id": 4}]

    assert found(FULL, *others) == (("title", "A"), ("owner", Variable("user_3")))
