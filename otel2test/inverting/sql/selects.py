"""SELECT, parsed → understood: its tables, what holds for every row, what is returned.

Subqueries in FROM and common table expressions are taken into the query that uses them,
as far as they pass on rows of tables.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from sqlglot import exp

from otel2test.inverting.sql.expressions import Scope, bare, operand, source_of, table_of
from otel2test.inverting.sql.predicates import opposite
from otel2test.inverting.statements import (
    Aggregate,
    ColumnRef,
    Compared,
    Comparison,
    Const,
    Differs,
    Equal,
    Harmless,
    In,
    Like,
    NotNull,
    Operand,
    Or,
    Order,
    Other,
    Output,
    Predicate,
    Same,
    Select,
    Statement,
    TableRef,
    Union,
    Unreadable,
    Within,
)

Tables: TypeAlias = Mapping[str, exp.Expr]
"""Common table expressions, by name."""

_AGGREGATES: Final[Mapping[type[exp.Expr], Aggregate]] = {
    exp.Count: "count",
    exp.Sum: "sum",
    exp.Avg: "avg",
    exp.Max: "max",
    exp.Min: "min",
}


@dataclass(slots=True)
class _Sources:
    """What stands in FROM and JOIN, gathered."""

    tables: list[TableRef] = field(default_factory=list)
    derived: dict[str, Mapping[str, ColumnRef | None]] = field(default_factory=dict)
    inner: list[Predicate] = field(default_factory=list)
    outer: list[Predicate] = field(default_factory=list)
    grouped: bool = False
    counted: ColumnRef | None = None
    """The column that tells the rows of a DISTINCT subquery apart."""


def select(tree: exp.Select, ctes: Tables | None = None, prefix: str = "") -> Statement:
    """Return what the query means; ``ctes`` are those of the queries around it."""
    named = {**(ctes or {}), **dict(_named_tables(tree))}
    source = source_of(tree)
    if source is None:
        return Unreadable("a SELECT of subqueries") if tree.find(exp.Table) else Harmless()
    found = _Sources()
    if not _add(found, source.this, named, prefix):
        return Unreadable("rows of a subquery")
    joins: list[tuple[exp.Expr, bool]] = []
    for join in tree.args.get("joins") or ():
        side = join.side.upper()
        if side in {"RIGHT", "FULL"}:
            found.tables = [replace(item, outer=True) for item in found.tables]
        outer = side in {"LEFT", "FULL"}
        if not _add(found, join.this, named, prefix, outer=outer):
            return Unreadable("a join with a subquery")
        if join.args.get("using"):
            found.inner.append(Other(join.sql()))
        joins.append((join.args.get("on"), outer or side == "RIGHT"))
    scope = Scope(found.tables, prefix, found.derived)
    for condition, outer in joins:
        (found.outer if outer else found.inner).extend(predicates(condition, scope))
    found.inner.extend(predicates(tree.args.get("where"), scope))
    aggregated = any(_aggregates(item) for item in tree.expressions)
    outputs = tuple(_output(item, scope, found.counted) for item in tree.expressions)
    return Select(
        tables=tuple(found.tables),
        outputs=outputs,
        predicates=tuple(found.inner),
        outer_predicates=tuple(found.outer),
        grouped=bool(tree.args.get("group") or tree.args.get("distinct"))
        or (found.grouped and not aggregated),
        aggregated=aggregated,
        limit=_number(tree.args.get("limit")),
        offset=_number(tree.args.get("offset")),
        ordered_by=tuple(_order(tree, scope, outputs)),
        filtered_groups=bool(tree.args.get("having") or tree.args.get("qualify")),
        sorting=tuple(_sorting(tree)),
    )


def union(tree: exp.SetOperation) -> Statement:
    """Return the branches of a UNION."""
    if not isinstance(tree, exp.Union):
        return Unreadable("a set operation (EXCEPT, INTERSECT)")
    named = dict(_named_tables(tree))
    branches: list[Select] = []
    for branch in _branches(tree):
        understood = select(branch, named) if isinstance(branch, exp.Select) else None
        if not isinstance(understood, Select):
            return Unreadable("a UNION of what can't be read")
        branches.append(understood)
    return Union(
        tuple(branches), bool(tree.args.get("limit") or tree.args.get("offset")), tuple(_sorting(tree))
    )


def _branches(tree: exp.Expr) -> Iterator[exp.Expr]:
    while isinstance(tree, (exp.Subquery, exp.Paren)):
        tree = tree.this
    if isinstance(tree, exp.Union):
        yield from _branches(tree.left)
        yield from _branches(tree.right)
    else:
        yield tree


def _named_tables(tree: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    clause = tree.args.get("with_") or tree.args.get("with")
    for item in clause.expressions if clause else ():
        yield item.alias, item


def _number(clause: exp.Expr | None) -> Operand | None:
    if clause is None:
        return None
    return operand(clause.args.get("expression") or clause.args.get("count"))


# --- what stands in FROM --------------------------------------------------------------------


def _add(found: _Sources, node: exp.Expr, named: Tables, prefix: str, *, outer: bool = False) -> bool:
    """Add one table or subquery; False for what is neither."""
    table = table_of(node, outer=outer, prefix=prefix)
    if table is not None and table.table not in named:
        found.tables.append(table)
        return True
    if table is not None:
        inner, names = _cte(named, table.table)
    elif isinstance(node, exp.Subquery):
        inner, names = node.this, [item.name for item in node.args["alias"].columns] if node.alias else []
    else:
        return False
    recursive = isinstance(inner, exp.Union)
    inner = next(_branches(inner)) if inner is not None else None
    if not isinstance(inner, exp.Select):
        return False
    alias = node.alias or node.name
    # A common table expression doesn't see itself: what it is made of by recursion is left out.
    visible = {name: item for name, item in named.items() if table is None or name != table.table}
    understood = select(inner, visible, f"{prefix}{alias}.")
    if not isinstance(understood, Select):
        return False
    _take_in(found, understood, alias, names, hidden=recursive, outer=outer)
    return True


def _cte(named: Tables, name: str) -> tuple[exp.Expr | None, list[str]]:
    item = named[name]
    alias = item.args.get("alias")
    return item.this, [column.name for column in alias.columns] if alias else []


def _take_in(
    found: _Sources, inner: Select, alias: str, names: list[str], *, hidden: bool, outer: bool
) -> None:
    found.tables += [replace(table, outer=table.outer or outer) for table in inner.tables]
    told = names or [output.name for output in inner.outputs]
    found.derived[alias] = {name: output.source for name, output in zip(told, inner.outputs, strict=False)}
    if hidden or inner.limited or inner.filtered_groups:
        # Which of the rows come through isn't known, only that those which did are rows of the tables.
        text = Other(f"a row of {alias}")
        found.inner.append(text)
    if not hidden:
        (found.outer if outer else found.inner).extend(inner.predicates)
    found.outer += inner.outer_predicates
    found.grouped = found.grouped or inner.grouped
    if inner.grouped and inner.outputs:
        found.counted = inner.outputs[0].source


# --- what is returned -----------------------------------------------------------------------


def _output(item: exp.Expr, scope: Scope, distinct: ColumnRef | None) -> Output:
    inner = bare(item.this if isinstance(item, exp.Alias) else item)
    if not isinstance(inner, exp.Filter):
        return _plain_output(inner, item.alias_or_name, scope, distinct)
    found = _plain_output(bare(inner.this), item.alias_or_name, scope, distinct)
    return replace(found, only=predicates(inner.expression, scope))


def _plain_output(inner: exp.Expr | None, name: str, scope: Scope, distinct: ColumnRef | None) -> Output:
    aggregate = _AGGREGATES.get(type(inner)) if inner is not None else None
    if inner is None or aggregate is None or not isinstance(inner.this, exp.Expr):
        told = operand(inner)
        constant = told if isinstance(told, Const) else None
        return Output(name, scope.column(inner), constant=constant, spells=_respelt(inner, scope))
    over = inner.this
    if isinstance(over, exp.Distinct):
        over = over.expressions[0]
    if isinstance(over, (exp.Star, exp.Literal)):
        return Output(name, None, aggregate, distinct)
    column = scope.column(over)
    return Output(name, None, aggregate if column else None, column)


def _respelt(node: exp.Expr | None, scope: Scope) -> ColumnRef | None:
    """Return the column of whose text hyphens are left out: how a UUID that is kept as text is compared."""
    if not isinstance(node, exp.Replace):
        return None
    return scope.column(node.this)


def _aggregates(item: exp.Expr) -> bool:
    return any(
        not isinstance(node.parent, exp.Window) and node.parent_select is item.parent_select
        for node in item.find_all(exp.AggFunc)
    )


def _order(tree: exp.Select, scope: Scope, outputs: Sequence[Output]) -> Iterator[Order]:
    order = tree.args.get("order")
    for item in order.expressions if order else ():
        term = bare(item.this if isinstance(item, exp.Ordered) else item)
        number = _position(term, tree)
        output = outputs[number] if number is not None and number < len(outputs) else None
        column = scope.column(term) or (output.source if output else None)
        counted = output.over if output and output.aggregate == "count" and not output.only else None
        sorted_by = column or counted
        if sorted_by is None:
            return
        descending = bool(isinstance(item, exp.Ordered) and item.args.get("desc"))
        yield Order(sorted_by, descending, counts=column is None)


def _sorting(tree: exp.Query) -> Iterator[int | None]:
    """Yield for each term of ORDER BY the number of the output that it is."""
    order = tree.args.get("order")
    for item in order.expressions if order else ():
        term = bare(item.this if isinstance(item, exp.Ordered) else item)
        if not isinstance(term, (exp.Rand, exp.Null)):  # of which MySQL's NULL means no order as well
            yield _position(term, tree)


def _position(term: exp.Expr | None, tree: exp.Query) -> int | None:
    if isinstance(term, exp.Literal):
        return int(term.name) - 1 if term.is_int else None
    for number, output in enumerate(tree.selects):
        same = bare(output.unalias()) == term
        if same or (isinstance(term, exp.Column) and not term.table and term.name == output.alias_or_name):
            return number
    return None


# --- conditions -----------------------------------------------------------------------------

_COMPARISONS: Final[Mapping[type[exp.Expr], tuple[Comparison, Comparison]]] = {
    exp.LT: ("<", ">"),
    exp.LTE: ("<=", ">="),
    exp.GT: (">", "<"),
    exp.GTE: (">=", "<="),
}
"""As written, and with its sides exchanged."""


def predicates(node: exp.Expr | None, scope: Scope) -> tuple[Predicate, ...]:
    """Return the conjuncts of a condition."""
    return tuple(_all_of(node, scope)) if node is not None else ()


def _all_of(node: exp.Expr, scope: Scope) -> Iterator[Predicate]:
    while isinstance(node, (exp.Where, exp.Paren)):
        node = node.this
    if isinstance(node, exp.And):
        yield from _all_of(node.left, scope)
        yield from _all_of(node.right, scope)
    elif isinstance(node, exp.Between) and not node.args.get("symmetric"):
        column = scope.column(node.this)
        if column is None:
            yield _other(node, scope)
        else:
            yield Compared(column, ">=", operand(node.args["low"]))
            yield Compared(column, "<=", operand(node.args["high"]))
    elif isinstance(node, exp.Not) and isinstance(node.this.unnest(), exp.Or):
        # None of several conditions holds: each of them doesn't.
        for branch in _disjuncts(node.this):
            yield _not(branch, scope) or _other(exp.not_(branch), scope)
    else:
        yield predicate(node, scope)


def predicate(node: exp.Expr, scope: Scope) -> Predicate:
    """Return one condition; what can't be used is :class:`Other`."""
    return _predicate(node, scope) or _other(node, scope)


