"""Exchanges hold what was recorded of a request, and as much as can be had where little was."""

import base64
import datetime as dt

import pytest

from otel2test.attributes import BodyPayload, FieldPayload, ModelPayload, SessionPayload
from otel2test.reading.building import exchanges
from otel2test.reading.exchanges import (
    Body,
    Call,
    Cookie,
    Exchange,
    Failure,
    Field,
    Form,
    FormError,
    ManyToMany,
    Model,
    Request,
    Response,
    Schema,
    Session,
    Template,
    Upload,
    User,
    View,
)
from otel2test.reading.spans import Origin
from tests.recordings import (
    TRACE_ID,
    Node,
    call,
    failure,
    field,
    foreign_key,
    model,
    query,
    recorded,
    request,
    schema,
    span,
    span_id,
    stock_query,
    stock_request,
    told,
    user,
    view,
)


def exchange(node: Node) -> Exchange:
    return recorded(node).exchange()


def problems(node: Node) -> list[str]:
    return [problem.what.partition(": ")[2] for problem in exchanges(recorded(node).trace())[1]]


def test_where_and_when() -> None:
    found = exchange(request("GET", "/", query("SELECT 1")))
    assert (found.trace_id, found.span_id, found.service) == (TRACE_ID, span_id(0), "shop")
    assert found.origin == Origin("recorded.jsonl", 1)
    assert found.start == dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert found.end == found.start + dt.timedelta(milliseconds=2)


def test_the_request() -> None:
    node = request(
        "POST",
        "/todo/",
        query_string="a=1&a=2",
        headers=[("Accept", "*/*")],
        cookies={"theme": "dark"},
        form=[("title", "Milk"), ("tag", "a"), ("tag", "b")],
    )
    assert exchange(node).request == Request(
        method="POST",
        path="/todo/",
        query_string="a=1&a=2",
        scheme="http",
        host="testserver",
        headers=(("Accept", "*/*"),),
        cookies={"theme": "dark"},
        content_type="application/x-www-form-urlencoded",
        body=Body("form", fields=(("title", "Milk"), ("tag", "a"), ("tag", "b"))),
    )


def test_uploads() -> None:
    content = base64.b64encode(b"\x00a").decode()
    file = {"field": "f", "name": "a.bin", "content_type": "x/y", "size": 9, "content": content, "cut": True}
    node = told(request("POST", "/"), REQUEST=_request_payload(body={"kind": "multipart", "files": [file]}))
    assert exchange(node).request.body == Body(
        "multipart", files=(Upload("f", "a.bin", "x/y", b"\x00a", cut=True),)
    )


def test_the_response() -> None:
    node = request(
        "GET",
        "/",
        status=302,
        response_headers=[("Location", "/next/")],
        response_cookies=[{"name": "a", "value": "1", "attributes": {"max-age": 9}, "deleted": False}],
        answer=b"\xff",
    )
    assert exchange(node).response == Response(
        status=302,
        reason="",
        headers=(("Location", "/next/"),),
        cookies=(Cookie("a", "1", {"max-age": 9}, deleted=False),),
        body=Body("binary", content=b"\xff", size=1),
    )


def test_who_answered_and_for_whom() -> None:
    session: SessionPayload = {"before": {}, "after": {"cart": [{"$decimal": "1"}]}}
    node = request(
        "GET",
        "/",
        view=view("TodoView", route="todo/<int:pk>/", pk=50),
        user=user(7),
        session=session,
        templates=["a.html", "b.html"],
    )
    found = exchange(node)
    assert found.view == View("shop.views", "TodoView", "todo/<int:pk>/", None, {"pk": 50})
    assert found.user == User(True, "auth.User", 7, "django.contrib.auth.backends.ModelBackend")
    assert found.session == Session({}, {"cart": [1]})
    assert found.templates == (Template("a.html"), Template("b.html"))


def test_nobody_logged_in() -> None:
    assert exchange(request("GET", "/", user=user())).user == User(authenticated=False)


def test_a_single_name_that_begins_like_a_tag() -> None:
    session: SessionPayload = {"before": {}, "after": {"$dict": [["$cart", 1]]}}
    assert exchange(request("GET", "/", session=session)).session == Session({}, {"$cart": 1})


