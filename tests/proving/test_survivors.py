"""What would have told a mutant from the program."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from otel2test.inverting.feedback import Place
from otel2test.proving.mutating.survivors import Killer, explain, killers
from otel2test.reading.exchanges import Exchange
from tests.recordings import Node, field, model, query, recorded, request, schema

SCHEMA = schema(
    model(
        "shop.Todo", field("id", "AutoField", primary_key=True), field("title"), field("done", "BooleanField")
    )
)


def exchange(*children: Node, **told: Any) -> Exchange:
    return recorded(request("POST", "/todos/", *children, schema=SCHEMA, **told)).exchange()


def mail(subject: str) -> Mapping[str, Sequence[object]]:
    sent = {"span": "0" * 15 + "1", "start": 1, "from_email": "a@example.com", "to": ["b@example.com"]}
    return {"MAILS": [{**sent, "subject": subject, "body": "Hello"}]}


def created(key: int, title: str) -> Node:
    return query(
        'INSERT INTO "shop_todo" ("title", "done") VALUES (%s, %s) RETURNING "shop_todo"."id"',
        [title, False],
        columns=["id"],
        rows=[[key]],
    )


def updated(key: int, **columns: object) -> Node:
    sets = ", ".join(f'"{name}" = %s' for name in columns)
    sql = f'UPDATE "shop_todo" SET {sets} WHERE "shop_todo"."id" = %s'
    return query(sql, [*columns.values(), key], rowcount=1)


PAGE = "<html><body><h1>Todos</h1><p>2 left</p><a href='/todos/1/'>Milk</a></body></html>"


@pytest.mark.parametrize(
    ("original", "mutated", "place", "assertion"),
    [
        (exchange(status=201), exchange(status=200), Place("status"), "the status == 201"),
        (
            exchange(answer={"items": [{"total": 12}]}),
            exchange(answer={"items": [{"total": 13}]}),
            Place("json", ("items", 0, "total")),
            'response.json()["items"][0]["total"] == 12',
        ),
        (
            exchange(answer={"total": 12}),
            exchange(answer={"total": 12, "debug": True}),
            Place("json", ("debug",)),
            'there is no response.json()["debug"]',
        ),
        (
            exchange(status=302, response_headers=[("Location", "/todos/")]),
            exchange(status=302, response_headers=[("Location", "/")]),
            Place("redirect"),
            "the redirect == '/todos/'",
        ),
        (
            exchange(answer=PAGE),
            exchange(answer=PAGE.replace("left", "done")),
            Place("text", ("2 left",)),
            "the page shows '2 left'",
        ),
        (
            exchange(answer=PAGE),
            exchange(answer=PAGE.replace("</p>", "</p><p>Sorry</p>")),
            Place("body", ("Sorry",)),
            "the page shows no 'Sorry'",
        ),
        (
            exchange(answer=PAGE),
            exchange(answer=PAGE.replace("href='/todos/1/'", "href='/lists/'")),
            Place("text", ("<a href='/todos/1/'>",)),
            "the page holds \"<a href='/todos/1/'>\"",
        ),
        (
            exchange(answer=PAGE.replace("2 left", "Todos")),
            exchange(answer=PAGE),
            Place("text", ("Todos",)),
            "the page shows 'Todos' twice",
        ),
        (
            exchange(answer=PAGE),
            exchange(answer=PAGE.replace("</p>", "</p><p>Todos</p>")),
            Place("body", ("Todos",)),
            "the page shows 'Todos' more than once",
        ),
        (
            exchange(answer=PAGE),
            exchange(answer="2 left"),
            Place("text", ("Todos",)),
            "the page shows 'Todos'",
        ),
        (
            exchange(created(1, "Milk")),
            exchange(created(1, "XXMilkXX")),
            Place("created", ("shop_todo", 0, "title")),
            "title of the first created row of shop_todo == 'Milk'",
        ),
        (
            exchange(updated(1, done=True)),
            exchange(updated(1, done=False)),
            Place("updated", ("shop_todo", 0, "done")),
            "done of the first updated row of shop_todo == True",
        ),
        (
            exchange(effects=mail("Welcome")),
            exchange(effects=mail("XXWelcomeXX")),
            Place("mail", (0, "subject")),
            "subject of the first e-mail == 'Welcome'",
        ),
    ],
    ids=[
        "status",
        "json",
        "more",
        "redirect",
        "text",
        "more text",
        "link",
        "fewer",
        "again",
        "no page",
        "created",
        "updated",
        "mail",
    ],
)
def test_the_observation_that_differs(
    original: Exchange, mutated: Exchange, place: Place, assertion: str
) -> None:
    assert explain([original], [mutated]) == Killer(place, assertion)
    assert explain([original], [original]) is None


@pytest.mark.parametrize("ago", ["now", "3 seconds ago", "a minute ago", "2 minutes, 1 second ago"])
def test_how_long_ago_something_was_tells_nothing(ago: str) -> None:
    original = exchange(answer=PAGE.replace("2 left", "a second ago"))

    assert explain([original], [exchange(answer=PAGE.replace("2 left", ago))]) is None
    assert explain([original], [exchange(answer=PAGE.replace("2 left", "2 weeks ago"))]) is not None


def test_what_a_reader_would_expect_first_comes_first() -> None:
    original = exchange(created(1, "Milk"), status=302, response_headers=[("Location", "/1/"), ("X-Id", "a")])
    mutated = exchange(status=302, response_headers=[("Location", "/2/"), ("X-Id", "b")])

    kinds = [killer.place.kind for killer in killers(original, mutated)]

    assert list(dict.fromkeys(kinds)) == ["redirect", "created", "header"]


def test_keys_that_the_database_drew_are_no_difference() -> None:
    one, other = (
        exchange(created(key, "Milk"), status=302, response_headers=[("Location", f"/todos/{key}/")])
        for key in (1, 7)
    )

    assert explain([one], [other]) is None


def test_tokens_are_no_difference() -> None:
    one, other = (
        exchange(answer=f"<form><input name='csrfmiddlewaretoken' value='{token}'></form>")
        for token in ("kX3vTq9LmZ0aRw7YbE5cJ1uHs8PnGd4F", "Qe8yWn2UoA6iVk1MzT4xLr7BfC9jDs0H")
    )

    assert explain([one], [other]) is None


def test_codes_that_were_drawn_are_no_difference_wherever_they_stand() -> None:
    codes = "BbxDrcMWzOvoUdwpKByOBJHgMntekwcSRAnL", "FzoPcUhCyvBPJlhVIdgQJfMBPILjBTQoHXwA"
    one, other = (exchange(created(1, code), effects=mail(f"Your code: {code}")) for code in codes)
    shorter = exchange(created(1, codes[1][:-1]))

    assert explain([one], [other]) is None
    assert explain([exchange(created(1, codes[0]))], [shorter]) is not None


def test_what_only_a_mutated_text_shows_is_not_told() -> None:
    original, mutated = (exchange(answer=PAGE + more) for more in ("", "<p>SXXorry</p>"))

    assert explain([original], [mutated]) is None


def test_columns_written_as_they_were_are_no_difference() -> None:
    """A mutant that saves the whole row writes more columns, but changes none."""
    assert explain([exchange(updated(1, done=True))], [exchange(updated(1, title="Milk", done=True))]) is None


def test_the_length_of_a_body_follows_from_it() -> None:
    one, other = (exchange(response_headers=[("Content-Length", length)]) for length in ("10", "11"))

    assert explain([one], [other]) is None


def test_the_second_request_may_tell() -> None:
    killer = explain([exchange(), exchange(status=200)], [exchange(), exchange(status=404)])

    assert killer == Killer(Place("status", (), 1), "the status (request 2) == 200")


def test_without_a_request_nothing_is_told() -> None:
    assert explain([exchange()], []) is None


def test_what_is_known_to_be_volatile_is_not_told() -> None:
    one, other = (exchange(answer={"dice": number, "total": number}) for number in (3, 4))
    dice, total = Place("json", ("dice",)), Place("json", ("total",))

    assert explain([one], [other], {dice}) == Killer(total, 'response.json()["total"] == 3')
    assert explain([one], [other], {dice, total}) is None
