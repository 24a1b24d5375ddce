"""Texts that enumerate rows are asserted in any order where no query promised theirs.

Each test is written in both frameworks and run: on the recorded text, on one in another order, and
on one that lacks a value.
"""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

import pytest

from otel2test.inverting.assertions import AssertContained, AssertContains, AssertLike, FetchMails, FetchRow
from otel2test.inverting.feedback import Feedback, Place
from otel2test.inverting.likenesses import OfLength, PartsInAnyOrder
from otel2test.inverting.plan import Plan
from otel2test.inverting.sortings import Keys
from tests.inverting.django.planning import HTML, JSON, plan, steps
from tests.inverting.django.test_unordering import PEOPLE, URL, after, mail, people, sorted_people, task
from tests.inverting.django.test_weakening import holds, proved
from tests.inverting.shop import SHOP, TODO, insert
from tests.recordings import Node, outbound, request
from tests.writing.playing import Stage

PLAIN: Final = [("Content-Type", "text/plain")]
RECORDED: Final = "Cid, Ann, Bob"
MOVED: Final = "Bob, Cid, Ann"
LACKING: Final = "Bob, Cid"


def answered(text: str, headers: Any, *nodes: Node, kind: str = "text") -> Node:
    body: Any = {"kind": kind, "text": text}
    return request("GET", "/", *nodes, answer=body, response_headers=headers, schema=SHOP)


def assert_in_any_order(found: Plan, stage: Any) -> None:
    """``stage`` makes one that shows a text."""
    assert verdicts(found, stage) == [True, True, False]


def assert_in_order(found: Plan, stage: Any) -> None:
    assert verdicts(found, stage) == [True, False, False]


def verdicts(found: Plan, stage: Any) -> list[bool]:
    """Say on which texts the test passes: as recorded, in another order, without one of the values."""
    stages: list[Stage] = [stage(text) for text in (RECORDED, MOVED, LACKING)]
    return [holds(found, replace(each, rows={"Person": [], **each.rows})) for each in stages]


@pytest.mark.parametrize("around", ["{}", "They came: {}.", "{}\n"])
def test_a_body(around: str) -> None:
    def stage(text: str) -> Stage:
        content = around.format(text)
        return Stage(body=content.encode(), headers={"Content-Type": "text/plain"})

    text = around.format(RECORDED)
    assert_in_any_order(plan(answered(text, PLAIN, people())), stage)
    assert_in_order(plan(answered(text, PLAIN, sorted_people())), stage)


@pytest.mark.parametrize("value", ['"{}"', '{{"who": "Of {}", "n": 3}}', '[[{{"a": "{}"}}]]'])
def test_a_text_in_json(value: str) -> None:
    def stage(text: str) -> Stage:
        return Stage(json=json.loads(value.format(text)))

    text = value.format(RECORDED)
    assert_in_any_order(plan(answered(text, JSON, people(), kind="json")), stage)
    assert_in_order(plan(answered(text, JSON, sorted_people(), kind="json")), stage)


def test_two_enumerations_in_one_text_have_a_length() -> None:
    (found,) = steps(plan(answered("Cid, Ann; Cid/Bob", PLAIN, people())), AssertLike)

    assert found.like == OfLength(17)


def test_a_page_is_looked_through_for_each_value() -> None:
    page = f"<p>They are {RECORDED} of A&amp;B.</p>"
    found = plan(answered(page, HTML, people()))

    assert [step.text for step in steps(found, AssertContains)] == ["Cid", "Ann", "Bob"]
    by_name = plan(answered(page, HTML, sorted_people()))
    assert [step.text for step in steps(by_name, AssertContains)] == [f"They are {RECORDED} of A&B."]


def test_a_message() -> None:
    def stage(text: str) -> Stage:
        return Stage(messages=["Hello", f"Told {text}"])

    assert_in_any_order(after(people(), messages=["Hello", f"Told {RECORDED}"]), stage)
    assert_in_order(after(sorted_people(), messages=["Hello", f"Told {RECORDED}"]), stage)


@pytest.mark.parametrize("attribute", ["subject", "body"])
def test_an_email(attribute: str) -> None:
    sent = mail("Staff", **{attribute: RECORDED})

    def stage(text: str) -> Stage:
        return Stage(mails=[SimpleNamespace(**{**sent, attribute: text, "attachments": []})])

    assert_in_any_order(after(people(), mails=[sent]), stage)
    assert_in_order(after(sorted_people(), mails=[sent]), stage)


