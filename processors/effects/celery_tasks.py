"""Tasks that the program gives to Celery.

Hooked are ``Task.apply_async``, which ``delay`` and canvases come down to,
``Celery.send_task`` for tasks known by name only, and ``Task.apply``, which runs a task on
the spot. Sending is one record, whichever of these it passes; what an eager task does
itself, such as sending further ones, is recorded after it.
"""

import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final

from otel2test.attributes import TASKS
from otel2test.processors import kinds
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.effects.ledger import Moment, now
from otel2test.processors.effects.operations import Payload
from otel2test.processors.failures import failure_of_library
from otel2test.processors.guard import guard
from otel2test.processors.snapshots import snapshot, snapshot_mapping
from otel2test.values import Wire

_OWN: Final = frozenset(
    {
        "args", "kwargs", "name", "task_id", "producer", "connection", "publisher", "router", "result_cls",
        "task_type", "add_to_parent", "root_id", "parent_id", "group_index", "replaced_task_nesting", "throw",
        "logfile", "loglevel",
    }
)  # fmt: skip
"""Parameters that are no options of the program's."""

_on_its_way: Final[ContextVar[bool]] = ContextVar("otel2test_task", default=False)
"""Whether a task is being sent, by a method that is built on another."""


def hook_tasks(module: Any) -> None:
    """Record the tasks that are sent or run by their task object."""
    replace_method(module.Task, "apply_async", _sending)
    replace_method(module.Task, "apply", _running)


def hook_application(module: Any) -> None:
    """Record the tasks that are sent by their name."""
    replace_method(module.Celery, "send_task", _sending_by_name)


def _sending(apply_async: Callable[..., Any]) -> Callable[..., Any]:
    names = ("args", "kwargs", "task_id", "producer", "link", "link_error", "shadow")

    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        caller = sys._getframe().f_back  # None in a greenlet that begins with this function
        is_delay = (
            caller is not None
            and caller.f_code.co_name == "delay"
            and caller.f_globals.get("__name__") == "celery.app.task"
        )
        method = "delay" if is_delay else "apply_async"
        return _perform(
            apply_async,
            self,
            args,
            kwargs,
            lambda: (self.name, _given(names, args, kwargs)),
            called={"method": method, "named": [*kwargs]},
        )

    return recorded


def _sending_by_name(send_task: Callable[..., Any]) -> Callable[..., Any]:
    names = ("name", "args", "kwargs", "countdown", "eta", "task_id")

    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        def describe() -> tuple[str, dict[str, Any]]:
            given = _given(names, args, kwargs)
            return given["name"], given

        return _perform(send_task, self, args, kwargs, describe)

    return recorded


def _running(apply: Callable[..., Any]) -> Callable[..., Any]:
    names = ("args", "kwargs", "link", "link_error", "task_id", "retries")

    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not _on_its_way.get():
            return _perform(
                apply, self, args, kwargs, lambda: (self.name, _given(names, args, kwargs)), runs=True
            )
        # What the task does now is its own doing.
        token = _on_its_way.set(False)
        try:
            return apply(self, *args, **kwargs)
        finally:
            _on_its_way.reset(token)

    return recorded


def _given(names: tuple[str, ...], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {**dict(zip(names, args, strict=False)), **kwargs}


def _perform(
    call: Callable[..., Any],
    owner: Any,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    describe: Callable[[], tuple[str, dict[str, Any]]],
    *,
    runs: bool = False,
    called: Payload | None = None,
) -> Any:
    moment = None if _on_its_way.get() else now(TASKS)
    if moment is None:
        return call(owner, *args, **kwargs)
    payload: Payload = {}
    with guard("effects: task"):
        payload = {**_payload(owner, *describe(), runs=runs), **(called or {})}
    token = _on_its_way.set(not runs)
    try:
        result = call(owner, *args, **kwargs)
    except BaseException as error:
        with guard("effects: task"):
            _note(moment, {**payload, "raised": failure_of_library(error)})
        raise
    finally:
        _on_its_way.reset(token)
    with guard("effects: task"):
        _note(moment, _answered(payload, result))
    return result


def _payload(owner: Any, name: str, given: Mapping[str, Any], *, runs: bool) -> Payload:
    arguments, keywords = given.get("args"), given.get("kwargs")
    application = getattr(owner, "_app", None)
    module, function = getattr(owner, "__module__", None), getattr(owner, "__name__", None)
    where: Payload = {"function": f"{module}.{function}"} if type(module) is type(function) is str else {}
    if type(arguments) is list:
        where["listed"] = True
    options = {key: value for key, value in given.items() if key not in _OWN and value is not None}
    return {
        "library": "celery",
        "name": name,
        "id": str(given.get("task_id") or ""),
        "arguments": _wires(arguments),
        "keywords": snapshot_mapping(keywords) if kinds.is_a(keywords, dict) else {},
        "options": snapshot_mapping(options),
        **where,
        "eager": runs or bool(application is not None and application.conf.task_always_eager),
    }


def _wires(values: Any) -> list[Wire]:
    return [snapshot(value) for value in values] if type(values) in (list, tuple) else []


def _answered(payload: Payload, result: Any) -> Payload:
    """Add what is known of the result without asking the back end for it."""
    parts = vars(result)
    payload = {**payload, "id": str(parts.get("id")), "eager": "_result" in parts}
    if "_result" in parts:
        outcome = parts["_result"]
        if kinds.is_a(outcome, BaseException):
            payload["raised"] = failure_of_library(outcome)
        else:
            payload["returned"] = snapshot(outcome)
    return payload


def _note(moment: Moment, payload: Payload) -> None:
    if payload.get("name"):
        moment.note(payload)
