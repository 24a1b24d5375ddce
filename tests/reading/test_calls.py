"""The table of calls, as the recorder writes it, and what is made of one that is broken."""

from typing import Any

import pytest

from otel2test.reading.calls import expanded

TOTAL = ["shop.prices", "total", "shop/prices.py", 3, ["basket", "rate"], ["net", "rate"]]
TABLE: dict[str, Any] = {
    "functions": [TOTAL, ["shop.prices", "each", "shop/prices.py", 9, [], [], True]],
    "spans": ["00f067aa0ba902b7", "53995c3f42cd8ad8"],
    "shapes": [
        ["$object", "shop.Basket", "owner", "size"],
        ["$model", "shop.Product", "id", "name"],
        ["$object", "shop.Price", ["net", "$decimal"], "rate", ["since", "$date"]],
    ],
    "values": [[0, "joe", 2], {"$lazy": "shop.Prices"}, [None, 1, [2]], "a text that is worth a reference"],
    "rows": [
        [1, 20, 5, [2], 3, 1],
        [0, -11, 90, [0], 19, 7, [], {"$decimal": "1.19"}],
    ],
}
OLD: dict[str, Any] = {
    **{name: part for name, part in TABLE.items() if name != "rows"},
    "calls": [
        [1, 1, 0, 0, 20_000, 5000, [], [], 1, [2], 3],
        [0, 0, None, 0, 10_000, 90_000, [[0], 19], [7, []], 1, {"$decimal": "1.19"}],
    ],
}
"""The same, as recorders wrote it at first."""


def table(**changes: Any) -> dict[str, Any]:
    return {**TABLE, **changes}


def row(*, at: int, value: Any) -> list[Any]:
    """A call of ``total`` of which one column is something else."""
    made = [0, 0, 90, [0], 19, 7, [], None]
    made[at] = value
    return made


def old_row(*, at: int, value: Any) -> list[Any]:
    made = list(OLD["calls"][1])
    made[at] = value
    return made


def called(*rows: list[Any]) -> list[dict[str, Any]]:
    found, wrong = expanded(table(rows=list(rows)))
    assert wrong == []
    return found


def returned(form: Any) -> Any:
    (call,) = called(row(at=7, value=form))
    return call["returned"]


