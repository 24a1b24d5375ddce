"""Values that were met before, and are the same as then.

A snapshot is decided by the immutable values in it and by how they are nested. So these are
noted, each as the very object that it is: as long as they are held nothing else can be where
they are, and to find them again is to know that nothing has changed. Looking takes far less
than another snapshot, and calls nothing of the program's.
"""

from collections.abc import Mapping
from operator import is_
from typing import Any, Final

from otel2test.processors import kinds
from otel2test.secrets.shapes import SHORTEST
from otel2test.values import Wire

HELD: Final = frozenset({type(None), bool, int, float, str, *kinds.PLAIN_CLASSES})
"""What may be held on to until the request is written: nobody notices when such a value goes."""
LONGEST_HELD: Final = 1000
"""Characters of a text that is held on to."""
MOST_PARTS: Final = 200
"""Of a value that is known again, names and ends of containers counted."""
MOST_SEEN: Final = 4096
MOST_HELD: Final = 4_000_000
"""Characters of all texts that are held on to, each as often as it is part of a value."""
_INT64: Final = 2**63
END: Final = object()
"""Stands where a container ends."""

Parts = tuple[object, ...]
"""The class of a value, what it holds with its names or keys, and ``END``; of one inside it the same."""


class Seen:
    """The values of one request; here only instances that hold nothing but plain values."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[Parts, Wire]] = {}
        """By the value's id, which may be another's by now: that is of no account, see above."""
        self._held = 0
        """Characters of their texts."""

    def clear(self) -> None:
        """Forget all."""
        self._seen.clear()
        self._held = 0

    def stands(self, value: Any) -> bool:
        """Return whether a value stands for itself on the wire, without being looked at for secrets."""
        cls = type(value)
        return (
            (cls is int and -_INT64 <= value < _INT64)
            or value is None
            or (cls is str and len(value) < SHORTEST and value.isascii())
            or cls is bool
        )

    def form(self, value: object) -> Wire:
        """Return the form that was remembered of a value that is still the same; else None."""
        known = self._seen.get(id(value))
        if known is None:
            return None
        parts = self.parts(value)
        return known[1] if parts is not None and _are_same(parts, known[0]) else None

    def parts(self, value: object) -> Parts | None:
        """Return what a value consists of; None if it is too large, or of what isn't known here."""
        cls = type(value)
        kind = kinds.KINDS.get(cls)
        if kind is None or kind.raw is None:
            return None
        found: Mapping[str, object] = kind.attributes(value)
        if len(found) * 2 > MOST_PARTS:
            return None
        parts: list[object] = [cls]
        for name, part in found.items():
            if type(part) not in HELD or (type(part) is str and len(part) > LONGEST_HELD):
                return None
            parts += name, part
        return (*parts, END)

    def remember(self, value: object, parts: Parts, form: Wire) -> None:
        """Note the form of a value, given what it consisted of before that was made."""
        now = self.parts(value)
        if now is not None and _are_same(now, parts):
            held = sum([len(part) for part in parts if type(part) is str])
            if len(self._seen) >= MOST_SEEN or self._held + held > MOST_HELD:
                self.clear()
            self._held += held
            self._seen[id(value)] = parts, form


def _are_same(parts: Parts, others: Parts) -> bool:
    return len(parts) == len(others) and all(map(is_, parts, others))
