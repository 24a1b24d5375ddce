"""PostgreSQL's COPY, by the methods that its drivers have for it."""

import io
from typing import Any

import pytest
from django.db import connection, transaction

from tests.processors.django.projects.drivers.conftest import DRIVER, Asked
from tests.processors.django.projects.drivers.models import Shelf

pytestmark = pytest.mark.skipif(DRIVER.vendor != "postgresql", reason="only PostgreSQL has COPY")
INTO_SHELVES = "COPY drivers_shelf (name) FROM STDIN"


def copy_in(cursor: Any, sql: str, lines: str) -> None:
    if DRIVER.name == "psycopg":
        with cursor.copy(sql) as copy:
            copy.write(lines)
    else:
        cursor.copy_expert(sql, io.StringIO(lines))


def test_copy(asked: Asked) -> None:
    def act() -> None:
        with connection.cursor() as cursor:
            copy_in(cursor, INTO_SHELVES, "left\nright\n")

    query = asked(act).query("COPY")
    assert (query["sql"], query["rowcount"]) == (INTO_SHELVES, 2)
    assert "rows" not in query
    assert Shelf.objects.filter(name__in=["left", "right"]).count() == 2


@pytest.mark.parametrize(
    ("sql", "lines"),
    [(INTO_SHELVES, "top\n"), ("COPY nowhere FROM STDIN", "")],
    ids=["when it ends", "when it begins"],
)
def test_a_copy_that_fails(asked: Asked, sql: str, lines: str) -> None:
    def act() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                copy_in(cursor, sql, lines)
        except Exception as error:  # noqa: BLE001 - Django doesn't make its own of the driver's here
            told.append(type(error))

    told: list[type] = []
    query = asked(act).query("COPY")
    assert query["error"]["type"] == f"{told[0].__module__}.{told[0].__qualname__}"
    assert "rowcount" not in query


def test_a_copy_that_is_not_entered_is_none(asked: Asked) -> None:
    def act() -> None:
        with connection.cursor() as cursor:
            assert hasattr(cursor, "copy_expert") is (DRIVER.name == "psycopg2")
            if DRIVER.name == "psycopg":
                cursor.copy(INTO_SHELVES)

    assert asked(act).queries == []


@pytest.mark.skipif(DRIVER.name != "psycopg2", reason="only psycopg2 copies files")
def test_copies_of_files(asked: Asked) -> None:
    def act() -> None:
        found = io.StringIO()
        with connection.cursor() as cursor:
            cursor.copy_from(io.StringIO("left\n"), "drivers_shelf", columns=("name",))
            cursor.copy_to(found, "drivers_shelf")
        assert "left" in found.getvalue()

    assert [(query["sql"], query["rowcount"]) for query in asked(act).queries] == [
        (INTO_SHELVES, 1),
        ("COPY drivers_shelf TO STDOUT", 2),
    ]
