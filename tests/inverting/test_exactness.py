"""What was made up for one query, held against what the others told."""

import datetime as dt
import uuid
from typing import Literal

import pytest

from otel2test.inverting.catalog import Column
from otel2test.inverting.conditions import (
    AnyOf,
    Bound,
    Condition,
    NoneOf,
    OneOf,
    Related,
    Text,
    denied,
    holds,
)
from otel2test.inverting.facts import NotInverted
from otel2test.inverting.samples import another, of_column, possible, rising, step
from otel2test.inverting.trying import Attempt
from tests.inverting.shop import (
    PERSON,
    TAG,
    TODO,
    TODO_TAGS,
    before,
    delete,
    facts_of,
    select,
    state_of,
)
from tests.recordings import Node, failure, query

_UNTAGGED = (
    'NOT (EXISTS(SELECT 1 AS "a" FROM "shop_todo_tags" U1 '
    'WHERE U1."todo_id" = ("shop_todo"."id") AND U1."tag_id" = %s))'
)


def count(number: int, where: str = "", *params: object) -> Node:
    condition = f" WHERE {where}" if where else ""
    sql = f'SELECT COUNT(*) AS "__count" FROM "shop_todo"{condition}'
    return query(sql, params, columns=["__count"], rows=[[number]])


def ids(*found: int, where: str = "", params: tuple[object, ...] = (), page: str = "") -> Node:
    condition = f" WHERE {where}" if where else ""
    sql = f'SELECT "shop_todo"."id" FROM "shop_todo"{condition} ORDER BY "shop_todo"."id" ASC{page}'
    return query(sql, params, columns=["id"], rows=[[number] for number in found])


# --- rows that were left out for what goes together with them ---------------------------------


def test_a_row_that_was_left_out_has_what_kept_it_out() -> None:
    state = state_of(ids(1, where=_UNTAGGED, params=(7,)), ids(1, 2))

    assert before(state, TODO_TAGS) == [{"tag_id": 7, "todo_id": 2}]


def test_of_a_page_only_rows_before_its_last_were_left_out() -> None:
    state = state_of(ids(2, where=_UNTAGGED, params=(7,), page=" LIMIT 1"), ids(1, 2, 3))

    assert before(state, TODO_TAGS) == [{"tag_id": 7, "todo_id": 1}]


def test_what_the_request_deleted_was_not_there_for_later_queries() -> None:
    nothing = query('DELETE FROM "shop_todo" WHERE "shop_todo"."done"', [], rowcount=0)
    state = state_of(select(TODO, {"id": 1, "title": "a", "done": 1}), delete(TODO, 1), nothing)

    assert [row["id"] for row in before(state, TODO)] == [1]
    assert not state.not_inverted


@pytest.mark.parametrize(
    ("condition", "held", "failed"),
    [
        (OneOf("a", (1, 2)), [1], [3, None]),
        (OneOf("a", (1, None)), [1, None], [3]),
        (NoneOf("a", (1,)), [2], [1, None]),
        (Bound("a", ">", 1), [2], [1, None]),
        (Text("a", "%x%", sensitive=True), ["axe"], ["oar", None]),
    ],
)
def test_where_a_condition_does_not_hold_its_denial_does(
    condition: Condition, held: list[object], failed: list[object]
) -> None:
    either = denied((condition,))
    assert isinstance(either, AnyOf)

    def is_denied(value: object) -> bool:
        return any(all(holds(part, value) for part in branch) for branch in either.branches)  # type: ignore[arg-type]

    assert [is_denied(value) for value in held] == [False] * len(held)
    assert [is_denied(value) for value in failed] == [True] * len(failed)


def test_denying_a_row_over_there_asks_for_none() -> None:
    related = Related("shop_tag", (("tag_id", "id"),))

    assert denied((related,)) == AnyOf(((Related("shop_tag", (("tag_id", "id"),), negated=True),),))


# --- several conditions at once ---------------------------------------------------------------


def test_one_value_satisfies_all_alternatives() -> None:
    either = '("shop_todo"."votes" < %s OR "shop_todo"."votes" = %s)'
    or_less = '("shop_todo"."votes" IN (%s, %s) OR "shop_todo"."votes" < %s)'
    state = state_of(count(1, f"{either} AND {or_less}", 9, 20, 5, 20, 5))

    ((votes),) = [row["votes"] for row in before(state, TODO)]
    assert isinstance(votes, int)
    assert votes in {5, 20} or votes < 5


