"""What queries found no further rows of: nothing that is made up may be one of those.

A list that came back whole, a count, and a page up to its last row each say of all other rows that they
don't satisfy some conditions, or, of a page, that they stand after its last row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from otel2test.inverting.conditions import Condition, columns_of
from otel2test.inverting.entities import At, Entity, KeyOf, Known, Rows, before, is_known
from otel2test.inverting.facts import Ordering, Source
from otel2test.inverting.judging import Judge

_MOST_GUESSED: Final = 100
"""Where a table has more limits than these, they don't say which row a sighting can't be of."""


@dataclass(frozen=True, slots=True)
class Limit:
    """No further row may satisfy the conditions."""

    table: str
    conditions: tuple[Condition, ...]
    source: Source
    number: int | None = None
    """How many rows of the starting state satisfy them; None where they are those of a result.

    Of a page, how many of those come before it.
    """
    until: Entity | None = None
    """Of a page, its last row."""
    order: tuple[Ordering, ...] = ()
    more: bool = False
    """Of a page, whether there may be others after it."""

    def columns(self) -> set[str]:
        """Return the columns of the row itself that it speaks of."""
        return columns_of(self.conditions) | {term.via or term.column for term in self.order}


@dataclass(slots=True)
class Limits:
    """All limits, by table."""

    rows: Rows
    judge: Judge
    of_table: dict[str, list[Limit]] = field(default_factory=dict)
    results: dict[tuple[int, str], set[int]] = field(default_factory=dict)
    """(position, table) → ``id`` of each row that the query returned: no limit is for those."""

    pending: set[tuple[int, str]] = field(default_factory=set)
    """(position, table) of results of which it isn't known yet which rows they returned."""

    def add(self, limit: Limit) -> None:
        """Let no row that isn't known to satisfy the conditions satisfy them."""
        self.of_table.setdefault(limit.table, []).append(limit)

    def reaches(self, limit: Limit, row: Entity, at: At = before) -> bool:
        """Say whether the limit speaks of the row: not if returned, after a page, or changed by then."""
        if row.existed and row.changed_before(limit.source, limit.columns):
            return False
        if id(row) in self.results.get((limit.source.position, limit.table), ()):
            return False
        if limit.until is None or not limit.more:
            return True
        return self.stands_before(row, limit.until, limit.order, at) is True

    def allows(self, row: Entity, values: Mapping[str, object], source: Source) -> bool:
        """Say whether a row may be given values for the sake of one query, by what others told."""
        return self._allows(self.of_table.get(row.table, ()), row, values, source)

    def _allows(
        self, limits: Sequence[Limit], row: Entity, values: Mapping[str, object], source: Source
    ) -> bool:
        told = {column: Known(value, source) for column, value in values.items()}

        def given(entity: Entity, name: str) -> Known | None:
            return told[name] if entity is row and name in told else before(entity, name)

        return not any(
            limit.source.position != source.position
            and self.judge.verdict(row, limit.conditions, given) is True
            and self.reaches(limit, row, given)
            and not (self.judge.verdict(row, limit.conditions, before) is True and self.reaches(limit, row))
            and not self._has_room(limit)
            for limit in limits
        )

    def _has_room(self, limit: Limit) -> bool:
        """Say whether a page has fewer rows before it than it had."""
        if limit.until is None or not limit.number:
            return False
        there = sum(
            row.existed
            and not row.undone
            and self.judge.verdict(row, limit.conditions, before) is True
            and self.reaches(limit, row)
            for row in self.judge.candidates(limit.table, limit.conditions)
        )
        return there < limit.number

    def may_be(self, row: Entity, values: Mapping[str, object], source: Source) -> bool:
        """Say the same of a row that was seen, and may be another one that was."""
        limits = self.of_table.get(row.table, ())
        if row.created or len(limits) > _MOST_GUESSED:
            return True
        settled = [limit for limit in limits if (limit.source.position, limit.table) not in self.pending]
        return self._allows(settled, row, values, source)

    def stands_before(
        self,
        row: Entity,
        pivot: Entity,
        order: Sequence[Ordering],
        at: At = before,
        at_pivot: At = before,
    ) -> bool | None:
        """Say whether one row sorts before another; None where that isn't known."""
        for term in order:
            mine, its = self._sorted_by(row, term, at), self._sorted_by(pivot, term, at_pivot)
            if mine is None or its is None:
                return None
            result = term.compare(mine.value, its.value)
            if result is None:
                return None
            if result:
                return (result > 0) is term.descending
        return None

    def _sorted_by(self, row: Entity, term: Ordering, at: At) -> Known | None:
        if term.counted:
            return None
        if term.via is None:
            return self._told(row, term.column, at)
        key = self._told(row, term.via, at)
        if key is None or key.value is None:
            return key  # without a row over there, its columns are NULL
        if isinstance(key.value, KeyOf):
            return self._told(key.value.entity, term.column, at)
        table = self.rows.catalog.tables.get(row.table)
        target = table.references.get(term.via) if table else None
        parent = self.rows.identified(target[0], {target[1]: key.value}) if target else None
        return self._told(parent, term.column, at) if parent else None

    def _told(self, row: Entity, column: str, at: At) -> Known | None:
        known = at(row, column)
        if known is None and row.created:
            known = row.after.get(column)
        return known if is_known(known) else None
