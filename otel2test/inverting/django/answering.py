"""The response, as assertions: what a person would check, compared as what it is."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

from otel2test.identifiers import snake_case
from otel2test.inverting.assertions import (
    Assert,
    AssertAllow,
    AssertBody,
    AssertContains,
    AssertCookie,
    AssertHeader,
    AssertJson,
    AssertMessages,
    AssertRedirect,
    AssertSession,
    AssertStatus,
    AssertTemplate,
)
from otel2test.inverting.django import acting
from otel2test.inverting.django.effects import Effects
from otel2test.inverting.django.hidden import without_hidden
from otel2test.inverting.django.identifying import Created
from otel2test.inverting.django.paths import with_keys
from otel2test.inverting.django.recognising import OWN_KEY
from otel2test.inverting.django.rows import Arrangement
from otel2test.inverting.django.showing import Showing
from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.expressions import Anything, Attribute, Formatted, Text, Value
from otel2test.inverting.jsons import parse_json
from otel2test.inverting.loops import unordered_rounds
from otel2test.reading.exchanges import PAGES, Exchange, Model, Response
from otel2test.values import is_plain

_LONGEST_BODY: Final = 1000
_LONGEST_SESSION_TEXT: Final = 200

_ASSERTED_HEADERS: Final = frozenset({"Content-Disposition", "Link", "Retry-After", "Www-Authenticate"})
_USUAL_TYPES: Final = (*PAGES, "application/json")
"""What the form of the body tells, or is what Django takes where the view says nothing."""

_FILES: Final = frozenset({"FileField", "ImageField"})
_WRITES: Final = re.compile(r"\s*(INSERT|UPDATE|REPLACE)\b", re.IGNORECASE)
_KEYISH: Final = re.compile(r"(^|_)(id|pk|uuid|url|href|key|link|location|self)$|Id$|Url$")


class Answer:
    """The assertions on one response."""

    def __init__(
        self, exchange: Exchange, arrangement: Arrangement, effects: Effects, inputs: Inputs
    ) -> None:
        self.exchange = exchange
        self.arrangement = arrangement
        self.effects = effects
        self.inputs = inputs
        self.needs_clock = False

    @property
    def _csrf_tokens(self) -> tuple[str, ...]:
        sent = self.exchange.request.body.fields
        return tuple(value for name, value in sent if name == acting.CSRF_FIELD and value)

    def asserts(self) -> Iterator[Assert]:
        response = self.exchange.response
        if response is None or acting.raised(self.exchange) is not None:
            return  # what the client raises leaves no response behind
        location = response.header("Location")
        if 300 <= response.status < 400 and location is not None:
            yield AssertRedirect(self._location(location), response.status)
        else:
            yield AssertStatus(response.status)
            yield from self._body(response)
        yield from self._headers(response)
        yield from self._cookies(response)
        yield from self._session()
        yield from self._messages()

    # --- body

    def _body(self, response: Response) -> Iterator[Assert]:
        body = response.body
        if self.exchange.request.method == "HEAD" or body.cut:
            return
        if body.kind == "json":
            parsed = parse_json(body.text)
            if parsed is not None or body.text.strip() == "null":
                yield AssertJson(self._json(without_hidden(parsed, "", self.inputs), "", None))
        elif body.kind == "binary" and len(body.content) <= _LONGEST_BODY:
            yield AssertBody(body.content, response.streaming)
        elif self._showing is not None:
            yield from self._page(self._showing, response.status)
        elif body.kind == "text" and len(body.text) <= _LONGEST_BODY and not self._volatile_text(body.text):
            yield AssertBody(self.inputs.on_test_server(body.text), response.streaming)

    def _volatile_text(self, text: str) -> bool:
        return any(self.inputs.is_now(word) or self.inputs.from_randomness(word) for word in text.split())

    @cached_property
    def _showing(self) -> Showing | None:
        response = self.exchange.response
        if response is None or response.body.kind != "text" or not response.is_markup:
            return None
        if not response.is_page and len(response.body.text) <= _LONGEST_BODY:
            return None  # some XML that is short enough to be compared as a whole
        return Showing(self.exchange, response, self.arrangement, self.effects, self.inputs)

    @property
    def form_errors(self) -> tuple[str, ...]:
        """The texts of the errors that the forms of the page show."""
        return tuple(text for text, _ in self._showing.errors) if self._showing is not None else ()

    @property
    def shown(self) -> tuple[Model, ...]:
        """The models of the rows that the page shows, not just around its content, once for each row."""
        shown = self._showing.shown if self._showing is not None else ()
        return tuple(each.model for each in shown if not each.is_around)

    def _page(self, page: Showing, status: int) -> Iterator[Assert]:
        if status >= 400 and not page.errors:
            return  # an error page: Django's own in the recording, another one under test
        templates = [item.name for item in self.exchange.templates if not item.name.startswith("django/")]
        if templates:
            yield AssertTemplate(templates[0])
        texts, fields = [*page.texts()], [*page.fields()]
        held = [field for field in fields if isinstance(field, str)]
        for text, escaped in texts:
            if page.says(text) or not any(f'"{text}"' in field for field in held):
                yield AssertContains(text, status, escaped)
        yield from (AssertContains(field, status) for field in fields)
        yield from (AssertContains(link, status) for link in page.linked([text for text, _ in texts]))

    # --- JSON

    def _json(self, value: object, key: str, of: Created | None) -> Value:
        """Return what to compare with; ``of`` is the created row that the object around ``value`` shows."""
        if isinstance(value, (Mapping, list)):
            return self.effects.through(value, key, self._json)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, (int, str)) and (_KEYISH.search(key) or self._names_row(key, of)):
            reference = self._reference(value, key, of)
            if reference is not None:
                return reference
        if isinstance(value, Anything):
            return value
        if isinstance(value, str) and any(token in value for token in self._csrf_tokens):
            return Anything("holds the CSRF token, which a test does not send")
        if self.inputs.is_now(value):
            return Anything("read off the clock")
        if isinstance(value, str) and (link := self._link_to_file(value, of)) is not None:
            return link
        if self.inputs.from_randomness(value):
            return self._drawn(value)
        if self.inputs.is_today(value) and not self.inputs.given(value):
            self.needs_clock = True
        return self.inputs.on_test_server(value)

    def _link_to_file(self, url: str, of: Created | None) -> Value | None:
        """Return the link to a file of the created row, which the storage may give another name."""
        if of is None:
            return None
        for item in of.model.fields:
            name = of.values.get(item.attname)
            if item.type in _FILES and isinstance(name, str) and name and url.endswith(f"/{name}"):
                before = str(self.inputs.on_test_server(url.removesuffix(name)))
                return Formatted((before, Attribute(self.effects.variable(of), f"{item.name}.name")))
        return None

    def _names_row(self, key: str, of: Created | None) -> bool:
        """Say whether a created row may stand under the key: by its model or by a foreign key."""
        created = (*self.effects.created, *self.effects.earlier)
        by_model = {snake_case(item.model.name) for item in created}
        by_field = {item.name for item in of.model.fields if item.related_model is not None} if of else set()
        name = snake_case(key)
        return name in by_model | by_field or name.endswith(tuple(f"_{model}" for model in by_model))

    def _reference(self, value: int | str, key: str, of: Created | None) -> Value | None:
        """Return the created row's key where ``value`` is one, or is a path with one in it."""
        if OWN_KEY.fullmatch(key):
            created = of if of is not None and str(of.key()) == str(value) else None
        else:
            pointed = self._pointed_to(of, key)
            created = self.effects.created_with_key(value, pointed.name if pointed else key)
            about = pointed.name if pointed else key.replace("_", "")
            if created is not None and created.model.name.lower() not in about.lower():
                created = None  # an equal key of another table
        if created is not None:
            attribute = Attribute(self.effects.variable(created), "pk")
            return Text(attribute) if isinstance(value, str) else attribute
        return self._path(value) if isinstance(value, str) and "/" in value else None

    def _pointed_to(self, of: Created | None, key: str) -> Model | None:
        """Return the model that the field of that name points to, of the row that the object shows."""
        fields = of.model.fields if of is not None else ()
        label = next((item.related_model for item in fields if key in (item.name, item.attname)), None)
        return self.arrangement.models.by_label.get(label or "")

    def _drawn(self, value: object) -> Value:
        """A value drawn at random may have been stored, and then be asserted to be the same."""
        found = self.effects.stored_as(value)
        if found is None:
            return Anything("drawn at random")
        attribute, stored = found
        return attribute if isinstance(stored, str) else Text(attribute)

    def _token(self, text: str) -> Attribute | None:
        found = self.effects.stored_as(text) if self.inputs.from_randomness(text) else None
        return found[0] if found is not None else None

    # --- redirects, headers, cookies, session

    def _location(self, url: str) -> Value:
        request = self.exchange.request
        origin = f"{request.scheme}://{request.host}"
        if url.startswith(f"{origin}/"):
            url = url.removeprefix(origin)
        return self._path(url) or self.inputs.on_test_server(url)

    def _path(self, url: str) -> Formatted | None:
        """Return the URL as an f-string if the key of a created row stands in its path."""

        def row(key: str, so_far: str) -> Created | None:
            created = self.effects.created_with_key(key, so_far)
            asked = f"{self.exchange.request.path}/".startswith(f"{so_far}/")
            return None if asked and created not in self.effects.earlier else created

        return with_keys(str(self.inputs.on_test_server(url)), row, self.effects.variable, self._token)

    def _headers(self, response: Response) -> Iterator[Assert]:
        for name, value in response.headers:
            if name.title() == "Allow" and (
                response.status == 405 or self.exchange.request.method == "OPTIONS"
            ):
                yield AssertAllow(frozenset(part.strip() for part in value.split(",") if part.strip()))
            elif name.title() == "Location" and not 300 <= response.status < 400:
                yield AssertHeader(name, self._path(value) or self.inputs.on_test_server(value))
            elif self._is_told(name.title(), value, response) and not self._volatile_text(value):
                yield AssertHeader(name, self.inputs.on_test_server(value))

    def _is_told(self, name: str, value: str, response: Response) -> bool:
        """Say whether a header is the view's doing: what middleware adds to every response says nothing."""
        if name == "Content-Type":
            return response.status < 300 and not value.lower().startswith(_USUAL_TYPES)
        return name in _ASSERTED_HEADERS

    def _cookies(self, response: Response) -> Iterator[Assert]:
        for cookie in response.cookies:
            if cookie.name in acting.framework_cookies(self.exchange.schema):
                continue
            repeatable = not self.inputs.from_randomness(cookie.value)
            yield AssertCookie(cookie.name, cookie.value if repeatable else None)

    def _session(self) -> Iterator[Assert]:
        session = self.exchange.session
        if session is None or not self._is_session_saved():
            return
        for key, value in session.after.items():
            if key.startswith("_") or not is_plain(value) or session.before.get(key) == value:
                continue
            told = without_hidden(_without_long_texts(value), key, self.inputs)
            asserted = self._json(told, key, None)
            if not isinstance(asserted, Anything):
                yield AssertSession(key, asserted)

    def _is_session_saved(self) -> bool:
        """Say whether the session was written: changes inside a value may never be."""
        tables = [model.table for model in self.exchange.schema.models if model.framework == "session"]
        about = [query for query in self.exchange.queries if any(table in query.sql for table in tables)]
        return not about or any(_WRITES.match(query.sql) for query in about)

    def _messages(self) -> Iterator[Assert]:
        texts = tuple(
            Anything("a lazy text") if text is None else self._path(text) or self.inputs.on_test_server(text)
            for _, text in self.exchange.messages.added
        )
        if texts:
            added = [text for _, text in self.exchange.messages.added]
            unordered = unordered_rounds(added, self.exchange.queries)
            yield AssertMessages(texts, unordered=unordered.reason if unordered is not None else "")


def _without_long_texts(value: Value) -> Value:
    """Return session data without what somebody serialised into it, a whole request for instance."""
    if isinstance(value, Mapping):
        return {key: _without_long_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_long_texts(item) for item in value]
    if isinstance(value, str) and len(value) > _LONGEST_SESSION_TEXT:
        return Anything("something serialised, too long to compare")
    return value
