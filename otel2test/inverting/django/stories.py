"""Several requests of one client as one story: which belong together, and what they share.

Requests belong to one client if a cookie that one response sets, or one request sends, is
sent by the other: the session's, which changes at login, or that against forgery, which
mostly doesn't. Those that have neither belong to the client whose requests stand around them.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import groupby
from typing import Final

from otel2test.inverting.arrangements import Arrange, LogIn, SetCache, SetCookie, SetSession, StoreFile
from otel2test.inverting.assertions import (
    Assert,
    AssertJson,
    AssertMailCount,
    AssertRecent,
    FetchMails,
    KeepValue,
)
from otel2test.inverting.django import acting, caches, evidence, volatility
from otel2test.inverting.django.carrying import Carried
from otel2test.inverting.django.logins import Login
from otel2test.inverting.django.rows import Arrangement
from otel2test.inverting.django.scenes import Played
from otel2test.inverting.django.subjects import subject_of
from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.plan import Scene
from otel2test.inverting.state import State
from otel2test.reading.exchanges import Exchange, Messages, Model, Schema

_LONGEST_NAME: Final = 60
_NEAR: Final = dt.timedelta(seconds=30)
"""A test makes its requests at once; one that was made no later than this can't tell the difference."""
_TIMES: Final = {2: "twice"}


def by_client(exchanges: Sequence[Exchange]) -> list[list[Exchange]]:
    """Return the exchanges of each client, both in the order of their time."""
    found: list[tuple[set[tuple[str, str]], list[Exchange]]] = []
    for exchange in sorted(exchanges, key=lambda item: item.start):
        cookies = _cookies(exchange)
        mine = [story for story in found if story[0] & cookies]
        if not mine and not cookies and found:
            mine = found[-1:]
        if not mine:
            mine = [(set(), [])]
            found += mine
        for other in mine[1:]:  # this request shows that they are one
            mine[0][0].update(other[0])
            mine[0][1].extend(other[1])
            found.remove(other)
        mine[0][0].update(cookies)
        mine[0][1].append(exchange)
    return [sorted(story, key=lambda item: item.start) for _, story in found]


def _cookies(exchange: Exchange) -> set[tuple[str, str]]:
    names = {exchange.schema.session_cookie, exchange.schema.csrf_cookie}
    sent = {(name, value) for name, value in exchange.request.cookies.items() if name in names}
    cookies = exchange.response.cookies if exchange.response is not None else ()
    return sent | {
        (cookie.name, cookie.value) for cookie in cookies if cookie.name in names and not cookie.deleted
    }


