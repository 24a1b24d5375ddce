"""SQL text → :class:`~otel2test.inverting.statements.Statement`.

The only module that knows sqlglot. It reads the SQL that Django's ORM writes, and
hand-written SQL as far as its conditions are a conjunction. What it can't read is
returned as :class:`~otel2test.inverting.statements.Unreadable`, never raised.

Placeholders are put in place before parsing: ``%s``, ``%(name)s`` and ``?`` all become
named ones, so that one statement text has one analysis whatever it was called with.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, Literal

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from otel2test.inverting.statements import (
    UNKNOWN,
    Cases,
    ColumnRef,
    Computed,
    Const,
    Delete,
    Equal,
    Harmless,
    In,
    Insert,
    NotNull,
    Operand,
    Other,
    Output,
    Param,
    Predicate,
    Same,
    Select,
    Shifted,
    Statement,
    TableRef,
    Transaction,
    Unreadable,
    Update,
)

# sqlglot logs what it can't parse; that is said in the result instead.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

_DIALECTS: Final = {"sqlite": "sqlite", "postgresql": "postgres", "mysql": "mysql", "oracle": "oracle"}

_PLACEHOLDER: Final = re.compile(r"%%|%s|%\((\w+)\)s")
_NAMED: Final = "otel2test_"

_TRANSACTION: Final = re.compile(
    r"\s*(?:(?P<begin>BEGIN|START\s+TRANSACTION)\b.*"
    r"|(?P<release>RELEASE)\s+(?:SAVEPOINT\s+)?(?P<released>\S+)"
    r"|(?P<rollback_to>ROLLBACK)\s+TO\s+(?:SAVEPOINT\s+)?(?P<target>\S+)"
    r"|(?P<savepoint>SAVEPOINT)\s+(?P<saved>\S+)"
    r"|(?P<commit>COMMIT|END)\b.*"
    r"|(?P<rollback>ROLLBACK)\b.*)\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)
_HARMLESS: Final = re.compile(r"\s*(?:PRAGMA|SET|SHOW|EXPLAIN|ANALYZE|VACUUM|LOCK)\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def analyse(sql: str, vendor: str, *, has_params: bool = True) -> Statement:
    """Return what ``sql`` means in the dialect of ``vendor`` (``sqlite``, ``postgresql``, ``mysql``)."""
    transaction = _transaction(sql)
    if transaction is not None:
        return transaction
    if _HARMLESS.match(sql):
        return Harmless()
    try:
        tree = sqlglot.parse_one(
            _named_placeholders(sql) if has_params else sql, dialect=_DIALECTS.get(vendor)
        )
    except (SqlglotError, RecursionError) as error:
        return Unreadable(f"not understood: {_first_line(error)}", writes=not _reads(sql))
    _name_question_marks(tree)
    match tree:
        case exp.Select():
            return _select(tree)
        case exp.Insert():
            return _insert(tree)
        case exp.Update():
            return _update(tree)
        case exp.Delete():
            return _delete(tree)
        case exp.SetOperation():
            return Unreadable("a set operation (UNION, EXCEPT, INTERSECT)")
        case _:
            return Unreadable(f"a statement of kind {type(tree).__name__.upper()}", writes=not _reads(sql))


def _transaction(sql: str) -> Transaction | None:
    match = _TRANSACTION.fullmatch(sql)
    if match is None:
        return None
    name = next((match[group] for group in ("released", "target", "saved") if match[group]), "")
    for action in ("begin", "savepoint", "release", "rollback_to", "commit", "rollback"):
        if match[action]:
            return Transaction(action, name.strip('"`;'))
    return None


def _reads(sql: str) -> bool:
    return sql.lstrip(" (\n\t").upper().startswith(("SELECT", "WITH", "VALUES"))


def _first_line(error: Exception) -> str:
    lines = re.sub(r"\x1b\[\d*m", "", str(error)).splitlines()
    return lines[0] if lines else type(error).__name__


def _named_placeholders(sql: str) -> str:
    count = 0

    def name(match: re.Match[str]) -> str:
        nonlocal count
        if match[0] == "%%":
            return "%"
        if match[1]:
            return f":{_NAMED}{match[1]}"
        count += 1
        return f":{_NAMED}{count - 1}"

    return _PLACEHOLDER.sub(name, sql)


def _name_question_marks(tree: exp.Expr) -> None:
    # Raw SQLite cursors take "?"; breadth-first order is not textual order, hence dfs.
    marks = [node for node in tree.dfs() if isinstance(node, exp.Placeholder) and not node.this]
    for index, mark in enumerate(marks):
        mark.set("this", f"{_NAMED}{index}")


# --- operands and columns -------------------------------------------------------------------


def _param(node: exp.Placeholder) -> Operand:
    name = str(node.this or "")
    if not name.startswith(_NAMED):
        return UNKNOWN
    key = name.removeprefix(_NAMED)
    return Param(int(key)) if key.isdecimal() else Param(key)


def _operand(node: exp.Expr | None) -> Operand:
    node = _bare(node)
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


def _bare(node: exp.Expr | None) -> exp.Expr | None:
    """Strip what doesn't change a value: parentheses, and casts such as PostgreSQL's ``%s::uuid``."""
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    return node


class _Scope:
    """The tables of one SELECT, to resolve columns that carry no alias."""

    def __init__(self, tables: Iterable[TableRef]) -> None:
        self.tables = tuple(tables)

    def column(self, node: exp.Expr | None) -> ColumnRef | None:
        node = _bare(node)
        if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
            return None
        alias = node.table or (self.tables[0].alias if len(self.tables) == 1 else "")
        return ColumnRef(alias, node.name) if alias else None


# --- predicates -----------------------------------------------------------------------------


def _conjuncts(node: exp.Expr | None) -> Iterator[exp.Expr]:
    node = node.this if isinstance(node, (exp.Where, exp.Paren)) else node
    if node is None:
        return
    if isinstance(node, exp.And):
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    elif isinstance(node, exp.Paren):
        yield from _conjuncts(node.this)
    else:
        yield node


def _predicates(node: exp.Expr | None, scope: _Scope) -> tuple[Predicate, ...]:
    return tuple(_predicate(part, scope) for part in _conjuncts(node))


def _predicate(node: exp.Expr, scope: _Scope) -> Predicate:
    match node:
        case exp.EQ():
            left, right = scope.column(node.left), scope.column(node.right)
            if left and right:
                return Same(left, right)
            if left:
                return Equal(left, _operand(node.right))
            if right:
                return Equal(right, _operand(node.left))
        case exp.Is():
            column = scope.column(node.left)
            if column and isinstance(node.right, exp.Null):
                return Equal(column, Const(None))
        case exp.Not(this=exp.Is() as inner):
            column = scope.column(inner.left)
            if column and isinstance(inner.right, exp.Null):
                return NotNull(column)
        case exp.Not():
            # NOT column: how Django writes "boolean is false" on SQLite and PostgreSQL.
            column = scope.column(node.this)
            if column:
                return Equal(column, Const(False))
        case exp.In() if not node.args.get("query") and node.expressions:
            column = scope.column(node.this)
            if column:
                return In(column, tuple(_operand(item) for item in node.expressions))
        case exp.Column():
            column = scope.column(node)
            if column:
                return Equal(column, Const(True))
        case _:
            pass
    return Other(node.sql(), tuple(_columns(node, scope)))


def _columns(node: exp.Expr, scope: _Scope) -> Iterator[ColumnRef]:
    for column in node.find_all(exp.Column):
        ref = scope.column(column)
        if ref:
            yield ref


# --- statements -----------------------------------------------------------------------------


def _table(node: exp.Expr, *, outer: bool = False) -> TableRef | None:
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        return TableRef(node.alias or node.name, node.name, outer)
    return None


def _select(tree: exp.Select) -> Statement:
    if tree.args.get("with_") or tree.args.get("with"):
        return Unreadable("a common table expression (WITH)")
    source = _from(tree)
    if source is None:
        return Unreadable("a SELECT of subqueries") if tree.find(exp.Table) else Harmless()
    first = _table(source.this)
    counted = _counted_subquery(tree, source.this)
    if counted is not None:
        return counted
    if first is None:
        return Unreadable("rows of a subquery")
    tables = [first]
    joins: list[tuple[exp.Join, TableRef]] = []
    for join in tree.args.get("joins") or ():
        side = join.side.upper()
        table = _table(join.this, outer=side in {"LEFT", "FULL"})
        if table is None:
            return Unreadable("a join with a subquery")
        if side in {"RIGHT", "FULL"}:
            tables = [TableRef(item.alias, item.table, outer=True) for item in tables]
        tables.append(table)
        joins.append((join, table))
    scope = _Scope(tables)
    inner: list[Predicate] = []
    outer: list[Predicate] = []
    for join, table in joins:
        (outer if table.outer or tables[0].outer else inner).extend(_predicates(join.args.get("on"), scope))
    inner.extend(_predicates(tree.args.get("where"), scope))
    grouped = bool(tree.args.get("group") or tree.args.get("distinct"))
    aggregated = any(_aggregates(item) for item in tree.expressions)
    order = tree.args.get("order")
    return Select(
        tables=tuple(tables),
        outputs=tuple(_output(item, scope) for item in tree.expressions),
        predicates=tuple(inner),
        outer_predicates=tuple(outer),
        grouped=grouped,
        aggregated=aggregated,
        limited=bool(tree.args.get("limit") or tree.args.get("offset")),
        offset=bool(tree.args.get("offset")),
        ordered_by=tuple(_order_columns(order, scope)) if order else (),
    )


def _counted_subquery(tree: exp.Select, source: exp.Expr) -> Statement | None:
    """``SELECT COUNT(*) FROM (SELECT …) subquery``: Django's count of a sliced or distinct query set."""
    if not isinstance(source, exp.Subquery) or not isinstance(source.this, exp.Select):
        return None
    if len(tree.expressions) != 1 or not _is_count(tree.expressions[0]):
        return None
    inner = _select(source.this)
    if not isinstance(inner, Select) or inner.limited or tree.args.get("where"):
        return None
    output = Output(tree.expressions[0].alias_or_name, None, count=True)
    return Select(inner.tables, (output,), inner.predicates, inner.outer_predicates, aggregated=True)


