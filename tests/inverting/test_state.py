"""What was there before the request, and what became of it."""

from collections import Counter

import pytest

from otel2test.inverting.entities import KeyOf
from otel2test.inverting.facts import Change, NotInverted, Unknown
from tests.inverting.shop import (
    PERSON,
    TAG,
    TODO,
    TODO_TAGS,
    USER,
    after,
    before,
    delete,
    entities,
    insert,
    select,
    state_of,
    update,
)
from tests.recordings import Node, commit, failure, query

_BY_NAME = '"shop_tag"."name" = %s'


def titles(*rows: tuple[object, ...], columns: str = "id,title") -> Node:
    """Return a query of some columns of to-dos: ``values()`` and ``only()``."""
    listed = ", ".join(f'"shop_todo"."{column}"' for column in columns.split(","))
    return query(f'SELECT {listed} FROM "shop_todo"', [], columns=columns.split(","), rows=rows)


def titles_of(*rows: tuple[object, ...], columns: str = "id,title") -> Node:
    """Return such a query of to-dos that were asked for by their keys, which come first."""
    listed = ", ".join(f'"shop_todo"."{column}"' for column in columns.split(","))
    keys = [key for key, *_ in rows]
    where = f'"shop_todo"."id" IN ({", ".join("%s" for _ in keys)})'
    sql = f'SELECT {listed} FROM "shop_todo" WHERE {where}'
    return query(sql, keys, columns=columns.split(","), rows=rows)


def count(number: int, where: str = "", *params: object) -> Node:
    condition = f" WHERE {where}" if where else ""
    sql = f'SELECT COUNT(*) AS "__count" FROM "shop_todo"{condition}'
    return query(sql, params, columns=["__count"], rows=[[number]])


def exists(where: str, *params: object) -> Node:
    sql = f'SELECT %s AS "a" FROM "shop_todo" WHERE {where} LIMIT 1'
    return query(sql, [1, *params], columns=["a"], rows=[[1]])


def savepoint(name: str = "s1") -> Node:
    return query(f'SAVEPOINT "{name}"')


def rollback_to(name: str = "s1") -> Node:
    return query(f'ROLLBACK TO SAVEPOINT "{name}"')


def release(name: str = "s1") -> Node:
    return query(f'RELEASE SAVEPOINT "{name}"')


# --- one row, seen more than once -----------------------------------------------------------


def test_a_row_read_twice_is_one() -> None:
    state = state_of(titles((50, "Milk")), titles((50, "Milk")))

    assert before(state, TODO) == [{"id": 50, "title": "Milk"}]


def test_a_row_read_half_and_whole_is_one() -> None:
    state = state_of(titles((50, "Milk")), titles((50, 3), columns="id,votes"))

    assert before(state, TODO) == [{"id": 50, "title": "Milk", "votes": 3}]


def test_the_first_sight_counts() -> None:
    # Another request changed the row in between: the test starts where this request started.
    state = state_of(titles((50, "Milk")), titles((50, "Bread")))

    assert before(state, TODO) == [{"id": 50, "title": "Milk"}]


def test_a_row_without_its_key_is_found_among_those_that_have_one() -> None:
    state = state_of(
        titles(("Milk",), ("Bread",), columns="title"), titles((50, "Bread"), (51, "Milk"), (52, "Ale"))
    )

    assert [row["id"] for row in before(state, TODO)] == [50, 51, 52]


def test_equal_rows_of_one_result_are_as_many() -> None:
    state = state_of(titles(("Milk",), ("Milk",), columns="title"))

    assert before(state, TODO) == [{"title": "Milk"}, {"title": "Milk"}]


def test_a_unique_column_identifies_a_row_too() -> None:
    state = state_of(
        query(
            f'SELECT "shop_tag"."name" FROM "shop_tag" WHERE {_BY_NAME}',
            ["a"],
            columns=["name"],
            rows=[["a"]],
        ),
        select(TAG, {"id": 1, "name": "a"}),
    )

    assert before(state, TAG) == [{"name": "a", "id": 1}]


def test_rows_over_a_self_join_are_two() -> None:
    sql = (
        'SELECT "shop_person"."id", "shop_person"."boss_id", T2."id", T2."name" FROM "shop_person" '
        'LEFT OUTER JOIN "shop_person" T2 ON ("shop_person"."boss_id" = T2."id")'
    )

    state = state_of(
        query(
            sql, [], columns=["id", "boss_id", "id", "name"], rows=[[2, 1, 1, "Ada"], [1, None, None, None]]
        )
    )

    assert before(state, PERSON) == [{"id": 2, "boss_id": 1}, {"id": 1, "name": "Ada", "boss_id": None}]


