"""The response, as what a person would check."""

from typing import Any

import pytest

from otel2test.attributes import CookiePayload
from otel2test.inverting.arrangements import CreateRow, LogIn
from otel2test.inverting.assertions import (
    Assert,
    AssertAllow,
    AssertBody,
    AssertContains,
    AssertCookie,
    AssertHeader,
    AssertJson,
    AssertLoggedIn,
    AssertLoggedOut,
    AssertMessages,
    AssertRedirect,
    AssertSession,
    AssertStatus,
    AssertTemplate,
)
from otel2test.inverting.expressions import Anything, Attribute, Formatted, Text
from otel2test.values import Wire
from tests.inverting.django.planning import HTML, JSON, plan, steps
from tests.inverting.shop import PERSON, SHOP, TODO, USER, insert, select
from tests.recordings import (
    Node,
    body_of,
    failure,
    field,
    model,
    query,
    request,
    schema,
    told,
    user,
    view,
)

MADE = insert(TODO, 77, title="Ale")
ROW = {"id": 50, "title": "Milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}
ADA = {"id": 1, "username": "ada", "password": "x"}


def asserts(node: Node) -> list[Assert]:
    return list(plan(node).asserts)


# --- redirects ------------------------------------------------------------------------------


def redirect(url: str, *queries: Node, status: int = 302) -> Node:
    return request("POST", "/", *queries, schema=SHOP, status=status, response_headers=[("Location", url)])


@pytest.mark.parametrize(
    "url",
    ["/", "/login/?next=/a/%3Fx%3D1", "https://example.com/x", '/it\'s/"x"/', "//other/", "?page=2", "#top"],
)
def test_redirects(url: str) -> None:
    assert asserts(redirect(url)) == [AssertRedirect(url)]


def test_redirects_to_oneself_lose_their_host() -> None:
    assert asserts(redirect("http://testserver/x/")) == [AssertRedirect("/x/")]
    assert asserts(redirect("http://testserver.evil/x/")) == [AssertRedirect("http://testserver.evil/x/")]


@pytest.mark.parametrize("status", [301, 303, 307, 308])
def test_redirects_of_other_kinds(status: int) -> None:
    assert asserts(redirect("/", status=status)) == [AssertRedirect("/", status)]


def test_not_modified_is_no_redirect() -> None:
    assert asserts(request("GET", "/", status=304)) == [AssertStatus(304)]


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("/todos/77/", ("/todos/", Attribute("todo", "pk"), "/")),
        ("/?new=77", ("/?new=", Attribute("todo", "pk"))),
        ("/{x}/77#77", ("/{x}/", Attribute("todo", "pk"), "#", Attribute("todo", "pk"))),
    ],
)
def test_a_new_rows_key_in_a_redirect(url: str, parts: tuple[str | Attribute, ...]) -> None:
    assert steps(plan(redirect(url, MADE)), AssertRedirect) == [AssertRedirect(Formatted(parts))]


def test_numbers_that_only_contain_the_key_are_numbers() -> None:
    assert steps(plan(redirect("/770/", MADE)), AssertRedirect) == [AssertRedirect("/770/")]


def test_the_row_is_fetched_before_the_redirect_refers_to_it() -> None:
    kinds = [type(step).__name__ for step in asserts(redirect("/todos/77/", MADE))]

    assert kinds.index("FetchRow") < kinds.index("AssertRedirect")


# --- JSON -----------------------------------------------------------------------------------


def answered(answer: object, *queries: Node, **more: object) -> object:
    node = request("GET", "/", *queries, schema=SHOP, answer=answer, response_headers=JSON, **more)  # type: ignore[arg-type]  # JSON of any kind
    (found,) = steps(plan(node), AssertJson)
    return found.value


@pytest.mark.parametrize("answer", [{}, [], {"a": [1, None, True, 1.5, "é\"'"]}, 3, [[]], {"": ""}], ids=repr)
def test_json_is_compared_as_data(answer: object) -> None:
    assert answered(answer) == answer


@pytest.mark.parametrize("text", ["null", '""', "0", "false", "[]"])
def test_json_that_is_hardly_there(text: str) -> None:
    node = request("GET", "/", answer={"kind": "json", "text": text}, response_headers=JSON)

    assert len(steps(plan(node), AssertJson)) == 1


def test_json_that_is_none_is_not_compared() -> None:
    node = request("GET", "/", answer={"kind": "json", "text": "{"}, response_headers=JSON)

    assert asserts(node) == [AssertStatus(200)]


