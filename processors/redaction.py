"""Secrets leave the process only as pseudonyms: the one place that decides what is replaced.

What enters is a value on its way into the recording, with the name it goes by; what
leaves is the same value, or its pseudonym. A value is secret by its name
(:mod:`~otel2test.processors.secret_names`), by its shape
(:mod:`~otel2test.processors.secret_shapes`), or because the same text was secret before.
Equal secrets get equal pseudonyms wherever they occur
(:mod:`~otel2test.processors.pseudonyms`).

``OTEL2TEST_REDACTION_KEY`` makes pseudonyms the same in every process that has it;
without it each process draws its own key. ``OTEL2TEST_REDACT`` adds names, separated by
commas.
"""

import base64
import hashlib
import os
import re
import secrets
import uuid
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote_plus, unquote_plus

from otel2test.processors.pseudonyms import Pseudonyms
from otel2test.processors.secret_names import SecretNames, words
from otel2test.processors.secret_shapes import redact_json, redact_shapes
from otel2test.values import Wire, encode_str

_SWITCHES: Final = frozenset({"", "true", "false", "on", "off"})
_URL_HEADERS: Final = frozenset({"referer", "location", "content-location", "origin"})
_URL: Final = re.compile(r"(?P<head>(?:[a-zA-Z][\w+.-]*:)?//)?(?:(?P<user>[^/?#@]*)@)?(?P<rest>[^?#]*)")
_KEEPS_A_SECRET: Final = frozenset({("key",), ("digest",), ("hash",), ("code",), ("value",)})
"""Fields that hold the secret of a model that is named after one: ``Token.key``."""
_SEQUENCE_TAGS: Final = frozenset({"$tuple", "$set", "$frozenset"})