def test_many_to_many_rows_are_found_once() -> None:
    sql = (
        'SELECT ("shop_todo_tags"."todo_id") AS "v", "shop_tag"."id" FROM "shop_tag" '
        'INNER JOIN "shop_todo_tags" ON ("shop_tag"."id" = "shop_todo_tags"."tag_id") '
        'WHERE "shop_todo_tags"."todo_id" IN (%s, %s)'
    )
    prefetch = query(sql, [50, 51], columns=["v", "id"], rows=[[50, 1], [50, 2], [51, 1]])

    state = state_of(prefetch, prefetch)

    assert before(state, TAG) == [{"id": 1}, {"id": 2}]
    assert before(state, TODO_TAGS) == [
        {"todo_id": 50, "tag_id": 1},
        {"todo_id": 50, "tag_id": 2},
        {"todo_id": 51, "tag_id": 1},
    ]


def test_rows_can_be_found_by_a_value() -> None:
    state = state_of(titles((50, "Milk")), update(TODO, 50, title="Ale"))

    assert state.find("shop_todo", "title", "Ale") is entities(state, TODO)[0]
    assert state.find("shop_todo", "title", "Wine") is None


# --- before and during ----------------------------------------------------------------------


def test_a_row_that_the_request_made_was_not_there() -> None:
    state = state_of(insert(TODO, 77, title="Milk"), select(TODO, {"id": 77, "title": "Milk", "votes": 0}))

    assert before(state, TODO) == []
    assert after(state, TODO)[0] == {
        "title": "Milk",
        "id": 77,
        "votes": 0,
        "done": None,
        "made": None,
        "owner_id": None,
    }


def test_reading_back_tells_what_the_database_made_of_it() -> None:
    state = state_of(
        query(
            'INSERT INTO "shop_todo" ("id", "title") VALUES (%s, LOWER(%s))',
            [77, "MILK"],
            vendor="postgresql",
        ),
        titles((77, "milk")),
    )

    assert after(state, TODO) == [{"id": 77, "title": "milk"}]


def test_an_update_does_not_change_what_was_before() -> None:
    state = state_of(titles((50, "Milk")), update(TODO, 50, title="Ale"), titles((50, "Ale")))

    assert before(state, TODO) == [{"id": 50, "title": "Milk"}]
    assert after(state, TODO) == [{"title": "Ale"}]


def test_an_updated_row_that_was_never_read_had_to_be_there() -> None:
    state = state_of(update(TODO, 50, title="Ale"))

    assert before(state, TODO) == [{"id": 50}]
    assert entities(state, TODO)[0].made_up


def test_an_update_that_hit_nothing_needs_nothing() -> None:
    sql = 'UPDATE "shop_todo" SET "done" = %s WHERE "shop_todo"."id" = %s'

    assert before(state_of(query(sql, [True, 50], rowcount=0)), TODO) == []


def test_an_update_of_many_rows_changes_those_that_match() -> None:
    state = state_of(
        titles((50, 1), (51, 2), (52, 1), columns="id,votes"),
        query('UPDATE "shop_todo" SET "done" = %s WHERE "shop_todo"."votes" = %s', [1, 1], rowcount=2),
    )

    assert after(state, TODO) == [{"done": True}, {}, {"done": True}]


def test_an_update_whose_conditions_cannot_be_read_is_of_no_row_for_sure() -> None:
    state = state_of(
        titles((50, 1), (51, 9), columns="id,votes"),
        query('UPDATE "shop_todo" SET "done" = %s WHERE ABS("shop_todo"."votes") > %s', [1, 5], rowcount=1),
    )

    assert after(state, TODO) == [{}, {}]


def test_an_update_of_a_range_changes_the_rows_in_it() -> None:
    state = state_of(
        titles((50, 1), (51, 9), columns="id,votes"),
        query('UPDATE "shop_todo" SET "done" = %s WHERE "shop_todo"."votes" > %s', [1, 5], rowcount=1),
    )

    assert after(state, TODO) == [{}, {"done": True}]


