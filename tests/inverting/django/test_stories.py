"""Requests of one client as one test: who belongs together, and what flows from one to the next."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from otel2test.attributes import CookiePayload
from otel2test.inverting.acts import SendRequest
from otel2test.inverting.arrangements import (
    CreateRow,
    SetCache,
    SetClock,
    SetCookie,
    SetSession,
    StoreFile,
)
from otel2test.inverting.assertions import (
    AssertAttribute,
    AssertContained,
    AssertContains,
    AssertCount,
    AssertGone,
    AssertJson,
    AssertMailCount,
    AssertMessages,
    AssertRedirect,
    FetchMails,
    FetchRow,
    KeepLink,
    KeepValue,
    RefreshRow,
)
from otel2test.inverting.django.inverting import join
from otel2test.inverting.django.stories import by_client
from otel2test.inverting.django.subjects import Pages
from otel2test.inverting.expressions import Attribute, Formatted, Variable
from otel2test.inverting.plan import Plan
from otel2test.reading.building import instant as instant_of
from otel2test.reading.exchanges import Exchange
from tests.inverting.django.planning import HTML, JSON, steps
from tests.inverting.shop import PERSON, SHOP, TODO, delete, insert, select, update
from tests.recordings import START, Node, recorded, request, span_id, told, user, view

NEW = {"id": 57, "title": "Milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}
BY_KEY: dict[str, Any] = {"where": '"shop_todo"."id" = %s', "params": [57]}
SECOND = 1_000_000_000


def exchanges(*nodes: Node, seconds: int = 1) -> list[Exchange]:
    """Return the requests, each in a trace of its own and so many seconds after the one before."""
    return [
        recorded(node, trace_id=f"{number:032x}", start=START + number * seconds * SECOND).exchange()
        for number, node in enumerate(nodes, 1)
    ]


def story(*nodes: Node, seconds: int = 1) -> Plan:
    """Return the plan of one test of all the requests."""
    told = exchanges(*nodes, seconds=seconds)
    return join(told, Pages(told)).plan


def ask(method: str, path: str, *queries: Node, **more: Any) -> Node:
    return request(method, path, *queries, schema=SHOP, view=view("todo"), **more)


def acts(plan: Plan) -> list[object]:
    return [step.path for step in steps_of(plan, SendRequest)]


def steps_of(plan: Plan, kind: type) -> list[Any]:
    return [step for step in plan.steps if isinstance(step, kind)]


CREATE = ask("POST", "/todos/", insert(TODO, 57, title="Milk", done=0, votes=0), status=201)


# --- who belongs together -------------------------------------------------------------------


def cookie(name: str, value: str, *, deleted: bool = False) -> CookiePayload:
    return {"name": name, "value": value, "attributes": {}, "deleted": deleted}


def groups(*clients: tuple[Mapping[str, str], Sequence[CookiePayload]]) -> list[list[str]]:
    """Return the paths of each client's requests; given are the cookies sent and set by each request."""
    found = exchanges(
        *(
            request("GET", f"/{number}/", cookies=sent, response_cookies=received)
            for number, (sent, received) in enumerate(clients)
        )
    )
    return [[item.request.path for item in client] for client in by_client(found)]


def test_a_session_that_changes_at_login_is_one_client() -> None:
    before, after = cookie("sessionid", "a"), cookie("sessionid", "b")

    assert groups(({}, [before]), ({"sessionid": "a"}, [after]), ({"sessionid": "b"}, [])) == [
        ["/0/", "/1/", "/2/"]
    ]


def test_two_sessions_are_two_clients_however_they_interleave() -> None:
    one, other = {"sessionid": "a"}, {"sessionid": "b"}

    assert groups((one, []), (other, []), (one, []), (other, [])) == [["/0/", "/2/"], ["/1/", "/3/"]]


def test_a_request_can_show_that_two_are_one() -> None:
    told = groups(
        ({"sessionid": "a"}, []), ({"csrftoken": "x"}, []), ({"sessionid": "a", "csrftoken": "x"}, [])
    )

    assert told == [["/0/", "/1/", "/2/"]]


