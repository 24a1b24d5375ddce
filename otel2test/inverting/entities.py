"""Rows of tables, with what is known of each, found by any of their values.

The solver learns through :class:`Rows` only, so that every look-up is by an index: a
request may have read tens of thousands of rows.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from otel2test.inverting.catalog import Catalog
from otel2test.inverting.facts import Change, LeftOut, Source, Unknown


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
    drawn: frozenset[str] = frozenset()
    """Of a created row, the columns whose values the database gave."""
    deleted: bool = False
    deleted_at: int | None = None
    """Position of the query that deleted it."""
    undone: bool = False
    """True for a row that was created and rolled back: it never was."""
    made_up: bool = False
    """True where no row was ever seen, only that there had to be one."""
    reason: Source | None = None
    """Of a made-up row: the query that tells that there had to be one."""
    left_out: LeftOut | None = None
    """Of a row that was made up because a query leaves it out: which, and why."""
    decoy: bool = False
    """True for such a row, and for those that were made up as it goes together with them."""

    def value(self, column: str) -> Known | None:
        """Return what is known of the column at the end of the request."""
        return self.after.get(column) or self.before.get(column)

    def changed_before(self, source: Source, columns: Callable[[], Collection[str]] | None = None) -> bool:
        """Say whether the request had changed the row before the query, or deleted it.

        Where ``columns`` gives some, only changes of these count.
        """
        if self.deleted_at is not None and self.deleted_at < source.position:
            return True
        changed = [name for name, known in self.after.items() if known.source.position < source.position]
        return bool(changed) and (columns is None or not set(columns()).isdisjoint(changed))

    @property
    def existed(self) -> bool:
        """True for a row of the starting state."""
        return not self.created


@dataclass(frozen=True, slots=True)
class KeyOf:
    """As a value: that of ``column`` of another row, which nothing told."""

    entity: Entity = field(repr=False)
    column: str


At: TypeAlias = "Callable[[Entity, str], Known | None]"
"""How to look at rows: as they were before the request, or as they are."""


def before(entity: Entity, column: str) -> Known | None:
    """Return what is known of the column before the request."""
    return entity.before.get(column)


def of_before(entity: Entity) -> bool:
    """Say whether the row was there before the request."""
    return not (entity.created or entity.undone)


def now(entity: Entity, column: str) -> Known | None:
    """Return what is known of the column by now."""
    return entity.after.get(column) or entity.before.get(column)


def is_known(known: Known | None) -> bool:
    """Say whether that is a value: not one that only the database knew."""
    return known is not None and not isinstance(known.value, (Unknown, Change))


_SCALAR: Final = frozenset({type(None), bool, int, float, str, bytes})
"""What most columns hold."""


def hashable(value: object) -> bool:
    """Say whether an index can find the value."""
    if type(value) in _SCALAR:
        return True
    if isinstance(value, (Unknown, Change)):
        return False
    try:
        hash(value)
    except TypeError:
        return False
    return True


Identity: TypeAlias = "tuple[str, tuple[str, ...], tuple[object, ...]]"
"""Table, columns and their values: of one row only."""


class Rows:
    """All rows that were ever told of."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.entities: list[Entity] = []
        self.by_table: dict[str, list[Entity]] = {}
        self._by_identity: dict[Identity, Entity] = {}
        self._keys_of: dict[int, list[Identity]] = {}
        """``id(entity)`` → its keys in the index above."""
        self._by_value: dict[tuple[str, str], dict[object, list[Entity]]] = {}
        """(table, column) → value that the column has or had → rows; built when first asked for."""
        self._silent: dict[tuple[str, str], list[Entity]] = {}
        """(table, column) → rows whose column wasn't known when last looked; kept once asked for."""
        self._pointing: dict[tuple[str, str], list[Entity]] = {}
        """(table, column) → rows whose column is, or was, a :class:`KeyOf`."""
        self._tracked: dict[str, list[str]] = {}
        """Table → columns for which the above is kept."""
        self._inserted: set[Identity] = set()
        """What identified the rows that were inserted, rolled back or not."""
        self._waiting: dict[tuple[int, str], list[tuple[Entity, str]]] = {}
        """``id`` of a row, and its column, that nothing told yet → columns that have its value."""
        self.supposed: set[tuple[int, str]] = set()
        """``id`` of a row, and its column of before, of which nobody saw the value."""
        self.journal: list[tuple[Entity, str, Known | None]] | None = None
        """While it is kept: what was learnt of rows of before, with what had been known.

        Without a column, rows that were made (None) or left out.
        """

    def new(self, table: str) -> Entity:
        """Return a row that nothing is known of yet."""
        entity = Entity(table, len(self.entities))
        self.entities.append(entity)
        self.by_table.setdefault(table, []).append(entity)
        for column in self._tracked.get(table, ()):
            self._silent[table, column].append(entity)
        if self.journal is not None:
            self.journal.append((entity, "", None))
        return entity

    def of(self, table: str) -> Sequence[Entity]:
        """Return all rows of the table."""
        return self.by_table.get(table, ())

    # --- learning

    def set_before(self, entity: Entity, column: str, known: Known) -> None:
        """Take down a value of the starting state."""
        if self.journal is not None:
            self.journal.append((entity, column, entity.before.get(column)))
        entity.before[column] = known
        self._learnt(entity, column, known.value)

    def set_after(self, entity: Entity, column: str, known: Known) -> None:
        """Take down a value that the request wrote or read back."""
        entity.after[column] = known
        self._learnt(entity, column, known.value)

    def _learnt(self, entity: Entity, column: str, value: object) -> None:
        if isinstance(value, KeyOf):
            self._waiting.setdefault((id(value.entity), value.column), []).append((entity, column))
        elif self._waiting and not isinstance(value, (Unknown, Change)):
            for other, pointing in self._waiting.pop((id(entity), column), ()):
                self._resolve(other, pointing, entity, value)
        index = self._by_value.get((entity.table, column)) if self._by_value else None
        if index is not None and hashable(value):
            index.setdefault(value, []).append(entity)
        if isinstance(value, KeyOf):
            self._pointing.setdefault((entity.table, column), []).append(entity)

    def _resolve(self, entity: Entity, column: str, target: Entity, value: object) -> None:
        """Give a column the key of another row, now that it was learnt."""
        for values, learn in ((entity.before, self.set_before), (entity.after, self.set_after)):
            known = values.get(column)
            if known is not None and isinstance(known.value, KeyOf) and known.value.entity is target:
                learn(entity, column, Known(value, known.source))
                self.index_anew(entity)

    # --- trying

    def leave_out(self, entity: Entity) -> None:
        """Let the row not be there."""
        if self.journal is not None:
            self.journal.append((entity, "", Known(None, Source("", -1))))
        entity.undone = True
        self.forget(entity)

    def undo(self, mark: int) -> None:
        """Forget what the journal says that was learnt since it had ``mark`` entries."""
        journal, self.journal = self.journal, None
        while journal is not None and len(journal) > mark:
            entity, column, known = journal.pop()
            if not column:
                entity.undone = known is None
            else:
                self._unlearn(entity, column)
                if known is not None:
                    self.set_before(entity, column, known)
            self.forget(entity)
            if not entity.undone:
                self.index_anew(entity)
        self.journal = journal

    def _unlearn(self, entity: Entity, column: str) -> None:
        value = entity.before.pop(column).value
        told = self._by_value.get((entity.table, column), {}) if hashable(value) else {}
        if value in told and entity in told[value]:
            told[value].remove(entity)
        silent = self._silent.get((entity.table, column))
        if silent is not None and entity not in silent:
            silent.append(entity)

    # --- rows by what identifies them

    def identity_keys(self, table: str, values: Mapping[str, object]) -> Iterator[Identity]:
        """Yield each set of identifying values that ``values`` has complete."""
        for columns in self.catalog.identities(table):
            parts = tuple([values.get(column) for column in columns])
            for part in parts:
                if part is None or not hashable(part):
                    break
            else:
                yield (table, columns, parts)

    def identified(self, table: str, values: Mapping[str, object]) -> Entity | None:
        """Return the row with these values, if they identify one."""
        return self.found_by(self.identity_keys(table, values))

    def found_by(self, keys: Iterable[Identity]) -> Entity | None:
        """Return the row that the first of the keys identifies that identifies one."""
        for key in keys:
            entity = self._by_identity.get(key)
            if entity is not None:
                return entity
        return None

    def was_inserted(self, table: str, values: Mapping[str, object]) -> bool:
        """Say whether the request inserted a row with these identifying values: no other row had them."""
        return not self._inserted.isdisjoint(self.identity_keys(table, values))

    def note_inserted(self, table: str, values: Mapping[str, object]) -> None:
        """Take down what identifies a row that was inserted."""
        self._inserted.update(self.identity_keys(table, values))

    def clashes(self, entity: Entity, values: Mapping[str, object]) -> bool:
        """Say whether another row has all of some identifying values, if ``entity`` is given ``values``."""
        told = {column: known.value for column, known in entity.before.items()} | dict(values)
        for key in self.identity_keys(entity.table, told):
            other = self._by_identity.get(key)
            taken = other is not None and other is not entity and not other.undone
            taken = taken or (entity.made_up and key in self._inserted)
            if taken and not values.keys().isdisjoint(key[1]):
                return True
        # Those that point to it get the value, too: the part that a row has in a parent's table.
        return any(
            self.clashes(other, {pointing: value})
            for column, value in values.items()
            if not isinstance(value, KeyOf)
            for other, pointing in self._waiting.get((id(entity), column), ())
            if other is not entity
        )

    def index(self, entity: Entity, values: Mapping[str, object]) -> None:
        """Find the row by ``values`` from now on, as far as they identify it."""
        self.index_by(entity, self.identity_keys(entity.table, values))

    def index_by(self, entity: Entity, keys: Iterable[Identity]) -> None:
        """Find the row by these keys from now on."""
        for key in keys:
            if self._by_identity.get(key) is not entity:
                self._by_identity[key] = entity
                self._keys_of.setdefault(id(entity), []).append(key)

    def index_anew(self, entity: Entity) -> None:
        """Find the row by all that is known of it."""
        values = {
            column: known.value
            for column in {**entity.before, **entity.after}
            if (known := entity.value(column)) is not None
        }
        self.index(entity, values)

    def forget(self, entity: Entity) -> None:
        """Find the row by nothing any more."""
        for key in self._keys_of.pop(id(entity), ()):
            if self._by_identity.get(key) is entity:
                del self._by_identity[key]

    def identifies(self, table: str, columns: Sequence[str]) -> bool:
        """Say whether a row has values of its own in these columns."""
        return any(set(identity) <= set(columns) for identity in self.catalog.identities(table))

    # --- rows by any value

    def having(self, table: str, column: str, value: object) -> Sequence[Entity]:
        """Return all rows whose column has or had that value; perhaps some that no longer have."""
        if isinstance(value, KeyOf) and value.entity.table == table and value.column == column:
            return (value.entity,)
        if not hashable(value):
            return self.of(table)
        return self._index_of(table, column).get(value, ())

    def values_of(self, table: str, column: str) -> Iterable[object]:
        """Return every value that the column has or had."""
        return self._index_of(table, column)

    def _index_of(self, table: str, column: str) -> dict[object, list[Entity]]:
        index = self._by_value.get((table, column))
        if index is None:
            index = self._by_value[table, column] = {}
            for entity in self.of(table):
                told = [item.value for item in (entity.before.get(column), entity.after.get(column)) if item]
                for one in told[:1] if told[1:] == told[:1] else told:
                    if hashable(one):
                        index.setdefault(one, []).append(entity)
        return index

    def pointing(self, table: str, column: str) -> Sequence[Entity]:
        """Return the rows whose column has the key of another row, which nothing told."""
        return [
            item
            for item in self._pointing.get((table, column), ())
            if (known := item.value(column)) is not None and isinstance(known.value, KeyOf)
        ]

    def silent(self, table: str, column: str) -> Sequence[Entity]:
        """Return the rows whose column, before the request, isn't known."""
        told = self._silent.get((table, column))
        if told is None:
            told = list(self.of(table))
            self._tracked.setdefault(table, []).append(column)
        self._silent[table, column] = found = [item for item in told if column not in item.before]
        return found