def _other(node: exp.Expr, scope: Scope) -> Other:
    return Other(node.sql(), tuple(scope.columns(node)))


def _predicate(node: exp.Expr, scope: Scope) -> Predicate | None:  # noqa: PLR0911 - one for each kind
    match node:
        case exp.EQ() | exp.NullSafeEQ():
            return _equal(node, scope)
        case exp.NEQ():
            equal = _equal(node, scope)
            return Differs(equal.column, (equal.value,)) if isinstance(equal, Equal) else None
        case exp.Is():
            return _is(node, scope)
        case exp.Not():
            return _not(node.this, scope)
        case exp.In() | exp.Exists():
            return _in(node, scope)
        case exp.Or():
            branches = tuple(predicates(branch, scope) for branch in _disjuncts(node))
            return Or(branches)
        case exp.LT() | exp.LTE() | exp.GT() | exp.GTE():
            return _compared(node, scope)
        case exp.Escape():
            return _like(node.this, scope)
        case exp.Like() | exp.ILike():
            return _like(node, scope)
        case exp.Column():
            column = scope.column(node)
            return Equal(column, Const(True)) if column else None
        case _:
            return None


def _disjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Or):
        yield from _disjuncts(node.left)
        yield from _disjuncts(node.right)
    else:
        yield node