def test_a_new_rows_key_in_json() -> None:
    answer = {
        "id": 77,
        "pk": "77",
        "url": "/todos/77/",
        "count": 77,
        "title": "Ale",
        "self_id": 7,
        "id_2": True,
    }

    assert answered(answer, MADE) == {
        "id": Attribute("todo", "pk"),
        "pk": Text(Attribute("todo", "pk")),
        "url": Formatted(("/todos/", Attribute("todo", "pk"), "/")),
        "count": 77,
        "title": "Ale",
        "self_id": 7,
        "id_2": True,
    }


def test_times_and_drawn_values_in_json() -> None:
    answer = {
        "now": "2026-01-02T03:04:05.002Z",
        "then": "2020-01-02T03:04:05Z",
        "token": "a8F3kQ9zL2mX7",
        "word": "internationalization",
    }

    assert answered(answer) == {
        "now": Anything("read off the clock"),
        "then": "2020-01-02T03:04:05Z",
        "token": Anything("drawn at random"),
        "word": "internationalization",
    }


def test_a_link_to_the_file_of_a_created_row_has_the_name_that_the_storage_gave_it() -> None:
    key = field("id", "BigAutoField", primary_key=True)
    note = model("shop.Note", key, field("title"), field("scan", "FileField"))

    found = plan(
        request(
            "POST",
            "/",
            insert(note, 77, title="Ale", scan="scans/a_Xk2Pq9Z.txt"),
            schema=schema(note),
            answer={"id": 77, "title": "Ale", "scan": "http://testserver/media/scans/a_Xk2Pq9Z.txt"},
            response_headers=JSON,
        )
    )

    (compared,) = steps(found, AssertJson)
    assert compared.value == {
        "id": Attribute("note", "pk"),
        "title": "Ale",
        "scan": Formatted(("http://testserver/media/", Attribute("note", "scan.name"))),
    }


def test_a_drawn_value_that_was_stored_is_compared_with_the_stored_one() -> None:
    made = insert(TODO, 77, title="a8F3kQ9zL2mX7")

    assert answered({"code": "a8F3kQ9zL2mX7"}, made) == {"code": Attribute("todo", "title")}


def test_foreign_keys_to_created_rows_are_compared_with_their_keys() -> None:
    made = [insert(PERSON, 31, name="Ada"), insert(TODO, 77, title="Ale", owner_id=31)]

    assert answered({"id": 77, "title": "Ale", "owner": 31, "votes": 31}, *made) == {
        "id": Attribute("todo", "pk"),
        "title": "Ale",
        "owner": Attribute("person", "pk"),
        "votes": 31,
    }


def test_a_redirect_with_a_token_that_was_stored() -> None:
    made = insert(TODO, 77, title="a8F3kQ9zL2mX7")
    (found,) = steps(plan(redirect("/view/?key=a8F3kQ9zL2mX7&x=1", made)), AssertRedirect)

    assert found.url == Formatted(("/view/?key=", Attribute("todo", "title"), "&x=1"))


# --- other bodies ---------------------------------------------------------------------------


def test_texts_and_bytes_that_are_short() -> None:
    text = request("GET", "/", answer="a,b\n\"'", response_headers=[("Content-Type", "text/csv")])
    binary = request("GET", "/", answer=body_of(b"\x00\xff"))

    assert asserts(text)[1:] == [AssertBody("a,b\n\"'"), AssertHeader("Content-Type", "text/csv")]
    assert asserts(binary)[1:] == [AssertBody(b"\x00\xff")]


@pytest.mark.parametrize("answer", ["x" * 2000, b"x" * 2000, "at 2026-01-02T03:04:05Z", "key a8F3kQ9zL2mX7"])
def test_texts_that_are_long_or_no_run_repeats(answer: str | bytes) -> None:
    node = request("GET", "/", answer=body_of(answer), response_headers=[("Content-Type", "text/plain")])

    assert asserts(node) == [AssertStatus(200), AssertHeader("Content-Type", "text/plain")]


def test_of_a_long_feed_the_texts_of_rows_are_told() -> None:
    item = "<item><title>Milk</title><link>http://testserver/todos/milk/</link></item>"
    feed = f"<rss><channel>{item}{'<ttl/>' * 200}</channel></rss>"
    rss = [("Content-Type", "application/rss+xml; charset=utf-8")]
    node = request("GET", "/", select(TODO, ROW), schema=SHOP, answer=feed, response_headers=rss)

    assert asserts(node) == [AssertStatus(200), AssertContains("Milk", 200), AssertHeader(*rss[0])]


