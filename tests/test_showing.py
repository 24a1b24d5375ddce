"""``otel2test show``: all of a trace that a person needs to understand it."""

import datetime as dt

import pytest

from otel2test.attributes import FormErrorPayload
from otel2test.showing import show
from otel2test.terminal import width
from tests.recordings import (
    Node,
    call,
    failure,
    outbound,
    query,
    recorded,
    request,
    span,
    span_id,
    stock_query,
    stock_request,
    told,
    user,
    view,
)


def shown(*nodes: Node, width: int = 100) -> list[str]:
    """Return the lines below the heading."""
    lines = show(recorded(*nodes).trace(), width).splitlines()
    return lines[lines.index("     at ms   took ms") + 1 :]


def details(node: Node, width: int = 100) -> list[str]:
    """Return what is said of one span, without tree and times."""
    return [line[22:].removeprefix("│").strip() for line in shown(node, width=width)][1:]


def test_a_whole_trace() -> None:
    node = request(
        "POST",
        "/complete/50/",
        query(
            'SELECT "id", "title" FROM "todo" INNER JOIN "from b" ON (1 = 1) WHERE "id" = ?',
            [50],
            columns=["id", "title"],
            rows=[[50, "Give a talk"]],
        ),
        span("notify", outbound("POST", "http://hooks/", json={"done": 50}, status=204)),
        query("UPDATE todo SET done = ? WHERE id = ?", [True, 50], rowcount=1),
        form=[("note", "at last")],
        status=302,
        response_headers=[("Location", "/")],
        view=view("complete", route="complete/<int:pk>/", pk=50),
        user=user(1),
        templates=["done.html"],
        calls=[call("complete", None, pk=50), call("check", True, id=1, parent=0)],
    )
    assert show(recorded(node).trace()) == (
        """\
trace 5b8efff798038103d269b633813fc60c
2026-01-02T03:04:05.000Z  5 spans  5.0 ms  shop
from recorded.jsonl:1

     at ms   took ms
       0.0       5.0  POST /complete/50/
                      │  request   POST /complete/50/
                      │  body      form note='at last'
                      │  view      shop.views.complete(pk=50)  complete/<int:pk>/
                      │  user      auth.User 1
                      │  template  done.html
                      │  call      0.0 ms  shop.views.complete(pk=50) → None
                      │  call      0.0 ms    shop.views.check() → True
                      │  response  302   Location: /
       1.0       1.0  ├─ SELECT
                      │     SELECT "id", "title"
                      │     FROM "todo"
                      │     INNER JOIN "from b" ON (1 = 1)
                      │     WHERE "id" = ?
                      │     params (50,)
                      │     id  title
                      │     50  'Give a talk'
       2.0       2.0  ├─ notify
       3.0       1.0  │  └─ POST
                      │        POST http://hooks/
                      │        sent      json (12 bytes) {"done": 50}
                      │        204
       4.0       1.0  └─ UPDATE
                            UPDATE todo
                            SET done = ?
                            WHERE id = ?
                            params (True, 50)
                            1 row affected
"""
    )


def test_many_rows_are_counted() -> None:
    node = query("SELECT a", columns=["a"], rows=[[number] for number in range(25)])
    assert details(node) == ["SELECT a", "a", *map(str, range(10)), "… 15 more"]


def test_rows_that_the_recorder_did_not_keep_are_counted_too() -> None:
    assert details(query("SELECT a", columns=["a"], rows=[[1]], fetched=5000))[-1] == "… 4999 more"


def test_an_empty_result_and_no_result() -> None:
    assert details(query("SELECT a", columns=["a"])) == ["SELECT a", "no rows"]
    assert details(query("DELETE", rowcount=0)) == ["DELETE", "0 rows affected"]
    assert details(stock_query("SELECT 1")) == ["SELECT 1"]


def test_long_sql_is_shown_in_full() -> None:
    names = [f"column_{number}" for number in range(200)]
    text = " ".join(details(query(f"SELECT {', '.join(names)} FROM t"), width=60))
    assert all(f"{name}," in text for name in names[:-1])
    assert text.endswith("FROM t")


