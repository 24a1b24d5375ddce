"""What of the database shows on the outside of a request: in it, in the answer, in outbound calls.

A test pins a primary key, or a time that the database would set by itself, only where
somebody could see it. :class:`Evidence` is asked exactly that.
"""

import datetime as dt
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from otel2test.reading.exchanges import Body, Exchange

_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")


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


def gather(exchange: Exchange) -> Evidence:
    """Return the evidence of one exchange."""
    tokens: set[str] = set()
    for leaf in _leaves(exchange):
        tokens.add(leaf if isinstance(leaf, str) else str(leaf))
    instants: set[dt.datetime] = set()
    dates: set[dt.date] = set()
    for token in tokens:
        if _TIMESTAMP.fullmatch(token):
            parsed = parse_timestamp(token)
            if isinstance(parsed, dt.datetime):
                instants.add(_milliseconds(_utc(parsed)))
            elif parsed is not None:
                dates.add(parsed)
    return Evidence(frozenset(tokens), frozenset(instants), frozenset(dates))


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
    return frozenset(str(leaf) for leaf in _request_leaves(exchange))


def _leaves(exchange: Exchange) -> Iterator[object]:
    yield from _request_leaves(exchange)
    response = exchange.response
    if response is not None:
        yield from _body_leaves(response.body)
        yield from (
            part for name, value in response.headers if name == "Location" for part in _url_parts(value)
        )
    for call in exchange.outbound:
        yield from _url_parts(call.url)
        yield from _body_leaves(call.body)


def _request_leaves(exchange: Exchange) -> Iterator[object]:
    request = exchange.request
    yield from _url_parts(request.path)
    yield from (part for pair in parse_qsl(request.query_string, keep_blank_values=True) for part in pair)
    yield from _body_leaves(request.body)
    for upload in request.body.files:
        yield upload.name
        yield from upload.content.decode("utf-8", "replace").splitlines()
    if exchange.view is not None:
        yield from exchange.view.kwargs.values()
        yield from exchange.view.args
    if exchange.session is not None:
        yield from _nested(exchange.session.before)
    for call in exchange.outbound:
        # What an outbound call answered came in from outside, as the request did.
        if call.response_body is not None:
            yield from _body_leaves(call.response_body)
            yield call.response_body.text


def _url_parts(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    for segment in unquote(parts.path).split("/"):
        yield segment
        yield from segment.split("-") if "-" in segment else ()
    yield from (part for pair in parse_qsl(parts.query, keep_blank_values=True) for part in pair)


def _body_leaves(body: Body) -> Iterator[object]:
    yield from (value for _, value in body.fields)
    if body.kind == "json":
        yield from _nested(parse_json(body.text))


def parse_json(text: str) -> object:
    """Return the value of a JSON text; None where it can't be parsed."""
    try:
        parsed: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return parsed


def _nested(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from _nested(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _nested(item)
    else:
        yield value
