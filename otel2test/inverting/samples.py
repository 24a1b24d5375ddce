"""Values that satisfy, or don't, for columns whose value nobody saw."""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from otel2test.inverting.catalog import Column
from otel2test.inverting.conditions import Bound, Condition, NoneOf, OneOf, Simple, Text, holds

_NUMBERS: Final = ("Integer", "Auto")
_NO_TEXT: Final = re.compile(r"\w*(Integer|Auto|Boolean|Date|Time|Decimal|Float|Duration|UUID|Binary)")
_DAY: Final = 24 * 60 * 60
_ROUNDED: Final = Decimal("1e-12")
"""How far a mean is off, at most, by being a binary fraction."""


_RARE: Final[Mapping[str, Callable[[int], object]]] = {
    "TimeField": lambda number: dt.time(number // 60 % 24, number % 60),
    "DurationField": lambda number: dt.timedelta(minutes=number),
    "UUIDField": lambda number: uuid.UUID(int=number),
}
"""Column type → its values by number."""


_FORMS: Final = {"": ("", ""), "email": ("", "@example.com"), "url": ("https://example.com/", "")}
"""What stands before and behind the part of a text that is free."""


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
            return _text(column, str(number))
        case _:
            return _RARE[kind](number) if kind in _RARE else None


def rising(column: Column | None, count: int) -> Iterator[object]:
    """Yield values of the column's type, each greater than the one before: ``count``, and some to spare."""
    digits = len(str(2 * count))
    for number in range(1, 2 * count + 10):
        value = of_column(column, number)
        yield _text(column, f"{number:0{digits}}") if isinstance(value, str) else value


def _text(column: Column | None, number: str) -> str:
    if column is None:
        return f"other-{number}"
    before, after = _FORMS[column.form]
    ending = f"-{number}{after}"
    if column.max_length is None:
        return f"{before}{column.name}{ending}"
    room = column.max_length - len(before) - len(ending)
    if room < 1 and column.form:
        return _text(replace(column, form=""), number)
    return f"{before}{column.name[: max(room, 0)]}{ending}"


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
        case str():
            return f"{value} {number + 1}" if direction > 0 else value[:-1]
        case _:
            return _rare_step(value, direction * number)


def _rare_step(value: object, number: int) -> object:
    match value:
        case dt.timedelta():
            return value + number * dt.timedelta(minutes=1)
        case dt.time():
            seconds = value.hour * 3600 + value.minute * 60 + value.second + number
            if not 0 <= seconds < _DAY:
                return value
            return value.replace(hour=seconds // 3600, minute=seconds // 60 % 60, second=seconds % 60)
        case uuid.UUID():
            further = value.int + number
            return uuid.UUID(int=further) if 0 <= further < 1 << 128 else value
        case _:
            return value


def another(value: object, number: int) -> object:
    """Return a value of the same kind that isn't ``value``, the ``number``-th of them."""
    match value:
        case bool():
            return not value
        case str() if "@" in value:
            name, _, host = value.partition("@")
            return f"{name}{number + 1}@{host}"
        case str() if value and " " not in value:
            return f"{value}-{number + 1}"
        case dict() | list():
            return {"number": number}
        case _:
            return step(value, 1, number)


def beside(value: object, direction: int, distance: int) -> Iterator[object]:
    """Yield values that sort on one side of ``value``, the nearest first."""
    for further in range(3):
        yield step(value, direction, distance + further)
    if isinstance(value, str) and direction < 0:
        yield from (text for text in ("", "!", "0") if text < value)


def possible(value: object, column: Column | None) -> bool:
    """Say whether a column of that type can hold the value: no text among dates, nothing below 0 at times."""
    if column is None:
        return True
    if value is None:
        return column.null
    if isinstance(value, str):
        return not _NO_TEXT.match(column.type) and len(value) <= (column.max_length or len(value))
    return not column.type.startswith("Positive") or not isinstance(value, int) or value >= 0


def satisfying(conditions: Sequence[Simple], column: Column | None) -> Iterator[object]:
    """Yield values that satisfy all conditions, which are of one column."""
    for value in _suggested(conditions, column):
        if possible(value, column) and all(holds(condition, value) for condition in conditions):
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
    texts = [item.literal() for item in conditions if isinstance(item, Text) and not item.negated]
    if len(texts) > 1:
        yield " ".join(texts)
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


def averaging(mean: object, told: Sequence[object], free: int, column: Column) -> list[object] | None:
    """Return ``free`` values that together with those ``told`` have the mean; None where that can't be.

    A mean says of how many values it can be: of amounts in cents, 37.1666… is no mean of two.
    """
    numbers = [Decimal(str(value)) for value in told if isinstance(value, (int, float, Decimal))]
    if not isinstance(mean, (int, float, Decimal)):
        return [None] * free if mean is None and not numbers and (column.null or not free) else None
    wanted = Decimal(str(mean))
    unit = Decimal(1).scaleb(-(column.decimal_places or 0))
    fewest = (0 if numbers else 1) if column.null else free
    for given in range(fewest, free + 1):
        rest = wanted * (len(numbers) + given) - sum(numbers)
        exact = rest if column.type == "FloatField" else rest.quantize(unit)
        if abs(exact - rest) > _ROUNDED * (len(numbers) + given) * max(abs(wanted), Decimal(1)) or (
            exact and not given
        ):
            continue
        each = wanted if column.type == "FloatField" else wanted.quantize(unit)
        values = [exact - each * (given - 1), *[each] * (given - 1)][:given]
        return [_as(column, value) for value in values] + [None] * (free - given)
    return None


def _as(column: Column, number: Decimal) -> object:
    if column.type == "FloatField":
        return float(number)
    return number if column.type == "DecimalField" else int(number)
