"""Values that nobody chose: drawn at random, or put by the recorder in the place of a secret."""

import re
import uuid
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Final
from urllib.parse import parse_qsl

from otel2test.inverting.jsons import parse_json
from otel2test.proving.comparing.anatomy import anatomy
from otel2test.reading.exchanges import Body, Exchange, Query
from otel2test.secrets import marks
from otel2test.secrets.anatomy import rebuilt

_TOKEN: Final = re.compile(r"[A-Za-z0-9_\-+/=.:$]{12,}")
_WORDS: Final = re.compile(r"""[\s<>"'(){}\[\],;!?&=/|]+""")
_SHORTEST: Final = 6
"""What is drawn and shorter may stand somewhere for other reasons."""


class Chance:
    """What one request drew, and what it was given: in the request itself and in rows that it read."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    @cached_property
    def drawn(self) -> frozenset[str]:
        """Values that the recorder saw drawn, as text."""
        return frozenset(
            text
            for draw in self._exchange.effects.draws
            for text in _spellings(draw.value)
            if len(text) >= _SHORTEST
        )

    @cached_property
    def given(self) -> frozenset[str]:
        """Texts that came with the request, or were read before the request wrote them."""
        texts = set(_of_request(self._exchange))
        written: set[str] = set()
        for query in sorted(self._exchange.queries, key=lambda item: item.position):
            if anatomy(query).verb in {"insert", "update"}:
                written.update(_texts(_parameters(query)))
            else:
                texts.update(set(_texts(query.rows)) - written)
        return frozenset(texts)

    def is_random(self, text: str) -> bool:
        """Say whether a text was drawn, or looks so and wasn't given."""
        if text in self.drawn:
            return True
        if not _TOKEN.fullmatch(text) or text in self.given:
            return False
        digits = sum(map(str.isdigit, text))
        letters = sum(map(str.isalpha, text))
        return digits >= 3 and letters >= 3


def same_secret(recorded: str, replayed: str) -> bool:
    """Say whether both may stand for the same secret: of one form, each with the mark of a pseudonym."""
    one, other = _parts(recorded), _parts(replayed)
    if not one or len(one) != len(other):
        return False
    if _without(recorded, one) != _without(replayed, other):
        return False
    return all(a == b or (is_marked(a) and is_marked(b)) for a, b in zip(one, other, strict=True))


@lru_cache(maxsize=65_536)
def is_marked(text: str) -> bool:
    """Say whether a text has the mark of a pseudonym."""
    return marks.strength(text) >= marks.ENOUGH


def _parts(value: str) -> list[str]:
    found: list[str] = []

    def look(part: str) -> str:
        found.append(part)
        return part

    rebuilt(value, look)
    return found


def _without(value: str, parts: list[str]) -> str:
    for part in parts:
        value = value.replace(part, "\0", 1)
    return value


def _spellings(value: object) -> Iterator[str]:
    if isinstance(value, uuid.UUID):
        yield from (str(value), value.hex)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.hex()
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)


def _parameters(query: Query) -> tuple[object, ...]:
    if query.many is not None:
        return tuple(query.many)
    return (query.params,)


def _texts(value: object) -> Iterator[str]:
    """Yield the texts in a value, at any depth; those of JSON, too."""
    if isinstance(value, (str, uuid.UUID)):
        yield from _spellings(value)
        if isinstance(value, str) and value[:1] in {"{", "["}:
            yield from _texts(parse_json(value))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)


def _of_request(exchange: Exchange) -> Iterator[str]:
    request = exchange.request
    yield from request.path.split("/")
    yield from (value for _, value in parse_qsl(request.query_string, keep_blank_values=True))
    yield from (value for _, value in request.headers)
    yield from request.cookies.values()
    yield from _of_body(request.body)
    if exchange.session is not None:
        yield from _texts(exchange.session.before)
    for call in exchange.outbound:
        if call.response_body is not None:
            yield from _of_body(call.response_body)


def _of_body(body: Body) -> Iterator[str]:
    yield from (value for _, value in body.fields)
    yield from _WORDS.split(body.text)
    yield from _texts(parse_json(body.text) if body.kind == "json" else None)
