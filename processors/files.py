"""The files that a process writes: one line a trace, appended.

Named ``<service>-<pid>.json`` and opened when the first line comes, so that a process that
serves nothing (the parent of runserver's reloader, gunicorn's arbiter) leaves no file. A file
that is full is left as it is, and the next is begun: ``<service>-<pid>.1.json``, ``….2.json``,
and so on. Old files are deleted only where that is asked for. What cannot be written is lost
with one line on stderr; the app goes on.

A line is handed to the system in one piece as a rule, and what could be written of a line
that didn't fit is taken back: a process that is killed leaves whole lines, but for the last.

Compressed, each line is a member of gzip by itself, which is written in the same way, and the
names end in ``.json.gz``. Members that stand one after the other are a gzip file, too.
"""

import contextlib
import os
import re
import sys
import threading
import zlib
from pathlib import Path
from typing import Final, Literal, TypeAlias

from otel2test.processors.notices import say

Compression: TypeAlias = Literal["none", "gzip"]
_SUFFIXES: Final[dict[Compression, str]] = {"none": ".json", "gzip": ".json.gz"}
_FASTEST: Final = 1
"""More would halve a file that is a quarter already by no more than a tenth, at several times the cost."""
_GZIP: Final = 31
"""Tells zlib to write members of gzip."""
_REMEDY: Final = "make room or set OTEL2TEST_DIR to a folder that the app may write to, then restart it"


class TraceFile:
    """Appends lines to this process's file in ``directory``. Thread-safe; see :meth:`forget` for forks.

    A file takes no further line once it holds ``max_bytes``, as they are on the disk. Of a service's
    files the newest ``keep`` are kept, or all of them if that is 0, and always those that a process
    writes to.
    """

    def __init__(
        self,
        directory: Path,
        max_bytes: int = 256 * 1024 * 1024,
        keep: int = 0,
        compression: Compression = "none",
    ) -> None:
        self._directory = directory
        self._compression = compression
        self._max_bytes = max_bytes
        self._keep = keep
        self._descriptor: int | None = None
        self._inode = (0, 0)
        self.forget()

    def forget(self) -> None:
        """Start anew, in a child after a fork: the parent's file and lock stay the parent's."""
        self._lock = threading.RLock()
        self._number = 0
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None and self._state(descriptor) is not None:
            os.close(descriptor)

    def write(self, line: bytes, service: str) -> bool:
        """Append one line; return False where recording has to stop."""
        line += b"\n"
        if self._compression == "gzip":
            line = zlib.compress(line, _FASTEST, _GZIP)
        with self._lock:
            try:
                self._append(*self._open(service), line)
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

    def _open(self, service: str) -> tuple[int, int]:
        """Return the file's descriptor and how many bytes are in it."""
        descriptor = self._descriptor
        state = None if descriptor is None else self._state(descriptor)
        if descriptor is not None and state is not None:
            if state.st_nlink and state.st_size < self._max_bytes:
                return descriptor, state.st_size
            os.close(descriptor)  # it is full, or somebody cleared the folder while the app was running
        self._descriptor = None
        self._directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path(service), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._descriptor = descriptor
        state = os.fstat(descriptor)
        self._inode = _inode(state)
        self._prune(service)
        return descriptor, state.st_size

    def _state(self, descriptor: int) -> os.stat_result | None:
        """Return the state of what was opened; None if it isn't that any more, as daemons close all."""
        try:
            state = os.fstat(descriptor)
        except OSError:
            return None
        return state if _inode(state) == self._inode else None

    def _path(self, service: str) -> Path:
        """Return the first file of this process that isn't full."""
        while True:
            number = f".{self._number}" if self._number else ""
            name = f"{service}-{os.getpid()}{number}{_SUFFIXES[self._compression]}"
            path = self._directory / name
            try:
                if path.stat().st_size < self._max_bytes:
                    return path
            except FileNotFoundError:
                return path
            self._number += 1

    def _prune(self, service: str) -> None:
        """Delete the oldest files of ``service``, as many as there are too many."""
        if not self._keep:
            return
        name = re.compile(re.escape(service) + r"-(\d+)(?:\.(\d+))?\.json(?:\.gz)?")
        found: list[tuple[int, int, int, Path]] = []
        for path in self._directory.iterdir():
            if (parts := name.fullmatch(path.name)) is not None:
                with contextlib.suppress(OSError):  # another process may have been faster
                    found.append((path.stat().st_mtime_ns, int(parts[1]), int(parts[2] or 0), path))
        found.sort()
        last = {process: number for _, process, number, _ in sorted(found, key=lambda file: file[2])}
        for _, process, number, path in found[: -self._keep]:
            if number < last[process] or not _is_running(process):
                with contextlib.suppress(OSError):
                    path.unlink()

    def _append(self, descriptor: int, size: int, line: bytes) -> None:
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


def _inode(state: os.stat_result) -> tuple[int, int]:
    return state.st_dev, state.st_ino


def _is_running(process: int) -> bool:
    if sys.platform == "win32":
        return True  # there, signal 0 ends the process
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):  # the second for a name that is no process's
        return False
    except OSError:  # somebody else's
        return True
    return True


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