def _output(item: exp.Expr, scope: _Scope) -> Output:
    inner = item.this if isinstance(item, exp.Alias) else item
    counted = scope.column(inner.this) if isinstance(inner, exp.Count) else None
    return Output(item.alias_or_name, scope.column(inner), count=_is_count(item), counted=counted)


def _is_count(item: exp.Expr) -> bool:
    inner = item.this if isinstance(item, exp.Alias) else item
    return isinstance(inner, exp.Count) and isinstance(inner.this, (exp.Star, exp.Literal, exp.Column))


def _aggregates(item: exp.Expr) -> bool:
    return any(
        not isinstance(node.parent, exp.Window) and not node.find_ancestor(exp.Subquery)
        for node in item.find_all(exp.AggFunc)
    )


def _order_columns(order: exp.Expr, scope: _Scope) -> Iterator[ColumnRef]:
    for item in order.expressions:
        column = scope.column(item.this if isinstance(item, exp.Ordered) else item)
        if column:
            yield column


def _insert(tree: exp.Insert) -> Statement:
    schema = tree.this
    table = _table(schema.this if isinstance(schema, exp.Schema) else schema)
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


def _from(tree: exp.Expr) -> exp.Expr | None:
    source = tree.args.get("from_") or tree.args.get("from")
    return source if isinstance(source, exp.Expr) else None


