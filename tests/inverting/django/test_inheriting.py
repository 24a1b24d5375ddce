"""Rows of multi-table inheritance: one row of the program, in the tables of its model and of each parent."""

from typing import Final

from otel2test.inverting.assertions import FetchRow
from otel2test.inverting.expressions import Variable
from tests.inverting.django.planning import created, plan_of, shop, steps, values
from tests.inverting.shop import insert, select
from tests.recordings import field, foreign_key, model, query, schema

PLACE: Final = model("shop.Place", field("id", "BigAutoField", primary_key=True), field("name"))
LINK: Final = foreign_key("place_ptr", "shop.Place", primary_key=True, parent_link=True)
CAFE: Final = model("shop.Cafe", *PLACE["fields"], LINK, field("stars", "IntegerField"))
VISIT: Final = model(
    "shop.Visit", field("id", "BigAutoField", primary_key=True), foreign_key("cafe", "shop.Cafe")
)
MODELS: Final = schema(PLACE, CAFE, VISIT)
JOIN: Final = '"shop_cafe" INNER JOIN "shop_place" ON ("shop_cafe"."place_ptr_id" = "shop_place"."id")'


def test_a_row_that_was_pointed_to_is_the_one_that_was_seen_in_the_parents_table() -> None:
    found = plan_of(
        select(VISIT, {"id": 1, "cafe_id": 11}), select(PLACE, {"id": 11, "name": "Norma"}), models=MODELS
    )

    assert [name for name, _ in created(found)] == ["Cafe", "Visit"]
    assert created(found)[0][1]["name"] == "Norma"


def test_parts_that_were_joined_are_one_row_though_nothing_tells_its_key() -> None:
    names = query(
        f'SELECT "shop_place"."name" AS "name", "shop_cafe"."stars" AS "stars" FROM {JOIN}',
        [], columns=["name", "stars"], rows=[["Norma", 5]],
    )  # fmt: skip

    assert created(plan_of(names, models=MODELS)) == [("Cafe", {"name": "Norma", "stars": 5})]


def test_a_childs_row_counts_among_the_parents_where_a_created_one_is_looked_for() -> None:
    found = plan_of(
        select(CAFE, {"place_ptr_id": 4, "stars": 5}), insert(PLACE, 12, name="Bar"), models=MODELS
    )

    (fetch,) = steps(found, FetchRow)
    assert (fetch.model, fetch.lookup) == (shop("Place"), values(name="Bar"))


def test_a_key_of_the_parents_table_that_was_only_counted_is_kept() -> None:
    place = model("shop.Place", *PLACE["fields"], foreign_key("town", "shop.Town", null=True))
    cafe = model("shop.Cafe", *place["fields"], LINK)
    town = model("shop.Town", field("id", "BigAutoField", primary_key=True))
    counted = query(
        'SELECT "shop_place"."id", "shop_place"."name", "shop_place"."town_id", "shop_cafe"."place_ptr_id", '
        f'COUNT(DISTINCT "shop_place"."town_id") AS "many" FROM {JOIN} '
        'GROUP BY "shop_place"."id", "shop_cafe"."place_ptr_id"',
        [], columns=["id", "name", "town_id", "place_ptr_id", "many"], rows=[[4, "Norma", 7, 4, 1]],
    )  # fmt: skip

    (_, (_, given)) = created(plan_of(counted, models=schema(place, cafe, town)))
    assert given == {"name": "Norma", "town": Variable("town")}


def test_a_text_key_is_given_by_the_parents_name() -> None:
    # Place.pk would stay at its default: Cafe(pk=…) sets the link only.
    place = model("shop.Place", field("code", primary_key=True), field("name"))
    cafe = model(
        "shop.Cafe",
        *place["fields"],
        foreign_key("place_ptr", "shop.Place", primary_key=True, parent_link=True, related_field="code"),
    )
    joined = query(
        'SELECT "shop_place"."code", "shop_place"."name", "shop_cafe"."place_ptr_id" FROM "shop_cafe" '
        'INNER JOIN "shop_place" ON ("shop_cafe"."place_ptr_id" = "shop_place"."code")',
        [],
        columns=["code", "name", "place_ptr_id"],
        rows=[["k9", "Norma", "k9"]],
    )
    found = plan_of(joined, models=schema(place, cafe), path="/k9/")

    assert created(found) == [("Cafe", {"code": "k9", "name": "Norma"})]
