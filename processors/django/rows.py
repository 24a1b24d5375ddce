"""Rows as the program fetched them → rows on the wire, their secrets replaced.

Done column by column, as the cells of one are mostly of one type, and often the same few
texts: so what holds for all cells is asked once, and a text that comes again is looked at once.
What enters are rows of equal or different length, the columns that are secret as a whole, and
the function that decides about a cell wherever no shortcut is known to give the same.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any, Final

from otel2test.processors.redaction import redactor
from otel2test.values import Wire, encode, encoder

_INT64: Final = range(-(2**63), 2**63)
_HIDES_NOTHING: Final = frozenset({float, Decimal, dt.date, dt.datetime, dt.time, dt.timedelta})
"""Types whose values are never taken for a secret that was met elsewhere."""

Conceal = Callable[[object], Wire]


def wire_rows(
    rows: Sequence[tuple[object, ...]],
    hidden: Collection[int],
    secrets: AbstractSet[object],
    conceal: Conceal,
    hide: Conceal,
) -> list[list[Wire]]:
    """Return the rows with ``hide`` applied to the cells of ``hidden`` columns, ``conceal`` to all others."""
    widths = set(map(len, rows))
    if widths == {0} or len(widths) != 1:
        return [
            [hide(cell) if position in hidden else conceal(cell) for position, cell in enumerate(row)]
            for row in rows
        ]
    columns = [
        map(hide, column) if position in hidden else _column(column, secrets, conceal)
        for position, column in enumerate(zip(*rows, strict=True))
    ]
    return list(map(list, zip(*columns, strict=True)))


def _column(cells: tuple[Any, ...], secrets: AbstractSet[object], conceal: Conceal) -> Iterable[Wire]:
    kinds = set(map(type, cells))
    has_nulls = type(None) in kinds
    kinds.discard(type(None))
    if not kinds or kinds == {bool}:
        return cells
    if kinds == {str}:
        return map(_texts(cells, secrets, conceal).get, cells)
    if kinds == {int}:
        numbers = [cell for cell in cells if cell is not None]
        if min(numbers) in _INT64 and max(numbers) in _INT64 and secrets.isdisjoint(numbers):
            return cells
    elif kinds <= _HIDES_NOTHING:
        return map(encode if has_nulls or len(kinds) > 1 else encoder(kinds.pop()), cells)
    return map(conceal, cells)


def _texts(cells: Iterable[Any], secrets: AbstractSet[object], conceal: Conceal) -> dict[str, Wire]:
    texts = set(cells)
    texts.discard(None)
    special = {text for text in texts if not text.isascii()} | (texts & secrets)
    known: dict[str, Wire] = {text: conceal(text) for text in special}
    known.update(redactor.redact_texts(texts - special))
    return known
