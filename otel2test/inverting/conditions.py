"""What a row must satisfy, with the values of one execution in place.

A query's conditions are those of one of its tables, its *root*: what it says of other
tables becomes :class:`Related`, a row over there that the root's row goes together with.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from otel2test.inverting.statements import Comparison


@dataclass(frozen=True, slots=True)
class OneOf:
    """``column`` has one of ``values`` (``None`` for NULL)."""

    column: str
    values: tuple[object, ...]
    sensitive: bool = True
    """False where texts that differ in case only are the same to the database."""


@dataclass(frozen=True, slots=True)
class NoneOf:
    """``column`` has a value, and none of ``values``."""

    column: str
    values: tuple[object, ...]
    sensitive: bool = True


@dataclass(frozen=True, slots=True)
class Bound:
    """``column`` compares with ``value`` in that way."""

    column: str
    operator: Comparison
    value: object
    sensitive: bool = True


@dataclass(frozen=True, slots=True)
class Text:
    """``column`` is a text of that pattern: ``%`` and ``_``, unless it is ``whole``."""

    column: str
    pattern: str
    sensitive: bool
    whole: bool = False
    negated: bool = False

    def literal(self) -> str:
        """Return a text that matches."""
        if self.whole:
            return self.pattern
        return re.sub(r"\\(.)|%|_", lambda match: match[1] or ("a" if match[0] == "_" else ""), self.pattern)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """All conditions of at least one branch hold."""

    branches: "tuple[tuple[Condition, ...], ...]"


@dataclass(frozen=True, slots=True)
class Related:
    """There is a row in ``table`` that agrees with this one in the columns of ``on``: (mine, theirs)."""

    table: str
    on: tuple[tuple[str, str], ...]
    conditions: "tuple[Condition, ...]" = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Opaque:
    """A condition that couldn't be read: whether a row satisfies it isn't known."""

    text: str


Condition: TypeAlias = OneOf | NoneOf | Bound | Text | AnyOf | Related | Opaque
Simple: TypeAlias = OneOf | NoneOf | Bound | Text
"""A condition on one column of the row itself."""


def holds(condition: Simple, value: object) -> bool | None:
    """Say whether a column of this value satisfies the condition; None where they can't be compared."""
    match condition:
        case OneOf(_, values, sensitive):
            return _is_among(value, values, sensitive)
        case NoneOf(_, values, sensitive):
            return value is not None and not _is_among(value, values, sensitive)
        case Bound(_, operator, bound, sensitive):
            if not sensitive:
                value, bound = folded(value), folded(bound)
            return _compares(value, operator, bound)
        case Text(_, pattern, sensitive, whole, negated):
            if not isinstance(value, str):
                return False if value is None else None
            return bool(_pattern(pattern, sensitive, whole).fullmatch(value)) is not negated


def folded(value: object) -> object:
    """Return what equals for all texts that differ in case only; other values as they are."""
    return value.casefold() if isinstance(value, str) else value


def _is_among(value: object, values: Sequence[object], sensitive: bool) -> bool:
    return value in values if sensitive else folded(value) in map(folded, values)


def _compares(value: object, operator: Comparison, bound: object) -> bool | None:
    if value is None:
        return False
    order = compare(value, bound)
    if order is None:
        return None
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]


def compare(one: object, other: object) -> int | None:
    """Return a number below, at or above 0; None where the two have no order."""
    if one == other:
        return 0
    try:
        below = bool(one < other)  # type: ignore[operator]  # what has no order raises
    except TypeError:
        return None
    return -1 if below else 1


@functools.lru_cache(maxsize=1024)
def _pattern(pattern: str, sensitive: bool, whole: bool) -> re.Pattern[str]:
    flags = re.DOTALL if sensitive else re.DOTALL | re.IGNORECASE
    return re.compile(re.escape(pattern) if whole else "".join(_regex(pattern)), flags)


