"""Bodies beside each other: JSON by its structure, pages by the text that a reader sees, others whole."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from otel2test.inverting.jsons import parse_json
from otel2test.inverting.pages import lines_of
from otel2test.proving.comparing import telling
from otel2test.proving.comparing.alignment import align
from otel2test.proving.comparing.likeness import MISSING, Likeness
from otel2test.reading.exchanges import Body

_TAG: Final = re.compile(r"<[^<>]*>")
_WORD: Final = re.compile(r"[^\s,;!?()\[\]{}\"'“”«»|]+")
_NUMBER: Final = re.compile(r"\d+")
_ABOUT: Final = 40
"""Characters before a text that may say what it is about."""
_AROUND: Final = 4
"""Words told before the first that differs."""


def is_page(body: Body) -> bool:
    """Say whether a text is HTML."""
    return body.kind == "text" and _TAG.search(body.text) is not None


def unlike_bodies(likeness: Likeness, recorded: Body, replayed: Body) -> str | None:
    """Return in words how two bodies first differ, None if they don't."""
    with likeness.trial() as trial:
        unlike = _unlike(likeness, recorded, replayed)
        trial.kept = unlike is None
    return unlike


def _unlike(likeness: Likeness, recorded: Body, replayed: Body) -> str | None:
    if "unread" in {recorded.kind, replayed.kind} or recorded.cut or replayed.cut:
        return None
    if recorded.kind == replayed.kind == "json":
        return unlike_json(likeness, parse_json(recorded.text), parse_json(replayed.text))
    if is_page(recorded) and is_page(replayed):
        return unlike_pages(likeness, recorded.text, replayed.text)
    if recorded.kind in {"form", "multipart"} and replayed.kind in {"form", "multipart"}:
        return _unlike_forms(likeness, recorded, replayed)
    if recorded.kind != replayed.kind:
        return f"its body is {replayed.kind} in the replay, {recorded.kind} recorded"
    one, other = (body.content or body.text for body in (recorded, replayed))
    if likeness.same(one, other):
        return None
    return f"its body is {telling.value(other)} in the replay, {telling.value(one)} recorded"


def unlike_json(likeness: Likeness, recorded: object, replayed: object) -> str | None:
    """Return in words where two JSON values first differ, None if they don't."""
    first = next(likeness.differences(recorded, replayed), None)
    if first is None:
        return None
    where = "".join(f"[{key!r}]" for key in first.path) or "the whole"
    if isinstance(first.recorded, list) and isinstance(first.replayed, list):
        numbers = f"{telling.counted(len(first.recorded), 'item')} recorded, {len(first.replayed)}"
        return f"{where} of its JSON: {numbers} in the replay"
    if first.replayed is MISSING:
        return f"{where} of its JSON: {telling.value(first.recorded)} recorded, missing in the replay"
    if first.recorded is MISSING:
        return f"{where} of its JSON: {telling.value(first.replayed)} only in the replay"
    one, other = telling.value(first.recorded), telling.value(first.replayed)
    return f"{where} of its JSON: {one} recorded, {other} in the replay"


def unlike_pages(
    likeness: Likeness, recorded: str, replayed: str, left_over: Iterable[str | None] = ()
) -> str | None:
    """Return in words where the texts of two pages first differ, None if they don't.

    ``left_over`` are messages that earlier requests left to be shown in the recorded one, None for one
    whose text isn't known: the page may show them, and what goes with them.
    """
    one, other = lines_of(recorded), lines_of(replayed)
    messages = [*left_over]
    known = {line for text in messages if text for line in lines_of(text)}
    about = ""
    ours: list[str] = []
    theirs: list[str] = []
    for i, j in (*_aligned(likeness, one, other), (None, None)):
        if (i is None) != (j is None):
            ours += [] if i is None else [one[i]]
            theirs += [] if j is None else [other[j]]
            continue
        shown_before = not theirs and (None in messages or not known.isdisjoint(ours))
        pairs = [] if shown_before else [(" ".join(ours), " ".join(theirs))]
        pairs += [] if i is None or j is None else [(one[i], other[j])]
        for line, again in pairs:
            if line != again and not likeness.text(f"{about} {line}", f"{about} {again}"):
                return _first_word(about, line, again)
            about = f"{about} {line}"[-_ABOUT:]
        ours, theirs = [], []
    return None


def paired_lines(
    likeness: Likeness, recorded: Sequence[str], replayed: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the texts of two pages that stand in each other's place.

    Of texts that have nothing in common, those do whose neighbours are each other's.
    """
    found: list[tuple[str, str]] = []
    ours: list[str] = []
    theirs: list[str] = []
    for one, other in (*_aligned(likeness, recorded, replayed), (None, None)):
        if (one is None) != (other is None):
            ours += [] if one is None else [recorded[one]]
            theirs += [] if other is None else [replayed[other]]
            continue
        if len(ours) == len(theirs):
            found += zip(ours, theirs, strict=True)
        ours, theirs = [], []
        if one is not None and other is not None:
            found.append((recorded[one], replayed[other]))
    return found


def _aligned(
    likeness: Likeness, recorded: Sequence[str], replayed: Sequence[str]
) -> list[tuple[int | None, int | None]]:
    return list(
        align(
            [(line, _NUMBER.sub("#", likeness.form(line, 0))) for line in recorded],
            [(line, _NUMBER.sub("#", likeness.form(line, 1))) for line in replayed],
        )
    )


def _first_word(about: str, recorded: str, replayed: str) -> str:
    one, other = _WORD.findall(recorded), _WORD.findall(replayed)
    at = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    before = " ".join((*_WORD.findall(about), *one[:at])[-_AROUND:])
    first, second = (" ".join(words[at : at + _AROUND]) or "nothing" for words in (one, other))
    return f"after {before!r} the page shows {second!r} in the replay, {first!r} recorded"


def _unlike_forms(likeness: Likeness, recorded: Body, replayed: Body) -> str | None:
    one, other = dict(recorded.fields), dict(replayed.fields)
    for name in dict.fromkeys((*one, *other)):
        if not likeness.same(one.get(name), other.get(name), name):
            first, second = telling.value(one.get(name)), telling.value(other.get(name))
            return f"its field {name} is {second} in the replay, {first} recorded"
    return None
