"""Functions that wait for the commit."""

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest

from tests.processors.effects.projects.kiosk.harness import MAX_EFFECTS

Effects = Callable[..., list[dict[str, Any]]]
HERE = __name__

done: list[str] = []


def notify(what: str = "plain") -> None:
    done.append(what)


def fail() -> None:
    raise LookupError("nobody to notify")


def test_after_the_commit(effects: Effects) -> None:
    done.clear()

    def view(request: HttpRequest) -> None:
        with transaction.atomic():
            transaction.on_commit(notify)
            transaction.on_commit(partial(notify, "partial"))
            assert next(entry[1] for entry in connection.run_on_commit) is notify

    first, second = effects("commit_hooks", view)

    assert done == ["plain", "partial"]
    assert (first["alias"], first["function"]) == ("default", f"{HERE}.notify")
    assert second["function"] == f"{HERE}.notify"
    assert first["ran"] > 0


def test_a_transaction_that_is_rolled_back(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        with contextlib.suppress(LookupError), transaction.atomic():
            transaction.on_commit(notify)
            raise LookupError("changed my mind")
        with transaction.atomic():
            transaction.on_commit(notify)

    first, second = effects("commit_hooks", view)

    assert "ran" not in first
    assert "ran" in second


def test_a_savepoint_that_is_rolled_back(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        with transaction.atomic():
            transaction.on_commit(partial(notify, "kept"))
            with contextlib.suppress(LookupError), transaction.atomic():
                transaction.on_commit(partial(notify, "lost"))
                raise LookupError("changed my mind")
            transaction.on_commit(partial(notify, "late"))

    done.clear()
    found = effects("commit_hooks", view)

    assert done == ["kept", "late"]
    assert ["ran" in told for told in found] == [True, False, True]


def test_without_a_transaction(effects: Effects) -> None:
    (told,) = effects("commit_hooks", lambda request: transaction.on_commit(notify))

    assert "ran" in told


def test_those_after_one_that_raises_do_not_run(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        with transaction.atomic():
            transaction.on_commit(notify)
            transaction.on_commit(fail)
            transaction.on_commit(notify)

    found = effects("commit_hooks", view)

    assert ["ran" in told for told in found] == [True, True, False]


def test_what_cannot_be_called_is_refused(effects: Effects) -> None:
    refused: Any = "notify"

    def view(request: HttpRequest) -> str:
        try:
            transaction.on_commit(refused)
        except TypeError as error:
            return str(error)
        return "registered"

    assert effects("commit_hooks", view) == []


def test_a_function_that_resists(effects: Effects) -> None:
    class Hostile:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("hands off")

        def __repr__(self) -> str:
            raise RuntimeError("hands off")

        def __call__(self) -> None:
            done.append("hostile")

    done.clear()
    (told,) = effects("commit_hooks", lambda request: transaction.on_commit(Hostile()))

    assert done == ["hostile"]
    assert told["function"].endswith("Hostile")


def test_only_so_many_are_kept(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        with transaction.atomic():
            for _ in range(MAX_EFFECTS + 2):
                transaction.on_commit(notify)

    assert effects("commit_hooks", view)[-1] == {"dropped": 2}


def test_nothing_is_recorded_outside_of_a_request() -> None:
    done.clear()
    with transaction.atomic():
        transaction.on_commit(notify)
    assert done == ["plain"]
