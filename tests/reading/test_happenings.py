"""Statements and outbound calls come out of the spans that stand for them, once each and in order."""

import datetime as dt
from decimal import Decimal

import pytest

from otel2test.reading.exchanges import Body, Caller, ColumnSource, Failure, Outbound, Query
from otel2test.reading.happenings import Happenings, happenings, is_statement
from otel2test.reading.payloads import UNREADABLE
from otel2test.values import Cut, ModelValue
from tests.recordings import (
    Node,
    Told,
    commit,
    failure,
    outbound,
    query,
    recorded,
    span,
    span_id,
    stock_query,
    told,
)


def inside(*nodes: Node) -> Happenings:
    trace = recorded(*nodes).trace()
    return happenings(trace, trace.spans)


def one_query(node: Node) -> Query:
    found = inside(node)
    assert found.problems == ()
    (only,) = found.queries
    return only


def test_a_query_in_full() -> None:
    node = query(
        "SELECT due, total FROM orders WHERE due < ?",
        [dt.date(2026, 1, 2)],
        columns=["due", "total"],
        rows=[[dt.date(2026, 1, 1), Decimal("1.50")], [None, None]],
        sources=[{"model": "shop.Order", "field": "due", "alias": "orders"}, None],
        model="shop.Order",
        fetched=9,
        exhausted=False,
    )
    assert one_query(node) == Query(
        span_id=span_id(0),
        position=0,
        alias="default",
        vendor="sqlite",
        sql="SELECT due, total FROM orders WHERE due < ?",
        params=(dt.date(2026, 1, 2),),
        columns=("due", "total"),
        sources=(ColumnSource("shop.Order", "due", "orders"), None),
        model="shop.Order",
        rows=((dt.date(2026, 1, 1), Decimal("1.50")), (None, None)),
        fetched=9,
    )


def test_what_follows_from_the_rest_of_a_query_need_not_be_told() -> None:
    sources: list[object] = [
        {"model": "shop.Order", "fields": ["id", "due"]},
        {"annotation": "total", "model": "shop.Order", "field": "x"},
    ]
    rows = [[1, None, 2], [3, None, 4]]
    node = query(
        "SELECT 1",
        columns=["id", "due", "total"],
        rows=rows,
        sources=sources,  # type: ignore[arg-type] # neighbours are told together
        model="shop.Order",
    )
    assert one_query(told(node, QUERY={"rows": rows, "sources": sources})) == one_query(node)


def test_a_result_without_rows_was_seen_to_its_end() -> None:
    found = one_query(told(query("SELECT 1"), QUERY={"columns": ["a"], "rows": []}))
    assert (found.rows, found.fetched, found.exhausted) == ((), 0, True)


def test_a_write_in_full() -> None:
    node = query(
        "INSERT INTO orders VALUES (?)", many=[[1], [2]], rowcount=2, lastrowid=2, error=failure("a.E", "no")
    )
    found = one_query(node)
    assert (found.many, found.rowcount, found.lastrowid) == (((1,), (2,)), 2, 2)
    assert found.error == Failure("a.E", "no")
    assert (found.columns, found.rows, found.fetched) == ((), (), None)


def test_parameters_by_name() -> None:
    assert one_query(query("SELECT :a", {"a": Decimal(1)})).params == {"a": Decimal(1)}


def test_a_query_of_stock_opentelemetry_has_text_only() -> None:
    assert one_query(stock_query("SELECT 1", "mariadb")) == Query(
        span_id(0), 0, "default", "mysql", "SELECT 1"
    )


def test_what_is_no_relational_database_makes_no_query() -> None:
    assert inside(stock_query("GET key", "redis")).queries == ()


def test_commits_are_told_from_statements() -> None:
    trace = recorded(query("SELECT 1"), commit(), stock_query("SELECT 1"), span("a")).trace()
    assert [is_statement(trace, each) for each in trace.spans] == [True, False, True, False]
    assert [each.kind for each in happenings(trace, trace.spans).queries] == [
        "statement",
        "commit",
        "statement",
    ]


def test_queries_and_calls_are_numbered_together() -> None:
    found = inside(span("a", query("SELECT 1"), outbound("GET", "http://h/")), query("SELECT 2"))
    assert [each.position for each in found.queries] == [1, 3]
    assert [each.position for each in found.outbound] == [2]


def test_an_outbound_call_in_full() -> None:
    node = outbound(
        "POST",
        "http://h/a",
        headers=[("Accept", "*/*")],
        json={"a": 1},
        status=201,
        answer={"id": 1},
        response_headers=[("ETag", "x")],
    )
    assert inside(node).outbound == (
        Outbound(
            span_id=span_id(0),
            position=0,
            library="requests",
            method="POST",
            url="http://h/a",
            headers=(("Accept", "*/*"),),
            body=Body("json", text='{"a": 1}', size=8),
            status=201,
            response_headers=(("ETag", "x"),),
            response_body=Body("json", text='{"id": 1}', size=9),
        ),
    )


