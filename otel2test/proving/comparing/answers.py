"""What the client saw of a request, and what the request knew of the client, beside the recorded ones."""

import re
from collections.abc import Mapping
from typing import Final

from otel2test.proving.comparing import telling
from otel2test.proving.comparing.bodies import is_page, unlike_bodies, unlike_pages
from otel2test.proving.comparing.likeness import Likeness
from otel2test.proving.comparing.results import Divergence
from otel2test.proving.comparing.tallying import Tally, difference_of
from otel2test.reading.exchanges import Cookie, Exchange, Response, Schema, User

_SERVERS: Final = frozenset(
    {
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "server",
        "set-cookie",
        "transfer-encoding",
        "vary",
    }
)
"""Headers that servers set, that follow from the body, or from who asked."""
_WORD: Final = re.compile(r"\w+")


def framework_cookies(schema: Schema) -> frozenset[str]:
    """Return the cookies that Django keeps for itself."""
    return frozenset({schema.session_cookie, schema.csrf_cookie, "messages"})


def compare_client(tally: Tally, likeness: Likeness, recorded: Exchange, replayed: Exchange) -> None:
    """Compare who asked, and what the session held before and after."""
    if recorded.user is not None or replayed.user is not None:
        tally.judge(
            _same_user(likeness, recorded.user, replayed.user),
            "user",
            f"the user: {_said(recorded.user)} recorded, {_said(replayed.user)} in the replay",
        )
    ours, theirs = _session(recorded), _session(replayed)
    for number, key in enumerate(dict.fromkeys((*ours, *theirs))):
        one, other = ours.get(key, (None, None)), theirs.get(key, (None, None))
        tally.judge(
            likeness.same(one, other, key),
            "session",
            f"session[{key!r}]: {_became(one)} recorded, {_became(other)} in the replay",
            difference="other" if key in ours and key in theirs else "missing" if key in ours else "extra",
            position=number,
        )


def _same_user(likeness: Likeness, recorded: User | None, replayed: User | None) -> bool:
    one, other = (user is not None and user.authenticated for user in (recorded, replayed))
    if one != other or recorded is None or replayed is None or not one:
        return one == other
    if recorded.model != replayed.model:
        return False
    if recorded.pk == replayed.pk:
        return True
    space = likeness.schemas.keys.get(recorded.model or "")
    return space is not None and likeness.keys.pair(space, recorded.pk, replayed.pk)


def _said(user: User | None) -> str:
    return f"{user.model} {user.pk}" if user is not None and user.authenticated else "nobody"


def _session(exchange: Exchange) -> Mapping[str, tuple[object, object]]:
    """Return key → value before and after; what Django keeps there for itself is left out."""
    session = exchange.session
    if session is None:
        return {}
    keys = dict.fromkeys((*session.before, *session.after))
    return {key: (session.before.get(key), session.after.get(key)) for key in keys if not key.startswith("_")}


def _became(pair: tuple[object, object]) -> str:
    before, after = map(telling.value, pair)
    return before if before == after else f"{before} became {after}"


def compare_answer(tally: Tally, likeness: Likeness, recorded: Exchange, replayed: Exchange) -> None:
    """Compare messages, exception and response."""
    _messages(tally, likeness, recorded, replayed)
    _exception(tally, likeness, recorded, replayed)
    one, other = recorded.response, replayed.response
    if one is None or other is None:
        if one is not None or other is not None:
            tally.judge(False, "status", _status_sentence(one, other))
        return
    tally.judge(one.status == other.status, "status", _status_sentence(one, other))
    _headers(tally, likeness, one, other)
    _cookies(tally, likeness, recorded, replayed)
    _body(tally, likeness, recorded, replayed)


def _status_sentence(recorded: Response | None, replayed: Response | None) -> str:
    one, other = (str(each.status) if each else "no response" for each in (recorded, replayed))
    return f"the response's status: {one} recorded, {other} in the replay"


def _messages(tally: Tally, likeness: Likeness, recorded: Exchange, replayed: Exchange) -> None:
    ours, theirs = recorded.messages.added, replayed.messages.added
    for number in range(max(len(ours), len(theirs))):
        one = ours[number] if number < len(ours) else None
        other = theirs[number] if number < len(theirs) else None
        alike = (
            one is not None
            and other is not None
            and one[0] == other[0]
            and (one[1] is None or other[1] is None or likeness.text(one[1], other[1]))
        )
        first, second = (telling.value(each[1]) if each else "none" for each in (one, other))
        tally.judge(
            alike,
            "message",
            f"message {number + 1}: {first} recorded, {second} in the replay",
            difference=difference_of(one, other),
            position=number,
        )


