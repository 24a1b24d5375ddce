"""NOT, applied to conditions: what holds of a row for which they don't."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from otel2test.inverting.statements import (
    Compared,
    Comparison,
    Const,
    Differs,
    Equal,
    In,
    Like,
    NotNull,
    Or,
    Predicate,
    Within,
)

_OPPOSITES: Final[dict[Comparison, Comparison]] = {"<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def opposite(conjuncts: Sequence[Predicate]) -> Predicate | None:
    """Return what holds where the conjunction is false; None where that can't be said.

    In SQL, ``NOT (column = value)`` is not true of NULL, and neither is what is returned.
    """
    negated = tuple(_negated(part) for part in conjuncts)
    known = tuple(part for part in negated if part is not None)
    if not known or len(known) < len(negated):
        return None
    if len(known) == 1:
        return known[0]
    # NOT (column = value AND column IS NOT NULL), as Django excludes: NULL is let in.
    return Or(tuple((part,) for part in known))


def _negated(part: Predicate) -> Predicate | None:
    match part:
        case Equal(column, Const(None)):
            return NotNull(column)
        case Equal(column, value):
            return Differs(column, (value,))
        case In(column, values):
            return Differs(column, values)
        case Differs(column, values):
            return In(column, values)
        case NotNull(column):
            return Equal(column, Const(None))
        case Compared(column, operator, value):
            return Compared(column, _OPPOSITES[operator], value)
        case Like() | Within():
            return replace(part, negated=not part.negated)
        case Or(branches):
            opposites = tuple(opposite(branch) for branch in branches)
            known = tuple(item for item in opposites if item is not None)
            return Or((known,)) if len(known) == len(opposites) else None
        case _:
            return None
