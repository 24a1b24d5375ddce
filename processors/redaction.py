"""Secrets leave the process only as pseudonyms: the one place that decides what is replaced.

What enters is a value on its way into the recording, with the name it goes by; what
leaves is the same value, or its pseudonym. A value is secret by its name
(:mod:`otel2test.secrets.names`), by its shape (:mod:`otel2test.secrets.shapes`), or because
the same text was secret before. Equal secrets get equal pseudonyms wherever they occur
(:mod:`~otel2test.processors.pseudonyms`), and what is written is searched once more for those
that are known by then (:mod:`~otel2test.processors.sweeping`).

What the user adds and excepts is in :mod:`~otel2test.processors.settings`.
"""

import base64
import codecs
import hashlib
import os
import re
import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from otel2test.processors.hashes import Hashes
from otel2test.processors.json_redaction import redact_json
from otel2test.processors.pseudonyms import Pseudonyms
from otel2test.processors.settings import RecorderSettings
from otel2test.processors.sieve import Sieve
from otel2test.processors.sweeping import KnownSecrets
from otel2test.secrets.anatomy import unwrapped
from otel2test.secrets.names import LONGEST_REMEMBERED, SecretNames, words
from otel2test.secrets.places import Found
from otel2test.secrets.shapes import Shapes
from otel2test.values import Wire, encode_str

_SWITCHES: Final = frozenset({"", "true", "false", "on", "off"})
_URL_HEADERS: Final = frozenset({"referer", "location", "content-location", "origin"})
_URL: Final = re.compile(r"(?P<head>(?:[a-zA-Z][\w+.-]*:)?//)?(?:(?P<user>[^/?#@]*)@)?(?P<rest>[^?#]*)")
_KEEPS_A_SECRET: Final = frozenset({("key",), ("digest",), ("hash",), ("code",), ("value",)})
"""Fields that hold the secret of a model that is named after one: ``Token.key``."""
_EMAIL: Final = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[A-Za-z]{2,24}")
_SEGMENT: Final = re.compile(r"(?<=/)[\w-]{32,128}(?=/|\Z)")
_WORDS: Final = re.compile(r"[a-z]{7,}")
_LINK: Final = re.compile(r"https?://[^\s<>\"']+(?<![.,;:!?)\]])")
"""A URL in a text; what ends a sentence isn't part of it."""
_TOKEN_LENGTH: Final = 16
_SHORT: Final = 1000
"""Longer texts are too various to come by again, and to be told apart by a hash."""
_MEMORY: Final = 20_000
_SEQUENCE_TAGS: Final = frozenset({"$tuple", "$set", "$frozenset"})


class _Verdicts(dict[str, bool]):
    """Name → whether it is secret, judged when it is first looked up."""

    def __init__(self, judge: Callable[[str], bool]) -> None:
        super().__init__()
        self._judge = judge

    def __missing__(self, name: str) -> bool:
        verdict = self._judge(name)
        if len(name) <= LONGEST_REMEMBERED:
            if len(self) >= _MEMORY:
                self.clear()
            self[name] = verdict
        return verdict


