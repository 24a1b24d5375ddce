"""Keys are given where something would be else with those that the database draws, and only there."""

from typing import Final

import pytest

from otel2test.attributes import SchemaPayload
from otel2test.inverting.arrangements import UpdateRow
from tests.inverting.django.planning import created, plan_of, steps
from tests.inverting.shop import PERSON, TAG, insert, select
from tests.recordings import Node, field, foreign_key, model, query, schema

ID: Final = field("id", "BigAutoField", primary_key=True)


def on(vendor: str) -> SchemaPayload:
    return schema(PERSON, TAG, databases={"default": vendor})


@pytest.mark.parametrize(
    ("vendor", "excluded", "given"),
    [
        ("sqlite", 1, {"pk": 2, "name": "a"}),
        ("sqlite", 9, {"name": "a"}),  # one row alone does not get that far
        ("postgresql", 9, {"pk": 2, "name": "a"}),  # a sequence may stand anywhere
    ],
)
def test_no_row_gets_by_chance_a_key_that_a_query_left_out(
    vendor: str, excluded: int, given: dict[str, object]
) -> None:
    row = {"id": 2, "name": "a"}
    left_out = select(TAG, row, where='NOT ("shop_tag"."id" = %s)', params=[excluded])

    assert created(plan_of(left_out, models=on(vendor))) == [("Tag", given)]


def test_where_no_key_was_named_none_is_given() -> None:
    found = plan_of(select(TAG, {"id": 2, "name": "a"}), models=on("postgresql"))

    assert created(found) == [("Tag", {"name": "a"})]


def test_no_row_gets_by_chance_the_key_of_one_that_the_request_inserts() -> None:
    found = plan_of(
        select(TAG, {"id": 2, "name": "a"}), insert(TAG, None, id=1, name="b"), models=on("sqlite")
    )

    assert created(found) == [("Tag", {"pk": 2, "name": "a"})]


def test_a_key_that_the_database_drew_is_named_by_nobody() -> None:
    found = plan_of(select(TAG, {"id": 2, "name": "a"}), insert(TAG, 1, name="b"), models=on("sqlite"))

    assert created(found) == [("Tag", {"name": "a"})]


@pytest.mark.parametrize(("order", "pinned"), [(' ORDER BY "shop_person"."id" ASC', True), ("", False)])
def test_keys_are_given_where_rows_sorted_by_them_cannot_be_made_in_that_order(
    order: str, pinned: bool
) -> None:
    sql = (
        f'SELECT "shop_person"."id", "shop_person"."name", "shop_person"."boss_id" FROM "shop_person"{order}'
    )
    rows = [[1, "Ada", 2], [2, "Bo", None]]
    found = plan_of(query(sql, [], columns=["id", "name", "boss_id"], rows=rows))

    given = created(found)
    assert [values["name"] for _, values in given] == ["Bo", "Ada"]
    assert [values.get("pk") for _, values in given] == ([2, 1] if pinned else [None, None])


def circle(*, null: bool) -> tuple[SchemaPayload, Node, Node]:
    hen = model("shop.Hen", ID, foreign_key("egg", "shop.Egg", null=null))
    egg = model("shop.Egg", ID, foreign_key("hen", "shop.Hen"))
    return schema(hen, egg), select(hen, {"id": 7, "egg_id": 5}), select(egg, {"id": 5, "hen_id": 7})


def test_a_circle_of_keys_that_are_never_null_is_closed_by_a_given_key() -> None:
    models, hen, egg = circle(null=False)
    found = plan_of(hen, egg, models=models)

    (_, first), (_, second) = created(found)
    by_value = {name: value for name, value in first.items() if name.endswith("_id")}
    assert len(by_value) == 1
    assert second["pk"] in by_value.values()
    assert steps(found, UpdateRow) == []


def test_a_circle_is_closed_by_an_update_where_one_key_may_be_null() -> None:
    models, hen, egg = circle(null=True)
    found = plan_of(hen, egg, models=models)

    assert not any(name.endswith("_id") for _, values in created(found) for name in values)
    assert len(steps(found, UpdateRow)) == 1