def test_forms() -> None:
    node = request(
        "POST",
        "/",
        forms=[
            {
                "key": "lines",
                "form": "shop.forms.Lines",
                "errors": {"__all__": [{"code": "many", "message": "Too many."}]},
                "forms": [{}, {"name": [{"code": "required"}, {"message": "No."}]}],
                "cut": True,
            },
            {"key": "order", "form": "shop.forms.OrderForm", "errors": {}},
        ],
    )
    wrong = FormError("required"), FormError("", "No.")
    assert exchange(node).forms == (
        Form(
            "lines",
            "shop.forms.Lines",
            {"__all__": (FormError("many", "Too many."),)},
            ({}, {"name": wrong}),
            is_cut=True,
        ),
        Form("order", "shop.forms.OrderForm", {}),
    )


def test_calls() -> None:
    node = request(
        "GET",
        "/",
        calls=[
            call("index", "page", at=dt.date(2026, 1, 2)),
            call("check", id=1, parent=0, raised=failure("builtins.ValueError", "no", "shop/views.py:1")),
        ],
    )
    index, check = exchange(node).calls
    assert index == Call(
        id=0,
        parent=None,
        span_id=span_id(0),
        module="shop.views",
        qualname="index",
        file="shop/views.py",
        line=1,
        start=0,
        duration=1000,
        arguments={"at": dt.date(2026, 1, 2)},
        returned="page",
    )
    assert (check.parent, check.raised) == (0, Failure("builtins.ValueError", "no", "shop/views.py:1"))


def test_the_schema() -> None:
    todo = model(
        "todos.Todo",
        field("id", "AutoField", primary_key=True),
        field("title", max_length=200, default=""),
        field("note", default=None, null=True),
        field("at", "DateTimeField", default_callable="django.utils.timezone.now", editable=False),
        field("kind", choices=["a", {"$decimal": "1"}]),
        foreign_key("owner", "auth.User", null=True),
        many_to_many=[
            {
                "name": "tags",
                "related_model": "todos.Tag",
                "through": "todos.Todo_tags",
                "through_auto_created": True,
                "source_column": "todo_id",
                "target_column": "tag_id",
            }
        ],
        manager="",
        managed=False,
        framework="site",
    )
    found = exchange(request("GET", "/", schema=schema(todo, login_url="/in/"))).schema
    (model_found,) = found.models
    assert (found.django, found.databases, found.login_url) == ("5.2.8", {"default": "sqlite"}, "/in/")
    assert (model_found.module, model_found.name, model_found.table) == ("todos.models", "Todo", "todos_todo")
    assert (model_found.manager, model_found.managed, model_found.framework) == ("", False, "site")
    assert model_found.many_to_many == (
        ManyToMany("tags", "todos.Tag", "todos.Todo_tags", True, "todo_id", "tag_id"),
    )
    id_, title, note, at, kind, owner = model_found.fields
    assert (id_.primary_key, id_.editable, id_.has_default) == (True, True, False)
    assert (title.max_length, title.has_default, title.default) == (200, True, "")
    assert (note.has_default, note.default, note.null) == (True, None, True)
    assert (at.has_default, at.default_callable, at.editable) == (False, "django.utils.timezone.now", False)
    assert kind.choices == ("a", 1)
    assert (owner.attname, owner.column, owner.related_model) == ("owner_id", "owner_id", "auth.User")


def test_defaults_of_the_schema_are_those_of_its_vocabulary() -> None:
    minimal: FieldPayload = field("title")
    (found,) = exchange(request("GET", "/", schema=schema(model("a.B", minimal)))).schema.models
    assert found == Model(
        "a.models",
        "B",
        "a.B",
        "a_b",
        (Field("title", "title", "title", "CharField", "django.db.models.fields.CharField"),),
        verbose_name="b",
    )


