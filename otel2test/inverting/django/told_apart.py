"""Calls to one URL in any order: each must find its own answer, by what it sends.

What enters are the answers of a test; what leaves are the same, those marked that are to be found
by what was sent, and a note where that can't be.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from otel2test.inverting.arrangements import AnswerCall
from otel2test.inverting.expressions import Anything, Value
from otel2test.inverting.plan import Note

_Calls: TypeAlias = Iterable[AnswerCall | Note]


def told_apart(calls: _Calls) -> Iterator[AnswerCall | Note]:
    """Yield the answers and notes, in their order."""
    calls = [*calls]
    together: dict[object, list[AnswerCall]] = {}
    for call in calls:
        if isinstance(call, AnswerCall):
            together.setdefault((call.mock, call.method, call.url), []).append(call)
    marked: set[int] = set()
    for answers in together.values():
        if not _depend_on_order(answers):
            continue
        if _findable(answers):
            marked.update(id(answer) for answer in answers if not is_matched(answer))
        else:
            yield Note(_why_not(answers[0]))
    for call in calls:
        yield _by_content(call) if isinstance(call, AnswerCall) and id(call) in marked else call


def _by_content(answer: AnswerCall) -> AnswerCall:
    sent = answer.sent_text
    if answer.mock == "responses" and isinstance(sent, bytes):
        sent = sent.decode()  # as its matcher takes it
    return replace(answer, by_content=True, sent_text=sent)


def is_matched(answer: AnswerCall) -> bool:
    """Say whether what is sent is compared before the answer is given: JSON and forms by responses."""
    return answer.mock == "responses" and sent_by(answer)[0] in {"json", "form"}


def sent_by(answer: AnswerCall) -> tuple[str, Value]:
    """Return what the call sent: as what, and that."""
    if answer.sends_json:
        return "json", answer.sent_json
    if answer.sent_form is not None:
        return "form", answer.sent_form
    return (
        ("nothing", None) if answer.sent_text is None else (type(answer.sent_text).__name__, answer.sent_text)
    )


def _depend_on_order(answers: Sequence[AnswerCall]) -> bool:
    """Say whether calls that may come in any order send different things, and are answered differently."""
    loops = {answer.loop for answer in answers if answer.loop is not None}
    for loop in loops:
        alike = [answer for answer in answers if answer.loop == loop]
        if len({repr(sent_by(answer)) for answer in alike}) > 1 and len(set(map(_answered, alike))) > 1:
            return True
    return False


def _answered(answer: AnswerCall) -> str:
    return repr((answer.status, answer.body, answer.headers, answer.error, answer.error_message))


def _findable(answers: Sequence[AnswerCall]) -> bool:
    """Say whether the mock can look at what each call sends."""
    sent = [sent_by(answer) for answer in answers]
    kinds = {kind for kind, _ in sent}
    if answers[0].mock == "responses":
        return all(_is_text(value) for kind, value in sent if kind == "bytes")
    return answers[0].mock == "respx" and len(kinds) == 1 and not any(_differs(value) for _, value in sent)


def _is_text(value: Value) -> bool:
    try:
        return isinstance(value, bytes) and bool(value.decode())
    except UnicodeDecodeError:
        return False


def _differs(value: Value) -> bool:
    """Say whether some part of what was sent isn't the same in every run."""
    if isinstance(value, dict):
        return any(map(_differs, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_differs, value))
    return isinstance(value, Anything)


def _why_not(answer: AnswerCall) -> str:
    url = answer.url if isinstance(answer.url, str) else answer.url.recorded
    return f"{answer.mock} answers in this order, while the calls may come in any: {answer.method} {url}"