def in_one_trace(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return the exchanges as if they were one: positions count on, and each knows all models."""
    if len(exchanges) == 1:
        return [*exchanges]
    schema = _together([item.schema for item in exchanges])
    found: list[Exchange] = []
    offset = 0
    said: set[tuple[int, str | None]] = set()
    kept = caches.Kept()
    for exchange in map(kept.unexplained, exchanges):
        queries = tuple(replace(item, position=item.position + offset) for item in exchange.queries)
        outbound = tuple(replace(item, position=item.position + offset) for item in exchange.outbound)
        messages = _as_shown(exchange.messages, said)
        said.update(messages.added)
        found.append(replace(exchange, schema=schema, queries=queries, outbound=outbound, messages=messages))
        positions = [item.position for item in exchange.queries]
        positions += (item.position for item in exchange.outbound)
        offset += max(positions, default=0) + 1
    return found


def _as_shown(messages: Messages, said: AbstractSet[tuple[int, str | None]]) -> Messages:
    """Return the messages as a test sees them: left over from its earlier requests, and new ones."""
    left = tuple(message for message in messages.before if message in said)
    others = tuple(message for message in messages.before if message not in said)
    return Messages(others, (*left, *messages.added))


def _together(schemas: Sequence[Schema]) -> Schema:
    models: dict[str, Model] = {}
    for schema in schemas:
        for model in schema.models:
            models.setdefault(model.label, model)
    return replace(
        schemas[0],
        models=tuple(models.values()),
        databases={alias: vendor for schema in schemas for alias, vendor in schema.databases.items()},
        content_types={key: label for schema in schemas for key, label in schema.content_types.items()},
    )


# --- what they share ------------------------------------------------------------------------


def user_before(logins: Iterable[Login], state: State) -> tuple[Model, object] | None:
    """Return (model, key) of the first user who was there before the story and logs in, or is logged in."""
    for login in logins:
        if login.arranged is not None:
            model, pk = login.arranged
            key = login.models.primary_key(model)
            entity = state.find(model.table, key.column, pk) if key else None
            if entity is None or entity.existed:
                return model, pk
    return None


def prepare(logins: Sequence[Login], arrangement: Arrangement) -> None:
    """Name the users, and give each the password that some request sent, or else one that fits."""
    users = [row for row in arrangement.rows if row.model.user]
    passwords: dict[int, list[str]] = {id(row): [] for row in users}
    for login in logins:
        login.prepare(arrangement)
        for row in users:
            if row.password is not None:
                passwords[id(row)].append(row.password)
    sent = {login.passwords.proof for login in logins}
    for row in users:
        found = sorted(passwords[id(row)], key=lambda text: text not in sent)
        row.password = next(iter(found), None)


def inputs(exchanges: Sequence[Exchange], state: State) -> list[Inputs]:
    """Return what each request could know: the starting state, and what was sent until then."""
    found: list[Inputs] = []
    tokens: frozenset[str] = frozenset()
    for exchange in exchanges:
        tokens |= evidence.request_tokens(exchange)
        told = volatility.inputs_of(exchange, state, tokens)
        found.append(replace(told, start=exchanges[0].start))
    return found


# --- one test -------------------------------------------------------------------------------


def scenes(
    played: Sequence[Played], carried: Carried, first: tuple[Arrange, ...], last: tuple[Assert, ...]
) -> tuple[Scene, ...]:
    """Return the scenes; ``first`` is arranged before all, ``last`` asserted after all."""
    found: list[Scene] = []
    mails = 0
    of_caches = [*_of_caches(played)]
    clock = played[0].part.exchange.start
    for number, scene in enumerate(played):
        act, asserts = scene.act, scene.asserts
        if scene.needs_clock and scene.part.exchange.start - clock > _NEAR:
            act = replace(act, instant=scene.part.exchange.start)
            asserts = tuple(
                replace(step, now=False) if isinstance(step, AssertRecent) else step for step in asserts
            )
        kept = tuple(step for made_by, step in carried.kept.values() if made_by == number)
        arrange = first
        if number:
            cached = (step for before, step in of_caches if before == number)
            arrange = (*_between(played[number - 1], scene), *cached)
        told = _and_kept(scene, tuple(_of_outbox(asserts, mails)), kept)
        found.append(Scene(arrange, act, told))
        mails += sum(mail.error is None for mail in scene.part.exchange.effects.mails)
    found[-1] = replace(found[-1], asserts=(*found[-1].asserts, *last))
    return tuple(found)


def _and_kept(scene: Played, asserts: tuple[Assert, ...], kept: tuple[Assert, ...]) -> tuple[Assert, ...]:
    """Return the assertions and what is kept of the response: from where it stands, its lists sorted."""
    moved = any(isinstance(step, AssertJson) and step.sorts for step in asserts)
    if not moved or not any(isinstance(step, KeepValue) for step in kept):
        return (*asserts, *kept)
    named = (replace(step, named=True) if isinstance(step, AssertJson) else step for step in asserts)
    found = (
        replace(step, keys=scene.moved(step.keys) or step.keys, of_data=True)
        if isinstance(step, KeepValue)
        else step
        for step in kept
    )
    return (*named, *found)


def _of_outbox(asserts: Iterable[Assert], earlier: int) -> Iterator[Assert]:
    """Yield the assertions; in the outbox there are the e-mails of earlier requests, too."""
    for step in asserts:
        match step:
            case FetchMails():
                yield replace(step, earlier=earlier)
            case AssertMailCount(number):
                yield AssertMailCount(number + earlier)
            case _:
                yield step


def shared(played: Sequence[Played]) -> Iterable[Arrange]:
    """Yield what side effects need at the start, such as caches with what was in them."""
    saved: set[str] = set()
    steps: list[Arrange] = []
    for scene in played:
        steps += (
            step
            for step in scene.arrange
            if not isinstance(step, SetCache) and not (isinstance(step, StoreFile) and step.name in saved)
        )
        saved.update(file.name for file in scene.part.exchange.effects.files if file.operation == "save")
    yield from dict.fromkeys(steps)
    yield from (step for number, step in _of_caches(played) if not number)


def _of_caches(played: Sequence[Played]) -> Iterator[tuple[int, SetCache]]:
    return caches.placed([scene.arrange for scene in played], [scene.part.exchange for scene in played])


def _between(before: Played, after: Played) -> Iterable[Arrange]:
    """Yield what changed between two requests in a way that neither shows."""
    earlier, later = before.part.exchange, after.part.exchange
    left = earlier.session.after if earlier.session is not None else None
    found = later.session.before if later.session is not None else None
    if left is not None and found is not None and left.get("_auth_user_id") != found.get("_auth_user_id"):
        yield from (step for step in after.part.login.steps(after.arrangement) if isinstance(step, LogIn))
    known = {**earlier.request.cookies}
    if earlier.response is not None:
        known |= {cookie.name: cookie.value for cookie in earlier.response.cookies}
    for step in acting.session_and_cookies(later):
        if isinstance(step, SetSession):
            values = tuple((key, value) for key, value in step.values if (left or {}).get(key) != value)
            if left is not None and values:
                yield SetSession(values)
        elif isinstance(step, SetCookie) and known.get(step.name) != step.value:
            yield step


def names(exchanges: Sequence[Exchange]) -> tuple[str, ...]:
    """Return a name for a story, from what was done in it or, if nothing was, looked at; and a longer one."""
    done = [item for item in exchanges if item.request.method not in {"GET", "HEAD", "OPTIONS"}]
    subjects = [subject_of(item) for item in done or exchanges]
    words: list[str] = []
    for subject, same in groupby(subjects):
        times = len(list(same))
        words.append(subject if times == 1 else f"{subject}_{_TIMES.get(times, f'{times}_times')}")
    told = "_then_".join(words)
    if len(told) > _LONGEST_NAME:
        told = f"{words[0]}_and_so_on_until_{words[-1]}"
    return (told, f"{told}_in_{len(exchanges)}_requests")
