"""A password that Django's validators refused, where the recording holds another in its place.

Pseudonyms keep a password's length and kinds of characters, hence what was said of those. That it
was a common one, or that it was like the user's name, is true of the password only: what enters is
a request and what its response says, what leaves is a password of which the same is said.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from otel2test.inverting.acts import SendRequest
from otel2test.inverting.django.passwords import passwords_of
from otel2test.inverting.django.rows import Row
from otel2test.inverting.expressions import Value
from otel2test.reading.exchanges import Exchange

_TOO_COMMON: Final = "This password is too common."
_TOO_SIMILAR: Final = re.compile(r"The password is too similar to the ([\w -]+?)\.")
_DIGITS: Final = "12345678901234567890"
_MOST_DIGITS: Final = 11
"""Django's list of common passwords has the numbers above up to that length, and as a whole."""
_WORDS: Final = (
    "a",
    "pa",
    "abc",
    "love",
    "admin",
    "secret",
    "welcome",
    "password",
    "beautiful",
    "basketball",
    "butterflies",
    "professional",
    "administrator",
)
"""Common passwords of each length."""


def refused_again(act: SendRequest, exchange: Exchange, users: Sequence[Row]) -> SendRequest:
    """Return the request with a password of which Django's validators say what they said."""
    password = passwords_of(exchange.request).stored
    said = exchange.response.body.text if exchange.response is not None else ""
    if not password or act.data is None:
        return act
    similar = _TOO_SIMILAR.search(said)
    if _TOO_COMMON in said:
        other: str | None = _common(password)
    elif similar is not None:
        other = _attribute(similar[1], exchange, users)
    else:
        return act
    return act if other is None else _with_data(act, lambda text: other if text == password else text)


def _common(password: str) -> str:
    length = len(password)
    if password.isdecimal():
        return _DIGITS[:length] if length <= _MOST_DIGITS else _DIGITS
    return _WORDS[min(length, len(_WORDS)) - 1]


def _attribute(described: str, exchange: Exchange, users: Sequence[Row]) -> str | None:
    """Return the text that goes by this name: as sent along, or of the user who asks."""
    name = described.replace(" ", "_").replace("-", "_").lower()
    texts = dict(exchange.request.body.fields)
    for user in users:
        texts |= {key: value for key, value in user.recorded().items() if isinstance(value, str)}
    names = (name, name.removesuffix("_address"))
    return next((texts[each] for each in names if texts.get(each)), None)


def _with_data(act: SendRequest, change: Callable[[str], str]) -> SendRequest:
    def changed(value: Value) -> Value:
        if isinstance(value, Mapping):
            return {key: changed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [changed(item) for item in value]
        return change(value) if isinstance(value, str) else value

    return replace(act, data=changed(act.data))
