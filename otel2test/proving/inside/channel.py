"""Lines of text through the pipes between the prover, the warm process and a job's process."""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Iterator
from typing import Any, Final

_CHUNK: Final = 1 << 16


def write_line(descriptor: int, line: str) -> None:
    """Write the whole line, however long. Raises BrokenPipeError if nobody reads any more."""
    left = memoryview(f"{line}\n".encode())
    while left:
        left = left[os.write(descriptor, left) :]


def send(descriptor: int, kind: str, payload: Any) -> None:
    """Tell the warm process of something that happened in a job."""
    write_line(descriptor, json.dumps([kind, payload]))


class Lines:
    """What comes out of a pipe, line by line; what isn't ended by a line break is kept back."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.ended = False
        """Whether the other side has closed the pipe, and all of it was read."""
        self._rest = b""

    def __iter__(self) -> Iterator[str]:
        """Yield every line, as they come, until the other side closes the pipe."""
        while not self.ended:
            yield from self.read()

    def read(self) -> list[str]:
        """Wait for some of it, and return the lines that are whole by then."""
        chunk = os.read(self.descriptor, _CHUNK)
        self.ended = not chunk
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [line.decode() for line in lines]


def wait_for(descriptor: int, hanging_up: int, deadline: float) -> bool:
    """Wait until there is something to read; False at the deadline, or when the other pipe is closed.

    ``deadline`` is a moment of ``time.monotonic``; nothing is expected from ``hanging_up`` but its end.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.register(hanging_up, 0)
    while (left := deadline - time.monotonic()) > 0:
        ready = {found for found, _ in poll.poll(left * 1000)}
        if ready:
            return hanging_up not in ready
    return False
