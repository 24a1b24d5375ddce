"""Values that satisfy, or don't, for columns whose value nobody saw."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from otel2test.inverting.catalog import Column
from otel2test.inverting.conditions import Bound, Condition, NoneOf, OneOf, Simple, Text, holds

_NUMBERS: Final = ("Integer", "Auto")


def of_column(column: Column | None, number: int) -> object:
    """Return the ``number``-th value of the column's type, counted from 1."""
    kind = column.type if column is not None else "CharField"
    match kind:
        case "BooleanField" | "NullBooleanField":
            return number % 2 == 1
        case "DateTimeField":
            return dt.datetime(2000, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=number)
        case "DateField":
            return dt.date(2000, 1, 1) + dt.timedelta(days=number)
        case "DecimalField":
            return Decimal(number)
        case "FloatField":
            return float(number)
        case _ if any(part in kind for part in _NUMBERS):
            return number
        case "CharField" | "TextField" | "SlugField":
            return f"{column.name if column is not None else 'other'}-{number}"
        case _:
            return None


def step(value: object, direction: int, number: int = 1) -> object:
    """Return a value that sorts after ``value``, or before it; ``value`` itself where none is known."""
    match value:
        case bool():
            return direction > 0
        case int() | float() | Decimal():
            return value + direction * number
        case dt.datetime() | dt.date():
            try:
                return value + dt.timedelta(days=direction * number)
            except OverflowError:
                return value
        case str() if direction > 0:
            return f"{value} {number + 1}"
        case str():
            return value[:-1]
        case _:
            return value


def beside(value: object, direction: int, distance: int) -> Iterator[object]:
    """Yield values that sort on one side of ``value``, the nearest first."""
    for further in range(3):
        yield step(value, direction, distance + further)
    if isinstance(value, str) and direction < 0:
        yield from (text for text in ("", "!", "0") if text < value)


def satisfying(conditions: Sequence[Simple], column: Column | None) -> Iterator[object]:
    """Yield values that satisfy all conditions, which are of one column."""
    for value in _suggested(conditions, column):
        if all(holds(condition, value) for condition in conditions):
            yield value


def _suggested(conditions: Sequence[Condition], column: Column | None) -> Iterator[object]:
    for condition in conditions:
        match condition:
            case OneOf(_, values):
                yield from values
            case Text(negated=False):
                yield condition.literal()
            case Bound(_, operator, value):
                if operator in {">=", "<="}:
                    yield value
                yield step(value, 1 if operator in {">", ">="} else -1)
            case _:
                pass
    bounds = [item.value for item in conditions if isinstance(item, Bound)]
    if len(bounds) == 2:
        yield _between(*bounds)
    refused = [value for item in conditions if isinstance(item, NoneOf) for value in item.values]
    for value in refused:
        yield from (not value,) if isinstance(value, bool) else (step(value, 1), step(value, -1))
    yield from (of_column(column, number) for number in range(1, len(refused) + 3))
    yield ""
    yield None


def _between(low: object, high: object) -> object:
    if isinstance(low, int) and isinstance(high, int):
        return (low + high) // 2
    try:
        return low + (high - low) / 2  # type: ignore[operator]  # what has no middle raises
    except TypeError:
        return low
