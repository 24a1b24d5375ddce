"""While a test is on, no program is started: nobody could say what it touches.

What the standard library asks by way of a program, and would do without, is let pass: where a shared
library is, what this machine is called.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from typing import Any, Final

from otel2test.proving.inside import refusing

_ASKING: Final = frozenset({"ctypes.util", "platform", "uuid"})
"""Modules that start nothing but ``ldconfig``, ``ld``, ``gcc``, ``objdump``, ``uname``, ``ip`` and such."""
_BETWEEN: Final = frozenset({"contextlib", "os", "subprocess", __name__, refusing.__name__})
_SHOWN: Final = 80
_TRACKER: Final = "multiprocessing.resource_tracker"
"""Of ours: it removes what shared memory a process leaves behind."""


def guard() -> None:
    """Refuse from now on, while a test is on."""
    import wrapt

    refusing.enforce(dict.fromkeys(_COMMANDS, _start))
    wrapt.register_post_import_hook(_guard_spawning, "multiprocessing.util")


def _start(event: str, arguments: tuple[Any, ...]) -> None:
    if refusing.is_testing() and not _is_asking():
        command = _COMMANDS[event](arguments)
        text = command if isinstance(command, str) else _joined(command)
        _refuse(text)


def _guard_spawning(module: Any) -> None:
    """Look at what multiprocessing starts, too, of which no audit hook is told."""
    import wrapt

    def spawn(started: Callable[..., Any], _module: Any, args: Any, kwargs: Any) -> Any:
        command = _joined(args[1] if len(args) > 1 else kwargs.get("args", ()))
        if refusing.is_testing() and _TRACKER not in command:
            _refuse(command)
        return started(*args, **kwargs)

    wrapt.wrap_function_wrapper(module, "spawnv_passfds", spawn)


def _refuse(command: str) -> None:
    shown = command if len(command) <= _SHOWN else f"{command[:_SHOWN]}…"
    refusing.refuse(f"the program {shown}", PermissionError)


def _is_asking() -> bool:
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") in _BETWEEN:
        frame = frame.f_back
    return frame.f_globals.get("__name__") in _ASKING


def _joined(command: Any) -> str:
    try:
        return shlex.join(os.fsdecode(part) for part in command)
    except TypeError:
        return str(command)


def _of_popen(arguments: tuple[Any, ...]) -> Any:
    executable, command = arguments[0], arguments[1]
    if isinstance(command, str | bytes | os.PathLike):
        return os.fsdecode(command)
    return [*command] or [executable]


_COMMANDS: Final[dict[str, Callable[[tuple[Any, ...]], Any]]] = {
    "os.exec": lambda arguments: [arguments[0], *[*arguments[1]][1:]],
    "os.posix_spawn": lambda arguments: [arguments[0], *[*arguments[1]][1:]],
    "os.system": lambda arguments: os.fsdecode(arguments[0]),
    "pty.spawn": lambda arguments: arguments[0],
    "subprocess.Popen": _of_popen,
}
"""Event → the command line that it tells."""
