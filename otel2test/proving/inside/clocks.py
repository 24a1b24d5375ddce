"""A clock that is ahead by some seconds, where the project's environment has time-machine."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec


def can_shift() -> bool:
    """Return whether the clock can be shifted here."""
    return find_spec("time_machine") is not None


def shifted(seconds: float) -> AbstractContextManager[object]:
    """Return what shifts the clock of this process; nothing where it can't be shifted."""
    if not seconds or not can_shift():
        return nullcontext()
    import time_machine

    return time_machine.travel(time.time() + seconds, tick=True)
