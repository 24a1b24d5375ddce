"""What one statement with its rows tells."""

import datetime as dt

import pytest

from otel2test.inverting.collecting import compared_columns
from otel2test.inverting.conditions import Bound, NoneOf, OneOf
from otel2test.inverting.facts import (
    Averaged,
    Change,
    Complete,
    Counted,
    Deleted,
    Fact,
    Inserted,
    Join,
    Missing,
    NotInverted,
    Savepoint,
    Seen,
    Source,
    Summed,
    Unknown,
    Updated,
)
from tests.inverting.shop import PERSON, TAG, TODO, delete, exchange_of, facts_of, insert, select, update
from tests.recordings import Node, commit, failure, query, span_id

_LINKED = '"shop_tag" INNER JOIN "shop_todo_tags" ON ("shop_tag"."id" = "shop_todo_tags"."tag_id")'
_OWNED = '"shop_todo" LEFT OUTER JOIN "shop_person" ON ("shop_todo"."owner_id" = "shop_person"."id")'


def seen(*queries: Node) -> list[tuple[str, dict[str, object]]]:
    facts = facts_of(*queries)
    assert all(isinstance(fact, (Seen, Complete)) for fact in facts), facts
    return [(fact.table, dict(fact.values)) for fact in facts if isinstance(fact, Seen)]


def only(*queries: Node) -> Fact:
    (fact,) = facts_of(*queries)
    return fact


# --- rows seen ------------------------------------------------------------------------------


def test_a_row_has_its_columns_with_the_programs_values() -> None:
    row = {"id": 50, "title": "Milk", "done": 0, "votes": 3, "made": "2026-01-02 03:04:05"}

    assert seen(select(TODO, row)) == [
        (
            "shop_todo",
            {
                "id": 50,
                "title": "Milk",
                "done": False,
                "votes": 3,
                "made": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
                "owner_id": None,
            },
        )
    ]


def test_conditions_tell_columns_that_were_not_selected() -> None:
    found = query(
        'SELECT "shop_todo"."id" FROM "shop_todo" WHERE "shop_todo"."owner_id" = %s AND "shop_todo"."done" '
        'AND "shop_todo"."title" IN (%s) AND "shop_todo"."made" IS NULL AND "shop_todo"."votes" IN (%s, %s)',
        [3, "Milk", 1, 2],
        columns=["id"],
        rows=[[50]],
    )

    assert seen(found) == [
        ("shop_todo", {"id": 50, "owner_id": 3, "done": True, "title": "Milk", "made": None})
    ]


def test_a_join_tells_of_one_row_a_table() -> None:
    found = query(
        'SELECT "shop_todo"."title", "shop_person"."name" FROM "shop_todo" '
        'INNER JOIN "shop_person" ON ("shop_todo"."owner_id" = "shop_person"."id") '
        'WHERE "shop_person"."id" = %s',
        [3],
        columns=["title", "name"],
        rows=[["Milk", "Ada"]],
    )

    assert seen(found) == [
        ("shop_todo", {"title": "Milk", "owner_id": 3}),
        ("shop_person", {"name": "Ada", "id": 3}),
    ]


def test_a_many_to_many_row_is_told_by_its_join() -> None:
    found = query(
        f'SELECT "shop_tag"."id", "shop_tag"."name" FROM {_LINKED} WHERE "shop_todo_tags"."todo_id" = %s',
        [50],
        columns=["id", "name"],
        rows=[[1, "a"], [2, "b"]],
    )

    assert seen(found) == [
        ("shop_tag", {"id": 1, "name": "a"}),
        ("shop_todo_tags", {"todo_id": 50, "tag_id": 1}),
        ("shop_tag", {"id": 2, "name": "b"}),
        ("shop_todo_tags", {"todo_id": 50, "tag_id": 2}),
    ]


def test_a_prefetch_tells_whose_rows_they_are() -> None:
    found = query(
        'SELECT ("shop_todo_tags"."todo_id") AS "_prefetch_related_val_todo_id", "shop_tag"."id" '
        f'FROM {_LINKED} WHERE "shop_todo_tags"."todo_id" IN (%s, %s)',
        [50, 51],
        columns=["_prefetch_related_val_todo_id", "id"],
        rows=[[51, 1]],
    )

    assert seen(found) == [
        ("shop_tag", {"id": 1}),
        ("shop_todo_tags", {"todo_id": 51, "tag_id": 1}),
    ]


