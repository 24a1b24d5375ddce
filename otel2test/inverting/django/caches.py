"""The caches of a story: what an earlier request of it left there, and what must be put there.

What enters are the recorded accesses of its requests, in order. What a request found that an earlier
one had found or left is there by itself; all else was there before the story, or came by in between.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from otel2test.inverting.arrangements import SetCache
from otel2test.reading.effects import CacheAccess
from otel2test.reading.exchanges import Exchange
from otel2test.values import is_plain

_At: TypeAlias = "tuple[str, str, int | None]"
"""Alias, key and version."""
_READS: Final = frozenset({"get", "get_many", "has_key"})
_DELETES: Final = frozenset({"delete", "delete_many"})
_NOTHING: Final = object()


class Kept:
    """What the requests until now found and left in the caches."""

    def __init__(self) -> None:
        self._values: dict[_At, object] = {}

    def unexplained(self, exchange: Exchange) -> Exchange:
        """Return the exchange without what it found that earlier ones explain; then take it in."""
        accesses = exchange.effects.cache
        left = tuple(found for access in accesses if (found := self._unexplained(access)) is not None)
        for access in accesses:
            self._take(access)
        return replace(exchange, effects=replace(exchange.effects, cache=left))

    def _unexplained(self, access: CacheAccess) -> CacheAccess | None:
        if access.operation not in _READS:
            return access
        chosen = [place for place in range(len(access.keys)) if not self._explains(access, place)]
        if not chosen:
            return None
        return replace(
            access,
            keys=tuple(access.keys[place] for place in chosen),
            hits=tuple(access.hits[place] for place in chosen if place < len(access.hits)),
            values=tuple(access.values[place] for place in chosen if place < len(access.values)),
        )

    def _explains(self, access: CacheAccess, place: int) -> bool:
        at = (access.alias, access.keys[place], access.version)
        held = self._values.get(at, _NOTHING)
        if held is _NOTHING or not _hit(access, place):
            return False
        value = access.values[place] if place < len(access.values) else None
        return access.operation == "has_key" or held == value or not is_plain(value)

    def _take(self, access: CacheAccess) -> None:
        for place, key in enumerate(access.keys):
            at = (access.alias, key, access.version)
            value = access.values[place] if place < len(access.values) else None
            if access.operation in _READS:
                if _hit(access, place):
                    self._values.setdefault(at, value)
            elif access.operation in _DELETES:
                self._values[at] = _NOTHING
            elif access.operation == "incr":
                self._values[at] = access.result
            elif access.operation in {"set", "set_many"} or access.result is True:
                self._values[at] = value


def _hit(access: CacheAccess, place: int) -> bool:
    return place < len(access.hits) and access.hits[place]


def placed(
    steps: Sequence[Sequence[object]], exchanges: Sequence[Exchange]
) -> Iterator[tuple[int, SetCache]]:
    """Yield each step that fills a cache, with the number of the request before which it must be.

    ``steps`` are those that each request asks for. What no earlier request looked for was there at the
    start; where one had looked for it in vain, or left something else, it came by in between.
    """
    touched: set[_At] = set()
    for number, (asked, exchange) in enumerate(zip(steps, exchanges, strict=True)):
        for step in asked:
            if isinstance(step, SetCache):
                yield (number if (step.alias, step.key, step.version) in touched else 0), step
        for access in exchange.effects.cache:
            touched.update((access.alias, key, access.version) for key in access.keys)
