"""The request as the test client makes it, and what must be set up around it."""

import pytest

from otel2test.attributes import BodyPayload
from otel2test.inverting.acts import SendRequest
from otel2test.inverting.arrangements import LogIn, SetCookie, SetSession
from otel2test.inverting.expressions import Name, UploadedFile
from otel2test.values import Wire
from tests.inverting.django.planning import plan, steps
from tests.inverting.shop import SHOP, USER, select
from tests.recordings import Node, failure, request, schema, user


def act(node: Node) -> SendRequest:
    return plan(node).act


# --- path, query and method -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/", "/"),
        ("/a b/", "/a%20b/"),
        ("/größe/", "/gr%C3%B6%C3%9Fe/"),
        ("/a?b#c/", "/a%3Fb%23c/"),
        ("/100%/", "/100%25/"),
        ('/it\'s/"x"/', "/it's/%22x%22/"),
        ("/\u202e\n/", "/%E2%80%AE%0A/"),
    ],
)
def test_the_path_leads_to_where_it_led(path: str, sent: str) -> None:
    assert act(request("GET", path)) == SendRequest("GET", sent)


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("q=milk", {"q": "milk"}),
        ("q=", {"q": ""}),
        ("tag=a&tag=b&page=2", {"tag": ["a", "b"], "page": "2"}),
        ("q=gr%C3%B6%C3%9Fe+x%26y", {"q": "größe x&y"}),
        ("%22'=%22", {"\"'": '"'}),
    ],
)
def test_a_query_is_data(query: str, data: object) -> None:
    assert act(request("GET", "/", query_string=query)) == SendRequest("GET", "/", data, has_data=True)


@pytest.mark.parametrize("query", ["flag", "a=1&flag", "a=1&&b=2"])
def test_a_query_that_data_would_change_stays_in_the_path(query: str) -> None:
    assert act(request("GET", "/", query_string=query)) == SendRequest("GET", f"/?{query}")


def test_a_query_with_bytes_that_are_no_text_stays_in_the_path() -> None:
    assert act(request("GET", "/", query_string="q=%FF")) == SendRequest("GET", "/?q=%FF")


def test_a_query_beside_a_form_stays_in_the_path() -> None:
    found = act(request("POST", "/", query_string="next=/x/", form=[("a", "b")]))

    assert (found.path, found.data) == ("/?next=/x/", {"a": "b"})


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PROPFIND"])
def test_any_method(method: str) -> None:
    assert act(request(method, "/")) == SendRequest(method, "/")


# --- bodies ---------------------------------------------------------------------------------


def test_a_form_without_its_token() -> None:
    form = [
        ("title", "Ünï \"quoted\" 'text'\n\\"),
        ("tag", "1"),
        ("tag", "2"),
        ("csrfmiddlewaretoken", "x"),
        ("e", ""),
    ]

    found = act(request("POST", "/", form=form))

    assert found.data == {"title": "Ünï \"quoted\" 'text'\n\\", "tag": ["1", "2"], "e": ""}
    assert found.content_type is None


def test_an_empty_form_sends_nothing() -> None:
    assert not act(request("POST", "/", form=[("csrfmiddlewaretoken", "x")])).data


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_form_that_is_not_posted_is_sent_as_the_text_that_it_is(method: str) -> None:
    # Only client.post() encodes a dict; the others would send its repr().
    found = act(request(method, "/", form=[("a", "1"), ("b", "x y&z"), ("a", "ü")]))

    assert found.content_type == "application/x-www-form-urlencoded"
    assert found.data == "a=1&b=x+y%26z&a=%C3%BC"


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a": [1, null, "é"]}', {"a": [1, None, "é"]}),
        ("[]", []),
        ("{}", {}),
        ("null", "null"),
        ('""', '""'),
        ("3", "3"),
        ("{", "{"),
        ("", ""),
        ('{"a": NaN}', '{"a": NaN}'),
    ],
)
def test_json(text: str, data: object) -> None:
    body: BodyPayload = {"kind": "json", "text": text, "size": len(text)}

    found = act(request("POST", "/", body=body, headers=[("Content-Type", "application/json")]))

    assert (found.data, found.has_data) == (data, True)


def test_jsons_content_type() -> None:
    assert act(request("PATCH", "/", json={"a": 1})).content_type == "application/json"


@pytest.mark.parametrize(("json", "form"), [({"a": 1}, None), (None, [("a", "1")])])
def test_the_body_of_a_get_does_not_become_its_query(
    json: dict[str, int] | None, form: list[tuple[str, str]] | None
) -> None:
    found = plan(request("GET", "/", json=json, form=form))

    assert not found.act.has_data
    assert found.notes


def test_other_bodies() -> None:
    text = act(request("POST", "/", body={"kind": "text", "text": "a,b\n"}))
    binary = act(request("POST", "/", body={"kind": "binary", "base64": "AP8="}))

    assert (text.data, text.content_type) == ("a,b\n", "text/plain")
    assert (binary.data, binary.content_type) == (b"\x00\xff", "application/octet-stream")


def test_no_body() -> None:
    assert act(request("POST", "/")) == SendRequest("POST", "/")


def upload(**more: object) -> BodyPayload:
    file = {
        "field": "file",
        "name": 'é "x".txt',
        "content_type": "text/plain",
        "size": 3,
        "content": "YcOp",
        **more,
    }
    return {"kind": "multipart", "fields": [("a", "1")], "files": [file]}  # type: ignore[list-item]  # a plain dict


def test_uploads() -> None:
    found = act(request("POST", "/", body=upload()))

    assert found.data == {"a": "1", "file": UploadedFile('é "x".txt', "aé".encode(), "text/plain")}
    assert found.content_type is None


