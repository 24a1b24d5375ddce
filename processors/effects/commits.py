"""Functions that the program registers with ``transaction.on_commit``, and which of them ran.

Hooked are ``BaseDatabaseWrapper.on_commit`` and ``run_and_clear_commit_hooks``. The program's
function itself is registered, as its tests may look for it; that it ran is known by its being
gone from the list. Which entry is which is told by the set of savepoints in it, which Django
makes for each and keeps when it makes the list anew.
"""

from collections.abc import Callable
from functools import partial
from time import perf_counter_ns
from typing import Any, Final
from weakref import WeakKeyDictionary

from otel2test.attributes import COMMIT_HOOKS
from otel2test.processors import kinds
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.effects.ledger import Moment, now
from otel2test.processors.effects.operations import Payload
from otel2test.processors.guard import guard

_waiting: Final[WeakKeyDictionary[Any, list[tuple[object, Moment, Payload]]]] = WeakKeyDictionary()
"""Connection → the hooks that wait for its commit, by their set of savepoints."""


def hook_connections(module: Any) -> None:
    """Record the commit hooks of every connection."""
    replace_method(module.BaseDatabaseWrapper, "on_commit", _registering)
    replace_method(module.BaseDatabaseWrapper, "run_and_clear_commit_hooks", _running)


def _registering(on_commit: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
        moment = now(COMMIT_HOOKS)
        if moment is None:
            return on_commit(self, func, *args, **kwargs)
        payload: Payload = {}
        with guard("effects: commit hook"):
            payload = {"alias": self.alias, "function": _name(func) if callable(func) else ""}
            if not self.in_atomic_block:
                payload["ran"] = moment.start
        before = len(self.run_on_commit)
        try:
            return on_commit(self, func, *args, **kwargs)
        finally:
            with guard("effects: commit hook"):
                _registered(self, moment, payload, before)

    return recorded


def _registered(connection: Any, moment: Moment, payload: Payload, before: int) -> None:
    if "ran" in payload:
        if connection.autocommit and payload["function"]:
            moment.note(payload)  # else it was refused
    elif len(connection.run_on_commit) > before:
        moment.note(payload, changes=True)
        savepoints = [entry[0] for entry in connection.run_on_commit]
        kept = [item for item in _waiting.get(connection, ()) if _is_among(item[0], savepoints)]
        _waiting[connection] = [*kept, (savepoints[-1], moment, payload)]


def _running(run_and_clear: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any) -> Any:
        waiting = _waiting.pop(self, None)
        if not waiting:
            return run_and_clear(self)
        due = self.run_on_commit  # Django takes from this very list what it runs
        registered = [entry[0] for entry in due]
        begun = perf_counter_ns()
        try:
            return run_and_clear(self)
        finally:
            with guard("effects: commit hook"):
                left = [entry[0] for entry in due]
                for savepoints, moment, payload in waiting:
                    if _is_among(savepoints, registered) and not _is_among(savepoints, left):
                        payload["ran"] = begun - moment.ledger.origin

    return recorded


def _is_among(savepoints: object, all_savepoints: list[Any]) -> bool:
    return any(known is savepoints for known in all_savepoints)


def _name(function: Any) -> str:
    while kinds.is_a(function, partial):
        function = function.func
    return kinds.reference(function)
