"""Rows that a query leaves out, added to what was there: which, and which not."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from otel2test.inverting.collecting import collect
from otel2test.inverting.decoys import Decoyed, asked_about, solve_with, words
from otel2test.inverting.feedback import Decoy
from otel2test.inverting.filters import filters
from otel2test.inverting.solving import solve
from tests.inverting.shop import (
    PERSON,
    TAG,
    TODO,
    TODO_TAGS,
    catalog_of,
    entities,
    exchange_of,
    select,
    update,
)
from tests.recordings import Node, field, foreign_key, model, query, schema

POST = model(
    "shop.Post",
    field("id", "BigAutoField", primary_key=True),
    field("slug", "SlugField", unique=True, max_length=20),
    field("status", max_length=10, choices=["draft", "published", "gone"]),
    field("stars", "IntegerField", default=0),
    field("made", "DateTimeField", null=True),
    field("hidden", "BooleanField", default=False),
    foreign_key("owner", "shop.Person", null=True),
)
MODELS = schema(PERSON, TAG, TODO, TODO_TAGS, POST)
KEY = '"shop_post"."id" = %s'


def posts(where: str, params: Sequence[object], *rows: dict[str, object], **more: Any) -> Node:
    return select(POST, *rows, where=where, params=params, fetched=len(rows), exhausted=True, **more)


def count(where: str, params: Sequence[object], number: int) -> Node:
    sql = 'SELECT COUNT(*) AS "__count" FROM "shop_post"' + (f" WHERE {where}" if where else "")
    return query(sql, params, columns=["__count"], rows=[[number]])


def decoyed(*queries: Node, wish: Decoy) -> Decoyed:
    exchange = exchange_of(*queries, models=MODELS)
    catalog = catalog_of(MODELS)
    facts = collect(exchange.queries, catalog)
    return solve_with([wish], [exchange], facts, catalog, partial(solve, facts, catalog))


def added(*queries: Node, wish: Decoy) -> list[dict[str, object]]:
    """Return what is known of the rows that are there because queries leave them out."""
    state = decoyed(*queries, wish=wish).state
    return [
        {column: known.value for column, known in entity.before.items()}
        for entity in entities(state, POST)
        if entity.left_out is not None
    ]


def of(*path: str, **more: Any) -> Decoy:
    return Decoy("shop_post", path, **more)


TEA = {"id": 1, "slug": "tea", "status": "published", "stars": 3, "owner_id": 7, "hidden": False}


@pytest.mark.parametrize(
    ("where", "params", "wish", "row"),
    [
        ('"shop_post"."status" = %s', ["published"], of("status"), {"status": "draft"}),
        ('"shop_post"."status" IN (%s, %s)', ["published", "draft"], of("status"), {"status": "gone"}),
        ('NOT "shop_post"."hidden"', [], of("hidden"), {"hidden": True}),
        ('"shop_post"."stars" < %s', [4], of("stars"), {"stars": 4}),
        ('"shop_post"."stars" >= %s', [3], of("stars"), {"stars": 2}),
        ('"shop_post"."stars" < %s', [4], of("stars", values=(6,)), {"stars": 6}),
        ('"shop_post"."made" IS NULL', [], of("made"), None),
        (
            '"shop_post"."stars" > %s AND "shop_post"."stars" < %s',
            [1, 4],
            of("stars", part=1),
            {"stars": 4},
        ),
        (
            '"shop_post"."status" = %s AND "shop_post"."stars" < %s',
            ["published", 4],
            of("stars"),
            {"status": "published", "stars": 4},
        ),
    ],
)
def test_it_satisfies_all_but_one_condition(
    where: str, params: list[object], wish: Decoy, row: dict[str, object] | None
) -> None:
    [found] = added(posts(where, params, TEA), wish=wish)

    if row is None:
        assert found["made"] is not None
    else:
        assert {column: found[column] for column in row} == row


def test_it_belongs_to_somebody_else() -> None:
    [found] = added(posts('"shop_post"."owner_id" = %s', [7], TEA), wish=of("owner_id"))

    assert found["owner_id"] not in (7, None)


def test_it_goes_together_with_another_row_than_was_asked_for() -> None:
    joined = (
        'SELECT "shop_post"."id" FROM "shop_post" INNER JOIN "shop_person" ON '
        '("shop_post"."owner_id" = "shop_person"."id") WHERE "shop_person"."name" = %s'
    )
    recorded = query(joined, ["Ada"], columns=["id"], rows=[[1]], fetched=1, exhausted=True)

    state = decoyed(recorded, wish=of("shop_person.id", "name")).state

    [owner] = [each for each in entities(state, PERSON) if each.decoy]
    assert owner.before["name"].value not in ("Ada", None)


def test_there_is_none_over_there_where_any_was_asked_for() -> None:
    tagged = (
        'SELECT "shop_todo"."id" FROM "shop_todo" '
        'INNER JOIN "shop_todo_tags" ON ("shop_todo"."id" = "shop_todo_tags"."todo_id") '
        'INNER JOIN "shop_tag" ON ("shop_todo_tags"."tag_id" = "shop_tag"."id") '
        'WHERE "shop_tag"."name" = %s'
    )
    recorded = query(tagged, ["home"], columns=["id"], rows=[[1]], fetched=1, exhausted=True)
    wish = Decoy("shop_todo", ("shop_todo_tags.todo_id", "shop_tag.id", "name"), absent=True)

    found = decoyed(recorded, wish=wish)

    assert [each.before for each in found.state.entities if each.decoy] == [{}]
    assert not found.refused


def test_it_is_none_of_what_either_of_two_conditions_asks() -> None:
    where = '("shop_post"."slug" LIKE %s OR "shop_post"."stars" > %s)'

    [found] = added(posts(where, ["%tea%", 4], TEA), wish=of("slug or stars"))

    assert isinstance(found["slug"], str)
    assert "tea" not in found["slug"]
    assert isinstance(found["stars"], int)
    assert found["stars"] <= 4


def test_there_is_one_where_nothing_was_found() -> None:
    where = '"shop_post"."slug" = %s AND "shop_post"."status" = %s'

    [found] = added(posts(where, ["tea", "published"]), wish=of("status"))

    assert (found["slug"], found["status"]) == ("tea", "draft")


@pytest.mark.parametrize(
    ("queries", "wish", "reason"),
    [
        (
            [posts('"shop_post"."status" = %s', ["published"], TEA), count("", [], 1)],
            of("status"),
            "not added, as something else in the request would find it",
        ),
        (
            [posts('"shop_post"."hidden" = %s', [False], TEA), posts('"shop_post"."hidden" = %s', [True])],
            of("hidden"),
            "not added, as something else in the request would find it",
        ),
        (
            [posts(f'{KEY} AND "shop_post"."status" = %s', [1, "published"], TEA)],
            of("status"),
            "not added, as no such row can be",
        ),
    ],
    ids=["counted", "missed elsewhere", "unique"],
)
def test_what_contradicts_is_left_out_and_told(queries: list[Node], wish: Decoy, reason: str) -> None:
    found = decoyed(*queries, wish=wish)

    assert not [each for each in found.state.entities if each.left_out is not None]
    [origin] = found.refused
    assert origin.because.removesuffix(":") == reason
    assert origin.what.startswith("a row of shop_post with ")


def test_another_choice_is_taken_where_one_contradicts() -> None:
    drafts = count('"shop_post"."status" = %s', ["draft"], 0)

    [found] = added(posts('"shop_post"."status" = %s', ["published"], TEA), drafts, wish=of("status"))

    assert found["status"] == "gone"


def test_one_that_a_write_would_hit_is_left_out() -> None:
    everywhere = query('UPDATE "shop_post" SET "stars" = %s', [0], rowcount=1)

    found = decoyed(posts('"shop_post"."status" = %s', ["published"], TEA), everywhere, wish=of("status"))

    assert [origin.because for origin in found.refused]


def test_what_a_query_would_set_it_to_is_no_other_value() -> None:
    shown = query(
        'UPDATE "shop_post" SET "hidden" = %s WHERE "shop_post"."hidden" = %s', [False, True], rowcount=1
    )

    assert not added(shown, wish=of("hidden"))


def test_each_of_several_queries_is_told_by_its_number() -> None:
    both = [
        posts('"shop_post"."stars" > %s AND "shop_post"."status" = %s', [2, "published"], TEA),
        posts('"shop_post"."stars" < %s', [9], TEA),
        update(TODO, 1, done=True),
    ]

    [found] = added(*both, wish=of("stars", number=1))

    assert found["stars"] == 9


def test_nothing_is_added_for_a_query_that_is_not_there() -> None:
    found = decoyed(posts(KEY, [1], TEA), wish=of("status"))

    assert (found.refused[0].because, found.refused[0].what) == (
        "not added, as no such row can be",
        "a row of shop_post with status as the query asks",
    )


@pytest.mark.parametrize(
    ("where", "params", "path", "told"),
    [
        ('"shop_post"."status" = %s', ["published"], ["status"], "status other than 'published'"),
        ('"shop_post"."status" IN (%s, %s)', ["a", "b"], ["status"], "status other than 'a' or 'b'"),
        ('NOT ("shop_post"."status" = %s)', ["draft"], ["status"], "status 'draft'"),
        ('"shop_post"."hidden"', [], ["hidden"], "hidden False"),
        ('"shop_post"."owner_id" = %s', [7], ["owner_id"], "another owner_id"),
        ('"shop_post"."owner_id" IS NULL', [], ["owner_id"], "some owner_id"),
        ('"shop_post"."owner_id" IS NOT NULL', [], ["owner_id"], "no owner_id"),
        ('"shop_post"."stars" <= %s', [4], ["stars"], "stars above 4"),
    ],
)
def test_it_is_told_in_words(where: str, params: list[object], path: list[str], told: str) -> None:
    catalog = catalog_of(MODELS)
    [(_, [part])] = asked_about(
        filters(exchange_of(posts(where, params, TEA), models=MODELS).queries, catalog), "shop_post", path
    )

    assert words(part, catalog) == told
