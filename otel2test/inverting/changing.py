"""INSERT, UPDATE, DELETE and savepoints → what became of each row.

What enters are these facts, one by one in their order; what a rollback undid is undone here, too. A row
that a write hit though nobody had seen it is made up at once, as what follows may tell of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from otel2test.inverting.completing import Completer
from otel2test.inverting.conditions import Condition, OneOf, readable
from otel2test.inverting.entities import Entity, Known, Rows, before, now
from otel2test.inverting.facts import (
    Change,
    Choice,
    Counted,
    Deleted,
    Inserted,
    NotInverted,
    Savepoint,
    Source,
    Summed,
    Unknown,
    Updated,
)
from otel2test.inverting.judging import Judge
from otel2test.inverting.limits import Limit, Limits


@dataclass(slots=True)
class _Write:
    """One effect on one row, to be undone by a rollback."""

    entity: Entity
    source: Source
    created: bool = False
    deleted: bool = False
    values: Mapping[str, Known] = field(default_factory=dict)
    undone: bool = False


_Mark: TypeAlias = "tuple[str, int]"
"""A savepoint's name and how many writes there were when it was set."""


@dataclass(slots=True)
class _Transaction:
    """What a connection can still roll back."""

    committed: int = 0
    """How many of all writes were there before it began."""
    marks: list[_Mark] = field(default_factory=list)


