"""Keys that are pinned on a database whose sequences don't take note of them."""

from typing import Any

import pytest

from otel2test.attributes import SchemaPayload
from otel2test.inverting.arrangements import ResetSequences
from otel2test.writing.source import write
from tests.inverting.django.planning import created, plan_of, shop, steps
from tests.inverting.shop import PERSON, TAG, TODO, TODO_TAGS, USER, insert, select
from tests.recordings import Node, query, schema

MILK = {"id": 50, "title": "Milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}


def shop_on(vendor: str, **others: str) -> SchemaPayload:
    return schema(PERSON, TAG, TODO, TODO_TAGS, USER, databases={"default": vendor, **others})


def resets(*queries: Node, models: SchemaPayload, path: str = "/todos/50/") -> list[ResetSequences]:
    """Return the steps of a request whose path pins the key 50."""
    return steps(plan_of(*queries, models=models, path=path), ResetSequences)


COPIED = (select(TODO, MILK), insert(TODO, 51, title="Copy"))


@pytest.mark.parametrize(("vendor", "expected"), [("postgresql", 1), ("mysql", 0), ("sqlite", 0)])
def test_only_where_the_database_does_not_count_on_by_itself(vendor: str, expected: int) -> None:
    found = resets(*COPIED, models=shop_on(vendor))
    assert found == [ResetSequences((shop("Todo"),))] * expected


@pytest.mark.parametrize(
    "queries",
    [
        (select(TODO, MILK),),  # nothing is created
        (select(TODO, MILK), insert(TAG, 1, name="new")),  # of another model
        (insert(TODO, 51, title="New"),),  # nothing is arranged
    ],
)
def test_not_where_no_key_can_collide(queries: tuple[Node, ...]) -> None:
    assert resets(*queries, models=shop_on("postgresql")) == []


def test_not_where_no_key_is_pinned() -> None:
    assert resets(*COPIED, models=shop_on("postgresql"), path="/") == []


def test_a_row_without_a_key_gets_one_beside_pinned_rows() -> None:
    # Somebody owns the todo, and somebody else is its owner's boss.
    people = select(PERSON, {"id": 50, "name": "Anna", "boss_id": None})
    unseen: dict[str, Any] = {**MILK, "id": None, "owner_id": None}
    found = plan_of(people, select(TODO, MILK, unseen), models=shop_on("postgresql"), path="/todos/50/")
    keys = [values["pk"] for name, values in created(found) if name == "Todo"]
    assert len(keys) == len(set(keys)) == 2


def test_written_as_one_would() -> None:
    found = plan_of(*COPIED, models=shop_on("postgresql"), path="/todos/50/")
    text = write([found], "pytest", test_class="Tests").text
    assert "from django.db import connection" in text
    assert (
        "    with connection.cursor() as cursor:\n"
        "        for statement in connection.ops.sequence_reset_sql(no_style(), [Todo]):\n"
        "            cursor.execute(statement)\n"
    ) in text


def test_on_the_database_that_the_rows_are_in() -> None:
    sql = 'INSERT INTO "shop_todo" ("title") VALUES (%s) RETURNING "shop_todo"."id"'
    copied = query(sql, ["Copy"], columns=["id"], rows=[[51]], alias="other")
    models = shop_on("sqlite", other="postgresql")
    found = plan_of(select(TODO, MILK, alias="other"), copied, models=models, path="/todos/50/")
    assert steps(found, ResetSequences) == [ResetSequences((shop("Todo"),), "other")]
    assert (
        'with connections["other"].cursor() as cursor:' in write([found], "pytest", test_class="Tests").text
    )
