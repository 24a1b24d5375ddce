"""Lists whose order is not promised: how a test sorts them before it compares.

What enters is a value as a test compares it, and which of its lists hold their items in any
order; what leaves is the value with these lists sorted, and the steps by which the test sorts
its own. Lists are sorted by what tells their items apart and is the same in every run.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, TypeAlias

from otel2test.inverting.expressions import Anything, Attribute, Shown, Sorted, Text, Value
from otel2test.inverting.sortkeys import SortKey

Keys: TypeAlias = tuple[str | int, ...]
"""Where a part of a value stands in it."""

_BEST: Final = ("id", "pk", "uuid", "slug", "code", "key", "name", "title")
"""By what one sorts, where it tells the items apart."""
_MOST_COLUMNS: Final = 3


@dataclass(frozen=True, slots=True)
class Unordered:
    """Items of one list that may come in any order."""

    spans: tuple[tuple[int, int], ...]
    """From, and to before which; several where items are only tied with their neighbours."""
    reason: str


@dataclass(frozen=True, slots=True)
class SortList:
    """``data[…].sort(key=…)``."""

    keys: Keys
    key: SortKey
    reason: str
    span: tuple[int, int] | None = None
    """None for the whole list."""
    each: int | None = None
    """How many of ``keys`` lead to a list in every item of which the rest leads to one to be sorted."""


@dataclass(frozen=True, slots=True)
class InOrder:
    """A value with its unordered lists sorted."""

    value: Value
    sorts: tuple[SortList, ...]
    moved: Callable[[Keys], Keys | None]
    """Where a part of the value stands now; None where each run may put it elsewhere."""
    unsorted: tuple[tuple[Keys, int], ...]
    """Lists that nothing can sort, of which only the length is left: where they stand, and that."""
    refers: bool = False
    """Whether it says one of its parts by another."""


def put_in_order(value: Value, unordered: Mapping[Keys, Unordered]) -> InOrder:
    """Return ``value`` with lists sorted; lists that all items or neighbours of which are equal stay."""
    return _Sorter(value, unordered).run()


class _Sorter:
    def __init__(self, value: Value, unordered: Mapping[Keys, Unordered]) -> None:
        self.value = value
        self.unordered = {
            keys: found
            for keys, found in unordered.items()
            if isinstance(part(value, keys), list) and any(self._differ(keys, span) for span in found.spans)
        }
        self.around = {keys[:at] for keys in self.unordered for at in range(len(keys))}
        """What has some such list in it."""
        self.places: dict[Keys, dict[int, int] | None] = {}
        """List, as it was → old index → new one; None where each run decides."""
        self.by: dict[Keys, SortKey] = {}
        """What sorts a list, where each run decides."""
        self.sorts: list[SortList] = []
        self.unsorted: list[Keys] = []
        self.refers = False

    def run(self) -> InOrder:
        alike = dict(self._alike())
        for keys in sorted(self.unordered, key=lambda keys: (len(keys), str(keys))):  # outer ones first
            for span in self.unordered[keys].spans:
                if self._differ(keys, span):
                    self._sort(keys, span, alike.get(keys))
        value = self._renumbered(self._rebuilt(self.value, ()))
        unsorted = [
            (moved, len(self._items(keys)))
            for keys in self.unsorted
            if (moved := self._moved(keys)) is not None
        ]
        sorts = tuple(dict.fromkeys(self.sorts))
        return InOrder(value, sorts, self._moved, tuple(unsorted), refers=self.refers)

    def _differ(self, keys: Keys, span: tuple[int, int]) -> bool:
        items = self._items(keys)[slice(*span)]
        return any(item != items[0] for item in items)

    def _items(self, keys: Keys) -> list[Value]:
        found = part(self.value, keys)
        return found if isinstance(found, list) else []

    def _whole(self, keys: Keys) -> bool:
        return self.unordered[keys].spans == ((0, len(self._items(keys))),)

    # --- lists in every item of another list

    def _alike(self) -> Iterator[tuple[Keys, tuple[int, SortKey]]]:
        """Yield lists that are sorted in one loop: (how many keys lead to the list around them, by what)."""
        families: dict[tuple[Keys, Keys], list[Keys]] = {}
        for keys in self.unordered:
            for at, index in enumerate(keys):
                if isinstance(index, int) and self._whole(keys):
                    families.setdefault((keys[:at], keys[at + 1 :]), []).append(keys)
        told: set[Keys] = set()
        for (around, rest), members in families.items():
            lists = [part(item, rest) for item in self._items(around)]
            if len(members) < 2 or told.intersection(members):
                continue
            found = common_key([each for each in lists if isinstance(each, list)])
            if found is not None and all(isinstance(each, list) for each in lists):
                told.update(members)
                yield from ((keys, (len(around), found)) for keys in members)

    # --- one list

    def _sort(self, keys: Keys, span: tuple[int, int], alike: tuple[int, SortKey] | None) -> None:
        items = self._items(keys)[slice(*span)]
        found = alike[1] if alike is not None else sort_key(items)
        moved = self._moved(keys)
        if found is None or moved is None or (found.text and not found.keys and keys in self.around):
            self.unsorted.append(keys)
            self.places[keys] = None
            return
        whole = self._whole(keys)
        if alike is not None:
            around = moved[: alike[0]], moved[alike[0] + 1 :]
            self.sorts.append(
                SortList((*around[0], *around[1]), found, self.unordered[keys].reason, each=alike[0])
            )
        else:
            span_now = None if whole else span
            self.sorts.append(SortList(moved, found, self.unordered[keys].reason, span_now))
        if found.differs:
            self.places[keys], self.by[keys] = None, found
            return
        order = sorted(range(len(items)), key=lambda number: found.of(items[number]))
        places = dict(self.places.get(keys) or {})
        places |= {span[0] + old: span[0] + new for new, old in enumerate(order)}
        self.places[keys] = places

    def _moved(self, keys: Keys) -> Keys | None:
        found: list[str | int] = []
        for at, key in enumerate(keys):
            places = self.places.get(keys[:at], {})
            if places is None:
                return None
            found.append(places.get(key, key) if isinstance(key, int) else key)
        return tuple(found)

    def _rebuilt(self, value: Value, keys: Keys) -> Value:
        if isinstance(value, Mapping):
            return {name: self._rebuilt(item, (*keys, name)) for name, item in value.items()}
        if not isinstance(value, list):
            return value
        items = [self._rebuilt(item, (*keys, number)) for number, item in enumerate(value)]
        if keys in self.unsorted:
            return Anything("in any order, and nothing that holds still tells the items apart")
        places = self.places.get(keys, {})
        if places is None:
            return Sorted(tuple(items), self.by[keys])
        order = sorted(range(len(items)), key=lambda number: places.get(number, number))
        return [items[number] for number in order]

    def _renumbered(self, value: Value) -> Value:
        """Return ``value``, what it says of its own parts put right."""
        if isinstance(value, Text) and isinstance(value.of, Shown):
            inner = self._renumbered(value.of)
            return Text(inner) if isinstance(inner, Shown) else inner
        if isinstance(value, Shown):
            moved = self._moved(value.keys)
            self.refers |= moved is not None
            return Anything("differs from run to run") if moved is None else Shown(moved)
        if isinstance(value, Mapping):
            return {name: self._renumbered(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._renumbered(item) for item in value]
        return value


# --- by what to sort ------------------------------------------------------------------------


def sort_key(items: Sequence[Value]) -> SortKey | None:
    """Return by what to sort the items so that only equal ones are tied; None where nothing does that."""
    return common_key([items])


def common_key(lists: Sequence[Sequence[Value]]) -> SortKey | None:
    """Return by what to sort each of several lists."""
    items = [item for each in lists for item in each]
    if not items:
        return None
    candidates = list(_candidates(items))
    fitting = (key for key in candidates if all(_separates(key, each) for each in lists))
    return next(fitting, None)


def _candidates(items: Sequence[Value]) -> Iterator[SortKey]:
    if all(map(_is_scalar, items)):
        if _comparable(items):
            yield SortKey()
        elif not any(isinstance(item, (Attribute, Text)) for item in items):
            yield SortKey(text=True)
        elif _comparable_by_name(items):
            yield SortKey(differs=True)
        return
    columns = list(_columns(items))
    natural = [name for name in columns if _comparable([_at(item, name) for item in items])]
    if columns[:1] == [0] == natural[:1] and all(isinstance(item, list) for item in items):
        yield SortKey(keys=(0,), natural=True)
    told = [name for name in columns if _is_told([_at(item, name) for item in items])]
    referring = [name for name in columns if _comparable_by_name([_at(item, name) for item in items])]
    for size in range(1, _MOST_COLUMNS + 1):
        yield from (SortKey(keys=chosen) for chosen in combinations(natural, size))
    for size in range(1, _MOST_COLUMNS + 1):
        yield from (SortKey(keys=chosen, text=True) for chosen in combinations(told, size))
    if all(map(_is_plain, items)):
        yield SortKey(text=True)
    yield from (SortKey(keys=(name,), differs=True) for name in referring)


def _separates(key: SortKey, items: Sequence[Value]) -> bool:
    """Say whether items that the key ties are equal."""
    first: dict[str, Value] = {}
    return all(item == first.setdefault(repr(key.of(item)), item) for item in items)


def _columns(items: Sequence[Value]) -> Iterator[str | int]:
    """Yield under what every item has a scalar, the best first."""
    if all(isinstance(item, Mapping) for item in items):
        maps = [item for item in items if isinstance(item, Mapping)]
        names = [name for name in maps[0] if all(name in item and _is_scalar(item[name]) for item in maps)]
        yield from (name for name in _BEST if name in names)
        yield from (name for name in names if name not in _BEST)
    elif all(isinstance(item, list) for item in items):
        rows = [item for item in items if isinstance(item, list)]
        width = min(map(len, rows))
        yield from (number for number in range(width) if all(_is_scalar(item[number]) for item in rows))


def _at(item: Value, name: str | int) -> Value:
    return item[name] if isinstance(item, (Mapping, list)) else None  # type: ignore[index]


def _is_scalar(value: Value) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, Attribute, Text))


def _is_told(values: Sequence[Value]) -> bool:
    return not any(isinstance(value, (Attribute, Text)) for value in values)


def _comparable(values: Sequence[Value]) -> bool:
    texts = all(isinstance(value, str) for value in values)
    return texts or all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


def _comparable_by_name(values: Sequence[Value]) -> bool:
    """Say whether the values are numbers, or texts, some of which the test knows by name only."""
    numbers = all(
        isinstance(value, int) or (isinstance(value, Attribute) and value.name == "pk") for value in values
    )
    return numbers or all(isinstance(value, (str, Text)) for value in values)


def _is_plain(value: Value) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_plain, value.values()))
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def part(value: Value, keys: Keys) -> Value:
    """Return what stands in ``value`` under ``keys``, None if nothing does."""
    for key in keys:
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
            value = value[key]
        else:
            return None
    return value


def has_part(value: Value, keys: Keys) -> bool:
    """Say whether something stands in ``value`` under ``keys``, be it None."""
    around = part(value, keys[:-1]) if keys else None
    if isinstance(around, list):
        return isinstance(keys[-1], int) and 0 <= keys[-1] < len(around)
    return not keys or (isinstance(around, Mapping) and keys[-1] in around)


def with_part(value: Value, keys: Keys, new: Value) -> Value:
    """Return ``value`` with ``new`` under ``keys``, where something stands."""
    if not keys:
        return new
    key, rest = keys[0], keys[1:]
    if isinstance(value, Mapping):
        return {name: with_part(item, rest, new) if name == key else item for name, item in value.items()}
    if isinstance(value, list):
        return [with_part(item, rest, new) if number == key else item for number, item in enumerate(value)]
    return value