@pytest.mark.parametrize("node", [query("SELECT 1"), outbound("GET", "http://h/")])
def test_who_caused_it(node: Node) -> None:
    caller = {"module": "shop.views", "qualname": "pay", "file": "shop/views.py", "line": 7}
    assert details(told(node, CALLER=caller))[-1] == "by        shop/views.py:7 pay"


def test_what_failed() -> None:
    failed = query("SELECT x", error=failure("sqlite3.OperationalError", "no such column: x"))
    assert details(failed)[-1] == "raised    sqlite3.OperationalError: no such column: x"
    raised = call("f", raised=failure("builtins.ValueError", "bad"))
    node = request("GET", "/", status=500, calls=[raised], exception=failure("a.E", "no", "shop/views.py:7"))
    assert "raised    a.E: no (shop/views.py:7)" in details(node)
    assert "call      0.0 ms  shop.views.f() raised builtins.ValueError: bad" in details(node)
    assert details(span("a", exception=("a.E", "no"))) == ["raised    a.E: no"]
    assert shown(span("a", status="error"))[0].endswith("a  [error]")


def test_what_forms_found_wrong() -> None:
    wrong: list[FormErrorPayload] = [
        {"code": "max_length"},
        {"code": "no", "message": "Not so."},
        {"message": "Never."},
        {},
    ]
    node = request(
        "POST",
        "/",
        forms=[
            {"key": "order", "form": "shop.forms.OrderForm", "errors": {"__all__": wrong}},
            {
                "key": "lines",
                "form": "shop.forms.Lines",
                "errors": {},
                "forms": [{}, {"name": [{"code": "required"}]}],
                "cut": True,
            },
            {"key": "search", "form": "shop.forms.SearchForm", "errors": {}},
        ],
    )
    assert [line for line in details(node) if line.startswith("form ")] == [
        "form      order  shop.forms.OrderForm",
        "form        __all__: max_length, no Not so., Never., ?",
        "form      lines  shop.forms.Lines",
        "form        1.name: required",
        "form        … and more",
        "form      search  shop.forms.SearchForm  valid",
    ]


def test_spans_without_their_parent_are_named() -> None:
    lines = shown(request("GET", "/"), span("lost", parent_id="00000000000000ff"))
    assert any(line.endswith("lost  [its parent 00000000000000ff was not recorded]") for line in lines)


def test_what_cannot_be_read_is_named_at_the_end() -> None:
    lines = shown(told(query("SELECT 1"), QUERY="{"))
    assert lines[-1].startswith(
        "! recorded.jsonl:1: span 0000000000000001: otel2test.db.query is not valid JSON"
    )


def test_a_request_of_stock_opentelemetry() -> None:
    assert details(stock_request("GET", "/a/?b=c")) == [
        "request   GET /a/?b=c",
        "body      unread",
        "response  200",
        "body      unread",
    ]


ESCAPE = "\x1b[2J\x07\u202e\r\n"


@pytest.mark.parametrize(
    "node",
    [
        span(ESCAPE, status="error"),
        span("a", exception=(ESCAPE, ESCAPE)),
        query(
            f"SELECT '{ESCAPE}'", [ESCAPE], columns=[ESCAPE], rows=[[ESCAPE]], error=failure(ESCAPE, ESCAPE)
        ),
        outbound("GET", f"http://{ESCAPE}", answer=ESCAPE, error=failure("a.E", ESCAPE)),
        request(
            ESCAPE,
            ESCAPE,
            query_string=ESCAPE,
            form=[(ESCAPE, ESCAPE)],
            answer=ESCAPE,
            response_headers=[("Location", ESCAPE)],
            response_cookies=[{"name": ESCAPE, "value": "", "attributes": {}, "deleted": True}],
            view=view(ESCAPE, route=ESCAPE, a=ESCAPE),
            user=user(ESCAPE, ESCAPE),
            session={"before": {}, "after": {ESCAPE: ESCAPE}},
            templates=[ESCAPE],
            forms=[
                {"key": ESCAPE, "form": ESCAPE, "errors": {ESCAPE: [{"code": ESCAPE, "message": ESCAPE}]}}
            ],
            exception=failure(ESCAPE, ESCAPE, ESCAPE),
            calls=[call(ESCAPE, ESCAPE, module=ESCAPE, a=ESCAPE)],
            faults=[ESCAPE],
        ),
    ],
    ids=["name", "event", "query", "outbound", "request"],
)
def test_recorded_text_does_not_reach_the_terminal_as_it_is(node: Node) -> None:
    text = show(recorded(node, service=f"shop{ESCAPE}").trace())
    assert text.count("\\x1b") >= 2
    assert not {"\x1b", "\x07", "\r", "\u202e"} & {*text}