def test_an_update_by_a_subquery_of_the_same_table_hits_the_keys_in_it() -> None:
    sql = (
        'UPDATE "shop_todo" SET "done" = %s WHERE "shop_todo"."id" IN '
        '(SELECT U0."id" FROM "shop_todo" U0 WHERE U0."id" IN (%s, %s) GROUP BY U0."id")'
    )

    assert before(state_of(query(sql, [1, 6, 7], rowcount=2)), TODO) == [{"id": 6}, {"id": 7}]


def test_a_row_known_by_another_rows_key_points_to_it() -> None:
    sql = (
        'SELECT "shop_todo"."id" FROM "shop_todo" INNER JOIN "shop_person" '
        'ON ("shop_todo"."owner_id" = "shop_person"."id") WHERE "shop_person"."name" = %s'
    )

    state = state_of(query(sql, ["Ada"], columns=["id"], rows=[[50]]))

    (person,) = entities(state, PERSON)
    assert before(state, PERSON) == [{"name": "Ada"}]
    assert before(state, TODO) == [{"id": 50, "owner_id": KeyOf(person, "id")}]


def test_a_count_over_a_join_is_of_the_rows_that_point_to_a_known_one() -> None:
    sql = (
        'SELECT COUNT(*) AS "__count" FROM "shop_todo" INNER JOIN "shop_person" '
        'ON ("shop_todo"."owner_id" = "shop_person"."id") WHERE "shop_person"."name" = %s'
    )

    state = state_of(
        query(sql, ["Ada"], columns=["__count"], rows=[[2]]), select(PERSON, {"id": 3, "name": "Ada"})
    )

    assert before(state, TODO) == [{"owner_id": 3}, {"owner_id": 3}]
    assert len(before(state, PERSON)) == 1


def test_rows_made_up_for_a_count_sort_around_a_page() -> None:
    page = query(
        'SELECT "shop_todo"."id", "shop_todo"."votes" FROM "shop_todo" '
        'ORDER BY "shop_todo"."votes" DESC LIMIT 2 OFFSET 1',
        [],
        columns=["id", "votes"],
        rows=[[50, 7], [51, 5]],
    )

    state = state_of(count(4), page)

    assert [row["votes"] for row in before(state, TODO)] == [7, 5, 8, 4]


_RANKED = (
    'SELECT "shop_person"."id", "shop_person"."name", COUNT("shop_todo"."id") AS "n" FROM "shop_person" '
    'LEFT OUTER JOIN "shop_todo" ON ("shop_person"."id" = "shop_todo"."owner_id") '
    'GROUP BY "shop_person"."id", "shop_person"."name" '
    'ORDER BY {} {}, "shop_person"."id" {} LIMIT 2 OFFSET {}'
)
_PEOPLE = query('SELECT COUNT(*) AS "n" FROM "shop_person"', [], columns=["n"], rows=[[4]])


@pytest.mark.parametrize("term", ["3", '"n"', 'COUNT("shop_todo"."id")'])
@pytest.mark.parametrize(
    ("direction", "offset", "ranked", "others"),
    [
        ("ASC", 0, [1, 2], [3, 3]),
        ("DESC", 0, [2, 1], [0, 0]),
        ("DESC", 1, [2, 1], [3, 0]),
        ("ASC", 2, [1, 2], [0, 0]),
    ],
)
def test_rows_that_were_left_out_of_a_list_sorted_by_count(
    term: str, direction: str, offset: int, ranked: list[int], others: list[int]
) -> None:
    page = query(
        _RANKED.format(term, direction, direction, offset),
        [],
        columns=["id", "name", "n"],
        rows=[[7, "Ada", ranked[0]], [8, "Bo", ranked[1]]],
    )
    state = state_of(_PEOPLE, page)

    owners = Counter(
        row["owner_id"].entity.number if isinstance(row["owner_id"], KeyOf) else row["owner_id"]
        for row in before(state, TODO)
    )
    assert [owners.pop(7), owners.pop(8)] == ranked
    assert sorted(owners.values(), reverse=True) == [number for number in others if number]
    assert len(before(state, PERSON)) == 4


def test_of_rows_with_as_few_as_the_last_the_rest_of_the_order_decides() -> None:
    page = query(
        _RANKED.format("3", "DESC", "DESC", 0),
        [],
        columns=["id", "name", "n"],
        rows=[[7, "Ada", 1], [5, "Bo", 0]],
    )
    state = state_of(_PEOPLE, page)

    keys = [row["id"] for row in before(state, PERSON)]
    assert keys[:2] == [7, 5]
    assert all(isinstance(key, int) and key < 5 for key in keys[2:])


