"""The table of calls, as the recorder writes it, and what is made of one that is broken."""

from typing import Any

import pytest

from otel2test.reading.calls import expanded

TOTAL = ["shop.prices", "total", "shop/prices.py", 3, ["basket", "rate"], ["net", "rate"]]
TABLE: dict[str, Any] = {
    "functions": [TOTAL, ["shop.prices", "each", "shop/prices.py", 9, [], []]],
    "spans": ["00f067aa0ba902b7"],
    "shapes": [["$object", "shop.Basket", "owner", "size"], ["$model", "shop.Product", "id", "name"]],
    "values": [[0, "joe", 2], {"$lazy": "shop.Prices"}, [None, 1, [2]], "a text that is worth a reference"],
    "calls": [
        [1, 1, 0, 0, 20, 5, [], [], 1, [2], 3],
        [0, 0, None, 0, 10, 90, [[0], 19], [7, []], 1, {"$decimal": "1.19"}],
    ],
}


def table(**changes: Any) -> dict[str, Any]:
    return {**TABLE, **changes}


def row(*, at: int, value: Any) -> list[Any]:
    """A call of ``total`` of which one column is something else."""
    made = list(TABLE["calls"][1])
    made[at] = value
    return made


def returned(form: Any) -> Any:
    ((call,), wrong) = expanded(table(calls=[row(at=9, value=form)]))
    assert wrong == []
    return call["returned"]


def test_rows_become_calls_in_the_order_of_entry() -> None:
    assert expanded(TABLE) == (
        [
            {
                "id": 0,
                "parent": None,
                "span": "00f067aa0ba902b7",
                "module": "shop.prices",
                "qualname": "total",
                "file": "shop/prices.py",
                "line": 3,
                "start": 10,
                "duration": 90,
                "arguments": {
                    "basket": {"$object": {"type": "shop.Basket", "attributes": {"owner": "joe", "size": 2}}},
                    "rate": 19,
                },
                "locals": {"net": 7},
                "returned": {"$decimal": "1.19"},
            },
            {
                "id": 1,
                "parent": 0,
                "span": "00f067aa0ba902b7",
                "module": "shop.prices",
                "qualname": "each",
                "file": "shop/prices.py",
                "line": 9,
                "start": 20,
                "duration": 5,
                "arguments": {},
                "returned": [1, [2]],
                "yielded": 3,
            },
        ],
        [],
    )


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (None, None),
        ("text", "text"),
        ([3], "a text that is worth a reference"),
        ([1], {"$lazy": "shop.Prices"}),
        ([None], []),
        ([None, 5], [5]),
        (
            [1, 7, 7, "Milk"],
            {"$model": {"model": "shop.Product", "pk": 7, "fields": {"id": 7, "name": "Milk"}}},
        ),
    ],
)
def test_values(form: Any, expected: Any) -> None:
    assert returned(form) == expected


def test_how_a_call_ended() -> None:
    error = {"type": "ValueError", "message": "no", "where": "shop/prices.py:4"}
    ((unknown, raised), wrong) = expanded(table(calls=[row(at=8, value=0), [*row(at=8, value=2)[:9], error]]))
    assert wrong == []
    assert unknown.keys().isdisjoint({"returned", "raised"})
    assert raised["raised"] == error


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (7, "calls[0] is not a call"),
        ([0, 0], "calls[0] is not a call"),
        (row(at=0, value="first"), "calls[0] is not a call"),
        (row(at=1, value=2), "calls[0] refers to functions[2], which is not there"),
        (row(at=1, value=-1), "calls[0] refers to functions[-1], which is not there"),
        (row(at=3, value=1), "calls[0] refers to spans[1], which is not there"),
        (row(at=6, value=[]), "calls[0] has another number of values than its function has names"),
        (row(at=6, value=3), "calls[0] has no list of values"),
        (row(at=9, value=[4]), "calls[0] refers to values[4], which is not there"),
        (row(at=9, value=[True, 1]), "calls[0] refers to shapes[True], which is not there"),
        (row(at=9, value=[0, 1]), "calls[0] has an instance of a shape that is not its own"),
        (row(at=9, value=[]), "calls[0] has no value where there should be one"),
    ],
)
def test_a_broken_row_is_told_and_left_out(broken: Any, expected: str) -> None:
    found, wrong = expanded(table(calls=[broken, TABLE["calls"][1]]))
    assert wrong == [expected]
    assert [call["qualname"] for call in found] == ["total"]


def test_a_function_that_is_not_described() -> None:
    found, wrong = expanded(table(functions=[[], TABLE["functions"][1]]))
    assert wrong == ["calls[1] is of a function that is not described"]
    assert [call["qualname"] for call in found] == ["each"]


@pytest.mark.parametrize("part", list(TABLE))
def test_a_table_with_a_part_missing(part: str) -> None:
    assert expanded({name: value for name, value in TABLE.items() if name != part}) == (
        [],
        [f"has no list of {part}"],
    )
