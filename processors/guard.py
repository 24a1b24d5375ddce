"""The recorder is a guest: what goes wrong inside it is swallowed, logged once and counted.

Counted twice: for the process (:func:`faults`), and by whoever listens, which is the
recorder, who puts it into the trace that it happened in. ``KeyboardInterrupt`` and
``SystemExit`` are never ours: they pass.
"""

import logging
import os
import threading
from collections import Counter
from collections.abc import Callable
from functools import lru_cache, wraps
from types import TracebackType
from typing import Final, ParamSpec, TypeVar

logger = logging.getLogger("otel2test.recorder")

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D")

_REPORT: Final = (
    "the app is not affected; please report this with the traceback below, and with the versions of "
    "otel2test, Python and Django"
)


class _State:
    """What is counted, and who wants to know."""

    lock = threading.RLock()
    """Reentrant: a garbage collection inside may run code of ours, which may fail too."""
    faults: Final[Counter[str]] = Counter()
    listener: Callable[[str], None] | None = None


def _renew_lock() -> None:
    # Another thread of the parent may have held it when the process forked.
    _State.lock = threading.RLock()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_renew_lock)


def fault(where: str, error: BaseException) -> None:
    """Count a failure of the recorder's own at ``where``, and log the first of its kind."""
    try:
        key = f"{where}: {type(error).__name__}"
        with _State.lock:
            _State.faults[key] += 1
            first = _State.faults[key] == 1
        if _State.listener is not None:
            _State.listener(key)
        if first:
            logger.warning("otel2test could not record (%s); %s", key, _REPORT, exc_info=error)
    except Exception:  # noqa: BLE001, S110 - nothing may escape from here, logging handlers included
        pass


def on_fault(listener: Callable[[str], None] | None) -> None:
    """Call ``listener`` with each failure, as :func:`faults` names it; the last one that is set is called."""
    _State.listener = listener


def faults() -> dict[str, int]:
    """Return how often each failure happened in this process."""
    with _State.lock:
        return dict(_State.faults)


class _Guard:
    """A context manager without the cost of a generator's, as there are several for each statement."""

    __slots__ = ("_where",)

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        fault(self._where, error)
        return True


@lru_cache(maxsize=1024)
def guard(where: str) -> _Guard:
    """Swallow every ``Exception`` raised inside the block."""
    return _Guard(where)


def guarded(where: str, default: D) -> Callable[[Callable[P, T]], Callable[P, T | D]]:
    """Make a function return ``default`` instead of raising."""

    def decorate(function: Callable[P, T]) -> Callable[P, T | D]:
        @wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> T | D:
            try:
                return function(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - see guard()
                fault(where, error)
                return default

        return wrapper

    return decorate
