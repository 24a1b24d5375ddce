"""Tables, keys, and what a driver's raw value was to the program."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from otel2test.inverting.catalog import Column, Table, local_fields
from otel2test.values import ObjectValue
from tests.inverting.shop import SHOP, catalog_of, exchange_of
from tests.recordings import field, foreign_key, model, schema

UTC = dt.UTC
UUID = uuid.UUID("12345678123456781234567812345678")
PARIS = dt.timezone(dt.timedelta(hours=1))

# (field type, what SQLite, MySQL and PostgreSQL give and take for it, the program's value)
VALUES: list[tuple[str, list[object], object]] = [
    ("CharField", ["text"], "text"),
    ("BooleanField", [1, True], True),
    ("BooleanField", [0, False], False),
    ("IntegerField", [3], 3),
    ("FloatField", [2, 2.0], 2.0),
    ("DecimalField", [1.5, "1.50", Decimal("1.50"), Decimal("1.5")], Decimal("1.50")),
    ("DecimalField", [2], Decimal("2.00")),
    ("DecimalField", [0.1 + 0.2], Decimal("0.30")),
    (
        "DateTimeField",
        [
            "2026-01-02 03:04:05",
            "2026-01-02T03:04:05+00:00",
            "2026-01-02 04:04:05+01:00",
            dt.datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001 - as MySQL's driver gives it
            dt.datetime(2026, 1, 2, 4, 4, 5, tzinfo=PARIS),
        ],
        dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    ),
    (
        "DateTimeField",
        ["2026-01-02 03:04:05.000600"],
        dt.datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC),
    ),
    ("DateField", ["2026-01-02", dt.date(2026, 1, 2), "2026-01-02 00:00:00"], dt.date(2026, 1, 2)),
    (
        "TimeField",
        ["03:04:05", dt.time(3, 4, 5), dt.timedelta(hours=3, minutes=4, seconds=5)],
        dt.time(3, 4, 5),
    ),
    ("DurationField", [90_000_000, dt.timedelta(seconds=90)], dt.timedelta(seconds=90)),
    ("UUIDField", [UUID.hex, str(UUID), UUID], UUID),
    ("JSONField", ['{"a": [1, null]}', b'{"a": [1, null]}', {"a": [1, None]}], {"a": [1, None]}),
    ("JSONField", ['"text"'], "text"),
    ("JSONField", ["null"], None),
    (
        "JSONField",
        [
            ObjectValue("psycopg.types.json.Jsonb", {"obj": {"a": 1}}),
            ObjectValue("x.Json", {"adapted": {"a": 1}}),
        ],
        {"a": 1},
    ),
    ("BinaryField", [b"\x00\xff", "\x00\xff"], b"\x00\xff"),
]


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [(kind, raw, expected) for kind, raws, expected in VALUES for raw in raws],
    ids=repr,
)
def test_raw_value_becomes_the_programs(kind: str, raw: object, expected: object) -> None:
    found = Column("x", kind, null=True, decimal_places=2).to_python(raw, aware=True)

    assert (found, type(found)) == (expected, type(expected))


def test_null_is_none_for_every_type() -> None:
    assert {Column("x", kind, null=True).to_python(None, aware=True) for kind, _, _ in VALUES} == {None}


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("DateTimeField", "0000-00-00 00:00:00"),
        ("DateTimeField", 17),
        ("DateTimeField", "0001-01-01 00:00:00+05:00"),
        ("DateField", "soon"),
        ("TimeField", "25:00"),
        ("DecimalField", "many"),
        ("DecimalField", float("inf")),
        ("DecimalField", [1]),
        ("UUIDField", "not one"),
        ("JSONField", "{"),
        ("BinaryField", "€"),
        ("DurationField", 10**30),
        ("FloatField", 10**400),
        ("NobodysField", object),
    ],
    ids=repr,
)
def test_what_cannot_be_converted_is_left_as_it_is(kind: str, raw: object) -> None:
    assert Column("x", kind, null=True, decimal_places=2).to_python(raw, aware=True) == raw


def test_without_time_zones_times_stay_naive() -> None:
    column = Column("x", "DateTimeField", null=False)

    naive = dt.datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - USE_TZ is off
    assert column.to_python("2026-01-02 03:04:05", aware=False) == naive


def test_a_decimal_without_places_keeps_those_it_has() -> None:
    assert Column("x", "DecimalField", null=False).to_python("1.500", aware=True) == Decimal("1.500")


# --- tables ---------------------------------------------------------------------------------


def test_tables_have_keys_and_references() -> None:
    catalog = catalog_of()

    assert catalog.primary_key("shop_todo") == "id"
    assert catalog.tables["shop_todo"].references == {"owner_id": ("shop_person", "id")}
    assert catalog.identities("shop_tag") == (("id",), ("name",))
    assert catalog.identities("shop_todo_tags") == (("id",), ("todo_id", "tag_id"))


def test_unknown_tables_and_columns_say_nothing() -> None:
    catalog = catalog_of()

    assert catalog.primary_key("nowhere") is None
    assert catalog.identities("nowhere") == ()
    assert catalog.value("nowhere", "id", "1") == "1"
    assert catalog.value("shop_todo", "nothing", "1") == "1"


def test_column_names_need_not_be_field_names() -> None:
    odd = model(
        "a.Odd",
        field("key", "UUIDField", primary_key=True, column="ODD KEY"),
        field("first", column="F1", unique=True),
        field("second", column="F2"),
        unique_together=[["first", "second"], ["first", "elsewhere"]],
    )

    catalog = catalog_of(schema(odd))

    assert catalog.identities("a_odd") == (("ODD KEY",), ("F1",), ("F1", "F2"))
    assert catalog.value("a_odd", "ODD KEY", UUID.hex) == UUID


def test_a_foreign_key_has_the_type_of_the_key_that_it_ends_at() -> None:
    city = model("a.City", field("code", "UUIDField", primary_key=True))
    capital = model(
        "a.Capital",
        foreign_key("city", "a.City", primary_key=True, related_field="code"),
    )
    visit = model("a.Visit", foreign_key("capital", "a.Capital", related_field="city_id"))

    catalog = catalog_of(schema(city, capital, visit))

    assert catalog.value("a_visit", "capital_id", UUID.hex) == UUID
    assert catalog.tables["a_visit"].references == {"capital_id": ("a_capital", "city_id")}


def test_a_foreign_key_to_a_unique_column_has_that_columns_type() -> None:
    price = model(
        "a.Price",
        field("id", "AutoField", primary_key=True),
        field("amount", "DecimalField", unique=True, decimal_places=1),
    )
    sale = model("a.Sale", foreign_key("price", "a.Price", related_field="amount"))

    assert catalog_of(schema(price, sale)).value("a_sale", "price_id", 2) == Decimal("2.0")


def test_a_foreign_key_to_a_model_that_was_not_recorded_is_left_alone() -> None:
    todo = model("a.Todo", foreign_key("owner", "b.Nobody"))

    catalog = catalog_of(schema(todo))

    assert catalog.value("a_todo", "owner_id", "7") == "7"
    assert catalog.tables["a_todo"].references == {}


def test_foreign_keys_in_a_circle_end() -> None:
    one = model("a.One", foreign_key("two", "a.Two", primary_key=True, related_field="one_id"))
    two = model("a.Two", foreign_key("one", "a.One", primary_key=True, related_field="two_id"))

    assert catalog_of(schema(one, two)).value("a_one", "two_id", 1) == 1


PLACE = model("a.Place", field("id", "BigAutoField", primary_key=True), field("name"), field("street"))
CAFE = model(
    "a.Cafe",
    *PLACE["fields"],
    foreign_key("place_ptr", "a.Place", primary_key=True, parent_link=True),
    field("stars", "IntegerField"),
    unique_together=[["name", "stars"]],
)


def test_inherited_columns_stand_in_the_parents_table() -> None:
    catalog = catalog_of(schema(PLACE, CAFE))

    assert isinstance(catalog.tables["a_cafe"], Table)
    assert list(catalog.tables["a_cafe"].columns) == ["place_ptr_id", "stars"]
    assert catalog.primary_key("a_cafe") == "place_ptr_id"
    assert catalog.identities("a_cafe") == (("place_ptr_id",),)


def test_grandchildren_have_only_what_they_add() -> None:
    bistro = model(
        "a.Bistro",
        *CAFE["fields"],
        foreign_key("cafe_ptr", "a.Cafe", primary_key=True, parent_link=True, related_field="place_ptr_id"),
        field("menu"),
    )
    recorded = exchange_of(models=schema(PLACE, CAFE, bistro)).schema
    models = {item.label: item for item in recorded.models}

    # A grandchild lists its grandparent's link as well: that one stands in its parent's table.
    found = [item.attname for item in local_fields(models["a.Bistro"], models)]

    assert found == ["cafe_ptr_id", "menu"]


def test_a_proxy_has_no_table_of_its_own() -> None:
    proxy = model("a.Star", *CAFE["fields"], table="a_place", proxy_for="a.Place")

    assert catalog_of(schema(proxy, PLACE)).primary_key("a_place") == "id"
    assert catalog_of(schema(proxy)).tables == {}


def test_a_whole_shop_is_there() -> None:
    assert set(catalog_of(SHOP).tables) == {
        "shop_person",
        "shop_tag",
        "shop_todo",
        "shop_todo_tags",
        "auth_user",
    }