@pytest.mark.parametrize("recorded", [TABLE, OLD], ids=["now", "before"])
def test_rows_become_calls_in_the_order_of_entry(recorded: dict[str, Any]) -> None:
    assert expanded(recorded) == (
        [
            {
                "id": 0,
                "parent": None,
                "span": "00f067aa0ba902b7",
                "module": "shop.prices",
                "qualname": "total",
                "file": "shop/prices.py",
                "line": 3,
                "start": 10_000,
                "duration": 90_000,
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
                "start": 20_000,
                "duration": 5000,
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
        (
            [2, "1.50", {"$decimal": "19"}, "2026-01-02"],
            {
                "$object": {
                    "type": "shop.Price",
                    "attributes": {
                        "net": {"$decimal": "1.50"},
                        "rate": {"$decimal": "19"},
                        "since": {"$date": "2026-01-02"},
                    },
                }
            },
        ),
    ],
)
def test_values(form: Any, expected: Any) -> None:
    assert returned(form) == expected


def test_how_a_call_ended() -> None:
    error = {"type": "ValueError", "message": "no", "where": "shop/prices.py:4"}
    unknown, raised = called(row(at=7, value=[]), row(at=7, value=[True, error]))
    assert unknown.keys().isdisjoint({"returned", "raised"})
    assert raised["raised"] == error


def test_how_a_call_ended_in_older_recordings() -> None:
    error = {"type": "ValueError", "message": "no", "where": "shop/prices.py:4"}
    told = [old_row(at=8, value=0), [*old_row(at=8, value=2)[:9], error]]
    ((unknown, raised), wrong) = expanded({**OLD, "calls": told})
    assert wrong == []
    assert unknown.keys().isdisjoint({"returned", "raised"})
    assert raised["raised"] == error


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([[10, 1], [5, 1]], [(0, None, 0, 10), (1, None, 0, 15)], id="one after the other"),
        pytest.param(
            [[10, 1, 1], [5, 1], [-8, 9]], [(0, None, 0, 8), (1, 0, 0, 10), (2, 0, 0, 15)], id="in one"
        ),
        pytest.param(
            [[9, 1, 2], [-1, 1], [-1, 9]], [(0, None, 0, 9), (1, 0, 0, 9), (2, 1, 0, 9)], id="in a row"
        ),
        pytest.param(
            [[9, 1, 2], [-1, 1], [3, 1], [4, 1, 0, 1], [-5, 9, 2, 3], [-13, 30, -2, 0]],
            [(0, None, 0, 0), (1, 0, 0, 9), (2, 1, 0, 9), (3, 0, 0, 12), (4, 3, 0, 16), (5, 2, 0, 12)],
            id="told otherwise",
        ),
        pytest.param([[1, 1, 0, 0, 1], [1, 1]], [(0, None, 1, 1), (1, None, 1, 2)], id="in another span"),
    ],
)
def test_rows_say_what_is_not_expected(
    rows: list[list[int]], expected: list[tuple[int, int | None, int, int]]
) -> None:
    told = called(*([0, *row[:2], [], [], [], [], None, *row[2:]] for row in rows))
    spans = [TABLE["spans"].index(call["span"]) for call in told]
    assert [
        (call["id"], call["parent"], span, call["start"] // 1000)
        for call, span in zip(told, spans, strict=True)
    ] == expected


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (7, "is not a call"),
        ([0, 0], "is not a call"),
        (row(at=0, value="first"), "is not a call"),
        (row(at=0, value=2), "refers to functions[2], which is not there"),
        (row(at=0, value=-1), "refers to functions[-1], which is not there"),
        ([*row(at=7, value=0), 0, 0, 2], "refers to spans[2], which is not there"),
        ([*row(at=7, value=0), 0, 0, 0, 0], "says more than there is to say"),
        (row(at=7, value=0)[:7], "has another number of values than its function has names"),
        ([*row(at=7, value=0), "7"], "has another number of values than its function has names"),
        (row(at=7, value=[4]), "refers to values[4], which is not there"),
        (row(at=7, value=[True, 1, 2]), "refers to shapes[True], which is not there"),
        (row(at=7, value=[0, 1]), "has an instance of a shape that is not its own"),
        (row(at=7, value=[True, []]), "has no value where there should be one"),
    ],
)
def test_a_broken_row_is_told_and_left_out(broken: Any, expected: str) -> None:
    found, wrong = expanded(table(rows=[broken, row(at=7, value=1)]))
    assert wrong == [f"rows[0] {expected}"]
    assert [call["returned"] for call in found] == [1]


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ([0, 0], "is not a call"),
        (old_row(at=0, value="first"), "is not a call"),
        (old_row(at=1, value=2), "refers to functions[2], which is not there"),
        (old_row(at=3, value=2), "refers to spans[2], which is not there"),
        (old_row(at=6, value=[]), "has another number of values than its function has names"),
        (old_row(at=6, value=3), "has no list of values"),
        (old_row(at=9, value=[4]), "refers to values[4], which is not there"),
    ],
)
def test_a_broken_row_of_an_older_recording(broken: Any, expected: str) -> None:
    found, wrong = expanded({**OLD, "calls": [broken, OLD["calls"][1]]})
    assert wrong == [f"calls[0] {expected}"]
    assert [call["qualname"] for call in found] == ["total"]


def test_a_function_that_is_not_described() -> None:
    found, wrong = expanded(table(functions=[[], TABLE["functions"][1]]))
    assert wrong == ["rows[1] is of a function that is not described"]
    assert [call["qualname"] for call in found] == ["each"]


@pytest.mark.parametrize("part", list(TABLE))
def test_a_table_with_a_part_missing(part: str) -> None:
    assert expanded({name: value for name, value in TABLE.items() if name != part}) == (
        [],
        [f"has no list of {part}"],
    )
