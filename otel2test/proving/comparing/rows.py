"""What a statement gave: rows beside rows.

Rows are paired in order; if that fails, whatever their order is. For each row that has no
counterpart it is told which it is, and of one that has it by its key, which columns differ. All of
it takes time in proportion to the number of rows.
"""

import re
from collections import defaultdict, deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias

from otel2test.proving.comparing import telling
from otel2test.proving.comparing.anatomy import Anatomy, Column
from otel2test.proving.comparing.cells import cell_form, columns_of, same_cell
from otel2test.proving.comparing.keys import as_key
from otel2test.proving.comparing.likeness import Likeness
from otel2test.proving.comparing.results import Cell
from otel2test.proving.comparing.telling import counted, several, some, value
from otel2test.reading.exchanges import Query

Row: TypeAlias = tuple[object, ...]
_Change: TypeAlias = "tuple[Row, tuple[Cell, ...]]"
"""A recorded row, and what of it differs in the replay."""


@dataclass(frozen=True, slots=True)
class RowsUnlike:
    """How what two executions gave differs."""

    sentence: str
    order: bool = False
    """True where they are the same rows in another order."""
    asked_for: bool = False
    """Of another order: whether the statement had asked for the recorded one."""
    excess: frozenset[str] = frozenset()
    """Tables of which the replay has more rows."""
    fewer: frozenset[str] = frozenset()
    """Tables of which it has fewer."""
    cells: tuple[Cell, ...] = ()
    """Values that differ, of rows that both have."""


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
        nothing = frozenset[str]()
        return RowsUnlike(
            f"{counted(one, 'row')} hit in the recording, {other} in the replay",
            excess=self._told.tables if finds and other > one else nothing,
            fewer=self._told.tables if finds and other < one else nothing,
        )

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
        places = self._own_keys()
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
        changed, missing, extra = self._changed(missing, extra)
        said = self._said_cells(changed)
        cells = tuple(cell for _, differing in changed for cell in differing)
        if not missing and not extra:
            if not changed:
                return None  # alike, now that it is known which is which
            return RowsUnlike(several(said), excess=self._counted(1), fewer=self._counted(-1), cells=cells)
        numbers = (
            f"{counted(len(self._recorded.rows), 'row')} recorded, {len(self._replayed.rows)} in the replay"
        )
        details = [
            some(word, [self._said(row) for row in rows])
            for word, rows in (("missing", missing), ("extra", extra))
            if rows
        ]
        details += [some("unlike", said)] if said else []
        return RowsUnlike(
            f"{numbers} ({'; '.join(details)})",
            excess=self._tables() if extra and not missing else frozenset(),
            fewer=self._tables() if missing and not extra else frozenset(),
            cells=cells,
        )

    def _tables(self) -> frozenset[str]:
        """Return the table whose rows the results are, none where that isn't known."""
        first = next((column[0] for column, _ in self._columns if column), None)
        if first is not None:
            return frozenset({first})
        return self._told.tables if len(self._told.tables) == 1 else frozenset()

    def _counted(self, sign: int) -> frozenset[str]:
        """Return the table of which the replay counted more rows (1) or fewer (-1), if it was counting."""
        one, other = self._recorded.rows, self._replayed.rows
        if "COUNT(" not in self._recorded.sql.upper() or len(one) != 1 or len(other) != 1:
            return frozenset()
        told = all(
            isinstance(a, int) and isinstance(b, int) and (b - a) * sign >= 0
            for a, b in zip(one[0], other[0], strict=False)
        )
        return self._tables() if told else frozenset()

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

    def _changed(self, missing: list[Row], extra: list[Row]) -> tuple[list[_Change], list[Row], list[Row]]:
        """Return the rows that both have, but not alike, with how they differ; and what of others is left.

        They are known by their keys; where as many are left on both sides, the first is the first.
        """
        places = self._own_keys()
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for index, row in enumerate(extra):
            waiting[tuple(as_key(_cell(row, place)) for place in places)].append(index)
        found: list[_Change] = []
        left: list[Row] = []
        taken: set[int] = set()
        for row in missing:
            bucket = waiting.get(self._known_as(row, places)) if places else None
            if bucket:
                taken.add(bucket[0])
                found.append((row, self._unlike_cells(row, extra[bucket.popleft()])))
            else:
                left.append(row)
        others = [row for index, row in enumerate(extra) if index not in taken]
        if len(left) == len(others):
            with self._likeness.trial() as trial:
                trial.kept = all(
                    self._same_key(one, other, place)
                    for one, other in zip(left, others, strict=True)
                    for place in places
                )
            if trial.kept:
                found += [
                    (one, self._unlike_cells(one, other)) for one, other in zip(left, others, strict=True)
                ]
                left, others = [], []
        return [change for change in found if change[1]], left, others

    def _own_keys(self) -> list[int]:
        return [place for place, (column, _) in enumerate(self._columns) if self._is_own_key(column)]

    def _known_as(self, row: Row, places: Sequence[int]) -> Hashable:
        """Return what the row's keys are in the replay, None for each that isn't known."""
        spaces = self._likeness.schemas.spaces
        keys = (
            (spaces.get(column), _cell(row, place)) for place in places if (column := self._columns[place][0])
        )
        return tuple(self._likeness.keys.of(space, cell) if space else None for space, cell in keys)

    def _unlike_cells(self, one: Row, other: Row) -> tuple[Cell, ...]:
        return tuple(
            Cell(*(column or ("", name)), a, b)
            for a, b, (column, name) in zip(one, other, self._columns, strict=False)
            if not same_cell(self._likeness, a, b, column, name)
        )

    def _said_cells(self, changed: Sequence[_Change]) -> list[str]:
        """Return for each row how it differs, and which it is."""
        places = self._own_keys()
        return [
            telling.cells(
                cells, ", ".join(f"{self._columns[place][1]}={value(row[place])}" for place in places)
            )
            for row, cells in changed
        ]

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


_NUMBER: Final = re.compile(r"\d+")
_TOLD: Final = 3
_MOST_TRIED: Final = 50
"""Of rows that look alike but for keys that contradict each other, no more are tried: it ends."""


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
