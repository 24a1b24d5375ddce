"""Columns of a result, of which a recording says once what comes again → its rows.

What enters are the ``cells`` of a :class:`~otel2test.attributes.QueryPayload`, of which nothing is
known yet; what leaves are rows of wire values. Refused are columns of different length, and more
cells than a query can have fetched: a few bytes may stand for any number of them.
"""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from otel2test.values import Wire

_MOST: Final = 20_000_000


class BadTableError(ValueError):
    """What is written isn't columns."""


def rows_of(cells: object) -> list[list[Wire]]:
    """Return the rows that ``cells`` stand for."""
    if not isinstance(cells, list):
        raise BadTableError("is not a list")
    lengths = {length for column in cells if (length := _length(column)) is not None}
    if len(lengths) != 1:
        raise BadTableError("holds columns of no length, or of different ones")
    (count,) = lengths
    if count * len(cells) > _MOST:
        raise BadTableError("stands for too many values")
    columns: list[Sequence[Wire]] = []
    places: dict[int, list[Wire]] = {}
    for position, column in enumerate(cells):
        if isinstance(column, Mapping) and "at" in column:
            places[position] = _places(column, places)
        columns.append(_column(column, columns, count, places.get(position)))
    return list(map(list, zip(*columns, strict=True)))


def _length(column: object) -> int | None:
    """Return how many cells a column has; None where it has as many as the others."""
    if isinstance(column, list):
        return len(column)
    if not isinstance(column, Mapping):
        raise BadTableError("holds something else than columns")
    if "like" in column or ("at" not in column and len(_cells(column)) == 1) or type(column.get("at")) is int:
        return None
    return len(_cells(column, "at" if "at" in column else "cells"))


def _places(column: Mapping[str, object], before: Mapping[int, list[Wire]]) -> list[Wire]:
    """Return the ``at`` of a column, or of the one whose it is, too."""
    if type(at := column["at"]) is int:
        if at not in before:
            raise BadTableError("points to what isn't there")
        return before[at]
    return _cells(column, "at")


def _column(
    column: object, before: Sequence[Sequence[Wire]], count: int, places: list[Wire] | None
) -> Sequence[Wire]:
    if isinstance(column, list):
        return column
    told = cast("Mapping[str, object]", column)
    if "like" in told:
        return before[_index(told["like"], len(before))]
    cells = _cells(told)
    if (tag := told.get("tag")) is not None:
        if not isinstance(tag, str):
            raise BadTableError("holds a tag that is not a string")
        cells = [None if cell is None else {tag: cell} for cell in cells]
    if places is not None:
        return [cells[_index(place, len(cells))] for place in places]
    return cells * count if len(cells) == 1 else cells


def _cells(column: Mapping[str, object], key: str = "cells") -> list[Wire]:
    found = column.get(key)
    if not isinstance(found, list):
        raise BadTableError("holds something else than columns")
    return found


def _index(value: object, length: int) -> int:
    if type(value) is not int or not 0 <= value < length:
        raise BadTableError("points to what isn't there")
    return value
