"""Facts → :class:`State`: the rows that were there before the request, and what became of them.

The facts are gone through once, in order. The first sight of a column before anything
was written to it is of the starting state; a row that the request inserted never is,
nor is anything read of it later. What a rolled-back savepoint wrote is undone, what was
read inside still counts. Rows that were only counted, or that an update hit unseen, are
made up at the end, after every other row is known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from otel2test.inverting.catalog import Catalog
from otel2test.inverting.facts import (
    Change,
    Condition,
    Counted,
    Deleted,
    Fact,
    Inserted,
    Missing,
    NotInverted,
    Savepoint,
    Seen,
    Source,
    Unknown,
    Updated,
)

_MOST_MADE_UP = 1000
"""More rows than this are not invented for one count."""


@dataclass(frozen=True, slots=True)
class Known:
    """The value of one column of one row, and where it was learnt."""

    value: object
    source: Source


@dataclass(slots=True, eq=False)
class Entity:
    """One row of one table, over the whole request."""

    table: str
    number: int
    """Order of first sight."""
    before: dict[str, Known] = field(default_factory=dict)
    """Column → value before the request; empty for a row that the request created."""
    after: dict[str, Known] = field(default_factory=dict)
    """Column → value that the request wrote, or read back after writing."""
    created: bool = False
    deleted: bool = False
    undone: bool = False
    """True for a row that was created and rolled back: it never was."""
    made_up: bool = False
    """True where no row was ever seen, only that there had to be one."""

    def value(self, column: str) -> Known | None:
        """Return what is known of the column at the end of the request."""
        return self.after.get(column) or self.before.get(column)

    @property
    def existed(self) -> bool:
        """True for a row of the starting state."""
        return not self.created


@dataclass(frozen=True, slots=True)
class State:
    """What is known of the database before and after one request."""

    entities: tuple[Entity, ...]
    missing: tuple[Missing, ...]
    not_inverted: tuple[NotInverted, ...]

    def find(self, table: str, column: str, value: object) -> Entity | None:
        """Return the row of ``table`` whose ``column`` has, or had, that value."""
        for entity in self.entities:
            known = entity.value(column)
            if entity.table == table and known is not None and known.value == value:
                return entity
        return None


@dataclass(frozen=True, slots=True)
class _Write:
    """One effect on one row, to be undone by a rollback."""

    entity: Entity
    created: bool = False
    deleted: bool = False
    values: Mapping[str, Known] = field(default_factory=dict)


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
        self.catalog = catalog
        self.entities: list[Entity] = []
        self.by_identity: dict[tuple[object, ...], Entity] = {}
        self.by_table: dict[str, list[Entity]] = {}
        self.writes: list[_Write] = []
        self.committed = 0
        """How many of the writes can't be rolled back any more."""
        self.marks: list[_Mark] = []
        self.vague: list[Seen] = []
        """Sightings without an identity: matched when all rows that have one are known."""
        self.counted: list[tuple[Counted, int, int]] = []
        """With how many matching rows the request itself had created and deleted by then."""
        self.missing: list[Missing] = []
        self.not_inverted: list[NotInverted] = []

    # --- going through the facts

    def learn(self, fact: Fact) -> None:
        match fact:
            case Seen():
                self._seen(fact)
            case Counted():
                self.counted.append((fact, *self._changed_count(fact)))
            case Missing():
                self.missing.append(fact)
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

    def _seen(self, fact: Seen) -> None:
        entity = self._identified(fact.table, fact.values)
        if entity is None:
            if next(self._identity_keys(fact.table, fact.values), None) is None:
                self.vague.append(fact)
                return
            entity = self._new(fact.table)
        self._observe(entity, fact.values, fact.source)

    def _observe(self, entity: Entity, values: Mapping[str, object], source: Source) -> None:
        for column, value in values.items():
            if entity.created or column in entity.after:
                # Read back after the request's own write: tells what the database made of it.
                written = entity.after.get(column)
                if written is None or isinstance(written.value, (Unknown, Change)):
                    entity.after[column] = Known(value, source)
            else:
                entity.before.setdefault(column, Known(value, source))
        self._index(entity, values)

    def _inserted(self, fact: Inserted) -> None:
        existing = self._identified(fact.table, fact.values)
        known = {column: Known(value, fact.source) for column, value in fact.values.items()}
        if existing is not None and not existing.deleted and fact.conflict:
            if fact.conflict == "update":
                self._write(_Write(existing, values=known))
            return
        if existing is None or existing.existed or existing.deleted:
            # A row inserted under the key of one that was deleted is another row.
            existing = self._new(fact.table)
        self._write(_Write(existing, created=True, values=known))
        self._index(existing, fact.values)

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
        found = [item for item in self._alive(table) if _satisfies(item, conditions) is True]
        if vague:
            if number == len(found):
                return found
            self.not_inverted.append(
                NotInverted(source, "rows hit by conditions that can't be read", writes=True)
            )
            return []
        if number is None or len(found) >= number:
            return found[:number] if number is not None else found
        unsure = [item for item in self._alive(table) if _satisfies(item, conditions) is None]
        for entity in unsure[: number - len(found)]:
            self._assume(entity, conditions, source)
            found.append(entity)
        found += [
            self._make_up(table, values, source)
            for values in _spelled_out(conditions, number - len(found), found)
        ]
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
        undone = self.writes[until:]
        del self.writes[until:]
        for entity in {id(write.entity): write.entity for write in undone}.values():
            entity.after.clear()
            entity.deleted = False
            kept = [write for write in self.writes if write.entity is entity]
            for write in kept:
                self._apply(write)
            if entity.created and not any(write.created for write in kept):
                entity.undone = True
                self._forget(entity)

    def _write(self, write: _Write) -> None:
        self.writes.append(write)
        if write.created:
            write.entity.created = True
        self._apply(write)

    def _apply(self, write: _Write) -> None:
        write.entity.after.update(write.values)
        if write.deleted:
            write.entity.deleted = True

    # --- rows by what identifies them

    def _new(self, table: str) -> Entity:
        entity = Entity(table, len(self.entities))
        self.entities.append(entity)
        self.by_table.setdefault(table, []).append(entity)
        return entity

    def _identity_keys(self, table: str, values: Mapping[str, object]) -> Iterator[tuple[object, ...]]:
        for columns in self.catalog.identities(table):
            parts = tuple(values.get(column) for column in columns)
            if all(_hashable(part) and part is not None for part in parts):
                yield (table, columns, parts)

    def _identified(self, table: str, values: Mapping[str, object]) -> Entity | None:
        for key in self._identity_keys(table, values):
            entity = self.by_identity.get(key)
            if entity is not None:
                return entity
        return None

    def _index(self, entity: Entity, values: Mapping[str, object]) -> None:
        for key in self._identity_keys(entity.table, values):
            self.by_identity[key] = entity

    def _forget(self, entity: Entity) -> None:
        for key in [key for key, found in self.by_identity.items() if found is entity]:
            del self.by_identity[key]

    def _alive(self, table: str) -> list[Entity]:
        return [item for item in self.by_table.get(table, ()) if not (item.deleted or item.undone)]

    def _changed_count(self, fact: Counted) -> tuple[int, int]:
        rows = self.by_table.get(fact.table, ())
        created = sum(
            1 for row in rows if row.created and not row.deleted and _satisfies(row, fact.conditions)
        )
        deleted = sum(1 for row in rows if row.existed and row.deleted and _satisfies(row, fact.conditions))
        return created, deleted

    # --- what was only implied

    def finish(self) -> State:
        self._match_vague()
        for fact, created, deleted in self.counted:
            self._reach(fact, fact.number - created + deleted)
        entities = [item for item in self.entities if not item.undone]
        return State(tuple(entities), tuple(self.missing), tuple(self.not_inverted))

    def _match_vague(self) -> None:
        """Find the row of each sighting that didn't tell which row it was of."""
        taken: dict[tuple[int, str], set[int]] = {}
        for fact in self.vague:
            used = taken.setdefault((fact.source.position, fact.table), set())
            entity = self._best_match(fact, used) or self._new(fact.table)
            used.add(id(entity))
            self._observe(entity, fact.values, fact.source)

    def _best_match(self, fact: Seen, used: set[int]) -> Entity | None:
        best: tuple[int, Entity] | None = None
        for entity in self.by_table.get(fact.table, ()):
            if id(entity) in used or entity.undone or _made_after(entity, fact.source):
                continue
            known = [self._at_any_time(entity, column) for column in fact.values]
            shared = [
                any(item.value == value for item in items)
                for items, value in zip(known, fact.values.values(), strict=True)
                if items
            ]
            if all(shared) and (best is None or len(shared) > best[0]):
                best = (len(shared), entity)
        return best[1] if best else None

    def _at_any_time(self, entity: Entity, column: str) -> list[Known]:
        return [item for item in (entity.before.get(column), entity.after.get(column)) if item is not None]

    def _reach(self, fact: Counted, number: int) -> None:
        rows = [row for row in self.by_table.get(fact.table, ()) if row.existed]
        judged = [(row, _satisfied_before(row, fact.conditions)) for row in rows]
        lacking = number - sum(1 for _, verdict in judged if verdict)
        for row, verdict in judged:
            if lacking > 0 and verdict is None:
                self._assume(row, fact.conditions, fact.source)
                lacking -= 1
        if lacking > _MOST_MADE_UP:
            self.not_inverted.append(
                NotInverted(fact.source, f"{lacking} rows were counted that nothing else tells of")
            )
            return
        for values in _spelled_out(fact.conditions, lacking, rows):
            self._make_up(fact.table, values, fact.source)

    def _assume(self, entity: Entity, conditions: Sequence[Condition], source: Source) -> None:
        values = {item.column: item.values[0] for item in conditions if item.values}
        for column, value in values.items():
            if entity.value(column) is None:
                entity.before[column] = Known(value, source)
        self._index(entity, values)

    def _make_up(self, table: str, values: Mapping[str, object], source: Source) -> Entity:
        entity = self._new(table)
        entity.made_up = True
        self._observe(entity, values, source)
        return entity