def test_a_line_of_a_long_email() -> None:
    body = "\n".join(["Dear reader,", *(f"{number}. " + "bla " * 20 for number in range(5)), RECORDED])
    written = insert(TODO, 57, title=RECORDED, done=0, votes=0)

    lines = [
        step.text
        for step in steps(after(people(), written, mails=[mail("Staff", body=body)]), AssertContained)
    ]

    assert lines == ["Cid", "Ann", "Bob"]


def test_emails_are_not_sorted_by_such_a_text() -> None:
    mails = [
        mail("Staff", subject=f"{RECORDED}: part {number}", body=f"{person['name']} is late.")
        for number, person in enumerate(PEOPLE)
    ]

    assert [step.sorted_by for step in steps(after(people(), mails=mails), FetchMails)] == ["body"]


def test_a_column_of_a_created_row() -> None:
    """Nor is the row looked for by it."""
    found = after(people(), insert(TODO, 57, title=RECORDED, done=0, votes=0))

    (fetched,) = steps(found, FetchRow)
    assert "title" not in dict(fetched.lookup)
    assert_in_any_order(
        found, lambda text: Stage(rows={"Todo": [SimpleNamespace(title=text, done=False, votes=0)]})
    )


def test_the_session_and_the_cache() -> None:
    def stage(text: str) -> Stage:
        return Stage(session={"whole": text, "inside": {"a": f"({text})"}})

    session = {"whole": RECORDED, "inside": {"a": f"({RECORDED})"}}
    assert_in_any_order(after(people(), session=session), stage)
    assert_in_order(after(sorted_people(), session=session), stage)


@pytest.mark.parametrize("library", ["requests", "httpx", "urllib"])
@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ({"json": {"of": [RECORDED]}}, ("of", 0)),
        ({"body": {"kind": "form", "fields": [("of", RECORDED), ("n", "1")]}}, ("of", 0)),
        ({"body": {"kind": "text", "text": RECORDED}}, ()),
    ],
)
def test_what_another_server_was_sent(library: Any, sent: Any, keys: Keys) -> None:
    (like,) = steps(after(people(), outbound("POST", URL, library=library, **sent)), AssertLike)

    assert (like.keys, like.like) == (keys, PartsInAnyOrder(("Ann", "Bob", "Cid"), ", "))
    assert steps(after(sorted_people(), outbound("POST", URL, library=library, **sent)), AssertLike) == []


def test_arguments_of_a_task() -> None:
    def likes(rows: Node) -> list[Keys]:
        found = after(rows, tasks=[task(f"to {RECORDED}", 3, names=RECORDED)])
        return [step.keys for step in steps(found, AssertLike)]

    assert likes(people()) == [("args", 0), ("kwargs", "names")]
    assert likes(sorted_people()) == []


def test_a_text_that_was_given_stays_as_it_is() -> None:
    """Whatever rows were read beside."""
    node = request(
        "POST",
        "/",
        people(),
        body={"kind": "form", "fields": [("names", RECORDED)]},
        answer={"kind": "text", "text": RECORDED},
        response_headers=PLAIN,
        schema=SHOP,
    )

    assert_in_order(
        plan(node), lambda text: Stage(body=text.encode(), headers={"Content-Type": "text/plain"})
    )


def test_replays_that_saw_another_order_tell_nothing_new() -> None:
    value = f'{{"who": "{RECORDED}"}}'
    seen = (RECORDED, MOVED)
    found = proved(
        answered(value, JSON, people(), kind="json"), Feedback(volatile={Place("json", ("who",)): seen})
    )

    (like,) = steps(found, AssertLike)
    assert like.like == PartsInAnyOrder(("Ann", "Bob", "Cid"), ", ")


def test_replays_that_saw_other_values_do() -> None:
    value = f'{{"who": "{RECORDED}"}}'
    found = proved(
        answered(value, JSON, people(), kind="json"),
        Feedback(volatile={Place("json", ("who",)): (RECORDED, "Zoe")}),
    )

    assert holds(found, Stage(json={"who": "Zoe"}, rows={"Person": []}))
