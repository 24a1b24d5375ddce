"""Two replays of one test beside each other: which observations differ, to the letter.

Nothing is alike here but what is equal. Left out is only what the test client makes anew in each
run and no test asserts: the cookies of the session and of the CSRF token, rows of sessions, and
what Django keeps in a session for itself. Times and keys that differ are listed like everything
else: who weakens assertions asks only about places that the test asserts.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

import orjson

from otel2test.inverting.catalog import build
from otel2test.inverting.collecting import collect
from otel2test.inverting.entities import is_known
from otel2test.inverting.feedback import Kind, Place
from otel2test.inverting.jsons import parse_json
from otel2test.inverting.pages import lines_of
from otel2test.inverting.solving import solve
from otel2test.inverting.state import Entity
from otel2test.proving.comparing.anatomy import anatomy
from otel2test.proving.comparing.answers import framework_cookies
from otel2test.proving.comparing.bodies import is_page
from otel2test.proving.comparing.likeness import MISSING
from otel2test.reading.exchanges import Body, Exchange

Path: TypeAlias = tuple[str | int, ...]
Observed: TypeAlias = Mapping[Place, object]

_MAIL = ("subject", "body", "from_email", "to", "cc", "bcc", "reply_to", "alternatives", "attachments")


def between(first: Exchange, second: Exchange, request: int = 0) -> tuple[Place, ...]:
    """Return the places at which two replays of a request differ.

    JSON is compared item by item where its structure is the same, else the place is that of the
    list whose length differs, or of the key that one lacks. Of pages, a place is a text between two
    tags of the first. ``request`` is the number of the request in its test.
    """
    return differing(observed(first, request), observed(second, request))


def differing(first: Observed, second: Observed) -> tuple[Place, ...]:
    """Return the places at which the observations differ, a place only if it has none below it."""
    found: dict[Place, None] = {}
    for place in dict.fromkeys((*first, *second)):
        one, other = first.get(place, MISSING), second.get(place, MISSING)
        if place.kind == "text":
            found.update((each, None) for each in _texts(one, other, place.request))
        elif place.kind == "json" or (place.kind == "outbound" and place.path[1:] == ("body",)):
            found.update((each, None) for each in _inside(place, one, other))
        elif one != other or type(one) is not type(other):
            found[place] = None
    return tuple(found)


def value_at(seen: Observed, place: Place) -> object:
    """Return what was observed at a place, :data:`MISSING` if there is nothing."""
    if place in seen:
        return seen[place]
    depth = {"json": 0, "outbound": 2}.get(place.kind)
    if depth is None:
        return MISSING
    value = seen.get(Place(place.kind, place.path[:depth], place.request), MISSING)
    for key in place.path[depth:]:
        if isinstance(value, Mapping):
            value = value.get(key, MISSING)
        elif isinstance(value, list):
            value = value[key] if isinstance(key, int) and key < len(value) else MISSING
        else:
            return MISSING
    return value


def same_items(one: object, other: object) -> bool:
    """Say whether two lists hold the same items, whatever their order."""
    if not isinstance(one, list) or not isinstance(other, list) or len(one) != len(other):
        return False
    return sorted(map(_canonical, one)) == sorted(map(_canonical, other))


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _inside(place: Place, one: object, other: object) -> Iterator[Place]:
    """Yield where two JSON values differ, the deepest places of which that can be said."""

    def below(key: str | int) -> Place:
        return Place(place.kind, (*place.path, key), place.request)

    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys((*one, *other)):
            yield from _inside(below(key), one.get(key, MISSING), other.get(key, MISSING))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        if one != other and same_items(one, other):
            yield place
            return
        for index, (item, another) in enumerate(zip(one, other, strict=True)):
            yield from _inside(below(index), item, another)
    elif one != other or type(one) is not type(other):
        yield place


def _texts(one: object, other: object, request: int) -> Iterator[Place]:
    if not isinstance(one, tuple) or not isinstance(other, tuple):
        return
    matcher = SequenceMatcher(None, one, other, autojunk=len(one) * len(other) > 1_000_000)
    for tag, i1, i2, _, _ in matcher.get_opcodes():
        if tag != "equal":
            yield from (Place("text", (line,), request) for line in one[i1:i2])


# --- what was observed ----------------------------------------------------------------------


def observed(exchange: Exchange, request: int = 0) -> dict[Place, object]:
    """Return all that a test could assert of a request, by its place.

    JSON stands whole at its root, ``Place("json")``; the texts of a page as a tuple at ``Place("text")``.
    """
    seen = (*_answer(exchange), *_rows(exchange), *_effects(exchange), *_outbound(exchange))
    return {Place(kind, path, request): value for kind, path, value in seen}


_Seen: TypeAlias = tuple[Kind, Path, object]


def _answer(exchange: Exchange) -> Iterator[_Seen]:
    response = exchange.response
    if response is not None:
        yield "status", (), response.status
        for name, header in response.headers:
            redirects = name.lower() == "location" and 300 <= response.status < 400
            yield ("redirect", (), header) if redirects else ("header", (name,), header)
        left_out = framework_cookies(exchange.schema)
        for cookie in response.cookies:
            if cookie.name not in left_out:
                yield "cookie", (cookie.name,), (cookie.value, cookie.deleted)
        if response.body.kind == "json":
            yield "json", (), parse_json(response.body.text)
        elif is_page(response.body):
            yield "text", (), tuple(lines_of(response.body.text))
        else:
            yield "body", (), response.body.content or response.body.text
    if exchange.session is not None:
        for key, value in exchange.session.after.items():
            if not key.startswith("_"):
                yield "session", (key,), value
    for index, (_, text) in enumerate(exchange.messages.added):
        yield "message", (index,), text


def _rows(exchange: Exchange) -> Iterator[_Seen]:
    """Yield the columns of rows that the request created and of those that it updated."""
    if not any(anatomy(query).verb in {"insert", "update", "other"} for query in exchange.queries):
        return
    catalog = build(exchange.schema)
    state = solve(collect(exchange.queries, catalog), catalog)
    sessions = {model.table for model in exchange.schema.models if model.framework == "session"}
    counts: dict[tuple[Kind, str], int] = {}
    for entity in state.entities:
        kind = _kind_of(entity)
        if kind is None or entity.table in sessions:
            continue
        index = counts.get((kind, entity.table), 0)
        counts[kind, entity.table] = index + 1
        for column, known in entity.after.items():
            if is_known(known):
                yield kind, (entity.table, index, column), known.value


def _kind_of(entity: Entity) -> Kind | None:
    if entity.undone or entity.deleted or not entity.after:
        return None
    return "created" if entity.created else "updated"


def _effects(exchange: Exchange) -> Iterator[_Seen]:
    effects = exchange.effects
    for index, mail in enumerate(effects.mails):
        yield from (("mail", (index, name), getattr(mail, name)) for name in _MAIL)
    for index, task in enumerate(effects.tasks):
        yield from (("task", (index, "args", place), value) for place, value in enumerate(task.arguments))
        yield from (("task", (index, "kwargs", name), value) for name, value in task.keywords.items())
    for access in effects.cache:
        values: Sequence[object] = access.values
        if access.operation == "incr":
            values = (access.result,)
        if access.operation in {"set", "set_many", "incr"} or (
            access.operation == "add" and access.result is True
        ):
            for key, value in zip(access.keys, values, strict=False):
                yield "cache", (access.alias, key), value
    for index, file in enumerate(each for each in effects.files if each.operation == "save"):
        yield "file", (index, "name"), file.name
        yield "file", (index, "content"), file.content


def _outbound(exchange: Exchange) -> Iterator[_Seen]:
    for index, call in enumerate(exchange.outbound):
        yield "outbound", (index, "url"), call.url
        yield from (("outbound", (index, "headers", name), value) for name, value in call.headers)
        yield "outbound", (index, "body"), _sent(call.body)


def _sent(body: Body) -> object:
    if body.kind == "json":
        return parse_json(body.text)
    if body.fields:
        return dict(body.fields)
    return body.content or body.text
