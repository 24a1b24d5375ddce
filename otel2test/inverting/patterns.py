"""Texts that differ from run to run → the regular expression that all of them match.

What is fixed in all of them stands as it is; what was drawn is told by its characters and, where
it is long enough for that to be no accident, by its length. A pattern is rather too wide than
too narrow: what a few samples happen not to show may come in the next run.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TIME: Final = r"\d\d:\d\d:\d\d(?:\.\d+)?"
_INSTANT: Final = rf"\d{{4}}-\d\d-\d\d[T ]{_TIME}(?:Z|[+-]\d\d:?\d\d)?"
_SHAPES: Final = (_UUID, _INSTANT, r"\d{4}-\d\d-\d\d", _TIME)
"""What is recognised as a whole, the longest first."""
_PART: Final = re.compile(rf"(?:{'|'.join(_SHAPES)}|\w+|\W)", re.ASCII)

_SPECIAL: Final = re.compile(r"[.^$*+?{}\[\]\\|()]")
_INVISIBLE: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}

_FEWEST_DIGITS: Final = 6
_FEWEST_HEX: Final = 16
_FEWEST_LETTERS: Final = 12
"""How many characters all samples together must have, to conclude that no others come."""
_LONG: Final = 12
"""A text of letters alone that is shorter may be a word, and another one be longer."""


def pattern_of(texts: Sequence[str]) -> str | None:
    """Return what each of ``texts`` matches as a whole; None where nothing tells them from other texts."""
    found = _whole(texts) or _part_by_part(texts) or _middle(texts) or _drawn(texts)
    return found if found is not None and all(re.fullmatch(found, text) for text in texts) else None


def _whole(texts: Sequence[str]) -> str | None:
    shapes = (shape for shape in _SHAPES if all(re.fullmatch(shape, text, re.ASCII) for text in texts))
    return next(shapes, None) or _digits(texts)


def _part_by_part(texts: Sequence[str]) -> str | None:
    """Return a pattern of texts that are alike word for word: ``/orders/\\d+/``."""
    split = [_PART.findall(text) for text in texts]
    if len({len(parts) for parts in split}) != 1:
        return None
    columns = list(zip(*split, strict=True))
    if not any(len(set(column)) == 1 and re.search(r"\w", column[0]) for column in columns):
        return None
    return _joined(columns)


def _joined(columns: Sequence[Sequence[str]]) -> str | None:
    found: list[str] = []
    for column in columns:
        pattern = escaped(column[0]) if len(set(column)) == 1 else _whole(column) or _characters(column)
        if pattern is None:
            return None
        found.append(pattern)
    return "".join(found)


def _middle(texts: Sequence[str]) -> str | None:
    """Return a pattern of texts that begin and end alike, by whole words."""
    split = [_PART.findall(text) for text in texts]
    before = len(list(_same(split)))
    after = len(list(_same([parts[before:][::-1] for parts in split])))
    first = split[0]
    start, end = first[:before], first[len(first) - after :]
    if not any(re.search(r"\w", part) for part in (*start, *end)):
        return None
    drawn = ["".join(parts[before : len(parts) - after]) for parts in split]
    middle = _characters(drawn) if all(drawn) else None
    return f"{escaped(''.join(start))}{middle or '(?s:.*)'}{escaped(''.join(end))}"


def _same(split: Sequence[Sequence[str]]) -> Iterator[str]:
    for column in zip(*split, strict=False):
        if len(set(column)) != 1:
            return
        yield column[0]


def _drawn(texts: Sequence[str]) -> str | None:
    return _characters(texts) if is_drawn(texts) else None


def is_drawn(texts: Sequence[str]) -> bool:
    """Say whether the texts look drawn, not like words: all such are as long, if these are."""
    digits = any(map(str.isdigit, "".join(texts)))
    return min(map(len, texts)) >= (_FEWEST_DIGITS if digits else _LONG)


def _digits(texts: Sequence[str]) -> str | None:
    if not all(re.fullmatch(r"\d+", text, re.ASCII) for text in texts):
        return None
    lengths = {len(text) for text in texts}
    # A number of few digits counts something, and will have more one day.
    return rf"\d{{{lengths.pop()}}}" if len(lengths) == 1 and len(texts[0]) >= _FEWEST_DIGITS else r"\d+"


def _characters(texts: Sequence[str]) -> str | None:
    """Return a class of characters with its number; None where the texts hold more than words."""
    together = "".join(texts)
    if re.fullmatch(r"[0-9a-f]+", together) and len(together) >= _FEWEST_HEX:
        kind = "[0-9a-f]"
    elif re.fullmatch(r"[0-9a-z]+", together) and len(together) >= _FEWEST_LETTERS:
        kind = "[0-9a-z]"
    elif re.fullmatch(r"[0-9A-Z]+", together) and len(together) >= _FEWEST_LETTERS:
        kind = "[0-9A-Z]"
    elif re.fullmatch(r"[\w-]+", together):
        kind = r"[\w-]"
    elif re.fullmatch(r"[\w+/=-]+", together):
        kind = r"[\w+/=-]"
    else:
        return None
    lengths = {len(text) for text in texts}
    return f"{kind}{{{lengths.pop()}}}" if len(lengths) == 1 and is_drawn(texts) else f"{kind}+"


def escaped(text: str) -> str:
    """Return what matches ``text`` and nothing else, without a backslash where none is needed."""
    found = _SPECIAL.sub(r"\\\g<0>", text)
    return "".join(_INVISIBLE.get(character, character) for character in found)