def test_a_value_excluded_in_every_way_is_the_one_that_remains() -> None:
    none = query(
        'SELECT 1 AS "a" FROM "shop_todo" WHERE "shop_todo"."id" = %s '
        'AND NOT ("shop_todo"."owner_id" = %s AND "shop_todo"."owner_id" IS NOT NULL) LIMIT 1',
        [1, 3],
        columns=["a"],
    )
    state = state_of(none, ids(1))

    assert state.forbids(TODO["table"], {"id": 1, "owner_id": None}, state.entities[0])
    assert not state.forbids(TODO["table"], {"id": 1, "owner_id": 3}, state.entities[0])


def test_the_negation_of_alternatives_is_read() -> None:
    update = query(
        'UPDATE "shop_todo" SET "done" = %s WHERE NOT '
        '(NOT ("shop_todo"."votes" BETWEEN %s AND %s) AND NOT ("shop_todo"."votes" BETWEEN %s AND %s))',
        [True, 1, 3, 1, 3],
        rowcount=1,
    )
    state = state_of(update)

    (votes,) = [row["votes"] for row in before(state, TODO)]
    assert votes in {1, 2, 3}


def test_of_alternatives_that_is_tried_which_contradicts_no_other_query() -> None:
    owned = (
        'EXISTS(SELECT 1 AS "a" FROM "shop_person" U0 '
        'WHERE (U0."name" = %s AND U0."id" = ("shop_todo"."owner_id")) LIMIT 1)'
    )
    state = state_of(
        ids(1, 2, where=f'({owned} OR "shop_todo"."owner_id" IS NULL)', params=("Ada",)),
        ids(where=f'({owned} OR "shop_todo"."votes" BETWEEN %s AND %s)', params=("Ada", 2, 1)),
    )

    assert [row["owner_id"] for row in before(state, TODO)] == [None, None]
    assert not state.not_inverted


# --- counts -----------------------------------------------------------------------------------


def test_what_is_learnt_for_one_row_may_count_others() -> None:
    todos = [{"id": number, "title": "a", "owner_id": 2 if number > 3 else 1} for number in (4, 3, 2, 1)]
    owned = '"shop_todo"."owner_id" IN (SELECT U0."id" FROM "shop_person" U0 WHERE U0."name" = %s)'
    state = state_of(count(3, owned, "Bo"), select(TODO, *todos))

    assert {row["id"]: row.get("name") for row in before(state, PERSON)}[1] == "Bo"
    assert not state.not_inverted
    owner = state.find(PERSON["table"], "id", 2)
    assert owner is None or owner.before["name"].value != "Bo"


def test_queries_that_cannot_be_met_at_once_are_listed() -> None:
    state = state_of(count(3, '"shop_todo"."votes" > %s', 1), count(2))

    # No row is made up for one query that another one would find too many.
    assert len(before(state, TODO)) == 2
    assert [item.source.position for item in state.not_inverted] == [
        fact.source.position for fact in facts_of(count(3), count(2))
    ][:1]


def test_a_mean_of_nothing_that_was_seen_is_that_of_rows_made_up() -> None:
    mean = query('SELECT AVG("shop_todo"."votes") AS "m" FROM "shop_todo"', [], columns=["m"], rows=[[1.5]])

    votes = [row["votes"] for row in before(state_of(mean), TODO)]
    assert sum(votes) / len(votes) == 1.5  # type: ignore[arg-type]


# --- pages ------------------------------------------------------------------------------------


def second_page(*rows: tuple[int, int], where: str = "", params: tuple[object, ...] = ()) -> Node:
    condition = f" WHERE ({where})" if where else ""
    sql = (
        f'SELECT "shop_todo"."id", "shop_todo"."votes" FROM "shop_todo"{condition} '
        'ORDER BY "shop_todo"."votes" ASC, "shop_todo"."id" DESC LIMIT 2 OFFSET 1'
    )
    return query(sql, params, columns=["id", "votes"], rows=list(map(list, rows)))


def test_what_stands_before_a_page_satisfies_its_conditions_there() -> None:
    where = '"shop_todo"."votes" <= %s OR "shop_todo"."votes" IN (%s, %s)'
    state = state_of(second_page((2, 0), (4, 2), where=where, params=(2, 1, 3)))

    (made,) = [row for row in before(state, TODO) if row.get("id") not in {2, 4}]
    assert isinstance(made["votes"], int)
    assert made["votes"] < 0
    assert not state.not_inverted


