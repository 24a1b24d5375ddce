"""What would have told a mutant from the program: where two replays of one test, without and with it, differ.

A mutant survives because no assertion looks where it shows, or because it shows nowhere: what it
changed ran for nothing, or came to the same for the rows that were there.
"""

import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from otel2test.inverting.feedback import Decoy, Kind, Lack, Place
from otel2test.inverting.pages import lines_of, tags_of
from otel2test.proving.comparing import telling
from otel2test.proving.comparing.bodies import is_page
from otel2test.proving.comparing.likeness import MISSING, Likeness
from otel2test.proving.comparing.places import differing, observed, value_at
from otel2test.proving.comparing.statements import StatementsComparison
from otel2test.proving.comparing.steps import steps
from otel2test.proving.comparing.tallying import Tally
from otel2test.proving.mutating.decoys import MARK, missed
from otel2test.proving.places import described
from otel2test.reading.exchanges import Exchange

_KINDS: Final[tuple[Kind, ...]] = (
    "status",
    "redirect",
    "json",
    "message",
    "created",
    "updated",
    "mail",
    "outbound",
    "task",
    "file",
    "text",
    "session",
    "cookie",
    "header",
    "cache",
    "body",
)
"""In the order in which a reader of the test would expect to see them asserted."""
_UNSAID: Final = frozenset({"content-length", "date"})
"""Headers that follow from something else."""
_CODE: Final = re.compile(r"(?=\w*[a-z])(?=\w*[A-Z])\w{20,}|[0-9a-f]{20,}", re.ASCII)

_AGO: Final = re.compile(r"^now$|\b(?:an?|\d+)\s(?:second|minute)s?(?:,.*)?\sago\b")
"""How long ago something was: it follows from how long a replay takes."""


L_co = TypeVar("L_co", bound=Lack, covariant=True)


@dataclass(frozen=True, slots=True)
class Killer(Generic[L_co]):
    """An observation by which a test would have told a mutant from the program."""

    place: L_co
    """Where the test would have to look, or which row would have to be there."""
    assertion: str
    """What the test would have to assert: ``response.json()["total"] == 12``; or which row it lacks."""


def explain(
    original: Sequence[Exchange], mutated: Sequence[Exchange], volatile: Container[Place] = ()
) -> Killer[Place] | Killer[Decoy] | None:
    """Return the first difference between the requests of two replays of one test that could be asserted.

    Those at places that are known to be ``volatile`` could not. Where all that could be is alike, it is a
    row for which it would not have been: a decoy. None where there is neither, and where the replay with
    the mutant made no request.
    """
    pairs = [*enumerate(zip(original, mutated, strict=False))]
    found = (killer for number, (one, other) in pairs for killer in killers(one, other, number))
    unlike = next((killer for killer in found if killer.place not in volatile), None)
    if unlike is not None:
        return unlike
    return next((killer for number, (one, other) in pairs for killer in decoys(one, other, number)), None)


def decoys(original: Exchange, mutated: Exchange, number: int = 0) -> Iterator[Killer[Decoy]]:
    """Yield each row with which the two would have differed."""
    for each in missed(original, mutated, _likeness(original, mutated), number):
        yield Killer(each.decoy, f"{each.words} would have told")


def killers(original: Exchange, mutated: Exchange, number: int = 0) -> Iterator[Killer[Place]]:
    """Yield each difference that could be asserted; ``number`` is that of the request in its test.

    What two runs of the same program can't share either, such as a token, is no difference.
    """
    likeness = _likeness(original, mutated)
    one, other = observed(original, number), observed(mutated, number)
    for place in differing(one, other):
        pair = value_at(one, place), value_at(other, place)
        if place.kind == "created" and _drawn(*pair):
            likeness.drawn(str(pair[0]), str(pair[1]))
    for place in sorted(differing(one, other), key=lambda place: _KINDS.index(place.kind)):
        if place.kind == "text":
            continue
        value, changed = value_at(one, place), value_at(other, place)
        name = str(place.path[-1]) if place.path else ""
        if name.lower() in _UNSAID or (value is MISSING and place.kind in {"updated", "body"}):
            # A row's other columns may have been written as they were; where a body is no page any more,
            # what the page showed is missing.
            continue
        if value is MISSING or changed is MISSING or not likeness.same(value, changed, name):
            yield Killer(place, _assertion(place, value))
    yield from _shown(likeness, original, mutated, number)


def _likeness(original: Exchange, mutated: Exchange) -> Likeness:
    """Return what knows which keys of the two replays stand for each other: their rows tell."""
    likeness = Likeness(original, mutated)
    one, other = (steps(exchange, likeness.schemas) for exchange in (original, mutated))
    statements = StatementsComparison(likeness, one, other)
    statements.into(Tally(), statements.pairs())
    return likeness


def _drawn(one: object, other: object) -> bool:
    """Say whether two texts look drawn: of letters alone, too, where they are too long for a word."""
    texts = [text for text in (one, other) if isinstance(text, str) and _CODE.fullmatch(text)]
    return len(texts) == 2 and len(texts[0]) == len(texts[1])


def _assertion(place: Place, value: object) -> str:
    if value is MISSING:
        return f"there is no {described(place)}"
    return f"{described(place)} == {telling.value(value)}"


def _shown(likeness: Likeness, original: Exchange, mutated: Exchange, number: int) -> Iterator[Killer[Place]]:
    """Yield how two pages differ: what one lacks, texts before tags, then what only the other has."""
    if original.response is None or mutated.response is None or not is_page(original.response.body):
        return
    bodies = original.response.body, mutated.response.body
    if any(body.cut for body in bodies):
        return
    sides = [
        (words, [Counter(parts(body.text)) for body in bodies])
        for words, parts in (("shows", lines_of), ("holds", tags_of))
    ]
    for words, (one, other) in sides:
        for text in _fewer(likeness, other, one):
            times = f" {_times(one[text])}" if one[text] > 1 else ""
            place = Place("text", (text,), number)
            yield Killer(place, f"the page {words} {telling.value(text)}{times}")
    for words, (one, other) in sides:
        for text in _fewer(likeness, one, other):
            if MARK in text:
                continue
            more = f" more than {_times(one[text])}" if one[text] else ""
            no = "" if more else "no "
            yield Killer(Place("body", (text,), number), f"the page {words} {no}{telling.value(text)}{more}")


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _fewer(likeness: Likeness, one: Mapping[str, int], other: Mapping[str, int]) -> Iterator[str]:
    """Yield the texts of the second page that the first shows less often, and nothing that is like them."""
    unknown = [text for text in one if text not in other]
    for text, count in other.items():
        if one.get(text, 0) >= count or _AGO.search(text):
            continue
        with likeness.trial():
            alike = any(likeness.text(text, again) for again in unknown)
        if not alike:
            yield text
