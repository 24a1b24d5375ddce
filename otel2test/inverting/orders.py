"""Lists in a response whose items are rows that no query promised in that order.

What enters is a JSON value and the queries of the request; what leaves are its lists that repeat
rows of a query as they came, as far as ``ORDER BY`` leaves open how they come: all of them where
there is none, else those that it ties. That a database returns rows in the order of their keys
when nothing is said is no promise. What the program sorted afterwards is in another order than
the rows, mostly, and stays as it is.
"""

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from typing import Final, TypeAlias

from otel2test.inverting.sortings import Keys, Unordered
from otel2test.inverting.sql import analyse
from otel2test.inverting.statements import Select, Union, Unreadable
from otel2test.reading.exchanges import Query

TIED: Final = "for ORDER BY these are equal"
UNSORTED: Final = "the query has no ORDER BY"
NOT_PROMISED: Final = "no query promises it"
_DEEPEST: Final = 3
"""How deep in an item its own values stand."""
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ORDER_BY: Final = re.compile(r"\bORDER\s+BY\b", re.IGNORECASE)
_CELL: Final = re.compile(r"[;,\t|]")
KEY: Final = re.compile(r"(^|_)(id|pk)$", re.IGNORECASE)

Path: TypeAlias = "tuple[str | int, ...]"
"""Where a value stands in an item."""


def unordered_lists(value: object, queries: Iterable[Query]) -> Mapping[Keys, Unordered]:
    """Return the lists in ``value`` that hold rows, and which of their items may come in another order."""
    lists = [(keys, items) for keys, items in _lists(value, ()) if len(items) > 1]
    wanted = {text for _, items in lists for item in items for _, text in texts_of(item)}
    if not wanted:
        return {}
    results = [
        found
        for query in queries
        if len(query.rows) > 1 and query.error is None
        for found in _columns(query, wanted)
    ]
    found: dict[Keys, Unordered] = {}
    for keys, items in lists:
        unordered = _unordered(items, results)
        if unordered is not None:
            found[keys] = unordered
    return found


def unordered_lines(text: str, queries: Iterable[Query]) -> str:
    """Return why lines of ``text``, such as those of a CSV file, may come in another order; else ""."""
    lines: list[object] = [_CELL.split(line) for line in text.splitlines()]
    if len(lines) > 1:
        queries = list(queries)
        for some in (lines, lines[1:], lines[:-1], lines[1:-1]):  # without a head and a foot
            found = unordered_lists(some, queries).get(())
            if found is not None:
                return found.reason
    return ""


class Result:
    """What one query returned."""

    def __init__(self, query: Query) -> None:
        self.query = query

    @cached_property
    def _numbers(self) -> list[Counter[str]]:
        """For each column, how often each value stands in it."""
        return [Counter(map(repr, column)) for column in zip(*self.query.rows, strict=False)]

    def are_a_group(self, rows: Sequence[int]) -> bool:
        """Say whether these are all rows, or all that share a value: of one parent, fetched with others'."""
        found = [self.query.rows[row] for row in rows]
        if len(rows) == len(self.query.rows):
            return True
        columns = zip(self._numbers, zip(*found, strict=False), strict=False)
        return any(
            len(set(map(repr, some))) == 1 and count[repr(some[0])] == len(rows) for count, some in columns
        )


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of one result."""

    result: Result
    name: str
    places: Mapping[str, int]
    """Text of a value that some list shows → the first row that holds it."""


def _columns(query: Query, wanted: set[str]) -> Iterator[_Column]:
    result = Result(query)
    for index, name in enumerate(query.columns):
        places: dict[str, int] = {}
        for number, row in enumerate(query.rows):
            text = text_of(row[index]) if index < len(row) else None
            if text in wanted:
                places.setdefault(text, number)
        if len(places) > 1:
            yield _Column(result, name, places)


def _unordered(items: Sequence[object], columns: Sequence[_Column]) -> Unordered | None:
    """Return which items may come in another order, None if a query promises theirs or none made it."""
    matches = list(_matches(items, columns))
    if not matches:
        return None
    spans = min((tuple(tied(query, rows)) for query, rows in matches), key=_size)
    if not spans:
        return None
    promised = all(sorting_of(query) for query, _ in matches)
    return Unordered(spans, TIED if promised else UNSORTED)


def _size(spans: Sequence[tuple[int, int]]) -> int:
    return sum(end - start for start, end in spans)


def _matches(items: Sequence[object], columns: Sequence[_Column]) -> Iterator[tuple[Query, list[int]]]:
    """Yield queries whose rows the items repeat as they came, with the number of each item's row."""
    told = [dict(texts_of(item)) for item in items]
    for path in told[0]:
        if not all(path in each for each in told):
            continue
        texts = [each[path] for each in told]
        if len(set(texts)) != len(texts):
            continue
        for column in columns:
            rows = [column.places.get(text) for text in texts]
            found = [row for row in rows if row is not None]
            rising = all(one < other for one, other in pairwise(found))
            if len(found) == len(rows) and rising and _tells(path, texts, found, column):
                yield column.result.query, found


def _tells(path: Path, texts: Sequence[str], rows: Sequence[int], column: _Column) -> bool:
    """Say whether equal values are no accident, as small numbers may be."""
    if not all(text.lstrip("-").isdigit() for text in texts):
        return True
    name = next((key for key in reversed(path) if isinstance(key, str)), None)
    if name is not None:
        return bool(KEY.search(name) and KEY.search(column.name)) or name == column.name
    return bool(KEY.search(column.name)) and column.result.are_a_group(rows)


# --- what a query promises ------------------------------------------------------------------


def sorting_of(query: Query) -> tuple[int | None, ...]:
    statement = analyse(query.sql, query.vendor, has_params=query.params is not None)
    if isinstance(statement, (Select, Union)):
        return statement.sorting
    # What can't be read is taken to sort by something unknown, if it sorts at all.
    return (None,) if isinstance(statement, Unreadable) and _ORDER_BY.search(query.sql) else ()


def tied(query: Query, rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield from where to where the rows, neighbours in a list, are equal for the query's order."""
    sorting = sorting_of(query)
    if None in sorting:
        return  # some value by which it sorts isn't known: nothing shows that they are tied
    terms = [index for index in sorting if index is not None]

    def sorted_by(place: int) -> str:
        row = query.rows[rows[place]]
        return repr([row[index] for index in terms if index < len(row)])

    for _, some in groupby(range(len(rows)), key=sorted_by):
        alike = list(some)
        if len(alike) > 1:
            yield alike[0], alike[-1] + 1


# --- what a value holds ---------------------------------------------------------------------


def _lists(value: object, keys: Keys) -> Iterator[tuple[Keys, list[object]]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _lists(item, (*keys, name))
    elif isinstance(value, list):
        yield keys, value
        for number, item in enumerate(value):
            yield from _lists(item, (*keys, number))


def texts_of(item: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the values of one item by which its row could be known, and where they stand in it."""
    if len(path) > _DEEPEST:
        return
    if isinstance(item, Mapping):
        for name, inner in item.items():
            yield from texts_of(inner, (*path, str(name)))
    elif isinstance(item, list):
        for number, inner in enumerate(item):
            yield from texts_of(inner, (*path, number))
    elif (text := text_of(item)) is not None:
        yield path, text


def text_of(value: object) -> str | None:
    """Return a value as text, in the same words in a row and in JSON; None for what tells no row."""
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, bool) or not isinstance(value, (int, str)) or value == "":
        return None
    text = str(value)
    return text.replace("-", "").lower() if _UUID.fullmatch(text) else text
