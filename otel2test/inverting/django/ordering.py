"""Rows in an order in which they can be created: parents first, circles cut where NULL is allowed."""

import datetime as dt
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from otel2test.inverting.django.rows import Row
from otel2test.reading.exchanges import Field

Reference: TypeAlias = "tuple[Row, str, Row]"
"""(row, field name, the row it points to)."""


def in_order(rows: Sequence[Row], sorting: Collection[tuple[str, str]]) -> tuple[list[Row], list[Reference]]:
    """Return the rows as they can be created, as near as can be to their keys, and what is set afterwards.

    Those of one model stand together, after those of the models that they point to. ``sorting`` are
    (table, column) by which queries sorted: of rows whose time of saving is among those, the order is
    that of the times; where a row's isn't known, it was saved after those with smaller keys. A foreign
    key of a circle that is never NULL is given by value.
    """
    saved = _Saved(rows, sorting)
    deferred = [reference for reference in cut_circles(rows) if not _given_by_key(*reference)]
    places = {label: place for place, label in enumerate(_models(rows, deferred))}

    def by_key(row: Row) -> tuple[int, float, bool, int, int]:
        key = row.key()
        number = key if isinstance(key, int) else 0
        return (places[row.model.label], saved.time(row), key is not number, number, row.number)

    return list(parents_first(sorted(rows, key=by_key), deferred)), deferred


def _models(rows: Sequence[Row], cut: Collection[Reference]) -> Iterator[str]:
    """Yield the rows' models in the order in which they were seen, but each after those it points to."""
    left_out = {(id(row), name) for row, name, _ in cut}
    pointed: dict[str, dict[str, None]] = {}
    for row in sorted(rows, key=lambda item: item.number):
        parents = pointed.setdefault(row.model.label, {})
        for name, parent in row.parents.items():
            if (id(row), name) not in left_out:
                parents[parent.model.label] = None
    seen: set[str] = set()
    for first, its_parents in pointed.items():
        waiting = [(first, iter(its_parents))] if first not in seen else []
        seen.add(first)
        while waiting:
            label, parents_left = waiting[-1]
            parent_label = next((each for each in parents_left if each not in seen), None)
            if parent_label is None:
                waiting.pop()
                yield label
            else:  # of models that point to each other, one stands first
                seen.add(parent_label)
                waiting.append((parent_label, iter(pointed[parent_label])))


class _Saved:
    """When rows were saved, as far as queries sort by that; 0 for all others."""

    def __init__(self, rows: Sequence[Row], sorting: Collection[tuple[str, str]]) -> None:
        self._sorting = sorting
        self._times: dict[int, tuple[Field, ...]] = {}
        """``id`` of a model → its fields that saving sets and that queries sort by."""
        self._known: dict[str, list[tuple[int, float]]] = {}
        """Label of a model → (key, time) of its rows."""
        for row in rows:
            key, time = row.key(), self._saved(row)
            if time and isinstance(key, int):
                self._known.setdefault(row.model.label, []).append((key, time))
        for known in self._known.values():
            known.sort()

    def time(self, row: Row) -> float:
        """Return when the row was saved, or the one with the next smaller key, if that isn't known."""
        time, key = self._saved(row), row.key()
        known = self._known.get(row.model.label, [])
        if time or not known or not isinstance(key, int):
            return time
        place = bisect_left(known, (key, 0.0))
        return known[place - 1][1] if place else 0.0

    def _saved(self, row: Row) -> float:
        """Return when the row was saved, if queries sort by that and only saving it sets the time."""
        model = row.model
        fields = self._times.get(id(model))
        if fields is None:
            fields = self._times[id(model)] = tuple(
                item
                for item in model.fields
                if (item.auto_now or item.auto_now_add or item.default_callable is not None)
                and (model.table, item.column) in self._sorting
            )
        for item in fields:
            known = row.known.get(item.attname)
            if known is not None and isinstance(known.value, dt.datetime):
                return known.value.timestamp()
        return 0.0


def _given_by_key(row: Row, name: str, parent: Row) -> bool:
    """Give a foreign key of a circle by its value, where an update can't close it: it is never NULL."""
    item = next(each for each in row.model.fields if each.name == name)
    if item.null or parent.key() is None or row.value(item.attname) is None:
        return False
    del row.parents[name]
    parent.pinned = True
    return True


def cut_circles(rows: Sequence[Row]) -> list[Reference]:
    """Return the references without which no row depends on itself; they are set afterwards."""
    cut: list[Reference] = []
    left_out: set[tuple[int, str]] = set()
    while circle := _circle(rows, left_out):
        reference = next((item for item in circle if _may_be_null(item)), circle[0])
        cut.append(reference)
        left_out.add((id(reference[0]), reference[1]))
    return cut


def parents_first(rows: Sequence[Row], cut: Collection[Reference]) -> Iterator[Row]:
    """Yield ``rows`` in their order, but each after those it points to."""
    left_out = {(id(row), name) for row, name, _ in cut}
    done: set[int] = set()
    for first in rows:
        waiting = [first]
        while waiting:
            row = waiting[-1]
            missing = [
                parent
                for name, parent in row.parents.items()
                if id(parent) not in done and (id(row), name) not in left_out
            ]
            if missing and id(row) not in done:
                waiting.append(missing[0])
                continue
            waiting.pop()
            if id(row) not in done:
                done.add(id(row))
                yield row


def _circle(rows: Sequence[Row], left_out: Collection[tuple[int, str]]) -> list[Reference]:
    """Return the references of one circle, without those left out; empty if there is none."""
    done: set[int] = set()
    for first in rows:
        path: list[Reference] = []
        on_path = {id(first)}
        waiting = [(first, iter(first.parents.items()))]
        while waiting:
            row, parents = waiting[-1]
            name, parent = next(parents, ("", None))
            if parent is None:
                waiting.pop()
                done.add(id(row))
                on_path.discard(id(row))
                if path:
                    path.pop()
            elif (id(row), name) in left_out or id(parent) in done:
                continue
            elif id(parent) in on_path:
                start = next((at for at, (item, _, _) in enumerate(path) if item is parent), len(path))
                return [*path[start:], (row, name, parent)]
            else:
                path.append((row, name, parent))
                on_path.add(id(parent))
                waiting.append((parent, iter(parent.parents.items())))
    return []


def _may_be_null(reference: Reference) -> bool:
    row, name, _ = reference
    return any(item.name == name and item.null for item in row.model.fields)
