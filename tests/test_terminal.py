"""Nothing recorded steers the terminal, and values read as a person would write them."""

import datetime as dt
import unicodedata
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel2test.terminal import aligned, brief, printable, shortened, width
from otel2test.values import Cut, EnumValue, Lazy, ModelValue, ObjectValue, RangeValue, Reference

PRINTABLE = [
    ("plain", "plain"),
    ("café 日本 🎉", "café 日本 🎉"),
    ("\x1b[31mred", "\\x1b[31mred"),
    ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
    ("\x9b31m", "\\x9b31m"),
    ("a\r\nb\tc\x00", "a\\r\\nb\\tc\\x00"),
    ("\u202egnp.exe", "\\u202egnp.exe"),
    ("\u2028", "\\u2028"),
    ("\ud800", "\\ud800"),
    ("👩\u200d👧", "👩\u200d👧"),
]


@pytest.mark.parametrize(("text", "shown"), PRINTABLE)
def test_what_could_steer_a_terminal_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_no_control_character_passes(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in shown)


@given(st.text(st.characters()), st.integers(1, 40))
def test_shortened_text_keeps_to_its_limit(text: str, limit: int) -> None:
    shown = shortened(printable(text), limit)
    assert width(shown) <= limit
    assert shown == printable(text) or shown.endswith("…")


def test_columns_are_aligned_by_cells() -> None:
    assert [*aligned([("A", "N"), ("日本", "1"), ("cafe\u0301", "10")], right=[1])] == [
        "A      N",
        "日本   1",
        "cafe\u0301  10",
    ]


BRIEF: list[tuple[object, str]] = [
    (None, "None"),
    ("it's", '"it\'s"'),
    (Decimal("1.50"), "1.50"),
    (dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC), "2026-01-02 03:04:00+00:00"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ([1, "a"], "[1, 'a']"),
    ((1,), "(1,)"),
    ((), "()"),
    (set(), "set()"),
    ({2, 1}, "{1, 2}"),
    ({"a": (1, 2)}, "{'a': (1, 2)}"),
    ([*range(10)], "[0, 1, 2, 3, 4, 5, 6, 7, … 2 more]"),
    (b"\x00a", "b'\\x00a'"),
    (ModelValue("todos.Todo", 50, {"title": "x"}), "<Todo 50>"),
    (ObjectValue("todos.forms.TodoForm", {}), "<TodoForm>"),
    (Lazy("django.db.models.query.QuerySet"), "<QuerySet>"),
    (EnumValue("a.Colour", "RED", 1), "Colour.RED"),
    (Reference("todos.views.index"), "todos.views.index"),
    (Cut("builtins.str", 9000, "abc"), "'abc'…<str, 9000 in all>"),
    (RangeValue(1, None, "[)"), "[1, None)"),
    (RangeValue(None, None, ""), "empty"),
    ([[[[[[[[1]]]]]]]], "[[[[[[[…]]]]]]]"),
    ("x" * 1000, "'" + "x" * 58 + "…"),
]


@pytest.mark.parametrize(("value", "shown"), BRIEF)
def test_values_in_brief(value: object, shown: str) -> None:
    assert brief(value) == shown
