"""Rows that were seen joined to each other → the entities that they are.

One row of a result tells of one row in each of its tables. Each is found by what
identifies it, or by the row that points to it; those that nothing identifies are matched
at the end, when all rows that have a key are known.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from otel2test.inverting.conditions import Condition
from otel2test.inverting.entities import At, Entity, KeyOf, Known, Rows, before, hashable, is_known
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


@dataclass(slots=True)
class Witnesses:
    """All sightings, and the entities they were of."""

    rows: Rows
    judge: Judge
    limits: Limits
    attempt: Attempt
    vague: list[list[_Sight]] = field(default_factory=list)
    required: list[tuple[Entity, tuple[Condition, ...], Source]] = field(default_factory=list)
    """What rows that came back must satisfy, beyond the values they came with."""
    of_result: dict[tuple[int, str, int], Entity] = field(default_factory=dict)
    """(position, alias, witness) → the row."""
    made: list[Entity] = field(default_factory=list)
    """Rows that nothing identifies: there had to be one, with what was seen of it."""
    guessed: set[str] = field(default_factory=set)
    """Tables with rows of which some sighting, which told of no key, was taken to be."""
    _required_of: dict[int, list[tuple[Condition, ...]]] = field(default_factory=dict)
    """``id`` of a row → the conditions above."""
    written: Callable[[Entity, Source], Collection[str]] = field(default=lambda *_: ())
    """Tells to which columns of a row the request had written before a query."""
    _taken: dict[tuple[int, str], set[int]] = field(default_factory=dict)

    def see(self, facts: Sequence[Seen]) -> None:
        """Learn from one row of a result."""
        sights = [_Sight(fact, dict(fact.values)) for fact in facts]
        self._identify(sights, make=True)
        if any(sight.entity is None for sight in sights):
            self.vague.append(sights)
        for sight in sights:
            self._observe(sight)

    def match_vague(self) -> None:
        """Find the row of each sighting that didn't tell which row it was of, or make one."""
        waiting = self.vague
        self.vague = []
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
                    entity = self.rows.new(sight.fact.table)
                    entity.made_up = not sight.values
                    entity.reason = sight.fact.source
                    self.made.append(entity)
                sight.entity = entity
                self.guessed.update(each.fact.table for each in sights)
                self._identify(sights, make=True)
            for sight in sights:
                self._observe(sight)
            self._suppose(sights, guessed)
            left.subtract(_places(sights))
            self.limits.pending.difference_update(place for place in _places(sights) if not left[place])

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
        then = _at(fact.source)
        for entity in self.attempt.of(self._candidates(sight)):
            if entity.undone or not _there(entity, fact.source) or (id(entity) in used and not fact.shared):
                continue
            shared = self._shared(entity, sight, sights)
            if (
                shared > best[0]
                and self.judge.verdict(entity, fact.conditions, then) is not False
                and self._agrees(entity, sight)
                and self._joins(entity, sight, sights)
            ):
                best = (shared, entity)
                if shared == len(sight.values):
                    break
        return best

    def _agrees(self, entity: Entity, sight: _Sight) -> bool:
        """Say whether the row, with what was seen, satisfies what others told of it."""
        told = {column: Known(value, sight.fact.source) for column, value in sight.values.items()}

        def given(item: Entity, column: str) -> Known | None:
            return told[column] if item is entity and column in told else before(item, column)

        return not any(
            self.judge.verdict(entity, conditions, given) is False
            for conditions in self._required_of.get(id(entity), ())
        ) and self.limits.may_be(entity, sight.values, sight.fact.source)

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
        row = Entity(fact.table, -1)
        row.before.update((column, Known(value, fact.source)) for column, value in values.items())
        return self.judge.verdict(row, fact.conditions, before) is not False

    def _candidates(self, sight: _Sight) -> Sequence[Entity]:
        table = sight.fact.table
        columns = [column for column, value in sight.values.items() if hashable(value)]
        if not columns:
            return self.rows.of(table)
        told = self.rows.having(table, columns[0], sight.values[columns[0]])
        unsure = (*self.rows.silent(table, columns[0]), *self.rows.pointing(table, columns[0]))
        return [*told, *unsure]

    def _shared(self, entity: Entity, sight: _Sight, sights: Sequence[_Sight]) -> int:
        shared = 0
        for column, value in sight.values.items():
            written = entity.after.get(column)
            if written is not None and not _may_be_seen(entity, written, sight.fact.source):
                written = None
            told = [item for item in (entity.before.get(column), written) if item is not None]
            if told and not any(_may_equal(item.value, value) for item in told):
                return -1
            shared += bool(told)
        by_alias = {item.fact.alias: item for item in sights}
        for join in sight.fact.joined:
            other, known = by_alias.get(join.alias), entity.value(join.column)
            if other is None or known is None or not is_known(known):
                continue
            target = self.rows.identified(other.fact.table, {join.other: known.value})
            if isinstance(known.value, KeyOf):
                target = known.value.entity
            if target is not None:
                if other.entity is not None and other.entity is not target:
                    return -1
                if _conflict(target, other.values):
                    return -1
                shared += 1
        return shared

    # --- what is learnt

    def _observe(self, sight: _Sight) -> None:
        entity, fact = sight.entity, sight.fact
        if entity is None:
            return
        self._taken.setdefault((fact.source.position, fact.alias), set()).add(id(entity))
        self.of_result[fact.source.position, fact.alias, fact.witness] = entity
        self.limits.results.setdefault((fact.source.position, fact.table), set()).add(id(entity))
        self.observe(entity, sight.values, fact.source)
        if fact.conditions and not entity.created:
            self.required.append((entity, fact.conditions, fact.source))
            self._required_of.setdefault(id(entity), []).append(fact.conditions)

    def observe(self, entity: Entity, values: Mapping[str, object], source: Source) -> None:
        """Take down what was read of a row: of before, or of what the request had made of it."""
        written = self.written(entity, source)
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
                if known is None or (told and (isinstance(known.value, KeyOf) or supposed)):
                    self.rows.set_before(entity, column, Known(value, source))
        self.rows.index(entity, values)

    def _read_back(self, entity: Entity, column: str, known: Known) -> None:
        """Learn what the database made of what the request had written, and what it made that of."""
        written = entity.after.get(column)
        if written is not None and not isinstance(written.value, (Unknown, Change)):
            return
        if written is not None and isinstance(written.value, Change) and not entity.created:
            name, by = written.value.column, written.value.by
            once = column not in self.written(entity, written.source)
            numbers = isinstance(known.value, (int, float)) and isinstance(by, (int, float))
            if once and numbers and entity.before.get(name) is None:
                self.rows.set_before(entity, name, Known(known.value - by, known.source))  # type: ignore[operator]
        self.rows.set_after(entity, column, known)


