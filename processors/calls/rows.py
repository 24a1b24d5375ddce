"""Calls that have ended, as rows of JSON; by C where that part was compiled.

Rows become bytes by the hundred at least: bytes are nothing to the garbage collector, while as
many records kept as Python objects would make it more than half of the cost.
"""

import itertools
import threading
from typing import Final

import orjson

from otel2test.processors.otlp import dump
from otel2test.values import Wire

_TOGETHER: Final = 250
"""So many rows are encoded at once."""
_ROW_BYTES: Final = 64
"""What a row counts for before it is encoded, beside its values."""
_PATIENCE: Final = 1.0
"""Seconds that another thread may take to encode what it has."""

Numbers = tuple[int, int, int, int, int, int]
"""Its own, the function's, the parent's (-1 for none), the span's; nanoseconds of start and duration."""


class Rows:
    """The rows of one request, each as :class:`~otel2test.attributes.CallsPayload` says."""

    def __init__(self) -> None:
        self.size = 0
        """Bytes of them, about."""
        self._ids = itertools.count()
        self._rows: list[tuple[Numbers, list[Wire]]] = []
        self._encoded: list[bytes] = []
        self._encoding = threading.Lock()
        self._highest = -1
        """Number of the latest call that is written."""
        self._parent = -1
        """Of the row that was written last, as are these two."""
        self._span = 0
        self._start = 0

    def number(self) -> int:
        """Return the number of the next call, counted from 0."""
        return next(self._ids)

    def add(
        self, numbers: Numbers, arguments: list[Wire], kept: list[Wire], result: Wire, yielded: int
    ) -> None:
        """Add a row; ``yielded`` is -1 for no generator."""
        values = [*arguments, *kept, result]
        if yielded >= 0:
            values.append(yielded)
        self._rows.append((numbers, values))
        self.size += _ROW_BYTES
        if len(self._rows) >= _TOGETHER and self._encoding.acquire(blocking=False):
            try:
                self._encode()
            finally:
                self._encoding.release()

    def take(self) -> bytes:
        """Return the rows, with commas between them; none are left."""
        # The thread that has it may be none of this process: what is left then is lost.
        if self._encoding.acquire(timeout=_PATIENCE):
            try:
                self._encode()
            finally:
                self._encoding.release()
        taken, self._encoded = b",".join(self._encoded), []
        return taken

    def _encode(self) -> None:
        taken = self._rows[:]
        if taken:
            del self._rows[: len(taken)]
            rows = [self._row(*row) for row in taken]
            try:
                encoded = orjson.dumps(rows)
            except orjson.JSONEncodeError:
                encoded = dump(rows)
            self.size += len(encoded) - _ROW_BYTES * len(rows)
            self._encoded.append(encoded[1:-1])

    def _row(self, numbers: Numbers, values: list[Wire]) -> list[Wire]:
        """Return a row, with what isn't as the rows before let expect."""
        number, function, parent, span, start, duration = numbers
        begun, over = start // 1000, -((-start - duration) // 1000)
        later = begun - self._start
        closes = later < 0 or (later == 0 and number == self._parent)
        off = number - (self._parent if closes else self._highest + 1)
        expected = number - 1 if closes or off else self._parent
        row: list[Wire] = [function, later - 1 if closes else later, over - begun, *values]
        if span != self._span or parent != expected:
            row += off, number - parent if parent >= 0 else 0
            if span != self._span:
                row.append(span)
        elif off:
            row.append(off)
        self._highest = max(self._highest, number)
        self._parent, self._span, self._start = parent, span, begun
        return row


try:
    from . import _rows
except ImportError:
    pass
else:
    Rows = _rows.Rows  # type: ignore[misc] # the same class, to who uses it
