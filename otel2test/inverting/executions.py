"""One execution of one statement: its parameters, as values that the program saw."""

from dataclasses import dataclass

from otel2test.inverting.catalog import Catalog
from otel2test.inverting.facts import Source
from otel2test.inverting.rooting import Rooted
from otel2test.inverting.statements import Operand, Parameters
from otel2test.reading.exchanges import Query


@dataclass(frozen=True, slots=True)
class Execution:
    """What reading and writing statements have in common."""

    query: Query
    source: Source
    catalog: Catalog
    params: Parameters

    def value(self, table: str, column: str, operand: Operand) -> tuple[bool, object]:
        """Return whether the operand's value is known, and the value as the program saw it."""
        known, raw = self.params.value(operand)
        return known, self.catalog.value(table, column, raw) if known else None

    @property
    def rooted(self) -> Rooted:
        """What turns predicates into conditions, with the values of this execution."""
        return Rooted(self.catalog, self.value, self.query.vendor)
