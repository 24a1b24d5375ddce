"""What was done for each of several rows is asserted in any order where no query promised theirs."""

from collections.abc import Sequence
from typing import Any, Final

import pytest

from otel2test.inverting.arrangements import AnswerCall
from otel2test.inverting.assertions import (
    AssertAttribute,
    AssertCached,
    AssertCalledOnce,
    AssertCalls,
    AssertContained,
    AssertLike,
    AssertLines,
    AssertMailCount,
    AssertMessages,
    AssertNothing,
    AssertSentBody,
    AssertSentForm,
    AssertSentInAnyOrder,
    AssertSentJson,
    FetchMails,
    FetchRows,
)
from otel2test.inverting.expressions import Anything, Attribute, Formatted, Sorted
from otel2test.inverting.likenesses import InAnyOrder, OfLength
from otel2test.inverting.plan import Plan
from otel2test.inverting.sortings import SortList
from otel2test.inverting.sortkeys import SortKey
from tests.inverting.django.planning import plan, steps
from tests.inverting.shop import PERSON, SHOP, TODO, insert, select
from tests.recordings import Node, outbound, request, span_id, told

NO_ORDER: Final = "the query has no ORDER BY"
PEOPLE: Final = ({"id": 3, "name": "Cid"}, {"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"})
URL: Final = "https://api.example.com/told/"


def people(order: str = "") -> Node:
    found = select(PERSON, *PEOPLE)
    if order:
        found = select(PERSON, *PEOPLE, where=f'"shop_person"."id" > %s ORDER BY {order}', params=[0])
    return found


def sorted_people() -> Node:
    return people('"shop_person"."boss_id", "shop_person"."name" DESC')


def after(*nodes: Node, session: Any = None, messages: Sequence[str] = (), **effects: Any) -> Plan:
    """Return the plan of a request with these queries, calls and side effects."""
    more: dict[str, Any] = {}
    if session is not None:
        more["session"] = {"before": {}, "after": session}
    node = request("POST", "/tell/", *nodes, schema=SHOP, **more)
    here = {"span": span_id(0), "start": 5}
    told_by: dict[str, object] = {
        name.upper(): [{**here, **item} for item in items] for name, items in effects.items()
    }
    if messages:
        told_by["MESSAGES"] = {"before": [], "added": [[25, text] for text in messages]}
    return plan(told(node, **told_by))


# --- e-mails


def mail(name: str, **changed: Any) -> dict[str, Any]:
    to = [f"{name.lower()}@b.c"]
    return {"subject": "News", "body": f"Hello {name}.", "from_email": "a@b.c", "to": to, **changed}


def test_emails_are_looked_at_sorted_by_what_tells_them_apart() -> None:
    found = after(people(), mails=[mail(str(person["name"])) for person in PEOPLE])

    assert steps(found, FetchMails) == [
        FetchMails(("message", "message_2", "message_3"), 0, "to", NO_ORDER, (1, 2, 0))
    ]
    addressed = [step for step in steps(found, AssertAttribute) if step.attribute == "to"]
    assert [step.value for step in addressed] == [["ann@b.c"], ["bob@b.c"], ["cid@b.c"]]


def test_emails_to_one_address_are_sorted_by_subject_or_text() -> None:
    by_subject = [mail("Staff", subject=f"About {person['name']}") for person in PEOPLE]
    by_text = [mail("Staff", body=f"{person['name']} is late.") for person in PEOPLE]

    assert [step.sorted_by for step in steps(after(people(), mails=by_subject), FetchMails)] == ["subject"]
    assert [step.sorted_by for step in steps(after(people(), mails=by_text), FetchMails)] == ["body"]


def test_emails_that_nothing_tells_apart_that_holds_still_are_counted() -> None:
    made = insert(TODO, 57, title="Milk", done=0, votes=0)
    mails = [mail("Staff", body=f"{person['name']}: todo 57") for person in PEOPLE]
    found = after(people(), made, mails=mails)

    assert steps(found, AssertMailCount) == [AssertMailCount(3)]
    (nothing,) = steps(found, AssertNothing)
    assert NO_ORDER in nothing.text


def test_emails_in_the_order_of_a_query_stay_in_it() -> None:
    mails = [mail(name) for name in ("Cid", "Bob", "Ann")]
    rows = select(PERSON, *sorted(PEOPLE, key=lambda row: str(row["name"]), reverse=True),
                  where='"shop_person"."id" > %s ORDER BY "shop_person"."name" DESC', params=[0])  # fmt: skip

    assert steps(after(rows, mails=mails), FetchMails) == [FetchMails(("message", "message_2", "message_3"))]
    assert steps(after(mails=mails), FetchMails) == [FetchMails(("message", "message_2", "message_3"))]


