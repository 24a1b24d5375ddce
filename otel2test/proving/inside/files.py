"""While a test is on, nothing of the user's files is written, moved or removed.

What Python's own functions are about to do to a file is seen, whichever library asks for it; what a
library does in C is not. What a call can't change anyway, such as making a folder that is there, is left
to fail or to succeed as ever.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from otel2test.proving.inside import refusing

_OPENED_TO_WRITE: Final = os.O_WRONLY | os.O_RDWR | os.O_TRUNC
_PATHS: Final[dict[str, tuple[tuple[int, int | None], ...]]] = {
    "os.chflags": ((0, None),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.link": ((0, 2), (1, 3)),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.removexattr": ((0, None),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.setxattr": ((0, None),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.utime": ((0, 3),),
}
"""Event → where among its arguments paths stand, each with the place of the folder that it is relative to."""
_VERBS: Final = {
    "os.link": "linking",
    "os.mkdir": "making",
    "os.remove": "removing",
    "os.rename": "moving",
    "os.rmdir": "removing",
    "os.symlink": "making",
    "os.truncate": "writing to",
}
_MAKING: Final = frozenset({"os.mkdir", "os.symlink"})
_OF_LINKS: Final = frozenset({"os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink"})
"""These act on a symbolic link itself, and not on what it leads to."""
_DEVICES: Final = re.compile(r"/dev/(?:null|zero|full|random|urandom|tty|(?:fd|pts|shm)/.*)|/proc/(\d+)/.*")
_REMADE: Final = re.compile(r"(?:.*/)?(?:__pycache__/.*|\.coverage[^/]*)", re.DOTALL)
"""Made anew whenever they are missing, by Python and by what measures the project's own tests."""
_IN_MEMORY: Final = frozenset({"", ":memory:"})


class _State:
    folders: tuple[str, ...] = ()


def guard(folders: Iterable[str]) -> None:
    """Refuse from now on, while a test is on; files below ``folders`` and temporary ones may be written."""
    allowed = {os.path.realpath(folder) for folder in (*folders, tempfile.gettempdir())}
    _State.folders = tuple(os.path.join(folder, "") for folder in allowed)  # noqa: PTH118 - with a separator
    refusing.enforce({"open": _open, "sqlite3.connect": _connect, **dict.fromkeys(_PATHS, _change)})


def _open(_event: str, arguments: tuple[Any, ...]) -> None:
    path, _, flags = arguments
    if not refusing.is_testing() or isinstance(path, int) or not flags & (_OPENED_TO_WRITE | os.O_CREAT):
        return
    place = _place(path)
    exists = os.path.lexists(place)
    if exists and (not flags & _OPENED_TO_WRITE or flags & os.O_EXCL):
        return
    if (exists or flags & os.O_CREAT) and not _is_allowed(place):
        refusing.refuse(f"writing to {place}", PermissionError)


def _change(event: str, arguments: tuple[Any, ...]) -> None:
    if not refusing.is_testing():
        return
    places = [
        _place(arguments[path], -1 if folder is None else arguments[folder], follow=event not in _OF_LINKS)
        for path, folder in _PATHS[event]
    ]
    if os.path.lexists(places[0]) == (event in _MAKING):
        return
    for place in places:
        if not _is_allowed(place):
            refusing.refuse(f"{_VERBS.get(event, 'changing')} {place}", PermissionError)


def _connect(_event: str, arguments: tuple[Any, ...]) -> None:
    if not refusing.is_testing():
        return
    name = os.fsdecode(arguments[0])
    if name in _IN_MEMORY:
        return
    if name.startswith("file:"):
        path, _, query = name.removeprefix("file:").partition("?")
        options = parse_qs(query.partition("#")[0])
        path = unquote(path.partition("#")[0])
        if path in _IN_MEMORY or {"memory", "ro"} & {*options.get("mode", ())} or "immutable" in options:
            return
        name = re.sub(r"^//(?:localhost)?(?=/)", "", path)
    place = _place(name)
    if not _is_allowed(place):
        refusing.refuse(f"writing to the database {place}", PermissionError)


def _is_allowed(place: str) -> bool:
    if os.path.join(place, "").startswith(_State.folders) or _REMADE.fullmatch(place):  # noqa: PTH118
        return True
    device = _DEVICES.fullmatch(place)
    return device is not None and device[1] in {None, str(os.getpid())}


def _place(path: Any, folder: int = -1, *, follow: bool = True) -> str:
    """Return which file a path leads to; ``folder`` is the descriptor of what it is relative to, if not -1.

    Of an open file that has no name, such as a pipe, that is a device.
    """
    if isinstance(path, int):
        return _of_descriptor(path) or os.devnull
    text = os.fsdecode(path)
    if folder >= 0:
        text = os.path.join(_of_descriptor(folder), text)  # noqa: PTH118 - an absolute one stays as it is
    head, name = os.path.split(text.rstrip(os.sep) or os.sep)
    if follow or name in {"", os.curdir, os.pardir}:
        return os.path.realpath(text)
    return os.path.join(os.path.realpath(head), name)  # noqa: PTH118 - texts, as all here


def _of_descriptor(number: int) -> str:
    """Return the path of an open file, nothing if it has none."""
    try:
        if sys.platform == "darwin":
            import fcntl

            told = fcntl.fcntl(number, fcntl.F_GETPATH, bytes(1024))
            return os.fsdecode(told.partition(b"\0")[0])
        path = os.readlink(f"/proc/self/fd/{number}")  # noqa: PTH115 - as above
    except OSError:
        return ""
    return path if path.startswith(os.sep) else ""
