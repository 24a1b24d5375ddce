"""How a pseudonym is told from a secret by whoever has only the file.

The recorder makes a pseudonym's characters from a key that is never written. The last few
of its letters and digits, a third of them at most, are not made so but computed from those
before: a checksum that anybody can verify (BLAKE2s of the letters and digits before,
personalised ``otel2tst``). A secret passes it by chance only: about once in 2²⁴ where there
is room for the whole mark, once in a hundred for one of six digits. So
``otel2test scan`` knows the pseudonyms of any recorder, needs no key, and flags the rest.

What enters is the text of a secret or pseudonym; its punctuation counts for nothing, so that
a mark survives escaping and grouping.
"""

import math
import re
import string
from collections.abc import Sequence
from hashlib import blake2s
from typing import Final

ENOUGH: Final = 5.0
"""Bits that a mark must have for its text to be taken for a pseudonym."""
CERTAIN: Final = 20.0
"""Bits from which on no secret is expected to pass in a lifetime."""
_WHOLE: Final = 24.0
_PERSON: Final = b"otel2tst"

_HEX: Final = re.compile(r"(?=.*[a-fA-F])[0-9a-fA-F-]{16,}")


def is_hex(text: str) -> bool:
    """Return whether ``text`` is hexadecimal (a UUID too), and long enough not to be a word."""
    return _HEX.fullmatch(text) is not None


def alphabet(character: str, *, hexadecimal: bool) -> str:
    """Return what a letter or digit is replaced from: others of its kind, ASCII only."""
    if character.isdigit():
        return string.digits
    if character.isupper():
        return "ABCDEF" if hexadecimal else string.ascii_uppercase
    return "abcdef" if hexadecimal else string.ascii_lowercase


def marked(characters: Sequence[str], *, hexadecimal: bool) -> str:
    """Return ``characters``, the letters and digits of a pseudonym, with the mark at their end."""
    count, _ = _extent(characters, hexadecimal=hexadecimal)
    if not count:
        return "".join(characters)
    kept = "".join(characters[:-count])
    drawn = blake2s(kept.encode(), person=_PERSON).digest()
    alphabets = [alphabet(character, hexadecimal=hexadecimal) for character in characters[-count:]]
    return kept + "".join(
        letters[number % len(letters)] for letters, number in zip(alphabets, drawn, strict=False)
    )


def can_be_marked(text: str) -> bool:
    """Return whether ``text`` has letters and digits enough for the shortest of marks."""
    return sum(map(str.isalnum, text)) >= 3


def strength(text: str) -> float:
    """Return how many bits of ``text`` are its mark, 0 if it has none."""
    characters = [character for character in text if character.isalnum()]
    text_of_them = "".join(characters)
    found = 0.0
    for hexadecimal in (True, False) if is_hex(text) else (False,):
        count, bits = _extent(characters, hexadecimal=hexadecimal)
        if count and marked(characters, hexadecimal=hexadecimal) == text_of_them:
            found = max(found, bits)
    return found


def _extent(characters: Sequence[str], *, hexadecimal: bool) -> tuple[int, float]:
    """Return how many characters the mark has, and how many bits."""
    count, bits = 0, 0.0
    while bits < _WHOLE and count < len(characters) // 3:
        count += 1
        bits += math.log2(len(alphabet(characters[-count], hexadecimal=hexadecimal)))
    return count, bits