def test_lines_of_an_email_are_compared_sorted() -> None:
    found = after(people(), mails=[mail("Staff", body="They came:\n- Cid\n- Ann\n- Bob\n")])

    assert steps(found, AssertLines) == [
        AssertLines("message", "body", ("- Ann", "- Bob", "- Cid", "They came:"), NO_ORDER)
    ]
    assert steps(found, AssertContained) == []


# --- tasks


def task(*arguments: object, **keywords: object) -> dict[str, Any]:
    return {
        "library": "celery",
        "name": "shop.tasks.tell",
        "id": "x",
        "arguments": [*arguments],
        "keywords": keywords,
        "function": "shop.tasks.tell",
        "method": "delay",
    }


@pytest.mark.parametrize("by_name", [False, True])
def test_tasks_may_be_queued_in_any_order(by_name: bool) -> None:
    tasks = [task(person_id=row["id"]) if by_name else task(row["id"]) for row in PEOPLE]

    assert [step.unordered for step in steps(after(people(), tasks=tasks), AssertCalls)] == [NO_ORDER]
    assert [step.unordered for step in steps(after(sorted_people(), tasks=tasks), AssertCalls)] == [""]


def test_a_list_that_a_task_takes_may_come_in_any_order() -> None:
    found = after(people(), tasks=[task("all", [3, 1, 2])])

    assert steps(found, AssertCalledOnce) == [
        AssertCalledOnce("tell", ("all", Anything(f"in any order: {NO_ORDER}")), ())
    ]
    (like,) = steps(found, AssertLike)
    assert (like.keys, like.like) == (("args", 1), InAnyOrder([1, 2, 3], SortKey()))


# --- messages, session and caches


def test_messages_may_come_in_any_order() -> None:
    texts = [f"{person['name']} was told." for person in PEOPLE]

    (like,) = steps(after(people(), messages=texts), AssertLike)
    assert isinstance(like.of, AssertMessages)
    assert (like.like, like.reason) == (InAnyOrder(sorted(texts), SortKey()), f"in any order: {NO_ORDER}")
    assert steps(after(sorted_people(), messages=texts), AssertMessages) == [AssertMessages(tuple(texts))]


def test_messages_that_name_created_rows_are_sorted_on_both_sides() -> None:
    made = insert(TODO, 57, title="Milk", done=0, votes=0)
    (like,) = steps(
        after(people(), made, messages=[f"{person['name']}: /todos/57/" for person in PEOPLE]), AssertLike
    )

    texts = [Formatted((f"{row['name']}: /todos/", Attribute("todo", "pk"), "/")) for row in PEOPLE]
    assert like.like == InAnyOrder(Sorted(tuple(texts), SortKey()), SortKey())


def test_lists_in_the_session_may_come_in_any_order() -> None:
    (like,) = steps(after(people(), session={"told": ["Cid", "Ann", "Bob"]}), AssertLike)

    assert like.like == InAnyOrder(["Ann", "Bob", "Cid"], SortKey())
    assert like.reason == f"in any order: {NO_ORDER}"
    assert steps(after(sorted_people(), session={"told": ["Cid", "Ann", "Bob"]}), AssertLike) == []


def cached(value: object) -> dict[str, Any]:
    return {"alias": "default", "operation": "set", "keys": ["told"], "values": [value]}


def test_lists_in_a_cache_may_come_in_any_order() -> None:
    found = after(people(), cache=[cached({"names": ["Cid", "Ann", "Bob"], "number": 3})])

    (whole,) = steps(found, AssertCached)
    assert whole.value == {"names": Anything(f"in any order: {NO_ORDER}"), "number": 3}
    (like,) = steps(found, AssertLike)
    assert (like.keys, like.like) == (("names",), InAnyOrder(["Ann", "Bob", "Cid"], SortKey()))


def test_lists_in_such_lists_are_sorted_with_them() -> None:
    bosses = select(TODO, {"id": 8, "title": "Milk"}, {"id": 7, "title": "Bread"})
    value = [{"name": row["name"], "todos": ["Milk", "Bread"]} for row in PEOPLE]
    (step,) = steps(after(people(), bosses, cache=[cached(value)]), AssertCached)

    assert step.value == [{"name": name, "todos": ["Bread", "Milk"]} for name in ("Ann", "Bob", "Cid")]
    assert step.sorts == (
        SortList((), SortKey(("name",)), NO_ORDER),
        SortList(("todos",), SortKey(), NO_ORDER, each=0),
    )


