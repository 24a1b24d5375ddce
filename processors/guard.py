"""The recorder is a guest: what goes wrong inside it is swallowed, logged once and counted."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Final, ParamSpec, TypeVar

logger = logging.getLogger("otel2test.recorder")

P = ParamSpec("P")
T = TypeVar("T")

_REPORT: Final = "the app is not affected; please report this with the traceback above"

_lock = threading.Lock()
_faults: Counter[str] = Counter()


def fault(where: str, error: BaseException) -> None:
    """Count a failure of the recorder's own at ``where``, and log the first of its kind."""
    try:
        key = f"{where}: {type(error).__name__}"
        with _lock:
            _faults[key] += 1
            first = _faults[key] == 1
        if first:
            logger.warning("otel2test could not record (%s); %s", key, _REPORT, exc_info=error)
    except Exception:  # noqa: BLE001, S110 - nothing may escape from here, logging handlers included
        pass


def faults() -> dict[str, int]:
    """Return how often each failure happened in this process."""
    with _lock:
        return dict(_faults)


@contextmanager
def guard(where: str) -> Iterator[None]:
    """Swallow every ``Exception`` raised inside the block."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - this is the one place that swallows
        fault(where, error)


def guarded(where: str, default: T) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make a function return ``default`` instead of raising."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - see guard()
                fault(where, error)
                return default

        return wrapper

    return decorate