def test_bodies_of_which_only_the_beginning_was_kept() -> None:
    node = request("GET", "/", answer={"kind": "text", "text": "x", "cut": True}, response_headers=HTML)

    assert asserts(node) == [AssertStatus(200)]


def test_no_body_at_all() -> None:
    assert asserts(request("HEAD", "/", answer={"id": 1}, response_headers=JSON)) == [AssertStatus(200)]
    assert asserts(request("DELETE", "/", status=204)) == [AssertStatus(204)]


# --- pages ----------------------------------------------------------------------------------


def page(text: str, *queries: Node, status: int = 200, templates: tuple[str, ...] = ()) -> list[Assert]:
    node = request(
        "GET",
        "/",
        *queries,
        schema=SHOP,
        status=status,
        answer=text,
        response_headers=HTML,
        templates=templates,
    )
    return asserts(node)[1:]


def test_a_pages_template_and_the_texts_that_came_from_the_database() -> None:
    found = page("<p>Milk</p>", select(TODO, ROW), templates=("shop/list.html", "base.html"))

    assert found == [AssertTemplate("shop/list.html"), AssertContains("Milk")]


def test_templates_of_djangos_own_are_not_told() -> None:
    assert page("", templates=("django/forms/div.html", "shop/form.html")) == [
        AssertTemplate("shop/form.html")
    ]


def test_texts_are_escaped_where_that_changes_them() -> None:
    title = 'Tom & "Jerry\'s" <b>'

    found = page("<p>Tom &amp; &quot;Jerry&#x27;s&quot; &lt;b&gt;</p>", select(TODO, {**ROW, "title": title}))

    assert found == [AssertContains(title, escaped=True)]


@pytest.mark.parametrize(
    "text",
    ["<p>Milkshake</p>", "<script>Milk</script>", "<head><title>Milk</title></head>", "", "<p>milk</p>"],
)
def test_texts_that_nobody_sees_are_not_told(text: str) -> None:
    assert page(text, select(TODO, ROW)) == []


def test_texts_that_stand_in_others_are_told_once() -> None:
    rows = [
        {**ROW, "title": title} | {"id": number}
        for number, title in enumerate(["Milk", "Oat Milk", "Milk"], 1)
    ]

    assert page("<p>Milk</p><p>Oat Milk</p>", select(TODO, *rows)) == [AssertContains("Oat Milk")]


def test_ten_texts_are_enough() -> None:
    rows = [{**ROW, "id": n, "title": f"Todo {n:03}"} for n in range(1, 40)]

    found = page(" ".join(str(row["title"]) for row in rows), select(TODO, *rows))

    assert len(found) == 10


def test_form_errors() -> None:
    errors = (
        '<ul class="errorlist nonfield"><li>It&#x27;s full.</li></ul>'
        '<ul class="errorlist" id="id_a_error"><li>Required.</li><li>Required.</li></ul>'
        '<ul class="errorlist"></ul>'
    )

    assert page(errors) == [AssertContains("It's full.", escaped=True), AssertContains("Required.")]


def test_the_status_of_a_page_with_errors_is_told_where_it_is_another() -> None:
    assert page('<ul class="errorlist"><li>No.</li></ul>', status=422) == [AssertContains("No.", 422)]


def test_error_pages_are_told_by_their_status_alone() -> None:
    assert page("<h1>Milk</h1>", select(TODO, ROW), status=404) == []


LINKS = "<a href='/x/'>?</a>" + "".join(f'<a href="/todos/{key}/">{key}</a>' for key in (57, 58))


@pytest.mark.parametrize(
    ("shown", "linked"),
    [
        ("<p>Milk</p>" + LINKS, "Milk"),
        ("<p>Oats</p>" + LINKS, "Oats"),
        ("<p>Bread</p>" + LINKS, None),
        ('<p>Milk</p><a href="/lists/57/">Edit</a>', None),
        ('<p>Milk</p><a href="/todos/57/edit/">Edit</a>', None),
        ('<p>Milk</p><a href="/people/58/todos/57/">Edit</a>', None),
    ],
    ids=["first", "second", "none shown", "another model", "an action", "another key"],
)
def test_of_the_rows_that_a_page_shows_one_link_is_asserted(shown: str, linked: str | None) -> None:
    rows = [{**ROW, "id": 57}, {**ROW, "id": 58, "title": "Oats"}]
    queries = [select(TODO, row) for row in rows]

    def links(module: str) -> list[tuple[object, object]]:
        asked = view("index", module=module)
        found = plan(
            request("GET", "/", *queries, answer=shown, response_headers=HTML, schema=SHOP, view=asked)
        )
        titles = {step.variable: dict(step.values)["title"] for step in steps(found, CreateRow)}
        texts = [step.text for step in steps(found, AssertContains) if isinstance(step.text, Formatted)]
        return [(text, titles["todo"]) for text in texts]

    link = Formatted(('href="/todos/', Attribute("todo", "pk"), '/"'))
    assert links("shop.views") == ([] if linked is None else [(link, linked)])
    assert links("django.contrib.admin.sites") == []


