"""What a statement gave: rows beside rows.

Rows are paired in order; if that fails, whatever their order is. For each row that has no
counterpart it is told which it is. All of it takes time in proportion to the number of rows.
"""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from otel2test.proving.comparing.anatomy import Anatomy, Column
from otel2test.proving.comparing.keys import as_key
from otel2test.proving.comparing.likeness import Likeness
from otel2test.proving.comparing.telling import counted, some, value
from otel2test.reading.exchanges import Field, Query

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class RowsUnlike:
    """How what two executions gave differs."""

    sentence: str
    order: bool = False
    """True where they are the same rows in another order."""
    asked_for: bool = False
    """Of another order: whether the statement had asked for the recorded one."""
    excess: frozenset[str] = frozenset()


class RowsComparison:
    """Compares what executions of one statement gave in the recording and in the replay."""

    def __init__(self, likeness: Likeness, recorded: Query, replayed: Query, told: Anatomy) -> None:
        self._likeness = likeness
        self._recorded = recorded
        self._replayed = replayed
        self._told = told
        self._columns = columns_of(recorded, told, likeness)

    @property
    def observed(self) -> bool:
        """Whether anything came back, on either side."""
        return any(
            query.columns or query.error is not None or (query.rowcount or -1) >= 0
            for query in (self._recorded, self._replayed)
        )

    def unlike(self) -> RowsUnlike | None:
        """Return how the results differ, None if they don't; keys are learnt where they are alike."""
        one, other = self._recorded, self._replayed
        if one.error is not None or other.error is not None:
            return self._unlike_errors()
        if not one.columns and not other.columns:
            return self._unlike_counts()
        fetched = one.fetched if one.fetched is not None else len(one.rows)
        refetched = other.fetched if other.fetched is not None else len(other.rows)
        if fetched == refetched:
            in_another_order = self._same_keys_in_another_order()
            if in_another_order is not None:
                return in_another_order
            if self._alike_in_order():
                return None
        elif min(len(one.rows), len(other.rows)) < min(fetched, refetched):
            # Not all rows were kept: which are missing can't be told.
            return RowsUnlike(f"{counted(fetched, 'row')} recorded, {refetched} in the replay")
        return self._unlike_rows()

    def _unlike_errors(self) -> RowsUnlike | None:
        one, other = self._recorded.error, self._replayed.error
        names = [each.type.rpartition(".")[2] if each else "" for each in (one, other)]
        if names[0] == names[1]:
            return None
        first, second = (f"failed with {name}" if name else "succeeded" for name in names)
        return RowsUnlike(f"{first} in the recording, {second} in the replay")

    def _unlike_counts(self) -> RowsUnlike | None:
        one, other = self._recorded.rowcount, self._replayed.rowcount
        if one is None or other is None or one < 0 or other < 0 or one == other:
            if one == other and self._told.verb == "insert":
                self._learn_last_key()
            return None
        finds = self._told.verb in {"update", "delete"}
        excess = self._told.tables if finds and other > one else frozenset[str]()
        return RowsUnlike(f"{counted(one, 'row')} hit in the recording, {other} in the replay", excess=excess)

    def _learn_last_key(self) -> None:
        """Learn the key of an inserted row where the database tells of it only so."""
        for table in self._told.tables:
            keys = [at for at, space in self._likeness.schemas.spaces.items() if at[0] == table == space]
            ids = self._recorded.lastrowid, self._replayed.lastrowid
            if keys and isinstance(ids[0], int) and isinstance(ids[1], int):
                self._likeness.keys.pair(table, *ids)

    # --- rows

    def _same_keys_in_another_order(self) -> RowsUnlike | None:
        """Return that the rows are in another order, if their own keys are the same and so is all else.

        Rows that look alike would also match in order, if each key stood for another's.
        """
        places = [place for place, (column, _) in enumerate(self._columns) if self._is_own_key(column)]
        if not places or len(places) == len(self._columns):
            return None
        ours, theirs = (
            [tuple(as_key(_cell(row, place)) for place in places) for row in query.rows]
            for query in (self._recorded, self._replayed)
        )
        if ours == theirs or sorted(ours) != sorted(theirs):
            return None
        with self._likeness.trial() as trial:
            learnt = all(self._same_key(row, row, place) for row in self._recorded.rows for place in places)
            pairs, missing, _ = self._paired() if learnt else ([], [()], [])
            trial.kept = not missing
        return self._unlike_order(pairs) if trial.kept else None

    def _alike_in_order(self) -> bool:
        with self._likeness.trial() as trial:
            trial.kept = all(
                self._alike(one, other)
                for one, other in zip(self._recorded.rows, self._replayed.rows, strict=False)
            )
            return trial.kept

    def _alike(self, one: Row, other: Row) -> bool:
        return len(one) == len(other) and all(
            same_cell(self._likeness, a, b, column, name)
            for a, b, (column, name) in zip(one, other, self._columns, strict=False)
        )

    def _unlike_rows(self) -> RowsUnlike | None:
        pairs, missing, extra = self._paired()
        if not missing and not extra:
            return self._unlike_order(pairs)
        changed = self._changed(missing, extra)
        if changed is not None:
            if not changed:
                return None  # alike, now that it is known which is which
            return RowsUnlike(some("differs", changed), excess=self._counted_more())
        numbers = (
            f"{counted(len(self._recorded.rows), 'row')} recorded, {len(self._replayed.rows)} in the replay"
        )
        details = [
            some(word, [self._said(row) for row in rows])
            for word, rows in (("missing", missing), ("extra", extra))
            if rows
        ]
        excess = self._tables() if extra and not missing else frozenset[str]()
        return RowsUnlike(f"{numbers} ({'; '.join(details)})", excess=excess)

    def _tables(self) -> frozenset[str]:
        """Return the table whose rows the results are, none where that isn't known."""
        first = next((column[0] for column, _ in self._columns if column), None)
        if first is not None:
            return frozenset({first})
        return self._told.tables if len(self._told.tables) == 1 else frozenset()

    def _counted_more(self) -> frozenset[str]:
        """Return the table of which the replay counted more rows, if that is what the statement does."""
        one, other = self._recorded.rows, self._replayed.rows
        if "COUNT(" not in self._recorded.sql.upper() or len(one) != 1 or len(other) != 1:
            return frozenset()
        more = all(
            isinstance(a, int) and isinstance(b, int) and b >= a
            for a, b in zip(one[0], other[0], strict=False)
        )
        return self._tables() if more else frozenset()

    def _unlike_order(self, pairs: Sequence[tuple[int, int]]) -> RowsUnlike | None:
        """Pairs are of indexes; rows without an order that was asked for may come in any."""
        rows = self._recorded.rows
        by_replay = [one for one, _ in sorted(pairs, key=lambda pair: pair[1])]
        places = self._told.ordered
        asked_for = self._told.sorted
        if asked_for and places:
            # Among rows that are equal in all that they are sorted by, no order was asked for.
            terms = [tuple(_cell(rows[index], place) for place in places) for index in by_replay]
            recorded = [tuple(_cell(row, place) for place in places) for row in rows]
            asked_for = terms != recorded
        return RowsUnlike("the same rows in another order", order=True, asked_for=asked_for)

    def _paired(self) -> tuple[list[tuple[int, int]], list[Row], list[Row]]:
        """Return (indexes of rows that are each other's, rows missing, rows extra)."""
        ours, theirs = [*range(len(self._recorded.rows))], [*range(len(self._replayed.rows))]
        pairs: list[tuple[int, int]] = []
        for numbered in (True, False):
            found = [*self._pairs_among(ours, theirs, numbered=numbered)]
            pairs += found
            ours = sorted({*ours} - {one for one, _ in found})
            theirs = sorted({*theirs} - {other for _, other in found})
        return pairs, [self._recorded.rows[i] for i in ours], [self._replayed.rows[i] for i in theirs]

    def _pairs_among(
        self, ours: Sequence[int], theirs: Sequence[int], *, numbered: bool
    ) -> Iterator[tuple[int, int]]:
        """Yield pairs of rows of one form; ``numbered`` tells forms with other numbers in texts apart."""
        # All forms come first: what is learnt on the way would make others of them.
        forms = [self._form(self._recorded.rows[index], 0, numbered=numbered) for index in ours]
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for index in theirs:
            waiting[self._form(self._replayed.rows[index], 1, numbered=numbered)].append(index)
        taken: set[int] = set()
        for index, form in zip(ours, forms, strict=True):
            bucket = waiting.get(form)
            found = self._counterpart(self._recorded.rows[index], bucket, taken) if bucket else None
            if found is not None:
                taken.add(found)
                yield index, found

    def _counterpart(self, row: Row, bucket: deque[int], taken: set[int]) -> int | None:
        """Return the first free row of the replay among those of one form whose keys agree."""
        while bucket and bucket[0] in taken:
            bucket.popleft()
        for index in islice(bucket, _MOST_TRIED):
            if index in taken:
                continue
            with self._likeness.trial() as trial:
                trial.kept = self._alike(row, self._replayed.rows[index])
            if trial.kept:
                return index
        return None

    def _form(self, row: Row, side: int, *, numbered: bool) -> Hashable:
        """Return what rows that are each other's have in common, whatever their keys are called."""
        form = tuple(
            cell_form(self._likeness, cell, column, side)
            for cell, (column, _) in zip(row, self._columns, strict=False)
        )
        if numbered:
            return form
        return tuple(_NUMBER.sub("#", each) if isinstance(each, str) else each for each in form)

    def _changed(self, missing: list[Row], extra: list[Row]) -> list[str] | None:
        """Return how rows differ that have their keys in common with another one, None if not all do."""
        if len(missing) != len(extra):
            return None
        places = [place for place, (column, _) in enumerate(self._columns) if self._is_own_key(column)]
        said = []
        for one, other in zip(missing, extra, strict=True):
            if places and not all(self._same_key(one, other, place) for place in places):
                return None
            unlike = [
                f"{name} is {value(b)}, not {value(a)}"
                for a, b, (column, name) in zip(one, other, self._columns, strict=False)
                if not same_cell(self._likeness, a, b, column, name)
            ]
            if not unlike:
                continue
            said.append(f"{self._said(one)}: {', '.join(unlike)}" if places else ", ".join(unlike))
        return said

    def _same_key(self, one: Row, other: Row, place: int) -> bool:
        column = self._columns[place][0]
        space = self._likeness.schemas.spaces.get(column) if column else None
        return space is not None and self._likeness.keys.pair(space, one[place], other[place])

    def _is_own_key(self, column: Column | None) -> bool:
        item = self._likeness.schemas.fields.get(column) if column else None
        return item is not None and item.primary_key and column in self._likeness.schemas.spaces

    def _said(self, row: Row) -> str:
        """Return how a row is told from others: its key and a column or two."""
        return ", ".join(
            f"{name}={value(cell)}" for cell, (_, name) in zip(row[:_TOLD], self._columns, strict=False)
        ) + (", …" if len(row) > _TOLD else "")


_ID: Final = re.compile(r"(^|_)(id|pk|key)$")
_NUMBER: Final = re.compile(r"\d+")
_TOLD: Final = 3
_MOST_TRIED: Final = 50
"""Of rows that look alike but for keys that contradict each other, no more are tried: it ends."""


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


def _cell(row: Row, place: int) -> object:
    return row[place] if place < len(row) else None


def parameters(query: Query) -> Iterator[dict[int | str, object]]:
    """Yield the parameters of each execution, by place or name."""
    for given in query.many if query.many is not None else (query.params,):
        if given is None:
            yield {}
        elif isinstance(given, tuple):
            yield dict(enumerate(given))
        else:
            yield {str(name): item for name, item in given.items()}