def test_a_left_join_without_a_row_tells_of_none() -> None:
    found = query(
        f'SELECT "shop_todo"."id", "shop_person"."id", "shop_person"."name" FROM {_OWNED}',
        [],
        columns=["id", "id", "name"],
        rows=[[50, 3, "Ada"], [51, None, None]],
    )

    assert seen(found) == [
        ("shop_todo", {"id": 50, "owner_id": 3}),
        ("shop_person", {"id": 3, "name": "Ada"}),
        ("shop_todo", {"id": 51}),
    ]


def test_both_sides_of_a_self_join_are_rows() -> None:
    found = query(
        'SELECT "shop_person"."id", T2."name" FROM "shop_person" '
        'INNER JOIN "shop_person" T2 ON ("shop_person"."boss_id" = T2."id") WHERE T2."id" = %s',
        [1],
        columns=["id", "name"],
        rows=[[2, "Ada"]],
    )

    assert seen(found) == [
        ("shop_person", {"id": 2, "boss_id": 1}),
        ("shop_person", {"name": "Ada", "id": 1}),
    ]


def test_annotations_are_no_columns() -> None:
    found = query(
        'SELECT "shop_todo"."id", LOWER("shop_todo"."title") AS "title" FROM "shop_todo"',
        [],
        columns=["id", "title"],
        rows=[[50, "milk"]],
    )

    assert seen(found) == [("shop_todo", {"id": 50})]


def test_rows_of_one_result_are_told_apart() -> None:
    found = query('SELECT "shop_todo"."title" FROM "shop_todo"', [], columns=["title"], rows=[["A"], ["A"]])

    assert [fact.witness for fact in facts_of(found) if isinstance(fact, Seen)] == [0, 1]


@pytest.mark.parametrize("column", ["title", "id"])
def test_each_distinct_value_is_of_a_row(column: str) -> None:
    sql = f'SELECT DISTINCT "shop_todo"."{column}" FROM "shop_todo"'

    assert seen(query(sql, [], columns=[column], rows=[[50]])) == [("shop_todo", {column: 50})]


def test_rows_left_out_of_the_recording_are_told() -> None:
    found = facts_of(select(TODO, {"id": 1}, fetched=500))

    assert isinstance(found[0], Seen)
    assert found[-1] == NotInverted(found[0].source, "only 1 of 500 rows were kept")


def test_named_parameters_have_values() -> None:
    found = query(
        "SELECT id FROM shop_todo WHERE owner_id = %(owner)s", {"owner": 3}, columns=["id"], rows=[[50]]
    )

    assert seen(found) == [("shop_todo", {"id": 50, "owner_id": 3})]


# --- rows missing and counted ---------------------------------------------------------------


def test_nothing_found_is_missing() -> None:
    fact = only(select(TODO, where='"shop_todo"."title" = %s AND NOT "shop_todo"."done"', params=["Milk"]))

    assert isinstance(fact, Missing)
    assert fact.conditions == (OneOf("title", ("Milk",)), OneOf("done", (False,)))


@pytest.mark.parametrize(
    "found",
    [
        select(TODO, exhausted=False),
        select(TODO, where='"shop_todo"."votes" > "shop_todo"."id"'),
        select(TODO, where='"shop_todo"."votes" = %s OFFSET 5', params=[3]),
    ],
    ids=["not read to the end", "more conditions than can be read", "offset"],
)
def test_nothing_found_says_nothing_where_there_may_be_rows(found: Node) -> None:
    assert not any(isinstance(fact, Missing) for fact in facts_of(found))


def test_get_that_finds_nothing_says_that_there_is_none() -> None:
    # LIMIT 21 can't have hidden a row where not even one came back.
    fact = only(select(TODO, where='"shop_todo"."id" = %s LIMIT 21', params=[50]))

    assert isinstance(fact, Missing)


def test_a_count() -> None:
    sql = 'SELECT COUNT(*) AS "__count" FROM "shop_todo" WHERE "shop_todo"."owner_id" = %s'

    fact = only(query(sql, [3], columns=["__count"], rows=[[2]]))

    assert isinstance(fact, Counted)
    assert (fact.table, fact.conditions, fact.number, fact.exact) == (
        "shop_todo",
        (OneOf("owner_id", (3,)),),
        2,
        True,
    )


def test_a_count_of_nothing_is_missing() -> None:
    sql = 'SELECT COUNT(*) AS "__count" FROM "shop_todo" WHERE "shop_todo"."owner_id" = %s'

    assert isinstance(only(query(sql, [3], columns=["__count"], rows=[[0]])), Missing)


def test_a_count_with_conditions_that_cannot_be_read_is_not_exact() -> None:
    sql = 'SELECT COUNT(*) AS "__count" FROM "shop_todo" WHERE "shop_todo"."votes" > "shop_todo"."id"'

    fact = only(query(sql, [], columns=["__count"], rows=[[2]]))

    assert isinstance(fact, Counted)
    assert not fact.exact


