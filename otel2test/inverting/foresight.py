"""What later queries tell of rows that nobody had seen when a write hit them, or of which no key was seen.

What enters are all facts of a request; what is asked while these are gone through is which of the rows
that are read only later are those that a write hit, or that an earlier query found.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from otel2test.inverting.completing import Completer
from otel2test.inverting.conditions import Condition, OneOf, readable
from otel2test.inverting.entities import Entity, Identity, Known, Rows, before, is_known
from otel2test.inverting.facts import Change, Choice, Deleted, Fact, Seen, Source, Unknown, Updated
from otel2test.inverting.judging import Judge

_MOST_LOOKED_AT: Final = 1000
"""So many rows that are seen later are looked at for each that isn't known."""


class Foresight:
    """Everything that is read of rows after something was written; nothing, where nothing was."""

    def __init__(self, rows: Rows, judge: Judge, completer: Completer, facts: Sequence[Fact]) -> None:
        self.rows = rows
        self.judge = judge
        self.completer = completer
        self._updates = [fact for fact in facts if isinstance(fact, Updated)]
        deletions = [fact for fact in facts if isinstance(fact, Deleted)]
        self._deletions = [fact for fact in deletions if readable(fact.conditions)]
        """What is read after one of these was none of the rows that it hit."""
        self._last_seen = dict(self._sightings(facts)) if self._updates or deletions else {}
        """What identifies a row → the last query's row that told of it."""

    def _sightings(self, facts: Iterable[Fact]) -> Iterator[tuple[Identity, Seen]]:
        for fact in facts:
            if isinstance(fact, Seen):
                for key in self.rows.identity_keys(fact.table, fact.values):
                    yield key, fact

    def may_have_been_hit(self, entity: Entity, fact: Updated | Deleted) -> bool:
        """Say whether what was read of the row later leaves that open."""
        known = {column: told.value for column, told in entity.before.items()}
        named = {
            item.column: item.values[0]
            for item in fact.conditions
            if isinstance(item, OneOf) and len(item.values) == 1
        }
        found = [
            self._last_seen.get(key) for key in self.rows.identity_keys(entity.table, {**known, **named})
        ]
        later = [seen for seen in found if seen and seen.source.position > fact.source.position]
        if isinstance(fact, Deleted):
            return not later
        written = {
            column: told.value
            for column, told in entity.after.items()
            if column not in fact.values and is_known(told)
        }
        return all(
            self._may_be_left(fact, seen, known) is not None
            and not any(seen.values.get(column, value) != value for column, value in written.items())
            for seen in later
        )

    def _may_be_left(
        self, fact: Updated, seen: Seen, known: Mapping[str, object]
    ) -> Mapping[str, object] | None:
        """Return what a row was like that a write made what was read later; None if it can't have."""
        was = dict(known)
        for column, value in seen.values.items():
            written = fact.values.get(column, value)
            if isinstance(written, Change) and written.column == column:
                if isinstance(value, (int, float)) and isinstance(written.by, (int, float)):
                    was.setdefault(column, value - written.by)
            elif not isinstance(written, (Change, Choice, Unknown)):
                if written != value:
                    return None
                if column not in fact.values:
                    was.setdefault(column, value)
        plain = {
            column: value
            for column, value in fact.values.items()
            if not isinstance(value, (Change, Choice, Unknown))
        }
        left = {**was, **plain, **seen.values}
        if self._verdict(fact, was, fact.conditions) is False:
            return None
        if self._verdict(fact, left, seen.conditions) is False:
            return None
        between = range(fact.source.position + 1, seen.source.position)
        gone = any(
            each.source.position in between and self._verdict(fact, left, each.conditions) is True
            for each in self._deletions
            if each.table == fact.table
        )
        return None if gone else was

    def _verdict(
        self, fact: Updated, values: Mapping[str, object], conditions: Sequence[Condition]
    ) -> bool | None:
        row = Entity(fact.table, -1)
        row.before.update((column, Known(value, fact.source)) for column, value in values.items())
        return self.judge.verdict(row, conditions, before)

    def hit(self, fact: Updated) -> Iterator[Entity]:
        """Yield rows that nobody had seen yet, but that a later query found as the write left them."""
        attempt = self.completer.attempt
        for (table, columns, parts), seen in attempt.of(
            list(islice(self._last_seen.items(), _MOST_LOOKED_AT))
        ):
            if table == fact.table and attempt.rather_another():
                continue
            told = dict(zip(columns, parts, strict=True))
            if (
                table != fact.table
                or seen.source.position < fact.source.position
                or not fact.values.keys().isdisjoint(columns)
                or self._is_known(seen)
            ):
                continue
            was = self._may_be_left(fact, seen, told)
            if was is not None:
                found = self._named(seen, told)
                # What it was changed from is told by all the writes together, once it is read.
                open_columns = was.keys() - told.keys() - fact.values.keys()
                self.completer.learn(found, {name: was[name] for name in sorted(open_columns)}, fact.source)
                yield found

    def _named(self, seen: Seen, key: Mapping[str, object]) -> Entity:
        """Return a new row for one that is read later, with what identifies it."""
        found = self.rows.new(seen.table)
        for name, value in key.items():
            self.rows.set_before(found, name, Known(value, seen.source))
        self.rows.index(found, key)
        return found

    def read_later(self, table: str, values: Mapping[str, object], source: Source) -> Entity | None:
        """Return the row, new by now, that a later query finds by its key and a former one found without."""
        attempt = self.completer.attempt
        best: tuple[int, Seen, dict[str, object]] | None = None
        for (name, columns, parts), seen in islice(self._last_seen.items(), _MOST_LOOKED_AT):
            if name != table or seen.source.position < source.position or self._is_known(seen):
                continue
            both = values.keys() & seen.values.keys()
            alike = sum(seen.values[column] == values[column] for column in both)
            key = dict(zip(columns, parts, strict=True))
            if (
                (best is None or alike > best[0])
                and all(self._may_become(seen, key, column, values[column]) for column in both)
                and not attempt.rather_another()
            ):
                best = alike, seen, key
        return None if best is None else self._named(*best[1:])

    def _may_become(self, seen: Seen, key: Mapping[str, object], column: str, was: object) -> bool:
        """Say whether the updates may have made what was read of a row of what the column had been."""
        ends = [was]
        for fact in self._updates:
            written = fact.values.get(column, was) if fact.table == seen.table else was
            if written is was or self._verdict(fact, key, fact.conditions) is False:
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

    def _is_known(self, seen: Seen) -> bool:
        """Say whether a row that is read later is one of those that are known by now, by any of its keys."""
        keys = self.rows.identity_keys(seen.table, seen.values)
        told = [dict(zip(columns, parts, strict=True)) for _, columns, parts in keys]
        return any(
            self.rows.identified(seen.table, key) is not None or self.rows.was_inserted(seen.table, key)
            for key in told
        )
