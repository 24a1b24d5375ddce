"""Values and statements as a sentence shows them: short, and on one line."""

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Final

from otel2test.proving.comparing.results import Cell
from otel2test.reading.exchanges import Query

_LONGEST_VALUE: Final = 60
_LONGEST_SQL: Final = 160
_MOST: Final = 3
_PLACEHOLDER: Final = re.compile(r"%%|%s|%\((\w+)\)s|\?")
_SELECTED: Final = re.compile(r"\A(SELECT (?:DISTINCT )?).*? (FROM )", re.DOTALL)


def value(given: object) -> str:
    """Return a value in short."""
    if isinstance(given, (dt.datetime, dt.date, dt.time, uuid.UUID, Decimal)):
        text = str(given)
    else:
        text = repr(given)
    return _cut(" ".join(text.split()))


def counted(number: int, noun: str) -> str:
    """Return ``1 row``, ``2 rows``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def several(items: Sequence[str]) -> str:
    """Return the first few of the items, and how many more there are."""
    more = f" and {len(items) - _MOST} more" if len(items) > _MOST else ""
    return f"{'; '.join(items[:_MOST])}{more}"


def some(word: str, items: Sequence[str]) -> str:
    """Return the word with the first few of the items behind it."""
    return f"{word}: {several(items)}"


def cells(differing: Sequence[Cell], key: str = "") -> str:
    """Return the values of one row that differ, first what the replay has none of; ``key`` says which row."""
    lacking = sorted(differing, key=lambda cell: cell.replayed is not None)
    told = [
        f"{cell.name}: {value(cell.recorded)} recorded, {value(cell.replayed)} in the replay"
        for cell in lacking
    ]
    return several(told) + (f" ({key})" if key else "")


def sql(query: Query) -> str:
    """Return a statement with its parameters in place; a query without the columns that it selects."""
    text = _SELECTED.sub(r"\1… \2", _filled(query), count=1)
    return text if len(text) <= _LONGEST_SQL else f"{text[: _LONGEST_SQL - 1]}…"


def first_part(recorded: Query, replayed: Query) -> str:
    """Return the first parts of two statements that differ, if possible in more than a value."""
    one, other = (_filled(query).split(", ") for query in (recorded, replayed))
    parts = zip_longest(one, other, fillvalue="nothing")
    unlike = [pair for pair in parts if pair[0] != pair[1]]
    nulls = [pair for pair in unlike if (" = NULL" in pair[0]) != (" = NULL" in pair[1])]
    first, second = next(iter((*nulls, *unlike)), ("one text", "another"))
    return f"{_cut(first)} recorded, {_cut(second)} in the replay"


def _filled(query: Query) -> str:
    """Return a statement's text with its parameters in place, on one line."""
    text = _PLACEHOLDER.sub(_Filling(query.params), query.sql) if query.params else query.sql
    return " ".join(text.replace('"', "").replace("`", "").split())


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


class _Filling:
    """Puts parameters in the place of placeholders."""

    def __init__(self, params: tuple[object, ...] | Mapping[str, object] | None) -> None:
        self._named = params if isinstance(params, Mapping) else {}
        self._left = iter(params if isinstance(params, tuple) else ())

    def __call__(self, match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        if match[1]:
            return value(self._named.get(match[1]))
        return value(next(self._left, None))
