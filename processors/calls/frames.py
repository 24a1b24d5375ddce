"""What a frame's variables hold, and the profile hook; both by C where that part was compiled."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

UNBOUND: object
"""Stands for the value of a variable that has none."""

values_of: Callable[[FrameType, tuple[str, ...]], list[object]]
"""Return the values of the variables of a frame that have these names."""

set_profile: Callable[[Callable[[FrameType, str, Any], None]], None]
"""Set this thread's profile hook; it may be told of nothing but "call", "return" and "c_call"."""


def _values_of(frame: FrameType, names: tuple[str, ...]) -> list[object]:
    values = frame.f_locals
    return [values.get(name, UNBOUND) for name in names]


try:
    from otel2test.processors.calls._frames import UNBOUND, set_profile, values_of
except ImportError:
    UNBOUND, values_of, set_profile = object(), _values_of, sys.setprofile
