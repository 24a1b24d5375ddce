"""Secrets found in running text by what they look like, where no name announces them.

What enters is any text (a body, a log line, an argument); what leaves is the same text
with every secret in it replaced: JSON Web Tokens, ``Bearer …`` and ``Basic …``, private
keys, the keys of well-known services, Django's password hashes, payment card numbers,
passwords inside URLs, and the value wherever the text itself pairs a secret name with
one (``token=…``, ``"password": "…"``, a form's ``<input name="…" value="…">``).
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Container
from typing import Final
from urllib.parse import quote_plus, unquote_plus

from otel2test.processors.pseudonyms import is_card_number

Secret = Callable[[str], str]
"""Secret → pseudonym."""

SHORTEST: Final = 8
"""No secret shows by itself in a text of fewer characters."""

# Most texts have no secret in them: a literal that must be there is looked for first (a hundred
# times faster than any pattern), and patterns begin with it, which is what `re` is fast at.
_KEYS: Final[dict[str, dict[str, str]]] = {
    "": {
        "eyJ": r"eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*",
        "AKIA": r"AKIA[A-Z0-9]{16}\b",
        "ASIA": r"ASIA[A-Z0-9]{16}\b",
        "AIza": r"AIza[\w-]{35}",
        "SG.": r"SG\.[\w-]{16,}\.[\w-]{16,}",
    },
    "_": {
        "sk_": r"sk_(?:live|test)_\w{8,}",
        "pk_": r"pk_(?:live|test)_\w{8,}",
        "rk_": r"rk_(?:live|test)_\w{8,}",
        "whsec_": r"whsec_[\w+/=]{16,}",
        "ghp_": r"ghp_\w{20,}",
        "gho_": r"gho_\w{20,}",
        "ghs_": r"ghs_\w{20,}",
        "ghu_": r"ghu_\w{20,}",
        "ghr_": r"ghr_\w{20,}",
        "github_pat_": r"github_pat_\w{20,}",
        "npm_": r"npm_\w{30,}",
        "pbkdf2_sha": r"pbkdf2_sha\d+\$\d+\$[\w$./+=,-]{16,}",
    },
    "-": {
        "sk-": r"sk-[\w-]{20,}",
        "glpat-": r"glpat-[\w-]{16,}",
        "pypi-": r"pypi-[\w-]{30,}",
        "xox": r"xox[a-z]-[\w-]{10,}",
    },
    "$": {
        "bcrypt": r"bcrypt(?:_sha256)?\$[\w$./+=,-]{16,}",
        "argon2$": r"argon2\$[\w$./+=,-]{16,}",
        "scrypt$": r"scrypt\$[\w$./+=,-]{16,}",
        "md5$": r"md5\$[\w$./+=,-]{16,}",
        "sha1$": r"sha1\$[\w$./+=,-]{16,}",
    },
}
"""A character that has to be there → a beginning → the pattern of such keys."""
_KEY_PATTERNS: Final = {mark: re.compile(key) for keys in _KEYS.values() for mark, key in keys.items()}
_PRIVATE_KEY: Final = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*?)(?=-----END|\Z)", re.DOTALL)
_SCHEME: Final = re.compile(r"(?i:\b(bearer|basic)\s+)([\w.~+/-]{8,}=*)")
_CARD: Final = re.compile(r"[2-6](?:[ -]?[0-9]){13,15}(?![\w-])")
_CARD_ISSUER: Final = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|4[4-9]\d|5\d\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}"
)
_USERINFO: Final = re.compile(r"(://[^\s/:@'\"]*:)([^\s/@'\"]+)(?=@)")
_ASSIGNED: Final = re.compile(r"=([^\s&;,\"'<>]+)")
_NAME_BACKWARDS: Final = re.compile(r"[\w.-]{2,60}")
_QUOTED: Final = re.compile(
    r"""(["'])([\w.-]{2,60})\1(\s*(?::|=>?)\s*)(["'])((?:(?!\4)[^\\]|\\.)+)\4""", re.DOTALL
)
_INPUT: Final = re.compile(r"""(name=(["'])([\w.-]{2,60})\2[^<>]*?\bvalue=(["']))([^"'<>]+)(?=\4)""")

_JSON_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)
_JSON_INTEGER: Final = re.compile(r"-?[0-9]+")


def redact_shapes(text: str, names: Container[str], secret: Secret) -> str:
    """Return ``text`` with the secrets in it replaced."""
    if len(text) < SHORTEST:
        return text
    for character, marks in _KEYS.items():
        if character in text:
            for mark in marks:
                if mark in text:
                    text = _KEY_PATTERNS[mark].sub(lambda found: _key(found, secret), text)
    if "-----BEGIN" in text:
        text = _PRIVATE_KEY.sub(lambda found: found[1] + secret(found[2]), text)
    if "earer " in text or "asic " in text or "BEARER " in text or "BASIC " in text:
        text = _SCHEME.sub(lambda found: _scheme(found, secret), text)
    if "://" in text:
        text = _USERINFO.sub(lambda found: found[1] + secret(found[2]), text)
    if "=" in text:
        text = _INPUT.sub(lambda found: found[1] + secret(found[5]) if found[3] in names else found[0], text)
        text = _ASSIGNED.sub(lambda found: _assigned(found, names, secret), text)
    if '":' in text or "':" in text or "=>" in text or '" :' in text:
        text = _QUOTED.sub(lambda found: _quoted(found, names, secret), text)
    return _CARD.sub(lambda found: _card(found, secret), text)