def test_either_branch_of_a_condition_holds_for_a_row_that_came_back() -> None:
    found = query(
        'SELECT "shop_person"."id" FROM "shop_person" LEFT OUTER JOIN "shop_todo" '
        'ON ("shop_person"."id" = "shop_todo"."owner_id") '
        'WHERE ("shop_person"."name" LIKE %s OR "shop_todo"."title" LIKE %s)',
        ["%feast%", "%feast%"],
        columns=["id"],
        rows=[[3]],
    )

    state = state_of(select(PERSON, {"id": 3, "name": "Ada"}), found)

    assert before(state, TODO) == [{"owner_id": 3, "title": "feast"}]


def test_what_was_found_missing_is_forbidden() -> None:
    state = state_of(count(0, '"shop_todo"."votes" = %s', 3), select(PERSON, {"id": 3, "name": "Ada"}))

    assert state.forbids("shop_todo", {"votes": 3, "title": "Milk"})
    assert not state.forbids("shop_todo", {"votes": 4, "title": "Milk"})
    assert state.forbids("shop_person", {"id": 4, "name": "Bo"})
    assert not state.forbids("shop_person", {"id": 3, "name": "Ada"}, entities(state, PERSON)[0])


def test_an_update_of_a_row_by_what_was_not_read_takes_the_row_that_may_be_it() -> None:
    state = state_of(
        titles((50, "Milk")),
        query('UPDATE "shop_todo" SET "done" = %s WHERE "shop_todo"."votes" = %s', [1, 3], rowcount=1),
    )

    assert before(state, TODO) == [{"id": 50, "title": "Milk", "votes": 3}]


def test_arithmetic_on_a_known_value() -> None:
    sql = 'UPDATE "shop_todo" SET "votes" = ("shop_todo"."votes" + %s) WHERE "shop_todo"."id" = %s'

    known = state_of(titles((50, 3), columns="id,votes"), query(sql, [1, 50], rowcount=1))
    twice = state_of(titles((50, 3), columns="id,votes"), *[query(sql, [1, 50], rowcount=1)] * 2)
    unknown = state_of(query(sql, [1, 50], rowcount=1))

    assert after(known, TODO) == [{"votes": 4}]
    assert after(twice, TODO) == [{"votes": 5}]
    assert after(unknown, TODO) == [{"votes": Change("votes", 1)}]


def test_what_only_the_database_computed_is_told_by_reading_it() -> None:
    sql = 'UPDATE "shop_todo" SET "votes" = ("shop_todo"."votes" * %s) WHERE "shop_todo"."id" = %s'
    doubled = query(sql, [2, 50], rowcount=1)

    unread = state_of(titles((50, 3), columns="id,votes"), doubled)
    read = state_of(titles((50, 3), columns="id,votes"), doubled, titles((50, 6), columns="id,votes"))

    assert after(unread, TODO) == [{"votes": Unknown()}]
    assert after(read, TODO) == [{"votes": 6}]


def test_bulk_update() -> None:
    sql = (
        'UPDATE "shop_todo" SET "title" = CASE WHEN ("shop_todo"."id" = %s) THEN %s '
        'WHEN ("shop_todo"."id" = %s) THEN %s ELSE NULL END WHERE "shop_todo"."id" IN (%s, %s)'
    )

    state = state_of(titles((1, "a"), (2, "b"), (3, "c")), query(sql, [1, "A", 2, "B", 1, 2], rowcount=2))

    assert after(state, TODO) == [{"title": "A"}, {"title": "B"}, {}]


def test_a_deleted_row_was_there() -> None:
    state = state_of(titles((50, "Milk")), delete(TODO, 50))

    assert before(state, TODO) == [{"id": 50, "title": "Milk"}]
    assert entities(state, TODO)[0].deleted


def test_rows_deleted_unseen_were_there() -> None:
    state = state_of(delete(TODO, 50, 51))

    assert before(state, TODO) == [{"id": 50}, {"id": 51}]


def test_a_row_made_under_the_key_of_a_deleted_one_is_another() -> None:
    state = state_of(titles((50, "Milk")), delete(TODO, 50), insert(TODO, id=50, title="Ale"))

    old, new = entities(state, TODO)
    assert (old.existed, old.deleted, new.existed, new.deleted) == (True, True, False, False)


