"""What a write that a unique constraint refused tells of the row in its way."""

import pytest

from otel2test.inverting.facts import Fact, NotInverted, Seen
from tests.inverting.shop import PERSON, TAG, TODO_TAGS, before, facts_of, state_of
from tests.recordings import Node, failure, query

_INSERT = 'INSERT INTO "shop_todo_tags" ("todo_id", "tag_id") VALUES (%s, %s)'


def refused(sql: str, params: list[object], message: str) -> Node:
    return query(sql, params, error=failure("django.db.utils.IntegrityError", message))


def seen(facts: tuple[Fact, ...]) -> list[tuple[str, dict[str, object]]]:
    return [(fact.table, dict(fact.values)) for fact in facts if isinstance(fact, Seen)]


@pytest.mark.parametrize(
    "message",
    [
        "UNIQUE constraint failed: shop_todo_tags.todo_id, shop_todo_tags.tag_id",
        'duplicate key value violates unique constraint "u"\nDETAIL:  Key (todo_id, tag_id)=(50, 2) exists.',
        "(1062, \"Duplicate entry '50-2' for key 'shop_todo_tags.shop_todo_tags_todo_id_tag_id_5e1a_uniq'\")",
    ],
    ids=["sqlite", "postgresql", "mysql"],
)
def test_the_row_in_the_way_was_there(message: str) -> None:
    state = state_of(refused(_INSERT, [50, 2], message))

    assert before(state, TODO_TAGS) == [{"todo_id": 50, "tag_id": 2}]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("UNIQUE constraint failed: shop_tag.name", {"name": "a"}),
        ("UNIQUE constraint failed: shop_tag.id", {"id": 7}),
        ("(1062, \"Duplicate entry 'a' for key 'shop_tag.name'\")", {"name": "a"}),
    ],
)
def test_of_several_constraints_the_one_that_is_named(message: str, expected: dict[str, object]) -> None:
    facts = facts_of(refused('INSERT INTO "shop_tag" ("id", "name") VALUES (%s, %s)', [7, "a"], message))

    assert seen(facts) == [(TAG["table"], expected)]


def test_an_update_may_be_refused_as_well() -> None:
    sql = 'UPDATE "shop_tag" SET "name" = %s WHERE "shop_tag"."id" = %s'

    assert seen(facts_of(refused(sql, ["a", 7], "UNIQUE constraint failed: shop_tag.name"))) == [
        (TAG["table"], {"name": "a"})
    ]


def test_where_nothing_tells_which_row_that_is_said() -> None:
    sql = 'INSERT INTO "shop_tag" ("name") VALUES (%s), (lower(%s))'
    (fact,) = facts_of(refused(sql, ["a", "b"], "UNIQUE constraint failed: shop_tag.name"))

    assert isinstance(fact, NotInverted)


def test_of_several_updated_rows_one_may_be_in_the_way_of_another() -> None:
    sql = 'UPDATE "shop_tag" SET "name" = %s'
    (fact,) = facts_of(refused(sql, ["a"], "UNIQUE constraint failed: shop_tag.name"))

    assert isinstance(fact, NotInverted)


def test_other_refusals_tell_of_no_row() -> None:
    sql = 'INSERT INTO "shop_person" ("id", "name") VALUES (%s, %s)'

    assert facts_of(refused(sql, [7, None], f"NOT NULL constraint failed: {PERSON['table']}.name")) == ()


def test_what_was_ignored_was_there() -> None:
    sql = 'INSERT OR IGNORE INTO "shop_todo_tags" ("todo_id", "tag_id") VALUES (%s, %s)'

    assert before(state_of(query(sql, [50, 2], rowcount=0)), TODO_TAGS) == [{"todo_id": 50, "tag_id": 2}]
