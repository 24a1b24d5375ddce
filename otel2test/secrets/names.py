"""Which names announce a secret: ``password``, ``X-Api-Key``, ``cardNumber``, …

What enters is the name of a field, argument, header, key or cookie in any of the usual
spellings; what leaves is whether its value must not be kept as it is. A name is judged
by its words, never by its letters: ``author`` holds no ``auth`` and ``tokenize`` no
``token``. A name that only speaks *about* a secret (``password_changed_at``,
``token_type``) is refused.

Names of persons, e-mail addresses and phone numbers are announced by names too; they are
secret only where the user asks for it.
"""

import re
from collections.abc import Container, Iterable, Iterator
from fnmatch import fnmatchcase
from string import ascii_uppercase
from typing import Final, Literal

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")
"""One word of ``snake_case``, ``kebab-case``, ``camelCase`` or ``HTTPHeader``; digits separate."""

_WORDS: Final = frozenset(
    """
    password passwords passwd pwd passphrase passcode secret secrets token tokens credential credentials
    authorization apikey accesskey secretkey privatekey signingkey csrf xsrf csrftoken csrfmiddlewaretoken
    xsrftoken sessionid sessionkey authtoken accesstoken refreshtoken idtoken jwt otp totp cvv cvc iban
    cardnumber creditcard pincode ssn authcode onetimecode signingsecret webhooksecret
    """.split()  # noqa: SIM905 - a word list reads best as words
)
"""A name is secret if one of these is among its words."""

_ENDINGS: Final = ("password", "passwd", "passphrase")
"""A word that ends so is secret too: ``userpassword``."""

_SEQUENCES: Final = frozenset(
    tuple(line.split())
    for line in (
        "api key",
        "access key",
        "account key",
        "account number",
        "auth hash",
        "auth key",
        "auth user hash",
        "card code",
        "card no",
        "card number",
        "credit card",
        "encryption key",
        "private key",
        "recovery code",
        "redaction key",
        "secret key",
        "security code",
        "session hash",
        "session id",
        "session key",
        "signing key",
        "verification code",
    )
)
"""A name is secret if these words stand in it side by side."""

_WHOLE: Final = frozenset(
    {
        ("auth",),
        ("x", "auth"),
        ("http", "auth"),
        ("basic", "auth"),
        ("cookie",),
        ("http", "cookie"),
        ("set", "cookie"),
    }
)
"""Secret only as the whole name; as a part (``auth_user``, ``cookie_consent``) it isn't."""

_ABOUT: Final = frozenset(
    """
    after age algorithm at backend before by changed class count created date endpoint enabled error errors
    exempt expired expires expiration expiry field file form format header help hint id ids in issuer kind
    label length lifetime limit link max min name names on owner path policy prefix required reset rules scope
    set size status strength template time timeout title ttl type updated url uri usable used user valid
    validation validator validators verified version view widget
    """.split()  # noqa: SIM905 - as above
)
"""As the last word: the name speaks about a secret, and its value is none."""

_COUNTS: Final = frozenset(
    {"completion", "has", "input", "is", "max", "min", "needs", "num", "output", "prompt", "requires", "show"}
    | {"total", "use"}
)
"""As the first word: the value is a flag or a number."""

STEMS: Final = (
    *("pass", "pwd", "secret", "token", "key", "cred", "auth", "csrf", "xsrf", "session", "jwt", "otp"),
    *("cvv", "cvc", "iban", "card", "code", "ssn", "cookie", "account"),
)
"""One of these is in every name that is secret by the rules above."""

PersonalKind = Literal["emails", "names", "phones"]
PERSONAL_KINDS: Final[tuple[PersonalKind, ...]] = ("emails", "names", "phones")
_PERSONAL: Final[dict[PersonalKind, frozenset[tuple[str, ...]]]] = {
    "emails": frozenset({("email",), ("e", "mail"), ("mail",), ("email", "address"), ("mail", "address")}),
    "names": frozenset(
        {("surname",), ("firstname",), ("lastname",), ("fullname",), ("nickname",), ("forename",)}
        | {(which, "name") for which in ("first", "last", "full", "given", "family", "middle", "maiden")}
    ),
    "phones": frozenset(
        {("phone",), ("telephone",), ("mobile",), ("cellphone",), ("fax",), ("msisdn",)}
        | {(which, "number") for which in ("phone", "telephone", "mobile", "fax")}
    ),
}
"""How a name ends that announces something personal."""

_PERSONAL_STEMS: Final = {
    "emails": ("mail",),
    "names": ("name", "first", "last"),
    "phones": ("phone", "mobile", "fax", "msisdn"),
}

