"""Secrets in JSON text, by names and shapes, without changing anything else of the text.

What enters is the text of a JSON body, perhaps broken off in the middle; what leaves is the
same text with pseudonyms: spacing, key order, repeated keys and the spelling of numbers stay.
"""

import json
import re
from collections.abc import Callable, Container
from typing import Final

Secret = Callable[[str], str]
"""Secret → pseudonym."""

_JSON_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)
_JSON_INTEGER: Final = re.compile(r"-?[0-9]+")


def redact_json(text: str, names: Container[str], secret: Secret, redact_text: Callable[[str], str]) -> str:
    """Return JSON text with the values of secret names, and the secret texts, replaced in place.

    Works on the text, token by token: spacing, key order, repeated keys and the spelling of
    numbers stay as they are, and a text that breaks off in the middle is redacted as far as it goes.
    """
    strings = set(_JSON_STRING.findall(text))
    if not any(string in names or redact_text(string) != string for string in strings):
        # The usual case. What an escape might hide, and a string cut off at the end, show as a shape.
        return redact_text(text)
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
            case _ if _JSON_INTEGER.fullmatch(piece):
                # JSON knows no leading zero, and a pseudonym has none where the number had none.
                return self._secret(piece) if self._value_is_secret else self._redact_text(piece)
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
            made = self._redact_text(text)
        else:
            made = self._secret(text) if self._value_is_secret else self._redact_text(text)
        if made == text:
            return token
        written = json.dumps(made, ensure_ascii=token.isascii())
        return written if closed else written[:-1]
