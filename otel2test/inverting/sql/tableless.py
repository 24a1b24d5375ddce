"""SELECT without FROM, parsed → understood: its subqueries, and the values that stand beside them."""

from collections.abc import Iterator

from sqlglot import exp

from otel2test.inverting.sql.expressions import Scope, bare, operand
from otel2test.inverting.sql.selects import predicate, select
from otel2test.inverting.statements import (
    Computed,
    Const,
    Given,
    Harmless,
    Select,
    Statement,
    Tableless,
    Unreadable,
    Within,
)

_NOWHERE = Scope(())


def tableless(tree: exp.Select) -> Statement:
    """Return what the query asks of tables; :class:`Harmless` where it asks of none."""
    if tree.find(exp.Table) is None:
        return Harmless()
    outputs = tuple(_output(item) for item in tree.expressions)
    if any(
        found is None and node.find(exp.Table) for found, node in zip(outputs, tree.expressions, strict=True)
    ):
        return Unreadable("a SELECT of subqueries")
    condition = tree.args.get("where")
    inner = bare(condition.this) if condition is not None else None
    or_null = False
    if isinstance(inner, exp.Coalesce) and len(inner.expressions) == 1:
        or_null = operand(inner.expressions[0]) not in (Const(False), Const(0))
        inner = bare(inner.this)
    return Tableless(
        outputs=outputs,
        conditions=tuple(_conjuncts(inner)) if inner is not None else (),
        or_null=or_null,
    )


def _output(item: exp.Expr) -> Select | Within | None:
    inner = bare(item.this if isinstance(item, exp.Alias) else item)
    if isinstance(inner, exp.Subquery):
        understood = select(inner.this) if isinstance(inner.this, exp.Select) else None
        return understood if isinstance(understood, Select) else None
    return _exists(inner)


def _exists(node: exp.Expr | None) -> Within | None:
    found = predicate(node, _NOWHERE) if node is not None else None
    return found if isinstance(found, Within) else None


def _conjuncts(node: exp.Expr) -> Iterator[Given | Within | None]:
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.And):
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    else:
        yield _exists(node) or _given(node)


def _given(node: exp.Expr) -> Given | None:
    inner, negated = bare(node), False
    while isinstance(inner, exp.Not):
        inner, negated = bare(inner.this), not negated
    if isinstance(inner, (exp.EQ, exp.NEQ)):
        left, right = operand(inner.left), operand(inner.right)
        negated = negated is not isinstance(inner, exp.NEQ)
        return (
            None if isinstance(left, Computed) or isinstance(right, Computed) else Given(left, right, negated)
        )
    value = operand(inner)
    return None if isinstance(value, Computed) else Given(value, negated=negated)
