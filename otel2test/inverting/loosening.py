"""A value as a test compares it, some parts of which differ from run to run → what is left to compare.

Such a part becomes another value of the same run where it repeated that in every run; else it is
:class:`~otel2test.inverting.expressions.Anything`, and what all runs share is said beside it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from otel2test.inverting.expressions import (
    Anything,
    Attribute,
    ContentTypeOf,
    Formatted,
    Shown,
    Text,
    Value,
    Variable,
)
from otel2test.inverting.likenesses import Likeness, likeness
from otel2test.inverting.patterns import escaped
from otel2test.inverting.sortings import Keys, has_part, part, with_part

Seen: TypeAlias = Sequence[object]
"""The values of one observation in several runs, the recorded one first."""

DIFFERS: Final = "differs from run to run"
NOTHING_LEFT: Final = f"{DIFFERS}, with nothing in common"


@dataclass(frozen=True, slots=True)
class Loosened:
    """What is left of a value."""

    value: Value
    likes: tuple[tuple[Keys, Likeness], ...] = ()
    """What is to be said beside it of its parts."""


def loosened(
    value: Value, seen: Mapping[Keys, Seen], related: Callable[[Keys], Value | None], *, own: bool = False
) -> Loosened:
    """Return ``value`` with each part that was seen to differ replaced.

    ``related`` gives what a part is equal to in every run, None where nothing is known; with
    ``own``, that may be a part of the value itself, which the test has at hand.
    """
    likes: list[tuple[Keys, Likeness]] = []
    for keys in sorted(seen, key=lambda keys: (len(keys), str(keys))):
        now = part(value, keys)
        guessed = isinstance(now, Anything)  # from one run only: now there is more to say
        if not has_part(value, keys) or (explains(now, seen[keys]) and not guessed):
            continue
        relation = related(keys)
        if relation is None and own:
            told = (repeated(seen[keys], seen[other], Shown(other)) for other, _ in likes)
            relation = next((found for found in told if found is not None), None)
        found = likeness(seen[keys])
        if relation is not None:
            value = with_part(value, keys, relation)
        elif found is not None:
            value = with_part(value, keys, now if guessed else Anything(DIFFERS))
            likes.append((keys, found))
        else:
            value = with_part(value, keys, Anything(f"{_last(keys)} {NOTHING_LEFT}"))
    return Loosened(value, tuple(likes))


def _last(keys: Keys) -> str:
    return next((key for key in reversed(keys) if isinstance(key, str)), "it")


def explains(value: Value, seen: Seen) -> bool:
    """Say whether a test that compares with ``value`` holds whichever of the values it meets."""
    if isinstance(value, (Anything, Attribute, ContentTypeOf, Shown, Text, Variable)):
        return True
    if isinstance(value, Formatted):
        return all(isinstance(item, str) and re.fullmatch(matching(value), item) for item in seen)
    return all(item == seen[0] for item in seen)


def matching(value: Formatted) -> str:
    """Return a pattern of what the expression may be."""
    return "".join(escaped(part) if isinstance(part, str) else r"[^/]+" for part in value.parts)


def repeated(seen: Seen, other: Seen, name: Attribute | Shown) -> Value | None:
    """Return how a value is said by ``name``, if it repeated that one, seen as ``other``, in every run."""
    if len(seen) != len(other) or len(set(map(repr, other))) < 2:
        return None
    pairs = list(zip(seen, other, strict=True))
    if any(value is None or isinstance(value, (bool, list, dict)) for pair in pairs for value in pair):
        return None
    if all(type(one) is type(two) and one == two for one, two in pairs):
        return name
    texts = [(one, str(two)) for one, two in pairs if isinstance(one, str)]
    if len(texts) < len(pairs):
        return None
    if all(one == two for one, two in texts):
        return Text(name)
    split = [_around(one, two) for one, two in texts]
    if isinstance(name, Shown) or None in split or len(set(split)) > 1:
        return None
    before, after = split[0] or ("", "")
    return Formatted(tuple(item for item in (before, name, after) if item != ""))


def _around(text: str, inner: str) -> tuple[str, str] | None:
    """Return what stands before and after ``inner`` in ``text``, where it is a word of its own."""
    found = re.split(rf"(?<![\w-]){re.escape(inner)}(?![\w-])", text)
    return (found[0], found[1]) if len(found) == 2 else None