def _key(found: re.Match[str], secret: Secret) -> str:
    return secret(found[0]) if _begins_word(found) else found[0]


def _begins_word(found: re.Match[str]) -> bool:
    start = found.start()
    before = found.string[start - 1 : start]
    return not (before.isalnum() or before in {"_", ".", "-"}) or not before


def _scheme(found: re.Match[str], secret: Secret) -> str:
    # "Basic authentication", "bearer tokens-to-come": prose isn't a header.
    credentials = found[2]
    if found[1].lower() == "basic":
        try:
            is_secret = b":" in base64.b64decode(credentials, validate=True)
        except binascii.Error:
            is_secret = False
    else:
        is_secret = any(character.isdigit() for character in credentials)
    return secret(found[0]) if is_secret else found[0]


def _card(found: re.Match[str], secret: Secret) -> str:
    number = found[0]
    digits = re.sub(r"\D", "", number)
    is_card = _begins_word(found) and _CARD_ISSUER.fullmatch(digits) and is_card_number(number)
    return secret(number) if is_card else number


def _assigned(found: re.Match[str], names: Container[str], secret: Secret) -> str:
    start = found.start()
    name = _NAME_BACKWARDS.match(found.string[max(0, start - 60) : start][::-1])
    if name is None or name[0][::-1] not in names:
        return found[0]
    value = found[1]
    # As part of a query the value is the same secret as it is elsewhere, where it isn't encoded.
    return "=" + (quote_plus(secret(unquote_plus(value))) if "%" in value else secret(value))


def _quoted(found: re.Match[str], names: Container[str], secret: Secret) -> str:
    if found[2] not in names:
        return found[0]
    return f"{found[1]}{found[2]}{found[1]}{found[3]}{found[4]}{secret(found[5])}{found[4]}"


def redact_json(text: str, names: Container[str], secret: Secret, redact_text: Callable[[str], str]) -> str:
    """Return JSON text with the values of secret names, and the secret texts, replaced in place.

    Works on the text, token by token: spacing, key order, repeated keys and the spelling of
    numbers stay as they are, and a text that breaks off in the middle is redacted as far as it goes.
    """
    strings = set(_JSON_STRING.findall(text))
    if not any(string in names or redact_text(string) != string for string in strings):
        # The usual case. What an escape might hide, and a string cut off at the end, show as a shape.
        return redact_shapes(text, names, secret)
    scan = _JsonScan(names, secret, redact_text)
    return _JSON_TOKEN.sub(lambda found: scan.token(found[0]), text)


class _JsonScan:
    """Where in the document the scan is: which containers are open, and whether what comes is secret."""

    def __init__(self, names: Container[str], secret: Secret, redact_text: Callable[[str], str]) -> None:
        self._names = names
        self._secret = secret
        self._redact_text = redact_text
        self._open: list[tuple[bool, bool]] = []
        """For each open container: is it an object, and is all of it secret."""
        self._expects_key = False
        self._value_is_secret = False

    def token(self, piece: str) -> str:
        """Take the next token and return what stands in its place."""
        match piece[0]:
            case "{" | "[":
                self._open.append((piece == "{", self._value_is_secret))
                self._expects_key = piece == "{"
            case "}" | "]":
                if self._open:
                    self._open.pop()
                self._next()
            case ",":
                self._next()
            case ":":
                self._expects_key = False
            case '"':
                return self._string(piece)
            case _ if self._value_is_secret and _JSON_INTEGER.fullmatch(piece):
                return self._integer(piece)
        return piece

    def _next(self) -> None:
        is_object, all_secret = self._open[-1] if self._open else (False, False)
        self._expects_key = is_object
        self._value_is_secret = all_secret

    def _string(self, token: str) -> str:
        closed = len(token) > 1 and token.endswith('"')
        try:
            text = json.loads(token if closed else f'{token}"', strict=False)
        except ValueError:
            text = token.strip('"')
        if self._expects_key:
            self._value_is_secret = self._open[-1][1] or text in self._names
            return token
        made = self._secret(text) if self._value_is_secret else self._redact_text(text)
        if made == text:
            return token
        written = json.dumps(made, ensure_ascii=token.isascii())
        return written if closed else written[:-1]

    def _integer(self, token: str) -> str:
        made = self._secret(token)
        # JSON knows no leading zero.
        return re.sub(r"^(-?)0(?=\d)", r"\g<1>1", made)
