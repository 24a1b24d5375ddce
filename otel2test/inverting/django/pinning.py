"""Rows whose keys a test gives, as something would be else with the keys that the database draws.

Such a key stands in the request or in what came of it, a query named one that no row had, or rows
are sorted by keys in an order in which they can't be made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from otel2test.inverting.django.models import Models
from otel2test.inverting.django.rows import Row, Visible, is_looked_up
from otel2test.reading.exchanges import Model


@dataclass(frozen=True, slots=True)
class Pins:
    """Pins the keys of rows."""

    models: Models
    visible: Visible
    named_keys: Mapping[str, frozenset[object]]
    """Table → keys that queries named."""

    def pin_named(self, all_rows: Sequence[Row]) -> None:
        """Pin the keys that are seen somewhere, and those of rows that might get one that is asked for."""
        tables: dict[str, list[Row]] = {}
        for row in all_rows:
            if is_looked_up(row):
                continue
            tables.setdefault(self.models.root(row.model).table, []).append(row)
        for table, rows in tables.items():
            keys = [row.key() for row in rows]
            # One pinned key pins all of its table: the database might give it to another row.
            if any(map(self.visible.evidence.mentions, keys)) or self._may_draw(table, keys):
                for row in rows:
                    row.pinned = True

    def _may_draw(self, table: str, keys: Sequence[object]) -> bool:
        """Say whether the database might give a row a key that a query named, but that no row had."""
        had = {key for key in keys if isinstance(key, int)}
        named = self.named_keys.get(table, frozenset()) - had
        counts_anew = set(self.models.schema.databases.values()) == {"sqlite"}
        return any(
            isinstance(key, int) and key > 0 and (key <= len(keys) or not counts_anew) for key in named
        )

    def pin_unsorted(self, rows: Sequence[Row]) -> None:
        """Pin the keys by which a query sorted rows that can't be made in their order."""
        tables: dict[str, list[Row]] = {}
        by_key = {
            id(row.model): any(map(self._is_sorted_by_key, self.models.lineage(row.model)))
            for row in {id(row.model): row for row in rows}.values()
        }
        for row in rows:
            if by_key[id(row.model)]:
                tables.setdefault(self.models.root(row.model).table, []).append(row)
        for same in tables.values():
            keys = [key for row in same if isinstance(key := row.key(), int)]
            if keys != sorted(keys):
                for row in same:
                    row.pinned = True

    def _is_sorted_by_key(self, model: Model) -> bool:
        key = self.models.primary_key(model)
        own = self.models.parent(model)
        columns = [item.column for item in (key, own[1] if own else None) if item is not None]
        return any((model.table, column) in self.visible.sorting for column in columns)
