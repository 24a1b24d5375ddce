"""Tasks that the program gives to ``django.tasks``, which came with Django 6.0.

Hooked are ``Task.enqueue`` and ``aenqueue``. What a task does that its back end runs at once
is recorded after it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from otel2test.attributes import TASKS
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.effects.ledger import Moment, now
from otel2test.processors.effects.operations import Payload
from otel2test.processors.failures import failure_of_library
from otel2test.processors.guard import guard
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import snapshot, snapshot_mapping

_DEFAULTS: Final[dict[str, object]] = {
    "priority": 0,
    "queue_name": "default",
    "run_after": None,
    "backend": "default",
}
"""Options of a task."""


def hook_tasks(module: Any) -> None:
    """Record the tasks that are enqueued."""
    replace_method(module.Task, "enqueue", _enqueuing)
    replace_method(module.Task, "aenqueue", _enqueuing_async)


def _enqueuing(enqueue: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        moment = now(TASKS)
        payload = _payload(self, args, kwargs) if moment is not None else {}
        try:
            result = enqueue(self, *args, **kwargs)
        except BaseException as error:
            _failed(moment, payload, error)
            raise
        _enqueued(moment, payload, result)
        return result

    return recorded


def _enqueuing_async(enqueue: Callable[..., Any]) -> Callable[..., Any]:
    async def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        moment = now(TASKS)
        payload = _payload(self, args, kwargs) if moment is not None else {}
        try:
            result = await enqueue(self, *args, **kwargs)
        except BaseException as error:
            _failed(moment, payload, error)
            raise
        _enqueued(moment, payload, result)
        return result

    return recorded


def _payload(task: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Payload:
    with guard("effects: task"):
        options = {name: getattr(task, name) for name in _DEFAULTS}
        return {
            "library": "django",
            "name": task.module_path,
            "id": "",
            "arguments": [snapshot(value) for value in args],
            "keywords": snapshot_mapping(kwargs),
            "options": snapshot_mapping({k: v for k, v in options.items() if v != _DEFAULTS[k]}),
            "eager": False,
        }
    return {}


def _failed(moment: Moment | None, payload: Payload, error: BaseException) -> None:
    with guard("effects: task"):
        if moment is not None and payload:
            moment.note({**payload, "raised": failure_of_library(error)})


def _enqueued(moment: Moment | None, payload: Payload, result: Any) -> None:
    with guard("effects: task"):
        if moment is None or not payload:
            return
        payload["id"] = str(result.id)
        payload["eager"] = bool(result.is_finished)
        if result.errors:
            told = result.errors[-1]
            lines = told.traceback.strip().splitlines() or [""]
            message = redactor.redact_text(lines[-1].partition(": ")[2])
            payload["raised"] = {"type": told.exception_class_path, "message": message, "where": ""}
        elif result.is_finished:
            payload["returned"] = snapshot(result._return_value)
        moment.note(payload)
