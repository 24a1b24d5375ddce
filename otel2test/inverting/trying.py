"""In which order rows are tried where any of several would do: other orders are other ways out of a corner.

What one query leaves open another may settle: of three rows of which one was counted, it may have to be
the last. Rows are tried in the order in which they were seen; where the queries then contradict each
other, in reverse, and then in orders drawn by number, the same ones in each run.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

_T = TypeVar("_T")
_SELDOM: Final = 0.3


@dataclass(slots=True)
class Attempt:
    """The ``number``-th attempt, counted from 0."""

    number: int = 0
    _draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._draw = random.Random(self.number)  # noqa: S311 - nothing to be kept secret

    def of(self, items: Sequence[_T]) -> Sequence[_T]:
        """Return the items in the order in which to try them."""
        if self.number == 0 or len(items) < 2:
            return items
        if self.number == 1:
            return items[::-1]
        found = list(items)
        self._draw.shuffle(found)
        return found

    def rather_another(self) -> bool:
        """Say whether to try another row where one that was seen would do."""
        return self.number > 1 and self._draw.random() < _SELDOM
