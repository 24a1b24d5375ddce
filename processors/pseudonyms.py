"""Stable pseudonyms for secrets: as long, as shaped and as unguessable as what they stand for.

What enters is a secret; what leaves is a text of the same length whose upper-case
letters, lower-case letters and digits were replaced by others of their kind, drawn from
an HMAC-SHA256 keystream of the process's key and the secret. Within a process the same
secret always gives the same pseudonym, so that a recording still shows where a secret
came from and where it went. The secret cannot be found from it without the key, which
is never written.

Kept as they are: punctuation, and the public beginnings that tell what kind of secret it
is (``Bearer``, ``sk_test_``, ``pbkdf2_sha256$600000$``). The rest is replaced as if it
stood alone: a token is the same token with ``Bearer`` before it and without.
"""

import base64
import binascii
import hmac
import re
import string
import uuid
from typing import Final

_PREFIX: Final = re.compile(
    r"""
      (?i:bearer|token|digest|negotiate|apikey|jwt)\s+
    | (?:sk|pk|rk)_(?:live|test)_ | whsec_ | sk-(?:proj-|ant-)? | gh[pousr]_ | github_pat_ | glpat-
    | npm_ | pypi- | xox[a-z]- | AKIA | ASIA | AIza | SG\. | eyJ
    | (?:pbkdf2_sha\d+|scrypt)\$\d+\$ | (?:bcrypt|bcrypt_sha256)\$\$2[aby]\$\d+\$ | (?:md5|sha1)\$
    | argon2\$argon2[a-z]*\$(?:[vmtp]=\d+[,$])+
    """,
    re.VERBOSE,
)
_BASIC: Final = re.compile(r"(?i:basic)\s+")
_SCRYPT: Final = re.compile(r"(scrypt\$\d+\$)([^$]+)(\$\d+\$\d+\$)(.+)", re.DOTALL)
_CARD: Final = re.compile(r"[0-9](?:[ -]?[0-9]){12,18}")
_HEX: Final = re.compile(r"(?=.*[a-fA-F])[0-9a-fA-F-]{16,}")
_UPPER_HEX: Final = "ABCDEF"
_LOWER_HEX: Final = "abcdef"

_SHORTEST_REMEMBERED: Final = 6
"""Shorter pseudonyms meet real secrets by chance too often to be taken for pseudonyms."""
_SHORTEST_RECOGNISED: Final = 8
_MEMORY: Final = 8192


class Pseudonyms:
    """Secrets → pseudonyms, under one key.

    What was replaced is remembered by its hash, so that a pseudonym that comes by again stays
    itself, and so that a secret is known again where no name announces it (a parameter of a
    statement). The secrets themselves are not kept.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._memory: dict[int, str] = {}
        self._recognisable: set[int] = set()

    def of(self, value: str) -> str:
        """Return the pseudonym of ``value``; it differs from it if there is a letter or a digit."""
        made = self._memory.get(hash(value))
        if made is None:
            made = self._make(value)
            self._remember(value, made)
        return made

    def recognise(self, text: str) -> str | None:
        """Return the pseudonym if ``text`` as a whole is a secret met before, else None."""
        key = hash(text)
        return self._memory.get(key) if key in self._recognisable else None

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
        digits = self.of(str(abs(value)))
        if digits[0] == "0" and len(digits) > 1:
            digits = "1" + digits[1:]
        return -int(digits) if value < 0 else int(digits)

    def of_uuid(self, value: uuid.UUID) -> uuid.UUID:
        """Return the UUID whose text is the pseudonym of this one's text."""
        return uuid.UUID(self.of(str(value)))

    def _make(self, value: str) -> str:
        if prefix := _BASIC.match(value):
            return prefix.group() + self._basic_credentials(value[prefix.end() :])
        if parts := _SCRYPT.fullmatch(value):
            return parts[1] + self.of(parts[2]) + parts[3] + self.of(parts[4])
        if (prefix := _PREFIX.match(value)) and prefix.end() < len(value):
            return prefix.group() + self.of(value[prefix.end() :])
        if not any(character.isalnum() for character in value):
            return value
        attempt = 0
        while True:
            made = self._scramble(value, attempt)
            if made != value:
                return made
            attempt += 1

    def _basic_credentials(self, encoded: str) -> str:
        # The program decodes these: they have to stay decodable, and the user name is no secret.
        try:
            user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return self.of(encoded)
        if not colon:
            return self.of(encoded)
        return base64.b64encode(f"{user}:{self.of(password)}".encode()).decode()

    def _scramble(self, value: str, attempt: int) -> str:
        stream = self._keystream(f"{attempt}:{value}" if attempt else value, 2 * len(value))
        is_hex = _HEX.fullmatch(value) is not None
        upper, lower = (
            (_UPPER_HEX, _LOWER_HEX) if is_hex else (string.ascii_uppercase, string.ascii_lowercase)
        )
        made: list[str] = []
        for index, character in enumerate(value):
            if not character.isalnum():
                made.append(character)
                continue
            # Letters of other alphabets become ASCII letters: no table could draw fairly from them all.
            alphabet = string.digits if character.isdigit() else upper if character.isupper() else lower
            number = int.from_bytes(stream[2 * index : 2 * index + 2], "big")
            made.append(alphabet[number % len(alphabet)])
        text = "".join(made)
        return with_check_digit(text) if is_card_number(value) else text

    def _keystream(self, text: str, length: int) -> bytes:
        seed = hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")
        blocks = range(-(-length // 32))
        return b"".join(hmac.digest(seed, block.to_bytes(4, "big"), "sha256") for block in blocks)[:length]

    def _remember(self, value: str, made: str) -> None:
        if len(value) < _SHORTEST_REMEMBERED:
            return
        if len(self._memory) >= _MEMORY:
            self._memory.clear()
            self._recognisable.clear()
        self._memory[hash(value)] = made
        self._memory[hash(made)] = made
        # A plain word may be a password and still mean only itself elsewhere.
        if len(value) >= _SHORTEST_RECOGNISED and not value.isalpha():
            self._recognisable.add(hash(value))


def is_card_number(text: str) -> bool:
    """Return whether ``text`` is 13 to 19 digits, perhaps grouped, that pass the Luhn check."""
    return _CARD.fullmatch(text) is not None and _luhn_sum(_digits(text)) % 10 == 0


def with_check_digit(text: str) -> str:
    """Return ``text`` with its last digit replaced by the one that passes the Luhn check."""
    remainder = _luhn_sum([*_digits(text)[:-1], 0]) % 10
    return text[:-1] + str((10 - remainder) % 10)


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character in string.digits]


def _luhn_sum(digits: list[int]) -> int:
    doubled = [digit * 2 if index % 2 else digit for index, digit in enumerate(reversed(digits))]
    return sum(digit - 9 if digit > 9 else digit for digit in doubled)
