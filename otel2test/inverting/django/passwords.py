"""Which secret of a request is whose password: one proves who asks, another is to be stored.

What enters is the request: its form, its JSON or its ``Authorization: Basic``. What leaves are
:class:`Passwords`.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from otel2test.inverting.jsons import parse_json
from otel2test.reading.exchanges import Request

_WORDS: Final = frozenset({"", "true", "false", "on", "off", "yes", "no", "0", "1"})
"""Values of switches, which are no passwords."""


@dataclass(frozen=True, slots=True)
class Passwords:
    """What a request says of passwords, and of whose they are."""

    proof: str | None = None
    """The password that proves who asks."""
    stored: str | None = None
    """The password that a created or changed user has afterwards."""
    names: frozenset[str] = frozenset()
    """The other short texts sent along: one of them may be the user's name."""


def passwords_of(request: Request) -> Passwords:
    """Return the passwords of a request."""
    fields = [*request.body.fields, *_json_fields(request)]
    secrets = [(key.lower(), value) for key, value in fields if _is_secret(key, value)]
    old = [value for key, value in secrets if "old" in key or "current" in key]
    others = [(key, value) for key, value in secrets if value not in old]
    new = [value for key, value in others if "new" in key or key.endswith(("1", "2"))]
    plain = [value for key, value in others if "new" not in key and not key.endswith(("1", "2"))]
    names = {value for key, value in fields if not _is_secret(key, value)}
    for user, password in _basic(request):
        names.add(user)
        plain.append(password)
    return Passwords(
        proof=next(iter([*old, *plain]), None),
        stored=next(iter([*new, *plain]), None),
        names=frozenset(names),
    )


def _is_secret(key: str, value: str) -> bool:
    name = key.lower()
    if name.startswith(("usable", "use_", "has_")):
        return False  # a switch, such as that of Django's own form for new users
    return ("pass" in name or "pwd" in name) and value.lower() not in _WORDS


def _json_fields(request: Request) -> Iterator[tuple[str, str]]:
    parsed = parse_json(request.body.text) if request.body.kind == "json" else None
    if isinstance(parsed, Mapping):
        yield from ((str(key), value) for key, value in parsed.items() if isinstance(value, str))


def _basic(request: Request) -> Iterator[tuple[str, str]]:
    for name, value in request.headers:
        scheme, _, credentials = value.partition(" ")
        if name.lower() != "authorization" or scheme.lower() != "basic":
            continue
        try:
            user, colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if colon:
            yield user, password