LONGEST: Final = 60
"""Characters; what is longer is no name."""
_REST_OF_NAME: Final = re.compile(r"[\w.-]*")
_ASCII_LOWER: Final = {ord(letter): letter.lower() for letter in ascii_uppercase}
_CACHE_LIMIT: Final = 10_000
LONGEST_REMEMBERED: Final = 200
"""Characters of a name whose judgement is kept; the keys of a program's mappings may be of any length."""


def words(name: str) -> tuple[str, ...]:
    """Return the words of ``name`` in lower case, without digits and separators."""
    return tuple(word.lower() for word in _WORD.findall(name))


def _announces_secret(name: str) -> bool:
    parts = words(name)
    if parts in _WHOLE:
        return True
    speaks_about = len(parts) > 1 and (parts[-1] in _ABOUT or parts[0] in _COUNTS)
    if any(word in _WORDS or word.endswith(_ENDINGS) for word in parts):
        return not speaks_about
    in_sequence = any(
        parts[start : start + length] in _SEQUENCES
        for length in (2, 3)
        for start in range(len(parts) - length + 1)
    )
    return in_sequence and (not speaks_about or parts[-2:] in _SEQUENCES)


def personal_kind(name: str) -> PersonalKind | None:
    """Return what personal thing ``name`` announces, by its last words."""
    parts = words(name)
    for kind, endings in _PERSONAL.items():
        if parts[-1:] in endings or parts[-2:] in endings:
            return kind
    return None


class SecretNames:
    """The judgement, with names of the user's own added and every answer remembered."""

    def __init__(
        self,
        extra: Iterable[str] = (),
        allowed: Iterable[str] = (),
        personal: Container[PersonalKind] = (),
    ) -> None:
        self._extra: frozenset[str] = frozenset()
        self._patterns: tuple[str, ...] = ()
        self._answers: dict[str, bool] = {}
        self._personal = personal
        self._allowed = _Names(allowed)
        self._stems: tuple[str, ...] = STEMS
        for kind, stems in _PERSONAL_STEMS.items():
            if kind in personal:
                self._stems += stems
        self.add(extra)

    def add(self, names: Iterable[str]) -> None:
        """Take ``names`` as secret too: whole names in any spelling, or patterns such as ``*_pin``."""
        added = _Names(names)
        self._extra |= added.whole
        self._patterns += added.patterns
        self._stems += tuple(stem for name in (*added.whole, *added.patterns) for stem in _stems(name))
        self._answers.clear()

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        answer = self._answers.get(name)
        if answer is None:
            answer = self._judge(name)
            if len(name) <= LONGEST_REMEMBERED:
                if len(self._answers) >= _CACHE_LIMIT:
                    self._answers.clear()
                self._answers[name] = answer
        return answer

    @property
    def stems(self) -> tuple[str, ...]:
        """One of these is in every secret name, in lower case."""
        return self._stems

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where secret names stand in ``text``; each once, in no order.

        A name is looked for by what is in all secret names, and judged only where that is.
        """
        lowered = text.lower()
        if len(lowered) != len(text):  # a few letters have no lower case of one character
            lowered = text.translate(_ASCII_LOWER)
        seen: set[int] = set()
        for stem in self._stems:
            position = lowered.find(stem)
            while position >= 0:
                end = _REST_OF_NAME.match(text, position).end()  # type: ignore[union-attr] # matches nothing too
                if end not in seen:
                    seen.add(end)
                    before = text[max(0, position - LONGEST) : position][::-1]
                    start = position - _REST_OF_NAME.match(before).end()  # type: ignore[union-attr]
                    if end - start <= LONGEST and text[start:end] in self:
                        yield start, end
                position = lowered.find(stem, max(end, position + 1))

    def named(self, name: str) -> bool:
        """Return whether the user named it; the general rules are not asked."""
        normal = _normal(name)
        return normal in self._extra or any(fnmatchcase(normal, pattern) for pattern in self._patterns)

    def allows(self, name: str) -> bool:
        """Return whether the user said that it is no secret."""
        return name in self._allowed

    def _judge(self, name: str) -> bool:
        if self.allows(name):
            return False
        return self.named(name) or _announces_secret(name) or personal_kind(name) in self._personal


class _Names:
    """Names as the user lists them."""

    def __init__(self, names: Iterable[str]) -> None:
        normal = [_normal(name) for name in names if name.strip()]
        self.whole = frozenset(name for name in normal if "*" not in name)
        self.patterns = tuple(name for name in normal if "*" in name)

    def __contains__(self, name: str) -> bool:
        normal = _normal(name)
        return normal in self.whole or any(fnmatchcase(normal, pattern) for pattern in self.patterns)


def _normal(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().lower())


def _stems(name: str) -> tuple[str, ...]:
    """Return what stands in every spelling of a name, or of the names that a pattern means."""
    parts = re.split(r"[_*.?\[\]]+", name)
    return (max(parts, key=len),)