class Redactor:
    """Replaces secrets by pseudonyms, in every form in which values are recorded."""

    def __init__(self, key: bytes | None = None, names: Iterable[str] = ()) -> None:
        self.known: Final = KnownSecrets()
        self.secret_names: Final = _Verdicts(self.is_secret_name)
        """The same as :meth:`is_secret_name`, for where a call would cost too much."""
        self._fields: dict[tuple[str, str], bool] = {}
        self._clean = Hashes()
        self.generation = 0
        """Another number whenever the answers of this object may be others."""
        self._use(key or secrets.token_bytes(32), Shapes(SecretNames(names)))

    def configure(self, settings: RecorderSettings) -> None:
        """Take what the user wants: names, patterns, what is personal, and the key if there is one."""
        personal = frozenset(settings.redact_personal)
        names = SecretNames(settings.redact, settings.redact_allow, personal)
        shapes = Shapes(
            names,
            patterns=tuple(re.compile(pattern) for pattern in settings.redact_patterns),
            emails="emails" in personal,
            phones="phones" in personal,
        )
        chosen = settings.redaction_key
        self._use(hashlib.sha256(chosen.encode()).digest() if chosen else self._key, shapes)

    def _use(self, key: bytes, shapes: Shapes) -> None:
        self._key = key
        self._names = shapes.names
        self._shapes = shapes
        self._sieve = Sieve(shapes)
        self._pseudonyms = Pseudonyms(key, self.known, self.redact_json)
        self.generation += 1
        self.known.first_met += 1
        self._fields.clear()
        self.secret_names.clear()
        self._clean.clear()

    def keep(self, texts: Iterable[str]) -> None:
        """Take these for pseudonyms, those that can be, until the next :meth:`configure`."""
        self._pseudonyms.keep(texts)
        self.generation += 1

    @property
    def now(self) -> int:
        """This moment, for :meth:`sweep`: secrets that come by later are known by then."""
        return self.known.now

    def sweep(self, data: bytes, since: int = 0) -> bytes:
        """Replace secrets that came by after ``since`` wherever they stand in bytes about to be written."""
        return self.known.sweep(data, since)

    def forget(self, before: int) -> None:
        """Drop the secrets that are only known for what was written by that moment."""
        self.known.forget(before)

    def add_names(self, names: Iterable[str]) -> None:
        """Take these names as secret too: ``badge_no``, ``*_pin``, ``shop.Customer.nickname``."""
        self._names.add(names)
        self._sieve = Sieve(self._shapes)
        self.generation += 1
        self.known.first_met += 1
        self._fields.clear()
        self.secret_names.clear()
        self._clean.clear()

    def secret(self, value: str) -> str:
        """Return the pseudonym of a value that is known to be a secret."""
        if self._shapes.emails and is_email(value):
            return self._pseudonyms.of_email(value)
        return self._pseudonyms.of(value)

    def is_secret_name(self, name: str) -> bool:
        """Return whether values under this name are secret."""
        return name in self._names

    def redact_text(self, text: str) -> str:
        """Replace secrets that show by their shape, or the whole where it was secret before."""
        known = self._pseudonyms.recognise(text)
        if known is not None:
            return known
        # Most texts come by again: SQL, names, URLs. Only their hashes are kept.
        mark = hash(text)
        if mark in self._clean:
            return text
        places = () if self._sieve.is_clean(text) else self._shapes.find(text)
        if places:
            return self._replaced(text, places)
        if len(text) <= _SHORT:
            if len(self._clean) >= _MEMORY:
                self._clean.clear()
            self._clean.add(mark)
        return text

    @property
    def state(self) -> tuple[int, int]:
        """What is left as it is by this object stays so for as long as this is the same."""
        return self.generation, self._pseudonyms.learnt

    @property
    def clean(self) -> Hashes:
        """Hashes of texts that :meth:`redact_text` leaves as they are, unless they are ``recognisable``.

        This set and that one change while they are looked at, and are others after :meth:`configure`.
        """
        return self._clean

    @property
    def recognisable(self) -> Hashes:
        """Hashes of texts that were secrets as a whole, and may be met where nothing else shows it."""
        return self._pseudonyms.recognisable

    def redact_texts(self, texts: Iterable[str]) -> dict[str, str]:
        """Return each text with what :meth:`redact_text` makes of it; most texts come by again."""
        clean, recognisable = self._clean, self._pseudonyms.recognisable
        return {
            text: text
            if (mark := hash(text)) in clean and mark not in recognisable
            else self.redact_text(text)
            for text in texts
        }

    def _replaced(self, text: str, places: Iterable[Found]) -> str:
        parts: list[str] = []
        position = 0
        for found in places:
            parts += text[position : found.start], self._in_place(text[found.start : found.end], found)
            position = found.end
        return "".join([*parts, text[position:]])

    def _in_place(self, value: str, found: Found) -> str:
        match found.form:
            case "plain":
                return self.secret(value)
            case "email":
                return self._pseudonyms.of_email(value)
            case "percent":
                # As part of a query the value is the same secret as it is elsewhere, where it isn't encoded.
                return quote_plus(self.secret(unquote_plus(value))) if "%" in value else self.secret(value)
            case "wrapped":
                return unwrapped(value, self.secret)

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
        """Redact the password (or lone token) before the host, tokens in the path, secret parameters."""
        found = _URL.match(url)
        assert found is not None  # noqa: S101 - every part of the pattern may be empty
        head, user, rest = found["head"] or "", found["user"], found["rest"]
        if not head and user is not None:
            head, user, rest = "", None, f"{user}@{rest}"
        address = head + ("" if user is None else f"{self._userinfo(user)}@") + self.redact_path(rest)
        tail, mark, fragment = url[found.end() :].partition("#")
        if tail:
            tail = "?" + self.redact_query_string(tail[1:])
        return address + tail + mark + (self.redact_query_string(fragment) if "=" in fragment else fragment)

    def _userinfo(self, userinfo: str) -> str:
        user, colon, password = userinfo.partition(":")
        if colon and password:
            decoded = unquote(password)
            secret = self.secret(decoded)
            return f"{user}:{secret if decoded == password else quote(secret, safe='')}"
        is_token = len(userinfo) >= _TOKEN_LENGTH and any(character.isdigit() for character in userinfo)
        return self.secret(userinfo) if is_token else self.redact_text(userinfo)

    def redact_prose(self, text: str) -> str:
        """Redact a text for people: its links as URLs, for who has one may be let in by it."""
        parts: list[str] = []
        end = 0
        for link in _LINK.finditer(text):
            # A secret that shows by the shape of the whole link isn't looked for in its parts again.
            shown = self.redact_text(link[0])
            told = shown if shown != link[0] else self.redact_url(link[0])
            parts += (self.redact_text(text[end : link.start()]), told)
            end = link.end()
        return "".join((*parts, self.redact_text(text[end:]))) if parts else self.redact_text(text)

    def redact_path(self, path: str) -> str:
        """Redact the path of a URL: what shows by its shape, and segments that only chance can have made."""
        return _SEGMENT.sub(self._segment, self.redact_text(path))

    def _segment(self, found: re.Match[str]) -> str:
        return self.secret(found[0]) if is_random(found[0]) else found[0]

    def redact_value(self, name: str, wire: Wire) -> Wire:
        """Redact a wire value that goes by ``name``: all of it, or what is secret inside."""
        return self.scramble(wire) if name in self._names else self.redact_wire(wire)

    def is_secret_field(self, model_label: str, field_name: str) -> bool:
        """Return whether a column of a model is secret: by its name, or as the key of a token."""
        key = (model_label, field_name)
        answer = self._fields.get(key)
        if answer is None:
            answer = self._judge_field(model_label, field_name)
            # SQL that the program wrote itself names its columns as it likes, each time anew.
            if len(field_name) <= LONGEST_REMEMBERED:
                if len(self._fields) >= _MEMORY:
                    self._fields.clear()
                self._fields[key] = answer
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
        """Redact bytes that are a text as that text; in others, what can be seen by its shape."""
        encoding, errors = "utf-8", "strict"
        if value.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = "utf-16"
        try:
            text = value.decode(encoding)
        except UnicodeDecodeError:
            # What is no text is then no letter either: it ends a secret as a space would.
            encoding, errors = "ascii", "surrogateescape"
            text = value.decode(encoding, errors)
        redacted = self.redact_text(text)
        return value if redacted == text else redacted.encode(encoding, errors)

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


def is_email(text: str) -> bool:
    """Return whether all of ``text`` is an e-mail address."""
    return "@" in text and _EMAIL.fullmatch(text) is not None


def is_random(text: str) -> bool:
    """Return whether ``text`` looks drawn by chance, as tokens are; hashes of files are not."""
    kinds = (str.isdigit, str.isupper, str.islower)
    return all(sum(map(kind, text)) >= len(text) // 12 for kind in kinds) and not _WORDS.search(text)


def from_environment(environ: Mapping[str, str]) -> Redactor:
    """Return a redactor with what the environment says of redaction."""
    made = Redactor()
    made.configure(RecorderSettings.from_environ(environ))
    return made


redactor: Final = from_environment(os.environ)
"""The process's redactor."""
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=redactor.known.renew_lock)
