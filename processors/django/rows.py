"""Rows as the program fetched them → rows on the wire, their secrets replaced.

Done column by column, as the cells of one are mostly of one type, and often the same few
texts: so what holds for all cells is asked once, and a text that comes again is looked at and
written once. A few rows are written as they are, which is shorter. What enters are rows of
equal or different length, the columns that are secret as a whole, and the function that decides
about a cell wherever no shortcut is known to give the same; what leaves is read by
:mod:`otel2test.tables`.
"""

import datetime as dt
import math
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from otel2test.attributes import CellsPayload, RowsPayload
from otel2test.processors.cells import different_texts, fit_64_bits, kinds_of
from otel2test.processors.redaction import redactor
from otel2test.values import TAGGED_TEXTS, Wire, encode, encoder

_FEWEST: Final = 4
"""Rows from which on columns are shorter."""
_time_zone: Final = attrgetter("tzinfo")
_AS_THEY_ARE: Final = frozenset({type(None), bool})
_HIDES_NOTHING: Final = frozenset({float, Decimal, dt.date, dt.datetime, dt.time, dt.timedelta})
"""Types whose values are never taken for a secret that was met elsewhere."""
Conceal = Callable[[object], Wire]
Column = list[Wire] | CellsPayload


def wire_rows(
    rows: Sequence[tuple[object, ...]],
    hidden: Collection[int],
    secrets: set[object],
    conceal: Conceal,
    hide: Conceal,
) -> RowsPayload:
    """Return the rows with ``hide`` applied to the cells of ``hidden`` columns, ``conceal`` to all others."""
    if len(rows) < _FEWEST or not rows[0] or len(set(map(len, rows))) != 1:
        return {"rows": [_row(row, hidden, conceal, hide) for row in rows]}
    columns: list[Column] = []
    numbers: dict[tuple[int, ...], int] = {}
    places: dict[tuple[int, ...], int] = {}
    for position, cells in enumerate(zip(*rows, strict=True)):
        if position in hidden:
            columns.append(list(map(hide, cells)))
        else:
            column = _column(cells, position, numbers, secrets, conceal)
            if isinstance(column, dict) and isinstance(at := column.get("at"), list):
                known = places.setdefault(tuple(at), position)
                column["at"] = known if known != position else at
            columns.append(column)
    if not any(map(_has_length, columns)):
        columns[0] = list(map(conceal, next(zip(*rows, strict=True))))
    return {"cells": columns}


def _has_length(column: Column) -> bool:
    """Return whether a column says how many rows there are; one of them has to."""
    return isinstance(column, list) or "at" in column or len(column.get("cells", ())) > 1


def _row(row: tuple[Any, ...], hidden: Collection[int], conceal: Conceal, hide: Conceal) -> list[Wire]:
    wired = [
        cell
        if (kind := type(cell)) in _AS_THEY_ARE
        else encode(cell)
        if kind in _HIDES_NOTHING
        else conceal(cell)
        for cell in row
    ]
    for position in hidden:
        if position < len(row):
            wired[position] = hide(row[position])
    return wired


def _column(
    cells: tuple[Any, ...],
    position: int,
    numbers: dict[tuple[int, ...], int],
    secrets: set[object],
    conceal: Conceal,
) -> Column:
    """Return one column; ``numbers`` are the columns of whole numbers before it."""
    kinds = kinds_of(cells)
    if kinds == {int}:
        if fit_64_bits(cells) and secrets.isdisjoint(cells):
            known = numbers.setdefault(cells, position)
            return {"like": known} if known != position else _once(cells)
        return list(map(conceal, cells))
    if len(kinds) == 1 and kinds <= _HIDES_NOTHING:
        return _of_one_kind(cells, kinds.pop())
    has_nulls = type(None) in kinds
    kinds.discard(type(None))
    if kinds == {str}:
        return _texts(cells, secrets, conceal)
    if kinds <= _HIDES_NOTHING | _AS_THEY_ARE:
        return _once(cells) if kinds <= _AS_THEY_ARE else list(map(encode, cells))
    if has_nulls and kinds == {int}:
        found = [cell for cell in cells if cell is not None]
        if fit_64_bits(found) and secrets.isdisjoint(found):
            return list(cells)
    return list(map(conceal, cells))


def _once(cells: tuple[Any, ...]) -> Column:
    """Return plain values of one type, or None and one type: those that are all the same once."""
    first = cells[0]
    return {"cells": [first]} if cells.count(first) == len(cells) else list(cells)


def _of_one_kind(cells: tuple[Any, ...], kind: type) -> Column:
    if kind in TAGGED_TEXTS:
        tag, text_of = TAGGED_TEXTS[kind]
        if kind is dt.datetime and not any(map(_time_zone, cells)):
            # What orjson makes of them is the same, in a tenth of the time; of others it isn't always.
            return {"tag": tag, "cells": list(cells)}
        return {"tag": tag, "cells": list(map(text_of, cells))}
    if kind is float and all(map(math.isfinite, cells)):
        return list(cells)
    return list(map(encoder(kind), cells))


def _texts(cells: tuple[Any, ...], secrets: set[object], conceal: Conceal) -> Column:
    """Return texts, or texts and None: where few come again as they are, else each once."""
    different, at, are_clean = different_texts(cells, secrets, redactor.clean, redactor.recognisable)
    told: list[Wire] = list(different)
    if not are_clean:
        texts = {text for text in different if text is not None}
        known = {text: conceal(text) for text in texts if text in secrets or not text.isascii()}
        known.update(redactor.redact_texts(texts - known.keys()))
        told = [None if text is None else known[text] for text in different]
    if len(told) * 2 > len(cells):
        return list(cells) if are_clean else [told[place] for place in at]
    return {"cells": told, "at": at} if len(told) > 1 else {"cells": told}
