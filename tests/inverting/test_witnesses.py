"""Rows that were seen joined to each other without what identifies them."""

from typing import Final

import pytest

from tests.inverting.shop import PERSON, TODO, before, entities, select, state_of
from tests.recordings import field, foreign_key, model, query, schema

VEHICLE: Final = model(
    "shop.Vehicle", field("id", "BigAutoField", primary_key=True), field("plate", max_length=20)
)
CAR: Final = model(
    "shop.Car",
    foreign_key("vehicle_ptr", "shop.Vehicle", type="OneToOneField", primary_key=True, unique=True),
    field("seats", "IntegerField"),
)

_CARS: Final = (
    'FROM "shop_car" INNER JOIN "shop_vehicle" ON ("shop_car"."vehicle_ptr_id" = "shop_vehicle"."id")'
)
_ADAS: Final = '"shop_person"."name" = %s AND "shop_person"."id" > %s'


@pytest.mark.parametrize(
    ("columns", "row"),
    [('"shop_car"."seats", "shop_vehicle"."plate"', (4, "A")), ('"shop_vehicle"."plate"', ("A",))],
)
def test_equal_rows_of_an_inherited_model_have_a_parents_row_each(
    columns: str, row: tuple[object, ...]
) -> None:
    names = [name.rpartition(".")[2].strip('"') for name in columns.split(", ")]
    state = state_of(
        query(f"SELECT {columns} {_CARS}", columns=names, rows=[row, row]), models=schema(VEHICLE, CAR)
    )

    assert len(before(state, CAR)) == 2
    assert [vehicle["plate"] for vehicle in before(state, VEHICLE)] == ["A", "A"]


def test_rows_that_point_to_one_have_its_key_once_that_is_learnt() -> None:
    on = 'INNER JOIN "shop_person" ON ("shop_todo"."owner_id" = "shop_person"."id")'
    state = state_of(
        query(
            f'SELECT "shop_todo"."id" FROM "shop_todo" {on} WHERE {_ADAS}',
            ["Ada", 3],
            columns=["id"],
            rows=[[50], [51]],
        )
    )

    assert before(state, PERSON) == [{"name": "Ada", "id": 4}]
    assert before(state, TODO) == [{"id": 50, "owner_id": 4}, {"id": 51, "owner_id": 4}]


def test_a_row_is_found_by_the_key_of_the_one_it_points_to_once_that_is_learnt() -> None:
    sql = (
        'SELECT "shop_tag"."id" FROM "shop_tag" '
        'INNER JOIN "shop_todo_tags" ON ("shop_tag"."id" = "shop_todo_tags"."tag_id") '
        'INNER JOIN "shop_todo" ON ("shop_todo_tags"."todo_id" = "shop_todo"."id") '
        'WHERE "shop_todo"."title" = %s AND "shop_todo"."id" > %s'
    )

    state = state_of(query(sql, ["Milk", 50], columns=["id"], rows=[[3]]))

    link = state.rows.identified("shop_todo_tags", {"todo_id": 51, "tag_id": 3})
    assert link is not None
    assert link.table == "shop_todo_tags"


# --- rows that nobody saw, only that a write hit them


def test_a_row_that_only_an_update_hit_is_none_of_those_read_after_it() -> None:
    node = model(
        "shop.Node",
        field("id", "BigAutoField", primary_key=True),
        field("lft", "IntegerField"),
        field("rght", "IntegerField"),
    )
    within = '"shop_node"."lft" <= %s AND "shop_node"."rght" >= %s'
    make_room = (
        'UPDATE "shop_node" SET "lft" = CASE WHEN "lft" > %s THEN "lft" + %s ELSE "lft" END, '
        '"rght" = CASE WHEN "rght" > %s THEN "rght" + %s ELSE "rght" END WHERE ("lft" > %s OR "rght" > %s)'
    )

    def told(rows: dict[int, tuple[int, int]]) -> list[dict[str, object]]:
        return [{"id": key, "lft": lft, "rght": rght} for key, (lft, rght) in rows.items()]

    state = state_of(
        select(node, *told({1: (1, 12), 2: (2, 9)}), where=within, params=[2, 9]),
        query(make_room, [8, 2, 8, 2, 8, 8], rowcount=3),
        select(node, *told({1: (1, 14), 2: (2, 11)}), where=within, params=[8, 11]),
        models=schema(node),
    )

    (other,) = [item for item in entities(state, node) if item.made_up]
    lft, rght = (
        known.value
        for name in ("lft", "rght")
        if (known := other.after.get(name) or other.before.get(name)) is not None
    )
    assert isinstance(lft, int)
    assert isinstance(rght, int)
    assert not (lft <= 8 and rght >= 11)
    assert state.not_inverted == ()
