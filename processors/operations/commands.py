"""Management commands of the project: hooks around ``BaseCommand``.

Django's own commands and those of installed packages are left alone, as they serve
(``runserver``), wait for a person (``shell``) or do what no test is made of (``migrate``),
unless ``OTEL2TEST_INCLUDE`` names them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Final

from otel2test.processors import project
from otel2test.processors.arguments import conceal_arguments
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.guard import guard, guarded
from otel2test.processors.operations.running import Operation, begin

_COMMON: Final = frozenset(
    {
        "args",
        "force_color",
        "no_color",
        "pythonpath",
        "settings",
        "skip_checks",
        "stderr",
        "stdout",
        "traceback",
        "verbosity",
    }
)
"""Options that every command has."""

_typed: Final[ContextVar[tuple[str, ...] | None]] = ContextVar("otel2test_typed", default=None)
_running: Final[ContextVar[tuple[Any, Operation] | None]] = ContextVar("otel2test_command", default=None)


def install(module: Any) -> None:
    """Hook into ``django.core.management.base``."""
    with guard("operations: commands"):
        replace_method(module.BaseCommand, "run_from_argv", _typing)
        replace_method(module.BaseCommand, "execute", _executing)
        replace_method(module.OutputWrapper, "write", _writing)


def _typing(run_from_argv: Callable[..., Any]) -> Callable[..., Any]:
    def noted(self: Any, argv: Any) -> Any:
        _note(argv)
        return run_from_argv(self, argv)

    return noted


@guarded("operations: typed", None)
def _note(argv: Sequence[str]) -> None:
    _typed.set(tuple(argv[2:]))


def _executing(execute: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, *args: Any, **options: Any) -> Any:
        operation = _begun(self, args, options)
        if operation is None:
            return execute(self, *args, **options)
        try:
            returned = execute(self, *args, **options)
        except BaseException as error:
            _ended(operation, error)
            raise
        _ended(operation, None)
        return returned

    return recorded


@guarded("operations: command", None)
def _begun(command: Any, args: Sequence[object], options: dict[str, Any]) -> Operation | None:
    handle = inspect.unwrap(type(command).handle)
    typed = _typed.get()
    _typed.set(None)
    code = getattr(handle, "__code__", None)
    if code is None or not project.current().owns(code, handle.__globals__):
        return None
    own = {name: value for name, value in options.items() if name not in _COMMON}
    operation = begin(
        "command",
        type(command).__module__.rpartition(".")[2],
        handle,
        args if typed is None else conceal_arguments(typed),
        own,
    )
    if operation is not None:
        _running.set((command, operation))
    return operation


@guarded("operations: command", None)
def _ended(operation: Operation, error: BaseException | None) -> None:
    _running.set(None)
    operation.end(error)


def _writing(write: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        _wrote(self, *args, **kwargs)
        return write(self, *args, **kwargs)

    return recorded


@guarded("operations: output", None)
def _wrote(wrapper: Any, msg: object = "", style_func: object = None, ending: object = None) -> None:  # noqa: ARG001
    running = _running.get()
    if running is None or vars(running[0]).get("stdout") is not wrapper or type(msg) is not str:
        return
    end = wrapper.ending if ending is None else ending
    running[1].write(msg if not isinstance(end, str) or msg.endswith(end) else msg + end)
