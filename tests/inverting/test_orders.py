"""Lists whose order no query promises: those of its rows, as they came, as far as ORDER BY leaves it open."""

import uuid
from collections.abc import Mapping, Sequence

import pytest

from otel2test.inverting.orders import unordered_lines, unordered_lists
from otel2test.inverting.sql import analyse
from otel2test.inverting.statements import Select, Union
from otel2test.reading.exchanges import Query
from tests.recordings import query, recorded, request

Spans = Mapping[tuple[str | int, ...], tuple[tuple[int, int], ...]]

PLAIN = 'SELECT "shop_item"."id", "shop_item"."title", "shop_item"."price" FROM "shop_item"'
ROWS = ((3, "Pen", 2), (1, "Ink", 5), (7, "Pad", 5), (4, "Cap", 9))


def asked(
    sql: str, rows: Sequence[Sequence[object]] = ROWS, columns: Sequence[str] = ("id", "title", "price")
) -> Query:
    """Return a query as it was recorded."""
    (found,) = recorded(request("GET", "/", query(sql, [], columns=columns, rows=rows))).exchange().queries
    return found


def spans(value: object, *queries: Query) -> Spans:
    return {keys: found.spans for keys, found in unordered_lists(value, queries).items()}


SHOWN = [{"id": key, "title": title} for key, title, _ in ROWS]


@pytest.mark.parametrize(
    "value",
    [
        SHOWN,
        [title for _, title, _ in ROWS],
        [[title, price] for _, title, price in ROWS],
        [{"pk": key} for key, _, _ in ROWS],
        [key for key, _, _ in ROWS],
        [{"model": "shop.item", "fields": {"title": title}} for _, title, _ in ROWS],
        SHOWN[1:3],  # the program left some out
    ],
)
def test_without_order_by_rows_may_come_in_any_order(value: list[object]) -> None:
    assert spans(value, asked(PLAIN)) == {(): ((0, len(value)),)}
    assert spans({"count": 4, "items": value}, asked(PLAIN)) == {("items",): ((0, len(value)),)}
    assert unordered_lists(value, [asked(PLAIN)])[()].reason == "the query has no ORDER BY"


@pytest.mark.parametrize(
    "value",
    [
        SHOWN[:1],
        [],
        [*reversed(SHOWN)],  # sorted by the program
        [{"title": "Pen"}, {"title": "Nib"}],
        [{"size": 3}, {"size": 1}],  # small numbers that stand in a column, too
        [3, 1],
        {"Pen": 1, "Ink": 2},
        None,
    ],
)
def test_what_is_not_the_rows_as_they_came_keeps_its_order(value: object) -> None:
    assert spans(value, asked(PLAIN)) == {}


@pytest.mark.parametrize(
    "order",
    [
        '"shop_item"."price" ASC, "shop_item"."id"',
        '"price", "id"',
        "3, 1 DESC",
        '"shop_item"."weight"',  # which wasn't returned
        'LOWER("shop_item"."title")',
    ],
)
def test_what_the_query_sorts_is_promised(order: str) -> None:
    assert spans(SHOWN, asked(f"{PLAIN} ORDER BY {order}")) == {}


@pytest.mark.parametrize("order", ['"shop_item"."price" ASC', '"price" DESC', "3"])
def test_rows_that_are_equal_for_the_order_are_tied(order: str) -> None:
    found = unordered_lists(SHOWN, [asked(f"{PLAIN} ORDER BY {order}")])

    assert found[()].spans == ((1, 3),)
    assert found[()].reason == "for ORDER BY these are equal"


def test_a_random_order_is_none() -> None:
    assert spans(SHOWN, asked(f"{PLAIN} ORDER BY RANDOM()")) == {(): ((0, 4),)}


def test_another_query_may_promise_the_order() -> None:
    again = asked(f"{PLAIN} WHERE id IN (1, 3, 4, 7)")

    assert spans(SHOWN, asked(f'{PLAIN} ORDER BY "shop_item"."price", "id"'), again) == {}


def test_lists_within_items() -> None:
    items = asked(
        'SELECT "id", "title", "list_id" FROM "item"', [(1, "b", 5), (2, "a", 5), (3, "c", 6), (4, "d", 6)]
    )
    lists = asked('SELECT "id", "name" FROM "list" ORDER BY "id"', [(5, "x"), (6, "y")], ("id", "name"))
    value = [{"id": 5, "items": ["b", "a"]}, {"id": 6, "items": ["c", "d"]}]

    assert spans(value, lists, items) == {(0, "items"): ((0, 2),), (1, "items"): ((0, 2),)}


def test_bare_keys_are_those_of_one_parent() -> None:
    links = [(5, 2), (5, 1), (6, 2), (6, 3)]
    query = asked('SELECT "list_id", "id" FROM "item"', links, ("list_id", "id"))

    assert spans({"items": [2, 1]}, query) == {("items",): ((0, 2),)}
    assert spans({"sizes": [1, 3]}, query) == {}  # of two lists, hence of neither


def test_keys_that_are_kept_in_other_words() -> None:
    keys = [uuid.UUID(int=0xB << 96), uuid.UUID(int=0xA << 96)]
    value = [{"id": str(key)} for key in keys]

    for raw in ([(key.hex,) for key in keys], [(key,) for key in keys]):  # of SQLite and of PostgreSQL
        assert spans(value, asked('SELECT "id" FROM "shop_item"', raw, ("id",))) == {(): ((0, 2),)}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Pen;2\nInk;5\nPad;5\n", "the query has no ORDER BY"),
        ("title,price\nPen,2\nInk,5\n", "the query has no ORDER BY"),
        ("Pad\tPen\nInk\n", ""),
        ("Ink\nPen\n", ""),
        ("Pen", ""),
    ],
)
def test_lines_of_a_text(text: str, reason: str) -> None:
    assert unordered_lines(text, [asked(PLAIN)]) == reason


@pytest.mark.parametrize(
    ("sql", "sorting"),
    [
        ('SELECT "a"."id", COUNT(*) AS "n" FROM "a" GROUP BY 1 ORDER BY "n" DESC, 1', (1, 0)),
        ('SELECT "a"."id" FROM "a" ORDER BY "a"."id" ASC NULLS LAST', (0,)),
        ('SELECT "a"."id" FROM "a" ORDER BY "a"."x"', (None,)),
        ('SELECT UPPER("a"."x") AS "y" FROM "a" ORDER BY UPPER("a"."x")', (0,)),
        ('SELECT "a"."id" FROM "a"', ()),
        ('(SELECT "id" FROM "a") UNION (SELECT "id" FROM "b") ORDER BY 1', (0,)),
        ('SELECT "id" FROM "a" UNION SELECT "id" FROM "b"', ()),
    ],
)
def test_what_a_statement_sorts_by(sql: str, sorting: tuple[int | None, ...]) -> None:
    statement = analyse(sql, "postgresql", has_params=False)

    assert isinstance(statement, (Select, Union))
    assert statement.sorting == sorting


def test_mysql_says_that_it_does_not_sort() -> None:
    statement = analyse("SELECT `id` FROM `a` GROUP BY `id` ORDER BY NULL", "mysql", has_params=False)

    assert isinstance(statement, Select)
    assert statement.sorting == ()
