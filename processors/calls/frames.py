"""What a frame's variables hold, and the profile hook; both by C where that part was compiled."""

import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

UNBOUND: object
"""Stands for the value of a variable that has none."""

values_of: Callable[[FrameType, tuple[str, ...]], list[object]]
"""Return the values of the variables of a frame that have these names."""

Event = Callable[[FrameType, str, Any], None]
set_profile: Callable[[Event, Mapping[int, object], object, Mapping[int, object]], None]
"""Set this thread's profile hook.

It is given an event, what is known of functions by the id of their code, what stands there for a
function that is of no interest, and a mapping. It may be spared all events of such functions, and of
C functions all but "c_call", as long as the mapping is empty.
"""


def _values_of(frame: FrameType, names: tuple[str, ...]) -> list[object]:
    values = frame.f_locals
    return [values.get(name, UNBOUND) for name in names]


def _set_profile(
    event: Event,
    functions: Mapping[int, object],  # noqa: ARG001 - here the event has to look them up by itself
    foreign: object,  # noqa: ARG001
    waiting: Mapping[int, object],  # noqa: ARG001
) -> None:
    sys.setprofile(event)


try:
    from otel2test.processors.calls._frames import UNBOUND, set_profile, values_of
except ImportError:
    UNBOUND, values_of, set_profile = object(), _values_of, _set_profile
