"""Values keep their type on the wire, and no wire form can do harm."""

import datetime as dt
import json
import math
import uuid
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel2test.values import (
    BadWireError,
    Cut,
    EnumValue,
    Lazy,
    ModelValue,
    NotPlainError,
    ObjectValue,
    RangeValue,
    Reference,
    Wire,
    decode,
    encode,
    encode_mapping,
)

UTC = dt.UTC

FORMS: list[tuple[object, Wire]] = [
    (None, None),
    (True, True),
    (1, 1),
    (2**63 - 1, 2**63 - 1),
    (2**63, {"$int": "9223372036854775808"}),
    (-(2**63) - 1, {"$int": "-9223372036854775809"}),
    (1.5, 1.5),
    (math.inf, {"$float": "inf"}),
    ("a", "a"),
    ("", ""),
    ("\ud800", {"$str": "7aCA"}),
    (b"\x00\xff", {"$bytes": "AP8="}),
    (Decimal("1.50"), {"$decimal": "1.50"}),
    (dt.date(2026, 1, 2), {"$date": "2026-01-02"}),
    (dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), {"$datetime": "2026-01-02T03:04:05+00:00"}),
    (dt.datetime(2026, 1, 2, 3, 4, 5, 6), {"$datetime": "2026-01-02T03:04:05.000006"}),  # noqa: DTZ001 - naive ones are recorded too
    (dt.time(3, 4), {"$time": "03:04:00"}),
    (dt.timedelta(days=-1, microseconds=1), {"$timedelta": [-1, 0, 1]}),
    (uuid.UUID(int=1), {"$uuid": "00000000-0000-0000-0000-000000000001"}),
    ([1, (2,)], [1, {"$tuple": [2]}]),
    ({1, 2}, {"$set": [1, 2]}),
    (frozenset({"b", "a"}), {"$frozenset": ["a", "b"]}),
    ({"a": (1,)}, {"a": {"$tuple": [1]}}),
    ({1: "a"}, {"$dict": [[1, "a"]]}),
    ({"$int": "1"}, {"$dict": [["$int", "1"]]}),
    ({"$int": "1", "b": 2}, {"$int": "1", "b": 2}),
    ({}, {}),
]


# A set's repr differs from process to process, and pytest-xdist wants the same ids in each.
@pytest.mark.parametrize(("value", "wire"), FORMS, ids=[str(wire)[:60] for _, wire in FORMS])
def test_form_on_the_wire(value: object, wire: Wire) -> None:
    assert encode(value) == wire
    decoded = decode(wire)
    assert decoded == value
    assert type(decoded) is type(value)


RECORDS: list[tuple[Wire, object]] = [
    (
        {"$model": {"model": "shop.Order", "pk": 1, "fields": {"total": {"$decimal": "2"}}}},
        ModelValue("shop.Order", 1, {"total": Decimal(2)}),
    ),
    ({"$object": {"type": "a.B", "attributes": {"x": [1]}}}, ObjectValue("a.B", {"x": [1]})),
    ({"$enum": {"type": "a.E", "name": "ONE", "value": 1}}, EnumValue("a.E", "ONE", 1)),
    ({"$lazy": "django.db.models.query.QuerySet"}, Lazy("django.db.models.query.QuerySet")),
    ({"$ref": "builtins.int"}, Reference("builtins.int")),
    ({"$cut": {"type": "list", "size": 9, "kept": [1]}}, Cut("list", 9, [1])),
    ({"$cut": {"type": "list"}}, Cut("list", None, None)),
    ({"$range": {"lower": 1, "upper": None, "bounds": "[)"}}, RangeValue(1, None, "[)")),
]


@pytest.mark.parametrize(("wire", "value"), RECORDS)
def test_what_has_no_plain_form_is_read_as_a_record(wire: Wire, value: object) -> None:
    assert decode(wire) == value


BAD: list[Wire] = [
    {"$nothing": 1},
    {"$": 1},
    {"$int": 1},
    {"$int": "x"},
    {"$int": "9" * 5000},
    {"$float": "x"},
    {"$str": "!"},
    {"$str": "/w=="},
    {"$str": 1},
    {"$bytes": "*"},
    {"$bytes": None},
    {"$decimal": "x"},
    {"$decimal": 1},
    {"$date": "2026-13-01"},
    {"$datetime": 1},
    {"$time": "25:00"},
    {"$timedelta": [1, 2]},
    {"$timedelta": "1"},
    {"$timedelta": [10**30, 0, 0]},
    {"$uuid": "x"},
    {"$tuple": 1},
    {"$tuple": [{"$int": 1}]},
    {"$set": [[1]]},
    {"$frozenset": [{}]},
    {"$dict": [[1]]},
    {"$dict": 1},
    {"$dict": [[[], 1]]},
    {"$model": 1},
    {"$model": {}},
    {"$model": {"model": "a.B", "fields": [1]}},
    {"$object": {"type": 1, "attributes": {}}},
    {"$object": {"type": "a.B"}},
    {"$enum": {"type": "a.E", "name": "ONE"}},
    {"$lazy": 1},
    {"$ref": None},
    {"$cut": {}},
    {"$range": {"lower": 1}},
]


@pytest.mark.parametrize("wire", BAD, ids=lambda wire: str(wire)[:40])
def test_a_bad_form_is_refused_with_one_kind_of_error(wire: Wire) -> None:
    with pytest.raises(BadWireError):
        decode([wire])


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize("value", [object(), Text("a"), [Text("a")], int, len, 1j, {"a": object()}])
def test_what_is_not_plain_is_for_the_recorder_to_snapshot(value: object) -> None:
    with pytest.raises(NotPlainError):
        encode(value)


def test_nan_comes_back() -> None:
    decoded = decode(encode(math.nan))
    assert isinstance(decoded, float)
    assert math.isnan(decoded)


@pytest.mark.parametrize("items", [{}, {"a": 1}, {"$a": 1}, {"$int": "1"}, {"$a": 1, "b": 2}])
def test_a_mapping_of_wires_is_read_with_the_same_keys(items: dict[str, Wire]) -> None:
    assert decode(encode_mapping(items)) == items


# Offsets survive; the name of a zone and the fold don't, which does not change the instant.
_ZONES = st.none() | st.integers(-14 * 60, 14 * 60).map(
    lambda minutes: dt.timezone(dt.timedelta(minutes=minutes))
)
_HASHABLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(st.characters()),
    st.binary(),
    st.decimals(allow_nan=False),
    st.dates(),
    st.datetimes(timezones=_ZONES),
    st.times(),
    st.timedeltas(),
    st.uuids(),
)
_VALUES = st.recursive(
    _HASHABLE,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(st.text(), inner),
        st.dictionaries(_HASHABLE, inner),
        st.sets(_HASHABLE),
        st.frozensets(_HASHABLE),
    ),
    max_leaves=20,
)


@given(_VALUES)
def test_every_plain_value_survives_the_wire(value: object) -> None:
    wire = encode(value)
    through_json = decode(orjson.loads(orjson.dumps(wire)))
    assert through_json == value
    # True == 1 == 1.0: equality alone does not tell that the types were kept.
    assert repr(encode(through_json)) == repr(wire)
    assert json.loads(json.dumps(wire)) == wire


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["$int", "$dict", "$model"]), inner)
    ),
    max_leaves=20,
)


@given(_JSON)
def test_no_json_does_more_than_be_refused(wire: Wire) -> None:
    try:
        decode(wire)
    except BadWireError as error:
        assert str(error)  # noqa: PT017 - being decoded is as good an outcome