def test_what_is_read_of_a_row_made_later_tells_nothing_of_one_that_a_write_hit() -> None:
    made = {"id": 1, "title": "b", "done": False, "votes": 0, "owner_id": 4}
    by_owner = query('DELETE FROM "shop_todo" WHERE "shop_todo"."owner_id" = %s', [3], rowcount=1)
    listed = query('SELECT "shop_todo"."id" FROM "shop_todo"', columns=["id"], rows=[[1]])
    state = state_of(listed, by_owner, insert(TODO, **made), select(TODO, made))

    assert before(state, TODO) == [{"id": 1, "owner_id": 3}]
    assert not state.not_inverted


def test_what_was_written_again_before_it_was_read_is_not_of_before() -> None:
    by_owner = query(
        'UPDATE "shop_todo" SET "done" = %s WHERE "shop_todo"."owner_id" = %s', [True, 3], rowcount=1
    )
    read = query(
        'SELECT "shop_todo"."id", "shop_todo"."votes" FROM "shop_todo"',
        columns=["id", "votes"],
        rows=[[1, 7]],
    )
    state = state_of(by_owner, update(TODO, 1, votes=7), read)

    assert before(state, TODO) == [{"id": 1, "owner_id": 3}]


def test_a_row_made_and_deleted_leaves_nothing() -> None:
    state = state_of(insert(TODO, 77, title="Milk"), delete(TODO, 77))

    assert before(state, TODO) == []
    assert entities(state, TODO)[0].deleted


# --- transactions ---------------------------------------------------------------------------


def test_get_or_create_that_lost_a_race() -> None:
    # Not found, so it tries to insert; another was faster; it rolls back and gets the other's row.
    state = state_of(
        select(TAG, where=_BY_NAME, params=["a"]),
        savepoint(),
        query(
            'INSERT INTO "shop_tag" ("name") VALUES (%s)',
            ["a"],
            error=failure("django.db.utils.IntegrityError"),
        ),
        rollback_to(),
        release(),
        select(TAG, {"id": 1, "name": "a"}, where=_BY_NAME, params=["a"]),
    )

    assert before(state, TAG) == [{"id": 1, "name": "a"}]


def test_what_was_rolled_back_changed_nothing_but_what_was_read_counts() -> None:
    state = state_of(
        query("BEGIN"),
        savepoint(),
        titles((50, "Milk")),
        update(TODO, 50, title="Ale"),
        insert(TODO, 77, title="Wine"),
        delete(TODO, 50),
        rollback_to(),
        release(),
        commit(),
    )

    (row,) = entities(state, TODO)
    assert before(state, TODO) == [{"id": 50, "title": "Milk"}]
    assert (row.after, row.deleted) == ({}, False)


def test_writes_before_the_savepoint_stay() -> None:
    state = state_of(
        update(TODO, 50, title="Ale"), savepoint(), update(TODO, 50, title="Wine", votes=3), rollback_to()
    )

    assert after(state, TODO) == [{"title": "Ale"}]


def test_a_released_savepoint_is_rolled_back_with_the_one_around_it() -> None:
    state = state_of(
        query("BEGIN"),
        savepoint("outer"),
        savepoint("inner"),
        update(TODO, 50, title="Ale"),
        release("inner"),
        rollback_to("outer"),
        update(TODO, 50, votes=1),
    )

    assert after(state, TODO) == [{"votes": 1}]


def test_a_rolled_back_transaction() -> None:
    state = state_of(query("BEGIN"), insert(TODO, 77, title="Wine"), query("ROLLBACK"))

    assert entities(state, TODO) == []


def test_what_was_committed_stays() -> None:
    # On PostgreSQL no statement begins a transaction.
    state = state_of(
        insert(TODO, 77, title="Ale"), commit(), insert(TODO, 78, title="Wine"), query("ROLLBACK")
    )

    assert [row["id"] for row in after(state, TODO)] == [77]


def test_a_row_that_was_rolled_back_is_not_hit_by_a_later_update() -> None:
    state = state_of(
        query("BEGIN"),
        savepoint(),
        insert(TODO, 77, title="Wine"),
        rollback_to(),
        query('UPDATE "shop_todo" SET "done" = %s WHERE "shop_todo"."title" = %s', [1, "Ale"], rowcount=1),
    )

    assert before(state, TODO) == [{"title": "Ale"}]
    assert after(state, TODO) == [{"done": True}]


