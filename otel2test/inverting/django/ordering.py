"""Rows in an order in which they can be created: parents first, circles cut where NULL is allowed."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from otel2test.inverting.django.rows import Row

Reference: TypeAlias = "tuple[Row, str, Row]"
"""(row, field name, the row it points to)."""


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
