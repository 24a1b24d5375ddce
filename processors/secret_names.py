"""Which names announce a secret: ``password``, ``X-Api-Key``, ``cardNumber``, …

What enters is the name of a field, argument, header, key or cookie in any of the usual
spellings; what leaves is whether its value must not be kept as it is. A name is judged
by its words, never by its letters: ``author`` holds no ``auth`` and ``tokenize`` no
``token``. A name that only speaks *about* a secret (``password_changed_at``,
``token_type``) is refused.
"""

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Final

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")
"""One word of ``snake_case``, ``kebab-case``, ``camelCase`` or ``HTTPHeader``; digits separate."""

_WORDS: Final = frozenset(
    """
    password passwords passwd pwd passphrase passcode secret secrets token tokens credential credentials
    authorization apikey accesskey secretkey privatekey signingkey csrf xsrf csrftoken csrfmiddlewaretoken
    xsrftoken sessionid sessionkey authtoken accesstoken refreshtoken idtoken jwt otp totp cvv cvc iban
    cardnumber creditcard pincode ssn
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

_CACHE_LIMIT: Final = 10_000


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


class SecretNames:
    """The judgement, with names of the user's own added and every answer remembered."""

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self._extra: frozenset[str] = frozenset()
        self._patterns: tuple[str, ...] = ()
        self._answers: dict[str, bool] = {}
        self.add(extra)

    def add(self, names: Iterable[str]) -> None:
        """Take ``names`` as secret too: whole names in any spelling, or patterns such as ``*_pin``."""
        cleaned = [name.strip().lower() for name in names if name.strip()]
        self._extra |= {_normal(name) for name in cleaned if "*" not in name}
        self._patterns += tuple(_normal(name) for name in cleaned if "*" in name)
        self._answers.clear()

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        answer = self._answers.get(name)
        if answer is None:
            answer = self._judge(name, _announces_secret)
            if len(self._answers) >= _CACHE_LIMIT:
                self._answers.clear()
            self._answers[name] = answer
        return answer

    def named(self, name: str) -> bool:
        """Return whether the user named it; the general rules are not asked."""
        return self._judge(name, lambda _: False)

    def _judge(self, name: str, otherwise: Callable[[str], bool]) -> bool:
        normal = _normal(name)
        return (
            normal in self._extra
            or any(fnmatchcase(normal, pattern) for pattern in self._patterns)
            or otherwise(name)
        )


def _normal(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().lower())
