"""Facts → :class:`State`: the rows that were there before the request, and what became of them.

The facts are gone through once, in order. The first sight of a column before anything
was written to it is of the starting state; a row that the request inserted never is,
nor is anything read of it later. What a rolled-back savepoint wrote is undone, what was
read inside still counts. Rows that were only counted, or that an update hit unseen, are
made up at the end, after every other row is known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, TypeAlias, assert_never

from otel2test.inverting.catalog import Catalog
from otel2test.inverting.completing import Completer
from otel2test.inverting.conditions import AnyOf, Condition, readable
from otel2test.inverting.counting import Counting
from otel2test.inverting.entities import Entity, KeyOf, Known, Rows, before, now
from otel2test.inverting.facts import (
    Averaged,
    Change,
    Complete,
    Counted,
    Deleted,
    Fact,
    Inserted,
    Missing,
    NotInverted,
    Savepoint,
    Seen,
    Source,
    Summed,
    Updated,
    Window,
)
from otel2test.inverting.judging import Judge
from otel2test.inverting.state import State
from otel2test.inverting.witnesses import Witnesses


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


_MOST_HALF_SEEN: Final = 200
"""So many rows that were seen in part are looked at for each list that has to stay complete."""


def solve(facts: Iterable[Fact], catalog: Catalog) -> State:
    """Return the state that explains ``facts``."""
    solver = _Solver(catalog)
    for fact in facts:
        solver.learn(fact)
    return solver.finish()


class _Solver:
    def __init__(self, catalog: Catalog) -> None:
        self.rows = Rows(catalog)
        self.judge = Judge(self.rows)
        self.completer = Completer(self.rows, self.judge)
        self.counting = Counting(self.rows, self.judge, self.completer)
        self.witnesses = Witnesses(self.rows, self.judge)
        self.joined: list[Seen] = []
        """The parts of one row of a result, until the next begins."""
        self.touched: dict[str, dict[int, Entity]] = {}
        """Table → rows that the request wrote to."""
        self.writes: list[_Write] = []
        """On all connections, in order."""
        self.transactions: dict[tuple[str, int], _Transaction] = {}
        self.counted: list[tuple[Counted, int]] = []
        """With how many rows of before would have been counted."""
        self.windows: list[Window] = []
        self.sums: list[Summed] = []
        self.means: list[Averaged] = []
        self.missing: list[Missing] = []
        self.not_inverted: list[NotInverted] = []

    # --- going through the facts

    def learn(self, fact: Fact) -> None:
        if isinstance(fact, Seen):
            last = self.joined[-1] if self.joined else fact
            if (last.source.position, last.witness) != (
                fact.source.position,
                fact.witness,
            ) or fact.witness < 0:
                self._see()
            self.joined.append(fact)
            return
        self._see()
        match fact:
            case Counted():
                self.counted.append((fact, fact.number - self._change_of_count(fact)))
            case Missing():
                self.missing.append(fact)
                self.counting.limit(fact.table, fact.conditions, fact.source)
            case Complete():
                self.counting.limit(fact.table, fact.conditions, fact.source)
            case Window():
                self.windows.append(fact)
            case Summed():
                self.sums.append(replace(fact, total=self._total_before(fact)))
            case Averaged():
                self.means.append(fact)
            case Inserted():
                self._inserted(fact)
            case Updated():
                self._updated(fact)
            case Deleted():
                self._deleted(fact)
            case Savepoint():
                self._savepoint(fact)
            case NotInverted():
                self.not_inverted.append(fact)
            case _:
                assert_never(fact)

    def _see(self) -> None:
        if self.joined:
            self.witnesses.see(self.joined)
            self.joined = []

    def _inserted(self, fact: Inserted) -> None:
        existing = self.rows.identified(fact.table, fact.values)
        known = {column: Known(value, fact.source) for column, value in fact.values.items()}
        if existing is not None and not existing.deleted and fact.conflict:
            if fact.conflict == "update":
                self._write(_Write(existing, fact.source, values=known))
            return
        if existing is None or existing.existed or existing.deleted:
            # A row inserted under the key of one that was deleted is another row.
            existing = self.rows.new(fact.table)
        self._write(_Write(existing, fact.source, created=True, values=known))
        self.rows.index(existing, fact.values)
        self.rows.note_inserted(fact.table, fact.values)

    def _updated(self, fact: Updated) -> None:
        targets = self._targets(fact.table, fact.conditions, fact.number, fact.source, fact.vague)
        for entity in targets:
            values = {
                column: Known(self._changed(entity, value), fact.source)
                for column, value in fact.values.items()
            }
            self._write(_Write(entity, fact.source, values=values))

    def _changed(self, entity: Entity, value: object) -> object:
        if not isinstance(value, Change):
            return value
        known = entity.value(value.column)
        if (
            known is None
            or not isinstance(known.value, (int, float))
            or not isinstance(value.by, (int, float))
        ):
            return value
        return known.value + value.by

    def _deleted(self, fact: Deleted) -> None:
        for entity in self._targets(fact.table, fact.conditions, fact.number, fact.source, fact.vague):
            self._write(_Write(entity, fact.source, deleted=True))

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

    def _savepoint(self, fact: Savepoint) -> None:
        connection = fact.source.connection
        transaction = self.transactions.setdefault(connection, _Transaction())
        marks = transaction.marks
        match fact.action:
            case "begin":
                transaction.committed = len(self.writes)
                transaction.marks = [("", len(self.writes))]
            case "savepoint":
                marks.append((fact.name, len(self.writes)))
            case "rollback_to":
                while len(marks) > 1 and marks[-1][0] != fact.name:
                    marks.pop()
                if marks:
                    self._undo(connection, marks[-1][1])
            case "rollback":
                self._undo(connection, transaction.committed)
                transaction.marks = []
            case "commit":
                transaction.committed = len(self.writes)
                transaction.marks = []
            case "release":
                names = [name for name, _ in marks]
                if fact.name in names:
                    del marks[names.index(fact.name) :]

    def _undo(self, connection: tuple[str, int], since: int) -> None:
        undone: dict[int, Entity] = {}
        for write in self.writes[since:]:
            if write.source.connection == connection and not write.undone:
                write.undone = True
                undone[id(write.entity)] = write.entity
        for entity in undone.values():
            entity.after.clear()
            entity.deleted = False
        made: set[int] = set()
        for write in self.writes if undone else ():
            if id(write.entity) in undone and not write.undone:
                self._apply(write)
                if write.created:
                    made.add(id(write.entity))
        for entity in undone.values():
            if entity.created and id(entity) not in made:
                entity.undone = True
                self.rows.forget(entity)

    def _write(self, write: _Write) -> None:
        self.writes.append(write)
        if write.created:
            write.entity.created = True
        self._apply(write)

    def _apply(self, write: _Write) -> None:
        self.touched.setdefault(write.entity.table, {})[id(write.entity)] = write.entity
        for column, known in write.values.items():
            self.rows.set_after(write.entity, column, known)
        if write.deleted:
            write.entity.deleted = True

    def _change_of_count(self, fact: Counted) -> int:
        """Return by how many rows the request itself had changed the count by then."""
        change = 0
        for row in self.touched.get(fact.table, {}).values():
            was = row.existed and self.judge.verdict(row, fact.conditions, before) is True
            is_now = _alive(row) and self.judge.verdict(row, fact.conditions, now) is True
            change += is_now - was
        return change

    def _total_before(self, fact: Summed) -> object:
        """Return the sum without what the request itself had added to it by then; None if of no row."""
        total = 0 if fact.total is None else fact.total
        for row in self.touched.get(fact.table, {}).values():
            if row.existed and self.judge.verdict(row, fact.conditions, before) is True:
                total = _sum(total, before(row, fact.column), 1)
            if _alive(row) and self.judge.verdict(row, fact.conditions, now) is True:
                total = _sum(total, now(row, fact.column), -1)
        touched = bool(self.touched.get(fact.table))
        return None if total == 0 and (touched or fact.total is None) else total

    # --- what was only implied

    def finish(self) -> State:
        self._see()
        self.witnesses.match_vague()
        for entity, conditions, source in self.witnesses.required:
            if self.judge.verdict(entity, conditions, self.completer.known) is None:
                self.completer.satisfy(entity, conditions, source)
        for fact, number in sorted(self.counted, key=lambda item: _openness(item[0].conditions)):
            self.counting.reach(fact, number)
        for window in self.windows:
            seen = self._seen_in(window)
            if seen:
                self.counting.place(window, seen)
        for summed in self.sums:
            self.counting.sum_up(summed)
        for averaged in self.means:
            self.counting.level(averaged)
        self._keep_apart()
        self._resolve()
        entities = [item for item in self.rows.entities if not item.undone]
        not_inverted = (*self.not_inverted, *self.counting.not_inverted)
        return State(tuple(entities), tuple(self.missing), not_inverted, self.rows, self.counting.limits)

    def _seen_in(self, window: Window) -> list[Entity]:
        found = [
            self.witnesses.of_result.get((window.source.position, window.alias, witness))
            for witness in range(window.seen)
        ]
        existing = [entity for entity in found if entity is not None and entity.existed]
        # Rows that the request itself made come first or last just as well.
        return existing or [entity for entity in found if entity is not None and not entity.undone]

    def _keep_apart(self) -> None:
        """See to it that nothing made up is found where nothing was, or counted on top."""
        vague: dict[str, list[Entity]] = {}
        for row in self.witnesses.made:
            vague.setdefault(row.table, []).append(row)
        for table, limits in self.counting.limits.items():
            for limit in limits:
                unseen = (*self.completer.made_up.get(table, ()), *vague.get(table, ()))
                half_seen = self.counting.half_seen(table, limit.conditions)
                for row in (*unseen, *half_seen[:_MOST_HALF_SEEN]):
                    if row.existed and not row.changed_before(limit.source):
                        self.completer.avoid(row, limit.conditions, limit.source)

    def _resolve(self) -> None:
        """Replace keys of other rows by their values, where these were learnt later."""
        for entity, column in self.rows.unresolved:
            for values in (entity.before, entity.after):
                known = values.get(column)
                if known is None or not isinstance(known.value, KeyOf):
                    continue
                told = known.value.entity.value(known.value.column)
                if told is not None and not isinstance(told.value, KeyOf):
                    values[column] = replace(known, value=told.value)


def _sum(total: object, known: Known | None, sign: int) -> object:
    """Return ``total`` and a row's value together; ``total`` where they are no numbers to be added."""
    value = known.value if known is not None else None
    if not isinstance(value, (int, float, Decimal)) or not isinstance(total, (int, float, Decimal)):
        return total
    if {type(total), type(value)} == {float, Decimal}:
        total, value = Decimal(str(total)), Decimal(str(value))
    return total + sign * value  # type: ignore[operator]  # all of types that can be added


def _openness(conditions: Sequence[Condition]) -> tuple[int, int]:
    """Return what sorts those first that leave least open: their rows may do for others, too."""
    return -len(conditions), sum(isinstance(condition, AnyOf) for condition in conditions)


def _alive(entity: Entity) -> bool:
    return not (entity.deleted or entity.undone)
