"""Rows that were seen joined to each other → the entities that they are.

One row of a result tells of one row in each of its tables. Each is found by what
identifies it, or by the row that points to it; those that nothing identifies are matched
at the end, when all rows that have a key are known.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from otel2test.inverting.changing import Changes
from otel2test.inverting.conditions import Condition, tables_of
from otel2test.inverting.entities import At, Entity, KeyOf, Known, Rows, hashable, is_known
from otel2test.inverting.facts import Change, Join, Seen, Source, Unknown
from otel2test.inverting.judging import Judge
from otel2test.inverting.limits import Limits
from otel2test.inverting.trying import Attempt


@dataclass(slots=True)
class _Sight:
    """One table's part of a joined row."""

    fact: Seen
    values: dict[str, object]
    entity: Entity | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a row that came back must satisfy, beyond the values it came with."""

    entity: Entity
    conditions: tuple[Condition, ...]
    source: Source
    anyone: bool = False
    """True where the row may be another one: nothing was seen of it but that it was there."""


@dataclass(slots=True)
class Witnesses:
    """All sightings, and the entities they were of."""

    rows: Rows
    judge: Judge
    limits: Limits
    changes: Changes
    attempt: Attempt
    vague: list[list[_Sight]] = field(default_factory=list)
    required: list[Requirement] = field(default_factory=list)
    of_result: dict[tuple[int, str, int], Entity] = field(default_factory=dict)
    """(position, alias, witness) → the row."""
    made: list[Entity] = field(default_factory=list)
    """Rows that nothing identifies: there had to be one, with what was seen of it."""
    taken_for: set[int] = field(default_factory=set)
    """``id`` of each row that a sighting without a key was taken to be of while rows were written to."""
    guessed: set[str] = field(default_factory=set)
    """Tables with rows of which some sighting, which told of no key, was taken to be."""
    required_of: dict[int, list[Requirement]] = field(default_factory=dict)
    """By ``id`` of the row."""
    _anyone: set[tuple[int, int]] = field(default_factory=set)
    """(position, witness) of joined rows of which nothing was seen, nor asked."""
    _taken: dict[tuple[int, str], set[int]] = field(default_factory=dict)

    def see(self, facts: Sequence[Seen]) -> None:
        """Learn from one row of a result."""
        first, *others = facts
        if others and not any(fact.values or fact.conditions for fact in facts):
            self._anyone.add((first.source.position, first.witness))
        sights = [_Sight(fact, dict(fact.values)) for fact in facts]
        self._identify(sights, make=True)
        if any(sight.entity is None for sight in sights):
            self.vague.append(sights)
        for sight in sights:
            self._observe(sight)

    def conditions_of(self, entity: Entity) -> Iterator[tuple[Condition, ...]]:
        """Yield what the row satisfied each time it came back, beyond the values it came with."""
        return (required.conditions for required in self.required_of.get(id(entity), ()))

    def match_vague(self, *, so_far: bool = False) -> None:
        """Find the row of each sighting that didn't tell which row it was of, or make one.

        With ``so_far``, it may also be one that only a later query tells of.
        """
        waiting, self.vague = self.vague, []
        if so_far:
            self.vague = [sights for sights in waiting if not any(sight.values for sight in sights)]
            waiting = [sights for sights in waiting if any(sight.values for sight in sights)]
        left = Counter(place for sights in waiting for place in _places(sights))
        self.limits.pending.update(left)
        for sights in waiting:
            self._identify(sights, make=True)
            guessed = {sight.fact.alias for sight in sights if sight.entity is None and not sight.fact.values}
            while unknown := [sight for sight in sights if sight.entity is None]:
                best = [(self._match(sight, sights), sight) for sight in unknown]
                (shared, entity), sight = max(best, key=lambda item: (item[0][0], not item[1].fact.shared))
                if entity is None or shared < 0 or (shared == 0 and self.attempt.rather_another()):
                    sight = min(unknown, key=lambda item: item.fact.shared)
                    entity = self._later(sight) if so_far else None
                    entity = entity or self._made(sight)
                if so_far or self.changes.written_to(entity, sight.fact.source):
                    self.taken_for.add(id(entity))
                sight.entity = entity
                self.guessed.update(each.fact.table for each in sights)
                self._identify(sights, make=True)
            for sight in sights:
                self._observe(sight)
            self._suppose(sights, guessed)
            left.subtract(_places(sights))
            self.limits.pending.difference_update(place for place in _places(sights) if not left[place])

    def _later(self, sight: _Sight) -> Entity | None:
        return self.changes.foresight.read_later(sight.fact.table, sight.values, sight.fact.source)

    def _made(self, sight: _Sight) -> Entity:
        entity = self.rows.new(sight.fact.table)
        entity.made_up = not sight.values
        entity.reason = sight.fact.source
        self.made.append(entity)
        return entity

    def _suppose(self, sights: Sequence[_Sight], guessed: Collection[str]) -> None:
        """Take down which foreign keys lead to rows of which nothing was seen: those may be others."""
        for sight in sights:
            for join in sight.fact.joined if sight.entity is not None else ():
                described = self.rows.catalog.tables.get(sight.fact.table)
                column = described.columns.get(join.column) if described is not None else None
                if (
                    join.alias in guessed
                    and sight.entity is not None
                    and column is not None
                    and not column.null
                    and join.column not in sight.fact.values
                    and join.column != (described.primary_key if described is not None else None)
                ):
                    self.rows.supposed.add((id(sight.entity), join.column))

    def is_anyone(self, fact: Seen) -> bool:
        """Say whether nothing was seen of a row but that it was there: any other would have done."""
        return not fact.values and (not fact.joined or (fact.source.position, fact.witness) in self._anyone)

    # --- by what identifies

    def _identify(self, sights: list[_Sight], *, make: bool) -> None:
        by_alias = {sight.fact.alias: sight for sight in sights}
        changed = True
        while changed:
            changed = False
            for sight in sights:
                if sight.entity is None:
                    keys = tuple(self.rows.identity_keys(sight.fact.table, sight.values))
                    sight.entity = self.rows.found_by(keys)
                    if sight.entity is None and make and keys:
                        sight.entity = self.rows.new(sight.fact.table)
                        self.rows.index_by(sight.entity, keys)
                    changed = changed or sight.entity is not None
            for sight in sights:
                for join in sight.fact.joined:
                    other = by_alias.get(join.alias)
                    if other is not None and join.column not in sight.values:
                        changed = self._pass_on(sight, join.column, other, join.other) or changed

    def _pass_on(self, sight: _Sight, column: str, other: _Sight, theirs: str) -> bool:
        """Learn a column's value from the row that it is joined to."""
        known = other.entity.value(theirs) if other.entity is not None else None
        value = other.values.get(theirs, known.value if known is not None else None)
        if isinstance(value, KeyOf) and (value.entity.table, value.column) == (sight.fact.table, column):
            # The other row points to a row whose key nobody knows: it is this one.
            found = sight.entity is None
            sight.entity = sight.entity or value.entity
            return found
        if theirs in other.values and other.values[theirs] is not None:
            sight.values[column] = other.values[theirs]
        elif known is not None and is_known(known) and known.value is not None:
            sight.values[column] = known.value
        elif (
            other.entity is not None
            and self.rows.identifies(other.fact.table, (theirs,))
            and (sight.entity is None or sight.entity.value(column) is None)
        ):
            sight.values[column] = KeyOf(other.entity, theirs)
        else:
            return False
        return True

    # --- by what fits

    def _match(self, sight: _Sight, sights: Sequence[_Sight]) -> tuple[int, Entity | None]:
        for other in sights:
            for join in other.fact.joined:
                if join.alias == sight.fact.alias and self._tells_apart(other.fact.table, join.column):
                    # Which row it points to is part of what that one is: that isn't guessed.
                    return (-1, None)
        return self._best_match(sight, sights)

    def _tells_apart(self, table: str, column: str) -> bool:
        identities = self.rows.catalog.identities(table)
        return any(column in columns and len(columns) > 1 for columns in identities)

    def _best_match(self, sight: _Sight, sights: Sequence[_Sight]) -> tuple[int, Entity | None]:
        """Return how many values an entity shares with the sighting, and the entity."""
        fact = sight.fact
        used = self._taken.setdefault((fact.source.position, fact.alias), set())
        best: tuple[int, Entity | None] = (-1, None)
        then = self.changes.history.view(self.rows.by_table, fact.source.position)
        for entity in self.attempt.of(self._candidates(sight)):
            if entity.undone or not then.there(entity) or (id(entity) in used and not fact.shared):
                continue
            shared = self._shared(entity, sight, sights, then.at)
            if (
                shared > best[0]
                and self.judge.verdict(entity, fact.conditions, then.at) is not False
                and self._agrees(entity, sight)
                and self._joins(entity, sight, sights)
            ):
                best = (shared, entity)
                if shared == len(sight.values):
                    break
        return best

    def _agrees(self, entity: Entity, sight: _Sight) -> bool:
        """Say whether the row, with what was seen, satisfies what others told of it."""
        source = sight.fact.source
        written = self.changes.written_to(entity, source)
        values = {column: value for column, value in sight.values.items() if column not in written}
        return all(
            self.verdict(required, values) is not False for required in self.required_of.get(id(entity), ())
        ) and self.limits.may_be(entity, values, source)

    def verdict(self, required: Requirement, values: Mapping[str, object] | None = None) -> bool | None:
        """Say whether a row satisfied what it had to, if it had these ``values`` before the request."""
        entity, source = required.entity, required.source
        view = self.changes.history.view((entity.table, *tables_of(required.conditions)), source.position)
        written = self.changes.written_to(entity, source) if values else ()
        told = {
            column: Known(value, source) for column, value in (values or {}).items() if column not in written
        }

        def given(item: Entity, column: str) -> Known | None:
            return told[column] if item is entity and column in told else view.at(item, column)

        return Judge(self.rows, view.there).verdict(entity, required.conditions, given)

    def _joins(self, entity: Entity, sight: _Sight, sights: Sequence[_Sight]) -> bool:
        """Say whether the rows that are known to be joined to the one seen may point to this row."""
        for other in sights:
            for join in other.fact.joined:
                if join.alias == sight.fact.alias and not self._may_point(other, join, entity):
                    return False
        return True

    def _may_point(self, sight: _Sight, join: Join, target: Entity) -> bool:
        row, fact = sight.entity, sight.fact
        if row is not None and row.value(join.column) is not None:
            return True  # looked at before
        known = target.value(join.other)
        key = known.value if known is not None and is_known(known) else KeyOf(target, join.other)
        values = {**sight.values, join.column: key}
        if row is not None:
            return self.limits.may_be(row, values, fact.source)
        return self.judge.of_values(fact.table, values, fact.conditions) is not False

    def _candidates(self, sight: _Sight) -> Sequence[Entity]:
        table = sight.fact.table
        columns = [column for column, value in sight.values.items() if hashable(value)]
        if not columns:
            return self.rows.of(table)
        told = self.rows.having(table, columns[0], sight.values[columns[0]])
        unsure = (*self.rows.silent(table, columns[0]), *self.rows.pointing(table, columns[0]))
        return [*told, *unsure]

    def _shared(self, entity: Entity, sight: _Sight, sights: Sequence[_Sight], then: At) -> int:
        shared = 0
        for column, value in sight.values.items():
            told = then(entity, column)
            if told is None or not is_known(told):
                continue
            if _may_equal(told.value, value):
                shared += 1
            elif not self._may_have_come_to(entity, column, Known(value, sight.fact.source)):
                return -1
        by_alias = {item.fact.alias: item for item in sights}
        for join in sight.fact.joined:
            other, known = by_alias.get(join.alias), then(entity, join.column)
            if other is None or known is None or not is_known(known):
                continue
            target = self.rows.identified(other.fact.table, {join.other: known.value})
            if isinstance(known.value, KeyOf):
                target = known.value.entity
            if target is not None:
                if other.entity is not None and other.entity is not target:
                    return -1
                if _conflict(target, other.values, then):
                    return -1
                shared += 1
        return shared

    def _may_have_come_to(self, entity: Entity, column: str, read: Known) -> bool:
        """Say whether what was added to the column was added to something that was only supposed."""
        if entity.created or column not in self.changes.written_to(entity, read.source):
            return False
        name, value = self.changes.base_of(entity, column, read)
        return value is not None and (id(entity), name) in self.rows.supposed

    # --- what is learnt

    def _observe(self, sight: _Sight) -> None:
        entity, fact = sight.entity, sight.fact
        if entity is None:
            return
        self._taken.setdefault((fact.source.position, fact.alias), set()).add(id(entity))
        self.of_result[fact.source.position, fact.alias, fact.witness] = entity
        anyone = self.is_anyone(fact)
        if not anyone:
            self.limits.results.setdefault((fact.source.position, fact.table), set()).add(id(entity))
        self.observe(entity, sight.values, fact.source)
        if (fact.conditions or anyone) and not entity.created:
            required = Requirement(entity, fact.conditions, fact.source, anyone)
            self.required.append(required)
            self.required_of.setdefault(id(entity), []).append(required)

    def observe(self, entity: Entity, values: Mapping[str, object], source: Source) -> None:
        """Take down what was read of a row: of before, or of what the request had made of it."""
        written = self.changes.written_to(entity, source)
        for column, value in values.items():
            if entity.created or column in written:
                if not isinstance(value, KeyOf):
                    self._read_back(entity, column, Known(value, source))
            else:
                known = entity.before.get(column)
                supposed = bool(self.rows.supposed) and (id(entity), column) in self.rows.supposed
                if supposed:
                    self.rows.supposed.discard((id(entity), column))
                told = not isinstance(value, KeyOf)
                if told and known is not None and isinstance(known.value, KeyOf) and not supposed:
                    self._tell_key(known.value, Known(value, source))
                if known is None or (told and (isinstance(known.value, KeyOf) or supposed)):
                    self.rows.set_before(entity, column, Known(value, source))
        self.rows.index(entity, values)

    def _tell_key(self, key: KeyOf, known: Known) -> None:
        """Learn the key of a row from one that was known to point to it."""
        values = {key.column: known.value}
        free = key.entity.value(key.column) is None
        if free and self.rows.identified(key.entity.table, values) is None:
            self.rows.set_before(key.entity, key.column, known)
            self.rows.index(key.entity, values)

    def _read_back(self, entity: Entity, column: str, known: Known) -> None:
        """Learn what the database made of what the request had written, and what it made that of."""
        written = entity.after.get(column)
        name, value = (column, None) if entity.created else self.changes.base_of(entity, column, known)
        supposed = (id(entity), name) in self.rows.supposed
        if value is not None and (supposed or entity.before.get(name) is None):
            self.rows.supposed.discard((id(entity), name))
            self.rows.set_before(entity, name, Known(value, known.source))
        elif written is not None and not isinstance(written.value, (Unknown, Change)):
            return
        self.rows.set_after(entity, column, known)


def _places(sights: Sequence[_Sight]) -> list[tuple[int, str]]:
    return [(sight.fact.source.position, sight.fact.table) for sight in sights]


def _may_equal(one: object, other: object) -> bool:
    # Which key a row has may not be known yet: it may turn out to be this one.
    return one == other or (
        isinstance(one, KeyOf) is not isinstance(other, KeyOf) and None not in (one, other)
    )


def _conflict(entity: Entity, values: Mapping[str, object], then: At) -> bool:
    for column, value in values.items():
        known = then(entity, column)
        if known is not None and is_known(known) and not _may_equal(known.value, value):
            return True
    return False