def test_a_row_made_again_after_a_rollback_is_made() -> None:
    state = state_of(
        savepoint(), insert(TAG, 1, name="a"), rollback_to(), insert(TAG, 2, name="a"), release()
    )

    assert before(state, TAG) == []
    assert after(state, TAG) == [{"name": "a", "id": 2}]


# --- conflicts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clause", "written"),
    [
        ("DO NOTHING", [{}]),
        ('("id") DO UPDATE SET "name" = EXCLUDED."name"', [{"id": 1, "name": "b"}]),
    ],
)
def test_an_insert_that_met_a_row(clause: str, written: list[object]) -> None:
    sql = f'INSERT INTO "shop_tag" ("id", "name") VALUES (%s, %s) ON CONFLICT {clause}'

    state = state_of(select(TAG, {"id": 1, "name": "a"}), query(sql, [1, "b"], rowcount=1))

    assert before(state, TAG) == [{"id": 1, "name": "a"}]
    assert after(state, TAG) == written


def test_an_upsert_that_met_nothing_made_a_row() -> None:
    sql = 'INSERT INTO "shop_tag" ("id", "name") VALUES (%s, %s) ON CONFLICT("id") DO UPDATE SET "name" = %s'

    state = state_of(query(sql, [1, "b", "b"], rowcount=1))

    assert before(state, TAG) == []
    assert after(state, TAG) == [{"id": 1, "name": "b"}]


# --- rows that were only counted ------------------------------------------------------------


def test_rows_that_were_only_counted_are_made_up() -> None:
    state = state_of(count(2, '"shop_todo"."votes" = %s', 3))

    assert before(state, TODO) == [{"votes": 3}, {"votes": 3}]
    assert all(entity.made_up for entity in entities(state, TODO))


def test_known_rows_count_first_whenever_they_were_seen() -> None:
    state = state_of(count(2), titles_of((50, "Milk")))

    assert before(state, TODO) == [{"id": 50, "title": "Milk"}, {"id": 51}]


def test_rows_that_may_match_are_taken_to() -> None:
    state = state_of(titles((50, "Milk")), count(1, '"shop_todo"."votes" = %s', 3))

    assert before(state, TODO) == [{"id": 50, "title": "Milk", "votes": 3}]


def test_rows_that_do_not_match_are_not_counted() -> None:
    state = state_of(titles_of((50, 1), columns="id,votes"), count(1, '"shop_todo"."votes" = %s', 3))

    assert before(state, TODO) == [{"id": 50, "votes": 1}, {"votes": 3, "id": 51}]


def test_counts_are_of_their_own_time() -> None:
    state = state_of(count(0), insert(TODO, 77, title="Milk"), count(1), delete(TODO, 77), count(0))

    assert before(state, TODO) == []


def test_rows_deleted_before_the_count_come_on_top() -> None:
    state = state_of(titles_of((50, "Milk")), delete(TODO, 50), count(1))

    assert before(state, TODO) == [{"id": 50, "title": "Milk"}, {"id": 51}]


def test_made_up_rows_spread_over_a_list_of_keys() -> None:
    state = state_of(titles_of((1, "a")), count(3, '"shop_todo"."id" IN (%s, %s, %s)', 1, 2, 3))

    assert [row["id"] for row in before(state, TODO)] == [1, 2, 3]


def test_no_one_makes_up_a_million_rows() -> None:
    state = state_of(count(1_000_000))

    assert before(state, TODO) == []
    assert [item.reason for item in state.not_inverted if isinstance(item, NotInverted)] == [
        "1000000 rows were counted that nothing else tells of"
    ]


def test_exists_is_met_by_a_known_row() -> None:
    state = state_of(exists('"shop_todo"."title" = %s', "Milk"), titles((50, "Milk")))

    assert before(state, TODO) == [{"id": 50, "title": "Milk"}]


def test_exists_is_met_by_a_row_that_may_be_it() -> None:
    state = state_of(exists('"shop_todo"."votes" = %s', 3), titles((50, "Milk")))

    assert before(state, TODO) == [{"id": 50, "title": "Milk", "votes": 3}]


def test_exists_alone_makes_a_row() -> None:
    state = state_of(exists('"shop_todo"."title" = %s', "Milk"))

    assert before(state, TODO) == [{"title": "Milk"}]