def _places(sights: Sequence[_Sight]) -> list[tuple[int, str]]:
    return [(sight.fact.source.position, sight.fact.table) for sight in sights]


def _at(source: Source) -> At:
    """Return how to look at rows as they were at that query, as far as one change of each tells."""

    def then(entity: Entity, column: str) -> Known | None:
        known = entity.after.get(column)
        if known is None or (known.source.position > source.position and entity.existed):
            return entity.before.get(column)
        return known

    return then


def _may_equal(one: object, other: object) -> bool:
    # Which key a row has may not be known yet: it may turn out to be this one.
    return one == other or (
        isinstance(one, KeyOf) is not isinstance(other, KeyOf) and None not in (one, other)
    )


def _may_be_seen(entity: Entity, written: Known, source: Source) -> bool:
    """Say whether a query may have found what was written, and that is known."""
    late = not entity.created and written.source.position > source.position
    return is_known(written) and not late


def _conflict(entity: Entity, values: Mapping[str, object]) -> bool:
    for column, value in values.items():
        known = entity.value(column)
        if known is not None and is_known(known) and not _may_equal(known.value, value):
            return True
    return False


def _there(entity: Entity, source: Source) -> bool:
    """Say whether the row can have been there for a query: not made later, nor deleted by then."""
    if entity.deleted_at is not None and entity.deleted_at < source.position:
        return False
    return not entity.created or any(
        known.source.position <= source.position for known in entity.after.values()
    )