def test_a_count_over_a_join_is_of_the_rows_that_conditions_speak_of() -> None:
    sql = f'SELECT COUNT(*) AS "__count" FROM {_LINKED} WHERE "shop_todo_tags"."todo_id" = %s'

    fact = only(query(sql, [50], columns=["__count"], rows=[[2]]))

    assert isinstance(fact, Counted)
    assert (fact.table, fact.conditions, fact.number) == (
        "shop_todo_tags",
        (OneOf("todo_id", (50,)),),
        2,
    )


def test_an_annotated_count_is_of_the_rows_that_belong_to_each() -> None:
    sql = (
        'SELECT "shop_person"."id" AS "id", COUNT("shop_todo"."id") AS "n" FROM "shop_person" '
        'LEFT OUTER JOIN "shop_todo" ON ("shop_person"."id" = "shop_todo"."owner_id") GROUP BY 1'
    )

    counted, none, person, other, complete = facts_of(
        query(sql, [], columns=["id", "n"], rows=[[3, 2], [4, 0]])
    )

    assert [fact.values for fact in (person, other) if isinstance(fact, Seen)] == [{"id": 3}, {"id": 4}]
    assert isinstance(counted, Counted)
    assert (counted.table, counted.conditions, counted.number) == (
        "shop_todo",
        (OneOf("owner_id", (3,)),),
        2,
    )
    assert isinstance(complete, Complete)
    assert isinstance(none, Missing)
    assert none.conditions == (OneOf("owner_id", (4,)),)


def test_exists_tells_of_a_row() -> None:
    sql = 'SELECT %s AS "a" FROM "shop_todo" WHERE "shop_todo"."title" = %s LIMIT 1'

    assert seen(query(sql, [1, "Milk"], columns=["a"], rows=[[1]])) == [("shop_todo", {"title": "Milk"})]


def test_a_sum() -> None:
    fact = only(query('SELECT SUM("shop_todo"."votes") FROM "shop_todo"', [], columns=["s"], rows=[[9]]))

    assert isinstance(fact, Summed)
    assert (fact.table, fact.column, fact.total) == ("shop_todo", "votes", 9)


def test_the_greatest_value_is_one_rows_and_no_one_has_a_greater() -> None:
    sql = 'SELECT MAX("shop_todo"."votes") FROM "shop_todo"'

    counted, missing = facts_of(query(sql, [], columns=["m"], rows=[[9]]))

    assert isinstance(counted, Counted)
    assert OneOf("votes", (9,)) in counted.conditions
    assert isinstance(missing, Missing)
    assert missing.conditions == (Bound("votes", ">", 9),)


def test_average_tells_the_mean() -> None:
    fact = only(query('SELECT AVG("shop_todo"."votes") FROM "shop_todo"', [], columns=["s"], rows=[[9]]))

    assert isinstance(fact, Averaged)
    assert (fact.table, fact.column, fact.mean) == ("shop_todo", "votes", 9)


def test_other_aggregates_are_not_inverted() -> None:
    sql = 'SELECT STRING_AGG("shop_todo"."title", $$,$$) FROM "shop_todo"'
    fact = only(query(sql, [], columns=["s"], rows=[["a"]]))

    assert isinstance(fact, NotInverted)


def test_an_equality_with_what_another_row_has_is_told_as_a_join() -> None:
    found = query(
        'SELECT "shop_todo"."id" FROM "shop_todo" '
        'INNER JOIN "shop_person" ON ("shop_todo"."owner_id" = "shop_person"."id") '
        'WHERE "shop_person"."name" = %s LIMIT 1',
        ["Ada"],
        columns=["id"],
        rows=[[50]],
    )

    todo, person = (fact for fact in facts_of(found) if isinstance(fact, Seen))

    assert todo.joined == (Join("owner_id", "shop_person", "id"),)
    assert person.values == {"name": "Ada"}


# --- writes ---------------------------------------------------------------------------------


def values(fact: Fact) -> dict[str, object]:
    assert isinstance(fact, (Inserted, Updated)), fact
    return dict(fact.values)


def test_an_insert_has_the_key_that_came_back() -> None:
    assert values(only(insert(TODO, 77, title="Milk", done=0))) == {"title": "Milk", "done": False, "id": 77}


def test_an_insert_has_the_key_that_the_driver_told() -> None:
    sql = "INSERT INTO `shop_tag` (`name`) VALUES (%s)"

    assert values(only(query(sql, ["a"], lastrowid=7, vendor="mysql"))) == {"name": "a", "id": 7}