@dataclass(slots=True)
class Changes:
    """All that the request wrote."""

    rows: Rows
    judge: Judge
    completer: Completer
    limits: Limits
    touched: dict[str, dict[int, Entity]] = field(default_factory=dict)
    """Table → rows that the request wrote to, by their ``id``."""
    not_inverted: list[NotInverted] = field(default_factory=list)
    _writes: list[_Write] = field(default_factory=list)
    """On all connections, in order."""
    _transactions: dict[tuple[str, int], _Transaction] = field(default_factory=dict)

    def insert(self, fact: Inserted) -> None:
        existing = self.rows.identified(fact.table, fact.values)
        known = {column: Known(value, fact.source) for column, value in fact.values.items()}
        if existing is not None and not existing.deleted and fact.conflict:
            if fact.conflict == "update":
                self._write(_Write(existing, fact.source, values=known))
            return
        if existing is None or existing.existed or existing.deleted:
            # A row inserted under the key of one that was deleted is another row.
            existing = self.rows.new(fact.table)
        existing.drawn = fact.drawn
        self._write(_Write(existing, fact.source, created=True, values=known))
        self.rows.index(existing, fact.values)
        self.rows.note_inserted(fact.table, fact.values)

    def update(self, fact: Updated) -> None:
        for entity in self._hit(fact):
            changed = {column: self._changed(entity, value) for column, value in fact.values.items()}
            values = {
                column: Known(value, fact.source)
                for column, value in changed.items()
                if value != Change(column, 0)
            }
            self._write(_Write(entity, fact.source, values=values))
        for value in fact.values.values():
            for conditions, _ in value.branches if isinstance(value, Choice) else ():
                # A row of which nothing tells that it was changed is best made up as one that wasn't.
                self.limits.add(Limit(fact.table, conditions, fact.source))

    def _changed(self, entity: Entity, value: object) -> object:
        if isinstance(value, Choice):
            for conditions, result in value.branches:
                verdict = self.judge.verdict(entity, conditions, now)
                if verdict is not False:
                    unseen = entity.made_up and verdict is None
                    return (
                        self._changed(entity, result) if verdict else value.otherwise if unseen else Unknown()
                    )
            return self._changed(entity, value.otherwise)
        if not isinstance(value, Change) or not value.by:
            return value
        known = entity.value(value.column)
        if (
            known is None
            or not isinstance(known.value, (int, float))
            or not isinstance(value.by, (int, float))
        ):
            return value
        return known.value + value.by

    def delete(self, fact: Deleted) -> None:
        for entity in self._hit(fact):
            self._write(_Write(entity, fact.source, deleted=True))

    def _hit(self, fact: Updated | Deleted) -> list[Entity]:
        """Return the rows that a write hit; it hit no others."""
        found = self._targets(fact.table, fact.conditions, fact.number, fact.source, fact.vague)
        if fact.number is not None and readable(fact.conditions):
            number = sum(item.existed for item in found)
            if not number or not self._by_identity(fact.table, fact.conditions):
                self.limits.add(Limit(fact.table, fact.conditions, fact.source, number))
        return found

    def _by_identity(self, table: str, conditions: Sequence[Condition]) -> bool:
        """Say whether the conditions name rows by what identifies them: there can be no others."""
        return any(
            isinstance(item, OneOf) and self.rows.identifies(table, (item.column,)) for item in conditions
        )

    def _targets(
        self,
        table: str,
        conditions: Sequence[Condition],
        number: int | None,
        source: Source,
        vague: bool,
    ) -> list[Entity]:
        """Return the rows that a write hit; those that were never seen had to exist."""
        told = tuple(item for item in conditions if readable((item,))) if vague else conditions
        candidates = [item for item in self.judge.candidates(table, told) if _alive(item)]
        found = [item for item in candidates if self.judge.verdict(item, told, now) is True]
        if vague:
            if number == len(found):
                return found
            self.not_inverted.append(
                NotInverted(source, "rows hit by conditions that can't be read", writes=True)
            )
            return []
        if number is None or len(found) >= number:
            return found[:number] if number is not None else found
        unsure = [item for item in candidates if self.judge.verdict(item, conditions, now) is None]
        for entity in unsure:
            if len(found) < number and self.completer.satisfy(entity, conditions, source):
                found.append(entity)
        found += [self.completer.make_up(table, conditions, source) for _ in range(number - len(found))]
        return found

    def set_savepoint(self, fact: Savepoint) -> None:
        connection = fact.source.connection
        transaction = self._transactions.setdefault(connection, _Transaction())
        marks = transaction.marks
        match fact.action:
            case "begin":
                transaction.committed = len(self._writes)
                transaction.marks = [("", len(self._writes))]
            case "savepoint":
                marks.append((fact.name, len(self._writes)))
            case "rollback_to":
                while len(marks) > 1 and marks[-1][0] != fact.name:
                    marks.pop()
                if marks:
                    self._undo(connection, marks[-1][1])
            case "rollback":
                self._undo(connection, transaction.committed)
                transaction.marks = []
            case "commit":
                transaction.committed = len(self._writes)
                transaction.marks = []
            case "release":
                names = [name for name, _ in marks]
                if fact.name in names:
                    del marks[names.index(fact.name) :]

    def _undo(self, connection: tuple[str, int], since: int) -> None:
        undone: dict[int, Entity] = {}
        for write in self._writes[since:]:
            if write.source.connection == connection and not write.undone:
                write.undone = True
                undone[id(write.entity)] = write.entity
        for entity in undone.values():
            entity.after.clear()
            entity.deleted = False
            entity.deleted_at = None
        made: set[int] = set()
        for write in self._writes if undone else ():
            if id(write.entity) in undone and not write.undone:
                self._apply(write)
                if write.created:
                    made.add(id(write.entity))
        for entity in undone.values():
            if entity.created and id(entity) not in made:
                entity.undone = True
                self.rows.forget(entity)

    def _write(self, write: _Write) -> None:
        self._writes.append(write)
        if write.created:
            write.entity.created = True
        self._apply(write)

    def _apply(self, write: _Write) -> None:
        self.touched.setdefault(write.entity.table, {})[id(write.entity)] = write.entity
        for column, known in write.values.items():
            self.rows.set_after(write.entity, column, known)
        if write.deleted:
            write.entity.deleted = True
            write.entity.deleted_at = write.source.position

    # --- what the request itself did to what it counted

    def change_of_count(self, fact: Counted) -> int:
        """Return by how many rows the request itself had changed the count by then."""
        change = 0
        for row in self.touched.get(fact.table, {}).values():
            was = row.existed and self.judge.verdict(row, fact.conditions, before) is True
            is_now = _alive(row) and self.judge.verdict(row, fact.conditions, now) is True
            change += is_now - was
        return change

    def total_before(self, fact: Summed) -> object:
        """Return the sum without what the request itself had added to it by then; None if of no row."""
        total = 0 if fact.total is None else fact.total
        for row in self.touched.get(fact.table, {}).values():
            if row.existed and self.judge.verdict(row, fact.conditions, before) is True:
                total = _sum(total, before(row, fact.column), 1)
            if _alive(row) and self.judge.verdict(row, fact.conditions, now) is True:
                total = _sum(total, now(row, fact.column), -1)
        touched = bool(self.touched.get(fact.table))
        return None if total == 0 and (touched or fact.total is None) else total


def _sum(total: object, known: Known | None, sign: int) -> object:
    """Return ``total`` and a row's value together; ``total`` where they are no numbers to be added."""
    value = known.value if known is not None else None
    if not isinstance(value, (int, float, Decimal)) or not isinstance(total, (int, float, Decimal)):
        return total
    if {type(total), type(value)} == {float, Decimal}:
        total, value = Decimal(str(total)), Decimal(str(value))
    return total + sign * value  # type: ignore[operator]  # all of types that can be added


def _alive(entity: Entity) -> bool:
    return not (entity.deleted or entity.undone)