class Redactor:
    """Replaces secrets by pseudonyms, in every form in which values are recorded."""

    def __init__(self, key: bytes | None = None, names: Iterable[str] = ()) -> None:
        self._pseudonyms = Pseudonyms(key or secrets.token_bytes(32))
        self._names = SecretNames(names)
        self._fields: dict[tuple[str, str], bool] = {}

    def add_names(self, names: Iterable[str]) -> None:
        """Take these names as secret too: ``badge_no``, ``*_pin``, ``shop.Customer.nickname``."""
        self._names.add(names)
        self._fields.clear()

    def secret(self, value: str) -> str:
        """Return the pseudonym of a value that is known to be a secret."""
        return self._pseudonyms.of(value)

    def is_secret_name(self, name: str) -> bool:
        """Return whether values under this name are secret."""
        return name in self._names

    def redact_text(self, text: str) -> str:
        """Replace secrets that show by their shape, or the whole where it was secret before."""
        known = self._pseudonyms.recognise(text)
        return redact_shapes(text, self._names, self.secret) if known is None else known

    def redact_json(self, text: str) -> str:
        """Redact JSON by names and shapes; everything else in the text stays as it is."""
        return redact_json(text, self._names, self.secret, self.redact_text)

    def redact_field(self, name: str, value: str) -> str:
        """Redact one field of a form, or anything else that has a name and is text."""
        # ``usable_password=true`` is a switch; replacing it would change what the program does.
        secret = name in self._names and value.lower() not in _SWITCHES
        return self.secret(value) if secret else self.redact_text(value)

    def redact_headers(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Redact header values; ``Cookie`` and ``Set-Cookie`` cookie by cookie."""
        return [(name, self._header(name.lower(), value)) for name, value in pairs]

    def _header(self, name: str, value: str) -> str:
        if name == "cookie":
            return "; ".join(self._cookie_pair(pair) for pair in value.split("; "))
        if name == "set-cookie":
            pair, semicolon, attributes = value.partition(";")
            return self._cookie_pair(pair) + semicolon + attributes
        if name in _URL_HEADERS:
            return self.redact_url(value)
        return self.redact_field(name, value)

    def _cookie_pair(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        return name + equals + self.redact_field(name, value)

    def redact_cookies(self, cookies: Mapping[str, str], names: Iterable[str] = ()) -> dict[str, str]:
        """Redact cookies that are secret by their name, or that ``names`` has (the project's own names)."""
        known = frozenset(names)
        return {
            name: self.secret(value) if name in known else self.redact_field(name, value)
            for name, value in cookies.items()
        }

    def redact_query_string(self, query_string: str) -> str:
        """Redact the values of secret parameters; all else stays as sent, encoding included."""
        return "&".join(self._parameter(part) for part in query_string.split("&"))

    def _parameter(self, part: str) -> str:
        name, equals, encoded = part.partition("=")
        value = unquote_plus(encoded)
        redacted = self.redact_field(unquote_plus(name), value)
        return part if redacted == value else name + equals + quote_plus(redacted)

    def redact_url(self, url: str) -> str:
        """Redact the password (or lone token) before the host, and secret parameters."""
        found = _URL.match(url)
        assert found is not None  # noqa: S101 - every part of the pattern may be empty
        head, user, rest = found["head"] or "", found["user"], found["rest"]
        if not head and user is not None:
            head, user, rest = "", None, f"{user}@{rest}"
        address = head + ("" if user is None else f"{self._userinfo(user)}@") + self.redact_text(rest)
        tail, mark, fragment = url[found.end() :].partition("#")
        if tail:
            tail = "?" + self.redact_query_string(tail[1:])
        return address + tail + mark + (self.redact_query_string(fragment) if "=" in fragment else fragment)

    def _userinfo(self, userinfo: str) -> str:
        user, colon, password = userinfo.partition(":")
        return f"{user}:{self.secret(password)}" if colon and password else self.redact_text(userinfo)

    def redact_value(self, name: str, wire: Wire) -> Wire:
        """Redact a wire value that goes by ``name``: all of it, or what is secret inside."""
        return self.scramble(wire) if name in self._names else self.redact_wire(wire)

    def is_secret_field(self, model_label: str, field_name: str) -> bool:
        """Return whether a column of a model is secret: by its name, or as the key of a token."""
        key = (model_label, field_name)
        answer = self._fields.get(key)
        if answer is None:
            answer = self._fields[key] = self._judge_field(model_label, field_name)
        return answer

    def _judge_field(self, model_label: str, field_name: str) -> bool:
        model = model_label.rpartition(".")[2]
        parts = words(field_name)
        return (
            field_name in self._names
            or (parts in _KEEPS_A_SECRET and model in self._names)
            or parts == ("session", "data")
            or self._names.named(f"{model_label}.{field_name}")
        )

    def redact_model_value(self, model_label: str, field_name: str, wire: Wire) -> Wire:
        """Redact the value of one column of ``app_label.ModelName``."""
        if self.is_secret_field(model_label, field_name):
            return self.scramble(wire)
        return self.redact_wire(wire)

    def redact_mapping(self, mapping: Mapping[str, Wire]) -> dict[str, Wire]:
        """Redact wire values by their keys."""
        return {name: self.redact_value(name, wire) for name, wire in mapping.items()}

    def redact_wire(self, wire: Wire) -> Wire:
        """Redact what is secret by name or shape anywhere inside a wire value."""
        if isinstance(wire, str):
            return self.redact_text(wire)
        if isinstance(wire, list):
            return [self.redact_wire(item) for item in wire]
        if not isinstance(wire, dict):
            return wire
        if len(wire) == 1:
            (tag,) = wire
            if tag.startswith("$"):
                return {tag: self._redact_tagged(tag, wire[tag])}
        return dict(self.redact_mapping(wire))

    def _redact_tagged(self, tag: str, payload: Wire) -> Wire:
        if tag in _SEQUENCE_TAGS:
            return self.redact_wire(payload)
        if tag == "$dict" and isinstance(payload, list):
            return [self._pair(pair) for pair in payload]
        if tag == "$bytes" and isinstance(payload, str):
            return base64.b64encode(self.redact_bytes(base64.b64decode(payload))).decode()
        if isinstance(payload, dict):
            if tag == "$object" and isinstance(attributes := payload.get("attributes"), dict):
                return {**payload, "attributes": dict(self.redact_mapping(attributes))}
            if tag == "$model" and isinstance(fields := payload.get("fields"), dict):
                label = str(payload.get("model"))
                return {
                    **payload,
                    "fields": {k: self.redact_model_value(label, k, v) for k, v in fields.items()},
                }
            if tag == "$cut":
                return {**payload, "kept": self.redact_wire(payload.get("kept"))}
        return payload

    def _pair(self, pair: Wire) -> Wire:
        if not isinstance(pair, list) or len(pair) != 2:
            return pair
        key, value = pair
        return [key, self.redact_value(key, value) if isinstance(key, str) else self.redact_wire(value)]

    def redact_bytes(self, value: bytes) -> bytes:
        """Redact bytes that are a text as that text; others hold no shape that could be known."""
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return value
        return self.redact_text(text).encode()

    def scramble(self, wire: Wire) -> Wire:
        """Replace every text, number and sequence of bytes in a wire value that is secret as a whole.

        Flags, dates, references and models (which are redacted by their own fields) stay.
        """
        if isinstance(wire, str):
            return self.secret(wire)
        if isinstance(wire, int) and not isinstance(wire, bool):
            return self._pseudonyms.of_int(wire)
        if isinstance(wire, list):
            return [self.scramble(item) for item in wire]
        if isinstance(wire, dict):
            if len(wire) == 1:
                (tag,) = wire
                if tag.startswith("$"):
                    return {tag: self._scramble_tagged(tag, wire[tag])}
            return {key: self.scramble(item) for key, item in wire.items()}
        return wire

    def _scramble_tagged(self, tag: str, payload: Wire) -> Wire:
        if tag in _SEQUENCE_TAGS:
            return self.scramble(payload)
        if tag == "$dict" and isinstance(payload, list):
            return [[pair[0], self.scramble(pair[1])] if isinstance(pair, list) else pair for pair in payload]
        if isinstance(payload, str):
            return self._scramble_text(tag, payload)
        if isinstance(payload, dict):
            if tag == "$object":
                return {**payload, "attributes": self.scramble(payload.get("attributes"))}
            if tag == "$model":
                return self._redact_tagged(tag, payload)
            if tag == "$cut":
                return {**payload, "kept": self.scramble(payload.get("kept"))}
        return payload

    def _scramble_text(self, tag: str, payload: str) -> str:
        match tag:
            case "$bytes":
                return base64.b64encode(self._pseudonyms.of_bytes(base64.b64decode(payload))).decode()
            case "$uuid":
                return str(self._pseudonyms.of_uuid(uuid.UUID(payload)))
            case "$int":
                return str(self._pseudonyms.of_int(int(payload)))
            case "$str":
                hidden = encode_str(self.secret(base64.b64decode(payload).decode("utf-8", "surrogatepass")))
                return (
                    str(hidden["$str"])
                    if isinstance(hidden, dict)
                    else base64.b64encode(str(hidden).encode()).decode()
                )
            case _:
                return payload


def from_environment(environ: Mapping[str, str]) -> Redactor:
    """Return a redactor with the key and the names that the environment gives."""
    key = environ.get("OTEL2TEST_REDACTION_KEY")
    return Redactor(
        key=hashlib.sha256(key.encode()).digest() if key else None,
        names=environ.get("OTEL2TEST_REDACT", "").split(","),
    )


redactor: Final = from_environment(os.environ)
"""The process's redactor."""
