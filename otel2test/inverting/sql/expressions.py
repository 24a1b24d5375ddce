"""The parts of a statement that have a value: operands, columns and the tables they are of."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sqlglot import exp

from otel2test.inverting.statements import (
    UNKNOWN,
    ColumnRef,
    Computed,
    Const,
    Operand,
    Param,
    TableRef,
)

NAMED: Final = "otel2test_"
"""Beginning of the names that placeholders get before parsing."""


def _param(node: exp.Placeholder) -> Operand:
    name = str(node.this or "")
    if not name.startswith(NAMED):
        return UNKNOWN
    key = name.removeprefix(NAMED)
    return Param(int(key)) if key.isdecimal() else Param(key)


def operand(node: exp.Expr | None) -> Operand:
    node = bare(node)
    match node:
        case exp.Placeholder():
            return _param(node)
        case exp.Null():
            return Const(None)
        case exp.Boolean():
            return Const(bool(node.this))
        case exp.Literal():
            return Const(_literal(node))
        case exp.Neg() if isinstance(node.this, exp.Literal) and not node.this.is_string:
            value = _literal(node.this)
            return Const(-value if isinstance(value, (int, float)) else value)
        case None:
            return UNKNOWN
        case _:
            return Computed(node.sql())


def _literal(node: exp.Literal) -> object:
    text = str(node.this)
    if node.is_string:
        return text
    return int(text) if re.fullmatch(r"\d+", text) else float(text)


def bare(node: exp.Expr | None) -> exp.Expr | None:
    """Strip what doesn't change a value: parentheses, and casts such as PostgreSQL's ``%s::uuid``."""
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    return node


class Scope:
    """The tables of one SELECT, to resolve its columns."""

    def __init__(
        self,
        tables: Iterable[TableRef],
        prefix: str = "",
        derived: Mapping[str, Mapping[str, ColumnRef | None]] | None = None,
    ) -> None:
        self.tables = tuple(tables)
        self.prefix = prefix
        """Stands before the aliases of a subquery whose tables are taken into the query around it."""
        self.derived = derived or {}
        """Alias of a subquery in FROM → its columns, as columns of the tables in it."""
        self._aliases = {table.alias for table in self.tables}

    def column(self, node: exp.Expr | None) -> ColumnRef | None:
        node = bare(node)
        if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
            return None
        if node.table in self.derived:
            return self.derived[node.table].get(node.name)
        if node.table:
            own = self.prefix + node.table
            # What isn't one of this query's own tables is of the query around it.
            return ColumnRef(own if own in self._aliases else node.table, node.name)
        told = [columns[node.name] for columns in self.derived.values() if node.name in columns]
        if len(told) == 1:
            return told[0]
        if len(self.tables) == 1 and not self.derived:
            return ColumnRef(self.tables[0].alias, node.name)
        return None

    def columns(self, node: exp.Expr) -> Iterator[ColumnRef]:
        """Yield every column that stands somewhere in ``node``."""
        for column in node.find_all(exp.Column):
            ref = self.column(column)
            if ref:
                yield ref


def table_of(node: exp.Expr, *, outer: bool = False, prefix: str = "") -> TableRef | None:
    """Return the table that ``node`` names; None for anything else that can stand in its place."""
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        return TableRef(prefix + (node.alias or node.name), node.name, outer)
    return None


def source_of(tree: exp.Expr) -> exp.Expr | None:
    """Return the FROM clause."""
    source = tree.args.get("from_") or tree.args.get("from")
    return source if isinstance(source, exp.Expr) else None