def _equal(node: exp.Binary, scope: Scope) -> Predicate | None:
    left, right = scope.column(node.left), scope.column(node.right)
    if left and right:
        return Same(left, right)
    if left or right:
        column = left or right
        return Equal(column, operand(node.right if left else node.left)) if column else None
    # iexact on PostgreSQL: UPPER(column::text) = UPPER(%s)
    one, other = _upper(node.left), _upper(node.right)
    column = scope.column(one) if one is not None else None
    if column is None or other is None:
        return None
    return Like(column, operand(other), sensitive=False, whole=True)


def _upper(node: exp.Expr) -> exp.Expr | None:
    inner = bare(node)
    return bare(inner.this) if isinstance(inner, (exp.Upper, exp.Lower)) else None


def _is(node: exp.Is, scope: Scope) -> Predicate | None:
    column = scope.column(node.left)
    if column is None:
        return None
    value = bare(node.right)
    if isinstance(value, exp.Boolean):
        wanted = bool(value.this) is not bool(node.args.get("negate"))
        return Equal(column, Const(wanted))
    if not isinstance(value, exp.Null):
        return None
    return NotNull(column) if node.args.get("negate") else Equal(column, Const(None))


def _not(inner: exp.Expr, scope: Scope) -> Predicate | None:
    column = scope.column(inner)
    if column:
        # NOT column: how Django writes "boolean is false" on SQLite and PostgreSQL.
        return Equal(column, Const(False))
    return opposite(predicates(inner, scope))


