"""Outbound calls: how the test answers each, and what it asserts of them.

Each library's calls are answered by the mock that intercepts them without a network:
``responses`` (requests), ``respx`` (httpx), ``mocket`` (urllib3 and urllib.request, by the
socket). All can stand around one test. Where a mock takes all answers to one URL at once,
they become one step; what such a call sent is compared when all is over.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from otel2test.inverting.arrangements import AnswerCall, Mock
from otel2test.inverting.assertions import (
    Assert,
    AssertAllAnswered,
    AssertCallCount,
    AssertLike,
    AssertNothing,
    AssertSentBody,
    AssertSentForm,
    AssertSentHeader,
    AssertSentInAnyOrder,
    AssertSentJson,
)
from otel2test.inverting.django.acting import exception_name, grouped
from otel2test.inverting.django.enumerating import Enumerating
from otel2test.inverting.django.told_apart import sent_by
from otel2test.inverting.django.unordering import as_comment, loose_lists
from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.expressions import Anything, LooseUrl, Name, Value
from otel2test.inverting.feedback import Feedback
from otel2test.inverting.jsons import parse_json
from otel2test.inverting.likenesses import InAnyOrder, PartsInAnyOrder
from otel2test.inverting.loops import unordered_rounds
from otel2test.inverting.loosening import DIFFERS, Seen, loosened
from otel2test.inverting.orders import NOT_PROMISED, unordered_lists
from otel2test.inverting.patterns import escaped, pattern_of
from otel2test.inverting.plan import Note
from otel2test.inverting.sortings import Keys, sort_key
from otel2test.reading.exchanges import Body, Exchange, Failure, Outbound, Query
from otel2test.secrets import marks

_MOCKS: Final[Mapping[str, Mock]] = {
    "requests": "responses",
    "httpx": "respx",
    "urllib3": "mocket",
    "urllib": "mocket",
}
_SOCKET_METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
"""The methods that mocket knows."""

_NOTHING_TOLD: Final = Feedback()

_URLLIB_REASON: Final = re.compile(r"<urlopen error (.*)>", re.DOTALL)
_ERRNO: Final = re.compile(r"\[Errno (-?\d+)\] (.*)", re.DOTALL)

_URLLIB3_ARGUMENTS: Final[Mapping[str, tuple[Value, ...]]] = {
    "NewConnectionError": (None,),
    "NameResolutionError": (None,),
    "ReadTimeoutError": (None, None),
}
"""What stands before the message: the connection, or pool and URL, with which the message begins."""
_NOT_CONNECTED: Final = Name("urllib3.exceptions", "NewConnectionError")


def answers(
    exchange: Exchange, inputs: Inputs, feedback: Feedback = _NOTHING_TOLD, request: int = 0
) -> Iterator[AnswerCall | Note]:
    """Yield how each outbound call is answered, or why it can't be.

    ``feedback`` tells by ``request``, the number of the request, what differs from run to run.
    """
    loops = dict(_loops(exchange, request))
    enumerating = Enumerating(exchange.queries, inputs)
    for index, call in enumerate(exchange.outbound):
        seen = {
            place.path[1:]: values
            for place, values in feedback.volatile.items()
            if (place.kind, place.request, place.path[:1]) == ("outbound", request, (index,))
        }
        asked = {
            str(place.path[-1]).lower()
            for place in feedback.asserted
            if (place.kind, place.request, place.path[:2]) == ("outbound", request, (index, "headers"))
        }
        mock = _MOCKS.get(call.library)
        if mock is None:
            yield Note(f"an outbound {call.method} {call.url} made by {call.library}")
        elif call.status is None and call.error is None:
            yield Note(f"an outbound {call.method} {call.url} of which no answer was recorded")
        elif not re.fullmatch(r"[A-Z]+", call.method) or (
            mock == "mocket" and call.method not in _SOCKET_METHODS
        ):
            yield Note(f"an outbound call of method {call.method!r}")
        elif call.error is None:
            answer = replace(_answer(call, mock, inputs, asked), loop=loops.get(index))
            yield _enumerating(_in_any_order(_weakened(answer, seen), exchange.queries), enumerating)
        elif (raised := _raised(call, call.error)) is None:
            yield Note(f"an outbound {call.method} {call.url} that ended in {call.error.type}")
        else:
            yield replace(
                _weakened(_answer(call, mock, inputs, asked), seen),
                loop=loops.get(index),
                error=raised.name,
                error_message=raised.message,
                error_arguments=raised.arguments,
            )


def steps(given: Iterable[AnswerCall]) -> tuple[AnswerCall, ...]:
    """Return the answers as steps: those to one URL together, where the mock takes them together."""
    together: dict[object, list[AnswerCall]] = {}
    for number, answer in enumerate(given):
        sent = repr(sent_by(answer)) if answer.by_content else None
        key = number if answer.mock == "responses" else (answer.mock, answer.method, answer.url, sent)
        together.setdefault(key, []).append(answer)
    return tuple(_in_one(answers) for answers in together.values())


def _in_one(found: Sequence[AnswerCall]) -> AnswerCall:
    plain = [_without_sent(answer) for answer in found]
    # The last answer is given again and again; how often is asserted.
    while len(plain) > 1 and plain[-1] == plain[-2]:
        plain.pop()
    return replace(found[0], then=tuple(plain[1:]))


def _without_sent(answer: AnswerCall) -> AnswerCall:
    return replace(
        answer,
        sent_json=None,
        sends_json=False,
        sent_form=None,
        sent_text=None,
        sent_headers=(),
        loose=(),
        loop=None,
    )


def asserts(given: Sequence[AnswerCall]) -> Iterator[Assert]:
    """Yield what must have been sent."""
    for mock in dict.fromkeys(answer.mock for answer in given):
        calls = [answer for answer in given if answer.mock == mock]
        yield AssertCallCount(len(calls), mock)
        routes = {
            (answer.method, answer.url, answer.by_content and repr(sent_by(answer))) for answer in calls
        }
        if mock != "responses" and len(routes) > 1:
            yield AssertAllAnswered(mock)
        for loop, some in groupby(enumerate(calls), key=lambda item: item[1].loop):
            told = [(index, answer) for index, answer in some if not answer.by_content]
            if loop is not None and told:
                yield from _sent_in_any_order(told, loop[2], len(calls))
                continue
            for index, answer in told:
                yield from _sent(answer, index)


def _sent(answer: AnswerCall, index: int) -> Iterator[Assert]:
    """Yield what must have been sent in one call."""
    for step in _compared(answer, index):
        as_a_whole = any(keys == () for keys, _ in answer.loose)
        if not as_a_whole and not _is_matched(step):
            yield step
        for keys, like in answer.loose:
            why = as_comment(NOT_PROMISED) if isinstance(like, (InAnyOrder, PartsInAnyOrder)) else DIFFERS
            yield AssertLike(step, like, keys, told=keys != (), reason=why)
    yield from (AssertSentHeader(index, name, value, answer.mock) for name, value in answer.sent_headers)


def _is_matched(step: Assert) -> bool:
    """Say whether all of it is compared before the answer is given, as responses does."""
    if isinstance(step, AssertSentForm):
        repeated = any(isinstance(value, list) and len(value) > 1 for _, value in step.fields)
        return step.mock == "responses" and not repeated
    return isinstance(step, AssertSentJson) and step.mock == "responses"


def _sent_in_any_order(several: Sequence[tuple[int, AnswerCall]], why: str, number: int) -> Iterator[Assert]:
    """Yield what must have been sent in calls that may come in any order, out of ``number`` of their mock."""
    compared = [step for index, answer in several for step in _compared(answer, index)]
    bodies = [_body(step) for step in compared]
    key = sort_key(bodies)
    if all(map(_is_matched, compared)):
        return
    if key is None or key.differs or len(bodies) < len(several) or len(set(map(type, compared))) > 1:
        yield AssertNothing(f"what was sent by {len(several)} calls in any order: {why}")
        return
    first, last = several[0][0], several[-1][0]
    stop = None if last + 1 == number else last + 1
    bodies.sort(key=key.of)
    blank = next((step for step in compared if isinstance(step, AssertSentForm) and step.has_blank), None)
    yield AssertSentInAnyOrder(blank or compared[0], first, stop, tuple(bodies), key, why)


def _body(step: AssertSentBody | AssertSentJson | AssertSentForm) -> Value:
    match step:
        case AssertSentBody(text=text):
            return text
        case AssertSentJson(value=value):
            return value
        case AssertSentForm(fields=fields):
            return dict(fields)


def _compared(answer: AnswerCall, index: int) -> Iterator[AssertSentBody | AssertSentJson | AssertSentForm]:
    """Yield what compares all that the call sent."""
    if answer.sent_text is not None:
        yield AssertSentBody(index, answer.sent_text, answer.mock)
    elif answer.sends_json:
        yield AssertSentJson(index, answer.sent_json, answer.mock)
    elif answer.sent_form is not None:
        fields = tuple((name, _list(value)) for name, value in answer.sent_form)
        yield AssertSentForm(index, fields, answer.mock)


def _list(value: Value) -> Value:
    return value if isinstance(value, list) else [value]


def _answer(call: Outbound, mock: Mock, inputs: Inputs, asked: Collection[str] = ()) -> AnswerCall:
    """``asked`` are the headers that must be asserted, in lower case."""
    sent = parse_json(call.body.text) if call.body.kind == "json" else None
    received = call.response_body or Body()
    parsed = parse_json(received.text) if received.kind == "json" else None
    content_type = next(
        (value for name, value in call.response_headers if name.lower() == "content-type"), None
    )
    return AnswerCall(
        method=call.method,
        url=call.url,
        status=call.status or 0,
        body=received.content if received.kind == "binary" else received.text,
        json=parsed,
        is_json=parsed is not None,
        content_type=content_type,
        headers=tuple((name, value) for name, value in call.response_headers if name.lower() == "location"),
        sent_json=without_volatile(sent, inputs),
        sends_json=sent is not None,
        sent_form=tuple(grouped(call.body.fields).items()) if call.body.kind == "form" else None,
        sent_text=_sent_text(call.body, mock),
        sent_headers=tuple(
            (name, value)
            for name, value in call.headers
            if name.lower() in asked and _holds_still(value, inputs)
        ),
        mock=mock,
    )


def _holds_still(value: str, inputs: Inputs) -> bool:
    """Say whether a header is the same in every run: no time, nothing drawn, no pseudonym of a secret."""
    return not any(
        inputs.is_now(word) or inputs.from_randomness(word) or marks.strength(word) >= marks.ENOUGH
        for word in value.split()
    )


def _sent_text(body: Body, mock: Mock) -> str | bytes | None:
    if body.cut or body.kind not in {"text", "binary"}:
        return None
    if body.kind == "text" or mock != "mocket":
        return body.text if body.kind == "text" else body.content
    try:
        return body.content.decode()  # as mocket tells of it
    except UnicodeDecodeError:
        return None


def _weakened(answer: AnswerCall, seen: Mapping[Keys, Seen]) -> AnswerCall:
    """Return the answer to a call that sends other values in other runs: ``seen`` has those."""
    url = seen.get(("url",))
    if url is not None and isinstance(answer.url, str) and (pattern := _pattern(url)) is not None:
        path = _pattern([urlsplit(str(text)).path for text in url])
        answer = replace(answer, url=LooseUrl(answer.url, pattern, path or ".*"))
    inside = {keys[1:]: values for keys, values in seen.items() if keys[:1] == ("body",)}
    if not inside:
        return answer
    if answer.sent_text is not None:
        found = loosened(answer.sent_text, inside, _unrelated)
        return replace(answer, loose=found.likes)
    if answer.sends_json:
        found = loosened(answer.sent_json, inside, _unrelated)
        return replace(answer, sent_json=found.value, loose=found.likes)
    if answer.sent_form is None:
        return answer
    fields = dict(answer.sent_form)
    found = loosened(fields, inside, _unrelated)
    likes = tuple(((*keys, *((0,) * (len(keys) == 1))), like) for keys, like in found.likes)
    form = tuple(found.value.items()) if isinstance(found.value, dict) else answer.sent_form
    return replace(answer, sent_form=form, loose=likes)


def _loops(exchange: Exchange, request: int) -> Iterator[tuple[int, tuple[int, int, str]]]:
    """Yield the calls that may come in any order: their numbers, and which belong together."""
    for mock in dict.fromkeys(_MOCKS.values()):
        calls = [(at, call) for at, call in enumerate(exchange.outbound) if _MOCKS.get(call.library) == mock]
        found = unordered_rounds([_told_by(call) for _, call in calls], exchange.queries)
        for start, end in found.spans if found is not None else ():
            for number, _ in calls[start:end]:
                yield number, (request, calls[start][0], found.reason if found is not None else "")


def _told_by(call: Outbound) -> list[object]:
    """Return a call as what was done for one row."""
    url = urlsplit(call.url)
    text = call.body.text or call.body.content.decode(errors="replace")
    sent = parse_json(text) if call.body.kind == "json" else text
    return [url.path.split("/"), dict(parse_qsl(url.query)), dict(call.body.fields), sent]


def _in_any_order(answer: AnswerCall, queries: Sequence[Query]) -> AnswerCall:
    """Return the answer to a call that sends lists whose order no query promises."""
    lists = {keys: found.reason for keys, found in unordered_lists(answer.sent_json, queries).items()}
    value, likes = loose_lists(answer.sent_json, lists)
    return replace(answer, sent_json=value, loose=(*answer.loose, *likes)) if lists else answer


def _enumerating(answer: AnswerCall, enumerating: Enumerating) -> AnswerCall:
    """Return the answer to a call that sends texts which enumerate rows in such an order."""
    if answer.loop is not None:
        return answer  # what is sent in turn is compared as a whole
    json, likes = enumerating.loose(answer.sent_json)
    form, of_form = enumerating.loose(dict(answer.sent_form or ()))
    whole = enumerating.like(answer.sent_text)
    likes += tuple(((*keys, *((0,) * (len(keys) == 1))), like) for keys, like in of_form)
    likes += (((), whole[0]),) if whole is not None else ()
    fields = tuple(form.items()) if of_form and isinstance(form, dict) else answer.sent_form
    return replace(answer, sent_json=json, sent_form=fields, loose=(*answer.loose, *likes))


def _pattern(texts: Sequence[object]) -> str | None:
    known = [text for text in texts if isinstance(text, str)]
    if len(known) < len(texts):
        return None
    return escaped(known[0]) if len(set(known)) == 1 else pattern_of(known)


def _unrelated(_keys: Keys) -> None:
    """What was sent is not told by rows: a mock compares it while the request is on its way."""


@dataclass(frozen=True, slots=True)
class _Raised:
    name: Name
    message: str
    arguments: tuple[Value, ...] = ()


def _raised(call: Outbound, failure: Failure) -> _Raised | None:
    """Return what to raise so that the program sees the recorded exception, None where nothing does that.

    What ``mocket`` raises passes through the library first, as what comes from a socket does.
    """
    name, message = exception_name(failure), failure.message
    if call.library == "urllib":
        reason = _URLLIB_REASON.fullmatch(message) if failure.type == "urllib.error.URLError" else None
        return None if reason is None else _os_error(reason[1])
    if call.library != "urllib3":
        return _Raised(name, message)
    if name.module != "urllib3.exceptions":
        return _os_error(message)
    arguments = _URLLIB3_ARGUMENTS.get(name.name, ())
    if name.name == "NameResolutionError":
        name = _NOT_CONNECTED  # which takes a message
    return _Raised(name, message.partition(": ")[2] if arguments else message, arguments)


def _os_error(message: str) -> _Raised:
    """Return an error of the operating system; its number makes it ``ConnectionRefusedError`` and such."""
    if message == "timed out":
        return _Raised(Name("builtins", "TimeoutError"), message)
    numbered = _ERRNO.fullmatch(message)
    if numbered is None:
        return _Raised(Name("builtins", "OSError"), message)
    return _Raised(Name("builtins", "OSError"), numbered[2], (int(numbered[1]),))


def without_volatile(value: object, inputs: Inputs) -> Value:
    """Return a JSON value in which what no run can repeat is :class:`Anything`."""
    if isinstance(value, dict):
        return {key: without_volatile(item, inputs) for key, item in value.items()}
    if isinstance(value, list):
        return [without_volatile(item, inputs) for item in value]
    if inputs.is_now(value):
        return Anything("read off the clock")
    if inputs.from_randomness(value):
        return Anything("drawn at random")
    return value
