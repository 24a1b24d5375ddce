"""Facts → :class:`State`: the rows that were there before the request, and what became of them.

The facts are gone through once, in order. The first sight of a column before anything
was written to it is of the starting state; a row that the request inserted never is,
nor is anything read of it later. What a rolled-back savepoint wrote is undone, what was
read inside still counts. Rows that were only counted, or that an update hit unseen, are
made up at the end, after every other row is known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias, assert_never

from otel2test.inverting.catalog import Catalog
from otel2test.inverting.completing import Completer
from otel2test.inverting.conditions import Condition, readable
from otel2test.inverting.counting import Counting
from otel2test.inverting.entities import Entity, KeyOf, Known, Rows, before, now
from otel2test.inverting.facts import (
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


@dataclass(frozen=True, slots=True)
class _Write:
    """One effect on one row, to be undone by a rollback."""

    entity: Entity
    created: bool = False
    deleted: bool = False
    values: Mapping[str, Known] = field(default_factory=dict)


_MOST_HALF_SEEN: Final = 200
"""So many rows that were seen in part are looked at for each list that has to stay complete."""

_Mark: TypeAlias = "tuple[str, int]"
"""A savepoint's name and how many writes there were when it was set."""


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
        self.committed = 0
        """How many of the writes can't be rolled back any more."""
        self.marks: list[_Mark] = []
        self.counted: list[tuple[Counted, int]] = []
        """With how many rows of before would have been counted."""
        self.windows: list[Window] = []
        self.sums: list[Summed] = []
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
                self.sums.append(fact)
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
                self._write(_Write(existing, values=known))
            return
        if existing is None or existing.existed or existing.deleted:
            # A row inserted under the key of one that was deleted is another row.
            existing = self.rows.new(fact.table)
        self._write(_Write(existing, created=True, values=known))
        self.rows.index(existing, fact.values)

    def _updated(self, fact: Updated) -> None:
        targets = self._targets(fact.table, fact.conditions, fact.number, fact.source, fact.vague)
        for entity in targets:
            values = {
                column: Known(self._changed(entity, value), fact.source)
                for column, value in fact.values.items()
            }
            self._write(_Write(entity, values=values))

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
            self._write(_Write(entity, deleted=True))

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
        match fact.action:
            case "begin":
                self.committed = len(self.writes)
                self.marks = [("", len(self.writes))]
            case "savepoint":
                self.marks.append((fact.name, len(self.writes)))
            case "rollback_to":
                while len(self.marks) > 1 and self.marks[-1][0] != fact.name:
                    self.marks.pop()
                if self.marks:
                    self._undo(self.marks[-1][1])
            case "rollback":
                self._undo(self.committed)
                self.marks = []
            case "commit":
                self.committed = len(self.writes)
                self.marks = []
            case "release":
                names = [name for name, _ in self.marks]
                if fact.name in names:
                    del self.marks[names.index(fact.name) :]

    def _undo(self, until: int) -> None:
        undone = {id(write.entity): write.entity for write in self.writes[until:]}
        del self.writes[until:]
        for entity in undone.values():
            entity.after.clear()
            entity.deleted = False
        made: set[int] = set()
        for write in self.writes if undone else ():
            if id(write.entity) in undone:
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

    # --- what was only implied

    def finish(self) -> State:
        self._see()
        self.witnesses.match_vague()
        for entity, conditions, source in self.witnesses.required:
            if self.judge.verdict(entity, conditions, self.completer.known) is None:
                self.completer.satisfy(entity, conditions, source)
        for fact, number in sorted(self.counted, key=lambda item: -len(item[0].conditions)):
            self.counting.reach(fact, number)
        for window in self.windows:
            seen = self._seen_in(window)
            if seen:
                self.counting.place(window, seen)
        for summed in self.sums:
            self.counting.sum_up(summed)
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
        return [entity for entity in found if entity is not None and entity.existed]

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
                    if row.existed and not row.after:
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


def _alive(entity: Entity) -> bool:
    return not (entity.deleted or entity.undone)
