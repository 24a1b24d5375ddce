"""SELECT, executed → facts: rows seen, counted and missing, and how they were sorted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from otel2test.inverting.columns import Columns
from otel2test.inverting.conditions import (
    AnyOf,
    Bound,
    Condition,
    NoneOf,
    OneOf,
    Opaque,
    flattened,
    readable,
)
from otel2test.inverting.executions import Execution
from otel2test.inverting.facts import (
    Averaged,
    Complete,
    Counted,
    Fact,
    Join,
    Missing,
    NotInverted,
    Ordering,
    Seen,
    Summed,
    Window,
)
from otel2test.inverting.rooting import joined, root_of
from otel2test.inverting.statements import (
    ColumnRef,
    Comparison,
    Const,
    Equal,
    Operand,
    Output,
    Predicate,
    Same,
    Select,
    TableRef,
    Union,
    columns_of,
)


@dataclass(frozen=True, slots=True)
class Read(Execution):
    """One execution of one query."""

    @property
    def _cut(self) -> bool:
        return self.query.fetched is not None and self.query.fetched > len(self.query.rows)

    # --- rows

    def select(self, statement: Select) -> Iterator[Fact]:
        """Yield the facts of a query."""
        root = root_of(statement, self.catalog)
        of_rows = self._one_row_each(statement, root)
        if statement.aggregated:
            yield from self._aggregates(statement, of_rows=of_rows)
        if statement.aggregated and not of_rows:
            return
        conditions = self.rooted.conditions(statement, root)
        yield from self._rows(statement, root)
        yield from self._others(statement, root, conditions, of_rows=of_rows)
        if self._cut:
            kept = f"only {len(self.query.rows)} of {self.query.fetched} rows were kept"
            yield NotInverted(self.source, kept)

    def _others(
        self, statement: Select, root: TableRef, conditions: tuple[Condition, ...], *, of_rows: bool
    ) -> Iterator[Fact]:
        """Yield what a result says of rows that aren't in it."""
        if self._cut or not self.query.exhausted or not readable(conditions):
            return
        seen = len(self.query.rows)
        offset, limit = self._number(statement.offset), self._number(statement.limit)
        if not seen:
            if offset == 0:
                yield Missing(self.source, root.table, conditions)
            return
        if statement.grouped and not of_rows:
            return  # a value of the result may stand for any number of rows
        more = limit is None or seen >= limit if statement.limit is not None else False
        whole = not statement.limited or (not more and offset == 0)
        order: tuple[Ordering, ...] = ()
        if whole:
            yield Complete(self.source, root.table, conditions)
            if not self._tells_order(statement, root):
                order = tuple(self._order(statement, root))
        elif offset or self._tells_row(statement, root):
            order = tuple(self._order(statement, root))
        if order and offset is not None:
            yield Window(
                self.source, root.table, conditions, root.alias, seen, order, offset, more, not whole
            )

    def _tells_order(self, statement: Select, root: TableRef) -> bool:
        """Say whether the result tells by what its rows were sorted, as far as that is theirs."""
        told = {output.source for output in statement.outputs}
        return all(term.column in told for term in statement.ordered_by if term.column.alias == root.alias)

    def _one_row_each(self, statement: Select, root: TableRef) -> bool:
        """Say whether each group is one row of ``root``: it is grouped by what identifies it."""
        told = {
            output.source.column
            for output in statement.outputs
            if output.source and output.source.alias == root.alias
        }
        return statement.grouped and any(
            set(columns) <= told for columns in self.catalog.identities(root.table)
        )

    def _tells_row(self, statement: Select, root: TableRef) -> bool:
        return any(
            output.source is not None and output.source.alias == root.alias for output in statement.outputs
        )

    def _number(self, operand: Operand | None) -> int | None:
        """Return the value of LIMIT or OFFSET: 0 where there is none, None where it isn't known."""
        if operand is None:
            return 0
        known, value = self.params.value(operand)
        return value if known and isinstance(value, int) else None

    def _order(self, statement: Select, root: TableRef) -> Iterator[Ordering]:
        null_first = self.query.vendor not in _NULL_LAST
        for number, term in enumerate(statement.ordered_by):
            ref = term.column
            if ref.alias == root.alias and not term.counts:
                yield Ordering(ref.column, term.descending, null_first=null_first)
                continue
            on = (*statement.predicates, *statement.outer_predicates)
            links = [(mine, other) for mine, other in joined(on, ref.alias) if other.alias == root.alias]
            if term.counts:
                only = [part for part in on if any(each.alias == ref.alias for each in columns_of(part))]
                if number or len(links) != 1 or len(only) != 1:
                    return  # not all rows over there were counted, or only those of equal rows matter
                ((mine, other),) = links
                table = next(item.table for item in statement.tables if item.alias == ref.alias)
                yield Ordering(mine.column, term.descending, counted=table, key=other.column)
                continue
            if not links:
                return
            yield Ordering(ref.column, term.descending, links[0][1].column, null_first=null_first)

    def _rows(self, statement: Select, root: TableRef, extra: tuple[Condition, ...] = ()) -> Iterator[Fact]:
        own = {table.alias: self.rooted.own(statement, table) for table in statement.tables}
        own[root.alias] = flattened((*own[root.alias], *extra))
        joins = {table.alias: tuple(self._joins(statement, table)) for table in statement.tables}
        apart = self._apart(statement, root)
        columns = Columns(statement, self.params, self.catalog)
        for witness, row in enumerate(self.query.rows):
            present = columns.present(row)
            aliases = {table.alias for table, _ in present}
            for table, values in present:
                told = joins[table.alias] and tuple(
                    join for join in joins[table.alias] if join.alias in aliases and join.column not in values
                )
                shared = table.alias not in apart
                yield Seen(
                    self.source, table.table, values, witness, table.alias, told, own[table.alias], shared
                )

    def _apart(self, statement: Select, root: TableRef) -> set[str]:
        """Return the aliases of which each row of the result has one of its own, as inherited models have."""
        tables = {table.alias: table.table for table in statement.tables}
        found, waiting = {root.alias}, [root.alias]
        while waiting:
            alias = waiting.pop()
            identities = self.catalog.identities(tables[alias])
            for mine, other in joined(statement.predicates, alias):
                if (mine.column,) in identities and other.alias in tables and other.alias not in found:
                    found.add(other.alias)
                    waiting.append(other.alias)
        return found

    def _joins(self, statement: Select, table: TableRef) -> Iterator[Join]:
        for mine, other in joined((*statement.predicates, *statement.outer_predicates), table.alias):
            yield Join(mine.column, other.alias, other.column)

    # --- UNION

    def union(self, statement: Union) -> Iterator[Fact]:
        """Yield what a UNION tells: each row is of the branch whose constants it has."""
        rows = self.query.rows
        whole = self.query.exhausted and not self._cut and not statement.limited
        if not rows and whole:
            for branch in statement.branches:
                yield from self.select(branch)
            return
        if len({self._shape(branch) for branch in statement.branches}) == 1:
            # The same columns of the same table: a row satisfies the conditions of either branch.
            roots = [root_of(branch, self.catalog) for branch in statement.branches]
            either = tuple(
                self.rooted.conditions(branch, root)
                for branch, root in zip(statement.branches, roots, strict=True)
            )
            first = statement.branches[0]
            bare = replace(first, predicates=tuple(_joins_only(first.predicates)))
            yield from self._rows(bare, roots[0], (AnyOf(either),))
            if whole and readable((AnyOf(either),)):
                yield Complete(self.source, roots[0].table, flattened((AnyOf(either),)))
            return
        for row in rows:
            branches = [branch for branch in statement.branches if _may_be_of(branch, row)]
            if len(branches) != 1:
                yield NotInverted(
                    self.source, "a UNION of different tables, and no telling which row is of which"
                )
                return
        for branch in statement.branches:
            own = tuple(row for row in rows if _may_be_of(branch, row))
            part = replace(self.query, rows=own, fetched=None, exhausted=whole)
            yield from Read(part, self.source, self.catalog, self.params).select(branch)

    def _shape(self, branch: Select) -> tuple[object, ...]:
        tables = {table.alias: table.table for table in branch.tables}
        return tuple(
            (tables.get(output.source.alias), output.source.column) if output.source else output
            for output in branch.outputs
        )

    # --- aggregates

    def _aggregates(self, statement: Select, *, of_rows: bool) -> Iterator[Fact]:
        rows = self.query.rows
        if statement.grouped and not of_rows and not rows and self.query.exhausted and not statement.limited:
            yield from self._none(statement)
        columns = Columns(statement, self.params, self.catalog)
        for row in rows:
            known = columns.known(row)
            grouped = tuple(output.source for output in statement.outputs if output.source is not None)
            if statement.grouped and not of_rows:
                yield from self._group(statement, columns, known, row)
            for output, value in zip(statement.outputs, row, strict=False):
                if output.aggregate is not None:
                    yield from self._aggregate(statement, output, value, grouped, known)
                elif output.source is None and output.constant is None:
                    yield NotInverted(self.source, f"{output.name}: computed from several rows")

    def _none(self, statement: Select) -> Iterator[Fact]:
        root = root_of(statement, self.catalog)
        conditions = self.rooted.conditions(statement, root)
        if readable(conditions):
            yield Missing(self.source, root.table, conditions)

    def _group(
        self, statement: Select, columns: Columns, known: Mapping[ColumnRef, object], row: Sequence[object]
    ) -> Iterator[Fact]:
        """Yield the rows whose values the group has; those of LEFT JOINs only if they were selected."""
        for table in statement.tables:
            values = columns.values(table, known)
            selected = any(
                output.source is not None and output.source.alias == table.alias and value is not None
                for output, value in zip(statement.outputs, row, strict=False)
            )
            if selected:
                # Of the rows joined to it there is one at least; which of them, nobody knows.
                told = (
                    self.rooted.own(statement, table)
                    if table.outer
                    else self.rooted.conditions(replace(statement, filtered_groups=False), table)
                )
                yield Seen(self.source, table.table, values, _NO_WITNESS, table.alias, (), told, shared=True)

    def _aggregate(
        self,
        statement: Select,
        output: Output,
        value: object,
        grouped: Sequence[ColumnRef],
        known: Mapping[ColumnRef, object],
    ) -> Iterator[Fact]:
        tables = {table.alias: table for table in statement.tables}
        over = tables.get(output.over.alias) if output.over else None
        root = over or root_of(statement, self.catalog)
        if root.outer:
            # COUNT over a LEFT JOIN counts the rows of the joined table.
            statement = _inner(statement)
        group = tuple(Equal(ref, Const(known[ref])) for ref in grouped if ref in known)
        conditions = self.rooted.conditions(
            replace(
                statement,
                predicates=(*statement.predicates, *group, *output.only),
                filtered_groups=False,
            ),
            root,
        )
        column = output.over.column if output.over else None
        match output.aggregate:
            case "count" if isinstance(value, int):
                if value == 0 and readable(conditions):
                    yield Missing(self.source, root.table, conditions)
                else:
                    exact = readable(conditions)
                    yield Counted(self.source, root.table, conditions, value, exact)
            case "sum" if column is not None and readable(conditions):
                total = self.catalog.value(root.table, column, value)
                yield Summed(self.source, root.table, conditions, column, total)
            case "avg" if column is not None and readable(conditions):
                yield Averaged(self.source, root.table, conditions, column, value)
            case "max" | "min" if column is not None and readable(conditions):
                yield from self._extreme(output, root.table, column, conditions, value)
            case _:
                yield NotInverted(self.source, f"{output.name}: computed from several rows")

    def _extreme(
        self, output: Output, table: str, column: str, conditions: tuple[Condition, ...], value: object
    ) -> Iterator[Fact]:
        """One row has the greatest value, and none has a greater one."""
        if value is None:
            yield Missing(self.source, table, (*conditions, NoneOf(column, ())))
            return
        most = self.catalog.value(table, column, value)
        yield Counted(
            self.source, table, (*conditions, OneOf(column, (most,)), Opaque("at least")), 1, exact=False
        )
        operator: Comparison = ">" if output.aggregate == "max" else "<"
        yield Missing(self.source, table, (*conditions, Bound(column, operator, most)))


_NULL_LAST: Final = frozenset({"postgresql", "oracle"})
"""Where NULL is greater than any value."""
_NO_WITNESS: Final = -1
"""Of a row that a group was made of: which of them it is, nobody knows."""


def _inner(statement: Select) -> Select:
    """Return the query with every LEFT JOIN an INNER JOIN."""
    tables = tuple(replace(item, outer=False) for item in statement.tables)
    return replace(
        statement,
        tables=tables,
        predicates=(*statement.predicates, *statement.outer_predicates),
        outer_predicates=(),
    )


def _joins_only(predicates: Iterable[Predicate]) -> Iterator[Predicate]:
    return (part for part in predicates if isinstance(part, Same))


def _may_be_of(branch: Select, row: Sequence[object]) -> bool:
    return all(
        output.constant is None or output.constant.value == value
        for output, value in zip(branch.outputs, row, strict=False)
    )