# --- outbound calls


def test_bodies_of_calls_are_compared_sorted() -> None:
    calls = [outbound("POST", URL, json={"who": row["name"]}, library="httpx") for row in PEOPLE]
    found = after(people(), *calls)

    assert steps(found, AssertSentJson) == []
    (step,) = steps(found, AssertSentInAnyOrder)
    assert step.bodies == ({"who": "Ann"}, {"who": "Bob"}, {"who": "Cid"})
    assert (step.start, step.stop, step.key, step.unordered) == (0, None, SortKey(("who",)), NO_ORDER)
    assert len(steps(after(sorted_people(), *calls), AssertSentJson)) == 3


def test_other_calls_before_and_after_are_compared_in_their_place() -> None:
    calls = [outbound("POST", URL, body={"kind": "text", "text": f"{row['name']} came"}) for row in PEOPLE]
    begin, end = (outbound("POST", URL, body={"kind": "text", "text": text}) for text in ("begin", "end"))
    found = after(people(), begin, *calls, end)

    assert steps(found, AssertSentBody) == [AssertSentBody(0, "begin"), AssertSentBody(4, "end")]
    (step,) = steps(found, AssertSentInAnyOrder)
    assert (step.start, step.stop, step.bodies) == (1, 4, ("Ann came", "Bob came", "Cid came"))


def test_what_the_mock_matches_by_itself_is_not_compared_again() -> None:
    calls = [outbound("POST", URL, json={"who": row["name"]}) for row in PEOPLE]

    assert steps(after(people(), *calls), AssertSentInAnyOrder) == []


def test_forms_keep_their_blank_values() -> None:
    bodies = [{"kind": "form", "fields": [("who", row["name"]), ("why", "")]} for row in PEOPLE]
    calls = [outbound("POST", URL, body=body, library="urllib") for body in bodies]  # type: ignore[arg-type]
    (step,) = steps(after(people(), *calls), AssertSentInAnyOrder)

    assert isinstance(step.of, AssertSentForm)
    assert step.of.has_blank
    assert step.bodies[0] == {"who": ["Ann"], "why": [""]}


def test_calls_of_several_kinds_in_any_order_are_not_compared() -> None:
    cid, ann, bob = (f"{URL}{row['name']}" for row in PEOPLE)
    as_json = outbound("POST", cid, json={"a": 1}, library="httpx")
    as_text = outbound("POST", ann, body={"kind": "text", "text": "a"}, library="httpx")
    found = after(people(), as_json, as_text, outbound("POST", bob, library="httpx"))

    (nothing,) = steps(found, AssertNothing)
    assert nothing.text == f"what was sent by 3 calls in any order: {NO_ORDER}"
    assert not steps(found, AssertSentInAnyOrder) + steps(found, AssertSentJson)


def test_a_list_that_a_call_sends_may_come_in_any_order() -> None:
    found = after(people(), outbound("POST", URL, json={"names": ["Cid", "Ann", "Bob"]}))

    (answer,) = steps(found, AnswerCall)
    assert answer.sent_json == {"names": Anything(f"in any order: {NO_ORDER}")}
    (like,) = steps(found, AssertLike)
    assert (like.keys, like.like) == (("names",), InAnyOrder(["Ann", "Bob", "Cid"], SortKey()))


def test_of_lists_in_such_a_list_only_the_number_is_compared() -> None:
    todos = select(TODO, {"id": 8, "title": "Milk"}, {"id": 7, "title": "Bread"})
    sent = {"all": [{"name": row["name"], "todos": ["Milk", "Bread"]} for row in PEOPLE]}
    (like,) = steps(after(people(), todos, outbound("POST", URL, json=sent)), AssertLike)

    assert (like.keys, like.like) == (("all",), OfLength(3))


# --- created rows


def test_rows_that_look_alike_are_fetched_sorted() -> None:
    people_of = [{"id": 3, "name": "Zoe"}, {"id": 1, "name": "Ann"}]
    made = [insert(TODO, key, title=title) for key, title in ((77, "Zoe"), (78, "Ann"), (79, "Ann"))]
    (step,) = steps(after(select(PERSON, *people_of), *made), FetchRows)

    assert (step.sorted_by, step.unordered) == ("title", NO_ORDER)
    assert step.variables == ("todo_2", "todo_3", "todo")
    (ordered,) = steps(after(*made), FetchRows)
    assert (ordered.sorted_by, ordered.variables) == ("", ("todo", "todo_2", "todo_3"))