# --- headers, cookies, session --------------------------------------------------------------


def test_headers_that_the_view_set() -> None:
    given = [
        ("Content-Disposition", 'attachment; filename="é.csv"'),
        ("allow", "GET, HEAD"),
        ("Content-Type", "text/csv"),
        ("X-Frame-Options", "DENY"),
        ("Date", "…"),
    ]

    found = plan(request("GET", "/", response_headers=given))

    assert steps(found, AssertHeader) == [
        AssertHeader("Content-Disposition", 'attachment; filename="é.csv"'),
        AssertHeader("Content-Type", "text/csv"),
    ]
    assert steps(found, AssertAllow) == []


def test_where_a_created_row_is_to_be_found() -> None:
    def created(location: str) -> list[AssertHeader]:
        header = [("Location", location)]
        row = insert(TODO, 57, title="Milk")
        return steps(
            plan(request("POST", "/", row, status=201, response_headers=header, schema=SHOP)), AssertHeader
        )

    path = Formatted(("/todos/", Attribute("todo", "pk"), "/"))
    assert created("/todos/57/") == [AssertHeader("Location", path)]
    assert created("http://testserver/todos/") == [AssertHeader("Location", "http://testserver/todos/")]


def test_allowed_methods_are_a_set_and_only_of_interest_where_one_was_refused() -> None:
    found = plan(request("POST", "/", status=405, response_headers=[("Allow", "GET, HEAD")]))

    assert steps(found, AssertAllow) == [AssertAllow(frozenset({"GET", "HEAD"}))]


def test_what_the_client_raises_leaves_no_response() -> None:
    found = plan(request("GET", "/", status=500, exception=failure("builtins.ValueError", "no")))

    assert found.asserts == ()


def test_the_recorded_host_is_the_test_clients() -> None:
    given = {"next": "http://testserver/?page=2"}
    node = told(
        request("GET", "/", answer=given, response_headers=JSON),
        REQUEST={
            "method": "GET",
            "path": "/",
            "query_string": "",
            "scheme": "http",
            "host": "127.0.0.1:8000",
            "headers": [],
            "cookies": {},
            "content_type": "",
            "body": {"kind": "empty"},
        },
        RESPONSE={
            "status": 200,
            "reason": "",
            "headers": JSON,
            "cookies": [],
            "body": body_of({"next": "http://127.0.0.1:8000/?page=2"}),
            "streaming": False,
        },
    )

    assert steps(plan(node), AssertJson) == [AssertJson(given)]


def test_messages_that_the_request_added() -> None:
    node = told(
        request("POST", "/"), MESSAGES={"before": [[25, "Hello."]], "added": [[25, "Saved."], [20, None]]}
    )

    (found,) = steps(plan(node), AssertMessages)

    assert found.texts[0] == "Saved."
    assert isinstance(found.texts[1], Anything)


def test_a_left_over_message_does_not_count_as_shown() -> None:
    page = "<p>Hello Ada.</p>"
    query = select(PERSON, {"id": 3, "name": "Ada"})
    node = request("GET", "/", query, answer=page, response_headers=HTML, schema=SHOP)

    assert steps(plan(node), AssertContains)
    left_over = told(node, MESSAGES={"before": [[25, "Hello Ada."]], "added": []})
    assert not steps(plan(left_over), AssertContains)


def cookie(name: str, value: str, *, deleted: bool = False) -> CookiePayload:
    return {"name": name, "value": value, "attributes": {}, "deleted": deleted}


def test_cookies() -> None:
    given = [
        cookie("theme", "dark \"'"),
        cookie("old", "", deleted=True),
        cookie("key", "a8F3kQ9zL2mX7"),
        cookie("sessionid", "abc"),
        cookie("csrftoken", "abc"),
    ]

    assert steps(plan(request("GET", "/", response_cookies=given)), AssertCookie) == [
        AssertCookie("theme", "dark \"'"),
        AssertCookie("old", ""),
        AssertCookie("key", None),
    ]


