"""SELECT without FROM, executed → facts: what its subqueries found.

Django asks so whether a row that it is about to save would violate a constraint, and people ask so
for several counts at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from otel2test.inverting.facts import Fact
from otel2test.inverting.reads import Read
from otel2test.inverting.statements import Given, Select, Tableless, Within


def tableless(read: Read, statement: Tableless) -> Iterator[Fact]:
    """Yield what is told of the tables that the subqueries read."""
    rows = read.query.rows
    yield from _conditions(read, statement)
    for row in rows[:1]:
        for output, value in zip(statement.outputs, row, strict=False):
            if isinstance(output, Within):
                yield from _found(read, output, found=bool(value))
            elif output is not None:
                # NULL is what a subquery without a row gives, and one whose row has NULL there.
                found: Sequence[Sequence[object]] = ((value,),)
                yield from _subquery(read, output, found) if value is not None else ()


def _conditions(read: Read, statement: Tableless) -> Iterator[Fact]:
    """Yield whether the subqueries of the condition had rows, as far as its values leave no other reason."""
    values = [_holds(read, part) for part in statement.conditions if not isinstance(part, Within)]
    subqueries = [part for part in statement.conditions if isinstance(part, Within)]
    if read.query.rows and (not statement.or_null or all(values)):
        for part in subqueries:
            yield from _found(read, part, found=True)
    elif not read.query.rows and read.query.exhausted and all(values) and len(subqueries) == 1:
        yield from _found(read, subqueries[0], found=False)


def _holds(read: Read, part: Given | None) -> bool | None:
    """Return whether a condition on values holds; None where that isn't known, or NULL."""
    if part is None:
        return None
    (left_known, left), (right_known, right) = (
        read.params.value(operand) for operand in (part.left, part.right)
    )
    if not (left_known and right_known) or left is None or right is None:
        return None
    return (left == right) is not part.negated


def _found(read: Read, part: Within, *, found: bool) -> Iterator[Fact]:
    return _subquery(read, part.query, ((1,),) if found is not part.negated else ())


def _subquery(read: Read, query: Select, rows: Sequence[Sequence[object]]) -> Iterator[Fact]:
    # That there is a row doesn't say that there is no other.
    asked = replace(read.query, rows=tuple(map(tuple, rows)), fetched=None, exhausted=not rows)
    yield from replace(read, query=asked).select(query)
