"""What each row of a result tells, or implies, of the columns of the statement's tables.

A result may have tens of thousands of rows: what they have in common is looked up once.
"""

from collections.abc import Iterator, Mapping, Sequence

from otel2test.inverting.catalog import Catalog, Column
from otel2test.inverting.statements import ColumnRef, Equal, In, Parameters, Predicate, Same, Select, TableRef


class Columns:
    """Reads the rows of one execution of a statement."""

    def __init__(self, statement: Select, params: Parameters, catalog: Catalog) -> None:
        self._catalog = catalog
        self._tables = statement.tables
        self._sources = tuple(output.source for output in statement.outputs)
        self._given = tuple(_given(statement.predicates, params))
        self._same = (_same(statement.predicates), _same(statement.outer_predicates))
        self._selected = {
            table.alias: {ref.column for ref in self._sources if ref is not None and ref.alias == table.alias}
            for table in statement.tables
            if table.outer
        }
        self._constants = tuple(value for _, value in self._given)
        # Where no column has the value of another, the rows differ in nothing but what they hold.
        self._places = None if any(self._same) else self._placed()

    def known(self, row: Sequence[object]) -> dict[ColumnRef, object]:
        """Return the raw value of each column that this row of the result tells or implies."""
        told = zip(self._sources, row, strict=False)
        known = {source: value for source, value in told if source is not None}
        for column, value in self._given:
            known.setdefault(column, value)
        # A LEFT JOIN's condition holds where its table has a row; where it hasn't, the row is
        # recognised by what came back, so that what spreads here does no harm.
        for same in self._same:
            _spread(same, known)
        return known

    def values(self, table: TableRef, known: Mapping[ColumnRef, object]) -> dict[str, object]:
        """Return column → value, as the program saw it, of one table."""
        return {
            ref.column: self._catalog.value(table.table, ref.column, value)
            for ref, value in known.items()
            if ref.alias == table.alias
        }

    def present(self, row: Sequence[object]) -> list[tuple[TableRef, dict[str, object]]]:
        """Return the tables of which the row of the result has a row, with the values of that one.

        Those of LEFT JOINs have one where some column of it came back that isn't NULL.
        """
        places = self._places
        if places is None or len(row) < len(self._sources):
            known = self.known(row)
            found = [(table, self.values(table, known)) for table in self._tables]
        else:
            aware = self._catalog.aware
            raw = (*row[: len(self._sources)], *self._constants) if self._constants else row
            found = [
                (
                    table,
                    {
                        name: column.to_python(raw[at], aware=aware) if column is not None else raw[at]
                        for name, column, at in places[table.alias]
                    },
                )
                for table in self._tables
            ]
        return [
            (table, values) for table, values in found if not table.outer or self._came_back(table, values)
        ]

    def _came_back(self, table: TableRef, values: Mapping[str, object]) -> bool:
        return any(values.get(column) is not None for column in self._selected[table.alias])

    def _placed(self) -> dict[str, list[tuple[str, Column | None, int]]]:
        """Return alias → columns, and where in a row their values stand; behind it, what was given."""
        at = {source: place for place, source in enumerate(self._sources) if source is not None}
        for place, (ref, _) in enumerate(self._given, len(self._sources)):
            at.setdefault(ref, place)
        tables = {table.alias: self._catalog.tables.get(table.table) for table in self._tables}
        places: dict[str, list[tuple[str, Column | None, int]]] = {alias: [] for alias in tables}
        for ref, place in at.items():
            if ref.alias in places:
                table = tables[ref.alias]
                column = table.columns.get(ref.column) if table is not None else None
                places[ref.alias].append((ref.column, column, place))
        return places


def _given(predicates: Sequence[Predicate], params: Parameters) -> Iterator[tuple[ColumnRef, object]]:
    """Yield the columns that have one value in every row, by what the statement asks."""
    for predicate in predicates:
        match predicate:
            case Equal(column, operand) | In(column, (operand,)):
                found, value = params.value(operand)
                if found:
                    yield column, value
            case _:
                pass


def _same(predicates: Sequence[Predicate]) -> tuple[Same, ...]:
    return tuple(predicate for predicate in predicates if isinstance(predicate, Same))


def _spread(same: Sequence[Same], known: dict[ColumnRef, object]) -> None:
    """Give columns the values of those that they are compared with."""
    for _ in range(len(same)):
        before = len(known)
        for predicate in same:
            for one, other in ((predicate.left, predicate.right), (predicate.right, predicate.left)):
                if one in known and other not in known and known[one] is not None:
                    known[other] = known[one]
        if len(known) == before:
            return