def _exception(tally: Tally, likeness: Likeness, recorded: Exchange, replayed: Exchange) -> None:
    one, other = recorded.exception, replayed.exception
    if one is None and other is None:
        return
    alike = one is not None and other is not None and one.type == other.type
    alike = alike and likeness.text(one.message if one else "", other.message if other else "")
    first, second = (
        f"{each.type}: {telling.value(each.message)}" if each else "none" for each in (one, other)
    )
    where = f" (at {other.where})" if other is not None and other.where else ""
    tally.judge(alike, "exception", f"the exception: {first} recorded, {second} in the replay{where}")


def _headers(tally: Tally, likeness: Likeness, recorded: Response, replayed: Response) -> None:
    ours = {name.lower(): (name, value) for name, value in recorded.headers if name.lower() not in _SERVERS}
    theirs = {name.lower(): (name, value) for name, value in replayed.headers if name.lower() not in _SERVERS}
    for number, key in enumerate(dict.fromkeys((*ours, *theirs))):
        one, other = (side[key][1] if key in side else None for side in (ours, theirs))
        name = (ours.get(key) or theirs[key])[0]
        first, second = (telling.value(each) if each is not None else "none" for each in (one, other))
        tally.judge(
            _same_header(likeness, key, one, other),
            "header",
            f"the response's {name}: {first} recorded, {second} in the replay",
            difference=difference_of(one, other),
            position=number,
        )


def _same_header(likeness: Likeness, name: str, recorded: str | None, replayed: str | None) -> bool:
    if recorded is None or replayed is None:
        return False
    if name == "allow":
        return sorted(_WORD.findall(recorded)) == sorted(_WORD.findall(replayed))
    if name == "etag":
        return True  # what it is made of is compared as the body
    return likeness.text(recorded, replayed, name)


def _cookies(tally: Tally, likeness: Likeness, recorded: Exchange, replayed: Exchange) -> None:
    ours, theirs = _own_cookies(recorded), _own_cookies(replayed)
    for number, name in enumerate(dict.fromkeys((*ours, *theirs))):
        one, other = ours.get(name), theirs.get(name)
        alike = (
            one is not None
            and other is not None
            and one.deleted == other.deleted
            and likeness.text(one.value, other.value, name)
        )
        first, second = (telling.value(each.value) if each else "not set" for each in (one, other))
        tally.judge(
            alike,
            "cookie",
            f"cookie {name}: {first} recorded, {second} in the replay",
            difference=difference_of(one, other),
            position=number,
        )


def _own_cookies(exchange: Exchange) -> dict[str, Cookie]:
    response = exchange.response
    left_out = framework_cookies(exchange.schema)
    return {} if response is None else {c.name: c for c in response.cookies if c.name not in left_out}


def _body(tally: Tally, likeness: Likeness, recorded: Exchange, replayed: Exchange) -> None:
    one, other = recorded.response, replayed.response
    if one is None or other is None or recorded.request.method == "HEAD":
        return
    if "unread" in {one.body.kind, other.body.kind} or one.body.cut or other.body.cut:
        return
    if is_page(one.body) and is_page(other.body):
        if _is_error_page(recorded, replayed):
            return
        left_over = [text for _, text in recorded.messages.before]
        with likeness.trial() as trial:
            unlike = unlike_pages(likeness, one.body.text, other.body.text, left_over)
            trial.kept = unlike is None
    else:
        unlike = unlike_bodies(likeness, one.body, other.body)
    if unlike is None:
        tally.match()
    else:
        tally.diverge(Divergence("body", "other", f"the response: {unlike}"))


def _is_error_page(recorded: Exchange, replayed: Exchange) -> bool:
    """Say whether Django made one of the pages: with DEBUG on another one than without."""
    if recorded.exception is not None or replayed.exception is not None:
        return True
    names = [{template.name for template in each.templates} for each in (recorded, replayed)]
    statuses = {each.response.status for each in (recorded, replayed) if each.response is not None}
    return any(status >= 400 for status in statuses) and (names[0] != names[1] or not names[0])