CALLER = {
    "module": "shop.views",
    "qualname": "pay",
    "file": "shop/views.py",
    "line": 7,
    "locals": {"order": {"$model": {"model": "shop.Order", "pk": 3, "fields": {}}}, "n": 1},
}


@pytest.mark.parametrize("node", [query("SELECT 1"), outbound("GET", "http://h/")])
def test_who_caused_it(node: Node) -> None:
    found = inside(told(node, CALLER=CALLER))
    caller = Caller(
        "shop.views", "pay", "shop/views.py", 7, {"order": ModelValue("shop.Order", 3, {}), "n": 1}
    )
    assert [item.caller for item in found.queries] + [item.caller for item in found.outbound] == [caller]
    assert found.problems == ()


def test_a_caller_that_cannot_be_read_is_a_problem() -> None:
    found = inside(told(query("SELECT 1"), CALLER={"module": 7}))
    assert found.problems != ()


def test_a_call_that_was_never_answered() -> None:
    node = outbound("GET", "http://h/", status=None, error=failure("requests.ConnectionError", "refused"))
    (call,) = inside(node).outbound
    assert (call.status, call.response_body, call.error) == (
        None,
        None,
        Failure("requests.ConnectionError", "refused"),
    )


def stock_call(*children: Node) -> Node:
    attributes: Told = {
        "http.request.method": "GET",
        "url.full": "http://h/",
        "http.response.status_code": 200,
    }
    return span(
        "GET", *children, kind="client", scope="opentelemetry.instrumentation.urllib3", attributes=attributes
    )


def test_a_call_of_stock_opentelemetry() -> None:
    (call,) = inside(stock_call()).outbound
    assert (call.library, call.method, call.url, call.status) == ("urllib3", "GET", "http://h/", 200)
    assert call.response_body is None


@pytest.mark.parametrize(
    ("node", "number"),
    [
        (stock_call(stock_call()), 0),
        (stock_call(outbound("GET", "http://h/")), 1),
    ],
    ids=["the outermost of two", "the one that says more"],
)
def test_a_call_seen_by_two_libraries_counts_once(node: Node, number: int) -> None:
    assert [call.span_id for call in inside(node).outbound] == [span_id(number)]


def test_a_statement_seen_by_two_libraries_counts_once() -> None:
    outer = query("SELECT 1")
    node = Node(outer.name, (stock_query("SELECT 1"),), outer.kind, outer.scope, outer.attributes)
    assert [each.span_id for each in inside(node).queries] == [span_id(0)]


SELECT = query("SELECT a, b FROM t", columns=["a", "b"], rows=[[1, 2]])
BASE = {"alias": "default", "vendor": "sqlite", "sql": "SELECT a, b FROM t", "columns": ["a", "b"]}


def test_a_text_that_the_span_has_is_not_told_again() -> None:
    found = inside(told(stock_query("SELECT a, b FROM t"), QUERY={**BASE, "sql": None}))
    assert (found.queries[0].sql, found.problems) == ("SELECT a, b FROM t", ())


def test_neighbouring_columns_of_one_table() -> None:
    columns = ["id", "name", "many", "id", "x"]
    sources = [
        {"model": "shop.Shelf", "fields": ["id", "name"], "alias": "shop_shelf"},
        {"annotation": "many"},
        {"model": "shop.Item", "fields": ["id"]},
        None,
    ]
    found = inside(told(SELECT, QUERY={**BASE, "columns": columns, "sources": sources}))
    assert found.queries[0].sources == (
        ColumnSource("shop.Shelf", "id", "shop_shelf"),
        ColumnSource("shop.Shelf", "name", "shop_shelf"),
        ColumnSource(annotation="many"),
        ColumnSource("shop.Item", "id"),
        None,
    )


