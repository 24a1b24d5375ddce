"""Rows made up for one count are left out again where those made up for others do."""

import pytest

from otel2test.inverting.solving import solve
from tests.inverting.shop import PERSON, TODO, before, catalog_of, facts_of, select, state_of, update
from tests.recordings import Node, query


def count(number: int, where: str = "", *params: object, table: str = "todo") -> Node:
    sql = f'SELECT COUNT(*) AS "n" FROM "shop_{table}"{f" WHERE {where}" if where else ""}'
    return query(sql, params, columns=["n"], rows=[[number]])


def since(votes: int, number: int) -> Node:
    return count(number, '"shop_todo"."votes" >= %s AND "shop_todo"."done" = %s', votes, False)


@pytest.mark.parametrize("bounds", [(3, 5, 9), (9, 5, 3), (5, 9, 3)])
def test_of_nested_counts_the_closest_has_the_rows_for_all(bounds: tuple[int, ...]) -> None:
    state = state_of(*(since(bound, 4) for bound in bounds))

    found = before(state, TODO)
    assert len(found) == 4
    assert all(isinstance(row["votes"], int) and row["votes"] >= 9 for row in found)


def test_nested_counts_of_different_numbers() -> None:
    state = state_of(since(3, 7), since(9, 2), since(5, 4))

    votes = [row["votes"] for row in before(state, TODO)]
    numbers = [sum(isinstance(each, int) and each >= bound for each in votes) for bound in (3, 5, 9)]
    assert numbers == [7, 4, 2]
    assert len(votes) == 7


def test_what_was_spared_is_told_with_its_query() -> None:
    state = state_of(since(3, 1), since(9, 1))

    assert len(before(state, TODO)) == 1
    assert {(item.table, item.source.position) for item in state.spared} <= {
        ("shop_todo", 1),
        ("shop_todo", 2),
    }


def test_of_a_table_of_which_a_replay_found_too_few_rows_none_is_taken_back() -> None:
    counts = facts_of(*(since(bound, number) for bound, number in ((3, 7), (9, 2), (5, 4))))
    as_told = solve(counts, catalog_of())
    lacking = solve(counts, catalog_of(), lacking={"shop_todo"})

    assert as_told.spared
    assert lacking.spared == ()


def test_rows_that_were_seen_stay() -> None:
    milk = {"id": 50, "title": "Milk", "done": 0, "votes": 4, "made": "2020-01-01 00:00:00"}
    state = state_of(select(TODO, milk), since(3, 1), since(1, 1))

    assert [row["id"] for row in before(state, TODO)] == [50]
    assert state.spared == ()


def test_rows_that_are_counted_since_something_was_written_stay() -> None:
    def owned(votes: int) -> Node:
        sql = (
            'SELECT COUNT(*) AS "n" FROM "shop_todo" INNER JOIN "shop_person" '
            'ON ("shop_todo"."owner_id" = "shop_person"."id") '
            'WHERE "shop_person"."name" = %s AND "shop_todo"."votes" >= %s'
        )
        return query(sql, ["Bo", votes], columns=["n"], rows=[[1]])

    ada = select(PERSON, {"id": 3, "name": "Ada", "boss_id": None})
    state = state_of(ada, update(PERSON, 3, name="Bo"), owned(1), owned(3))

    assert before(state, TODO)


def test_rows_that_others_go_together_with_stay() -> None:
    owned = (
        'SELECT COUNT(*) AS "n" FROM "shop_todo" INNER JOIN "shop_person" '
        'ON ("shop_todo"."owner_id" = "shop_person"."id") WHERE "shop_person"."name" = %s'
    )
    state = state_of(
        query(owned, ["Ada"], columns=["n"], rows=[[1]]),
        count(1, '"shop_person"."name" >= %s', "A", table="person"),
        count(1, '"shop_person"."name" >= %s', "B", table="person"),
    )

    people = before(state, PERSON)
    assert "Ada" in [row["name"] for row in people]
    assert len(before(state, TODO)) == 1
