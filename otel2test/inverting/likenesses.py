"""What all values seen in one place have in common: a type, a pattern, a length.

What enters are the values of one observation in several runs, the recorded one first; what
leaves is the narrowest statement that holds for each of them, None where there is none.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

from otel2test.inverting.expressions import Name, Value
from otel2test.inverting.patterns import is_drawn, pattern_of
from otel2test.inverting.sortkeys import SortKey


@dataclass(frozen=True, slots=True)
class OfType:
    """``isinstance(…, types)``."""

    types: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """The text matches the pattern, as a whole unless it may stand ``anywhere``."""

    pattern: str
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class OfLength:
    """So many characters, bytes or items."""

    number: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of the values that were seen."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class SameAs:
    """Equal to another value of the same run."""

    value: Value


@dataclass(frozen=True, slots=True)
class InAnyOrder:
    """A list of these items, given as ``key`` sorts them."""

    items: Value
    key: SortKey


@dataclass(frozen=True, slots=True)
class PartsInAnyOrder:
    """A text: in its middle these parts, which are given sorted, and between them a separator."""

    parts: tuple[str, ...]
    separator: str
    last: str = ""
    """What stands before the last part, where that is something else."""
    before: str = ""
    after: str = ""

    @classmethod
    def of(cls, text: str, separator: str, last: str, before: str, after: str) -> "PartsInAnyOrder":
        """Return what is true of the text whatever the order of its parts."""
        middle = text.removeprefix(before).removesuffix(after)
        middle = middle.replace(last, separator) if last else middle
        return cls(tuple(sorted(middle.split(separator))), separator, last, before, after)

    def holds(self, text: object) -> bool:
        """Say whether this is true of another text."""
        return (
            isinstance(text, str)
            and self.of(text, self.separator, self.last, self.before, self.after) == self
        )


Likeness: TypeAlias = OfType | Matching | OfLength | OneOf | SameAs | InAnyOrder | PartsInAnyOrder

_TYPES: Final = frozenset(
    {
        *(bool, int, float, str, bytes, list, tuple, dict),
        *(dt.datetime, dt.date, dt.time, dt.timedelta, Decimal, uuid.UUID),
    }
)
_NUMBERS: Final = frozenset({int, float})


def likeness(seen: Sequence[object]) -> Likeness | None:
    """Return what the values have in common; None where they are of different types."""
    types = {type(value) for value in seen}
    if not types <= _TYPES or (len(types) > 1 and types != _NUMBERS):
        return None
    texts = [value for value in seen if isinstance(value, str)]
    if texts and (pattern := pattern_of(texts)) is not None:
        return Matching(pattern)
    lengths = {len(value) for value in seen if isinstance(value, (str, bytes, list, tuple))}
    if len(lengths) == 1 and (not texts or is_drawn(texts)):
        return OfLength(lengths.pop())
    return OfType(tuple(Name(kind.__module__, kind.__name__) for kind in sorted(types, key=str)))
