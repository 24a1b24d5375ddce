"""What values of several runs have in common."""

import datetime as dt
from decimal import Decimal

import pytest

from otel2test.inverting.expressions import Attribute, Formatted, Name, Shown, Text
from otel2test.inverting.likenesses import Likeness, Matching, OfLength, OfType, likeness
from otel2test.inverting.loosening import repeated
from otel2test.values import ObjectValue


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        ([7, 9], OfType((Name("builtins", "int"),))),
        ([7, 9.5], OfType((Name("builtins", "float"), Name("builtins", "int")))),
        ([True, False], OfType((Name("builtins", "bool"),))),
        ([Decimal(1), Decimal(2)], OfType((Name("decimal", "Decimal"),))),
        ([dt.date(2026, 1, 1), dt.date(2026, 1, 2)], OfType((Name("datetime", "date"),))),
        (["red", "blue"], OfType((Name("builtins", "str"),))),
        (["482113", "990417"], Matching(r"\d{6}")),
        ([[1, 2], [3, 4]], OfLength(2)),
        ([[1, 2], [3]], OfType((Name("builtins", "list"),))),
        ([b"ab", b"cd"], OfLength(2)),
        ([{"a": 1}, {"b": 1}], OfType((Name("builtins", "dict"),))),
        ([None, "x"], None),
        (["1", 1], None),
        ([ObjectValue("a.B", {}), ObjectValue("a.B", {})], None),
    ],
)
def test_what_is_left_to_say(seen: list[object], found: Likeness | None) -> None:
    assert likeness(seen) == found


NAME = Attribute("order", "code")


@pytest.mark.parametrize(
    ("seen", "other", "said"),
    [
        (["a1", "b2"], ["a1", "b2"], NAME),
        (["7", "8"], [7, 8], Text(NAME)),
        (["/orders/7/", "/orders/8/"], [7, 8], Formatted(("/orders/", NAME, "/"))),
        ([7, 8], ["7", "8"], None),
        (["/7/7/", "/8/8/"], [7, 8], None),
        (["/x/7/", "/y/8/"], [7, 8], None),
        (["17", "18"], [7, 8], None),
        ([True, False], [True, False], None),
        (["a1", "b2"], ["a1", "b2", "c3"], None),
        (["a1", "a1"], ["a1", "a1"], None),
    ],
)
def test_a_value_that_repeats_another(seen: list[object], other: list[object], said: object) -> None:
    assert repeated(seen, other, NAME) == said


def test_a_part_of_the_same_json_is_not_put_into_a_text() -> None:
    assert repeated(["/7/", "/8/"], [7, 8], Shown(("id",))) is None
    assert repeated(["7", "8"], [7, 8], Shown(("id",))) == Text(Shown(("id",)))