def test_requests_without_cookies_belong_to_those_before() -> None:
    assert groups(({"sessionid": "a"}, []), ({}, []), ({"sessionid": "b"}, [])) == [["/0/", "/1/"], ["/2/"]]


def test_other_cookies_and_deleted_ones_say_nothing() -> None:
    told = groups(
        ({"theme": "dark", "sessionid": "a"}, [cookie("sessionid", "", deleted=True)]),
        ({"theme": "dark", "sessionid": "b"}, []),
    )

    assert told == [["/0/"], ["/1/"]]


# --- one state ------------------------------------------------------------------------------


def test_a_row_is_arranged_once_and_seen_by_all() -> None:
    plan = story(
        ask("GET", "/todos/57/", select(TODO, NEW, **BY_KEY), answer="Milk", response_headers=HTML),
        ask("POST", "/todos/57/", select(TODO, NEW, **BY_KEY), update(TODO, 57, title="Oat milk")),
        ask(
            "GET",
            "/todos/57/",
            select(TODO, {**NEW, "title": "Oat milk"}, **BY_KEY),
            answer="Oat milk",
            response_headers=HTML,
        ),
    )

    (row,) = steps_of(plan, CreateRow)
    assert ("title", "Milk") in row.values
    assert [step.text for step in steps_of(plan, AssertContains)] == ["Milk", "Oat milk"]
    assert steps_of(plan, AssertAttribute) == [AssertAttribute("todo", "title", "Oat milk")]
    assert len(steps_of(plan, RefreshRow)) == 1


def test_rows_that_only_later_requests_read_are_arranged_at_the_start() -> None:
    plan = story(
        ask("GET", "/"),
        ask("GET", "/people/3/", select(PERSON, {"id": 3, "name": "Ann", "boss_id": None})),
    )

    assert [step.model.name for step in plan.arrange if isinstance(step, CreateRow)] == ["Person"]
    assert plan.then[0].arrange == ()


# --- what flows on --------------------------------------------------------------------------


def test_the_key_of_a_created_row_flows_into_paths_and_forms() -> None:
    plan = story(
        CREATE,
        ask("GET", "/todos/57/", select(TODO, NEW, **BY_KEY)),
        ask("POST", "/votes/", form=[("todo", "57"), ("count", "57")]),
    )

    path = Formatted(("/todos/", Attribute("todo", "pk"), "/"))
    assert acts(plan) == ["/todos/", path, "/votes/"]
    assert plan.then[1].act.data == {"todo": Attribute("todo", "pk"), "count": "57"}
    assert steps_of(plan, CreateRow) == []
    assert [step.variable for step in steps_of(plan, FetchRow)] == ["todo"]


def test_what_is_done_to_a_created_row_is_asserted() -> None:
    plan = story(
        CREATE,
        ask("POST", "/todos/57/", select(TODO, NEW, **BY_KEY), update(TODO, 57, title="Oat milk")),
        ask("POST", "/todos/57/delete/", select(TODO, NEW, **BY_KEY), delete(TODO, 57)),
    )

    assert AssertAttribute("todo", "title", "Oat milk") in plan.then[0].asserts
    assert [step.variable for step in steps_of(plan, AssertGone)] == ["todo"]


def test_a_created_row_is_known_again_in_json() -> None:
    shown = {"id": 57, "title": "Milk"}
    plan = story(
        CREATE,
        ask("GET", "/todos/57.json", select(TODO, NEW, **BY_KEY), answer=shown, response_headers=JSON),
    )

    (json,) = steps_of(plan, AssertJson)
    assert json.value == {"id": Attribute("todo", "pk"), "title": "Milk"}


def test_a_redirect_is_followed_by_its_target() -> None:
    there = [("Location", "/todos/57/?new=1")]
    plan = story(
        ask("POST", "/todos/", insert(TODO, 57, title="Milk"), status=302, response_headers=there),
        ask("GET", "/todos/57/", select(TODO, NEW, **BY_KEY), query_string="new=1"),
    )

    assert acts(plan)[1] == Attribute("response", "url")
    (redirect,) = steps_of(plan, AssertRedirect)
    assert redirect.url == Formatted(("/todos/", Attribute("todo", "pk"), "/?new=1"))