def test_session_data_that_changed() -> None:
    before: dict[str, Wire] = {"a": 1, "b": 1, "_auth_user_id": "1"}
    after: dict[str, Wire] = {
        "a": 1,
        "b": 2,
        "c": {"x": [None]},
        "_auth_user_id": "1",
        "seen": "2026-01-02T03:04:05Z",
        "d": {"$lazy": "x.Y"},
    }

    found = plan(request("GET", "/", session={"before": before, "after": after}))

    assert steps(found, AssertSession) == [AssertSession("b", 2), AssertSession("c", {"x": [None]})]


def test_session_data_under_the_name_of_a_secret() -> None:
    """The recorder replaced all of it, numbers too: only what was sent is the same in the test."""
    verification = {"user_id": "3", "tries": 1, "codes": [7], "email": "e@b.cd", "is_new": True, "of": None}
    after: Any = {"email_verification_code": verification, "steps": {"user_id": "3", "tries": 1}, "otp": 12}
    found = plan(
        request(
            "POST",
            "/",
            insert(TODO, 3, title="Ale"),
            body={"kind": "form", "fields": [("email", "e@b.cd")]},
            session={"before": {}, "after": after},
            schema=SHOP,
        )
    )

    hidden = Anything("kept from the recording, as a secret is")
    assert steps(found, AssertSession) == [
        AssertSession(
            "email_verification_code",
            {
                "user_id": hidden,
                "tries": hidden,
                "codes": [hidden],
                "email": "e@b.cd",
                "is_new": True,
                "of": None,
            },
        ),
        AssertSession("steps", {"user_id": "3", "tries": 1}),
    ]


def test_json_under_the_name_of_a_secret() -> None:
    shown = '{"token": {"n": 4, "kind": "Bearer"}, "otp": 1234, "card": {"n": 4}}'
    found = plan(request("GET", "/", answer={"kind": "json", "text": shown}, response_headers=JSON))

    (compared,) = steps(found, AssertJson)
    hidden = Anything("kept from the recording, as a secret is")
    assert compared.value == {"token": {"n": hidden, "kind": hidden}, "otp": hidden, "card": {"n": 4}}


def test_session_data_with_the_csrf_token_in_it() -> None:
    found = plan(
        request(
            "POST",
            "/",
            form=[("csrfmiddlewaretoken", "s3cretT0ken"), ("x", "1")],
            session={"before": {}, "after": {"form": {"raw": '{"csrfmiddlewaretoken": "s3cretT0ken"}'}}},
        )
    )

    (kept,) = steps(found, AssertSession)
    assert kept.value == {"raw": Anything("holds the CSRF token, which a test does not send")}


@pytest.mark.parametrize("saved", [True, False])
def test_session_data_that_was_changed_but_never_saved(saved: bool) -> None:
    sessions = model(
        "sessions.Session",
        field("session_key", primary_key=True),
        field("session_data"),
        table="django_session",
        framework="session",
    )
    queries = [select(sessions, {"session_key": "k", "session_data": "…"})]
    if saved:
        queries.append(query('UPDATE "django_session" SET "session_data" = %s', ["…"], rowcount=1))
    found = plan(
        request("GET", "/", *queries, schema=schema(sessions), session={"before": {}, "after": {"a": 1}})
    )

    assert steps(found, AssertSession) == ([AssertSession("a", 1)] if saved else [])


# --- logging in and out ---------------------------------------------------------------------

KEPT = {"_auth_user_id": "1", "_auth_user_backend": "b", "_auth_user_hash": "…"}


def test_logging_in() -> None:
    found = plan(
        request(
            "POST",
            "/login/",
            select(USER, ADA, where='"auth_user"."username" = %s', params=["ada"]),
            schema=SHOP,
            form=[("username", "ada"), ("password", "geheim\"'")],
            user=user(1),
            session={"before": {}, "after": {**KEPT}},
        )
    )

    (created,) = steps(found, CreateRow)
    assert created.method == "create_user"
    assert dict(created.values)["password"] == "geheim\"'"
    assert steps(found, LogIn) == []
    assert found.asserts[-1] == AssertLoggedIn("user")


def test_logging_in_where_the_user_was_never_resolved() -> None:
    found = plan(
        request("POST", "/login/", select(USER, ADA), schema=SHOP, session={"before": {}, "after": {**KEPT}})
    )

    assert steps(found, AssertLoggedIn) == [AssertLoggedIn("user")]


def test_logging_out() -> None:
    found = plan(
        request("POST", "/logout/", schema=SHOP, user=user(), session={"before": {**KEPT}, "after": {}})
    )

    assert steps(found, LogIn) == [LogIn("user")]
    assert steps(found, AssertLoggedOut) == [AssertLoggedOut()]
