"""Texts that enumerate rows: which of them may come in another order, as their rows may."""

import pytest

from otel2test.inverting.enumerations import Enumerations
from otel2test.reading.exchanges import Query
from tests.inverting.test_loops import PLAIN, asked, todos


def parts(text: str, *queries: Query) -> list[str]:
    """Return the parts of the text that enumerate rows in any order."""
    return [text[each.start : each.end] for each in Enumerations(queries).of(text)]


@pytest.mark.parametrize("names", ["Ann Lee, Bob, Cid", "Ann Lee Bob Cid", "Ann Lee\nBob\nCid", "Bob; Cid"])
@pytest.mark.parametrize("around", ["{}", "They came: {}.", "{} came"])
def test_values_of_rows_with_the_same_between_them(names: str, around: str) -> None:
    assert parts(around.format(names), asked()) == [names]


def test_what_stands_between_them() -> None:
    (found,) = Enumerations([asked()]).of("Ann Lee, Bob and Cid")

    assert (found.values, found.separator, found.last) == (("Ann Lee", "Bob", "Cid"), ", ", " and ")
    assert found.reason == "the query has no ORDER BY"
    (found,) = Enumerations([asked()]).of("Ann Lee and Bob")
    assert (found.values, found.separator, found.last) == (("Ann Lee", "Bob"), " and ", "")


@pytest.mark.parametrize(
    "text",
    [
        "Ann Lee",
        "Cid, Bob, Ann Lee",  # sorted by the program
        "Bob, Cid, Ann Lee",  # of which a part is in the order of the rows
        "Ann Lee told Bob",
        "Bobby, Cider",  # words of which a value is a part
        "Zoe, Mia",
        "Bob, Bob",
        "2 of 5",  # small numbers that stand in a column, too
        "3, 1",  # some of the keys, as other numbers may be
    ],
)
def test_what_is_no_enumeration_of_rows_stays_as_it_is(text: str) -> None:
    assert parts(text, asked()) == []


def test_keys_of_all_rows() -> None:
    assert parts("ids=3,1,7", asked()) == ["3,1,7"]


def test_the_same_value_in_several_rows() -> None:
    rows = ((1, "Milk"), (2, "Bread"), (3, "Milk"))

    assert parts("Milk, Bread, Milk", todos(rows=rows)) == ["Milk, Bread, Milk"]
    assert parts("Bread, Milk, Milk", todos(rows=rows)) == []


def test_order_by_is_a_promise_except_for_what_it_ties() -> None:
    assert parts("Ann Lee, Bob, Cid", asked(f'{PLAIN} ORDER BY "shop_person"."id"')) == []
    by_team = asked(f'{PLAIN} ORDER BY "shop_person"."team"')
    assert parts("Ann Lee, Bob", by_team) == []
    assert parts("Bob, Cid", by_team) == ["Bob, Cid"]
    # One query promises what another doesn't: what goes through a dictionary.
    assert parts("Ann Lee, Bob", asked(), asked(f'{PLAIN} ORDER BY "shop_person"."name"')) == []


def test_several_in_one_text() -> None:
    text = "Milk, Bread: for Ann Lee, Bob"

    assert parts(text, todos(), asked()) == ["Milk, Bread", "Ann Lee, Bob"]
    assert parts(text, todos('ORDER BY "shop_todo"."id"'), asked()) == ["Ann Lee, Bob"]


def test_what_the_request_inserted_comes_as_it_wrote_it() -> None:
    sql = (
        'INSERT INTO "shop_todo" ("title") VALUES (%s), (%s) RETURNING "shop_todo"."id", "shop_todo"."title"'
    )

    assert parts("Milk, Bread", asked(sql, [(50, "Milk"), (51, "Bread")], ("id", "title"))) == []
