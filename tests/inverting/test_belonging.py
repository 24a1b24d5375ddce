"""Rows that others can't be without: parts of inherited models, ends of joins that are one to one."""

from typing import Final

import pytest

from tests.inverting.shop import PERSON, before, select, state_of
from tests.recordings import Node, field, foreign_key, model, query, schema

PLACE: Final = model("shop.Place", field("id", "BigAutoField", primary_key=True), field("name"))
CAFE: Final = model(
    "shop.Cafe",
    *PLACE["fields"],
    foreign_key("place_ptr", "shop.Place", primary_key=True, parent_link=True),
    field("stars", "IntegerField"),
)
BADGE: Final = model(
    "shop.Badge",
    field("id", "BigAutoField", primary_key=True),
    field("text"),
    foreign_key("person", "shop.Person", type="OneToOneField", unique=True),
)
MODELS: Final = schema(PLACE, CAFE, PERSON, BADGE)
JOIN: Final = '"shop_cafe" INNER JOIN "shop_place" ON ("shop_cafe"."place_ptr_id" = "shop_place"."id")'


def names_of(*rows: list[object]) -> Node:
    sql = f'SELECT "shop_place"."name", "shop_cafe"."stars" FROM {JOIN}'
    return query(sql, [], columns=["name", "stars"], rows=list(rows))


def cafes(*keys: int) -> Node:
    sql = 'SELECT "shop_cafe"."place_ptr_id" FROM "shop_cafe"'
    return query(sql, [], columns=["place_ptr_id"], rows=[[key] for key in keys])


def count_of_cafes(number: int) -> Node:
    return query('SELECT COUNT(*) AS "n" FROM "shop_cafe"', [], columns=["n"], rows=[[number]])


def test_a_row_of_an_inherited_model_has_a_part_that_nobody_saw() -> None:
    assert before(state_of(cafes(11), models=MODELS), PLACE) == [{"id": 11}]


@pytest.mark.parametrize("first", ["place", "names"])
def test_a_part_whose_key_is_told_elsewhere_has_that_key(first: str) -> None:
    place = select(PLACE, {"id": 4, "name": "Norma"})
    names = names_of(["Norma", 5])
    state = state_of(*((place, names) if first == "place" else (names, place)), models=MODELS)

    assert before(state, CAFE) == [{"stars": 5, "place_ptr_id": 4}]
    assert [row["id"] for row in before(state, PLACE)] == [4]


def test_where_all_of_the_parents_table_was_seen_a_counted_row_is_one_of_those() -> None:
    state = state_of(
        query('SELECT "shop_place"."id" FROM "shop_place"', [], columns=["id"], rows=[[4], [7]]),
        count_of_cafes(2),
        models=MODELS,
    )

    assert sorted(str(row["place_ptr_id"]) for row in before(state, CAFE)) == ["4", "7"]
    assert len(before(state, PLACE)) == 2


def badges(*rows: list[object]) -> Node:
    sql = (
        'SELECT "shop_badge"."text", "shop_person"."name" FROM "shop_badge" '
        'INNER JOIN "shop_person" ON ("shop_badge"."person_id" = "shop_person"."id")'
    )
    return query(sql, [], columns=["text", "name"], rows=list(rows))


def test_rows_joined_one_to_one_are_as_many_though_they_look_alike() -> None:
    state = state_of(badges(["a", "Ada"], ["b", "Ada"]), models=MODELS)

    assert [row["name"] for row in before(state, PERSON)] == ["Ada", "Ada"]


def test_parts_of_rows_that_look_alike_are_as_many() -> None:
    names = names_of(["Norma", 5], ["Norma", 4])
    state = state_of(names, models=MODELS)

    assert [row["name"] for row in before(state, PLACE)] == ["Norma", "Norma"]


def test_rows_joined_by_a_foreign_key_may_be_one() -> None:
    sql = (
        'SELECT "shop_person"."id", T2."name" FROM "shop_person" '
        'INNER JOIN "shop_person" T2 ON ("shop_person"."boss_id" = T2."id")'
    )
    state = state_of(query(sql, [], columns=["id", "name"], rows=[[1, "Ada"], [2, "Ada"]]), models=MODELS)

    assert len([row for row in before(state, PERSON) if row.get("name") == "Ada"]) == 1