def test_exists_of_what_the_request_made_is_not_of_before() -> None:
    state = state_of(insert(TODO, 77, title="Milk"), exists('"shop_todo"."title" = %s', "Milk"))

    assert before(state, TODO) == []


def test_annotated_counts_make_rows_of_each_owner() -> None:
    sql = (
        'SELECT "shop_person"."id" AS "id", COUNT("shop_todo"."id") AS "n" FROM "shop_person" '
        'LEFT OUTER JOIN "shop_todo" ON ("shop_person"."id" = "shop_todo"."owner_id") GROUP BY 1'
    )

    state = state_of(
        query(sql, [], columns=["id", "n"], rows=[[3, 2], [4, 0]]), titles_of((50, 3), columns="id,owner_id")
    )

    assert before(state, PERSON) == [{"id": 3}, {"id": 4}]
    assert before(state, TODO) == [{"id": 50, "owner_id": 3}, {"owner_id": 3, "id": 51}]


# --- odd values -----------------------------------------------------------------------------


@pytest.mark.parametrize("key", [[1], {"a": 1}, {1}, ([1],), float("nan"), b"\x00", "x" * 10_000], ids=repr)
def test_no_key_is_too_odd(key: object) -> None:
    state = state_of(titles((key, "Milk")), titles((key, "Milk")))

    assert {row["title"] for row in before(state, TODO)} == {"Milk"}


# --- sums and means -------------------------------------------------------------------------


def total(function: str, value: object) -> Node:
    sql = f'SELECT {function}("shop_todo"."votes") AS "told" FROM "shop_todo"'
    return query(sql, [], columns=["told"], rows=[[value]])


def test_a_sum_after_an_insert_is_that_of_before_and_the_new_row() -> None:
    state = state_of(
        count(2), insert(TODO, 9, title="Milk", votes=5), update(TODO, 9, votes=6), total("SUM", 10)
    )

    assert sum(row["votes"] for row in before(state, TODO)) == 4  # type: ignore[misc]  # numbers, all


def test_a_sum_after_a_delete_lacks_the_deleted_row() -> None:
    state = state_of(titles_of((50, 3), columns="id,votes"), count(2), delete(TODO, 50), total("SUM", 7))

    assert [row["votes"] for row in before(state, TODO)] == [3, 7]


def test_rows_get_values_of_the_mean_that_was_read() -> None:
    state = state_of(count(3), total("AVG", 2.3333333333333335))

    votes = [row["votes"] for row in before(state, TODO)]
    assert (len(votes), sum(votes)) == (3, 7)  # type: ignore[arg-type]  # numbers, all


def test_a_mean_that_no_rows_can_have_is_told() -> None:
    state = state_of(count(3), total("AVG", 0.123))

    assert [item.reason for item in state.not_inverted] == ["a mean of 0.123 that no rows were found for"]


# --- rows that must differ ------------------------------------------------------------------


def test_made_up_links_of_one_row_lead_to_different_rows() -> None:
    link = 'SELECT COUNT(*) FROM "shop_todo_tags" WHERE "shop_todo_tags"."todo_id" = %s'
    named = (
        'SELECT COUNT(*) FROM "shop_todo_tags" INNER JOIN "shop_tag" ON '
        '("shop_todo_tags"."tag_id" = "shop_tag"."id") '
        'WHERE ("shop_todo_tags"."todo_id" = %s AND "shop_tag"."name" LIKE %s)'
    )
    state = state_of(
        query(named, [50, "a%"], columns=["n"], rows=[[2]]), query(link, [50], columns=["n"], rows=[[2]])
    )

    links = before(state, TODO_TAGS)
    assert len(links) == 2
    assert links[0]["tag_id"] != links[1]["tag_id"]


def test_what_is_made_up_to_be_changed_later_is_not_found_before() -> None:
    none_done = query(
        'SELECT COUNT(*) FROM "shop_todo" WHERE "shop_todo"."done"', [], columns=["n"], rows=[[0]]
    )
    state = state_of(
        none_done, query('UPDATE "shop_todo" SET "votes" = %s WHERE "votes" < %s', [3, 2], rowcount=2)
    )

    assert [row["done"] for row in before(state, TODO)] == [False, False]


