"""A starting state, held against what the queries told: what of it contradicts them.

Only rows of before are looked at, and only what was asked before the request changed a table: what a
query found later depends on more than the starting state.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from otel2test.inverting.conditions import AnyOf, Condition, Related
from otel2test.inverting.counting import Counting
from otel2test.inverting.entities import Entity, before
from otel2test.inverting.facts import Counted, Source, Window
from otel2test.inverting.judging import Judge
from otel2test.inverting.limits import Limit, Limits
from otel2test.inverting.witnesses import Witnesses

_MOST_JUDGED = 1000
"""So many rows are looked at for each query."""


@dataclass(frozen=True, slots=True)
class Checker:
    """Finds the queries that a state contradicts."""

    judge: Judge
    counting: Counting
    limits: Limits
    witnesses: Witnesses
    changed: Mapping[str, float]
    """Table → position of the first query that changed a row of it."""
    settled: frozenset[str]
    """Tables of which something was made up; of others there is nothing but what was seen."""

    def contradicted(
        self, counted: Iterable[tuple[Counted, int]], windows: Iterable[tuple[Window, Sequence[Entity]]]
    ) -> Iterator[Source]:
        """Yield the query of each fact that doesn't hold of the state."""
        for limits in self.limits.of_table.values():
            for limit in limits:
                if (
                    limit.until is None
                    and self._concerns(limit.table, limit.conditions, limit.source)
                    and not self._holds(limit)
                ):
                    yield limit.source
        for fact, number in counted:
            if not fact.exact and self._concerns(fact.table, fact.conditions, fact.source):
                sure, perhaps = self.counting.existing(fact.table, fact.conditions, _MOST_JUDGED)
                if len(sure) + len(perhaps) < number:
                    yield fact.source
        for window, seen in windows:
            if self._concerns(window.table, window.conditions, window.source) and not self._stands(
                window, seen
            ):
                yield window.source
        for entity, conditions, source in self.witnesses.required:
            if self._concerns(entity.table, conditions, source) and (
                self.judge.verdict(entity, conditions, before) is False
            ):
                yield source

    def _concerns(self, table: str, conditions: Sequence[Condition], source: Source) -> bool:
        """Say whether the conditions speak of what was made up, and of nothing that was changed by then."""
        tables = {table, *_tables(conditions)}
        changed = any(self.changed.get(name, source.position) < source.position for name in tables)
        return not changed and not tables.isdisjoint(self.settled)

    def _holds(self, limit: Limit) -> bool:
        sure, _ = self.counting.existing(limit.table, limit.conditions, _MOST_JUDGED)
        if limit.number is None:
            return not any(self.limits.reaches(limit, row) for row in sure)
        return len(sure) == limit.number

    def _stands(self, window: Window, seen: Sequence[Entity]) -> bool:
        """Say whether the rows that weren't seen stand before and after those that were, as many as did."""
        if not seen or window.order[0].counted or not window.limited:
            return True
        members = {id(entity) for entity in seen}
        sure, _ = self.counting.existing(window.table, window.conditions, _MOST_JUDGED)
        if len(sure) == _MOST_JUDGED:
            return True
        others = [row for row in sure if id(row) not in members]
        ahead = [row for row in others if self.limits.stands_before(row, seen[0], window.order) is True]
        between = [
            row for row in others if self.limits.stands_before(row, seen[-1], window.order) is not False
        ]
        return len(ahead) == window.offset and len(between) == window.offset


def _tables(conditions: Sequence[Condition]) -> Iterator[str]:
    for condition in conditions:
        match condition:
            case AnyOf(branches):
                for branch in branches:
                    yield from _tables(branch)
            case Related(table, _, inner):
                yield table
                yield from _tables(inner)
            case _:
                pass
