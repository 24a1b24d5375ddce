"""Which event of the recording is which of the replay: the longest sequence that both share."""

from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, TypeAlias

Pair: TypeAlias = tuple[int | None, int | None]
"""Index in the recording and in the replay; None where it is only in the other."""

_MOST: Final = 300
"""So many events that only one side has are looked for; of sequences with less in common, a rough match is
enough."""


def align(
    recorded: Sequence[tuple[Hashable, Hashable]], replayed: Sequence[tuple[Hashable, Hashable]]
) -> Iterator[Pair]:
    """Yield pairs in order. Each event has two forms: alike in the first is better than in the second.

    Events that are alike in neither stand alone, those of the recording first.
    """
    strict = [form for form, _ in recorded], [form for form, _ in replayed]
    for alike, one, other in _blocks(*strict):
        if alike:
            yield from zip(one, other, strict=True)
            continue
        loose = [recorded[index][1] for index in one], [replayed[index][1] for index in other]
        for alike_at_least, some, others in _blocks(*loose):
            if alike_at_least:
                yield from ((one[i], other[j]) for i, j in zip(some, others, strict=True))
            else:
                yield from ((one[i], None) for i in some)
                yield from ((None, other[j]) for j in others)


def _blocks(one: Sequence[Hashable], other: Sequence[Hashable]) -> Iterator[tuple[bool, range, range]]:
    """Yield stretches of both that are equal (True), or have nothing in common in order."""
    numbers: dict[Hashable, int] = {}
    left, right = ([numbers.setdefault(item, len(numbers)) for item in items] for items in (one, other))
    i = j = 0
    for start, restart, size in (*_shared(left, right), (len(left), len(right), 0)):
        if i < start or j < restart:
            yield False, range(i, start), range(j, restart)
        if size:
            yield True, range(start, start + size), range(restart, restart + size)
        i, j = start + size, restart + size


def _shared(one: Sequence[int], other: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return (start in one, start in the other, length) of what both share in order.

    By Myers' algorithm, which takes time in proportion to length times differences. It walks along
    diagonals of the table of pairs; ``reached[k]`` is how far in ``one`` on diagonal ``k``.
    """
    reached = {1: 0}
    steps: list[dict[int, int]] = []
    for edits in range(min(len(one) + len(other), _MOST) + 1):
        steps.append(dict(reached))
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and reached[k - 1] < reached[k + 1])
            x = reached[k + 1] if down else reached[k - 1] + 1
            while x < len(one) and x - k < len(other) and one[x] == other[x - k]:
                x += 1
            reached[k] = x
            if x >= len(one) and x - k >= len(other):
                return _walked_back(steps, len(one), len(other))
    matcher = SequenceMatcher(None, one, other)
    return [(block.a, block.b, block.size) for block in matcher.get_matching_blocks() if block.size]


def _walked_back(steps: Sequence[dict[int, int]], x: int, y: int) -> list[tuple[int, int, int]]:
    """Return what was shared on the way to (x, y), from how far each number of edits had led."""
    found: list[tuple[int, int, int]] = []
    for edits in range(len(steps) - 1, -1, -1):
        reached, k = steps[edits], x - y
        down = k == -edits or (k != edits and reached[k - 1] < reached[k + 1])
        before = k + 1 if down else k - 1
        from_x = reached[before] if edits else 0
        from_y = from_x - before if edits else 0
        start = from_x if down or not edits else from_x + 1
        if x > start:
            found.append((start, start - k, x - start))
        x, y = from_x, from_y
    return found[::-1]