def test_rows_made_up_stand_behind_one_that_the_request_made() -> None:
    # PostgreSQL sorts NULL before everything, descending: made-up rows need a value of their own.
    newest = query(
        'SELECT "shop_todo"."id", "shop_todo"."votes" FROM "shop_todo" '
        'ORDER BY "shop_todo"."votes" DESC LIMIT 1',
        [],
        columns=["id", "votes"],
        rows=[[9, 5]],
    )
    state = state_of(count(2), insert(TODO, 9, title="Milk", votes=5), newest)

    assert all(row["votes"] < 5 for row in before(state, TODO))  # type: ignore[operator]  # numbers, all


def test_what_is_counted_is_chosen_among_what_was_not_ruled_out() -> None:
    none = query(
        'SELECT COUNT(*) FROM "shop_todo" WHERE "shop_todo"."votes" > %s', [0], columns=["n"], rows=[[0]]
    )
    state = state_of(none, count(1, '"shop_todo"."votes" <= %s', 2))

    (row,) = before(state, TODO)
    assert row["votes"] <= 0  # type: ignore[operator]  # a number


def test_a_row_for_which_there_is_no_room_behind_is_not_on_the_page() -> None:
    page = query(
        'SELECT "shop_todo"."id" FROM "shop_todo" WHERE "shop_todo"."votes" <= %s '
        'ORDER BY "shop_todo"."id" DESC LIMIT 2',
        [0],
        columns=["id"],
        rows=[[2], [1]],
    )
    state = state_of(count(3), page)

    other = next(row for row in before(state, TODO) if row.get("id") not in (1, 2))
    assert other["votes"] > 0  # type: ignore[operator]  # a number


def test_a_row_that_only_had_to_be_there_is_one_that_was_seen_before_it_changed() -> None:
    state = state_of(
        query('SELECT 1 AS "a" FROM "shop_todo" WHERE "shop_todo"."title" = %s LIMIT 1', ["Milk"],
              columns=["a"], rows=[[1]]),
        titles((50, "Milk")),
        update(TODO, 50, title="Ale"),
    )  # fmt: skip

    assert before(state, TODO) == [{"id": 50, "title": "Milk"}]


def test_a_row_that_is_known_by_another_key_is_not_made_up_again() -> None:
    ann = {"id": 5, "username": "ann", "is_staff": True}
    state = state_of(
        select(USER, ann, where='"auth_user"."id" = %s', params=[5]),
        query('UPDATE "auth_user" SET "is_staff" = %s WHERE NOT "is_staff"', [True], rowcount=1),
        update(USER, 5, username="bob"),
        select(USER, ann | {"username": "bob"}, where='"auth_user"."id" = %s', params=[5]),
    )

    assert [row.get("id") for row in before(state, USER)].count(5) == 1
    assert len(before(state, USER)) == 2


def test_a_sum_of_nothing_is_null_and_one_of_zero_is_of_a_row() -> None:
    def summed(total: object) -> Node:
        sql = 'SELECT SUM("shop_todo"."votes") AS "told" FROM "shop_todo"'
        return query(sql, [], columns=["told"], rows=[[total]])

    assert len(entities(state_of(summed(0)), TODO)) == 1
    assert entities(state_of(summed(None)), TODO) == []


# --- CASE in assignments --------------------------------------------------------------------

_SHIFT = (
    'UPDATE "shop_todo" SET "votes" = CASE WHEN "votes" >= %s AND "votes" <= %s THEN "votes" + %s '
    'WHEN "votes" > %s THEN 0 ELSE "votes" END WHERE "done" = %s'
)


def test_a_case_gives_each_row_what_its_condition_says() -> None:
    rows = [{"id": number, "votes": votes, "done": 0} for number, votes in ((50, 3), (51, 7), (52, 1))]
    state = state_of(select(TODO, *rows), query(_SHIFT, [2, 5, 10, 5, False], rowcount=3))

    assert after(state, TODO) == [{"votes": 13}, {"votes": 0}, {}]


def test_a_row_that_nobody_saw_is_none_that_a_case_changes() -> None:
    state = state_of(query(_SHIFT, [0, 5, -1, 5, False], rowcount=1))

    (row,) = before(state, TODO)
    votes = row["votes"]
    assert isinstance(votes, int)
    assert votes < 0
    assert after(state, TODO) == [{}]


def test_a_case_of_what_is_not_known_tells_nothing() -> None:
    state = state_of(titles((50, "Milk")), query(_SHIFT, [2, 5, 10, 5, False], rowcount=1))

    (value,) = [row["votes"] for row in after(state, TODO)]
    assert isinstance(value, Unknown)