def _regex(pattern: str) -> Iterator[str]:
    for match in re.finditer(r"\\(.)|(.)", pattern, re.DOTALL):
        if match[1]:
            yield re.escape(match[1])
        else:
            yield {"%": ".*", "_": "."}.get(match[2], re.escape(match[2]))


def flattened(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return the conditions as one conjunction, none of them twice."""
    found: list[Condition] = []
    for condition in conditions:
        inner = (
            condition.branches[0]
            if isinstance(condition, AnyOf) and len(condition.branches) == 1
            else (condition,)
        )
        found += [item for item in inner if item not in found]
    return tuple(found)


def readable(conditions: Sequence[Condition]) -> bool:
    """Say whether the conditions tell all there is to tell."""
    for condition in conditions:
        match condition:
            case Opaque():
                return False
            case AnyOf(branches):
                if not all(readable(branch) for branch in branches):
                    return False
            case Related():
                if not readable(condition.conditions):
                    return False
            case _:
                pass
    return True


def columns_of(conditions: Sequence[Condition]) -> set[str]:
    """Return the columns of the row itself that the conditions speak of."""
    found: set[str] = set()
    for condition in conditions:
        match condition:
            case AnyOf(branches):
                found.update(*(columns_of(branch) for branch in branches))
            case Related(_, on):
                found.update(mine for mine, _ in on)
            case Opaque():
                pass
            case _:
                found.add(condition.column)
    return found


def simple_parts(conditions: Sequence[Condition]) -> Iterator[Simple]:
    """Yield the conditions on single columns of the row itself, those of alternatives included."""
    for condition in conditions:
        match condition:
            case AnyOf(branches):
                for branch in branches:
                    yield from simple_parts(branch)
            case Related() | Opaque():
                pass
            case _:
                yield condition


def within(table: str, conditions: Iterable[Condition]) -> Iterator[tuple[str, Simple | Related | Opaque]]:
    """Yield all conditions, of alternatives and of other rows, too, each with the table it is about."""
    for condition in conditions:
        if isinstance(condition, AnyOf):
            for branch in condition.branches:
                yield from within(table, branch)
            continue
        yield table, condition
        if isinstance(condition, Related):
            yield from within(condition.table, condition.conditions)


def tables_of(conditions: Iterable[Condition]) -> Iterator[str]:
    """Yield the tables of other rows that the conditions speak of."""
    return (each.table for _, each in within("", conditions) if isinstance(each, Related))


def supposes_absence(conditions: Sequence[Condition]) -> bool:
    """Say whether the conditions may hold by there being no other row that goes together with the row."""
    return any(
        (isinstance(condition, Related) and condition.negated)
        or (isinstance(condition, AnyOf) and any(map(supposes_absence, condition.branches)))
        for condition in conditions
    )


_OPPOSITES: Final[dict[Comparison, Comparison]] = {"<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def denied(conditions: Sequence[Condition]) -> Condition:
    """Return what holds of a row for which the conditions don't, be it that a column is NULL."""
    return AnyOf(tuple(branch for condition in conditions for branch in _denied(condition)))


def _denied(condition: Condition) -> "tuple[tuple[Condition, ...], ...]":
    """Return alternatives, of which one holds where the condition doesn't."""
    match condition:
        case OneOf(column, values, sensitive):
            told = tuple(value for value in values if value is not None)
            null = () if None in values else ((OneOf(column, (None,)),),)
            return ((NoneOf(column, told, sensitive),), *null)
        case NoneOf(column, values, sensitive):
            return ((OneOf(column, (*values, None), sensitive),),)
        case Bound(column, operator, value, sensitive):
            beyond = Bound(column, _OPPOSITES[operator], value, sensitive)
            return ((beyond,), (OneOf(column, (None,)),))
        case Text(column):
            return ((replace(condition, negated=not condition.negated),), (OneOf(column, (None,)),))
        case AnyOf(branches):
            return (tuple(denied(branch) for branch in branches),)
        case Related():
            return ((replace(condition, negated=not condition.negated),),)
        case Opaque():
            return ((condition,),)
