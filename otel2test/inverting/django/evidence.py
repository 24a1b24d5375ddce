"""What of the database shows on the outside of a request: in it, in the answer, in outbound calls.

A test pins a primary key, or a time that the database would set by itself, only where
somebody could see it. :class:`Evidence` is asked exactly that.
"""

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from otel2test.inverting.jsons import parse_json
from otel2test.reading.exchanges import Body, Exchange

_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")

_NAMED_KEY = re.compile(r"[^\W\d][\w-]*?[-_](\d+)")
"""A key behind a word: ``printers-7``, ``assign_7``."""

_SHORTEST_HEADER = 8
"""Shorter values of headers are numbers and switches, and say nothing of where another value is from."""

_Leaf: TypeAlias = "tuple[str, object]"
"""A value, and the key under which it stood; ``""`` if there was none."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Every short value that can be seen, as text, and every instant."""

    tokens: frozenset[str]
    instants: frozenset[dt.datetime]
    dates: frozenset[dt.date]

    def mentions(self, value: object) -> bool:
        """Say whether a key or other short value can be seen somewhere."""
        if isinstance(value, uuid.UUID):
            return str(value) in self.tokens or value.hex in self.tokens
        return value is not None and str(value) in self.tokens

    def shows(self, value: object) -> bool:
        """Say whether a date or time can be seen somewhere, to the millisecond."""
        if isinstance(value, dt.datetime):
            return _milliseconds(_utc(value)) in self.instants
        return isinstance(value, dt.date) and value in self.dates


def gather(exchanges: Iterable[Exchange]) -> Evidence:
    """Return the evidence of all exchanges together."""
    found = [_gather(exchange) for exchange in exchanges]
    return Evidence(
        frozenset().union(*(item.tokens for item in found)),
        frozenset().union(*(item.instants for item in found)),
        frozenset().union(*(item.dates for item in found)),
    )


def _gather(exchange: Exchange) -> Evidence:
    plain = _plain_fields(exchange)
    tokens: set[str] = set()
    instants: set[dt.datetime] = set()
    dates: set[dt.date] = set()
    for key, leaf in _leaves(exchange):
        parsed = parse_timestamp(leaf) if isinstance(leaf, str) else None
        if isinstance(parsed, dt.datetime):
            instants.add(_milliseconds(_utc(parsed)))
        elif parsed is not None:
            dates.add(parsed)
        if key not in plain:
            tokens.add(str(leaf))
    for _, leaf in _request_leaves(exchange):
        if isinstance(leaf, str) and (named := _NAMED_KEY.fullmatch(leaf)):
            tokens.add(named[1])
    return Evidence(frozenset(tokens), frozenset(instants), frozenset(dates))


def cache_key_parts(key: str) -> list[str]:
    """Return the words and numbers of a cache's key: the key of a row is mostly one of them."""
    return re.split(r"\W+|_", key)


def _plain_fields(exchange: Exchange) -> frozenset[str]:
    """Return the names under which no key of a row is to be expected: those of fields that are none.

    ``{"priority": 3}`` shows nobody's key, though some row may have the key 3.
    """
    keys = {
        name
        for model in exchange.schema.models
        for item in model.fields
        if item.primary_key or item.unique or item.related_model is not None
        for name in (item.name, item.attname)
    }
    fields = {item.name for model in exchange.schema.models for item in model.fields}
    return frozenset(fields - keys)


def parse_timestamp(text: str) -> dt.datetime | dt.date | None:
    """Return the instant or date that ``text`` is in ISO 8601, None if it is none."""
    if not _TIMESTAMP.fullmatch(text):
        return None
    try:
        return dt.date.fromisoformat(text) if len(text) == 10 else dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def _utc(value: dt.datetime) -> dt.datetime:
    return value.astimezone(dt.UTC) if value.tzinfo else value.replace(tzinfo=dt.UTC)


def _milliseconds(value: dt.datetime) -> dt.datetime:
    # Django's JSON encoder cuts microseconds to milliseconds.
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def request_tokens(exchange: Exchange) -> frozenset[str]:
    """Return every short value that came with the request, as text."""
    headers = {value for _, value in exchange.request.headers if len(value) >= _SHORTEST_HEADER}
    return frozenset(headers | {str(leaf) for _, leaf in _request_leaves(exchange)})


def _leaves(exchange: Exchange) -> Iterator[_Leaf]:
    yield from _request_leaves(exchange)
    response = exchange.response
    if response is not None:
        yield from _body_leaves(response.body)
        for name, value in response.headers:
            if name.lower() == "location":
                yield from _url_leaves(value)
    if exchange.session is not None:
        yield from _own(exchange.session.after)
    for call in exchange.outbound:
        yield from _url_leaves(call.url)
        yield from _body_leaves(call.body)
    for access in exchange.effects.cache:
        yield from (("", part) for key in access.keys for part in cache_key_parts(key))


def _request_leaves(exchange: Exchange) -> Iterator[_Leaf]:
    request = exchange.request
    yield from _url_leaves(request.path)
    yield from parse_qsl(request.query_string, keep_blank_values=True)
    yield from _body_leaves(request.body)
    for upload in request.body.files:
        yield upload.field, upload.name
        for line in upload.content.decode("utf-8", "replace").splitlines():
            yield upload.field, line
    if exchange.view is not None:
        yield from exchange.view.kwargs.items()
        yield from (("", value) for value in exchange.view.args)
    if exchange.session is not None:
        yield from _own(exchange.session.before)
    for call in exchange.outbound:
        # What an outbound call answered came in from outside, as the request did.
        if call.response_body is not None:
            yield from _body_leaves(call.response_body)
            yield "", call.response_body.text


def _own(session: Mapping[str, object]) -> Iterator[_Leaf]:
    for key, value in session.items():
        if not key.startswith("_"):  # what Django keeps there becomes a login
            yield from _nested(key, value)


def _url_leaves(url: str) -> Iterator[_Leaf]:
    parts = urlsplit(url)
    for segment in unquote(parts.path).split("/"):
        yield "", segment
        yield from (("", part) for part in segment.split("-") if "-" in segment)
    yield from parse_qsl(parts.query, keep_blank_values=True)


def _body_leaves(body: Body) -> Iterator[_Leaf]:
    yield from body.fields
    if body.kind == "json":
        yield from _nested("", parse_json(body.text))


def _nested(key: str, value: object) -> Iterator[_Leaf]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield "", name
            yield from _nested(str(name), item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _nested(key, item)
    else:
        yield key, value
