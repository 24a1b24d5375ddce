"""What a test must look at: without the assertion a broken program passes, with it it doesn't.

Each test is written in both frameworks and run on what the program shows and on what a broken one does.
"""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import requests

from otel2test.inverting.assertions import (
    AssertAttribute,
    AssertContained,
    AssertContains,
    AssertCount,
    AssertRecent,
    RefreshRow,
)
from otel2test.inverting.expressions import Attribute, Formatted
from otel2test.inverting.feedback import Feedback, Place
from otel2test.inverting.plan import Plan
from otel2test.values import encode
from tests.inverting.django.planning import HTML, JSON, shop, steps
from tests.inverting.django.test_weakening import HERE, URL, calling, holds, proved, text
from tests.inverting.shop import SHOP, TODO, insert, select, update
from tests.recordings import Node, request, told
from tests.writing.playing import Stage

TODAY = "2026-01-02T10:00:00Z"


def must_tell(kind: Any, *path: str | int) -> Feedback:
    return Feedback(asserted=frozenset({Place(kind, path)}))


def tells(node: Node, feedback: Feedback, good: Stage, bad: Stage) -> Plan:
    """Check that the feedback makes a test notice what it passed by, and return it."""
    weak, strong = proved(node, Feedback()), proved(node, feedback)
    assert holds(weak, good)
    assert holds(weak, bad)
    assert holds(strong, good)
    assert not holds(strong, bad)
    return strong


def unchanged(node: Node, feedback: Feedback) -> bool:
    """Say whether the feedback adds nothing."""
    return proved(node, feedback).asserts == proved(node, Feedback()).asserts


# --- pages ----------------------------------------------------------------------------------

PAGE = """<html><head><title>Todos</title></head><body class="Todos"><h1>Todos</h1>
<p>Tom &amp; Jerry owe
   2 items</p><ul><li>Draft</li><li>Draft</li></ul>
<a href="/todos/1/">Milk</a><img src="/no.gif" alt="No"><input name="q" value="oat &quot;milk&quot;">
<form><input type="hidden" name="csrfmiddlewaretoken" value="kX3vTq9LmZ0aRw7YbE5cJ1uHs8PnGd4F"></form>
Drafts of 2026</body></html>"""


def page(content: str = PAGE, *queries: Node, **more: Any) -> Node:
    return request("GET", "/", *queries, answer=content, response_headers=HTML, schema=SHOP, **more)


@pytest.mark.parametrize(
    ("shown", "good", "bad", "written"),
    [
        ("Milk", "Milk", "", 'assertContains(response, "Milk")'),
        ("Todos", "<h1>Todos</h1>", "<h1></h1>", 'assertContains(response, "Todos", count=3)'),
        ("Draft", "<li>Draft</li>", "<li></li>", 'assertContains(response, ">Draft</", count=2)'),
        ('<a href="/todos/1/">', "/todos/1/", "/", """assertContains(response, '<a href="/todos/1/">')"""),
        (
            '<img src="/no.gif" alt="No">',
            "no.gif",
            "yes.gif",
            """assertContains(response, '<img src="/no.gif" alt="No">')""",
        ),
        ("Tom & Jerry owe 2 items", "2 items", "3 items", 'assertContains(response, "2 items")'),
        (
            '<input type="hidden" name="csrfmiddlewaretoken" value="kX3vTq9LmZ0aRw7YbE5cJ1uHs8PnGd4F">',
            "csrfmiddlewaretoken",
            "token",
            "assertContains(response, 'name=\"csrfmiddlewaretoken\"')",
        ),
    ],
)
def test_what_a_page_shows(shown: str, good: str, bad: str, written: str) -> None:
    body = PAGE.replace(good, bad, 1)

    strong = tells(page(), must_tell("text", shown), Stage(body=PAGE.encode()), Stage(body=body.encode()))

    assert written in text(strong)
    assert f"self.{written}" in text(strong, "unittest")


def test_a_text_with_special_characters_is_written_as_a_reader_sees_it() -> None:
    node = page("<p>Tom &amp; Jerry</p>")

    strong = proved(node, must_tell("text", "Tom & Jerry"))

    assert steps(strong, AssertContains) == [AssertContains("Tom & Jerry", escaped=True)]


@pytest.mark.parametrize(
    ("shown", "bad", "written"),
    [
        ("Sorry", PAGE + "<p>Sorry</p>", 'assertNotContains(response, "Sorry")'),
        (
            "<b>!</b> Sorry",
            PAGE + "&lt;b&gt;!&lt;/b&gt; Sorry",
            'assertNotContains(response, escape("<b>!</b> Sorry"))',
        ),
        ("Milk", PAGE + "<p>Milk</p>", 'assertContains(response, "Milk", count=1)'),
        (
            '<a href="/admin/">',
            PAGE + '<a href="/admin/">',
            "assertNotContains(response, '<a href=\"/admin/\">')",
        ),
    ],
)
def test_what_a_page_must_not_show_so_often(shown: str, bad: str, written: str) -> None:
    strong = tells(page(), must_tell("body", shown), Stage(body=PAGE.encode()), Stage(body=bad.encode()))

    assert written in text(strong)