def test_what_follows_from_the_rest_of_the_schema_need_not_be_told() -> None:
    told = exchange(
        request(
            "GET",
            "/",
            schema=schema(
                model(
                    "todos.Todo",
                    field("id", "AutoField", primary_key=True, unique=True),
                    foreign_key("owner", "auth.User"),
                    many_to_many=[
                        {
                            "name": "tags",
                            "related_model": "todos.Tag",
                            "through": "todos.Todo_tags",
                            "through_auto_created": True,
                            "source_column": "todo_id",
                            "target_column": "tag_id",
                        }
                    ],
                    verbose_name="todo",
                )
            ),
        )
    )
    brief: ModelPayload = {
        "label": "todos.Todo",
        "fields": [
            {"name": "id", "type": "AutoField", "primary_key": True},
            {"name": "owner", "type": "ForeignKey", "related_model": "auth.User"},
        ],
        "many_to_many": [{"name": "tags", "related_model": "todos.Tag"}],
    }
    assert exchange(request("GET", "/", schema=schema(brief))).schema == told.schema


def test_a_body_has_an_attribute_of_its_own() -> None:
    body: BodyPayload = {"kind": "text", "size": 4, "text": 3}
    node = told(request("PUT", "/", body=body, answer=body), REQUEST_BODY="a\né", RESPONSE_BODY="b\né")
    found = exchange(node)
    assert found.request.body == Body("text", text="a\né", size=4)
    assert found.response is not None
    assert found.response.body == Body("text", text="b\né", size=4)


def test_a_body_whose_attribute_was_cut_is_told_as_cut() -> None:
    node = told(request("GET", "/", answer={"kind": "text", "text": 3}), RESPONSE_BODY="ab")
    (found,), problems = exchanges(recorded(node).trace())
    assert found.response is not None
    assert (found.response.body.text, found.response.body.cut, len(problems)) == ("ab", True, 1)


def test_a_session_that_stayed_as_it_was_and_templates_given_the_same() -> None:
    templates = [
        {"name": "a.html", "context_keys": ["x", "y"]},
        {"name": "b.html", "further_keys": ["z"]},
        {"name": "c.html", "further_keys": []},
        {"name": "d.html", "context_keys": ["w"]},
    ]
    found = exchange(told(request("GET", "/", session={"before": {"a": 1}}), TEMPLATES=templates))
    assert found.session == Session({"a": 1}, {"a": 1})
    assert ["".join(each.context_keys) for each in found.templates] == ["xy", "xyz", "xyz", "w"]


def test_exception_and_faults() -> None:
    node = request("GET", "/", status=500, exception=failure("a.E", "no", "a.py:1"), faults=["lost a row"])
    found = exchange(node)
    assert found.exception == Failure("a.E", "no", "a.py:1")
    assert found.faults == ("lost a row",)


def test_a_request_of_stock_opentelemetry() -> None:
    node = stock_request(
        "POST", "/todo/1/?a=b", stock_query("SELECT 1"), http_route="todo/<pk>/", http_host="h"
    )
    found = exchange(node)
    assert found.request == Request("POST", "/todo/1/", "a=b", "http", "h", (), {}, "", Body("unread"))
    assert found.response == Response(200, "", (), (), Body("unread"))
    assert found.view == View("", "", "todo/<pk>/", None, {})
    assert [(each.sql, each.rows, each.fetched) for each in found.queries] == [("SELECT 1", (), None)]
    assert (found.user, found.session, found.schema, found.calls) == (None, None, Schema(), ())


def test_the_exception_of_stock_opentelemetry() -> None:
    scope = "opentelemetry.instrumentation.django"
    node = span("GET /", kind="server", scope=scope, exception=("builtins.ValueError", "no"))
    assert exchange(node).exception == Failure("builtins.ValueError", "no")
    assert exchange(node).response is None


def test_an_exception_that_the_program_handled_is_none_of_ours() -> None:
    node = Node(**{**vars(request("GET", "/")), "exception": ("builtins.ValueError", "no")})
    assert exchange(node).exception is None


def test_requests_inside_each_other_share_no_query() -> None:
    inner = request("GET", "/inner", query("SELECT 2"))
    found, faults = exchanges(recorded(request("GET", "/outer", query("SELECT 1"), inner)).trace())
    assert [(each.request.path, [q.sql for q in each.queries]) for each in found] == [
        ("/outer", ["SELECT 1"]),
        ("/inner", ["SELECT 2"]),
    ]
    assert faults == ()