def _made_after(entity: Entity, source: Source) -> bool:
    """Say whether the request created the row only after ``source``."""
    return entity.created and all(known.source.position > source.position for known in entity.after.values())


def _hashable(value: object) -> bool:
    if isinstance(value, (Unknown, Change)):
        return False
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _satisfies(entity: Entity, conditions: Sequence[Condition]) -> bool | None:
    """Say whether a row satisfies the conditions now; None where that isn't known."""
    return _verdict([entity.value(item.column) for item in conditions], conditions)


def _satisfied_before(entity: Entity, conditions: Sequence[Condition]) -> bool | None:
    return _verdict([entity.before.get(item.column) for item in conditions], conditions)


def _verdict(known: Sequence[Known | None], conditions: Sequence[Condition]) -> bool | None:
    verdict: bool | None = True
    for item, condition in zip(known, conditions, strict=True):
        if item is None or isinstance(item.value, (Unknown, Change)):
            verdict = None
        elif item.value not in condition.values:
            return False
    return verdict


def _spelled_out(
    conditions: Sequence[Condition], number: int, existing: Sequence[Entity]
) -> Iterator[dict[str, object]]:
    """Yield the values of ``number`` rows that satisfy the conditions, spread over ``IN`` lists."""
    free: dict[str, list[object]] = {}
    for item in conditions:
        taken = [known.value for row in existing if (known := row.value(item.column)) is not None]
        free[item.column] = [value for value in item.values if value not in taken] or list(item.values)
    for index in range(number):
        yield {column: values[index % len(values)] for column, values in free.items() if values}
