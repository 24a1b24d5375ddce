"""The file that a process writes: one line a trace, appended.

Named ``<service>-<pid>.json`` and opened when the first line comes, so that a process that
serves nothing (the parent of runserver's reloader, gunicorn's arbiter) leaves no file. What
cannot be written is lost with one line on stderr; the app goes on.
"""

import os
import re
import sys
import threading
from pathlib import Path
from typing import Final

from otel2test.processors.notices import say

_REMEDY: Final = "make room or set OTEL2TEST_DIR to a folder that the app may write to, then restart it"


class TraceFile:
    """Appends lines to this process's file in ``directory``. Thread-safe; see :meth:`forget` for forks."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptor: int | None = None
        self.forget()

    def forget(self) -> None:
        """Start anew, in a child after a fork: the parent's file and lock stay the parent's."""
        self._lock = threading.RLock()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def write(self, line: bytes, service: str) -> bool:
        """Append one line; return False where recording has to stop."""
        with self._lock:
            try:
                self._append(self._open(service), line + b"\n")
            except OSError as error:
                self._tell(error)
                return False
        return True

    def is_writable(self) -> bool:
        """Return whether the folder can be written to or made, and tell if not; touches nothing."""
        try:
            made = next(folder for folder in (self._directory, *self._directory.parents) if folder.exists())
            if made.is_dir() and os.access(made, os.W_OK | os.X_OK):
                return True
            self._tell(None)
        except OSError as error:  # a folder above may not be looked into
            self._tell(error)
        return False

    def _open(self, service: str) -> int:
        descriptor = self._descriptor
        if descriptor is not None:
            if os.fstat(descriptor).st_nlink:
                return descriptor
            os.close(descriptor)  # somebody cleared the folder while the app was running
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{service}-{os.getpid()}.json"
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        return self._descriptor

    def _append(self, descriptor: int, line: bytes) -> None:
        size = os.fstat(descriptor).st_size
        try:
            written = os.write(descriptor, line)
            while written < len(line):  # a disk that fills up takes the beginning first
                written += os.write(descriptor, line[written:])
        except OSError:
            os.ftruncate(descriptor, size)
            raise

    def _tell(self, error: OSError | None) -> None:
        reason = f": {error.strerror}" if error is not None and error.strerror else ""
        say(f"not recording, cannot write to {self._directory}{reason}", _REMEDY)


def service_name(declared: object) -> str:
    """Return the first part of the file's name.

    ``declared`` is the resource's ``service.name``. Where OpenTelemetry made it up, the
    project's folder says more: the one of manage.py, or the working directory.
    """
    if isinstance(declared, str) and declared and not declared.startswith("unknown_service"):
        return slug(declared)
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    if main is not None and Path(main).name == "manage.py":
        return slug(Path(main).resolve().parent.name)
    return slug(Path.cwd().name)


def slug(name: str) -> str:
    """Return ``name`` as part of a file name."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-.")[:100] or "app"