def _in(node: exp.In | exp.Exists, scope: Scope) -> Predicate | None:
    query = node.args.get("query") if isinstance(node, exp.In) else node.this
    if query is not None:
        column = scope.column(node.this) if isinstance(node, exp.In) else None
        while isinstance(query, (exp.Subquery, exp.Paren)):
            query = query.this
        understood = select(query) if isinstance(query, exp.Select) else None
        if not isinstance(understood, Select) or (isinstance(node, exp.In) and column is None):
            return None
        return Within(column, understood)
    column = scope.column(node.this)
    return In(column, tuple(operand(item) for item in node.expressions)) if column else None


def _compared(node: exp.Binary, scope: Scope) -> Predicate | None:
    as_written, exchanged = _COMPARISONS[type(node)]
    left, right = scope.column(node.left), scope.column(node.right)
    if left and not right:
        return Compared(left, as_written, operand(node.right))
    if right and not left:
        return Compared(right, exchanged, operand(node.left))
    return None


def _like(node: exp.Expr, scope: Scope) -> Predicate | None:
    if not isinstance(node, (exp.Like, exp.ILike)):
        return None
    sensitive = isinstance(node, exp.Like)
    left, right = node.this, node.expression
    one, other = _upper(left), _upper(right)
    if one is not None and other is not None:
        left, right, sensitive = one, other, False
    column = scope.column(left)
    return Like(column, operand(right), sensitive) if column else None
