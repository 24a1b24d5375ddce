"""Which values a run of the test can't repeat."""

import datetime as dt
import uuid
from dataclasses import replace

import pytest

from otel2test.inverting.arrangements import SetClock
from otel2test.inverting.django import volatility
from otel2test.inverting.django.evidence import request_tokens
from otel2test.inverting.django.volatility import Inputs, compares_with_clock
from tests.inverting.django.planning import plan, steps
from tests.inverting.shop import SHOP, TODO, exchange_of, insert, select, state_of
from tests.recordings import Node, call, query, recorded, request, schema

START = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
DAY = dt.timedelta(days=1)


def inputs(*queries: Node, path: str = "/") -> Inputs:
    exchange = recorded(request("GET", path, *queries, schema=SHOP)).exchange()
    return volatility.inputs_of(exchange, state_of(*queries), request_tokens(exchange))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (START, True),
        (START + SECOND, True),
        (START - SECOND, True),
        (START + DAY, False),
        (START.replace(tzinfo=None), True),
        ("2026-01-02T03:04:05Z", True),
        ("2026-01-02 04:04:05+01:00", True),
        ("2026-01-02", False),
        ("now", False),
        (START.date(), False),
        (START.timestamp(), True),
        (int(START.timestamp() * 1000), True),
        (START.timestamp() - 3600, False),
        (True, False),
        (None, False),
    ],
)
def test_now(value: object, expected: bool) -> None:
    assert inputs().is_now(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (START.date(), True),
        (START.date() + DAY, True),
        (START.date() + 2 * DAY, False),
        ("2026-01-02", True),
        (START, False),
        ("2026-01-02T03:04:05Z", False),
    ],
)
def test_today(value: object, expected: bool) -> None:
    assert inputs().is_today(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a8F3kQ9zL2mX7", True),
        (uuid.UUID(int=2**100), True),
        (str(uuid.UUID(int=2**100 + 0xABCDEF)), True),
        ("short1a2b3c", False),
        ("internationalization", False),
        ("1234567890123", False),
        ("Buy 3 bottles of a8F3kQ9zL2mX7", False),
        ("2026-01-02T03:04:05Z", False),
        (12345678901234, False),
        (None, False),
    ],
)
def test_randomness(value: object, expected: bool) -> None:
    assert inputs().from_randomness(value) is expected


def test_what_was_given_is_neither() -> None:
    row = {"id": 50, "title": "a8F3kQ9zL2mX7", "made": "2020-01-01 00:00:00"}

    found = inputs(select(TODO, row), path="/b8F3kQ9zL2mX7/")

    assert found.given("a8F3kQ9zL2mX7")
    assert not found.from_randomness("a8F3kQ9zL2mX7")
    assert not found.from_randomness("b8F3kQ9zL2mX7")
    assert not found.from_clock(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("api/todos/", False),
        ("api/todos/50/?page=12", False),
        ("api/todos/a8F3kQ9zL2mX7/", True),
        ("media/notes/b8F3kQ9zL2mX7/plan.txt", False),
    ],
    ids=["words", "numbers", "drawn", "a file that was there"],
)
def test_a_link_to_the_recorded_server_is_drawn_if_a_part_of_its_path_is(path: str, expected: bool) -> None:
    given = replace(inputs(), host="127.0.0.1:8123", texts=frozenset({"notes/b8F3kQ9zL2mX7/plan.txt"}))

    assert given.from_randomness(f"http://127.0.0.1:8123/{path}") is expected


def test_what_the_request_wrote_was_not_given() -> None:
    assert not inputs(insert(TODO, 77, title="a8F3kQ9zL2mX7")).given("a8F3kQ9zL2mX7")


def test_a_uuid_that_was_given_in_either_spelling() -> None:
    key = uuid.UUID("12345678123456781234567812345678")

    assert not inputs(path=f"/{key}/").from_randomness(key)
    assert not inputs(path=f"/{key.hex}/").from_randomness(key)


def test_times_that_came_with_the_request_in_another_form() -> None:
    assert not inputs(path="/2026-05-01T12:00/").from_clock(dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC))
    assert inputs().from_clock(dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("sql", "params", "expected"),
    [
        ('SELECT "a" FROM "t" WHERE "t"."at" <= %s', ["2026-01-02 03:04:05"], True),
        ('SELECT "a" FROM "t" WHERE "t"."on" <= %s', ["2026-01-02"], True),
        ('SELECT "a" FROM "t" WHERE "t"."on" <= %s', ["2026-05-02"], False),
        ('SELECT "a" FROM "t" WHERE "t"."at" >= %s', ["2026-01-02 03:02:05.044020"], True),
        ('SELECT "a" FROM "t" WHERE "t"."at" >= %s', ["2026-01-02 00:00:00"], False),
        ('UPDATE "t" SET "at" = %s WHERE "t"."id" = %s', ["2026-01-02 03:04:05", 1], False),
        ('UPDATE "t" SET "done" = %s WHERE "t"."at" < %s', [True, "2026-01-02 03:04:05"], True),
        ('INSERT INTO "t" ("at") VALUES (%s)', ["2026-01-02 03:04:05"], False),
        ('SELECT "a" FROM "django_session" WHERE "expire_date" > %s', ["2026-01-02 03:04:05"], False),
        ('DELETE FROM "t" WHERE "t"."at" < %s', ["2026-01-02 03:04:05"], True),
    ],
)
def test_comparing_with_the_clock(sql: str, params: list[object], expected: bool) -> None:
    exchange = exchange_of(query(sql, params, rowcount=1))

    assert compares_with_clock(exchange.queries, inputs()) is expected


def test_the_clock_is_set_only_where_the_test_needs_it() -> None:
    late = query(
        'SELECT "shop_todo"."id" FROM "shop_todo" WHERE "shop_todo"."made" <= %s',
        ["2026-01-02 03:04:05"],
        columns=["id"],
        rows=[],
    )

    assert steps(plan(request("GET", "/", late, schema=SHOP)), SetClock) == [SetClock(START)]
    assert steps(plan(request("GET", "/", select(TODO), schema=SHOP)), SetClock) == []
    assert steps(plan(request("GET", "/", schema=schema())), SetClock) == []


# --- what the project's functions held in their hands -----------------------------------------


@pytest.mark.parametrize(
    ("held", "sets_the_clock"),
    [
        ({"now": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)}, True),
        ({"today": dt.date(2026, 1, 2)}, True),
        ({"day": dt.date(2025, 1, 2)}, False),
        ({"number": 1_767_323_045}, False),
        ({}, False),
    ],
)
def test_a_function_that_was_given_the_time_needs_the_clock(
    held: dict[str, object], sets_the_clock: bool
) -> None:
    found = plan(
        request(
            "GET",
            "/",
            calls=[call("is_overdue", id=0, parent=None, module="shop.views", raised=None, **held)],
        )
    )

    assert bool(steps(found, SetClock)) is sets_the_clock
