"""Calls that have ended, as rows of JSON; by C where that part was compiled.

Rows become bytes by the hundred at least: bytes are nothing to the garbage collector, while as
many records kept as Python objects would make it more than half of the cost.
"""

import itertools
from typing import Final

import orjson

from otel2test.processors.otlp import dump
from otel2test.values import Wire

_TOGETHER: Final = 250
"""So many rows are encoded at once."""
_ROW_BYTES: Final = 64
"""What a row counts for before it is encoded, beside its values."""


class Rows:
    """The rows of one request, each as :class:`~otel2test.attributes.CallsPayload` says."""

    def __init__(self) -> None:
        self.size = 0
        """Bytes of them, about."""
        self._ids = itertools.count()
        self._rows: list[list[object]] = []
        self._encoded: list[bytes] = []

    def number(self) -> int:
        """Return the number of the next call, counted from 0."""
        return next(self._ids)

    def add(
        self,
        head: tuple[int, int, int, int, int, int],
        arguments: list[Wire] | None,
        kept: list[Wire] | None,
        outcome: int,
        value: object,
        yielded: int,
    ) -> None:
        """Add a row: its numbers up to the duration, -1 for no parent; ``yielded`` is -1 for no generator.

        The lists are used up.
        """
        number, function, parent, span, start, duration = head
        row: list[object] = [
            number, function, None if parent < 0 else parent, span, start, duration, arguments or [],
            kept or [], outcome, value,
        ]  # fmt: skip
        if yielded >= 0:
            row.append(yielded)
        self._rows.append(row)
        self.size += _ROW_BYTES
        if len(self._rows) >= _TOGETHER:
            self._encode()

    def take(self) -> bytes:
        """Return the rows, with commas between them; none are left."""
        self._encode()
        taken, self._encoded = b",".join(self._encoded), []
        return taken

    def _encode(self) -> None:
        if self._rows:
            try:
                encoded = orjson.dumps(self._rows)
            except orjson.JSONEncodeError:
                encoded = dump(self._rows)
            self.size += len(encoded) - _ROW_BYTES * len(self._rows)
            self._encoded.append(encoded[1:-1])
            self._rows.clear()


try:
    from . import _rows
except ImportError:
    pass
else:
    Rows = _rows.Rows  # type: ignore[misc] # the same class, to who uses it
