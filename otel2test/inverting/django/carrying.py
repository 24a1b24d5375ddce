"""What flows from one response into a later request: keys, tokens, redirect targets, links and codes.

What enters are the rows that earlier requests created, and the values that their responses
showed; what leaves is the request with variables in the place of those.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

from otel2test.identifiers import Names, identifier
from otel2test.inverting.acts import SendRequest
from otel2test.inverting.assertions import KeepLink, KeepValue
from otel2test.inverting.django import mailed
from otel2test.inverting.django.coded import Code
from otel2test.inverting.django.identifying import Created
from otel2test.inverting.django.paths import with_keys
from otel2test.inverting.expressions import Attribute, Formatted, Value, Variable
from otel2test.inverting.jsons import parse_json
from otel2test.reading.effects import Mail
from otel2test.reading.exchanges import Exchange

_SHORTEST: Final = 8
"""Shorter texts are words: that they come back means nothing."""
_KEYISH: Final = re.compile(r"(^|_)(id|pk|uuid|ids)$|Id$")


@dataclass(slots=True)
class Carried:
    """What a test has at hand when it makes its next request."""

    names: Names
    created: list[Created] = field(default_factory=list)
    location: str | None = None
    """Path and query to which the response before redirected, as recorded."""
    shown: dict[str, tuple[int, tuple[str | int, ...]]] = field(default_factory=dict)
    """Text in the JSON of an earlier response → number of the request, and where it stood."""
    mails: list[tuple[int, Mail]] = field(default_factory=list)
    """Every e-mail that was sent, with the number of the request."""
    codes: Mapping[str, Code] = field(default_factory=dict)
    """What a request types in of an e-mail that an earlier one sent."""
    kept: dict[str, tuple[int, KeepValue | KeepLink]] = field(default_factory=dict)
    """What a later request sent of the above, with the step that keeps it."""

    def take(self, number: int, exchange: Exchange, created: Sequence[Created]) -> None:
        """Take in what the request of that number created, and what its response showed."""
        self.created += created
        self.mails += ((number, mail) for mail in exchange.effects.mails if mail.error is None)
        response = exchange.response
        self.location = None
        if response is None:
            return
        if 300 <= response.status < 400:
            target = next((value for name, value in response.headers if name.lower() == "location"), None)
            self.location = _path_and_query(target) if target is not None else None
        if response.body.kind == "json" and not response.body.cut:
            for text, keys in _texts(parse_json(response.body.text), ()):
                self.shown.setdefault(text, (number, keys))

    def into(self, act: SendRequest, exchange: Exchange) -> SendRequest:
        """Return the request with what was at hand in the place of what was recorded."""
        asked = exchange.request.path
        if exchange.request.query_string:
            asked += f"?{exchange.request.query_string}"
        if self.location == asked and act.method == "GET":
            return replace(act, path=Attribute("response", "url"), data=None, has_data=False)
        path = act.path
        if (link := self._link(asked, exchange)) is not None:
            path = Variable(link)
            if exchange.request.query_string and act.method in {"GET", "HEAD"}:
                act = replace(act, data=None, has_data=False)
        elif isinstance(path, str):
            path = with_keys(path, self._with_key, _variable) or self._text(path) or path
        data = self._data(act.data, "") if act.has_data else act.data
        headers: tuple[tuple[str, Value], ...] = tuple(
            (name, (self._text(value) if isinstance(value, str) else None) or value)
            for name, value in act.headers
        )
        return replace(act, path=path, data=data, headers=headers)

    def _link(self, asked: str, exchange: Exchange) -> str | None:
        """Return the variable of the link that an e-mail had to ``asked``, the newest of such."""
        if asked not in self.kept:
            captured = exchange.view.kwargs if exchange.view is not None else {}
            for index, (number, mail) in reversed([*enumerate(self.mails)]):
                found = mailed.link(mail, asked, captured)
                if found is not None:
                    name = self.names.give("link")
                    step = KeepLink(name, found.pattern, index, found.text, found.escaped)
                    self.kept[asked] = (number, step)
                    return name
            return None
        return self.kept[asked][1].variable

    def _with_key(self, key: str, about: str) -> Created | None:
        """Return the created row with that key of which ``about`` speaks, or the only one with it."""
        found = [item for item in self.created if item.key() is not None and str(item.key()) == key]
        words = about.replace("_", "").lower()
        named = [item for item in found if item.model.name.lower() in words]
        found = named or found
        return found[0] if len(found) == 1 and found[0].variable is not None else None

    def _data(self, value: Value, key: str) -> Value:
        if isinstance(value, Mapping):
            return {name: self._data(item, str(name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self._data(item, key) for item in value]
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            return value
        created = self._referred(str(value), key)
        if created is not None:
            return Attribute(_variable(created), "pk")
        return (self._text(value) or self._code(value) or value) if isinstance(value, str) else value

    def _code(self, typed: str) -> Value | None:
        """Return the variable of the code that an e-mail told."""
        code = self.codes.get(typed)
        if code is None:
            return None
        if typed not in self.kept:
            self.kept[typed] = code.number, KeepLink(self.names.give("code"), code.pattern, code.mail)
        return Variable(self.kept[typed][1].variable)

    def _referred(self, value: str, key: str) -> Created | None:
        """Return the created row that a field of a form or of JSON names by its key."""
        for created in self.created:
            if created.variable is None or created.key() is None or str(created.key()) != value:
                continue
            noun = created.model.name.lower()
            words = key.replace("_", "").lower()
            if words.rstrip("s").endswith(noun) or (_KEYISH.search(key) and noun in words):
                return created
            if _KEYISH.fullmatch(key) and len(self.created) == 1:
                return created
        return None

    def _text(self, text: str) -> Value | None:
        """Return the text with what an earlier response showed, or a created row holds, as a variable."""
        for created in self.created:
            for item in created.model.fields:
                value = created.values.get(item.attname)
                if isinstance(value, str) and len(value) >= _SHORTEST and created.variable is not None:
                    found = _within(text, value, Attribute(created.variable, item.attname))
                    if found is not None and any(character.isdigit() for character in value):
                        return found
        for value, (number, keys) in self.shown.items():
            if _within(text, value, "") is not None:
                if value not in self.kept:
                    word = next((key for key in reversed(keys) if isinstance(key, str)), "value")
                    step = KeepValue(self.names.give(identifier(word, "value")), keys)
                    self.kept[value] = (number, step)
                return _within(text, value, Variable(self.kept[value][1].variable))
        return None


def _within(text: str, value: str, expression: Attribute | Variable | str) -> Value | None:
    """Return ``text`` with ``expression`` where ``value`` stands in it as a word of its own."""
    match = re.search(rf"(?<![\w-]){re.escape(value)}(?![\w-])", text)
    if match is None:
        return None
    if match[0] == text:
        return expression
    parts = (text[: match.start()], expression, text[match.end() :])
    return Formatted(tuple(part for part in parts if part != ""))


def _variable(created: Created) -> str:
    return created.variable or ""


def _path_and_query(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _texts(value: object, keys: tuple[str | int, ...]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, (*keys, str(name)))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, (*keys, number))
    elif isinstance(value, str) and len(value) >= _SHORTEST and any(map(str.isdigit, value)):
        yield value, keys
