"""Counts, sums, windows and lists known to be complete: what they say of rows nobody saw."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from otel2test.inverting.completing import Completer
from otel2test.inverting.conditions import Condition, columns_of, compare, readable
from otel2test.inverting.entities import Entity, Known, Rows, before, is_known
from otel2test.inverting.facts import Averaged, Counted, NotInverted, Ordering, Source, Summed, Window
from otel2test.inverting.judging import Judge
from otel2test.inverting.samples import averaging, beside, of_column, possible, step

_MOST_MADE_UP = 1000
"""More rows than this are not invented for one count."""


@dataclass(frozen=True, slots=True)
class Limit:
    """No further row may satisfy the conditions."""

    conditions: tuple[Condition, ...]
    source: Source


@dataclass(slots=True)
class Counting:
    """Makes up the rows that were counted, and keeps the others from being counted too."""

    rows: Rows
    judge: Judge
    completer: Completer
    limits: dict[str, list[Limit]] = field(default_factory=dict)
    not_inverted: list[NotInverted] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.completer.allowed = self._allowed
        self.completer.missing = lambda table: [limit.conditions for limit in self.limits.get(table, ())]

    def limit(self, table: str, conditions: tuple[Condition, ...], source: Source) -> None:
        """Let no row that isn't known to satisfy the conditions satisfy them."""
        self.limits.setdefault(table, []).append(Limit(conditions, source))

    def existing(self, table: str, conditions: Sequence[Condition]) -> tuple[list[Entity], list[Entity]]:
        """Return the rows of before that satisfy the conditions, and those that may."""
        judged = [
            (row, self.judge.verdict(row, conditions, before))
            for row in self.judge.candidates(table, conditions)
            if row.existed and not row.undone
        ]
        return (
            [row for row, verdict in judged if verdict],
            [row for row, verdict in judged if verdict is None],
        )

    def half_seen(self, table: str, conditions: Sequence[Condition]) -> list[Entity]:
        """Return the rows of which a column that the conditions speak of isn't known."""
        found = {
            row.number: row
            for column in sorted(columns_of(conditions))
            for row in self.rows.silent(table, column)
        }
        return [found[number] for number in sorted(found)]

    def reach(self, fact: Counted, number: int) -> None:
        """See to it that ``number`` rows of before satisfy the conditions."""
        found, perhaps = self.existing(fact.table, fact.conditions)
        lacking = number - len(found)
        for row in perhaps:
            if lacking > 0 and self.completer.satisfy(row, fact.conditions, fact.source):
                lacking -= 1
        if lacking > _MOST_MADE_UP:
            self.not_inverted.append(
                NotInverted(fact.source, f"{lacking} rows were counted that nothing else tells of")
            )
            return
        for _ in range(lacking):
            self.completer.make_up(fact.table, fact.conditions, fact.source)
        if fact.exact and readable(fact.conditions):
            self.limit(fact.table, fact.conditions, fact.source)

    # --- windows

    def place(self, fact: Window, seen: Sequence[Entity]) -> None:
        """Sort the rows that weren't seen: as many as were left out before those that were, others after."""
        self._rank(fact, seen)
        first, last = seen[0], seen[-1]
        members = {id(entity) for entity in seen}
        sure, perhaps = self.existing(fact.table, fact.conditions)
        others = [row for row in (*sure, *perhaps) if id(row) not in members]
        placed = [(row, self._stands_before(row, first, fact.order)) for row in others]
        ahead = fact.offset - sum(1 for _, verdict in placed if verdict)
        free = [row for row, verdict in placed if verdict is None]
        ahead = max(ahead, 0)
        for _ in range(min(ahead - len(free), _MOST_MADE_UP)):
            free.insert(0, self.completer.make_up(fact.table, fact.conditions, fact.source))
        for number, row in enumerate(free[:ahead]):
            self.completer.satisfy(row, fact.conditions, fact.source)
            self._put(row, first, fact, -1, ahead - number)
        behind = [row for row, verdict in placed if verdict is False] + free[ahead:]
        open_rows = [row for row in behind if self._stands_before(row, last, fact.order) is None]
        for number, row in enumerate(open_rows):
            self._put(row, last, fact, 1, number + 1)
            if self._stands_before(row, last, fact.order) is None:
                self.completer.avoid(row, fact.conditions, fact.source)

    def _rank(self, fact: Window, seen: Sequence[Entity]) -> None:
        """Let the rows that were seen sort as they did, where nobody saw by what."""
        term = fact.order[0]
        if term.via is not None or any(item.created or before(item, term.column) for item in seen):
            return
        table = self.rows.catalog.tables.get(fact.table)
        value = of_column(table.columns.get(term.column) if table else None, len(seen))
        for number, entity in enumerate(seen):
            rank = step(value, -1 if term.descending else 1, number) if number else value
            self.completer.learn(entity, {term.column: rank}, fact.source)

    def _stands_before(self, row: Entity, pivot: Entity, order: Sequence[Ordering]) -> bool | None:
        for term in order:
            mine, its = self._sorted_by(row, term), self._sorted_by(pivot, term)
            if mine is None or its is None:
                return None
            result = compare(mine.value, its.value)
            if result:
                return (result > 0) is term.descending
        return None

    def _sorted_by(self, row: Entity, term: Ordering) -> Known | None:
        if term.via is not None:
            key = before(row, term.via)
            known = None
            if key is not None and is_known(key):
                table = self.rows.catalog.tables.get(row.table)
                target = table.references.get(term.via) if table else None
                parent = self.rows.identified(target[0], {target[1]: key.value}) if target else None
                known = before(parent, term.column) if parent else None
        else:
            known = _known(row, term.column)
        return known if known is not None and is_known(known) else None

    def _put(self, row: Entity, pivot: Entity, fact: Window, side: int, distance: int) -> None:
        """Let ``row`` sort before or after ``pivot``: at the first term that can make a difference."""
        for term in fact.order:
            column = term.via or term.column
            known = _known(pivot, column)
            if known is None or not is_known(known) or known.value is None:
                return
            mine = before(row, column)
            if mine is not None and mine.value != known.value:
                return
            value = known.value
            if term.via is None and mine is None:
                direction = -side if term.descending else side
                value = self._free(row, column, known.value, fact.source, direction * distance)
                if value == known.value and self.rows.identifies(row.table, (column,)):
                    return  # there is no room for it on that side
            if mine is None:
                self.completer.learn(row, {column: value}, fact.source)
            if value != known.value:
                return

    def _free(self, row: Entity, column: str, pivot: object, source: Source, steps: int) -> object:
        """Return a value beside ``pivot`` that the row may have; ``pivot`` itself where there is none.

        ``steps`` says on which side, and how far off.
        """
        unique = self.rows.identifies(row.table, (column,))
        table = self.rows.catalog.tables.get(row.table)
        described = table.columns.get(column) if table else None
        least = 1 if unique else None
        for value in beside(pivot, 1 if steps > 0 else -1, abs(steps)):
            taken = unique and self.rows.identified(row.table, {column: value}) is not None
            below = least is not None and isinstance(value, int) and value < least
            below = below or not possible(value, described)
            if not taken and not below and self._allowed(row, column, value, source):
                return value
        return pivot

    def _allowed(self, row: Entity, column: str, value: object, source: Source) -> bool:
        told = Known(value, Source("", -1))

        def given(entity: Entity, name: str) -> Known | None:
            return told if entity is row and name == column else before(entity, name)

        return not any(
            self.judge.verdict(row, limit.conditions, given) is True
            and self.judge.verdict(row, limit.conditions, before) is not True
            for limit in self.limits.get(row.table, ())
            if limit.source.position != source.position
        )

    # --- sums

    def sum_up(self, fact: Summed) -> None:
        """Give the rows whose value nobody saw the rest of the sum."""
        found, _ = self.existing(fact.table, fact.conditions)
        told = [
            known.value for row in found if (known := before(row, fact.column)) and known.value is not None
        ]
        free = [row for row in found if before(row, fact.column) is None]
        total = fact.total if fact.total is not None else 0
        if not isinstance(total, (int, float, Decimal)):
            return
        numbers = [value for value in told if isinstance(value, (int, float, Decimal))]
        if len({type(value) for value in (*numbers, total)} & {float, Decimal}) > 1:
            numbers = [Decimal(str(value)) for value in numbers]
            total = Decimal(str(total))
        rest = total - sum(numbers)  # type: ignore[operator]  # all of types that can be added
        if free:
            for row in free[:-1]:
                self.completer.learn(row, {fact.column: type(total)(0)}, fact.source)
            self.completer.learn(free[-1], {fact.column: rest}, fact.source)
        elif not math.isclose(rest, 0, abs_tol=1e-9) or (fact.total is not None and not told):
            limits = self.limits.get(fact.table, ())
            if any(limit.conditions == fact.conditions for limit in limits):
                self.not_inverted.append(
                    NotInverted(fact.source, f"a sum of {total} that the rows don't have")
                )
            else:
                made = self.completer.make_up(fact.table, fact.conditions, fact.source)
                self.completer.learn(made, {fact.column: rest}, fact.source)

    def level(self, fact: Averaged) -> None:
        """Give the rows whose value nobody saw such values that the mean comes out."""
        found, _ = self.existing(fact.table, fact.conditions)
        free = [row for row in found if before(row, fact.column) is None]
        told = [
            known.value for row in found if (known := before(row, fact.column)) and known.value is not None
        ]
        table = self.rows.catalog.tables.get(fact.table)
        column = table.columns.get(fact.column) if table else None
        values = averaging(fact.mean, told, len(free), column) if column is not None else None
        if values is None or not all(
            self._allowed(row, fact.column, value, fact.source)
            for row, value in zip(free, values, strict=True)
        ):
            self.not_inverted.append(
                NotInverted(fact.source, f"a mean of {fact.mean} that no rows were found for")
            )
            return
        for row, value in zip(free, values, strict=True):
            self.completer.learn(row, {fact.column: value}, fact.source)


def _known(entity: Entity, column: str) -> Known | None:
    """Return what is known of the column before the request, or of what it made."""
    return entity.after.get(column) if entity.created else before(entity, column)
