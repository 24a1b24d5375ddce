"""Parameters and rows keep the types that the driver takes and gives."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from otel2test.values import RangeValue, decode
from tests.processors.django.projects.drivers.conftest import DRIVER, Asked
from tests.processors.django.projects.drivers.models import Everything, Keyed, Kind

COPENHAGEN = dt.timezone(dt.timedelta(hours=1))
VALUES: dict[str, object] = {
    "text": "Rødgrød “med” fløde",
    "number": -7,
    "big": 2**62,
    "real": 0.5,
    "price": Decimal("12.50"),
    "flag": True,
    "day": dt.date(2026, 1, 2),
    "moment": dt.datetime(2026, 1, 2, 4, 4, 5, 6, COPENHAGEN),
    "clock": dt.time(3, 4, 5, 6),
    "span": dt.timedelta(days=1, seconds=2, microseconds=3),
    "raw": b"\x00\xff",
    "facts": {"a": [1, None]},
    "kind": Kind.FANCY,
    "address": "10.0.0.1",
}
IN_UTC = dt.datetime(2026, 1, 2, 3, 4, 5, 6, dt.UTC)
MICROSECONDS = 86_402_000_003

PLAIN = {**VALUES, "kind": "fancy", "moment": IN_UTC, "facts": '{"a": [1, null]}'}
FETCHED: dict[str, dict[str, object]] = {
    "sqlite": {
        **PLAIN,
        "price": 12.5,
        "moment": IN_UTC.replace(tzinfo=None),
        "span": MICROSECONDS,
    },
    "postgresql": PLAIN,
    "mysql": {
        **PLAIN,
        "flag": 1,
        "moment": IN_UTC.replace(tzinfo=None),
        "span": MICROSECONDS,
    },
}
"""As each vendor's drivers give them, before Django makes of them what the program sees."""


def without_key(query: dict[str, Any], cells: list[Any]) -> dict[str, object]:
    names = [source["field"] for source in query["sources"]]
    return {name: decode(cell) for name, cell in zip(names, cells, strict=True) if name != "id"}


def test_rows(asked: Asked) -> None:
    created = Everything.objects.create(**VALUES)
    query = asked(lambda: Everything.objects.get(pk=created.pk)).query("drivers_everything")
    assert without_key(query, query["rows"][0]) == FETCHED[DRIVER.vendor]
    for name, value in without_key(query, query["rows"][0]).items():
        assert type(value) is type(FETCHED[DRIVER.vendor][name]), name


def test_nulls(asked: Asked) -> None:
    created = Everything.objects.create()
    query = asked(lambda: Everything.objects.get(pk=created.pk)).query("drivers_everything")
    assert set(without_key(query, query["rows"][0]).values()) == {None}


def test_parameters(asked: Asked) -> None:
    query = asked(lambda: Everything.objects.create(**VALUES)).query("INSERT")
    given = [decode(param) for param in query["params"]]
    for expected in (
        VALUES["text"],
        -7,
        2**62,
        0.5,
        True,
        "fancy",
        "10.0.0.1",
        b"\x00\xff",
        '{"a": [1, null]}',
    ):
        assert expected in given
    if DRIVER.vendor == "postgresql":
        assert {Decimal("12.50"), IN_UTC, dt.date(2026, 1, 2), VALUES["span"]} <= {
            value for value in given if not isinstance(value, (dict, list))
        }
    else:
        # Django itself makes texts and numbers of them.
        assert "2026-01-02 03:04:05.000006" in given
        assert MICROSECONDS in given


def test_uuids(asked: Asked) -> None:
    key = Keyed.objects.create().pk
    query = asked(lambda: Keyed.objects.get(pk=key)).query("drivers_keyed")
    fetched, given = decode(query["rows"][0][0]), decode(query["params"][0])
    assert uuid.UUID(str(fetched)) == uuid.UUID(str(given)) == key
    assert isinstance(fetched, uuid.UUID) is (DRIVER.vendor == "postgresql")


def test_values_of_raw_sql(asked: Asked) -> None:
    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s, %s, %s, NULL", ["text", 5, dt.date(2026, 1, 2)])
            cursor.fetchone()

    query = asked(act).query("SELECT")
    assert [decode(param) for param in query["params"]] == ["text", 5, dt.date(2026, 1, 2)]
    assert query["rows"][0][:2] == ["text", 5]
    assert query["rows"][0][3] is None


postgresql_only = pytest.mark.skipif(DRIVER.vendor != "postgresql", reason="only PostgreSQL has such types")


@postgresql_only
def test_arrays_and_ranges(asked: Asked) -> None:
    from tests.processors.django.projects.drivers.models import Nested  # noqa: PLC0415 - only there on PostgreSQL

    values = {
        "numbers": [1, 2],
        "names": [["a"], ["b"]],
        "sizes": (1, 5),
        "period": (dt.date(2026, 1, 2), None),
    }

    def act() -> None:
        created = Nested.objects.create(**values)
        Nested.objects.get(pk=created.pk)
        Nested.objects.filter(numbers__contains=[2], sizes__contains=3).exists()

    recorded = asked(act)
    fetched = recorded.query("LIMIT 21")
    sizes, period = RangeValue(1, 5, "[)"), RangeValue(dt.date(2026, 1, 2), None, "[)")
    assert without_key(fetched, fetched["rows"][0]) == {
        "numbers": [1, 2],
        "names": [["a"], ["b"]],
        "sizes": sizes,
        "period": period,
    }
    given = [decode(param) for param in recorded.query("INSERT")["params"]]
    assert given == [[1, 2], [["a"], ["b"]], sizes, period]
    contained, *_ = (query for query in recorded.queries if "@>" in query["sql"])
    assert [decode(param) for param in contained["params"]][1:3] == [2, 3]


@postgresql_only
def test_enums_and_records_of_the_database(asked: Asked) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TYPE IF EXISTS mood")
        cursor.execute("CREATE TYPE mood AS ENUM ('glad', 'sad')")

    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'glad'::mood, ARRAY['sad']::mood[], '1 day'::interval, '[1,3)'::int4range")
            cursor.fetchall()

    row = asked(act).query("mood")["rows"][0]
    assert row[0] == "glad"
    assert decode(row[2]) == dt.timedelta(days=1)
    assert decode(row[3]) == RangeValue(1, 3, "[)")
