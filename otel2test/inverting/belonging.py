"""Rows that others can't be without: their part in a parent's table, and what a joining row joins.

What enters are the rows that are known by then; what leaves are the same and those that they belong to.
"""

from dataclasses import dataclass

from otel2test.inverting.completing import Completer
from otel2test.inverting.conditions import Related
from otel2test.inverting.entities import Entity, KeyOf, Rows, before
from otel2test.inverting.facts import Source
from otel2test.inverting.limits import Limits


@dataclass(frozen=True, slots=True)
class Belonging:
    """Finds the rows that others belong to, or makes them up."""

    rows: Rows
    completer: Completer
    limits: Limits

    def complete_inherited(self) -> None:
        """A row of an inherited model has a part in the parent's table, whether that was seen or not."""
        inherited = [
            (table, key, described.references[key])
            for table, described in self.rows.catalog.tables.items()
            if (key := described.primary_key) is not None and key in described.references
        ]
        for table, key, (parent, column) in inherited:
            related = Related(parent, ((key, column),))
            for row in list(self.rows.of(table)):
                if row.existed and not row.undone:
                    self._take_part(row, key, parent, column)
                    self.completer.relate(row, related, _source_of(row), 0)

    def _take_part(self, row: Entity, key: str, parent: str, column: str) -> None:
        """Let a row whose key nobody saw be one of those in the parent's table, if there are no others."""
        full = any(
            not limit.conditions and limit.until is None for limit in self.limits.of_table.get(parent, ())
        )
        if before(row, key) is not None or not (full or self.completer.attempt.rather_another()):
            return
        for part in self.completer.attempt.of(self.rows.of(parent)):
            known = before(part, column)
            if known is None or isinstance(known.value, KeyOf) or not part.existed:
                continue
            told = {key: known.value}
            source = _source_of(row)
            if not self.rows.clashes(row, told) and self.limits.allows(row, told, source):
                self.completer.learn(row, told, source)
                return

    def complete_links(self) -> None:
        """What joins two rows, and was only counted, joins rows that are there, as far as these may be."""
        for table, made in [*self.completer.made_up.items()]:
            described = self.rows.catalog.tables.get(table)
            if described is None or described.columns.keys() - described.references.keys() - {
                described.primary_key
            }:
                continue
            for row in list(made):
                for column, (target, theirs) in described.references.items():
                    # One that was deleted went with its row: where else it led, nobody read.
                    if not (row.undone or row.deleted) and before(row, column) is None:
                        self.completer.relate(row, Related(target, ((column, theirs),)), _source_of(row), 0)


def _source_of(row: Entity) -> Source:
    """Return the query by which the row was learnt of."""
    return row.reason or next((known.source for known in row.before.values()), Source("", 0))
