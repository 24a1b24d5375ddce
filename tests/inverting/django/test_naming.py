"""Names of tests: what was asked for, and what came of it."""

import pytest

from otel2test.attributes import ViewPayload
from otel2test.identifiers import is_identifier
from tests.inverting.django.planning import HTML, JSON, plan
from tests.inverting.shop import SHOP, TODO, delete, insert, select, update
from tests.recordings import Node, failure, request, view

ROW = {"id": 50, "title": "Milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}


def name(node: Node) -> str:
    return plan(node).name


def get(qualname: str | None, path: str = "/", url_name: str | None = None) -> str:
    """Return the name of a plain GET without what came of it."""
    seen: ViewPayload | None = {**view(qualname), "url_name": url_name} if qualname is not None else None
    return name(request("GET", path, view=seen)).removesuffix("_is_shown")


@pytest.mark.parametrize(
    ("qualname", "subject"),
    [
        ("complete_todo", "complete_todo"),
        ("TodoListView", "todo_list"),
        ("TodoAPIView", "todo"),
        ("TodoViewSet", "todo"),
        ("_wrapped_view", "index"),
        ("View", "view"),
        ("HTTPStatusView", "http_status"),
        ("Größe", "grosse"),
    ],
)
def test_views(qualname: str, subject: str) -> None:
    assert get(qualname) == subject


@pytest.mark.parametrize(
    ("method", "url_name", "subject"),
    [
        ("GET", "api:todo-list", "todo_list"),
        ("GET", "todo-detail", "todo_detail"),
        ("POST", "todo-list", "todo"),
        ("POST", "todo-give-back", "todo_give_back"),
        ("GET", "things", "todo"),
    ],
)
def test_view_sets_are_told_by_their_routes(method: str, url_name: str, subject: str) -> None:
    seen: ViewPayload = {**view("TodoViewSet"), "url_name": url_name}
    outcome = "is_shown" if method == "GET" else "succeeds"

    assert name(request(method, "/", view=seen)) == f"{subject}_{outcome}"


@pytest.mark.parametrize("qualname", ["login.<locals>.inner", "view", "<lambda>", "Thing.method", "wrapper"])
def test_views_that_are_called_nothing_in_particular(qualname: str) -> None:
    assert get(qualname, "/todos/50/edit/", "shop:todo-edit") == "todo_edit"
    assert get(qualname, "/todos/50/edit/") == "todos_edit"


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        ("/", "index"),
        ("/todos/", "todos"),
        ("/api/v2/todos/50/done/", "todos_done"),
        ("/ünï/", "uni"),
        ("/日本/", "index"),
        ("/a b\"'\n#/", "a_b"),
        ("/50/", "index"),
        ("", "index"),
    ],
)
def test_paths(path: str, subject: str) -> None:
    assert get(None, path) == subject


@pytest.mark.parametrize(
    ("node", "outcome"),
    [
        (request("GET", "/x/"), "is_shown"),
        (request("POST", "/x/"), "succeeds"),
        (request("PUT", "/x/"), "is_updated"),
        (request("PATCH", "/x/"), "is_updated"),
        (request("DELETE", "/x/", delete(TODO, 50), schema=SHOP), "is_deleted"),
        (request("PATCH", "/x/", insert(TODO, 77, title="Ale"), schema=SHOP), "is_updated"),
        (request("GET", "/x/", answer={"a": 1}, response_headers=JSON), "returns_json"),
        (request("GET", "/x/", status=404), "is_not_found"),
        (request("GET", "/x/", status=403), "is_forbidden"),
        (request("POST", "/x/", status=400), "is_rejected"),
        (request("GET", "/x/", status=418), "answers_418"),
        (request("GET", "/x/", status=500, exception=failure("shop.errors.SoldOut")), "raises_sold_out"),
        (request("GET", "/x/", status=500, exception=failure("")), "raises_an_error"),
        (request("GET", "/x/", status=302, response_headers=[("Location", "/a/b/")]), "redirects_to_a_b"),
        (
            request("GET", "/x/", status=302, response_headers=[("Location", "/accounts/login/?next=/x/")]),
            "redirects_to_login",
        ),
        (request("GET", "/x/", status=302, response_headers=[("Location", "/")]), "redirects_to_index"),
        (request("POST", "/x/", status=302, response_headers=[("Location", "/x/")]), "redirects_to_itself"),
        (
            request("POST", "/x/", answer='<ul class="errorlist"><li>No.</li></ul>', response_headers=HTML),
            "shows_form_errors",
        ),
    ],
    ids=lambda item: item if isinstance(item, str) else item.name,
)
def test_outcomes(node: Node, outcome: str) -> None:
    assert name(node).endswith(f"_{outcome}")


def test_what_was_created_and_shown() -> None:
    made = request("POST", "/x/", insert(TODO, 77, title="Ale"), schema=SHOP, status=201)
    shown = request("GET", "/x/", select(TODO, ROW), schema=SHOP, answer="Milk", response_headers=HTML)
    many = request(
        "GET",
        "/x/",
        select(TODO, ROW, {**ROW, "id": 51, "title": "Bread"}),
        schema=SHOP,
        answer="Milk, Bread",
        response_headers=HTML,
    )

    assert name(made).endswith("_creates_todo")
    assert name(shown).endswith("_shows_todo")
    assert name(many).endswith("_shows_todos")


def test_rows_shown_around_the_content_are_not_what_is_shown() -> None:
    page = '<div class="menu">Milk</div><h1>About us</h1>'
    node = request("GET", "/x/", select(TODO, ROW), schema=SHOP, answer=page, response_headers=HTML)

    assert name(node).endswith("_is_shown")


def test_a_single_word_gets_what_it_is_about() -> None:
    def done(qualname: str, method: str) -> str:
        return name(
            request(
                method, "/", select(TODO, ROW), update(TODO, 50, done=1), schema=SHOP, view=view(qualname)
            )
        )

    assert done("complete", "POST").startswith("complete_todo_")
    assert done("detail", "GET").startswith("todo_detail_")


def test_a_single_word_is_not_about_what_was_only_read() -> None:
    read = select(TODO, ROW, where='"shop_todo"."id" = %s', params=[50])

    assert name(request("POST", "/", read, schema=SHOP, view=view("login"))) == "login_succeeds"
    asked = request("POST", "/", read, schema=SHOP, view=view("attach", pk=50))
    assert name(asked) == "attach_todo_succeeds"


def test_longer_names_tell_how_it_was_asked() -> None:
    found = plan(request("GET", "/x/", query_string="q=a&page=2&q=b", view=view("search")))

    assert found.alternatives[0] == "search_by_q_and_page_is_shown"
    assert len(found.alternatives) >= 2


@pytest.mark.parametrize(
    "text",
    ["", "1", "class", "日本", "\u202e", "a" * 500, "'\"#\n\\", "None", "x;import os", "__import__('os')"],
)
def test_names_are_always_names(text: str) -> None:
    node = request(
        "GET",
        f"/{text}/",
        query_string=f"{text}=1",
        status=302,
        response_headers=[("Location", f"/{text}/")],
        view={**view(text), "url_name": text},
    )

    found = plan(node)

    assert all(is_identifier(f"test_{name}") for name in (found.name, *found.alternatives))
