from collections.abc import Collection, Sequence
from typing import Any

from otel2test.processors.hashes import Hashes

def weight_of(
    rows: Sequence[Any], unchanging: Collection[type], longest: int | None, most: int
) -> int | None: ...
def different_texts(
    cells: tuple[str | None, ...],
    secrets: set[object],
    clean: Hashes,
    recognisable: Hashes,
) -> tuple[list[str | None], list[int], bool]: ...
def places_of(data: bytes, beginnings: tuple[bytes, ...]) -> list[int]: ...
def kinds_of(cells: tuple[object, ...]) -> set[type]: ...
def fit_64_bits(cells: Collection[int]) -> bool: ...
