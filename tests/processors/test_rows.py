"""Rows on the wire: whatever is done for a whole column gives what each cell alone would give."""

import datetime as dt
import json
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel2test.processors.django.rows import wire_rows
from otel2test.processors.django.statements import Statement
from otel2test.processors.otlp import dump
from otel2test.processors.redaction import redactor
from otel2test.tables import rows_of
from otel2test.values import Wire, encode

_KEY = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"


def payload_rows(rows: list[tuple[object, ...]], secrets: set[object] | None = None) -> list[list[Wire]]:
    columns = [f"c{position}" for position in range(max(map(len, rows), default=0))]
    statement = Statement("default", "sqlite", "SELECT", columns=columns, rows=rows, secrets=secrets or set())
    payload = statement.payload()
    return payload["rows"] if "rows" in payload else rows_of(written(payload["cells"]))


def written(payload: object) -> object:
    """Return what a reader sees of it."""
    return json.loads(dump(payload))


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
    rows = [("a", "b"), ("c", "d")]
    few = wire_rows(rows, [1], set(), conceal=str, hide=lambda cell: "x")
    assert few == {"rows": [["a", "x"], ["c", "x"]]}
    many = wire_rows(rows * 2, [1], set(), conceal=str, hide=lambda cell: "x")
    assert rows_of(many["cells"]) == few["rows"] * 2


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([1, 2, 3, 4], [1, 2, 3, 4]),
        ([5, 5, 5, 5], {"cells": [5]}),
        ([None] * 4, {"cells": [None]}),
        (["de", "fr", "de", "fr"], {"cells": ["de", "fr"], "at": [0, 1, 0, 1]}),
        (["de", None, None, "de"], {"cells": ["de", None], "at": [0, 1, 1, 0]}),
        (["de", "fr", "it", "de"], ["de", "fr", "it", "de"]),
        ([Decimal(1), Decimal(2)] * 2, {"tag": "$decimal", "cells": ["1", "2", "1", "2"]}),
        ([True, 1, 1.0, 1], [True, 1, 1.0, 1]),
    ],
)
def test_says_once_what_comes_again(column: list[object], expected: object) -> None:
    rows = [(number, cell, number) for number, cell in enumerate(column, 1000)]
    told = wire_rows(rows, [], set(), conceal=encode, hide=encode)["cells"]
    assert told == [list(range(1000, 1004)), expected, {"like": 0}]
    assert repr(rows_of(told)) == repr([[key, encode(cell), again] for key, cell, again in rows])


@given(
    st.lists(st.lists(st.none() | st.integers() | st.text(max_size=8) | st.binary(max_size=8), max_size=3))
)
def test_many_rows_are_kept_as_each_alone_would_be(rows: list[list[object]]) -> None:
    found = list(map(tuple, rows))
    together, apart = (
        Statement("default", "sqlite", "SELECT", columns=[], max_rows=5, max_value=6) for _ in range(2)
    )
    together.add_rows(found)
    apart.add_rows(iter(found))
    assert (together.rows, together.fetched) == (apart.rows, apart.fetched)


_EARLY = st.integers(0, 99_999).map(lambda part: dt.datetime.fromisoformat(f"0001-01-01T00:00:00.{part:06d}"))


@given(st.lists(st.datetimes() | _EARLY, min_size=4))
def test_moments_are_written_as_python_writes_them(moments: list[dt.datetime]) -> None:
    told = wire_rows([(moment,) for moment in moments], [], set(), conceal=encode, hide=encode)["cells"]
    assert written(told) == [{"tag": "$datetime", "cells": [moment.isoformat() for moment in moments]}]


def test_says_how_many_rows_are_all_the_same() -> None:
    told = wire_rows([(1, "a", 1)] * 4, [], set(), conceal=encode, hide=encode)["cells"]
    assert rows_of(told) == [[1, "a", 1]] * 4


def test_columns_that_change_together_say_once_where() -> None:
    rows = [("de", "Bonn", 1), ("fr", "Paris", 2), ("de", "Bonn", 3), ("de", "Bonn", 4)]
    told = wire_rows(rows, [], set(), conceal=encode, hide=encode)["cells"]
    assert told == [
        {"cells": ["de", "fr"], "at": [0, 1, 0, 0]},
        {"cells": ["Bonn", "Paris"], "at": 0},
        [1, 2, 3, 4],
    ]
    assert rows_of(told) == [list(row) for row in rows]
