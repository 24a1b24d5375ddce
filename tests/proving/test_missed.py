"""Which row would have told two replays apart that nothing else tells apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from otel2test.inverting.feedback import Decoy, Feedback
from otel2test.pipeline import feedback_payload
from otel2test.proving.mutating.survivors import Killer, explain
from otel2test.reading.exchanges import Exchange
from tests.recordings import Node, field, foreign_key, model, query, recorded, request, schema

OWNER = model("shop.Owner", field("id", "AutoField", primary_key=True), field("name"))
TODO = model(
    "shop.Todo",
    field("id", "AutoField", primary_key=True),
    field("title"),
    field("status", choices=["open", "done"]),
    field("votes", "IntegerField"),
    field("made", "DateTimeField", null=True),
    foreign_key("owner", "shop.Owner", null=True),
)
TAGS = model("shop.Tag", field("id", "AutoField", primary_key=True), field("slug", "SlugField"))
TODO_TAGS = model(
    "shop.Todo_tags",
    field("id", "AutoField", primary_key=True),
    foreign_key("todo", "shop.Todo"),
    foreign_key("tag", "shop.Tag"),
    table="shop_todo_tags",
    auto_created=True,
)
SESSION = model(
    "sessions.Session", field("key", primary_key=True), field("data"), table="sessions", framework="session"
)
SCHEMA = schema(OWNER, TODO, TAGS, TODO_TAGS, SESSION)


def todos(where: str = "", params: Sequence[object] = (), rows: Sequence[object] = ("Milk",)) -> Node:
    sql = f'SELECT "shop_todo"."id", "shop_todo"."title" FROM "shop_todo"{where}'
    return query(
        sql,
        params,
        columns=["id", "title"],
        rows=[[number + 1, title] for number, title in enumerate(rows)],
        model="shop.Todo",
        fetched=len(rows),
        exhausted=True,
    )


def exchange(*children: Node, **told: Any) -> Exchange:
    return recorded(request("GET", "/todos/", *children, schema=SCHEMA, **told)).exchange()


def of(*path: str, **more: Any) -> Decoy:
    return Decoy("shop_todo", path, **more)


def missed(original: Sequence[Node], mutated: Sequence[Node]) -> Killer[Any] | None:
    return explain([exchange(*original)], [exchange(*mutated)])


EITHER = ' WHERE ("shop_todo"."title" LIKE %s OR "shop_todo"."votes" > %s)'
TAGGED = (
    ' INNER JOIN "shop_todo_tags" ON ("shop_todo"."id" = "shop_todo_tags"."todo_id") '
    'INNER JOIN "shop_tag" ON ("shop_todo_tags"."tag_id" = "shop_tag"."id") WHERE "shop_tag"."slug" = %s'
)
TAG = ("shop_todo_tags.todo_id", "shop_tag.id", "slug")
STATUS = ' WHERE "shop_todo"."status" = %s'
VOTES = ' WHERE "shop_todo"."votes" < %s'
NAME = (
    ' INNER JOIN "shop_owner" ON ("shop_todo"."owner_id" = "shop_owner"."id") WHERE "shop_owner"."name" = %s'
)


@pytest.mark.parametrize(
    ("original", "mutated", "decoy", "words"),
    [
        (todos(STATUS, ["open"]), todos(), of("status"), "status other than 'open'"),
        (
            todos(f'{STATUS} AND "shop_todo"."votes" < %s', ["open", 5]),
            todos(STATUS, ["open"]),
            of("votes"),
            "votes not below 5",
        ),
        (
            todos(VOTES, [5]),
            todos(VOTES.replace("<", "<="), [5]),
            of("votes", values=(5,)),
            "votes not below 5",
        ),
        (todos(VOTES, [5]), todos(VOTES, [6]), of("votes", values=(5,)), "votes not below 5"),
        (todos(NAME, ["Ada"]), todos(), of("shop_owner.id", "name"), "name of shop_owner other than 'Ada'"),
        (
            todos(' WHERE "shop_todo"."owner_id" = %s', [7], rows=()),
            todos(' WHERE "shop_todo"."owner_id" IS NULL', rows=()),
            of("owner_id", values=(None,)),
            "another owner_id",
        ),
        (todos(' WHERE "shop_todo"."owner_id" = %s', [7]), todos(), of("owner_id"), "another owner_id"),
        (todos(' WHERE "shop_todo"."made" IS NOT NULL'), todos(), of("made"), "no made"),
        (todos(TAGGED, ["home"]), todos(), of(*TAG, absent=True), "slug of shop_tag other than 'home'"),
        (
            todos(EITHER, ["%a%", 4], rows=()),
            todos(rows=()),
            of("title or votes"),
            "no title or votes that is asked for",
        ),
        (
            query('DELETE FROM "shop_todo"' + STATUS, ["open"], rowcount=1),
            query('DELETE FROM "shop_todo"', [], rowcount=1),
            of("status"),
            "status other than 'open'",
        ),
    ],
)
def test_what_is_asked_no_more(original: Node, mutated: Node, decoy: Decoy, words: str) -> None:
    assert missed([original], [mutated]) == Killer(decoy, f"a row of shop_todo with {words} would have told")
    assert missed([original], [original]) is None


@pytest.mark.parametrize(
    ("original", "mutated"),
    [
        (todos(STATUS, ["open"]), todos(STATUS, ["oXXpen"])),
        (todos(VOTES, [5]), todos(VOTES, [4])),
        (todos(EITHER, ["%a%", 4]), todos(EITHER.replace("OR", "AND"), ["%a%", 4])),
        (
            todos(f'{STATUS} AND "shop_todo"."id" = %s', ["open", 1]),
            todos(' WHERE "shop_todo"."id" = %s', [1]),
        ),
        (
            query('SELECT "data" FROM "sessions" WHERE "key" = %s', ["a"], columns=["data"], rows=[["b"]]),
            query('SELECT "data" FROM "sessions"', [], columns=["data"], rows=[["b"]]),
        ),
    ],
    ids=[
        "a text that nobody would think of",
        "one asks for more",
        "both instead of either",
        "found by its key",
        "a session",
    ],
)
def test_for_which_no_row_would_have_told(original: Node, mutated: Node) -> None:
    assert missed([original], [mutated]) is None


def test_the_query_is_known_by_its_number() -> None:
    both = [todos(STATUS, ["open"]), todos(f"{STATUS} ORDER BY 1", ["open"])]

    killer = missed(both, [both[0], todos(" ORDER BY 1")])

    assert killer is not None
    assert killer.place == of("status", number=1)


def test_the_clock_is_not_asked_for_a_row_at_the_bound() -> None:
    now = "2026-01-02T03:04:05+00:00"
    made = ' WHERE "shop_todo"."made" < %s'

    assert missed([todos(made, [now])], [todos(made.replace("<", "<="), [now])]) is None
    assert missed([todos(made, [now])], [todos()]) is not None


def test_an_assertion_is_better_than_a_row() -> None:
    original = exchange(todos(STATUS, ["open"]), status=200)
    mutated = exchange(todos(), status=404)

    killer = explain([original], [mutated])

    assert killer is not None
    assert killer.assertion == "the status == 200"


@pytest.mark.parametrize("decoy", [of("status"), of("shop_owner.id", "name", number=2, part=1, request=3)])
def test_it_is_kept_for_the_next_time(decoy: Decoy) -> None:
    feedback = Feedback(decoys=frozenset({decoy, of("votes", values=(5, None))}))

    assert feedback
    assert feedback_payload.read(feedback_payload.write(feedback)) == feedback
    assert (Feedback() | feedback) == feedback


@pytest.mark.parametrize(
    "item", [{}, {"table": "a"}, {"table": 1, "path": ["b"]}, {"table": "a", "path": ["b"], "number": "one"}]
)
def test_what_makes_no_sense_is_passed_over(item: dict[str, object]) -> None:
    assert feedback_payload.read({"decoys": [item]}) == Feedback()
