"""Calls to one URL in any order find their answers by what they send, where the mock can look at that."""

from collections.abc import Sequence
from typing import Any, Final, Literal

import pytest

from otel2test.inverting.arrangements import AnswerCall
from otel2test.inverting.assertions import (
    AssertAllAnswered,
    AssertSentBody,
    AssertSentForm,
    AssertSentInAnyOrder,
    AssertSentJson,
)
from otel2test.inverting.plan import Plan
from tests.inverting.django.planning import steps
from tests.inverting.django.test_unordering import PEOPLE, URL, after, people, sorted_people
from tests.recordings import Node, outbound

NAMES: Final = [str(person["name"]) for person in PEOPLE]
SENT: Final[dict[str, Any]] = {
    "json": lambda name: {"json": {"who": name}},
    "form": lambda name: {"body": {"kind": "form", "fields": [("who", name), ("to", "a"), ("to", "b")]}},
    "text": lambda name: {"body": {"kind": "text", "text": name}},
}
COMPARED: Final = (AssertSentJson, AssertSentForm, AssertSentBody, AssertSentInAnyOrder)


def calls(library: Any, kind: str, answers: Sequence[str] = NAMES, **more: Any) -> list[Node]:
    """Return a call for each person, and what it was answered."""
    return [
        outbound("POST", URL, library=library, answer=f"Hej {answer}", **SENT[kind](name), **more)
        for name, answer in zip(NAMES, answers, strict=True)
    ]


def notes(found: Plan) -> list[str]:
    return [note.text for note in found.notes]


@pytest.mark.parametrize("kind", SENT)
def test_respx_finds_each_answer_by_what_is_sent(kind: str) -> None:
    found = after(people(), *calls("httpx", kind))

    assert [(step.body, step.by_content, step.then) for step in steps(found, AnswerCall)] == [
        (f"Hej {name}", True, ()) for name in NAMES
    ]
    assert steps(found, AssertAllAnswered) == [AssertAllAnswered("respx")]
    assert [step for kind in COMPARED for step in steps(found, kind)] == []
    assert notes(found) == []


def test_responses_needs_to_be_told_of_texts() -> None:
    """It looks at JSON and forms in any case; of what is repeated in a form it sees the last."""
    text, json, form = (after(people(), *calls("requests", kind)) for kind in ("text", "json", "form"))

    assert [step.by_content for step in steps(text, AnswerCall)] == [True, True, True]
    assert [step.by_content for step in steps(json, AnswerCall)] == [False, False, False]
    assert [step for kind in COMPARED for found in (text, json) for step in steps(found, kind)] == []
    (compared,) = steps(form, AssertSentInAnyOrder)
    assert [*compared.bodies] == [{"who": [name], "to": ["a", "b"]} for name in ("Ann", "Bob", "Cid")]


def test_bytes_that_are_a_text_are_one_for_responses() -> None:
    sent = [
        outbound("POST", URL, body={"kind": "binary", "base64": code}, answer=code)
        for code in ("Q2lk", "QW5u")
    ]

    assert [step.sent_text for step in steps(after(people(), *sent), AnswerCall)] == ["Cid", "Ann"]


@pytest.mark.parametrize("library", ["urllib", "urllib3"])
def test_what_a_mock_can_not_look_at_is_a_note(library: Literal["urllib", "urllib3"]) -> None:
    found = after(people(), *calls(library, "text"))

    assert notes(found) == [f"mocket answers in this order, while the calls may come in any: POST {URL}"]
    (step,) = steps(found, AnswerCall)
    assert (len(step.then), step.by_content) == (2, False)


def test_what_differs_from_run_to_run_is_a_note() -> None:
    sent = [
        outbound("POST", URL, library="httpx", json={"who": name, "key": f"a8F3kQ9zL2mX{at}"}, answer=name)
        for at, name in enumerate(NAMES)
    ]

    assert notes(after(people(), *sent)) == [
        f"respx answers in this order, while the calls may come in any: POST {URL}"
    ]


def test_where_the_order_is_promised_or_makes_no_difference_all_stays_as_it_is() -> None:
    promised = after(sorted_people(), *calls("httpx", "json"))
    alike = after(people(), *calls("httpx", "json", answers=("all", "all", "all")))

    for found, then in ((promised, 2), (alike, 0)):
        (step,) = steps(found, AnswerCall)
        assert (step.by_content, len(step.then)) == (False, then)
        assert notes(found) == []


def test_the_same_sent_again_is_answered_in_its_turn() -> None:
    found = after(people(), *calls("httpx", "json"), *calls("httpx", "json", answers=("a", "b", "c")))

    assert [(step.body, [later.body for later in step.then]) for step in steps(found, AnswerCall)] == [
        (f"Hej {name}", [f"Hej {later}"]) for name, later in zip(NAMES, "abc", strict=True)
    ]
