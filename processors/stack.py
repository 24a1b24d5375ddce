"""The stack of the running thread; by C where that part was compiled, and then without an object a frame."""

import sys
from collections.abc import Mapping
from types import FrameType


def innermost_but(known: Mapping[int, object], most: int) -> FrameType | None:
    """Return the innermost frame, from the caller outwards, whose code isn't ``known`` as None by its id.

    None where there is none among the first ``most`` frames.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and most:
        if known.get(id(frame.f_code), frame) is not None:
            return frame
        frame = frame.f_back
        most -= 1
    return None


try:
    from . import _stack
except ImportError:
    pass
else:
    innermost_but = _stack.innermost_but
