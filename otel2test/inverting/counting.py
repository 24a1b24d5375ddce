"""Counts, sums, windows and lists known to be complete: what they say of rows nobody saw."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain, islice
from typing import Final

from otel2test.inverting.avoiding import Avoider
from otel2test.inverting.catalog import Column
from otel2test.inverting.completing import Completer
from otel2test.inverting.conditions import Condition, columns_of, readable
from otel2test.inverting.entities import Entity, KeyOf, Known, Rows, before, is_known
from otel2test.inverting.facts import Averaged, Counted, NotInverted, Summed, Window
from otel2test.inverting.judging import Judge
from otel2test.inverting.limits import Limit, Limits
from otel2test.inverting.samples import averaging, beside, possible, rising

_MOST_AVERAGED: Final = 100
"""As many rows, or more, are not invented for one mean."""
_MOST_MADE_UP = 1000
"""More rows than this are not invented for one count."""


@dataclass(slots=True)
class Counting:
    """Makes up the rows that were counted, and keeps the others from being counted too."""

    rows: Rows
    judge: Judge
    completer: Completer
    avoider: Avoider
    limits: Limits
    not_inverted: list[NotInverted] = field(default_factory=list)

    def existing(
        self, table: str, conditions: Sequence[Condition], most: int | None = None
    ) -> tuple[list[Entity], list[Entity]]:
        """Return the rows of before that satisfy the conditions, and those that may; of ``most`` rows."""
        judged = [
            (row, self.judge.verdict(row, conditions, before))
            for row in self.judge.candidates(table, conditions)[:most]
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
        for row in self.completer.attempt.of(perhaps):
            verdict = self.judge.verdict(row, fact.conditions, before)
            # What was learnt for the sake of one row may hold for others, too.
            if verdict or (
                verdict is None and lacking > 0 and self.completer.satisfy(row, fact.conditions, fact.source)
            ):
                lacking -= 1
        if lacking > _MOST_MADE_UP:
            self.not_inverted.append(
                NotInverted(fact.source, f"{lacking} rows were counted that nothing else tells of")
            )
            return
        for _ in range(lacking):
            self.completer.make_up(fact.table, fact.conditions, fact.source)
        if fact.exact and readable(fact.conditions):
            self.limits.add(Limit(fact.table, fact.conditions, fact.source, number))

    # --- windows

    def place(self, fact: Window, seen: Sequence[Entity]) -> None:
        """Sort the rows that weren't seen: as many as were left out before those that were, others after."""
        first, last = seen[0], seen[-1]
        members = {id(entity) for entity in seen}
        sure, perhaps = self.existing(fact.table, fact.conditions)
        others = [row for row in (*sure, *perhaps) if id(row) not in members]
        placed = [(row, self.limits.stands_before(row, first, fact.order)) for row in others]
        certain = {id(row) for row in sure}
        ahead = fact.offset - sum(1 for row, verdict in placed if verdict and id(row) in certain)
        for row, verdict in self.completer.attempt.of(placed):
            if verdict and ahead > 0 and id(row) not in certain:
                ahead -= self.completer.satisfy(row, fact.conditions, fact.source)
        free = [row for row, verdict in placed if verdict is None]
        ahead = max(ahead, 0)
        for _ in range(min(ahead - len(free), _MOST_MADE_UP)):
            free.insert(0, self.completer.make_up(fact.table, (), fact.source))
        for number, row in enumerate(free[:ahead]):
            self._put(row, first, fact, -1, ahead - number)
            self.completer.satisfy(row, fact.conditions, fact.source)
        behind = [row for row, verdict in placed if verdict is False] + free[ahead:]
        open_rows = [row for row in behind if self.limits.stands_before(row, last, fact.order) is None]
        for number, row in enumerate(open_rows):
            if fact.more:
                self._put(row, last, fact, 1, number + 1)
            if self.limits.stands_before(row, last, fact.order) is None:
                self.avoider.avoid(row, fact.conditions, fact.source)

    def rank_seen(self, fact: Window, seen: Sequence[Entity]) -> None:
        """Let the rows that were seen sort as they did, where nobody saw by what."""
        if any(item.created for item in seen):
            return
        table = self.rows.catalog.tables.get(fact.table)
        for term in fact.order:
            if term.counted:
                return
            known = [term.via is not None or before(item, term.column) is not None for item in seen]
            if all(known):
                continue
            if any(known):
                return
            values = self._rising(table.columns.get(term.column) if table else None, fact, seen, term.column)
            ranked = list(islice(values, len(seen)))
            for entity, value in zip(seen, reversed(ranked) if term.descending else ranked, strict=False):
                self.completer.learn(entity, {term.column: value}, fact.source)
            return

    def _rising(
        self, column: Column | None, fact: Window, seen: Sequence[Entity], name: str
    ) -> Iterator[object]:
        """Yield values, each greater than the one before, that rows of the result may have."""
        for value in rising(column, len(seen)):
            told = Known(value, fact.source)

            def given(entity: Entity, other: str, told: Known = told) -> Known | None:
                return told if other == name and entity is seen[0] else before(entity, other)

            if self.judge.verdict(seen[0], fact.conditions, given) is not False and not self.rows.clashes(
                seen[0], {name: value}
            ):
                yield value

    def _put(self, row: Entity, pivot: Entity, fact: Window, side: int, distance: int) -> None:
        """Let ``row`` sort before or after ``pivot``: at the first term that can make a difference."""
        for term in fact.order:
            column = term.via or term.column
            known = _known(pivot, column)
            if known is None or not is_known(known) or known.value is None:
                return
            mine = before(row, column)
            holder, name = row, column
            if mine is not None and isinstance(mine.value, KeyOf):
                # A row of an inherited model has the key of its part over there.
                holder, name, mine = mine.value.entity, mine.value.column, None
            if mine is not None and mine.value != known.value:
                return
            value = known.value
            if term.via is None and mine is None:
                direction = -side if term.descending else side
                wanted = replace(fact, conditions=fact.conditions if side < 0 else ())
                value = self._free(row, column, known.value, wanted, direction * distance)
                if value == known.value and self.rows.identifies(row.table, (column,)):
                    return  # there is no room for it on that side
            if mine is None:
                self.completer.learn(holder, {name: value}, fact.source)
            if value != known.value:
                return

    def _free(self, row: Entity, column: str, pivot: object, fact: Window, steps: int) -> object:
        """Return a value beside ``pivot`` that the row may have; ``pivot`` itself where there is none.

        ``steps`` says on which side, and how far off. The conditions of ``fact`` may hold of the row with it.
        """
        source = fact.source

        def given(entity: Entity, name: str) -> Known | None:
            return Known(value, source) if entity is row and name == column else before(entity, name)

        unique = self.rows.identifies(row.table, (column,))
        table = self.rows.catalog.tables.get(row.table)
        described = table.columns.get(column) if table else None
        least = 1 if unique and (described is None or "Auto" in described.type) else None
        pivots = [pivot, *self._other_pivots(row.table, column)]
        direction = 1 if steps > 0 else -1
        for value in chain.from_iterable(beside(each, direction, abs(steps)) for each in pivots):
            taken = unique and self.rows.identified(row.table, {column: value}) is not None
            below = least is not None and isinstance(value, int) and value < least
            below = below or not possible(value, described)
            if (
                not taken
                and not below
                and self.limits.allows(row, {column: value}, source)
                and self.judge.verdict(row, fact.conditions, given) is not False
            ):
                return value
        return pivot

    def _other_pivots(self, table: str, column: str) -> Iterator[object]:
        """Yield what the last rows of pages have in a column by which these were sorted."""
        for limit in self.limits.of_table.get(table, ()):
            known = _known(limit.until, column) if limit.until is not None else None
            if known is not None and is_known(known) and limit.order[0].column == column:
                yield known.value

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
            limits = self.limits.of_table.get(fact.table, ())
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
        table = self.rows.catalog.tables.get(fact.table)
        column = table.columns.get(fact.column) if table else None
        if not found and fact.mean is not None and column is not None:
            tried = (
                averaging(fact.mean, (), number, replace(column, null=False))
                for number in range(1, _MOST_AVERAGED)
            )
            for value in next((values for values in tried if values is not None), ()):
                self.completer.make_up(fact.table, fact.conditions, fact.source, {fact.column: value})
            return
        free = [row for row in found if before(row, fact.column) is None]
        told = [
            known.value for row in found if (known := before(row, fact.column)) and known.value is not None
        ]
        values = averaging(fact.mean, told, len(free), column) if column is not None else None
        if values is None or not all(
            self.limits.allows(row, {fact.column: value}, fact.source)
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
