"""Signals that the project listens to."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import post_init, post_save
from django.dispatch import Signal
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext

from tests.processors.effects.projects.kiosk import models
from tests.processors.effects.projects.kiosk.harness import MAX_EFFECTS, PROJECT

Effects = Callable[..., list[dict[str, Any]]]


def test_a_signal_of_a_model(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        models.Ticket.objects.create(title="Ghost Train")

    (told,) = effects("signals", view)

    assert told["signal"] == "django.db.models.signals.post_save"
    assert told["sender"] == "kiosk.Ticket"
    assert told["receivers"] == [f"{PROJECT}.models.on_ticket"]
    assert told["arguments"]["created"] is True
    assert told["arguments"]["instance"]["$model"]["fields"]["title"] == "Ghost Train"


def test_a_signal_that_each_instance_sends_is_told_as_soon_as_somebody_listens(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        models.Stub(title="Ghost Train")

    assert effects("signals", view) == []
    post_init.connect(models.on_ticket, sender=models.Stub)
    try:
        (told,) = effects("signals", view)
    finally:
        post_init.disconnect(models.on_ticket, sender=models.Stub)
    assert (told["signal"], told["sender"]) == ("django.db.models.signals.post_init", "kiosk.Stub")


def test_what_nobody_of_the_project_listens_to_is_left_out(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        models.Stub.objects.create(title="Ghost Train")

    assert effects("signals", view) == []


def test_a_signal_of_the_project(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        models.sold.send(sender=None, price=5, password="hunter2hunter2")
        models.sold.send_robust("kiosk")

    first, second = effects("signals", view)

    assert first["signal"] == f"{PROJECT}.models.sold"
    assert (first["sender"], second["sender"]) == ("", "kiosk")
    assert first["arguments"]["price"] == 5
    assert first["arguments"]["password"] != "hunter2hunter2"
    assert first["receivers"] == [f"{PROJECT}.models.Till.on_sold", f"{PROJECT}.models.Till.__call__"]


@pytest.mark.skipif(not hasattr(Signal, "asend"), reason="asend() came with Django 5.0")
def test_signals_that_are_awaited(effects: Effects) -> None:
    async def view(request: HttpRequest) -> None:
        await models.sold.asend(sender=None, price=5)
        await models.sold.asend_robust(sender=None, price=6)

    assert [told["arguments"]["price"] for told in effects("signals", view)] == [5, 6]


def test_a_signal_inside_another_comes_after_it(effects: Effects) -> None:
    outer = Signal()

    def pass_on(sender: object, **kwargs: object) -> None:
        models.sold.send(sender=None, price=1)

    outer.connect(pass_on)

    def view(request: HttpRequest) -> None:
        outer.send(sender=None)

    found = effects("signals", view)

    assert [told["signal"] for told in found] == [
        "django.dispatch.dispatcher.Signal",  # it has no name
        f"{PROJECT}.models.sold",
    ]


def test_query_sets_are_not_evaluated(effects: Effects) -> None:
    queries = []

    def view(request: HttpRequest) -> None:
        with CaptureQueriesContext(connection) as captured:
            models.sold.send(sender=None, stubs=models.Stub.objects.all())
        queries.append(len(captured))

    (told,) = effects("signals", view)

    assert queries == [0]
    assert told["arguments"]["stubs"] == {"$lazy": "django.db.models.query.QuerySet"}


def test_receivers_that_are_gone_are_not_told(effects: Effects) -> None:
    class Listener:
        def on_sold(self, sender: object, **kwargs: object) -> None:
            raise AssertionError

    listener = Listener()
    signal = Signal()
    signal.connect(listener.on_sold)
    del listener

    assert effects("signals", lambda request: signal.send(sender=None)) == []


def test_a_receiver_that_raises_is_the_programs_affair(effects: Effects) -> None:
    def fail(sender: object, **kwargs: object) -> None:
        raise LookupError("sold out")

    signal = Signal()
    signal.connect(fail)

    assert len(effects("signals", lambda request: signal.send(sender=None))) == 1


def test_senders_and_arguments_that_resist(effects: Effects) -> None:
    class Hostile:
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError("hands off")

        def __eq__(self, other: object) -> bool:
            raise RuntimeError("hands off")

        __hash__ = None  # type: ignore[assignment]

    def view(request: HttpRequest) -> None:
        models.sold.send(sender=None, what=Hostile())

    (told,) = effects("signals", view)

    assert "Hostile" in str(told["arguments"]["what"])


def test_only_so_many_are_kept(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        for _ in range(MAX_EFFECTS + 2):
            models.sold.send(sender=None)

    assert effects("signals", view)[-1] == {"dropped": 2}


def test_nothing_is_recorded_outside_of_a_request() -> None:
    assert len(models.sold.send(sender=None)) == 2
    assert post_save.has_listeners(models.Ticket)
