"""Codes that an e-mail told and a later request of the same test types in.

Such a code is drawn anew in every run, so that the test reads it out of the e-mail. What enters
are the requests of a story, and what each could know; what leaves is, for each code, where it
stands and a pattern that finds it there. One that is short, or was known before, is none.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from otel2test.inverting.django.evidence import parse_timestamp
from otel2test.inverting.django.mailed import form_of
from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.jsons import parse_json
from otel2test.reading.exchanges import Exchange

_WORDS: Final = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_PINNED: Final = ("random.", "secrets.randbelow", "secrets.choice")
"""What a test makes draw the same again."""
_SHORTEST: Final = 4
_LONGEST: Final = 32
_NEAR: Final = 30
"""So many characters before a code may tell it from others."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code in an e-mail's body."""

    number: int
    """Of the request that sent the e-mail."""
    mail: int
    """Its place among all e-mails that the story sent."""
    text: str
    """As it stands in the body: where it is typed in, it may have been replaced by one of the same form."""
    pattern: str
    """A regular expression of which the first match in the body is the code."""


def codes(exchanges: Sequence[Exchange], inputs: Sequence[Inputs]) -> dict[str, Code]:
    """Return what later requests typed in → the code in the newest e-mail before them."""
    mails = [
        (number, mail.body or "")
        for number, exchange in enumerate(exchanges)
        for mail in exchange.effects.mails
        if mail.error is None
    ]
    found: dict[str, Code] = {}
    for number, exchange in enumerate(exchanges if mails else ()):
        for typed in _typed(exchange):
            for place, (sender, body) in reversed([*enumerate(mails)]):
                told = _told(typed, body) if sender < number and typed not in found else None
                if told is None or inputs[sender].given(told) or _is_pinned(told, exchanges[sender]):
                    continue
                if (pattern := _pattern(told, body)) is not None:
                    found[typed] = Code(sender, place, told, pattern)
    return found


def drawn(inputs: Sequence[Inputs], found: Mapping[str, Code]) -> list[Inputs]:
    """Return the inputs, in which codes are known to be drawn."""
    texts = {text for typed, code in found.items() for text in (typed, code.text)}
    return [replace(each, drawn=each.drawn | texts) for each in inputs] if texts else [*inputs]


def _typed(exchange: Exchange) -> Iterator[str]:
    """Yield what the request sent that may be a code."""
    body = exchange.request.body
    sent: list[object] = [value for _, value in body.fields]
    sent.append(parse_json(body.text) if body.kind == "json" else None)
    while sent:
        value = sent.pop(0)
        if isinstance(value, Mapping):
            sent += value.values()
        elif isinstance(value, list):
            sent += value
        elif isinstance(value, str) and _looks_drawn(value):
            yield value


def _looks_drawn(text: str) -> bool:
    if not (_SHORTEST <= len(text) <= _LONGEST and _WORDS.fullmatch(text)) or parse_timestamp(text):
        return False
    digits = sum(map(str.isdigit, text))
    return digits >= 2 or (text.isupper() and len(text.replace("-", "")) >= _SHORTEST)


def _told(typed: str, body: str) -> str | None:
    """Return the word of the body that was typed in, or the only one of its form."""
    words = re.findall(r"(?<![\w-])[\w-]+(?![\w-])", body)
    if typed in words:
        return typed
    alike = {word for word in words if form_of(word) == form_of(typed)}
    return alike.pop() if len(alike) == 1 else None


def _is_pinned(code: str, exchange: Exchange) -> bool:
    """Say whether the test makes the program draw the same: a number, or one letter after the other."""
    draws = (draw for draw in exchange.effects.draws if draw.source.startswith(_PINNED))
    return code.replace("-", "") in "".join(str(draw.value) for draw in draws)


def _pattern(code: str, body: str) -> str | None:
    """Return a pattern that finds the code, by what stands before it where others are like it."""
    own = r"\b" + "-".join(map(_characters, code.split("-"))) + r"\b"
    match = re.search(own, body)
    if match is None or match[0] == code:
        return own if match is not None else None
    start = re.search(rf"(?<![\w-]){code}(?![\w-])", body)
    if start is None:
        return None
    before = re.search(r"[A-Za-z ,:]{3,}$", body[max(0, start.start() - _NEAR) : start.start()])
    if before is None:
        return None
    own = f"(?<={before[0].lstrip(' ,:')}){own}"
    match = re.search(own, body)
    return own if match is not None and match[0] == code else None


def _characters(part: str) -> str:
    kinds = (("A-Z", str.isupper), ("a-z", str.islower), ("0-9", str.isdigit))
    classes = "".join(name for name, is_one in kinds if any(map(is_one, part)))
    if classes == "0-9":
        return rf"\d{{{len(part)}}}"
    if classes == "A-Z":
        classes = "A-Z0-9"  # that no digit was drawn may be an accident
    return f"[{classes}]{{{len(part)}}}"
