"""Secrets known by their value: those of secret columns and cookies, wherever else they stand.

A session key is a cookie, a parameter and a cell of a row; a token is in a response too. What
enters is a value and the secrets that its exchange came by; what leaves has pseudonyms instead.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from otel2test.attributes import BodyPayload
from otel2test.processors.redaction import redactor
from otel2test.values import Wire, encode_str

_SHORTEST: Final = 4
_SHORTEST_INSIDE: Final = 8
_SMALLEST: Final = 1000


def is_telling(value: object) -> bool:
    """Tell whether a secret can be known again by its value: short ones stand for other things too."""
    if isinstance(value, (str, bytes)):
        return len(value) >= _SHORTEST
    return isinstance(value, uuid.UUID) or (type(value) is int and value >= _SMALLEST)


def telling(values: Iterable[object]) -> Iterator[object]:
    """Yield those of ``values``, and of the collections among them, that can be known again."""
    for value in values:
        if isinstance(value, (list, tuple, set, frozenset)):
            yield from filter(is_telling, value)
        elif is_telling(value):
            yield value


def conceal_wire(wire: Wire, secrets: Collection[object]) -> Wire:
    """Return ``wire``, with pseudonyms for the secrets and for what looks like one."""
    if isinstance(wire, str):
        return redactor.secret(wire) if wire in secrets else encode_str(redactor.redact_text(wire))
    if isinstance(wire, int):
        return redactor.scramble(wire) if wire in secrets else wire
    if isinstance(wire, list):
        return [conceal_wire(item, secrets) for item in wire]
    return redactor.redact_wire(wire)


def conceal_text(text: str, secrets: Iterable[object]) -> str:
    """Return ``text`` with pseudonyms for the secrets inside it."""
    for secret in secrets:
        if isinstance(secret, str) and len(secret) >= _SHORTEST_INSIDE and secret in text:
            text = text.replace(secret, redactor.secret(secret))
    return text


def conceal_body(body: BodyPayload, secrets: Iterable[object]) -> BodyPayload:
    """Return ``body`` with pseudonyms for the secrets in its text."""
    if isinstance(text := body.get("text"), str):
        body["text"] = conceal_text(text, secrets)
    return body