def test_a_token_flows_into_headers() -> None:
    token = "q8Zr71LmT0x"
    plan = story(
        ask("POST", "/login/", answer={"token": token}, response_headers=JSON),
        ask("GET", "/me/", headers=[("Authorization", f"Token {token}")]),
    )

    assert plan.asserts[-1] == KeepValue("token", ("token",))
    assert plan.then[0].act.headers == (("Authorization", Formatted(("Token ", Variable("token")))),)


def test_a_text_that_happens_to_be_in_two_places_does_not_flow() -> None:
    plan = story(
        ask("GET", "/", answer={"title": "Buy oat milk"}, response_headers=JSON),
        ask("POST", "/", form=[("title", "Buy oat milk")]),
    )

    assert steps_of(plan, KeepValue) == []


# --- e-mails, messages, caches --------------------------------------------------------------

HERE = {"span": span_id(0), "start": 5}


def doing(method: str, path: str, effects: Mapping[str, Sequence[Mapping[str, Any]]], **more: Any) -> Node:
    payloads = {kind: [{**HERE, **item} for item in items] for kind, items in effects.items()}
    return ask(method, path, effects=payloads, **more)


def mail(body: str) -> Mapping[str, Any]:
    return {"subject": "Hi", "body": body, "from_email": "a@b.c", "to": ["ann@b.c"]}


RESET = "/reset/MQ/c5x9ab-2785820dc52693912d17e916f35b3e31/"


def test_a_link_is_read_out_of_the_e_mail() -> None:
    plan = story(
        doing("POST", "/invite/", {"MAILS": [mail("Welcome!")]}),
        doing("POST", "/forgotten/", {"MAILS": [mail(f"Go to http://testserver{RESET} now.")]}),
        ask("GET", RESET),
        ask("POST", RESET, form=[("password", "x")]),
    )

    (kept,) = steps_of(plan, KeepLink)
    assert (kept.variable, kept.index, kept.text) == ("link", 1, "body")
    assert plan.then[0].asserts[-1] == kept
    assert acts(plan)[2:] == [Variable("link"), Variable("link")]
    assert [act.has_data for act in steps_of(plan, SendRequest)][2:] == [False, True]


def test_a_link_with_its_query() -> None:
    path = "/join/?token=8f7a2c91d0"
    plan = story(
        doing("POST", "/invite/", {"MAILS": [mail(f"http://testserver{path}")]}),
        ask("GET", "/join/", query_string="token=8f7a2c91d0"),
    )

    act = plan.then[0].act
    assert (act.path, act.has_data) == (Variable("link"), False)


