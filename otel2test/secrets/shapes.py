"""Every secret in a running text, and where it stands.

What enters is any text (a body, a log line, an argument, a line of a file) and the names that
announce secrets; what leaves are the places of what is secret in it, in order and apart: the
keys of well-known services, JSON Web Tokens, ``Bearer …`` and ``Basic …``, private keys,
password hashes, signatures and one-time tokens of Django, payment cards and bank accounts,
passwords inside URLs, the value wherever the text pairs a secret name with one
(:mod:`~otel2test.secrets.pairs`), and what the user described.

Most texts have no secret in them: what must be there is looked for first, a single character
where possible, which is a hundred times faster than any pattern.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from otel2test.secrets.checksums import is_iban, is_issued_card_number
from otel2test.secrets.names import SecretNames
from otel2test.secrets.pairs import find_pairs
from otel2test.secrets.places import Found
from otel2test.secrets.services import begins_word, find_keys

SHORTEST: Final = 8
"""No secret shows by itself in a text of fewer characters."""

_HASHES: Final = re.compile(
    r"""
      pbkdf2_sha\d+\$\d+\$[\w$./+=,-]{16,}
    | (?:bcrypt(?:_sha256)?\$)?\$2[abxy]\$\d\d\$[./A-Za-z0-9]{40,}
    | (?:argon2)?\$?argon2[id]{1,2}\$[\w$./+=,-]{16,}
    | scrypt\$[\w$./+=,-]{16,} | md5\$[\w$./+=,-]{16,} | sha1\$[\w$./+=,-]{16,}
    | \$[156y]\$(?:rounds=\d+\$)?[./\w]{1,16}\$[./A-Za-z0-9]{20,}
    """,
    re.VERBOSE,
)
_PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(.*?)(?=-----END|\Z)", re.DOTALL
)
_SCHEME: Final = re.compile(r"(?i:\b(bearer|basic)\s+)([\w.~+/-]{8,}=*)")
_USERINFO: Final = re.compile(r"://(?:[^\s/:@'\"<>]*:([^\s/'\"<>]+)|(\w[\w~.-]{14,}\w))(?=@)")
_SIGNED: Final = re.compile(r":[0-9A-Za-z]{6}:([\w-]{43}|[\w-]{27})(?![\w-])")
_ONE_TIME: Final = re.compile(r"-[0-9a-f]{32}(?![\w-]|\.\w)")
_SINCE_2001: Final = re.compile(r"(?<![\w.-])[9a-k][0-9a-z]{5}\Z")
_CARD: Final = re.compile(r"[2-6](?:[ -]?+[0-9]){13,15}+(?![\w-])")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])")
# Numbers are looked for by what they need at least, in a text that has only kinds of characters left.
_DIGITS: Final = bytes(48 if 48 <= byte <= 57 else 32 for byte in range(256))
_FEWEST_DIGITS: Final = b"0" * 14
_CLASSES: Final = bytes(48 if 48 <= byte <= 57 else 65 if 65 <= byte <= 90 else 32 for byte in range(256))
_COLON: Final = re.compile(r":(?!\d)|(?<!\d):")
"""Not one inside of a time."""
_SHORTEST_NUMBER: Final = 14
_EMAIL: Final = re.compile(r"(?<![\w.+%-])[\w+%-][\w.+%-]{0,63}@(?:[\w-]{1,63}\.)+[a-zA-Z]{2,24}(?![\w-])")
_PHONE: Final = re.compile(r"(?<![\w+])\+[1-9][0-9](?:[ ()./-]{0,2}[0-9]){6,12}(?![\w-])")


@dataclass(frozen=True, slots=True)
class Shapes:
    """What is looked for in texts."""

    names: SecretNames = field(default_factory=SecretNames)
    patterns: Sequence[re.Pattern[str]] = ()
    """The user's own."""
    emails: bool = False
    phones: bool = False

    def find(self, text: str) -> list[Found]:
        """Return the places of secrets, in order; none overlaps another."""
        if len(text) < SHORTEST:
            return []
        return _apart(self._all(text))

    def _all(self, text: str) -> Iterator[Found]:
        for start, end, kind in find_keys(text):
            yield Found(start, end, kind)
        yield from _tokens(text)
        if "=" in text or "<" in text or (":" in text and _COLON.search(text)):
            yield from find_pairs(text, self.names)
        yield from _numbers(text)
        yield from self._asked_for(text)

    def _asked_for(self, text: str) -> Iterator[Found]:
        for pattern in self.patterns:
            for found in pattern.finditer(text):
                if found.end() > found.start():
                    yield Found(*found.span(), "pattern of yours")
        if self.emails and "@" in text:
            for found in _EMAIL.finditer(text):
                yield Found(*found.span(), "e-mail address", "email")
        if self.phones and "+" in text:
            for found in _PHONE.finditer(text):
                yield Found(*found.span(), "phone number")


