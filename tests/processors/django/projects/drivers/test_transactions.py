"""Transactions as they really happened, on the connection on which they did."""

import threading
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, connections, transaction
from opentelemetry import context as otel_context

from tests.processors.django.projects.drivers.conftest import DRIVER, Asked
from tests.processors.django.projects.drivers.models import Item, Shelf
from tests.processors.django.projects.shop.harness import Recorded


class LostError(Exception):
    """Leaves a block."""


def told(recorded: Recorded) -> list[tuple[Any, ...]]:
    """Return what happened, in order: the verb, and the connection unless it is the only one."""
    return [
        (query["sql"].split()[0] if "TO SAVEPOINT" not in query["sql"] else "ROLLBACK TO", *where(query))
        for query in recorded.queries
    ]


def where(query: dict[str, Any]) -> tuple[Any, ...]:
    alias, number = query["alias"], query.get("connection", 0)
    return ((alias, number) if number else (alias,)) if (alias, number) != ("default", 0) else ()


def kinds(recorded: Recorded) -> list[str]:
    return [query["kind"] for query in recorded.queries if "kind" in query]


def test_commit(asked: Asked) -> None:
    def act() -> None:
        with transaction.atomic():
            Shelf.objects.create(name="kept")

    recorded = asked(act)
    assert told(recorded) == [("BEGIN",), ("INSERT",), ("COMMIT",)]
    assert kinds(recorded) == ["commit"]


def test_rollback(asked: Asked) -> None:
    def act() -> None:
        with suppress(LostError), transaction.atomic():
            Shelf.objects.create(name="lost")
            raise LostError

    recorded = asked(act)
    assert told(recorded) == [("BEGIN",), ("INSERT",), ("ROLLBACK",)]
    assert kinds(recorded) == ["rollback"]


def test_without_a_transaction(asked: Asked) -> None:
    assert told(asked(lambda: Shelf.objects.create(name="auto"))) == [("INSERT",)]


def test_durable(asked: Asked) -> None:
    def act() -> None:
        with transaction.atomic(durable=True):
            Shelf.objects.create(name="kept")
            with pytest.raises(RuntimeError), transaction.atomic(durable=True):
                pass

    # The error that Django raises in time reaches the database as nothing at all.
    assert told(asked(act)) == [("BEGIN",), ("INSERT",), ("COMMIT",)]


def test_nested_savepoints(asked: Asked) -> None:
    def act() -> None:
        with transaction.atomic():
            with suppress(LostError), transaction.atomic():
                with transaction.atomic():
                    Shelf.objects.create(name="inner")
                raise LostError
            with transaction.atomic(savepoint=False):
                Shelf.objects.create(name="joined")

    recorded = asked(act)
    assert told(recorded) == [
        ("BEGIN",),
        ("SAVEPOINT",),
        ("SAVEPOINT",),
        ("INSERT",),
        ("RELEASE",),
        ("ROLLBACK TO",),
        ("RELEASE",),
        ("INSERT",),
        ("COMMIT",),
    ]


def test_savepoints_by_hand(asked: Asked) -> None:
    def act() -> None:
        with transaction.atomic():
            first = transaction.savepoint()
            Shelf.objects.create(name="lost")
            transaction.savepoint_rollback(first)

    assert told(asked(act)) == [("BEGIN",), ("SAVEPOINT",), ("INSERT",), ("ROLLBACK TO",), ("COMMIT",)]


def test_autocommit_switched_off(asked: Asked) -> None:
    def act() -> None:
        transaction.set_autocommit(False)
        try:
            Shelf.objects.create(name="kept")
            transaction.commit()
            Shelf.objects.create(name="lost")
            transaction.rollback()
        finally:
            transaction.set_autocommit(True)

    verbs = [verb for (verb,) in told(asked(act))]
    assert [verb for verb in verbs if verb != "BEGIN"] == ["INSERT", "COMMIT", "INSERT", "ROLLBACK"]
    assert set(Shelf.objects.values_list("name", flat=True)) == {"top", "kept"}


def test_two_databases(asked: Asked) -> None:
    def act() -> None:
        with suppress(LostError), transaction.atomic():
            Shelf.objects.create(name="here")
            with transaction.atomic(using="other"):
                Shelf.objects.using("other").create(name="there")
            raise LostError

    recorded = asked(act)
    assert told(recorded) == [
        ("BEGIN",),
        ("INSERT",),
        ("BEGIN", "other"),
        ("INSERT", "other"),
        ("COMMIT", "other"),
        ("ROLLBACK",),
    ]
    assert recorded["schema"]["databases"] == {"default": DRIVER.vendor, "other": DRIVER.vendor}


def test_a_connection_that_is_closed_rolls_back(asked: Asked) -> None:
    def act() -> None:
        with transaction.atomic():
            Shelf.objects.create(name="lost")
            connection.close()
        Item.objects.exists()

    recorded = asked(act)
    assert told(recorded)[:3] == [("BEGIN",), ("INSERT",), ("ROLLBACK",)]
    assert kinds(recorded) == ["rollback"]
    assert told(recorded)[-1] == ("SELECT", "default", 1)
    assert not Shelf.objects.filter(name="lost").exists()


def test_closing_between_transactions_is_nothing(asked: Asked) -> None:
    def act() -> None:
        Item.objects.exists()
        connection.close()
        Item.objects.exists()

    assert kinds(asked(act)) == []


def test_threads_have_connections_of_their_own(asked: Asked) -> None:
    def act() -> None:
        Item.objects.exists()
        here = otel_context.get_current()

        def other() -> None:
            otel_context.attach(here)
            with transaction.atomic():
                Item.objects.count()
            connections.close_all()

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        Item.objects.exists()

    selects = [place for verb, *place in told(asked(act)) if verb == "SELECT"]
    assert selects[0] == selects[-1] == []
    assert ["default", 1] in selects


def test_on_commit_functions_run_after_the_commit(asked: Asked) -> None:
    def act() -> None:
        with transaction.atomic():
            transaction.on_commit(lambda: Shelf.objects.create(name="after"))
            Item.objects.exists()

    assert told(asked(act)) == [("BEGIN",), ("SELECT",), ("COMMIT",), ("INSERT",)]
