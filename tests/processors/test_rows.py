"""Rows on the wire: whatever is done for a whole column gives what each cell alone would give."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel2test.processors.django.rows import wire_rows
from otel2test.processors.django.statements import Statement
from otel2test.processors.redaction import redactor
from otel2test.values import Wire, encode

_KEY = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"


def payload_rows(rows: list[tuple[object, ...]], secrets: set[object] | None = None) -> list[list[Wire]]:
    columns = [f"c{position}" for position in range(max(map(len, rows), default=0))]
    statement = Statement("default", "sqlite", "SELECT", columns=columns, rows=rows, secrets=secrets or set())
    return statement.payload()["rows"]


def one_by_one(rows: list[tuple[object, ...]], secrets: set[object]) -> list[list[Wire]]:
    """A row of another length keeps the columns from being taken as wholes."""
    return payload_rows([*rows, ()], secrets)[:-1]


_COLUMN: st.SearchStrategy[st.SearchStrategy[Any]] = st.sampled_from(
    [
        st.booleans(),
        st.integers(),
        st.integers(-(2**63), 2**63 - 1),
        st.sampled_from([1000, 2000, 2**64, True, 1.0, Decimal(1)]),
        st.floats(allow_nan=False),
        st.text(st.characters(), max_size=12),
        st.sampled_from(["a", "hunter2!", "wire", _KEY, f"key {_KEY}", "é" * 9, "\ud800"]),
        st.binary(max_size=12),
        st.decimals(allow_nan=False),
        st.datetimes(),
        st.dates(),
        st.times(),
        st.timedeltas(),
        st.uuids(),
    ]
)


@given(data=st.data(), width=st.integers(1, 4), height=st.integers(1, 6))
def test_by_columns_as_by_cells(data: st.DataObject, width: int, height: int) -> None:
    columns = [
        data.draw(st.lists(st.none() | data.draw(_COLUMN), min_size=height, max_size=height))
        for _ in range(width)
    ]
    rows = list(zip(*columns, strict=True))
    secrets: set[object] = {1000, "hunter2!", "wire"}
    assert payload_rows(rows, secrets) == one_by_one(rows, secrets)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], []),
        ([(), ()], [[], []]),
        ([(None,)], [[None]]),
        ([(1, "a"), (None, None)], [[1, "a"], [None, None]]),
        ([(1,), (1, 2)], [[1], [1, 2]]),
        ([(2**63,)], [[{"$int": str(2**63)}]]),
        ([(True,), (1,), (1.0,)], [[True], [1], [1.0]]),
        ([(float("nan"),)], [[{"$float": "nan"}]]),
        ([(dt.date(2026, 1, 2),), (dt.datetime(2026, 1, 2, tzinfo=dt.UTC),)],
         [[{"$date": "2026-01-02"}], [{"$datetime": "2026-01-02T00:00:00+00:00"}]]),
    ],
)  # fmt: skip
def test_keeps_types(rows: list[tuple[object, ...]], expected: list[list[Wire]]) -> None:
    written = payload_rows(rows)
    assert written == expected
    assert [list(map(type, row)) for row in written] == [list(map(type, row)) for row in expected]


@pytest.mark.parametrize("secret", ["hunter2!", 123_456, uuid.UUID(int=7), b"0123456789"])
def test_replaces_what_was_met_elsewhere(secret: object) -> None:
    other = "harmless" if isinstance(secret, str) else 5
    ((hidden,), (kept,)) = payload_rows([(secret,), (other,)], {secret})
    assert hidden != encode(secret)
    assert kept == other


def test_replaces_what_shows_by_its_shape_each_time() -> None:
    rows = payload_rows([(_KEY,), ("plain text",), (_KEY,)])
    assert rows == [[redactor.secret(_KEY)], ["plain text"], [redactor.secret(_KEY)]]
    assert redactor.secret(_KEY) != _KEY


def test_hides_columns_as_wholes() -> None:
    rows = wire_rows([("a", "b"), ("c", "d")], [1], set(), conceal=str, hide=lambda cell: "x")
    assert rows == [["a", "x"], ["c", "x"]]
