"""Texts that enumerate rows which no query promised in that order: what a test says of each.

What enters are the queries of a request and what it was given; what leaves are likenesses: the
parts between the separators, sorted. A text that was given as it is, in the request or in a row
that was there before, enumerates nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from otel2test.inverting.django.unordering import as_comment
from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.enumerations import Enumeration, Enumerations
from otel2test.inverting.expressions import Anything, Value
from otel2test.inverting.likenesses import Likeness, OfLength, PartsInAnyOrder
from otel2test.inverting.sortings import Keys
from otel2test.reading.exchanges import Query

_Likes: TypeAlias = tuple[tuple[Keys, Likeness], ...]


class Enumerating:
    """The texts of one request."""

    def __init__(self, queries: Sequence[Query], inputs: Inputs) -> None:
        self._enumerations = Enumerations(queries)
        self._inputs = inputs

    def of(self, value: Value) -> tuple[Enumeration, ...]:
        """Return what a value enumerates in an order that isn't promised."""
        if not isinstance(value, str) or self._inputs.given(value):
            return ()
        return self._enumerations.of(value)

    def like(self, value: Value) -> tuple[Likeness, str] | None:
        """Return what compares a text in any order, and why; None where its order is promised."""
        found = self.of(value)
        if not isinstance(value, str) or not found:
            return None
        return _parts_of(value, found), as_comment(found[0].reason)

    def said(self, value: Value) -> tuple[str, ...]:
        """Return the values that a text enumerates, each by itself."""
        return tuple(dict.fromkeys(each for found in self.of(value) for each in found.values))

    def loose(self, value: Value, keys: Keys = ()) -> tuple[Value, _Likes]:
        """Return ``value`` without such texts, and what is to be said of each beside it."""
        if isinstance(value, Mapping):
            named = {name: self.loose(item, (*keys, name)) for name, item in value.items()}
            return {name: item for name, (item, _) in named.items()}, _all(named.values())
        if isinstance(value, list):
            listed = [self.loose(item, (*keys, number)) for number, item in enumerate(value)]
            return [item for item, _ in listed], _all(listed)
        found = self.like(value)
        if found is None:
            return value, ()
        like, why = found
        return Anything(why), ((keys, like),)


def _parts_of(text: str, found: Sequence[Enumeration]) -> Likeness:
    """Return what compares a text: its length, where it enumerates more than once."""
    if len(found) > 1:
        return OfLength(len(text))
    (only,) = found
    return PartsInAnyOrder.of(text, only.separator, only.last, text[: only.start], text[only.end :])


def _all(parts: Iterable[tuple[Value, _Likes]]) -> _Likes:
    return tuple(like for _, likes in parts for like in likes)