BROKEN: list[tuple[object, str]] = [
    ("{", "otel2test.db.query is not valid JSON (cut by OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT?)"),
    ([], "otel2test.db.query is not an object"),
    ({**BASE, "vendor": 1}, "otel2test.db.query.vendor is not a string"),
    ({**BASE, "columns": "ab"}, "otel2test.db.query.columns is not a list"),
    ({**BASE, "rows": [[1]]}, "otel2test.db.query.rows holds something else than rows of 2 values"),
    ({**BASE, "rows": {}}, "otel2test.db.query.rows is not a list"),
    ({**BASE, "fetched": True}, "otel2test.db.query.fetched is not an integer"),
    ({**BASE, "exhausted": 1}, "otel2test.db.query.exhausted is not true or false"),
    ({**BASE, "params": 1}, "otel2test.db.query.params holds something else than parameters"),
    ({**BASE, "kind": []}, "otel2test.db.query.kind is none of statement, commit, rollback"),
    ({**BASE, "sources": [1]}, "otel2test.db.query.sources holds something else than objects and null"),
    ({**BASE, "error": {"message": 1}}, "otel2test.db.query.error.type is missing"),
    ({**BASE, "cells": {}}, "otel2test.db.query.cells is not a list"),
    (
        {**BASE, "cells": [[1], [1, 2]]},
        "otel2test.db.query.cells holds columns of no length, or of different ones",
    ),
    (
        {**BASE, "cells": [{"cells": [1]}]},
        "otel2test.db.query.cells holds columns of no length, or of different ones",
    ),
    ({**BASE, "cells": [[1, 2]]}, "otel2test.db.query.cells holds something else than rows of 2 values"),
    ({**BASE, "cells": [[1], 2]}, "otel2test.db.query.cells holds something else than columns"),
    ({**BASE, "cells": [[1], {"like": 1}]}, "otel2test.db.query.cells points to what isn't there"),
    (
        {**BASE, "cells": [[1], {"cells": [1], "at": 0}]},
        "otel2test.db.query.cells points to what isn't there",
    ),
    (
        {**BASE, "cells": [[1], {"cells": [1], "at": [-1]}]},
        "otel2test.db.query.cells points to what isn't there",
    ),
    (
        {**BASE, "cells": [[1], {"cells": [1], "tag": 2}]},
        "otel2test.db.query.cells holds a tag that is not a string",
    ),
    (
        {**BASE, "cells": [[1] * 10_000, *[{"like": 0}] * 10_000]},
        "otel2test.db.query.cells stands for too many values",
    ),
    (
        {**BASE, "rows": [[{"$nope": 1}, 2]]},
        "otel2test.db.query.rows has a value that cannot be read (unknown tag '$nope')",
    ),
]


@pytest.mark.parametrize(("payload", "fault"), BROKEN)
def test_a_broken_payload_is_named_and_the_rest_of_it_used(payload: object, fault: str) -> None:
    found = inside(told(SELECT, QUERY=payload))
    assert f"span {span_id(0)}: {fault}" in [problem.what for problem in found.problems]
    (only,) = found.queries
    assert only.sql == "SELECT a, b FROM t"


def test_rows_that_are_told_column_by_column() -> None:
    cells = [[1, 2, 3], {"cells": ["de", {"$bytes": "AA=="}], "at": [0, 1, 0]}, {"like": 0}]
    cells += [{"cells": ["1", None, "2"], "tag": "$decimal"}, {"cells": [True]}]
    payload = {**BASE, "columns": list("abcde"), "cells": cells}
    assert inside(told(SELECT, QUERY=payload)).queries[0].rows == (
        (1, "de", 1, Decimal(1), True),
        (2, b"\0", 2, None, True),
        (3, "de", 3, Decimal(2), True),
    )


def test_a_cell_that_cannot_be_read_is_not_taken_for_null() -> None:
    found = inside(told(SELECT, QUERY={**BASE, "rows": [[{"$decimal": "x"}, 2]]}))
    assert found.queries[0].rows == ((UNREADABLE, 2),)


def test_a_value_that_is_nested_without_end() -> None:
    text = str(SELECT.attributes["otel2test.db.query"])
    deep = "[" * 900 + "]" * 900
    (problem,) = inside(told(SELECT, QUERY=text.replace("[[1,", f"[[{deep},"))).problems
    assert "otel2test.db.query.rows has a value that is nested too deep" in problem.what


def test_what_was_cut_says_how_much_there_was() -> None:
    many = query("INSERT INTO tags (name) VALUES (%s)", many=[["a"]], executions=1200, connection=1)
    found = one_query(many)
    assert (found.many, found.executions, found.connection) == ((("a",),), 1200, 1)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (
            ["note", {"$cut": {"type": "builtins.str", "size": 9000, "kept": "begin"}}],
            ("note", Cut("builtins.str", 9000, "begin")),
        ),
        ({"$cut": {"type": "builtins.tuple", "size": 70_000, "kept": None}}, ()),
    ],
    ids=["a value", "all of them"],
)
def test_parameters_that_were_cut(params: object, expected: tuple[object, ...]) -> None:
    payload = {"alias": "default", "vendor": "sqlite", "sql": "SELECT %s", "params": params}
    assert one_query(told(SELECT, QUERY=payload)).params == expected