def test_a_key_that_was_given_beats_the_drivers() -> None:
    sql = "INSERT INTO `shop_tag` (`id`, `name`) VALUES (%s, %s)"

    assert values(only(query(sql, [5, "a"], lastrowid=0, vendor="mysql"))) == {"name": "a", "id": 5}


def test_many_rows_in_one_insert() -> None:
    sql = 'INSERT INTO "shop_tag" ("name") VALUES (%s), (%s) RETURNING "shop_tag"."id"'

    found = facts_of(query(sql, ["a", "b"], columns=["id"], rows=[[1], [2]]))

    assert [values(fact) for fact in found] == [{"name": "a", "id": 1}, {"name": "b", "id": 2}]


def test_columnwise_insert() -> None:
    sql = (
        'INSERT INTO "shop_todo" ("title", "done") SELECT * FROM UNNEST((%s)::varchar[], (%s)::boolean[]) '
        'RETURNING "shop_todo"."id"'
    )

    found = facts_of(
        query(sql, [["A", "B"], [True, False]], columns=["id"], rows=[[1], [2]], vendor="postgresql")
    )

    assert [values(fact) for fact in found] == [
        {"title": "A", "done": True, "id": 1},
        {"title": "B", "done": False, "id": 2},
    ]


def test_executemany_is_as_many_inserts() -> None:
    found = facts_of(query('INSERT INTO "shop_tag" ("name") VALUES (%s)', many=[["a"], ["b"]]))

    assert [values(fact) for fact in found] == [{"name": "a"}, {"name": "b"}]


def test_what_the_database_computes_is_unknown() -> None:
    sql = 'INSERT INTO "shop_todo" ("title", "made") VALUES (%s, STATEMENT_TIMESTAMP())'

    assert values(only(query(sql, ["A"], vendor="postgresql"))) == {"title": "A", "made": Unknown()}


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("", None),
        ("ON CONFLICT DO NOTHING", "ignore"),
        ('ON CONFLICT("name") DO UPDATE SET "name" = EXCLUDED."name"', "update"),
    ],
)
def test_conflicts(clause: str, expected: str | None) -> None:
    fact = only(query(f'INSERT INTO "shop_tag" ("name") VALUES (%s) {clause}', ["a"]))

    assert isinstance(fact, Inserted)
    assert fact.conflict == expected


def test_an_update_has_values_conditions_and_how_many() -> None:
    fact = only(update(TODO, 50, done=1, owner_id=None))

    assert isinstance(fact, Updated)
    assert values(fact) == {"done": True, "owner_id": None}
    assert (fact.conditions, fact.number, fact.vague) == ((OneOf("id", (50,)),), 1, False)


@pytest.mark.parametrize(
    ("assigned", "expected"),
    [
        ('("shop_todo"."votes" + %s)', Change("votes", 2)),
        ('("shop_todo"."votes" - %s)', Change("votes", -2)),
        ('("shop_todo"."votes" * %s)', Unknown()),
    ],
)
def test_an_update_by_the_old_value(assigned: str, expected: object) -> None:
    sql = f'UPDATE "shop_todo" SET "votes" = {assigned}'

    assert values(only(query(sql, [2], rowcount=1))) == {"votes": expected}


def test_bulk_update_is_an_update_of_each() -> None:
    sql = (
        'UPDATE "shop_todo" SET "title" = CASE WHEN ("shop_todo"."id" = %s) THEN %s '
        'WHEN ("shop_todo"."id" = %s) THEN %s ELSE NULL END, '
        '"done" = CASE WHEN ("shop_todo"."id" = %s) THEN %s '
        'WHEN ("shop_todo"."id" = %s) THEN %s ELSE NULL END WHERE "shop_todo"."id" IN (%s, %s)'
    )

    found = facts_of(query(sql, [1, "A", 2, "B", 1, 1, 2, 0, 1, 2], rowcount=2))

    assert [(fact.conditions, values(fact)) for fact in found if isinstance(fact, Updated)] == [
        ((OneOf("id", (1,)),), {"title": "A", "done": True}),
        ((OneOf("id", (2,)),), {"title": "B", "done": False}),
    ]


def test_writes_with_conditions_that_cannot_be_read_are_vague() -> None:
    updated = only(
        query('UPDATE "shop_todo" SET "done" = %s WHERE LOWER("shop_todo"."title") = %s', [1, "a"])
    )
    deleted = only(query('DELETE FROM "shop_todo" WHERE LOWER("shop_todo"."title") > %s', ["A"]))

    assert isinstance(updated, Updated)
    assert updated.vague
    assert isinstance(deleted, Deleted)
    assert deleted.vague


