"""Primary keys that queries named: a row must not get such a key by chance.

A database draws the keys of rows for which a test gives none. Where a query asked for the row with
key 1, or for all but that one, another row must not come to be the one with key 1; nor where the
program inserts a row with that key.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from otel2test.inverting.catalog import Catalog
from otel2test.inverting.conditions import Bound, Condition, NoneOf, OneOf, within
from otel2test.inverting.entities import hashable
from otel2test.inverting.facts import Fact, Inserted, NotInverted, Savepoint


@dataclass(slots=True)
class NamedKeys:
    """Gathers the values by which conditions compare keys, and foreign keys."""

    catalog: Catalog
    values: dict[tuple[str, str], set[object]] = field(default_factory=dict)
    """(table, its primary key) → values."""
    _looked_at: dict[int, Sequence[Condition]] = field(default_factory=dict)
    """Conditions by their ``id``: all rows of a result share theirs."""

    def learn(self, fact: Fact) -> None:
        """Learn the keys that a fact names."""
        match fact:
            case Inserted():
                self._take_given(fact)
            case Savepoint() | NotInverted():
                pass
            case _:
                self._take(fact.table, fact.conditions)

    def _take(self, table: str, conditions: Sequence[Condition]) -> None:
        if not conditions or id(conditions) in self._looked_at:
            return
        self._looked_at[id(conditions)] = conditions
        for key, value in self._named(table, conditions):
            if hashable(value):
                self.values.setdefault(key, set()).add(value)

    def _take_given(self, fact: Inserted) -> None:
        """Learn from a row that was inserted with a key of its own, not one that the database drew."""
        key = self.catalog.primary_key(fact.table)
        if key is None or key in fact.drawn or self._key(fact.table, key) != (fact.table, key):
            return
        value = fact.values.get(key)
        if value is not None and hashable(value):
            self.values.setdefault((fact.table, key), set()).add(value)

    def _named(self, table: str, conditions: Sequence[Condition]) -> Iterator[tuple[tuple[str, str], object]]:
        for of, condition in within(table, conditions):
            match condition:
                case OneOf(column, values) | NoneOf(column, values):
                    for value in values:
                        yield self._key(of, column), value
                case Bound(column, _, value):
                    yield self._key(of, column), value
                case _:
                    pass  # patterns are of texts, and those aren't drawn

    def _key(self, table: str, column: str) -> tuple[str, str]:
        """Return the table and column that the column ends at by foreign keys."""
        for _ in range(10):
            known = self.catalog.tables.get(table)
            target = known.references.get(column) if known else None
            if target is None:
                break
            table, column = target
        return table, column

    def of_keys(self) -> Mapping[str, frozenset[object]]:
        """Return the values by table, of primary keys only."""
        return {
            table: frozenset(values)
            for (table, column), values in self.values.items()
            if self.catalog.primary_key(table) == column
        }