def _inserted_rows(source: exp.Expr | None) -> tuple[tuple[Operand, ...], ...] | None:
    match source:
        case exp.Values():
            return tuple(tuple(_operand(item) for item in _row(row)) for row in source.expressions)
        case None:
            return ((),)
        case exp.Select() if not _from(source):
            # bulk_create with ignored conflicts on SQLite: INSERT … SELECT %s, %s UNION ALL SELECT …
            return (tuple(_operand(item) for item in source.expressions),)
        case exp.Union():
            left, right = _inserted_rows(source.left), _inserted_rows(source.right)
            return left + right if left is not None and right is not None else None
        case _:
            return None


def _unnested(source: exp.Expr | None) -> tuple[Operand, ...] | None:
    """``INSERT … SELECT * FROM UNNEST(%s, %s)``: how Django writes bulk inserts on PostgreSQL."""
    origin = _from(source) if isinstance(source, exp.Select) else None
    unnest = origin.this if origin is not None else None
    unnest = unnest.this if isinstance(unnest, exp.Table) else unnest
    if not isinstance(unnest, exp.Unnest):
        return None
    return tuple(_operand(item) for item in unnest.expressions)


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


def _update(tree: exp.Update) -> Statement:
    table = _table(tree.this)
    if table is None or _from(tree):
        return Unreadable("an UPDATE of more than one table", writes=True)
    scope = _Scope([table])
    assignments = tuple(
        (item.left.name, _assigned(item.right, scope))
        for item in tree.expressions
        if isinstance(item, exp.EQ)
    )
    return Update(table, assignments, _predicates(tree.args.get("where"), scope))


def _assigned(node: exp.Expr, scope: _Scope) -> Operand | Shifted | Cases:
    bare = _bare(node)
    if isinstance(bare, (exp.Add, exp.Sub)):
        column = scope.column(bare.left)
        if column:
            return Shifted(column.column, _operand(bare.right), 1 if isinstance(bare, exp.Add) else -1)
    if isinstance(bare, exp.Case) and bare.this is None:
        cases = tuple(_case(branch, scope) for branch in bare.args["ifs"])
        known = tuple(case for case in cases if case is not None)
        if len(known) == len(cases):
            return Cases(known)
    return _operand(node)


def _case(branch: exp.Expr, scope: _Scope) -> tuple[Equal, Operand] | None:
    condition = _predicate(_bare(branch.this) or branch.this, scope)
    return (condition, _operand(branch.args["true"])) if isinstance(condition, Equal) else None


def _delete(tree: exp.Delete) -> Statement:
    table = _table(tree.this)
    if table is None or tree.args.get("using"):
        return Unreadable("a DELETE from more than one table", writes=True)
    return Delete(table, _predicates(tree.args.get("where"), _Scope([table])))
