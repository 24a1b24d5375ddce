"""Calls by a function that evaluates frames (PEP 523), on Python 3.11 where it was compiled.

A profile hook would make the interpreter leave its specialised instructions; this one only makes
it come back to C for each call. The function sees a frame before it is evaluated and after, so what
a call returned or raised is known at once. It serves all threads. What is given up:

- Where it would take more than half of a thread's C stack, 4 MB at most, as in a deep recursion with
  a raised limit, the interpreter evaluates by itself what is called from there; that isn't told.
- Where somebody else evaluates frames, the profile hook is used: after their evaluation nothing
  says that a frame still has its variables, nor that it was this one that ran.
- Up to Python 3.11.3 ``__getitem__`` may be called without it.
"""

import atexit
import os
from typing import Final

from otel2test.processors.calls import _evaluation
from otel2test.processors.calls.functions import FOREIGN
from otel2test.processors.calls.profiling import Profiling
from otel2test.processors.calls.tracer import CallTracer


class Evaluating:
    """Tells a tracer of frames that are evaluated, while there are requests."""

    def __init__(self, tracer: CallTracer) -> None:
        self._tracer = tracer
        self._instead: Final = Profiling(tracer)
        """Used where frames are evaluated by somebody else."""
        self._watched = False

    def open(self) -> None:
        """Evaluate frames, if that is not so already."""
        if not _evaluation.start(self._tracer, FOREIGN):
            self._instead.open()
        elif not self._watched:
            self._watched = True
            # While the interpreter takes itself apart, what is told is needed no more.
            atexit.register(self.remove)
            os.register_at_fork(after_in_child=self.remove)

    def close(self) -> None:
        """Leave it to the interpreter when no request is open any more."""
        _evaluation.stop(self._tracer, if_idle=True)
        self._instead.close()

    def remove(self) -> None:
        """Leave it to the interpreter again."""
        _evaluation.stop(self._tracer, if_idle=False)
        self._instead.remove()
