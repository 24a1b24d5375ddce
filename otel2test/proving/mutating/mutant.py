"""A mutant, and a fair choice of some when there are too many to run."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

_CONTEXT: Final = 2
"""Unchanged lines shown on each side of a change."""
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One source file with one small thing broken."""

    path: str
    line: int
    """The executed line that it breaks, 1-based; what changed in a long call may stand further down."""
    operator: str
    """What was done, for readers: ``condition negated``."""
    function: str
    """Qualified name of the outermost function that it stands in: ``Basket.add``."""
    id: str
    """The same for the same change, wherever in the file it stands and whatever else is in there."""
    original: str = field(repr=False)
    """The file's text before the change."""
    start: int
    """Where the changed text begins in ``original``, in characters."""
    end: int
    replacement: str

    @property
    def source(self) -> str:
        """The whole text of the mutated file."""
        return self.original[: self.start] + self.replacement + self.original[self.end :]

    @property
    def diff(self) -> str:
        """The change as a unified diff with two lines of context, ending in a line break."""
        before, after = split_lines(self.original), split_lines(self.source)
        first = common(before, after)
        # What is alike at the end must not reach back into what is alike at the beginning.
        alike = common(before[first:][::-1], after[first:][::-1])
        begin = max(0, first - _CONTEXT)
        last = min(len(before), len(before) - alike + _CONTEXT)
        removed, added = before[first : len(before) - alike], after[first : len(after) - alike]
        told = [
            *(f" {line}" for line in before[begin:first]),
            *(f"-{line}" for line in removed),
            *(f"+{line}" for line in added),
            *(f" {line}" for line in before[len(before) - alike : last]),
        ]
        size = last - begin
        head = f"@@ -{begin + 1},{size} +{begin + 1},{size - len(removed) + len(added)} @@"
        lines = [f"--- {self.path}", f"+++ {self.path}", head, *told]
        return "".join(line.rstrip("\r\n") + "\n" for line in lines)


def sample(mutants: Sequence[Mutant], limit: int, seed: int) -> list[Mutant]:
    """Return at most ``limit`` mutants, spread evenly over the lines, in the order given.

    The same mutants, limit and seed give the same choice.
    """
    if len(mutants) <= limit:
        return list(mutants)
    rng = random.Random(seed)  # noqa: S311 - a choice, no secret
    by_line: dict[tuple[str, int], list[int]] = {}
    for number, mutant in enumerate(mutants):
        by_line.setdefault((mutant.path, mutant.line), []).append(number)
    queues = list(by_line.values())
    for queue in queues:
        rng.shuffle(queue)
    rng.shuffle(queues)
    chosen: list[int] = []
    for turn in range(max(map(len, queues))):
        chosen += [queue[turn] for queue in queues if turn < len(queue)]
    return [mutants[number] for number in sorted(chosen[:limit])]


def split_lines(text: str) -> list[str]:
    r"""Split where Python does, at ``\n``, ``\r\n`` and ``\r``; line ends are kept.

    ``str.splitlines`` also splits at form feeds and at separators that may stand in literals.
    """
    return _LINE.findall(text)


def common(first: Sequence[str], second: Sequence[str]) -> int:
    """Return how many items at the beginning of both are the same."""
    return next(
        (number for number, (one, other) in enumerate(zip(first, second, strict=False)) if one != other),
        min(len(first), len(second)),
    )