@pytest.mark.parametrize(
    ("body", "typed", "pattern"),
    [
        ("Your code is\n\nV4KD-7QX2\n\nBye.", "V4KD-7QX2", r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b"),
        ("Your code: 483920.", "483920", r"\b\d{6}\b"),
        ("Your code: 483920.", "513908", r"\b\d{6}\b"),  # which the recorder put in its place
        ("Your code: KXTW-WPLM", "KXTW-WPLM", r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b"),
        ("Order 1234567, your code: 7654321", "7654321", r"(?<=your code: )\b\d{7}\b"),
    ],
)
def test_a_code_is_read_out_of_the_e_mail(body: str, typed: str, pattern: str) -> None:
    plan = story(
        doing("POST", "/invite/", {"MAILS": [mail("Welcome!")]}),
        doing("POST", "/login/", {"MAILS": [mail(body)]}),
        ask("POST", "/login/code/", form=[("code", typed)]),
        ask("POST", "/login/code/", json={"code": typed}),
    )

    (kept,) = steps_of(plan, KeepLink)
    assert (kept.variable, kept.pattern, kept.index, kept.text) == ("code", pattern, 1, "body")
    assert plan.then[0].asserts[-1] == kept
    assert [act.data for act in steps_of(plan, SendRequest)][2:] == [{"code": Variable("code")}] * 2
    match = re.search(kept.pattern, body)
    assert match is not None
    code = match[0]
    said = [step.value for step in steps_of(plan, AssertAttribute) if step.attribute == "body"]
    said += [step.text for step in steps_of(plan, AssertContained)]
    assert not [text for text in said if code in str(text)]


@pytest.mark.parametrize(
    ("body", "typed"),
    [
        ("Your code: 483920", "483921x"),
        ("Hello Anna!", "Anna"),
        ("You asked for 483920.", "483920"),  # which the request before had sent
        ("On 2026-11-21 we close.", "2026-11-21"),
        ("Codes: 483920 and 111111", "222222"),
        ("483920", "12"),
    ],
)
def test_what_is_no_code_is_typed_as_it_was(body: str, typed: str) -> None:
    plan = story(
        doing(
            "POST",
            "/login/",
            {"MAILS": [mail(body)]},
            form=[("asked", "483920")] if "asked" in body else None,
        ),
        ask("POST", "/login/code/", form=[("code", typed)]),
    )

    assert steps_of(plan, KeepLink) == []
    assert plan.then[0].act.data == {"code": typed}


def test_a_code_that_the_program_draws_again_is_typed_as_it_was() -> None:
    draw = {
        "source": "random.randint",
        "value": 483920,
        "caller": "shop.views.send",
        "target": "random.randint",
    }
    sent: dict[str, Sequence[Mapping[str, Any]]] = {"MAILS": [mail("Your code: 483920")], "DRAWS": [draw]}
    plan = story(doing("POST", "/login/", sent), ask("POST", "/login/code/", form=[("code", "483920")]))

    assert steps_of(plan, KeepLink) == []


def test_the_outbox_holds_what_earlier_requests_sent() -> None:
    many = [mail("Many")] * 6
    plan = story(
        doing("POST", "/one/", {"MAILS": [mail("One")]}),
        doing("POST", "/many/", {"MAILS": many}),
        doing("POST", "/two/", {"MAILS": [mail("Two")]}),
    )

    assert [step.earlier for step in steps_of(plan, FetchMails)] == [0, 7]
    assert [step.number for step in steps_of(plan, AssertMailCount)] == [7]


def test_messages_that_no_page_showed_are_still_there() -> None:
    def telling(before: Sequence[str], added: Sequence[str]) -> Node:
        messages = {"before": [(20, text) for text in before], "added": [(20, text) for text in added]}
        return told(ask("POST", "/"), MESSAGES=messages)

    plan = story(telling(["Long ago"], ["One"]), telling(["Long ago", "One"], ["Two"]))

    assert [step.texts for step in steps_of(plan, AssertMessages)] == [("One",), ("One", "Two")]


def access(operation: str, key: str, value: object = None, *, hit: bool = True) -> Mapping[str, Any]:
    found: dict[str, Any] = {"hits": [hit]} if operation in {"get", "has_key"} else {}
    return {"alias": "default", "operation": operation, "keys": [key], "values": [value], **found}


def cached(*requests: Sequence[Mapping[str, Any]]) -> list[list[tuple[str, object]]]:
    """Return what is put into caches before each request that made these accesses."""
    plan = story(*(doing("GET", "/", {"CACHE": items}) for items in requests))
    return [
        [(step.key, step.value) for step in scene.arrange if isinstance(step, SetCache)]
        for scene in plan.scenes
    ]


def test_what_was_cached_before_the_story_is_arranged_at_its_start() -> None:
    assert cached([access("set", "b", 2)], [access("get", "a", 1)], [access("get", "a", 1)]) == [
        [("a", 1)],
        [],
        [],
    ]


def test_what_an_earlier_request_cached_is_there_by_itself() -> None:
    assert cached([access("get", "a", hit=False), access("set", "a", 1)], [access("get", "a", 1)]) == [[], []]
    assert cached([access("set", "a", 1)], [access("has_key", "a")]) == [[], []]


def test_what_came_by_in_between_is_arranged_there() -> None:
    assert cached([access("get", "a", hit=False)], [access("get", "a", 1)]) == [[], [("a", 1)]]
    assert cached([access("set", "a", 1)], [access("get", "a", 2)]) == [[], [("a", 2)]]
    assert cached([access("set", "a", 1)], [access("delete", "a")], [access("get", "a", 1)]) == [
        [],
        [],
        [("a", 1)],
    ]


def test_a_file_that_an_earlier_request_saved_is_not_stored_again() -> None:
    files = [{"storage": "x.Storage", "operation": "save", "name": "a.txt"}]
    asked = {"storage": "x.Storage", "operation": "exists", "result": True}
    plan = story(
        doing("POST", "/", {"FILES": files}),
        doing("GET", "/", {"FILES": [{**asked, "name": "a.txt"}, {**asked, "name": "b.txt"}]}),
    )

    assert [step.name for step in steps_of(plan, StoreFile)] == ["b.txt"]


# --- what lies between ----------------------------------------------------------------------


def test_what_the_first_request_left_is_not_arranged_again() -> None:
    def session(before: dict[str, Any], after: dict[str, Any]) -> Any:
        return {"before": before, "after": after}

    plan = story(
        ask("POST", "/cart/", session=session({"size": 1}, {"size": 2}), cookies={"theme": "dark"}),
        ask("GET", "/cart/", session=session({"size": 2}, {"size": 2}), cookies={"theme": "dark"}),
        ask("GET", "/cart/", session=session({"size": 9}, {"size": 9}), cookies={"theme": "light"}),
    )

    assert plan.then[0].arrange == ()
    assert plan.then[1].arrange == (SetSession((("size", 9),)), SetCookie("theme", "light"))


def instants_of_acts(seconds: int) -> list[dt.datetime | None]:
    """Return when each of two requests is made that both compare with the clock, so many seconds apart."""

    def now(number: int) -> Node:
        instant = instant_of(START + number * seconds * SECOND)
        return select(TODO, where='"shop_todo"."made" < %s', params=[instant])

    plan = story(ask("GET", "/", now(1)), ask("GET", "/", now(2)), seconds=seconds)
    assert [step.instant for step in steps_of(plan, SetClock)] == [instant_of(START + seconds * SECOND)]
    return [act.instant for act in steps_of(plan, SendRequest)]


def test_the_clock_is_set_again_only_after_a_while() -> None:
    assert instants_of_acts(5) == [None, None]
    assert instants_of_acts(3600) == [None, instant_of(START + 2 * 3600 * SECOND)]


def test_more_rows_than_are_fetched_are_counted_over_the_whole_story() -> None:
    many = [insert(PERSON, number, name=f"P{number}", boss_id=None) for number in range(1, 8)]
    plan = story(ask("POST", "/people/", *many), ask("POST", "/people/", *many[:0]), ask("GET", "/"))

    (count,) = steps_of(plan, AssertCount)
    assert count.number == 7


# --- names ----------------------------------------------------------------------------------


def named(*requests: tuple[str, str]) -> str:
    return story(
        *(request(method, path, view=view(name)) for (method, name) in requests for path in [f"/{name}/"])
    ).name


def test_a_story_is_named_after_what_is_done() -> None:
    assert named(("GET", "login"), ("POST", "login"), ("POST", "checkout")) == "login_then_checkout"
    assert named(("GET", "index"), ("GET", "about")) == "index_then_about"
    assert named(("POST", "vote"), ("POST", "vote"), ("POST", "vote")) == "vote_3_times"


def test_a_long_story_is_named_by_its_ends() -> None:
    many = [("POST", name) for name in ("register_a_person", "choose_a_plan", "confirm_the_order", "log_out")]

    assert named(*many) == "register_a_person_and_so_on_until_log_out"


def test_a_person_who_is_logged_in_at_first_is_logged_in_once() -> None:
    ann = {"id": 3, "name": "Ann", "boss_id": None}
    session: Any = {"before": {"_auth_user_id": "3"}, "after": {"_auth_user_id": "3"}}
    plan = story(*[ask("GET", "/", select(PERSON, ann), session=session, user=user(3, "shop.Person"))] * 2)

    assert [step for scene in plan.then for step in scene.arrange] == []
    assert steps(plan, SendRequest)