def test_lines_keep_to_the_width() -> None:
    long = "x" * 500
    node = request(
        "GET",
        f"/{long}",
        query(f"SELECT {long}", [long], columns=[*"abcdefgh"], rows=[[long] * 8]),
        outbound("GET", f"http://{long}", answer=long),
        view=view(long, a=long),
        calls=[call(long, long, at=dt.date(2026, 1, 2))],
        answer=long,
    )
    assert max(map(width, shown(node, width=90))) <= 90


def test_a_very_deep_tree() -> None:
    node = span("0")
    for number in range(1, 300):
        node = span(str(number), node)
    assert len(shown(node)) == 300


def test_side_effects_stand_where_they_happened() -> None:
    def at(span: int, milliseconds: float, **payload: object) -> dict[str, object]:
        return {"span": span_id(span), "start": int(milliseconds * 1e6), **payload}

    error = failure("builtins.OSError", "no server")
    node = request(
        "GET",
        "/",
        query("SELECT 1"),
        span("notify", query("SELECT 2")),
        effects={
            "MAILS": [
                at(0, 0.5, subject="Hi", from_email="k@example.com", to=["a@example.com"], error=error)
            ],
            "CACHE": [
                at(0, 1.2, alias="default", operation="get", keys=["k"], hits=[False], values=[None]),
                at(0, 1.4, alias="default", operation="set", keys=["k"], values=[5], timeout=30),
                at(0, 1.5, alias="default", operation="get", keys=["k"], hits=[True], values=[5]),
                at(0, 1.6, alias="default", operation="add", keys=["k"], values=[5], result=False),
            ],
            "TASKS": [
                at(
                    2,
                    2.5,
                    library="celery",
                    name="shop.send",
                    id="",
                    arguments=[1],
                    keywords={},
                    options={"countdown": 5},
                    eager=False,
                ),
                at(
                    2,
                    2.6,
                    library="celery",
                    name="shop.add",
                    id="",
                    arguments=[1],
                    keywords={},
                    options={},
                    eager=True,
                    returned=2,
                ),
            ],
            "SIGNALS": [at(0, 4.1, signal="shop.signals.paid", sender="shop.Order", receivers=["shop.f"])],
            "FILES": [at(0, 4.2, storage="shop.Shelf", operation="save", name="a.txt", size=5)],
            "LOGS": [at(0, 4.3, logger="shop", level="WARNING", message="odd\x1b[31m")],
            "DRAWS": [
                at(99, 4.4, source="random.randint", arguments=[1, 6], value=4, caller="shop.views.roll"),
                {"dropped": 3},
            ],
            "COMMIT_HOOKS": [at(0, 4.5, alias="default", function="shop.notify")],
        },
    )

    assert shown(node) == [
        "       0.0       4.0  GET /",
        "                      │  request   GET /",
        "                      │  response  200",
        "                      │  … 3 more draws",
        "       0.5            ├─ mail 'Hi' to a@example.com, raised builtins.OSError: no server",
        "       1.0       1.0  ├─ SELECT",
        "                      │     SELECT 1",
        "       1.2            ├─ cache default get k → missed",
        "       1.4            ├─ cache default set k = 5 for 30 s",
        "       1.5            ├─ cache default get k → 5",
        "       1.6            ├─ cache default add k = 5 → False",
        "       2.0       2.0  ├─ notify",
        "       2.5            │  ├─ task shop.send(1) countdown=5",
        "       2.6            │  ├─ task shop.add(1) → 2",
        "       3.0       1.0  │  └─ SELECT",
        "                      │        SELECT 2",
        "       4.1            ├─ signal shop.signals.paid from shop.Order to shop.f",
        "       4.2            ├─ file save a.txt (5 bytes)",
        "       4.3            ├─ log WARNING shop: odd\\x1b[31m",
        "       4.4            ├─ draw random.randint(1, 6) → 4 by shop.views.roll",
        "       4.5            └─ on commit of default shop.notify, did not run",
    ]
