"""INSERT, UPDATE, DELETE and savepoints → what became of each row.

What enters are these facts, one by one in their order; what a rollback undid is undone here, too. A row
that a write hit though nobody had seen it is made up at once, as what follows may tell of it.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from otel2test.inverting.completing import Completer
from otel2test.inverting.conditions import Condition, OneOf, columns_of, readable
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
from otel2test.inverting.foresight import Foresight
from otel2test.inverting.history import History, Write
from otel2test.inverting.judging import Judge
from otel2test.inverting.limits import Limit, Limits

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
    foresight: Foresight
    history: History = field(default_factory=History)
    not_inverted: list[NotInverted] = field(default_factory=list)
    settle: Callable[[], bool] = field(default=lambda: False)
    """Finds out which rows those were that had been seen without a key; False where there were none."""
    conditions_of: Callable[[Entity], Iterable[Sequence[Condition]]] = field(default=lambda _: ())
    """Tells what a row satisfied whenever it was read, beyond what was read of it."""
    _transactions: dict[tuple[str, int], _Transaction] = field(default_factory=dict)

    def insert(self, fact: Inserted) -> None:
        existing = self.rows.identified(fact.table, fact.values)
        known = {column: Known(value, fact.source) for column, value in fact.values.items()}
        if existing is not None and not existing.deleted and fact.conflict:
            if fact.conflict == "update":
                self._write(Write(existing, fact.source, values=known))
            return
        if existing is None or existing.existed or existing.deleted:
            # A row inserted under the key of one that was deleted is another row.
            existing = self.rows.new(fact.table)
        existing.drawn = fact.drawn
        self._write(Write(existing, fact.source, created=True, values=known))
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
            shifts = {column: value for column, value in fact.values.items() if isinstance(value, Change)}
            self._write(Write(entity, fact.source, values=values, changes=shifts))
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
            self._write(Write(entity, fact.source, deleted=True))

    def _hit(self, fact: Updated | Deleted) -> list[Entity]:
        """Return the rows that a write hit; it hit no others."""
        found = self._targets(fact)
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

    def _targets(self, fact: Updated | Deleted) -> list[Entity]:
        """Return the rows that a write hit; those that were never seen had to exist."""
        table, conditions, number, source = fact.table, fact.conditions, fact.number, fact.source
        vague = fact.vague
        told = tuple(item for item in conditions if readable((item,))) if vague else conditions
        candidates, found = self._found(table, told)
        if vague:
            if number == len(found):
                return found
            self.not_inverted.append(
                NotInverted(source, "rows hit by conditions that can't be read", writes=True)
            )
            return []
        if number is not None and len(found) < number and self.settle():
            candidates, found = self._found(table, conditions)
        if number is None or len(found) >= number:
            return found[:number] if number is not None else found
        unsure = [item for item in candidates if self.judge.verdict(item, conditions, now) is None]
        attempt = self.completer.attempt
        for entity in attempt.of(unsure):
            if len(found) >= number:
                break
            asked = self._unsure(entity, conditions)
            if (
                not attempt.rather_another()
                and self._may_be_one(entity, asked, source)
                and self.foresight.may_have_been_hit(entity, fact)
                and self.completer.satisfy(entity, asked, source)
            ):
                found.append(entity)
        for entity in self.foresight.hit(fact) if isinstance(fact, Updated) and len(found) < number else ():
            if self.completer.satisfy(entity, conditions, source):
                found.append(entity)
            if len(found) >= number:
                break
        found += [self.completer.make_up(table, conditions, source) for _ in range(number - len(found))]
        return found

    def _found(self, table: str, conditions: Sequence[Condition]) -> tuple[list[Entity], list[Entity]]:
        """Return rows among which are all that may satisfy the conditions by now, and those that do."""
        candidates = [item for item in self.judge.candidates(table, conditions) if _alive(item)]
        return candidates, [item for item in candidates if self.judge.verdict(item, conditions, now) is True]

    def _unsure(self, entity: Entity, conditions: Iterable[Condition]) -> tuple[Condition, ...]:
        """Return the conditions that don't hold for sure by now, be it by what the request had written."""
        return tuple(item for item in conditions if not self.judge.verdict(entity, (item,), now))

    def _may_be_one(self, entity: Entity, asked: Sequence[Condition], source: Source) -> bool:
        """Say whether what the row satisfied when it was read leaves open that it satisfies more."""
        written = set(self.written_to(entity, source))
        read = [
            item
            for conditions in self.conditions_of(entity)
            for item in conditions
            if written.isdisjoint(columns_of((item,)))
        ]
        return not read or self.completer.is_feasible(entity, (*read, *asked))

    def set_savepoint(self, fact: Savepoint) -> None:
        connection = fact.source.connection
        transaction = self._transactions.setdefault(connection, _Transaction())
        marks = transaction.marks
        match fact.action:
            case "begin":
                transaction.committed = len(self.history.writes)
                transaction.marks = [("", len(self.history.writes))]
            case "savepoint":
                marks.append((fact.name, len(self.history.writes)))
            case "rollback_to":
                while len(marks) > 1 and marks[-1][0] != fact.name:
                    marks.pop()
                if marks:
                    self._undo(fact.source, marks[-1][1])
            case "rollback":
                self._undo(fact.source, transaction.committed)
                transaction.marks = []
            case "commit":
                transaction.committed = len(self.history.writes)
                transaction.marks = []
            case "release":
                names = [name for name, _ in marks]
                if fact.name in names:
                    del marks[names.index(fact.name) :]

    def _undo(self, source: Source, since: int) -> None:
        undone: dict[int, Entity] = {}
        for write in self.history.writes[since:]:
            if write.source.connection == source.connection and not write.undone:
                write.undone_at = source.position
                undone[id(write.entity)] = write.entity
        for entity in undone.values():
            entity.after.clear()
            entity.deleted = False
            entity.deleted_at = None
        made: set[int] = set()
        for write in self.history.writes if undone else ():
            if id(write.entity) in undone and not write.undone:
                self._apply(write)
                if write.created:
                    made.add(id(write.entity))
        for entity in undone.values():
            if entity.created and id(entity) not in made:
                entity.undone = True
                self.rows.forget(entity)

    def _write(self, write: Write) -> None:
        self.history.add(write)
        if write.created:
            write.entity.created = True
        self._apply(write)

    def _apply(self, write: Write) -> None:
        for column, known in write.values.items():
            self.rows.set_after(write.entity, column, known)
        if write.deleted:
            write.entity.deleted = True
            write.entity.deleted_at = write.source.position

    def written_to(self, entity: Entity, source: Source) -> Collection[str]:
        """Return the columns in which a query found what the request itself had written to the row."""
        writes = self.history.of(entity)
        if not writes:
            return ()
        return {column for write in writes if write.seen_at(source.position) for column in write.values}

    def base_of(self, entity: Entity, column: str, read: Known) -> tuple[str, object]:
        """Return of which column of before a value that was read is made, and what that held.

        None for what it held where that can't be told: of anything but sums of numbers.
        """
        value = read.value
        for write in reversed(self.history.of(entity)):
            if not write.seen_at(read.source.position) or column not in write.values:
                continue
            change = write.changes.get(column)
            if (
                change is None
                or not isinstance(value, (int, float))
                or not isinstance(change.by, (int, float))
            ):
                return column, None
            column, value = change.column, value - change.by
        return column, value

    # --- what the request itself did to what it counted

    def change_of_count(self, fact: Counted) -> int:
        """Return by how many rows the request itself had changed the count by then."""
        change = 0
        for row in self.history.written_to(fact.table):
            was = row.existed and self.judge.verdict(row, fact.conditions, before) is True
            is_now = _alive(row) and self.judge.verdict(row, fact.conditions, now) is True
            change += is_now - was
        return change

    def total_before(self, fact: Summed) -> object:
        """Return the sum without what the request itself had added to it by then; None if of no row."""
        total = 0 if fact.total is None else fact.total
        for row in self.history.written_to(fact.table):
            if row.existed and self.judge.verdict(row, fact.conditions, before) is True:
                total = _sum(total, before(row, fact.column), 1)
            if _alive(row) and self.judge.verdict(row, fact.conditions, now) is True:
                total = _sum(total, now(row, fact.column), -1)
        touched = bool(self.history.written_to(fact.table))
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
