"""Values of rows that stand in a text, alone or inside a longer one, as words of their own.

What enters are the queries of a request; what leaves tells for any text whose values stand where
in it. Texts and rows may be many: a value is looked up by its words, not compared with each text.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from otel2test.inverting.orders import KEY, Result, text_of
from otel2test.inverting.sql import analyse
from otel2test.inverting.statements import Select, Union
from otel2test.reading.exchanges import Query

_SHORTEST: Final = 2
"""Shorter values stand in a longer text by accident."""
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, eq=False)
class Column:
    """One column of the rows that a query returned."""

    result: Result
    name: str

    @cached_property
    def texts(self) -> list[str | None]:
        """Its values as texts, row by row."""
        index = self.result.query.columns.index(self.name)
        return [text_of(row[index]) if index < len(row) else None for row in self.result.query.rows]


_Place: TypeAlias = tuple[Column, int]
"""A column, and the first row that has the value."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A value that stands in a text."""

    start: int
    value: str
    places: tuple[_Place, ...]

    @property
    def end(self) -> int:
        return self.start + len(self.value)


class RowValues:
    """The values of rows, only those that begin with one of the ``words`` where some are given."""

    def __init__(self, queries: Iterable[Query], words: Collection[str] | None = None) -> None:
        self._values: dict[str, dict[str, list[_Place]]] = {}
        """A value from its first word to the end of its last → the value → where it is from."""
        self._lengths: dict[str, set[int]] = {}
        """First word → how many words the values have that begin with it."""
        for query in queries:
            if len(query.rows) > 1 and query.error is None and _selects(query):
                result = Result(query)
                for name in query.columns:
                    self._take(Column(result, name), words)

    def _take(self, column: Column, words: Collection[str] | None) -> None:
        seen: set[str] = set()
        for number, text in enumerate(column.texts):
            if text is None or text in seen:
                continue
            seen.add(text)
            found = [*_WORD.finditer(text)]
            if found and (words is None or found[0][0].lower() in words):
                inner = text[found[0].start() : found[-1].end()]
                self._values.setdefault(inner, {}).setdefault(text, []).append((column, number))
                self._lengths.setdefault(found[0][0], set()).add(len(found))

    def standing_in(self, text: str) -> Iterator[Standing]:
        """Yield the values that stand in the text, or are all of it."""
        words = [*_WORD.finditer(text)]
        for number, word in enumerate(words):
            for length in self._lengths.get(word[0], ()):
                if number + length > len(words):
                    continue
                inner = text[word.start() : words[number + length - 1].end()]
                for value, places in self._values.get(inner, {}).items():
                    start = word.start() - value.index(inner)
                    if start >= 0 and text.startswith(value, start):
                        yield from _standing(text, start, value, places)


def words_of(text: str) -> list[str]:
    """Return the words of a text, in lower case."""
    return _WORD.findall(text.lower())


def _standing(text: str, start: int, value: str, places: Iterable[_Place]) -> Iterator[Standing]:
    """Yield the value where it isn't there by accident, as short ones and small numbers may be."""
    if value != text and value.lstrip("-").isdigit():
        places = [place for place in places if KEY.search(place[0].name)]
    elif value != text and len(value) < _SHORTEST:
        places = ()
    if found := tuple(places):
        yield Standing(start, value, found)


def _selects(query: Query) -> bool:
    """Say whether rows came from a table: those that a statement has just written come as it wrote them."""
    return isinstance(analyse(query.sql, query.vendor, has_params=query.params is not None), (Select, Union))
