"""What the statements of MySQL and MariaDB tell: their dialect, their drivers' values, their collations."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest

from otel2test.inverting.conditions import Bound, NoneOf, OneOf, Text, holds
from otel2test.inverting.facts import Complete, Inserted, Missing, NotInverted, Seen
from otel2test.inverting.sql import analyse
from otel2test.inverting.statements import (
    ColumnRef,
    Delete,
    Equal,
    Insert,
    Like,
    Param,
    Same,
    Select,
    TableRef,
    Transaction,
    Update,
    Within,
)
from tests.inverting.shop import PERSON, TODO, before, entities, facts_of, state_of
from tests.recordings import Node, field, model, query, schema

TODO_TABLE, PERSON_TABLE = TableRef("todo", "todo"), TableRef("person", "person")


def sent(sql: str, params: object = (), **more: Any) -> Node:
    """Return a statement with its double quotes as MySQL writes them."""
    return query(sql.replace('"', "`"), params, vendor="mysql", **more)  # type: ignore[arg-type]


def rows(*found: tuple[object, ...], where: str, params: tuple[object, ...] = ()) -> Node:
    """Return a query for keys and titles of todos."""
    return sent(
        f'SELECT "shop_todo"."id", "shop_todo"."title" FROM "shop_todo" WHERE {where}',
        params,
        columns=["id", "title"],
        rows=found,
    )


# --- the dialect ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "sensitive"),
    [("LIKE %s", False), ("LIKE BINARY %s", True), ("LIKE BINARY %s ESCAPE '|'", True)],
)
def test_like_ignores_case_unless_it_is_binary(condition: str, sensitive: bool) -> None:
    found = analyse(f"SELECT `todo`.`id` FROM `todo` WHERE `todo`.`title` {condition}", "mysql")
    assert isinstance(found, Select)
    assert found.predicates == (Like(ColumnRef("todo", "title"), Param(0), sensitive),)


@pytest.mark.parametrize(
    ("sql", "returning", "conflict"),
    [
        ("INSERT INTO `todo` (`title`) VALUES (%s)", (), None),
        ("INSERT INTO `todo` (`title`) VALUES (%s) RETURNING `todo`.`id`", ("id",), None),
        ("INSERT IGNORE INTO `todo` (`title`) VALUES (%s)", (), "ignore"),
        (
            "INSERT INTO `todo` (`title`) VALUES (%s) ON DUPLICATE KEY UPDATE `title` = VALUES(`title`)",
            (),
            "update",
        ),
        (
            "INSERT INTO `todo` (`title`) VALUES (%s) AS new ON DUPLICATE KEY UPDATE `title` = new.`title`",
            (),
            "update",
        ),
    ],
)
def test_inserts(sql: str, returning: tuple[str, ...], conflict: Any) -> None:
    assert analyse(sql, "mysql") == Insert(
        "todo", ("title",), ((Param(0),),), returning=returning, on_conflict=conflict
    )


OVER_THERE = Within(
    None,
    Select(
        (PERSON_TABLE,),
        (),
        (
            Same(ColumnRef("todo", "owner_id"), ColumnRef("person", "id")),
            Equal(ColumnRef("person", "name"), Param(1)),
        ),
    ),
)
JOINED = "`todo` INNER JOIN `person` ON (`todo`.`owner_id` = `person`.`id`)"
OF_ANNA = "WHERE (`todo`.`done` = %s AND `person`.`name` = %s)"


def test_deleting_by_a_joined_table() -> None:
    found = analyse(f"DELETE `todo` FROM {JOINED} {OF_ANNA}", "mysql")
    assert found == Delete(TODO_TABLE, (Equal(ColumnRef("todo", "done"), Param(0)), OVER_THERE))


def test_updating_by_a_joined_table() -> None:
    found = analyse(f"UPDATE {JOINED} SET `todo`.`votes` = 1 {OF_ANNA}", "mysql")
    assert isinstance(found, Update)
    assert found.predicates == (Equal(ColumnRef("todo", "done"), Param(0)), OVER_THERE)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SAVEPOINT `s1_x1`", Transaction("savepoint", "s1_x1")),
        ("ROLLBACK TO SAVEPOINT `s1_x1`", Transaction("rollback_to", "s1_x1")),
        ("RELEASE SAVEPOINT `s1_x1`", Transaction("release", "s1_x1")),
    ],
)
def test_savepoints_have_quoted_names(sql: str, expected: Transaction) -> None:
    assert analyse(sql, "mysql") == expected


def test_rows_deleted_by_a_joined_table_had_to_exist() -> None:
    state = state_of(
        sent(
            'DELETE "shop_todo" FROM "shop_todo" INNER JOIN "shop_person"'
            ' ON ("shop_todo"."owner_id" = "shop_person"."id") WHERE "shop_person"."name" = %s',
            ("Anna",),
            rowcount=1,
        )
    )
    (todo,), (person,) = entities(state, TODO), entities(state, PERSON)
    assert todo.deleted
    assert person.before["name"].value == "Anna"


# --- keys -------------------------------------------------------------------------------------


def inserted(*queries: Node) -> list[dict[str, object]]:
    return [dict(fact.values) for fact in facts_of(*queries) if isinstance(fact, Inserted)]


def test_the_key_comes_as_lastrowid() -> None:
    one = sent('INSERT INTO "shop_tag" ("name") VALUES (%s)', ("new",), rowcount=1, lastrowid=7)
    assert inserted(one) == [{"name": "new", "id": 7}]


def test_a_table_that_gives_no_keys_says_zero() -> None:
    one = sent('INSERT INTO "shop_tag" ("name") VALUES (%s)', ("new",), rowcount=1, lastrowid=0)
    assert inserted(one) == [{"name": "new"}]


def test_keys_of_rows_created_in_bulk_are_not_told() -> None:
    two = sent('INSERT INTO "shop_tag" ("name") VALUES (%s), (%s)', ("a", "b"), rowcount=2, lastrowid=7)
    assert inserted(two) == [{"name": "a"}, {"name": "b"}]


def test_mariadb_returns_them() -> None:
    sql = 'INSERT INTO "shop_tag" ("name") VALUES (%s), (%s) RETURNING "shop_tag"."id"'
    assert inserted(sent(sql, ("a", "b"), columns=["id"], rows=[(7,), (8,)])) == [
        {"name": "a", "id": 7},
        {"name": "b", "id": 8},
    ]


# --- values -----------------------------------------------------------------------------------

KEY = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
THING = model(
    "shop.Thing",
    field("id", "BigAutoField", primary_key=True),
    field("flag", "BooleanField"),
    field("made", "DateTimeField"),
    field("key", "UUIDField"),
    field("facts", "JSONField"),
    field("price", "DecimalField", max_digits=9, decimal_places=2),
    field("lasts", "DurationField"),
    field("at", "TimeField"),
)


@pytest.mark.parametrize(
    ("column", "raw", "value"),
    [
        ("flag", 1, True),
        ("flag", 0, False),
        ("made", dt.datetime(2026, 1, 2, 3, 4, 5), dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)),  # noqa: DTZ001 - as the driver gives it
        ("made", "2026-01-02 03:04:05", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)),
        ("key", KEY.hex, KEY),
        ("key", str(KEY), KEY),
        ("facts", '{"a": 1}', {"a": 1}),
        ("price", Decimal("1.5"), Decimal("1.50")),
        ("lasts", 1_500_000, dt.timedelta(seconds=1.5)),
        ("at", dt.timedelta(hours=3), dt.time(3)),
    ],
)
def test_values_are_what_the_program_saw(column: str, raw: object, value: object) -> None:
    asked = sent(
        f'SELECT "shop_thing"."{column}" FROM "shop_thing"', columns=[column], rows=[(raw,)], exhausted=False
    )
    (fact,) = (fact for fact in facts_of(asked, models=schema(THING)) if isinstance(fact, Seen))
    assert fact.values == {column: value}


# --- collations -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "matching", "other"),
    [
        (OneOf("x", ("Milk",), sensitive=False), "mILK", "Ale"),
        (NoneOf("x", ("Milk",), sensitive=False), "Ale", "mILK"),
        (Bound("x", "<", "M", sensitive=False), "ale", "Wine"),
        (Text("x", "%IL%", sensitive=False), "Milk", "Ale"),
    ],
)
def test_texts_are_compared_without_regard_to_case(condition: Any, matching: str, other: str) -> None:
    assert holds(condition, matching) is True
    assert holds(condition, other) is False


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql", "mysql"])
def test_only_mysql_takes_upper_and_lower_case_for_equal(vendor: str) -> None:
    asked = query(
        "SELECT shop_todo.id FROM shop_todo WHERE shop_todo.title = %s",
        ["Milk"],
        columns=["id"],
        vendor=vendor,
    )
    (missing,) = (fact for fact in facts_of(asked) if isinstance(fact, Missing))
    assert missing.conditions == (OneOf("title", ("Milk",), sensitive=vendor != "mysql"),)


def test_numbers_have_no_case() -> None:
    (missing,) = (
        fact
        for fact in facts_of(rows(where='"shop_todo"."id" = %s', params=(5,)))
        if isinstance(fact, Missing)
    )
    assert missing.conditions == (OneOf("id", (5,)),)


def test_a_row_in_other_case_would_have_been_found() -> None:
    state = state_of(rows(where='"shop_todo"."title" = %s', params=("Milk",)))
    assert state.forbids("shop_todo", {"title": "MILK"})
    assert not state.forbids("shop_todo", {"title": "Ale"})


def test_a_row_found_in_other_case_keeps_its_own() -> None:
    found = rows((1, "Milk"), where='"shop_todo"."title" = %s', params=("MILK",))
    again = sent(
        'UPDATE "shop_todo" SET "votes" = %s WHERE "shop_todo"."title" = %s', (3, "milk"), rowcount=1
    )
    state = state_of(found, again)
    assert before(state, TODO) == [{"id": 1, "title": "Milk"}]
    assert entities(state, TODO)[0].after["votes"].value == 3
    assert any(isinstance(fact, Complete) for fact in facts_of(found))


def test_counted_rows_in_other_case_are_the_seen_ones() -> None:
    found = rows((1, "Milk"), where='"shop_todo"."id" = %s', params=(1,))
    counted = sent(
        'SELECT COUNT(*) AS "n" FROM "shop_todo" WHERE "shop_todo"."title" = %s',
        ("MILK",),
        columns=["n"],
        rows=[(1,)],
    )
    assert len(before(state_of(found, counted), TODO)) == 1


# --- what was cut -----------------------------------------------------------------------------


def test_sets_of_parameters_that_were_left_out_are_told() -> None:
    cut = sent('INSERT INTO "shop_tag" ("name") VALUES (%s)', None, many=[["a"]], executions=3, rowcount=3)
    (told,) = (fact for fact in facts_of(cut) if isinstance(fact, NotInverted))
    assert told.reason == "only 1 of 3 sets of parameters were kept"
    assert told.writes