def test_what_stands_before_a_page_may_differ_by_the_next_term_only() -> None:
    where = '"shop_todo"."votes" IN (%s, %s)'
    state = state_of(second_page((2, 1), (4, 3), where=where, params=(1, 3)))

    (made,) = [row for row in before(state, TODO) if row.get("id") not in {2, 4}]
    assert isinstance(made["id"], int)
    assert (made["votes"], made["id"] > 2) == (1, True)


def test_one_row_stands_before_two_pages() -> None:
    state = state_of(second_page((2, 1), (4, 3)), second_page((2, 1), (4, 3)))

    assert [row["votes"] for row in before(state, TODO) if row.get("id") not in {2, 4}] == [0]
    assert not state.not_inverted


# --- keys and orders --------------------------------------------------------------------------


def test_keys_that_queries_named_are_told() -> None:
    state = state_of(ids(2, where='NOT ("shop_todo"."id" = %s)', params=(1,)), count(0, '"owner_id" = %s', 9))

    assert state.named_keys[TODO["table"]] == {1}
    assert state.named_keys[PERSON["table"]] == {9}


def test_rows_rank_as_they_came_though_nobody_saw_by_what() -> None:
    titles = query(
        'SELECT "shop_todo"."title" FROM "shop_todo" ORDER BY "shop_todo"."votes" DESC, "shop_todo"."id" ASC',
        [],
        columns=["title"],
        rows=[["b"], ["a"]],
    )

    votes = {row["title"]: row["votes"] for row in before(state_of(titles), TODO)}
    assert votes["b"] > votes["a"]  # type: ignore[operator]


@pytest.mark.parametrize(
    "value",
    [uuid.UUID(int=9), dt.timedelta(hours=1), dt.time(12), 3, "x"],
    ids=lambda value: str(type(value)),
)
def test_there_is_something_after_each_value(value: object) -> None:
    assert step(value, 1, 2) > step(value, 1) > value  # type: ignore[operator]


def test_texts_rise_and_are_no_longer_than_their_column() -> None:
    column = Column("a_name_of_a_column", "CharField", null=False, max_length=10)
    texts = list(rising(column, 12))

    assert texts == sorted(texts, key=str)
    assert {len(str(text)) <= 10 for text in texts} == {True}
    assert not possible("x" * 11, column)


@pytest.mark.parametrize(
    ("form", "most", "expected"),
    [
        ("email", 254, "contact-7@example.com"),
        ("url", 200, "https://example.com/contact-7"),
        ("email", 9, "contact-7"),
        ("", 4, "co-7"),
    ],
)
def test_a_text_has_the_form_that_its_column_asks_for(
    form: Literal["", "email", "url"], most: int, expected: str
) -> None:
    column = Column("contact", "CharField", null=False, max_length=most, form=form)

    assert of_column(column, 7) == expected


@pytest.mark.parametrize("value", [{}, [], {"a": [1]}, "a", 3, True])
def test_there_is_something_other_than_each_value(value: object) -> None:
    assert another(value, 1) != value


def test_orders_to_try_are_the_same_in_each_run() -> None:
    items = list(range(20))

    assert Attempt().of(items) == items
    assert Attempt(1).of(items) == items[::-1]
    assert Attempt(2).of(items) == Attempt(2).of(items) != Attempt(3).of(items)


# --- refusals ---------------------------------------------------------------------------------


def test_one_of_several_refused_rows_was_there() -> None:
    insert = query(
        'INSERT INTO "shop_tag" ("name") VALUES (%s), (%s)',
        ["a", "b"],
        error=failure("django.db.utils.IntegrityError", "UNIQUE constraint failed: shop_tag.name"),
    )

    assert [row["name"] for row in before(state_of(insert), TAG)] in (["a"], ["b"])


def test_rows_in_each_others_way_need_no_other() -> None:
    insert = query(
        'INSERT INTO "shop_tag" ("name") VALUES (%s), (%s)',
        ["a", "a"],
        error=failure("django.db.utils.IntegrityError", "UNIQUE constraint failed: shop_tag.name"),
    )

    assert not any(isinstance(fact, NotInverted) for fact in facts_of(insert))
    assert before(state_of(insert), TAG) == []