def test_two_uploads_of_one_field() -> None:
    body = upload()
    body["files"] = body["files"] * 2

    data = act(request("POST", "/", body=body)).data

    assert isinstance(data, dict)
    assert [file.name for file in data["file"]] == ['é "x".txt'] * 2


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"kind": "unread"}, "never read"),
        ({"kind": "text", "text": "x", "cut": True, "size": 9}, "9 bytes"),
        (upload(cut=True), "x"),
    ],
)
def test_what_was_not_kept_is_a_note(body: BodyPayload, word: str) -> None:
    (note,) = plan(request("POST", "/", body=body)).notes

    assert word in note.text


# --- headers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Requested-With", "XMLHttpRequest"),
        ("Authorization", "Token abc"),
        ("Accept", "application/json"),
        ("Accept-Language", "da"),
        ("If-Match", '"x"'),
        ("Hx-Request", "true"),
        ("X-Odd", "\"quotes\" 'and' \\ é"),
    ],
)
def test_headers_that_make_a_difference(name: str, value: str) -> None:
    assert act(request("GET", "/", headers=[(name, value)])).headers == ((name, value),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "example.com"),
        ("User-Agent", "curl/8"),
        ("Accept", "*/*"),
        ("Accept", "text/html,application/xhtml+xml"),
        ("Accept-Language", "en-US,en;q=0.5"),
        ("Accept-Encoding", "gzip"),
        ("Content-Length", "3"),
        ("Content-Type", "text/plain"),
        ("Cookie", "a=b"),
        ("X-CSRFToken", "abc"),
        ("Traceparent", "00-…"),
        ("Sec-Fetch-Mode", "navigate"),
        ("X-Forwarded-For", "192.0.2.1"),
    ],
)
def test_headers_that_clients_and_proxies_send_with_everything(name: str, value: str) -> None:
    assert act(request("GET", "/", headers=[(name, value)])).headers == ()


# --- session, cookies and login -------------------------------------------------------------

ADA = {"id": 1, "username": "ada", "password": "x"}


def test_cookies_but_djangos_own() -> None:
    cookies = {
        "theme": 'dark "é"',
        "sessionid": "a",
        "csrftoken": "b",
        "messages": "c",
        "django_language": "da",
    }

    assert steps(plan(request("GET", "/", cookies=cookies)), SetCookie) == [
        SetCookie("theme", 'dark "é"'),
        SetCookie("django_language", "da"),
    ]


def test_cookies_of_a_project_that_renamed_them() -> None:
    renamed = schema(session_cookie="sid", csrf_cookie="tok")

    found = plan(request("GET", "/", cookies={"sid": "a", "tok": "b", "sessionid": "c"}, schema=renamed))

    assert steps(found, SetCookie) == [SetCookie("sessionid", "c")]


def test_session_data() -> None:
    before: dict[str, Wire] = {"cart": [1, {"a": None}], "_auth_user_id": "1", "_session_expiry": 0}

    found = plan(request("GET", "/", session={"before": before, "after": before}, schema=SHOP))

    assert steps(found, SetSession) == [SetSession((("cart", [1, {"a": None}]),))]


def test_session_data_that_has_no_literal_is_left_out() -> None:
    node = request(
        "GET",
        "/",
        session={"before": {"x": {"$lazy": "app.Thing"}, "y": {"$ref": "app.f"}, "z": 1}, "after": {}},
    )

    assert steps(plan(node), SetSession) == [SetSession((("z", 1),))]


def test_a_login_is_a_forced_one() -> None:
    session = {"_auth_user_id": "1", "_auth_user_backend": "b", "_auth_user_hash": "…"}

    found = plan(
        request(
            "GET",
            "/",
            select(USER, ADA),
            user=user(1),
            session={"before": {**session}, "after": {**session}},
            schema=SHOP,
        )
    )

    assert steps(found, LogIn) == [LogIn("user")]
    assert steps(found, SetSession) == []


def test_a_user_without_a_session_was_logged_in_before() -> None:
    found = plan(request("GET", "/", user=user(1), schema=SHOP))

    assert steps(found, LogIn) == [LogIn("user")]


def test_nobody_logged_in() -> None:
    assert steps(plan(request("GET", "/", user=user(), schema=SHOP)), LogIn) == []


# --- exceptions -----------------------------------------------------------------------------


def test_an_exception_reaches_the_client() -> None:
    found = act(
        request("GET", "/", status=500, exception=failure("builtins.ValueError", 'it\'s "odd" (1+1)'))
    )

    assert (found.raises, found.raises_match) == (Name("builtins", "ValueError"), 'it\'s "odd" (1+1)')


def test_an_exception_that_became_an_answer_is_none() -> None:
    assert act(request("GET", "/", status=404, exception=failure("django.http.Http404"))).raises is None


@pytest.mark.parametrize(
    ("type_", "raises"),
    [
        ("shop.errors.Sold", Name("shop.errors", "Sold")),
        ("shop.views.buy.<locals>.Sold", Name("builtins", "Exception")),
        ("os.system('x')", Name("builtins", "Exception")),
        ("", Name("builtins", "Exception")),
        ("ValueError", Name("builtins", "ValueError")),
    ],
)
def test_names_of_exceptions(type_: str, raises: Name) -> None:
    assert act(request("GET", "/", status=500, exception=failure(type_, "x"))).raises == raises


def test_an_exception_class_inside_a_model_is_not_imported_from_a_class() -> None:
    # "from shop.models.Todo import DoesNotExist" is no import that works.
    found = act(
        request("GET", "/", status=500, schema=SHOP, exception=failure("shop.models.Todo.DoesNotExist", "x"))
    )

    assert found.raises is not None
    assert found.raises.module != "shop.models.Todo"
