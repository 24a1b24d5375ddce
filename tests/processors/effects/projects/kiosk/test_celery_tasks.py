"""Tasks that are given to Celery."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpRequest

pytest.importorskip("celery", reason="no Celery")

from celery import chain, group  # type: ignore[import-untyped]

from tests.processors.effects.projects.kiosk.celery_app import add, app, fail, pass_on
from tests.processors.effects.projects.kiosk.harness import MAX_EFFECTS

Effects = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def eager() -> Iterator[None]:
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def propagating() -> Iterator[None]:
    app.conf.task_eager_propagates = True
    yield
    app.conf.task_eager_propagates = False


def test_a_task_that_is_sent(effects: Effects) -> None:
    ids = []

    def view(request: HttpRequest) -> None:
        ids.append(add.delay(1, b=2).id)

    (told,) = effects("tasks", view)

    assert (told["library"], told["name"], told["id"]) == ("celery", "kiosk.add", ids[0])
    assert (told["arguments"], told["keywords"], told["options"]) == ([1], {"b": 2}, {})
    assert told["eager"] is False


def test_options_are_those_that_were_given(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        add.apply_async((1,), {"b": 2}, countdown=5, queue="slow", link=None)

    (told,) = effects("tasks", view)

    assert told["arguments"] == [1]
    assert "listed" not in told
    assert told["options"] == {"countdown": 5, "queue": "slow"}


def test_a_task_known_by_its_name(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        app.send_task("elsewhere.print", ["x"], kwargs={"copies": 2}, countdown=5)

    (told,) = effects("tasks", view)

    assert (told["name"], told["arguments"], told["keywords"]) == ("elsewhere.print", ["x"], {"copies": 2})
    assert told["listed"] is True
    assert told["options"] == {"countdown": 5}


def test_an_eager_task(effects: Effects, eager: None) -> None:
    (told,) = effects("tasks", lambda request: add.delay(1, 2))

    assert told["eager"] is True
    assert told["returned"] == 3


def test_what_an_eager_task_sends_comes_after_it(effects: Effects, eager: None) -> None:
    found = effects("tasks", lambda request: pass_on.delay())

    assert [(told["name"], told["returned"]) for told in found] == [("kiosk.pass_on", 1), ("kiosk.add", 2)]


def test_an_eager_task_that_fails(effects: Effects, eager: None) -> None:
    (told,) = effects("tasks", lambda request: fail.delay())

    assert told["raised"]["type"] == "builtins.LookupError"
    assert told["raised"]["message"] == "no change"
    assert "celery_app.py:" in told["raised"]["where"]
    assert "returned" not in told


def test_an_eager_task_whose_failure_comes_out(effects: Effects, eager: None, propagating: None) -> None:
    (told,) = effects("tasks", lambda request: fail.delay())

    assert told["eager"] is True
    assert told["raised"]["type"] == "builtins.LookupError"


def test_a_task_that_is_run_on_the_spot(effects: Effects) -> None:
    (told,) = effects("tasks", lambda request: add.apply((1, 2)))

    assert (told["eager"], told["returned"], told["arguments"]) == (True, 3, [1, 2])


def test_canvases(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        group(add.s(1, 1), add.s(2, 2)).apply_async()
        chain(add.s(3, 3), add.s(4)).apply_async()

    assert [told["arguments"] for told in effects("tasks", view)] == [[1, 1], [2, 2], [3, 3]]


def test_a_task_that_cannot_be_sent(effects: Effects, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise ConnectionRefusedError("no broker")

    monkeypatch.setattr(app.amqp, "send_task_message", refuse, raising=False)

    def view(request: HttpRequest) -> str:
        try:
            add.delay(1)
        except ConnectionRefusedError as error:
            return str(error)
        return "sent"

    (told,) = effects("tasks", view)

    assert told["raised"]["message"] == "no broker"
    assert told["eager"] is False


def test_secrets_are_replaced(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        app.send_task("log-in", kwargs={"password": "hunter2hunter2"})

    assert "hunter2" not in str(effects("tasks", view))


def test_only_so_many_are_kept(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        for _ in range(MAX_EFFECTS + 2):
            add.delay(1)

    assert effects("tasks", view)[-1] == {"dropped": 2}


def test_arguments_that_resist(effects: Effects, eager: None) -> None:
    class Hostile(int):
        def __repr__(self) -> str:
            raise RuntimeError("hands off")

    (told,) = effects("tasks", lambda request: add.apply((Hostile(1), 2)))

    assert told["arguments"] == [1, 2]


def test_nothing_is_recorded_outside_of_a_request() -> None:
    assert add.apply((1, 2)).result == 3
