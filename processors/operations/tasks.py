"""Tasks that a Celery worker runs: hooks on the signals that it sends around each.

A task that a request runs eagerly is part of that request. Ours has to be the last to see
the beginning of a task, and the first to see its end: the span that an instrumentation of
Celery makes is around it.
"""

from __future__ import annotations

from typing import Any, Final

from otel2test.processors.guard import guard
from otel2test.processors.operations.running import Operation, begin

_UID: Final = "otel2test"
_MOST: Final = 1000

_running: Final[dict[str, Operation]] = {}
"""By the id of the task."""
_errors: Final[dict[str, BaseException]] = {}


def install(module: Any) -> None:
    """Hook into ``celery.signals``."""
    with guard("operations: celery"):
        module.task_prerun.connect(_begins, weak=False, dispatch_uid=_UID)
        module.task_failure.connect(_failed, weak=False, dispatch_uid=_UID)
        module.task_retry.connect(_retried, weak=False, dispatch_uid=_UID)
        module.task_postrun.connect(_ends, weak=False, dispatch_uid=_UID)

        def worker_starts(**_: object) -> None:
            with guard("operations: celery"):
                module.task_prerun.disconnect(_begins, dispatch_uid=_UID)
                module.task_prerun.connect(_begins, weak=False, dispatch_uid=_UID)

        module.worker_init.connect(worker_starts, weak=False, dispatch_uid=_UID)


def _begins(sender: Any = None, task_id: str = "", args: Any = None, kwargs: Any = None, **_: object) -> None:
    with guard("operations: task"):
        if len(_running) >= _MOST:
            return  # what is begun has to be ended
        operation = begin("task", str(sender.name), sender.run, args, kwargs)
        if operation is not None:
            _running[task_id] = operation


def _failed(task_id: str = "", exception: BaseException | None = None, **_: object) -> None:
    with guard("operations: task"):
        if task_id in _running and exception is not None:
            _errors[task_id] = exception


def _retried(request: Any = None, reason: object = None, **_: object) -> None:
    with guard("operations: task"):
        if request is not None and request.id in _running and isinstance(reason, BaseException):
            _errors[request.id] = reason


def _ends(task_id: str = "", retval: object = None, **_: object) -> None:
    with guard("operations: task"):
        operation, error = _running.pop(task_id, None), _errors.pop(task_id, None)
        if operation is None:
            return
        if error is None:
            operation.end(None, retval)
        else:
            operation.end(error)
