"""What later queries tell of rows that nobody had seen when a write hit them, or of which no key was seen.

What enters are all facts of a request; what is asked while these are gone through is which of the rows
that are read only later are those that a write hit, or that an earlier query found.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, TypeVar

from otel2test.inverting.completing import Completer
from otel2test.inverting.conditions import OneOf, readable
from otel2test.inverting.entities import Entity, Identity, KeyOf, Known, Rows, is_known
from otel2test.inverting.facts import Change, Choice, Deleted, Fact, Inserted, Seen, Source, Unknown, Updated
from otel2test.inverting.judging import Judge

_MOST_LOOKED_AT: Final = 1000
"""So many rows that are seen later are looked at for each that isn't known."""
_MOST_BETWEEN: Final = 30
"""Of more writes between one and a query, each may have been to any row."""


class Foresight:
    """Everything that is read of rows after something was written; nothing, where nothing was."""

    def __init__(self, rows: Rows, judge: Judge, completer: Completer, facts: Sequence[Fact]) -> None:
        self.rows = rows
        self.judge = judge
        self.completer = completer
        self._updates: dict[str, list[Updated]] = {}
        """Table → what was set in it, in order."""
        self._deletions: dict[str, list[Deleted]] = {}
        """Table → deletions that can be read: what is seen after one is none of the rows that it hit."""
        self._made: dict[Identity, list[int]] = {}
        """What identifies a row → where rows with that were inserted."""
        for fact in facts:
            if isinstance(fact, Updated):
                self._updates.setdefault(fact.table, []).append(fact)
            elif isinstance(fact, Deleted) and readable(fact.conditions):
                self._deletions.setdefault(fact.table, []).append(fact)
            elif isinstance(fact, Inserted):
                for key in self.rows.identity_keys(fact.table, fact.values):
                    self._made.setdefault(key, []).append(fact.source.position)
        self._set = {
            table: {column for fact in updates for column in fact.values}
            for table, updates in self._updates.items()
        }
        """Table → the columns that were set by any of them."""
        writes = any(isinstance(fact, (Updated, Deleted)) for fact in facts)
        self._last_seen = dict(self._sightings(facts)) if writes else {}
        """What identifies a row → the last query's row that told of it."""
        self._open: dict[str, dict[Identity, Seen]] = {}
        """Table → those of rows that weren't known yet when last looked at."""
        for key, seen in self._last_seen.items():
            self._open.setdefault(seen.table, {})[key] = seen

    def _sightings(self, facts: Iterable[Fact]) -> Iterator[tuple[Identity, Seen]]:
        for fact in facts:
            if isinstance(fact, Seen):
                for key in self.rows.identity_keys(fact.table, fact.values):
                    yield key, fact

    def _is_of_later(self, key: Identity, seen: Seen, source: Source) -> bool:
        """Say whether what was read is of a row that was there already, and was read after that."""
        since, until = source.position, seen.source.position
        return since < until and not any(since < made < until for made in self._made.get(key, ()))

    def may_have_been_hit(self, entity: Entity, fact: Updated | Deleted) -> bool:
        """Say whether what was read of the row later leaves that open."""
        known = {
            column: told.value
            for column in (*entity.before, *entity.after)
            if (told := entity.value(column)) is not None and is_known(told)
        }
        keys = self.rows.identity_keys(entity.table, {**known, **_values_named(fact)})
        found = [(key, self._last_seen.get(key)) for key in keys]
        later = [seen for key, seen in found if seen and self._is_of_later(key, seen, fact.source)]
        if isinstance(fact, Deleted):
            return not later
        return all(self._may_be_left(fact, seen, known) is not None for seen in later)

    def _may_be_left(
        self, fact: Updated, seen: Seen, known: Mapping[str, object]
    ) -> Mapping[str, object] | None:
        """Return what a row was like that a write made what was read later; None if it can't have."""
        plain = {column: value for column, value in fact.values.items() if not _is_computed(value)}
        open_columns = self._written_between(fact, seen, {**known, **plain})
        was = dict(known)
        for column, value in seen.values.items():
            written = fact.values.get(column, value)
            if column in open_columns:
                continue
            if isinstance(written, Change) and written.column == column:
                if isinstance(value, (int, float)) and isinstance(written.by, (int, float)):
                    was.setdefault(column, value - written.by)
            elif not _is_computed(written):
                told = was.get(column, value) if column not in fact.values else written
                if told != value and not isinstance(told, KeyOf):
                    return None
                if column not in fact.values:
                    was.setdefault(column, value)
        lasting = {column: value for column, value in was.items() if column not in fact.values}
        left = {**lasting, **plain, **seen.values}
        left = {column: value for column, value in left.items() if column not in open_columns}
        if self.judge.of_values(fact.table, was, fact.conditions) is False:
            return None
        if self.judge.of_values(fact.table, {**left, **seen.values}, seen.conditions) is False:
            return None
        gone = any(
            self.judge.of_values(fact.table, left, each.conditions) is True
            for each in _between(self._deletions.get(fact.table, ()), fact, seen)
        )
        return None if gone else was

    def _written_between(self, fact: Updated, seen: Seen, left: Mapping[str, object]) -> set[str]:
        """Return the columns that other writes may have set again before the row was read."""
        between = _between(self._updates.get(fact.table, ()), fact, seen)
        if len(between) > _MOST_BETWEEN:
            return self._set[fact.table]
        again = {column for each in between for column in each.values}
        lasting = {column: value for column, value in left.items() if column not in again}
        return {
            column
            for each in between
            if self.judge.of_values(fact.table, lasting, each.conditions) is not False
            for column in each.values
        }

    def hit(self, fact: Updated) -> Iterator[Entity]:
        """Yield rows that nobody had seen yet, but that a later query found as the write left them."""
        attempt = self.completer.attempt
        again = self._set[fact.table]
        named = {column: value for column, value in _values_named(fact).items() if column not in again}
        for key, seen in attempt.of(self._seen_as(fact.table, named)):
            _, columns, parts = key
            if (
                attempt.rather_another()
                or not fact.values.keys().isdisjoint(columns)
                or any(seen.values.get(column, value) != value for column, value in named.items())
                or not self._is_of_later(key, seen, fact.source)
                or self._is_known(key, seen)
            ):
                continue
            told = dict(zip(columns, parts, strict=True))
            was = self._may_be_left(fact, seen, told)
            if was is not None:
                found = self._named(key, seen)
                # What it was changed from is told by all the writes together, once it is read.
                open_columns = was.keys() - told.keys() - fact.values.keys()
                self.completer.learn(found, {name: was[name] for name in sorted(open_columns)}, fact.source)
                yield found

    def _seen_as(self, table: str, named: Mapping[str, object]) -> list[tuple[Identity, Seen]]:
        """Return the rows that are read later and may be one of these values."""
        seen = self._open.get(table, {})
        by_key = [(key, seen[key]) for key in self.rows.identity_keys(table, named) if key in seen]
        return by_key or list(islice(seen.items(), _MOST_LOOKED_AT))

    def _named(self, key: Identity, seen: Seen) -> Entity:
        """Return a new row for one that is read later, with what identifies it."""
        table, columns, parts = key
        found = self.rows.new(table)
        for name, value in zip(columns, parts, strict=True):
            self.rows.set_before(found, name, Known(value, seen.source))
        self.rows.index_by(found, (key,))
        self._open[table].pop(key, None)
        return found

    def read_later(self, table: str, values: Mapping[str, object], source: Source) -> Entity | None:
        """Return the row, new by now, that a later query finds by its key and a former one found without."""
        attempt = self.completer.attempt
        best: tuple[int, Identity, Seen] | None = None
        for key, seen in self._seen_as(table, {}):
            if not self._is_of_later(key, seen, source):
                continue
            both = values.keys() & seen.values.keys()
            alike = sum(seen.values[column] == values[column] for column in both)
            if (best is not None and alike <= best[0]) or self._is_known(key, seen):
                continue
            if (
                all(self._may_become(seen, key, column, values[column]) for column in both)
                and not attempt.rather_another()
            ):
                best = alike, key, seen
        return None if best is None else self._named(*best[1:])

    def _may_become(self, seen: Seen, key: Identity, column: str, was: object) -> bool:
        """Say whether the updates may have made what was read of a row of what the column had been."""
        ends = [was]
        told = dict(zip(key[1], key[2], strict=True))
        for fact in self._updates.get(seen.table, ()) if seen.values[column] != was else ():
            written = fact.values.get(column, was)
            if written is was or self.judge.of_values(fact.table, told, fact.conditions) is False:
                continue
            if isinstance(written, (Choice, Unknown)) or len(ends) > _MOST_LOOKED_AT:
                return True
            if not isinstance(written, Change):
                ends.append(written)
            elif written.column != column or not isinstance(written.by, (int, float)):
                return True
            else:
                ends += [end + written.by for end in ends if isinstance(end, (int, float))]
        return seen.values[column] in ends

    def _is_known(self, key: Identity, seen: Seen) -> bool:
        """Say whether a row that is read later is one of those that are known by now, by any of its keys."""
        known = self.rows.identified(seen.table, seen.values) is not None
        known = known or self.rows.was_inserted(seen.table, seen.values)
        if known:
            self._open[seen.table].pop(key, None)
        return known


def _values_named(fact: Updated | Deleted) -> dict[str, object]:
    """Return the columns of which a write says which value each row had that it hit."""
    return {
        item.column: item.values[0]
        for item in fact.conditions
        if isinstance(item, OneOf) and item.sensitive and len(item.values) == 1
    }


def _is_computed(value: object) -> bool:
    return isinstance(value, (Change, Choice, Unknown))


_Write = TypeVar("_Write", Updated, Deleted)


def _between(writes: Sequence[_Write], fact: Updated, seen: Seen) -> Sequence[_Write]:
    """Return the writes after one of them, up to where a row was read."""
    first = bisect_right(writes, fact.source.position, key=_position)
    return writes[first : bisect_left(writes, seen.source.position, lo=first, key=_position)]


def _position(fact: Fact) -> int:
    return fact.source.position
