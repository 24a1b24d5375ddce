"""Which part of a secret is the secret part, and what has to fit it.

``Bearer``, ``sk_test_`` and ``pbkdf2_sha256$600000$`` are public; a JSON Web Token says who
it is for, a card number which scheme issued it. What enters is a secret as a whole and what
is to stand in place of a secret part; what leaves is the secret of the same form: the public
parts as they were, check digits right. Called with something that only looks on, the same
walk tells which parts are secret.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Final

from otel2test.secrets import checksums, marks

Replace = Callable[[str], str]

_PREFIX: Final = re.compile(
    r"""
      (?i:bearer|token|digest|negotiate|apikey|jwt)\s+
    | (?:sk|pk|rk)_(?:live|test)_ | whsec_ | sk-(?:proj-|ant-(?:api\d\d-)?)? | gh[pousr]_ | github_pat_
    | gl[a-z]{2,7}- | npm_ | pypi-(?:AgEIcHlwaS5vcmc|AgENdGVzdC5weXBpLm9yZw)? | xox[a-z]- | xapp-
    | AKIA | ASIA | AIza | SG\. | ya29\. | GOCSPX- | hf_ | shp(?:at|ss|ca|pa)_ | do[opr]_v1_ | sq0[a-z]{3}-
    | key- | hvs\. | dp\.pt\. | lin_api_ | sntry[su]_ | dapi | PMAK- | NRAK- | gl(?:sa|c)_ | ATATT3
    | rubygems_ | 1//0 | [0-9]{8,10}:AA | [9a-k][0-9a-z]{5}-(?=[0-9a-f]{32}\Z)
    | EAAA | (?:AC|SK)(?=[0-9a-f]{32}\b)
    | https://hooks\.slack\.com/services/ | https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/
    | (?:pbkdf2_sha\d+|scrypt)\$\d+\$ | (?:(?:bcrypt|bcrypt_sha256)\$)?\$2[abxy]\$\d+\$ | (?:md5|sha1)\$
    | (?:argon2)?\$argon2[a-z]*\$(?:[vmtp]=\d+[,$])+ | argon2\$argon2[a-z]*\$(?:[vmtp]=\d+[,$])+ | \$[156y]\$
    """,
    re.VERBOSE,
)
_BASIC: Final = re.compile(r"(?i:basic)\s+")
_SCRYPT: Final = re.compile(r"(scrypt\$\d+\$)([^$]+)(\$\d+\$\d+\$)(.+)", re.DOTALL)
_FRAMED: Final = re.compile(
    r"(\s*-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)(.+?)(-----END .*|\Z)", re.DOTALL
)
_LINE_ENDS: Final = re.compile(r"((?:\\+[nrt]|\s)+)")
"""Between the lines of a key; escaped where it stands in JSON or source code."""
_SIGNED: Final = re.compile(r"(.+)(:[0-9A-Za-z]{6}:)([\w-]{43}|[\w-]{27})", re.DOTALL)
_LOCATOR: Final = re.compile(
    r"([A-Za-z][\w+.-]*://(?:[^\s/:@]*:(?=[^\s/]))?)((?<=:)[^\s/]+|[\w~.-]{16,})(@[^\s?=@]*)"
)
_WITH_SUFFIX: Final = re.compile(r"([0-9a-f]{32})(-us[0-9]{1,2})")
_COMPOSED: Final = ((_LOCATOR, {2}), (_SIGNED, {1, 3}), (_WITH_SUFFIX, {1}), (_SCRYPT, {2, 4}))
"""Forms, each with its groups that are secret."""
_TOKEN: Final = re.compile(r"(eyJ[\w-]+)\.([\w-]*)\.([\w-]*(?:\.[\w-]+)*)")
_ISSUER: Final = 4
"""Digits that tell a card's scheme."""


def rebuilt(value: str, replace: Replace, claims: Replace = str) -> str:
    """Return ``value`` with ``replace`` of each secret part in that part's place.

    ``claims`` is given the JSON that a JSON Web Token carries, as its secrets are told by names.
    """
    if prefix := _BASIC.match(value):
        return prefix.group() + _basic(value[prefix.end() :], replace)
    if token := _TOKEN.fullmatch(value):
        made = _token(token, replace, claims)
        if made is not None:
            return made
    if parts := _FRAMED.fullmatch(value):
        return parts[1] + unwrapped(parts[2], replace) + parts[3]
    for pattern, secret_parts in _COMPOSED:
        if parts := pattern.fullmatch(value):
            return "".join(
                replace(part) if index in secret_parts else part
                for index, part in enumerate(parts.groups(), 1)
            )
    if checksums.is_card_number(value):
        return _card(value, replace)
    if checksums.is_iban(value):
        return checksums.with_iban_check(value[:4] + replace(value[4:]))
    if (prefix := _PREFIX.match(value)) and prefix.end() < len(value):
        return prefix.group() + rebuilt(value[prefix.end() :], replace, claims)
    return replace(value)


def unwrapped(value: str, replace: Replace) -> str:
    """Return ``value``, a key in lines, with ``replace`` of the key in as many lines."""
    pieces = _LINE_ENDS.split(value)
    made = replace("".join(pieces[::2]))
    for index in range(0, len(pieces), 2):
        length = len(pieces[index])
        pieces[index], made = made[:length], made[length:]
    return "".join(pieces)


def is_pseudonym(value: str) -> bool:
    """Return whether all that is secret in ``value`` carries the mark of a pseudonym."""
    parts: list[str] = []

    def look(part: str) -> str:
        parts.append(part)
        return part

    rebuilt(value, look)
    if not parts:
        return True  # a token that nobody signed
    strengths = [marks.strength(part) for part in parts if marks.can_be_marked(part)]
    return sum(strengths) >= marks.ENOUGH and all(strengths)


def _basic(encoded: str, replace: Replace) -> str:
    # The program decodes these: they have to stay decodable, and the user name is no secret.
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return replace(encoded)
    if not colon:
        return replace(encoded)
    return base64.b64encode(f"{user}:{replace(password)}".encode()).decode()


def _token(token: re.Match[str], replace: Replace, claims: Replace) -> str | None:
    header, carried, signature = token.groups()
    if _json_of(header) is None:
        return None
    text = _json_of(carried)
    if text is None:  # encrypted: nothing of it can be read
        return f"{header}.{replace(carried + '.' + signature)}"
    told = claims(text)
    if told != text:
        carried = base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")
    return f"{header}.{carried}.{replace(signature) if signature else ''}"


def _json_of(segment: str) -> str | None:
    try:
        text = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)).decode()
        return text if isinstance(json.loads(text), dict) else None
    except ValueError:
        return None


def _card(number: str, replace: Replace) -> str:
    start = [index for index, character in enumerate(number) if character.isdigit()][_ISSUER]
    return checksums.with_check_digit(number[:start] + replace(number[start:-1]) + number[-1])