def _tokens(text: str) -> Iterator[Found]:
    if "$" in text:
        yield from _whole_words(_HASHES, text, "password hash")
    if "PRIVATE KEY" in text:
        for found in _PRIVATE_KEY.finditer(text):
            yield Found(*found.span(1), "private key", "wrapped")
    if "earer " in text or "asic " in text or "BEARER " in text or "BASIC " in text:
        yield from _schemes(text)
    if "://" in text:
        yield from _credentials(text)
    if ":" in text:
        for found in _SIGNED.finditer(text):
            yield Found(*found.span(1), "signature")
    if "-" in text:
        yield from _one_time_tokens(text)


def _apart(places: Iterable[Found]) -> list[Found]:
    """Return ``places`` in order; of those that overlap, the first and longest."""
    ordered = sorted(places, key=lambda found: (found.start, -found.end))
    kept: list[Found] = []
    for found in ordered:
        if not kept or found.start >= kept[-1].end:
            kept.append(found)
    return kept


def _whole_words(pattern: re.Pattern[str], text: str, kind: str) -> Iterator[Found]:
    for found in pattern.finditer(text):
        if begins_word(text, found.start()):
            yield Found(*found.span(), kind)


def _schemes(text: str) -> Iterator[Found]:
    for found in _SCHEME.finditer(text):
        # "Basic authentication", "bearer tokens-to-come": prose isn't a header.
        credentials = found[2]
        if found[1].lower() == "basic":
            try:
                is_secret = b":" in base64.b64decode(credentials, validate=True)
            except binascii.Error:
                is_secret = False
        else:
            is_secret = any(character.isdigit() for character in credentials)
        if is_secret:
            yield Found(*found.span(), "credentials of HTTP")


def _credentials(text: str) -> Iterator[Found]:
    for found in _USERINFO.finditer(text):
        if found[1] is not None:
            yield Found(*found.span(1), "password in a URL", "percent")
        elif any(character.isdigit() for character in found[2]):
            yield Found(*found.span(2), "token in a URL")


def _one_time_tokens(text: str) -> Iterator[Found]:
    """Find what Django's ``PasswordResetTokenGenerator`` makes: seconds in base 36, a hash in hex."""
    for found in _ONE_TIME.finditer(text):
        start = found.start()
        if _SINCE_2001.search(text, max(0, start - 7), start):
            yield Found(start - 6, found.end(), "one-time token")


def _numbers(text: str) -> Iterator[Found]:
    if len(text) < _SHORTEST_NUMBER:
        return
    data = text.encode("utf-8", "surrogatepass")
    if _FEWEST_DIGITS in data.translate(_DIGITS, b" -"):
        for found in _CARD.finditer(text):
            if begins_word(text, found.start()) and is_issued_card_number(found[0]):
                yield Found(*found.span(), "card number")
    if b"AA00" in data.translate(_CLASSES):
        for found in _IBAN.finditer(text):
            if begins_word(text, found.start()) and is_iban(found[0]):
                yield Found(*found.span(), "IBAN")