def test_a_span_without_its_parent_is_used_and_named() -> None:
    trace = recorded(
        request("GET", "/", span("lost", query("SELECT 1"), parent_id="00000000000000ff"))
    ).trace()
    ((found,), (problem,)) = exchanges(trace)
    assert [each.sql for each in found.queries] == ["SELECT 1"]
    assert str(problem) == (
        "recorded.jsonl:1: span 0000000000000002 ('lost') is below a span that is not there; "
        "it was counted to the request that ran at its time"
    )


def _request_payload(**changed: object) -> dict[str, object]:
    base: dict[str, object] = {
        "method": "GET",
        "path": "/",
        "query_string": "",
        "scheme": "http",
        "host": "h",
        "headers": [],
        "cookies": {},
        "content_type": "",
        "body": {"kind": "empty"},
    }
    return base | changed


BROKEN: list[tuple[str, object, str]] = [
    ("FORMAT", "3", "otel2test.format is '3', where '1' and '2' can be read"),
    (
        "RESPONSE",
        {"status": 200, "body": {"kind": "text", "text": 9}},
        "otel2test.http.response.body.text is not all there (cut by OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT?)",
    ),
    ("REQUEST", "{", "otel2test.http.request is not valid JSON (cut by OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT?)"),
    ("REQUEST", [], "otel2test.http.request is not an object"),
    ("REQUEST", _request_payload(method=None), "otel2test.http.request.method is missing"),
    ("REQUEST", _request_payload(path=7), "otel2test.http.request.path is not a string"),
    (
        "REQUEST",
        _request_payload(headers=[["a"]]),
        "otel2test.http.request.headers holds something else than pairs of strings",
    ),
    ("REQUEST", _request_payload(cookies={"a": 1}), "otel2test.http.request.cookies.a is not a string"),
    (
        "REQUEST",
        _request_payload(body={"kind": "binary", "base64": "*"}),
        "otel2test.http.request.body.base64 is not base64",
    ),
    (
        "REQUEST",
        _request_payload(body={"kind": "other"}),
        "otel2test.http.request.body.kind is none of empty, form, multipart, json, text, binary, unread",
    ),
    ("RESPONSE", {"status": "200"}, "otel2test.http.response.status is not an integer"),
    ("TEMPLATES", {}, "otel2test.templates is not a list"),
    ("TEMPLATES", [1], "otel2test.templates holds something else than objects"),
    ("TEMPLATES", [{}], "otel2test.templates[0].name is missing"),
    ("FORMS", [{"key": "a"}], "otel2test.forms[0].form is missing"),
    (
        "FORMS",
        [{"errors": {"name": [1]}}],
        "otel2test.forms[0].errors.name holds something else than objects",
    ),
    (
        "FORMS",
        [{"errors": {}, "forms": [{"name": [{"code": 1}]}]}],
        "otel2test.forms[0].forms[0].name[0].code is not a string",
    ),
    ("FAULTS", [1], "otel2test.faults holds something else than strings"),
    ("SESSION", {"before": {"a": {"$int": 1}}}, "otel2test.session.before.a has a value that cannot be read"),
    ("SCHEMA", {"models": [{}]}, "otel2test.schema.models[0].label is missing"),
    (
        "SCHEMA",
        {"models": [{"label": "a.B", "table": "t", "unique_together": [1]}]},
        "otel2test.schema.models[0]",
    ),
    ("CALLS", [{"id": "x"}], "otel2test.calls[0].id is not an integer"),
    ("VIEW", {"args": [{"$int": 1}]}, "otel2test.http.view.args has a value that cannot be read"),
]


@pytest.mark.parametrize(("attribute", "payload", "fault"), BROKEN)
def test_a_broken_payload_is_named_and_the_rest_used(attribute: str, payload: object, fault: str) -> None:
    node = told(request("POST", "/todo/", query("SELECT 1")), **{attribute: payload})
    (found,), _ = exchanges(recorded(node).trace())
    assert found.request.path in {"/todo/", "/"}
    assert len(found.queries) == 1
    assert any(problem.startswith(fault) for problem in problems(node))


def test_a_payload_that_is_not_text() -> None:
    node = Node(**{**vars(request("GET", "/")), "attributes": {"otel2test.http.request": 7}})
    assert problems(node) == ["otel2test.http.request is not a string"]