def test_a_delete() -> None:
    fact = only(delete(TAG, 1, 2))

    assert isinstance(fact, Deleted)
    assert (fact.table, fact.conditions, fact.number) == ("shop_tag", (OneOf("id", (1, 2)),), 2)


def test_what_failed_wrote_nothing() -> None:
    sql = 'INSERT INTO "shop_tag" ("name") VALUES (%s)'

    assert facts_of(query(sql, ["a"], error=failure("django.db.utils.IntegrityError"))) == ()


# --- the rest -------------------------------------------------------------------------------


def test_transactions_are_facts() -> None:
    found = facts_of(query("BEGIN"), query('SAVEPOINT "s1"'), query('ROLLBACK TO SAVEPOINT "s1"'), commit())

    assert [(fact.action, fact.name) for fact in found if isinstance(fact, Savepoint)] == [
        ("begin", ""),
        ("savepoint", "s1"),
        ("rollback_to", "s1"),
        ("commit", ""),
    ]


def test_facts_say_where_they_were_learnt() -> None:
    fact = facts_of(select(TAG), query("VALUES ((("))[1]

    assert fact == NotInverted(Source(span_id(2), fact.source.position, "VALUES ((("), fact.reason)  # type: ignore[union-attr]  # else unequal
    assert fact.source.sql == "VALUES ((("


def test_harmless_statements_are_none() -> None:
    assert facts_of(query("SELECT 1"), query("PRAGMA x")) == ()


_TAGGED = 'EXISTS(SELECT 1 AS "a" FROM "shop_tag" U0 WHERE (U0."name" = %s AND NOT (U0."id" = %s)) LIMIT 1)'


@pytest.mark.parametrize(
    ("condition", "values", "found", "expected"),
    [
        ("COALESCE((%s AND {}), True)", [True], False, Missing),
        ("COALESCE((%s AND {}), True)", [True], True, Seen),
        ("COALESCE((%s = %s AND {}), 1)", ["open", "open"], False, Missing),
        ("{}", [], False, Missing),
        ("NOT {}", [], False, Seen),
        ("NOT {}", [], True, Missing),
        ("(%s AND {})", [True], True, Seen),
        # There may be another reason: the row isn't meant, or a value is NULL.
        ("COALESCE((%s AND {}), True)", [False], False, None),
        ("COALESCE((%s = %s AND {}), True)", ["shut", "open"], False, None),
        ("COALESCE((%s = %s AND {}), True)", [None, "open"], True, None),
        ("COALESCE((%s > %s AND {}), True)", [2, 1], False, None),
        ("({} OR %s)", [], True, None),
    ],
)
def test_a_check_of_a_constraint_tells_whether_there_is_such_a_row(
    condition: str, values: list[object], found: bool, expected: type[Fact] | None
) -> None:
    sql = f'SELECT 1 AS "_check" WHERE {condition.format(_TAGGED)}'
    facts = facts_of(query(sql, [*values, "red", 7, True], columns=["_check"], rows=[[1]] if found else []))

    assert [type(fact) for fact in facts] == ([expected] if expected else [])
    if expected is not None:
        conditions = {OneOf("name", ("red",)), NoneOf("id", (7,))}
        told = {OneOf(name, (value,)) for name, value in getattr(facts[0], "values", {}).items()}
        assert {*facts[0].conditions, *told} == conditions  # type: ignore[union-attr]  # both kinds have them


def test_several_counts_in_one_query() -> None:
    sql = """SELECT (SELECT COUNT(*) FROM "shop_tag"), EXISTS(SELECT 1 FROM "shop_person"),
             (SELECT COUNT(*) FROM "shop_todo" WHERE "shop_todo"."votes" = 3), 8"""
    many, one, none = facts_of(query(sql, columns=["a", "b", "c", "d"], rows=[[2, True, 0, 8]]))

    assert isinstance(many, Counted)
    assert (many.table, many.number) == ("shop_tag", 2)
    assert isinstance(one, Seen)
    assert one.table == "shop_person"
    assert isinstance(none, Missing)
    assert none.conditions == (OneOf("votes", (3,)),)


def test_columns_that_make_a_difference() -> None:
    queries = exchange_of(
        select(TODO, where='"shop_todo"."votes" > %s AND "shop_todo"."title" = %s', params=[1, "A"]),
        query(f'SELECT * FROM {_OWNED} WHERE "shop_person"."name" IS NOT NULL', []),
        select(PERSON),
    ).queries

    assert compared_columns(queries) == {
        ("shop_todo", "votes"),
        ("shop_todo", "title"),
        ("shop_person", "name"),
    }
