"""Observations made in a loop over rows: which may come in another order, as their rows may."""

from collections.abc import Sequence

import pytest

from otel2test.inverting.loops import unordered_rounds
from otel2test.reading.exchanges import Query
from tests.recordings import query, recorded, request

PLAIN = 'SELECT "shop_person"."id", "shop_person"."name", "shop_person"."team" FROM "shop_person"'
ROWS = ((3, "Ann Lee", 2), (1, "Bob", 5), (7, "Cid", 5))
TODOS = 'SELECT "shop_todo"."id", "shop_todo"."title" FROM "shop_todo"'


def asked(
    sql: str = PLAIN, rows: Sequence[Sequence[object]] = ROWS, columns: Sequence[str] = ("id", "name", "team")
) -> Query:
    """Return a query as it was recorded."""
    (found,) = recorded(request("GET", "/", query(sql, [], columns=columns, rows=rows))).exchange().queries
    return found


def todos(order: str = "", rows: Sequence[Sequence[object]] = ((50, "Milk"), (51, "Bread"))) -> Query:
    return asked(f"{TODOS} {order}", rows, ("id", "title"))


def spans(observations: Sequence[object], *queries: Query) -> tuple[tuple[int, int], ...]:
    found = unordered_rounds(observations, queries)
    return found.spans if found is not None else ()


@pytest.mark.parametrize(
    "rounds",
    [
        ["Ann Lee", "Bob", "Cid"],
        ["Told Ann Lee.", "Told Bob.", "Told Cid."],
        [{"to": ["a@x.org"], "subject": f"Hej {name}!"} for name in ("Ann Lee", "Bob", "Cid")],
        [[[key], {}] for key in (3, 1, 7)],
        [[[], {"person_id": key}] for key in (3, 1, 7)],
        [f"Person {key} is late" for key in (3, 1, 7)],
    ],
)
def test_what_follows_rows_may_come_as_they_do(rounds: list[object]) -> None:
    assert spans(rounds, asked()) == ((0, 3),)
    assert spans(["At first", *rounds, "In the end"], asked()) == ((1, 4),)
    found = unordered_rounds(rounds, [asked()])
    assert found is not None
    assert found.reason == "the query has no ORDER BY"


@pytest.mark.parametrize(
    "rounds",
    [
        ["Told Ann Lee."],
        ["Told Cid.", "Told Bob.", "Told Ann Lee."],  # sorted by the program
        ["Told Zoe.", "Told Mia."],
        ["Bobby was told.", "Cider was sold."],  # words of which a value is a part
        ["Ann Lee was told.", "Ann Lee was asked."],
        ["Ann Lee told Bob", "Ann Lee and Bob were told"],  # the same rows in each
        [{"size": 3}, {"size": 1}],  # small numbers that stand in a column, too
        ["It took 2 days", "It took 5 days"],
    ],
)
def test_what_follows_no_rows_stays_as_it_is(rounds: list[object]) -> None:
    assert spans(rounds, asked()) == ()


def test_order_by_is_a_promise_except_for_what_it_ties() -> None:
    told = ["Told Ann Lee.", "Told Bob.", "Told Cid."]

    assert spans(told, asked(f'{PLAIN} ORDER BY "shop_person"."id"')) == ()
    assert spans(told, asked(f'{PLAIN} ORDER BY "shop_person"."team"')) == ((1, 3),)
    found = unordered_rounds(told, [asked(f'{PLAIN} ORDER BY "shop_person"."team"')])
    assert found is not None
    assert found.reason == "for ORDER BY these are equal"
    # One query promises what another doesn't: what goes through a dictionary.
    assert spans(told, asked(), asked(f'{PLAIN} ORDER BY "shop_person"."name"')) == ()


def test_rounds_inside_rounds() -> None:
    told = [f"{title}: {name}" for title in ("Milk", "Bread") for name in ("Bob", "Cid")]
    by_name = asked(f'{PLAIN} ORDER BY "shop_person"."name"')

    assert spans(told, todos(), asked()) == ((0, 4),)
    assert spans(told, todos(), by_name) == ((0, 4),)
    assert spans(told, todos('ORDER BY "shop_todo"."id"'), asked()) == ((0, 2), (2, 4))
    assert spans(told, todos('ORDER BY "shop_todo"."id"'), by_name) == ()


def test_rows_that_a_statement_wrote_come_as_it_wrote_them() -> None:
    written = asked(
        'INSERT INTO "shop_person" ("name") VALUES (%s), (%s) RETURNING "shop_person"."id"',
        ((8,), (9,)),
        ("id",),
    )

    assert spans([[[8], {}], [[9], {}]], written) == ()
