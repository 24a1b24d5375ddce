"""INSERT, UPDATE and DELETE, parsed → understood."""

from collections.abc import Iterator
from typing import Literal

from sqlglot import exp

from otel2test.inverting.sql.expressions import Scope, bare, operand, source_of, table_of
from otel2test.inverting.sql.selects import predicate, predicates
from otel2test.inverting.statements import (
    Assignment,
    Cases,
    Chosen,
    Const,
    Delete,
    Equal,
    Insert,
    Operand,
    Predicate,
    Select,
    Shifted,
    Statement,
    TableRef,
    Unreadable,
    Update,
    Within,
    columns_of,
)


def insert(tree: exp.Insert) -> Statement:
    schema = tree.this
    table = table_of(schema.this if isinstance(schema, exp.Schema) else schema)
    if table is None:
        return Unreadable("an INSERT into something that isn't a table", writes=True)
    columns = tuple(item.name for item in schema.expressions) if isinstance(schema, exp.Schema) else ()
    unnested = _unnested(tree.expression)
    rows = (unnested,) if unnested is not None else _inserted_rows(tree.expression)
    if rows is None:
        return Unreadable("an INSERT from a query", writes=True)
    return Insert(
        table.table,
        columns,
        rows,
        columnwise=unnested is not None,
        returning=tuple(_returned_names(tree)),
        on_conflict=_on_conflict(tree),
    )


def _on_conflict(tree: exp.Insert) -> Literal["ignore", "update"] | None:
    conflict = tree.args.get("conflict")
    if conflict is not None and conflict.expressions:
        return "update"
    ignores = (
        conflict or tree.args.get("ignore") or str(tree.args.get("alternative") or "").upper() == "IGNORE"
    )
    return "ignore" if ignores else None


def _inserted_rows(source: exp.Expr | None) -> tuple[tuple[Operand, ...], ...] | None:
    match source:
        case exp.Values():
            return tuple(tuple(operand(item) for item in _row(row)) for row in source.expressions)
        case None:
            return ((),)
        case exp.Select() if not source_of(source):
            # bulk_create with ignored conflicts on SQLite: INSERT … SELECT %s, %s UNION ALL SELECT …
            return (tuple(operand(item) for item in source.expressions),)
        case exp.Union():
            left, right = _inserted_rows(source.left), _inserted_rows(source.right)
            return left + right if left is not None and right is not None else None
        case _:
            return None


def _unnested(source: exp.Expr | None) -> tuple[Operand, ...] | None:
    """``INSERT … SELECT * FROM UNNEST(%s, %s)``: how Django writes bulk inserts on PostgreSQL."""
    origin = source_of(source) if isinstance(source, exp.Select) else None
    unnest = origin.this if origin is not None else None
    unnest = unnest.this if isinstance(unnest, exp.Table) else unnest
    if not isinstance(unnest, exp.Unnest):
        return None
    return tuple(operand(item) for item in unnest.expressions)


def _row(row: exp.Expr) -> list[exp.Expr]:
    return (
        list(row.expressions)
        if isinstance(row, exp.Tuple)
        else [row.this if isinstance(row, exp.Paren) else row]
    )


def _returned_names(tree: exp.Expr) -> Iterator[str]:
    returning = tree.args.get("returning")
    for item in returning.expressions if returning else ():
        yield item.alias_or_name


def update(tree: exp.Update) -> Statement:
    table = table_of(tree.this)
    conditions = None if table is None or source_of(tree) else _conditions(tree, table)
    if table is None or conditions is None:
        return Unreadable("an UPDATE of more than one table", writes=True)
    scope = Scope([table])
    assignments = tuple(
        (item.left.name, _assigned(item.right, scope))
        for item in tree.expressions
        if isinstance(item, exp.EQ)
    )
    return Update(table, assignments, conditions)


def _assigned(node: exp.Expr, scope: Scope) -> Assignment:
    inner = bare(node)
    if isinstance(inner, exp.Case) and inner.this is None:
        cases = tuple(_case(branch, scope) for branch in inner.args["ifs"])
        known = tuple(case for case in cases if case is not None)
        if len(known) == len(cases) and operand(inner.args.get("default") or exp.Null()) == Const(None):
            return Cases(known)
        return Chosen(
            tuple(
                (predicates(branch.this, scope), _value(branch.args["true"], scope))
                for branch in inner.args["ifs"]
            ),
            _column(inner.args.get("default"), scope) or _value(inner.args.get("default"), scope),
        )
    return _value(node, scope)


def _value(node: exp.Expr | None, scope: Scope) -> Operand | Shifted:
    inner = bare(node)
    if isinstance(inner, (exp.Add, exp.Sub)):
        column = scope.column(inner.left)
        if column:
            return Shifted(column.column, operand(inner.right), 1 if isinstance(inner, exp.Add) else -1)
    return Const(None) if node is None else operand(node)


def _column(node: exp.Expr | None, scope: Scope) -> Shifted | None:
    """``ELSE column``: what the column has, it keeps."""
    column = scope.column(node)
    return Shifted(column.column, Const(0), 1) if column else None


def _case(branch: exp.Expr, scope: Scope) -> tuple[Equal, Operand] | None:
    condition = predicate(bare(branch.this) or branch.this, scope)
    return (condition, operand(branch.args["true"])) if isinstance(condition, Equal) else None


def delete(tree: exp.Delete) -> Statement:
    table = table_of(tree.this)
    named = [item.alias_or_name for item in tree.args.get("tables") or ()]
    alone = table is not None and named in ([], [table.alias]) and not tree.args.get("using")
    conditions = _conditions(tree, table) if table is not None and alone else None
    if table is None or conditions is None:
        return Unreadable("a DELETE from more than one table", writes=True)
    return Delete(table, conditions)


def _conditions(tree: exp.Update | exp.Delete, table: TableRef) -> tuple[Predicate, ...] | None:
    """Return what holds of the rows hit; those of joined tables (MySQL) are rows that have to be there too.

    None where more than inner joins of tables is written.
    """
    joins = tree.this.args.get("joins") or ()
    joined = [table_of(join.this) for join in joins if join.side == "" and not join.args.get("using")]
    others = tuple(item for item in joined if item is not None)
    if len(others) < len(joins):
        return None
    scope = Scope([table, *others])
    written = predicates(tree.args.get("where"), scope)
    if not others:
        return written
    on = tuple(part for join in joins for part in predicates(join.args.get("on"), scope))
    own = [part for part in written if all(ref.alias == table.alias for ref in columns_of(part))]
    over_there = tuple(part for part in (*on, *written) if part not in own)
    return (*own, Within(None, Select(others, (), over_there)))
