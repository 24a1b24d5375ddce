"""Tasks that are given to ``django.tasks``."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpRequest
from django.test.utils import override_settings

from tests.processors.effects.projects.kiosk.harness import MAX_EFFECTS

tasks: Any = pytest.importorskip("django.tasks", reason="django.tasks came with Django 6.0")

task: Callable[..., Callable[[Callable[..., Any]], Any]] = tasks.task

Effects = Callable[..., list[dict[str, Any]]]


@task()
def add(a: int, b: int = 0) -> int:
    return a + b


@task(priority=3)
def fail() -> None:
    raise LookupError("no change")


@task()
def pass_on() -> int:
    add.enqueue(1, b=1)
    return 1


@pytest.fixture
def waiting() -> Iterator[None]:
    """A back end that only takes note."""
    with override_settings(TASKS={"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}):
        yield


def test_a_task_that_ran_at_once(effects: Effects) -> None:
    ids = []

    def view(request: HttpRequest) -> None:
        ids.append(add.enqueue(1, b=2).id)

    (told,) = effects("tasks", view)

    assert told.pop("id") != ""
    assert told == {
        "library": "django",
        "name": f"{__name__}.add",
        "arguments": [1],
        "keywords": {"b": 2},
        "options": {},
        "eager": True,
        "returned": 3,
    }


def test_a_task_that_waits(effects: Effects, waiting: None) -> None:
    (told,) = effects("tasks", lambda request: add.using(priority=5).enqueue(1))

    assert told["eager"] is False
    assert told["options"] == {"priority": 5}
    assert "returned" not in told


def test_a_task_that_failed(effects: Effects) -> None:
    (told,) = effects("tasks", lambda request: fail.enqueue())

    assert told["raised"] == {"type": "builtins.LookupError", "message": "no change", "where": ""}
    assert told["options"] == {"priority": 3}


def test_what_a_task_enqueues_comes_after_it(effects: Effects) -> None:
    found = effects("tasks", lambda request: pass_on.enqueue())

    assert [told["name"].rpartition(".")[2] for told in found] == ["pass_on", "add"]


def test_a_task_that_is_awaited(effects: Effects) -> None:
    async def view(request: HttpRequest) -> object:
        return (await add.aenqueue(1, 2)).return_value

    (told,) = effects("tasks", view)

    assert told["returned"] == 3


def test_a_task_that_is_refused(effects: Effects) -> None:
    def view(request: HttpRequest) -> str:
        try:
            add.enqueue(object())
        except TypeError as error:
            return str(error)
        return "enqueued"

    (told,) = effects("tasks", view)

    assert told["raised"]["type"] == "builtins.TypeError"


def test_only_so_many_are_kept(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        for _ in range(MAX_EFFECTS + 2):
            add.enqueue(1)

    assert effects("tasks", view)[-1] == {"dropped": 2}


def test_a_result_that_resists(effects: Effects, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any) -> bool:
        raise RuntimeError("hands off")

    monkeypatch.setattr(tasks.TaskResult, "is_finished", property(refuse))

    assert effects("tasks", lambda request: add.enqueue(1), faulty=True) == []


def test_nothing_is_recorded_outside_of_a_request() -> None:
    assert add.enqueue(1, b=2).return_value == 3
