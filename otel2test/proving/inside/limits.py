"""Limits of a job's process: seconds for each test, and bytes for all of it.

What hangs in Python is interrupted by an exception, so that the framework shows where; what hangs
in C or swallows it is killed by the warm process, and where it hung stands in a file by then.
"""

from __future__ import annotations

import faulthandler
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn, TextIO

GRACE: Final = 3.0
"""Seconds that a test has to end after it was told to."""
_TELL: Final = 2.0
"""Seconds until it is written where it hangs, if it hangs on."""
_SIZES: Final = Path("/proc/self/status")
"""Linux alone has it, and alone holds a process to a limit of memory."""


class TimeLimitReached(BaseException):
    """A test took too long. Not an Exception, so that code that swallows those doesn't swallow it."""


class _State:
    seconds: float = 0.0
    file: TextIO | None = None


def install(seconds: float, memory: int | None, file: Path) -> None:
    """Put this process under the limits; ``file`` gets the stack where it crashes or hangs on."""
    _State.seconds = seconds
    _State.file = file.open("w", encoding="utf-8")
    faulthandler.enable(_State.file)
    signal.signal(signal.SIGALRM, _interrupt)
    if memory is not None and _SIZES.exists():
        limit = _size() + memory
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


@contextmanager
def timed() -> Iterator[None]:
    """Interrupt the block once it has taken too long."""
    signal.setitimer(signal.ITIMER_REAL, _State.seconds)
    if _State.file is not None:
        faulthandler.dump_traceback_later(_State.seconds + _TELL, file=_State.file)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()


@contextmanager
def untimed() -> Iterator[None]:
    """Don't count the block, where time is limited; what comes after it has what time was left."""
    left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    faulthandler.cancel_dump_traceback_later()
    try:
        yield
    finally:
        if left:
            signal.setitimer(signal.ITIMER_REAL, left)
            if _State.file is not None:
                faulthandler.dump_traceback_later(left + _TELL, file=_State.file)


def lift_memory_limit() -> None:
    """Let what has run out of memory be reported."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TimeLimitReached(f"still running after {_State.seconds:g} s")


def _size() -> int:
    """Return the bytes that this process has by now, as far as the limit counts them."""
    sizes = dict(line.split(":", 1) for line in _SIZES.read_text(encoding="ascii").splitlines())
    return int(sizes["VmData"].split()[0]) * 1024
