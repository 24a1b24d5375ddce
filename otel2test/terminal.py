"""Recorded text and values as they can be shown in a terminal.

What enters was recorded and may be anything; what leaves is plain text of known width. No
control character passes: an escape sequence in a recorded body must not reach the terminal
as one.
"""

import datetime as dt
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Final, TextIO

from otel2test.values import Cut, EnumValue, Lazy, ModelValue, ObjectValue, RangeValue, Reference

_JOINERS: Final = "\u200c\u200d"
"""Format characters that do no harm, and hold scripts and emoji together."""

_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_DEEPEST: Final = 6
_ITEMS: Final = 8
"""Of a collection, this many items are shown."""
_CHARACTERS: Final = 200
"""And of a string or of bytes this many, at most."""


def printable(text: str) -> str:
    """Return ``text`` on one line, with everything in it that could steer a terminal escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_printable_character, text))


def width(text: str) -> int:
    """Return how many cells of a terminal printable text takes."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def shortened(text: str, limit: int) -> str:
    """Return printable text of at most ``limit`` cells."""
    if width(text) <= limit:
        return text
    kept, used = [], 1
    for character in text:
        used += _cells(character)
        if used > limit:
            break
        kept.append(character)
    return "".join(kept) + "…"


class ProgressLine:
    """Says on a stream what is being done and how far it is: on one line, where somebody looks at it.

    In a file or a pipe there is a line at the beginning of each thing that is done.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._what = ""
        self._shown = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are over."""
        if self._live:
            text = f"{what}: {done} of {total}"
            self._stream.write(f"\r{text.ljust(self._shown)}")
            self._shown = len(text)
        elif what != self._what:
            self._stream.write(f"{what} ({total})\n")
        self._what = what
        self._stream.flush()

    def note(self, text: str) -> None:
        """Leave a line that says something."""
        self.clear()
        self._stream.write(f"note: {text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Leave nothing behind on the line."""
        if self._shown:
            self._stream.write(f"\r{' ' * self._shown}\r")
            self._stream.flush()
            self._shown = 0


def aligned(rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> Iterator[str]:
    """Yield a line a row, the cells of a column below each other; columns in ``right`` end together."""
    table = [*rows]
    to_the_right = frozenset(right)
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = []
        for number, cell in enumerate(row):
            padding = " " * (widths[number] - width(cell))
            cells.append(padding + cell if number in to_the_right else cell + padding)
        yield "  ".join(cells).rstrip()


def brief(value: object, limit: int = 60) -> str:
    """Return a decoded value as a person would note it down."""
    return shortened(printable(_noted(value, 0)), limit)


def _printable_character(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE or character in _JOINERS:
        return character
    return character.encode("unicode_escape").decode("ascii")


def _cells(character: str) -> int:
    if unicodedata.combining(character) or character in _JOINERS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _noted(value: object, depth: int) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a type of value
    if depth > _DEEPEST:
        return "…"
    match value:
        case str():
            return repr(value[:_CHARACTERS]) + ("…" if len(value) > _CHARACTERS else "")
        case Decimal() | uuid.UUID() | dt.datetime() | dt.date() | dt.time() | dt.timedelta():
            return str(value)
        case bytes():
            return repr(value[:_CHARACTERS]) + ("…" if len(value) > _CHARACTERS else "")
        case list():
            return f"[{_items(value, depth)}]"
        case tuple():
            return f"({_items(value, depth)}{',' if len(value) == 1 else ''})"
        case set() | frozenset():
            # In the order of their text, so that the same recording shows the same twice.
            return f"{{{', '.join(sorted(_noted(item, depth + 1) for item in value))}}}" if value else "set()"
        case Mapping():
            pairs = (
                f"{_noted(key, depth + 1)}: {_noted(item, depth + 1)}"
                for key, item in islice(value.items(), _ITEMS)
            )
            return f"{{{', '.join(pairs)}{_more(value)}}}"
        case ModelValue():
            return f"<{_last(value.label)} {_noted(value.pk, depth + 1)}>"
        case ObjectValue() | Lazy():
            return f"<{_last(value.type)}>"
        case EnumValue():
            return f"{_last(value.type)}.{value.name}"
        case Reference():
            return value.name
        case RangeValue(bounds=""):
            return "empty"
        case RangeValue():
            lower, upper = _noted(value.lower, depth + 1), _noted(value.upper, depth + 1)
            return f"{value.bounds[:1]}{lower}, {upper}{value.bounds[1:]}"
        case Cut():
            of_size = "" if value.size is None else f", {value.size} in all"
            kept = "" if value.kept is None else f"{_noted(value.kept, depth + 1)}"
            return f"{kept}…<{_last(value.type)}{of_size}>"
        case _:
            return repr(value)


def _items(items: Sequence[object], depth: int) -> str:
    return ", ".join(_noted(item, depth + 1) for item in items[:_ITEMS]) + _more(items)


def _more(items: Sequence[object] | Mapping[object, object]) -> str:
    return f", … {len(items) - _ITEMS} more" if len(items) > _ITEMS else ""


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]
