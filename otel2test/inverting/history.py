"""What each row was like when a query was asked: the request's own writes up to there, and no others.

What enters are the writes in their order, those included that a rollback undid: until then, queries
saw them.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from otel2test.inverting.conditions import Condition, columns_of
from otel2test.inverting.entities import At, Entity, Known, before, is_known, of_before
from otel2test.inverting.facts import Change, Source, Unknown
from otel2test.inverting.judging import Judge


@dataclass(slots=True)
class Write:
    """One effect on one row, to be undone by a rollback."""

    entity: Entity
    source: Source
    created: bool = False
    deleted: bool = False
    values: Mapping[str, Known] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)
    """Of the values, those that depend on what had been there: they may turn out to be others."""
    undone_at: int | None = None
    """Position of the rollback that undid it."""

    @property
    def undone(self) -> bool:
        """Say whether it was undone in the end."""
        return self.undone_at is not None

    def seen_at(self, position: int) -> bool:
        """Say whether a query at that position saw it."""
        undone = self.undone_at is not None and self.undone_at < position
        return self.source.position < position and not undone


@dataclass(frozen=True, slots=True)
class View:
    """How to look at rows as they were when one query was asked."""

    at: At
    there: Callable[[Entity], bool]
    """Whether there was such a row."""


class History:
    """Everything that was written so far, on all connections, and by row."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self.altered: set[int] = set()
        """``id`` of each row that isn't hit by the writes that it was understood to be hit by at first."""
        self._of: dict[int, list[Write]] = {}
        """``id`` of a row → what was written to it, in order."""
        self._since: dict[str, int] = {}
        """Table → position of the first query that wrote to it."""
        self._rows: dict[str, dict[int, Entity]] = {}
        """Table → its rows that were written to, by ``id``."""
        self._set: dict[tuple[str, str], dict[int, Entity]] = {}
        """(table, column) → the rows of which it was set."""
        self._hit: dict[tuple[str, int], set[int]] = {}
        """(table, position) → ``id`` of each row that the statement there wrote to."""

    def add(self, write: Write) -> None:
        """Take down what was written next."""
        table = write.entity.table
        self.writes.append(write)
        self._of.setdefault(id(write.entity), []).append(write)
        self._since.setdefault(table, write.source.position)
        self._rows.setdefault(table, {})[id(write.entity)] = write.entity
        self._hit.setdefault((table, write.source.position), set()).add(id(write.entity))
        for column in write.values:
            self._set.setdefault((table, column), {})[id(write.entity)] = write.entity

    def of(self, entity: Entity) -> Sequence[Write]:
        """Return what was written to the row, in order."""
        return self._of.get(id(entity), ())

    def view(self, tables: Iterable[str], position: int) -> View:
        """Return how rows of these tables looked to a query."""
        if all(self._since.get(table, position) >= position for table in tables):
            return View(before, of_before)

        def at(entity: Entity, column: str) -> Known | None:
            return self.value(entity, column, position)

        def there(entity: Entity) -> bool:
            return self.was_there(entity, position)

        return View(at, there)

    def written_to(self, table: str) -> Sequence[Entity]:
        """Return the rows of the table that were written to."""
        return tuple(self._rows.get(table, {}).values())

    def candidates(self, judge: Judge, table: str, conditions: Sequence[Condition]) -> list[Entity]:
        """Return rows among which are all that satisfied the conditions at any time, or may have."""
        found = {row.number: row for row in judge.candidates(table, conditions)}
        for column in columns_of(conditions):
            found.update((row.number, row) for row in self._set.get((table, column), {}).values())
        return [found[number] for number in sorted(found)]

    def hit_by(self, table: str, position: int) -> AbstractSet[int]:
        """Return the ``id`` of each row that the statement at that position wrote to."""
        return self._hit.get((table, position), frozenset())

    def was_written(self, entity: Entity, columns: Collection[str], position: int) -> bool:
        """Say whether anything had been written to these columns of the row by then."""
        return any(not write.values.keys().isdisjoint(columns) for write in self._seen(entity, position))

    def was_there(self, entity: Entity, position: int) -> bool:
        """Say whether a query at that position could have found the row."""
        there = of_before(entity)
        for write in self._seen(entity, position):
            there = (there or write.created) and not write.deleted
        return there

    def value(self, entity: Entity, column: str, position: int) -> Known | None:
        """Return what is known of the column as it was then."""
        known = None if entity.created else entity.before.get(column)
        for write in self._seen(entity, position):
            if column in write.values:
                known = self._written(write, column)
        return known

    def _written(self, write: Write, column: str) -> Known:
        known = write.values[column]
        if column in write.changes:
            return self._changed(write, column)
        if isinstance(known.value, Unknown):
            return self._read_back(write, column) or known
        return known

    def _changed(self, write: Write, column: str) -> Known:
        known, change = write.values[column], write.changes[column]
        base = self.value(write.entity, change.column, write.source.position)
        number = base.value if base is not None else None
        if not isinstance(number, (int, float)) or not isinstance(change.by, (int, float)):
            return self._read_back(write, column) or Known(Unknown(), known.source)
        return Known(number + change.by, known.source)

    def _read_back(self, write: Write, column: str) -> Known | None:
        """Return what the database had made of it, as a later query told."""
        told = write.entity.after.get(column)
        if told is None or not is_known(told):
            return None
        between = (write.source.position, told.source.position)
        again = any(
            column in other.values and between[0] < other.source.position < between[1]
            for other in self._of[id(write.entity)]
        )
        return told if between[0] <= between[1] and not again else None

    def _seen(self, entity: Entity, position: int) -> Iterator[Write]:
        return (write for write in self._of.get(id(entity), ()) if write.seen_at(position))