def test_a_text_that_is_asserted_already_is_counted() -> None:
    row = {"id": 3, "title": "Oat milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}
    content = "<p>Oat milk</p><p>Oat milk</p>"
    node = page(content, select(TODO, row))

    strong = proved(node, must_tell("text", "Oat milk"))

    assert steps(proved(node, Feedback()), AssertContains) == [AssertContains("Oat milk")]
    assert steps(strong, AssertContains) == [AssertContains("Oat milk", count=2)]
    once = page("<p>Oat milk</p>", select(TODO, row))
    assert unchanged(once, must_tell("text", "Oat milk"))


@pytest.mark.parametrize(
    "shown",
    ["Gone", "Jan. 2, 2026", "2026-01-02T09:59:59Z", '<a href="/t/8fa0b1c2d3e4f506/">'],
)
def test_what_does_not_hold_still_is_not_added(shown: str) -> None:
    node = page(
        PAGE.replace("Milk", "Milk<p>Jan. 2, 2026</p>2026-01-02T09:59:59Z<a href='/t/8fa0b1c2d3e4f506/'>")
    )

    assert unchanged(node, must_tell("text", shown))
    assert unchanged(node, must_tell("text", shown.replace("'", '"')))


def test_the_key_in_a_link_stands_by_the_name_of_its_row() -> None:
    row = {"id": 57, "title": "Oat milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}
    content = '<a href="/todos/57/edit/">Edit</a>'
    node = page(content, select(TODO, row))

    strong = proved(node, must_tell("text", content.partition(">")[0].replace("57", "1") + ">"))

    link = Formatted(('<a href="/todos/', Attribute("todo", "pk"), '/edit/">'))
    assert steps(strong, AssertContains) == [AssertContains(link)]
    good, bad = (content.replace("57", key).encode() for key in ("1", "2"))
    assert holds(strong, Stage(body=good, rows={"Todo": []}))
    assert not holds(strong, Stage(body=bad, rows={"Todo": []}))


def test_a_text_that_is_no_page_is_compared_whole() -> None:
    plain = [("Content-Type", "text/csv")]
    content = "title;n\n" + "Milk;1\n" * 200
    node = request("GET", "/", answer={"kind": "text", "text": content}, response_headers=plain)

    good = Stage(body=content.encode(), headers=dict(plain))
    tells(node, must_tell("body"), good, replace(good, body=b"title;n\n"))


# --- the rest of the response ---------------------------------------------------------------


def test_a_part_of_the_json_that_looks_drawn_is_there() -> None:
    node = request("GET", "/", answer={"token": "8fa0b1c2d3e4f506", "n": 1}, response_headers=JSON)

    strong = tells(
        node,
        must_tell("json", "token"),
        Stage(json={"token": "17a5c0ffee00d00d", "n": 1}),
        Stage(json={"token": None, "n": 1}),
    )

    assert 'assert isinstance(data["token"], str)\n' in text(strong)


def test_headers() -> None:
    node = request("GET", "/", response_headers=[("Cache-Tag", "no-store"), ("X-Made", TODAY)])
    good = Stage(headers={"Cache-Tag": "no-store", "X-Made": "later"})

    tells(node, must_tell("header", "cache-tag"), good, replace(good, headers={"Cache-Tag": "public"}))
    tells(node, must_tell("header", "X-Debug"), good, replace(good, headers={"X-Debug": "1"}))
    assert unchanged(node, must_tell("header", "X-Made"))
    assert unchanged(node, must_tell("header", "Content-Length"))


def test_cookies_and_the_session() -> None:
    kept = {"cart": encode([1])}
    node = request("GET", "/", session={"before": kept, "after": kept}, schema=SHOP)
    good = Stage(session={"cart": [1]})

    tells(node, must_tell("cookie", "tour"), good, replace(good, cookies={"tour": "1"}))
    tells(node, must_tell("session", "cart"), good, Stage(session={"cart": [2]}))
    tells(node, must_tell("session", "debug"), good, Stage(session={"cart": [1], "debug": 1}))
    assert unchanged(node, must_tell("session", "_auth_user_id"))


def test_no_message() -> None:
    tells(
        page(), must_tell("message", 0), Stage(body=PAGE.encode()), Stage(body=PAGE.encode(), messages=["?"])
    )


# --- rows -----------------------------------------------------------------------------------


def test_a_column_that_has_its_default() -> None:
    node = request("POST", "/", insert(TODO, 7, title="Milk", votes=0, done=False), schema=SHOP)

    def stage(votes: int) -> Stage:
        return Stage(rows={"Todo": [SimpleNamespace(pk=1, title="Milk", votes=votes, done=False)]})

    tells(node, must_tell("created", "shop_todo", 0, "votes"), stage(0), stage(1))
    assert unchanged(node, must_tell("created", "shop_todo", 0, "title"))
    assert unchanged(node, must_tell("created", "shop_todo", 0, "id"))


def test_a_time_that_is_set_by_itself_is_recent() -> None:
    node = request("POST", "/", insert(TODO, 7, title="Milk", made=TODAY.rstrip("Z")), schema=SHOP)

    strong = proved(node, must_tell("created", "shop_todo", 0, "made"))

    assert [step.attribute for step in steps(strong, AssertRecent)] == ["made"]


def test_no_more_rows_than_were_made() -> None:
    node = request("POST", "/", insert(TODO, 7, title="Milk"), schema=SHOP)
    row = SimpleNamespace(pk=1, title="Milk", votes=0, done=False)

    strong = tells(
        node,
        must_tell("created", "shop_todo", 1, "title"),
        Stage(rows={"Todo": [row]}),
        Stage(rows={"Todo": [row, row]}),
    )

    assert AssertCount(shop("Todo"), "objects", 1) in strong.asserts


def test_a_column_that_stays_as_it_was() -> None:
    row = {"id": 3, "title": "Milk", "done": 0, "votes": 5, "made": "2020-01-01 00:00:00"}
    node = request("POST", "/", select(TODO, row), update(TODO, 3, title="Oats", votes=5), schema=SHOP)

    strong = proved(node, must_tell("updated", "shop_todo", 0, "votes"))

    assert strong.asserts[-3:] == (
        RefreshRow("todo"),
        AssertAttribute("todo", "title", "Oats"),
        AssertAttribute("todo", "votes", 5),
    )


def test_a_row_that_was_only_written_as_it_was() -> None:
    row = {"id": 3, "title": "Milk", "done": 0, "votes": 5, "made": "2020-01-01 00:00:00"}
    node = request("POST", "/", select(TODO, row), update(TODO, 3, votes=5), schema=SHOP)

    strong = proved(node, must_tell("updated", "shop_todo", 0, "votes"))

    assert strong.asserts[-2:] == (RefreshRow("todo"), AssertAttribute("todo", "votes", 5))
    assert 'todo = Todo.objects.create(title="Milk", votes=5' in text(strong)


# --- side effects ---------------------------------------------------------------------------

HTML_MAIL = '<h1>Hello &amp; welcome</h1><a href="http://testserver/start/">Start</a>'


def mailing(**more: Any) -> Node:
    sent = {"subject": "Welcome", "body": "Hello", "from_email": "a@b.c", "to": ["ann@b.c"], **HERE, **more}
    return told(request("POST", "/"), MAILS=[sent])


def mailed(**more: Any) -> Stage:
    usual = {"subject": "Welcome", "body": "Hello", "from_email": "a@b.c", "to": ["ann@b.c"]}
    return Stage(mails=[SimpleNamespace(**{"alternatives": [], "attachments": [], **usual, **more})])


@pytest.mark.parametrize(
    ("sent", "attribute", "good", "bad"),
    [
        ({}, "from_email", {}, {"from_email": "x@b.c"}),
        ({}, "alternatives", {}, {"alternatives": [(HTML_MAIL, "text/html")]}),
        ({}, "bcc", {"bcc": []}, {"bcc": ["x@b.c"]}),
        (
            {"alternatives": [[HTML_MAIL, "text/html"]]},
            "alternatives",
            {"alternatives": [(HTML_MAIL, "text/html")]},
            {"alternatives": [(HTML_MAIL.replace("/start/", "/"), "text/html")]},
        ),
        (
            {"body": "\n".join(["Hello", *("We care." for _ in range(60))])},
            "body",
            {"body": "\n".join(["Hello", *("We care." for _ in range(60))])},
            {"body": "Hello\nWe don't."},
        ),
        (
            {"attachments": [{"name": "a.csv", "content_type": "text/csv", "size": 3, "content": "YTsx"}]},
            "attachments",
            {"attachments": [("a.csv", "a;1", "text/csv")]},
            {"attachments": [("a.csv", "a;2", "text/csv")]},
        ),
        (
            {"attachments": [{"name": "a.bin", "content_type": "x/y", "size": 3, "content": "YTsx"}]},
            "attachments",
            {"attachments": [("a.bin", b"a;1", "x/y")]},
            {"attachments": [("a.bin", b"a;2", "x/y")]},
        ),
    ],
)
def test_what_an_email_says(sent: Any, attribute: str, good: Any, bad: Any) -> None:
    tells(mailing(**sent), must_tell("mail", 0, attribute), mailed(**good), mailed(**bad))


def test_no_email() -> None:
    node = request("POST", "/")

    tells(node, must_tell("mail", 0, "subject"), Stage(), mailed())


def test_another_form_of_an_email_that_differs_is_not_asserted() -> None:
    forms = [((HTML_MAIL.replace("start", name), "text/html"),) for name in ("start", "begin")]
    feedback = must_tell("mail", 0, "alternatives") | Feedback(
        volatile={Place("mail", (0, "alternatives")): tuple(forms)}
    )

    strong = proved(mailing(alternatives=[[HTML_MAIL, "text/html"]]), feedback)

    assert all(holds(strong, mailed(alternatives=[*form])) for form in forms)
    assert "Hello &amp; welcome" in [step.text for step in steps(strong, AssertContained)]


def cached(*accesses: Any, **more: Any) -> Node:
    return told(
        request("GET", "/", **more), CACHE=[{**HERE, "alias": "default", **each} for each in accesses]
    )


def test_caches() -> None:
    tells(request("GET", "/"), must_tell("cache", "default", "n"), Stage(), Stage(cache={"n": 1}))
    tells(
        cached({"operation": "set", "keys": ["at"], "values": ["ok"]}),
        must_tell("cache", "default", "n"),
        Stage(cache={"at": "ok"}),
        Stage(cache={"at": "ok", "n": 1}),
    )
    found = cached({"operation": "get", "keys": ["n"], "values": [1], "hits": [True]})
    assert unchanged(found, must_tell("cache", "default", "n"))


def stored(**more: Any) -> Node:
    file = {"storage": "x", "operation": "save", "name": "notes/a.txt", "content": "aGk=", "size": 2, **more}
    return told(request("POST", "/"), FILES=[{**HERE, **file}])


def test_files() -> None:
    good = Stage(files={"notes/a.txt": b"hi"})

    tells(stored(), must_tell("file", 0, "name"), good, Stage(files={"notes/b.txt": b"hi"}))
    tells(stored(), must_tell("file", 0, "content"), good, Stage(files={"notes/a.txt": b"no"}))
    assert unchanged(stored(name="notes/8fa0b1c2d3e4f506.txt"), must_tell("file", 0, "name"))
    assert unchanged(stored(name="notes/a_8fa0b1c.txt", asked="notes/a.txt"), must_tell("file", 0, "name"))


@pytest.mark.parametrize("library", ["requests", "httpx"])
def test_a_header_that_was_sent(library: Any) -> None:
    headers = [("X-Tenant", "north"), ("Authorization", "Bearer 8fa0b1c2d3e4f506")]
    node = calling(library, headers=headers, json={"to": "DKK"})
    send: Any = requests.post if library == "requests" else httpx.post

    def stage(tenant: str) -> Stage:
        return Stage(during=lambda: send(URL, json={"to": "DKK"}, headers={"X-Tenant": tenant}))

    tells(node, must_tell("outbound", 0, "headers", "x-tenant"), stage("north"), stage("south"))
    assert unchanged(node, must_tell("outbound", 0, "headers", "Authorization"))


# --- what stays as it is --------------------------------------------------------------------


def test_what_is_volatile_stays_weak() -> None:
    node = request("GET", "/", response_headers=[("Server-Timing", "total;dur=17")])
    seen = ("total;dur=17", "total;dur=4")
    feedback = must_tell("header", "Server-Timing") | Feedback(
        volatile={Place("header", ("Server-Timing",)): seen}
    )

    strong = proved(node, feedback)

    assert all(holds(strong, Stage(headers={"Server-Timing": value})) for value in seen)
    assert not holds(strong, Stage(headers={"Server-Timing": "none"}))


def test_the_name_stays() -> None:
    row = {"id": 3, "title": "Oat milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}
    node = page("<p>Milk</p>", select(TODO, {**row, "title": "Milk"}))

    assert proved(node, must_tell("text", "Milk")).name == proved(node, Feedback()).name


@pytest.mark.parametrize(
    "place",
    [
        Place("text", ("Milk",)),
        Place("body", ("Milk",)),
        Place("created", ("shop_todo", 0, "title")),
        Place("updated", ("shop_todo", 0, "title")),
        Place("mail", (3, "body")),
        Place("file", (0, "content")),
        Place("header", ("X-Other",), 1),
        Place("task", (0, "args", 0)),
    ],
    ids=str,
)
def test_where_nothing_can_be_said_nothing_is_added(place: Place) -> None:
    redirect = request("GET", "/", status=302, response_headers=[("Location", "/done/")])
    node = told(
        redirect, MAILS=[{"subject": "Hi", "body": "", "from_email": "a@b.c", "to": ["a@b.c"], **HERE}]
    )

    assert unchanged(node, Feedback(asserted=frozenset({place})))
