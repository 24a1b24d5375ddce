"""By what a list is sorted whose own order means nothing."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SortKey:
    """By what items are sorted: themselves, or what stands in each under ``keys``."""

    keys: tuple[str | int, ...] = ()
    text: bool = False
    """True where it is compared as text, as values of several types are."""
    natural: bool = False
    """True where sorting the items themselves comes to the same."""
    differs: bool = False
    """True where only a run of the test knows the order."""

    def of(self, item: object) -> Any:
        """Return what an item is sorted by: what can be compared with that of its fellows."""
        found = tuple(item[key] for key in self.keys) if self.keys else (item,)  # type: ignore[index]
        return tuple(map(str, found)) if self.text else found
