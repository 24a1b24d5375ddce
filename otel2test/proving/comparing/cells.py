"""Values in rows: of which column each is, and whether both sides have the same there."""

import re
from collections.abc import Callable, Hashable
from typing import Final

from otel2test.proving.comparing.anatomy import Anatomy, Column
from otel2test.proving.comparing.keys import as_key
from otel2test.proving.comparing.likeness import Likeness
from otel2test.reading.exchanges import Field, Query

_ID: Final = re.compile(r"(^|_)(id|pk|key)$")


def columns_of(query: Query, told: Anatomy, likeness: Likeness) -> list[tuple[Column | None, str]]:
    """Return for each column of a result where it is from, if that is known, and its name."""
    found: list[tuple[Column | None, str]] = []
    for place, name in enumerate(query.columns):
        source = query.sources[place] if query.sources is not None and place < len(query.sources) else None
        column = (
            likeness.schemas.columns.get(f"{source.model}.{source.field}")
            if source is not None and source.annotation is None
            else None
        )
        if column is None and place < len(told.outputs):
            column = told.outputs[place]
        twice = column is not None and query.columns.count(name) > 1
        found.append((column, f"{column[0]}.{name}" if column and twice else name))
    return found


def same_cell(likeness: Likeness, one: object, other: object, column: Column | None, name: str) -> bool:
    """Say whether two values of one column are alike; keys become those of each other."""
    schemas = likeness.schemas
    item = schemas.fields.get(column) if column else None
    if item is not None and column is not None:
        if column[0] in schemas.users and item.column in {"password", "last_login"}:
            return True  # logging in is the test client's way
        space = schemas.spaces.get(column)
        if space is not None:
            return one is other if one is None or other is None else likeness.keys.pair(space, one, other)
        if _is_stamp(item) and one is not None and likeness.clocks.replayed.is_of_test(other):
            likeness.stamp(one, other, column)
            return True  # set when the test made the row
    if isinstance(one, bool) != isinstance(other, bool) and one in (0, 1) and other in (0, 1):
        return one == other  # what drivers make of a boolean
    # What refers to rows without a foreign key, of whatever table, is known by its column's name.
    return likeness.same(one, other, name if item is None else item.column if _ID.search(item.column) else "")


def cell_form(likeness: Likeness, cell: object, column: Column | None, side: int) -> Hashable:
    """Return a value without what two runs can't share, so that it can be looked up."""
    schemas = likeness.schemas
    clock = likeness.clocks.replayed if side else likeness.clocks.recorded
    if cell is None:
        return None
    if column is not None:
        item = schemas.fields.get(column)
        if item is not None and _is_stamp(item):
            return "time"
        if column[0] in schemas.users and column[1] in {"password", "last_login"}:
            return "login"
        space = schemas.spaces.get(column)
        if space is not None:
            return _key_form(likeness, space, cell, side)
    return likeness.form(cell, side) if isinstance(cell, str) else _form_of(cell, clock.instant)


def _is_stamp(item: Field) -> bool:
    """Say whether a column holds when its row was made or saved, where nobody says otherwise."""
    times = item.type in {"DateTimeField", "DateField"}
    return item.auto_now or item.auto_now_add or (times and item.default_callable is not None)


def _key_form(likeness: Likeness, space: str, cell: object, side: int) -> Hashable:
    if side:
        return ("key", as_key(cell)) if likeness.keys.holds(space, cell) else "key"
    known = likeness.keys.of(space, cell)
    return "key" if known is None else ("key", known)


def _form_of(cell: object, instant: Callable[[object], object]) -> Hashable:
    if isinstance(cell, (bool, int, float)):
        return float(cell) if instant(cell) is None else "time"
    # What else differs within a value, the comparison of the pair tells.
    return type(cell).__name__
