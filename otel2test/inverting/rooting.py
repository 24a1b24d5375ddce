"""A SELECT, seen from one of its tables: which of its rows the result is made of.

The *root* is the table of which each row of the result has a row of its own; the other
tables are reached from it, most by foreign keys. All conditions are said of the root's row.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from otel2test.inverting.catalog import Catalog
from otel2test.inverting.conditions import (
    AnyOf,
    Bound,
    Condition,
    NoneOf,
    OneOf,
    Opaque,
    Related,
    Text,
    denied,
    flattened,
)
from otel2test.inverting.statements import (
    ColumnRef,
    Compared,
    Differs,
    Equal,
    In,
    Like,
    NotNull,
    Operand,
    Or,
    Other,
    Predicate,
    Same,
    Select,
    TableRef,
    Within,
    columns_of,
)

ValueOf = Callable[[str, str, Operand], "tuple[bool, object]"]
"""(table, column, operand) → whether its value is known, and the value."""


def root_of(statement: Select, catalog: Catalog) -> TableRef:
    """Return the table from which all inner-joined ones are reached by what identifies their rows."""
    for by_constants in (False, True):
        for table in statement.tables:
            if not table.outer and _reaches_all(statement, table, catalog, by_constants=by_constants):
                return table
    return statement.tables[0]


def _reaches_all(statement: Select, root: TableRef, catalog: Catalog, *, by_constants: bool) -> bool:
    reached = {root.alias}
    inner = [table for table in statement.tables if not table.outer]
    for _ in inner:
        for table in inner:
            on = tuple(
                mine.column
                for mine, other in joined(statement.predicates, table.alias)
                if other.alias in reached
            )
            known = on + (_constants(statement.predicates, table) if by_constants else ())
            if on and any(set(columns) <= set(known) for columns in catalog.identities(table.table)):
                reached.add(table.alias)
    return len(reached) == len(inner)


def _constants(predicates: Sequence[Predicate], table: TableRef) -> tuple[str, ...]:
    return tuple(
        part.column.column
        for part in predicates
        if isinstance(part, Equal) and part.column.alias == table.alias
    )


def joined(predicates: Iterable[Predicate], alias: str) -> Iterator[tuple[ColumnRef, ColumnRef]]:
    """Yield (column of ``alias``, another table's column) for each equality between the two."""
    for part in predicates:
        if isinstance(part, Same):
            for mine, other in ((part.left, part.right), (part.right, part.left)):
                if mine.alias == alias != other.alias:
                    yield mine, other


@dataclass(frozen=True, slots=True)
class Rooted:
    """Turns the predicates of one execution into conditions of a table's row."""

    catalog: Catalog
    value: ValueOf
    vendor: str
    """Databases differ in whether they tell upper case from lower case."""

    def conditions(self, statement: Select, root: TableRef) -> tuple[Condition, ...]:
        """Return what a row of ``root`` satisfies that the result has a row of."""
        tables = {table.alias: table for table in statement.tables}
        predicates = (*statement.predicates, *_passed_on(statement.predicates))
        everywhere = (*predicates, *statement.outer_predicates)
        found = self._of(root, tables, predicates, everywhere, frozenset({root.alias}))
        hidden = (Opaque("HAVING"),) if statement.filtered_groups else ()
        return flattened((*found, *hidden))

    def own(self, statement: Select, table: TableRef) -> tuple[Condition, ...]:
        """Return what ``table``'s row alone must satisfy, but for equalities with one value."""
        tables = {item.alias: item for item in statement.tables}
        outer = {item.alias for item in statement.tables if item.outer}
        everywhere = (*statement.predicates, *statement.outer_predicates)
        return flattened(
            condition
            for part in statement.predicates
            if self._home(part, statement, outer) == table.alias
            and not (_one_value(part) and columns_of(part)[0].alias == table.alias)
            for condition in self._one(part, table, tables, everywhere)
        )

    def _home(self, part: Predicate, statement: Select, outer: set[str]) -> str:
        """Return the table that a condition is said of: its own, or the root if that may have no row."""
        if isinstance(part, (Same, Other)):
            return ""
        aliases = {ref.alias for ref in columns_of(part)}
        if len(aliases) == 1 and not aliases & outer:
            return aliases.pop()
        return root_of(statement, self.catalog).alias

    def of_table(self, predicates: Sequence[Predicate], table: TableRef) -> tuple[Condition, ...]:
        """Return the conditions of a write, which has one table."""
        return flattened(
            condition
            for part in predicates
            for condition in self._one(part, table, {table.alias: table}, predicates)
        )

    def _of(
        self,
        table: TableRef,
        tables: dict[str, TableRef],
        predicates: Sequence[Predicate],
        everywhere: Sequence[Predicate],
        seen: frozenset[str],
    ) -> Iterator[Condition]:
        """Yield what holds of ``table``'s row, the tables joined to it included; not those in ``seen``."""
        inner = {alias: item for alias, item in tables.items() if not item.outer}
        branches = self._branches(table, inner, predicates, seen)
        below = {alias: child for child, aliases in branches.items() for alias in aliases}
        for part in predicates:
            homes = {below.get(ref.alias, "") for ref in columns_of(part)}
            if isinstance(part, Same) and (part.left.alias in below or part.right.alias in below):
                if part.left.alias in below and part.right.alias in below and len(homes) > 1:
                    yield Opaque("joined in a circle")
                continue
            if len(homes) == 1 and homes != {""}:
                continue
            if any(ref.alias in seen and ref.alias != table.alias for ref in columns_of(part)):
                continue
            yield from self._one(part, table, tables, everywhere)
        for child, aliases in branches.items():
            on = tuple(
                (other.column, mine.column)
                for mine, other in joined(predicates, child)
                if other.alias == table.alias
            )
            within = [
                part
                for part in predicates
                if columns_of(part) and all(ref.alias in aliases for ref in columns_of(part))
            ]
            conditions = tuple(self._of(tables[child], tables, within, everywhere, seen | {child}))
            yield from self._joined_row(table, Related(tables[child].table, on, conditions))

    def _joined_row(self, table: TableRef, related: Related) -> Iterator[Condition]:
        """Yield what it takes to have such a row; a foreign key always has one."""
        described = self.catalog.tables.get(table.table)
        (mine, theirs), *more = related.on or (("", ""),)
        about_key = all(isinstance(item, OneOf) and item.column == theirs for item in related.conditions)
        if (
            more
            or described is None
            or described.references.get(mine) != (related.table, theirs)
            or not about_key
        ):
            yield related
            return
        # Equalities with the key over there were passed on to the foreign key.
        column = described.columns.get(mine)
        if column is not None and column.null and not related.conditions:
            yield NoneOf(mine, ())

    def _branches(
        self,
        table: TableRef,
        inner: dict[str, TableRef],
        predicates: Sequence[Predicate],
        seen: frozenset[str],
    ) -> dict[str, set[str]]:
        """Return each table joined to this one, with the aliases that are reached through it."""
        owner: dict[str, str] = {}
        frontier = [table.alias]
        while frontier:
            alias = frontier.pop(0)
            for _, other in joined(predicates, alias):
                if other.alias in inner and other.alias not in seen and other.alias not in owner:
                    owner[other.alias] = owner.get(alias, other.alias)
                    frontier.append(other.alias)
        branches: dict[str, set[str]] = {}
        for alias, child in owner.items():
            branches.setdefault(child, set()).add(alias)
        return branches

    # --- one predicate

    def _one(
        self,
        part: Predicate,
        table: TableRef,
        tables: dict[str, TableRef],
        everywhere: Sequence[Predicate],
    ) -> Iterator[Condition]:
        """Yield the condition on ``table``'s row that is meant by a predicate."""
        match part:
            case Or(branches):
                yield AnyOf(
                    tuple(
                        flattened(
                            condition
                            for item in branch
                            for condition in self._one(item, table, tables, everywhere)
                        )
                        for branch in branches
                    )
                )
            case Within(column, query, negated) if column is None or column.alias == table.alias:
                yield self._subquery(column, query, negated=negated, table=table)
            case Same(left, right) if left.alias == right.alias == table.alias:
                yield Opaque("two columns of one row")
            case Same(left, right) if left.alias in tables and right.alias in tables:
                yield Opaque("a join")
            case Same():
                pass  # how a subquery goes together with the query around it
            case Other(text):
                yield Opaque(text)
            case _:
                yield self._simple(part, table, tables, everywhere)

    def _simple(
        self,
        part: Predicate,
        table: TableRef,
        tables: dict[str, TableRef],
        everywhere: Sequence[Predicate],
    ) -> Condition:
        (ref, *_) = columns_of(part)
        home = tables.get(ref.alias)
        if home is None:
            return Opaque("a column of a query around this one")
        if home is table or home.alias == table.alias:
            return self._on_column(part, home)
        return self._elsewhere(part, table, home, tables, everywhere)

    def _elsewhere(
        self,
        part: Predicate,
        table: TableRef,
        home: TableRef,
        tables: dict[str, TableRef],
        everywhere: Sequence[Predicate],
    ) -> Condition:
        """Return a condition on a column of another table, by the joins that lead there."""
        path = _path(table.alias, home.alias, everywhere)
        if not path:
            return Opaque(f"a column of {home.table}")
        missing = (
            home.outer
            and isinstance(part, Equal)
            and self.value(home.table, part.column.column, part.value) == (True, None)
        )
        # "No row over there": a LEFT JOIN that came back NULL.
        condition = self._on_column(part, home)
        conditions: tuple[Condition, ...] = () if missing else (condition,)
        for near, far in reversed(path):
            on = tuple(
                (other.column, mine.column) for mine, other in joined(everywhere, far) if other.alias == near
            )
            conditions = (Related(tables[far].table, on, conditions, negated=False),)
        (outermost,) = conditions
        if missing and isinstance(outermost, Related):
            absent = Related(outermost.table, outermost.on, outermost.conditions, negated=True)
            described = self.catalog.tables.get(home.table)
            column = (
                described.columns.get(part.column.column) if described and isinstance(part, Equal) else None
            )
            if column is None or not column.null or len(path) > 1:
                return absent
            return AnyOf(((absent,), (replace(outermost, conditions=(condition,)),)))
        return outermost

    def _on_column(self, part: Predicate, table: TableRef) -> Condition:
        match part:
            case Equal(column, operand):
                operands: tuple[Operand, ...] = (operand,)
            case In(column, operands) | Differs(column, operands):
                pass
            case NotNull(column):
                operands = ()
            case Compared(column, _, operand) | Like(column, operand):
                operands = (operand,)
            case _:
                return Opaque("a condition on several columns")
        found = [self.value(table.table, column.column, item) for item in operands]
        if not all(known for known, _ in found):
            return Opaque(column.column)
        values = tuple(value for _, value in found)
        match part:
            case Equal() | In():
                return OneOf(column.column, values, self._by_case(values))
            case Differs() | NotNull():
                return NoneOf(column.column, values, self._by_case(values))
            case Compared(_, operator):
                return Bound(column.column, operator, values[0], self._by_case(values))
            case Like(_, _, sensitive, whole, negated) if isinstance(values[0], str):
                by_case = sensitive and self.vendor != "sqlite"
                return Text(column.column, values[0], by_case, whole, negated)
            case _:
                return Opaque(column.column)

    def _by_case(self, values: Sequence[object]) -> bool:
        """MySQL's collations, but for those asked for by name, compare texts without regard to case."""
        return self.vendor != "mysql" or not any(isinstance(value, str) for value in values)

    def _subquery(
        self, column: ColumnRef | None, query: Select, *, negated: bool, table: TableRef
    ) -> Condition:
        told = query.outputs[0] if query.outputs and column else None
        source = (told.source or told.spells) if told else None
        if query.aggregated or (column is not None and (source is None or query.limited)):
            return Opaque("a subquery")
        tables = {item.alias: item for item in query.tables}
        on: list[tuple[str, str]] = []
        if column is not None and source is not None:
            on.append((column.column, source.column))
        outside = [
            (inner, outer)
            for alias in tables
            for inner, outer in joined(query.predicates, alias)
            if outer.alias not in tables
        ]
        root = tables[source.alias] if source else tables.get(outside[0][0].alias) if outside else None
        root = root or root_of(query, self.catalog)
        if any(inner.alias != root.alias or outer.alias != table.alias for inner, outer in outside):
            return Opaque("a subquery that is joined in two places")
        on += [(outer.column, inner.column) for inner, outer in outside]
        return self._same_row(
            Related(root.table, tuple(on), self.conditions(query, root), negated=negated), table
        )

    def _same_row(self, related: Related, table: TableRef) -> Condition:
        """``id IN (SELECT id FROM the same table …)`` is a condition on the row itself."""
        identities = self.catalog.identities(table.table)
        mine = tuple(column for column, _ in related.on)
        same = related.table == table.table and all(one == other for one, other in related.on)
        if same and mine in identities:
            return denied(related.conditions) if related.negated else AnyOf((related.conditions,))
        return related


def _one_value(part: Predicate) -> bool:
    return isinstance(part, Equal) or (isinstance(part, In) and len(part.values) == 1)


def _passed_on(predicates: Sequence[Predicate]) -> Iterator[Predicate]:
    """Yield what equalities with values say of the columns that equal theirs."""
    values = {part.column: part for part in predicates if isinstance(part, (Equal, In))}
    waiting = list(values)
    while waiting:
        known = waiting.pop()
        for part in predicates:
            if isinstance(part, Same) and known in {part.left, part.right}:
                other = part.right if known == part.left else part.left
                if other not in values:
                    values[other] = replace(values[known], column=other)
                    yield values[other]
                    waiting.append(other)


def _path(start: str, end: str, predicates: Sequence[Predicate]) -> list[tuple[str, str]]:
    """Return the joins that lead from one table to another, nearest first."""
    came_from: dict[str, str] = {start: ""}
    frontier = [start]
    while frontier and end not in came_from:
        alias = frontier.pop(0)
        for _, other in joined(predicates, alias):
            if other.alias not in came_from:
                came_from[other.alias] = alias
                frontier.append(other.alias)
    if end not in came_from:
        return []
    path: list[tuple[str, str]] = []
    while end != start:
        path.append((came_from[end], end))
        end = came_from[end]
    return path[::-1]
