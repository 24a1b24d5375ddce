"""Stable pseudonyms for secrets: as long, as shaped and as unguessable as what they stand for.

What enters is a secret; what leaves is a text of the same length whose upper-case
letters, lower-case letters and digits were replaced by others of their kind, drawn from
an HMAC-SHA256 keystream of the process's key and the secret. Within a process the same
secret always gives the same pseudonym, so that a recording still shows where a secret
came from and where it went. The secret cannot be found from it without the key, which
is never written.

Kept as they are: punctuation, and what is public of a secret's form
(:mod:`otel2test.secrets.anatomy`): ``Bearer``, ``sk_test_``, ``pbkdf2_sha256$600000$``, the
header and the claims of a JSON Web Token, the first digits of a card number. The rest is
replaced as if it stood alone: a token is the same token with ``Bearer`` before it and without.
Check digits are right again, and at its end each pseudonym carries the mark by which it can be
told from a secret (:mod:`otel2test.secrets.marks`).
"""

import hmac
import re
import uuid
from collections.abc import Callable, Iterable
from typing import Final

from otel2test.processors.hashes import Hashes
from otel2test.processors.sweeping import KnownSecrets
from otel2test.secrets import marks
from otel2test.secrets.anatomy import rebuilt

_SHORTEST_REMEMBERED: Final = 6
"""Shorter pseudonyms meet real secrets by chance too often to be taken for pseudonyms."""
_SHORTEST_RECOGNISED: Final = 8
_LONGEST_REMEMBERED: Final = 16_384
"""Of longer ones the pseudonyms are made again."""
_MEMORY: Final = 8192
_EMAIL: Final = re.compile(r"(.+@.+)(\.[A-Za-z]{2,24})", re.DOTALL)


class Pseudonyms:
    """Secrets → pseudonyms, under one key.

    What was replaced is remembered by its hash, so that a pseudonym that comes by again stays
    itself, and so that a secret is known again where no name announces it (a parameter of a
    statement). ``known``, where given, is told the secrets themselves, to find them inside of
    texts for as long as their trace is open; ``claims`` redacts what a JSON Web Token carries.
    """

    def __init__(
        self, key: bytes, known: KnownSecrets | None = None, claims: Callable[[str], str] = str
    ) -> None:
        self._key = key
        self._known = known
        self._claims = claims
        self._memory: dict[int, str] = {}
        self.recognisable = Hashes()
        """Hashes of the secrets that are known again wherever they stand."""
        self.learnt = 0
        """Another number whenever there is one more of them."""
        self._kept: frozenset[str] = frozenset()

    def keep(self, texts: Iterable[str]) -> None:
        """Leave these secret parts as they are from now on, as far as they can be pseudonyms.

        Those shorter than three letters or digits can, having no room for a mark, and others with a mark
        that by itself could be chance.
        """
        self._kept = frozenset(
            text for text in texts if marks.strength(text) > 0 or not marks.can_be_marked(text)
        )

    def of(self, value: str) -> str:
        """Return the pseudonym of ``value``; it differs from it if there is a letter or a digit."""
        made = self._memory.get(hash(value))
        if made is None:
            made = rebuilt(value, self._part, self._claims)
            self._remember(value, made)
        if self._known is not None and made != value:
            self._known.add(value, made)
            scheme, space, encoded = value.rpartition(" ")
            if space and scheme.lower() == "basic":
                self._known.add(encoded, made.rpartition(" ")[2])
        return made

    def of_email(self, value: str) -> str:
        """Return an e-mail address for another, under the same top-level domain."""
        made = self._memory.get(hash(value))
        if made is None:
            parts = _EMAIL.fullmatch(value)
            made = self._part(parts[1]) + parts[2] if parts else self._part(value)
            self._remember(value, made)
        if self._known is not None and made != value:
            self._known.add(value, made)
        return made

    def recognise(self, text: str) -> str | None:
        """Return the pseudonym if ``text`` as a whole is a secret met before, else None."""
        key = hash(text)
        if key not in self.recognisable:
            return None
        made = self._memory.get(key)
        if made is not None and self._known is not None:
            self._known.add(text, made)
        return made

    def of_bytes(self, value: bytes) -> bytes:
        """Return bytes of the same length; those of a text's pseudonym if ``value`` is that text."""
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return self._keystream(value.hex(), len(value))
        made = self.of(text).encode()
        return made if len(made) == len(value) else self._keystream(value.hex(), len(value))

    def of_int(self, value: int) -> int:
        """Return a number of as many digits."""
        digits = int(self.of(str(abs(value))))
        return -digits if value < 0 else digits

    def of_uuid(self, value: uuid.UUID) -> uuid.UUID:
        """Return the UUID whose text is the pseudonym of this one's text."""
        return uuid.UUID(self.of(str(value)))

    def _part(self, value: str) -> str:
        """Return what stands for a secret part, which has no public one."""
        if marks.strength(value) >= marks.CERTAIN or value in self._kept or not any(map(str.isalnum, value)):
            return value
        made = self._memory.get(hash(value))
        attempt = 0
        while made is None:
            made = self._scramble(value, attempt)
            attempt += 1
            if made == value:
                made = None
        self._remember(value, made)
        if self._known is not None:
            self._known.add(value, made)
        return made

    def _scramble(self, value: str, attempt: int) -> str:
        hexadecimal = marks.is_hex(value)
        characters = [character for character in value if character.isalnum()]
        # Grouping is no part of a secret: a UUID is the same one with its dashes and without.
        seed = "".join(characters)
        seed = seed.lower() if hexadecimal else seed
        stream = self._keystream(f"{attempt}:{seed}" if attempt else seed, 2 * len(characters))
        made: list[str] = []
        for index, character in enumerate(characters):
            # Letters of other alphabets become ASCII letters: no table could draw fairly from them all.
            letters = marks.alphabet(character, hexadecimal=hexadecimal)
            if not index and character in "123456789":
                letters = letters[1:]  # numbers stay as long as they are
            number = int.from_bytes(stream[2 * index : 2 * index + 2], "big")
            made.append(letters[number % len(letters)])
        drawn = iter(marks.marked(made, hexadecimal=hexadecimal))
        return "".join(next(drawn) if character.isalnum() else character for character in value)

    def _keystream(self, text: str, length: int) -> bytes:
        seed = hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")
        blocks = range(-(-length // 32))
        return b"".join(hmac.digest(seed, block.to_bytes(4, "big"), "sha256") for block in blocks)[:length]

    def _remember(self, value: str, made: str) -> None:
        if not _SHORTEST_REMEMBERED <= len(value) <= _LONGEST_REMEMBERED:
            return
        if len(self._memory) >= _MEMORY:
            self._memory.clear()
            self.recognisable.clear()
        self._memory[hash(value)] = made
        self._memory[hash(made)] = made
        # A plain word may be a password and still mean only itself elsewhere.
        if len(value) >= _SHORTEST_RECOGNISED and not value.isalpha():
            self.recognisable.add(hash(value))
            self.learnt += 1
