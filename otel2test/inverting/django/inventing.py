"""The smallest valid values for columns that were never seen but must not be empty."""

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal

from otel2test.identifiers import snake_case
from otel2test.reading.exchanges import Field, Model

_BUILTIN_DEFAULTS: Mapping[str, object] = {
    "builtins.dict": {},
    "builtins.list": [],
    "builtins.set": set(),
    "builtins.str": "",
    "builtins.int": 0,
    "builtins.float": 0.0,
    "builtins.bool": False,
}

_TEXT_TYPES = frozenset(
    {"CharField", "TextField", "SlugField", "EmailField", "URLField", "FileField", "FilePathField"}
)


def implicit_value(item: Field) -> tuple[bool, object]:
    """Return ``(True, value)`` for what Django stores when nothing is given for the field.

    ``(False, None)`` where that can't be told: callables, database defaults, or a field
    that must be given.
    """
    if item.has_default:
        return True, item.default
    if item.default_callable is not None:
        if item.default_callable in _BUILTIN_DEFAULTS:
            return True, _BUILTIN_DEFAULTS[item.default_callable]
        return False, None
    if item.db_default or item.auto_now or item.auto_now_add or item.generated:
        return False, None
    if item.null:
        return True, None
    if _is_text(item) and item.related_model is None:
        return True, ""
    return False, None


def must_be_given(item: Field) -> bool:
    """Say whether a row can't be created, or not sensibly, without a value for the field."""
    if item.primary_key and item.type in {"AutoField", "BigAutoField", "SmallAutoField"}:
        return False
    if item.null or item.has_default or item.default_callable or item.db_default:
        return False
    if item.auto_now or item.auto_now_add or item.generated:
        return False
    return not (_is_text(item) and item.blank and not item.unique)


def invent(item: Field, model: Model, number: int, today: dt.date) -> object:
    """Return a valid value; ``number`` (from 1) tells apart those that must be unique."""
    for choice in item.choices:
        if choice is not None and choice != "":
            return choice
    distinct = item.unique or item.primary_key
    if item.type == "EmailField" or item.python_class.endswith(".EmailField"):
        return f"{snake_case(model.name)}{number}@example.com"
    if item.python_class.endswith(".URLField"):
        return f"https://example.com/{number}" if distinct else "https://example.com/"
    if _is_text(item):
        return _text(item, model, number, distinct=distinct)
    return _other(item, number, today, distinct=distinct)


def _text(item: Field, model: Model, number: int, *, distinct: bool) -> str:
    noun = snake_case(model.name).replace("_", "-" if item.type == "SlugField" else " ")
    if item.name == "username":
        noun = "someone"
    ending = ""
    if distinct and item.type == "SlugField":
        ending = f"-{number}"
    elif distinct and number > 1:
        ending = str(number)
    return f"{noun[: item.max_length - len(ending)] if item.max_length else noun}{ending}"


def _other(item: Field, number: int, today: dt.date, *, distinct: bool) -> object:
    smallest = number if distinct else 0
    later = number - 1 if distinct else 0
    midnight = dt.datetime(today.year, today.month, today.day, tzinfo=dt.UTC)
    values: dict[str, object] = {
        "BooleanField": False,
        "NullBooleanField": False,
        "DecimalField": Decimal(smallest),
        "FloatField": float(smallest),
        "DateField": today + dt.timedelta(days=later),
        "DateTimeField": midnight + dt.timedelta(days=later),
        "TimeField": (midnight + dt.timedelta(minutes=later)).time(),
        "DurationField": dt.timedelta(minutes=later),
        "UUIDField": uuid.UUID(int=number),
        "JSONField": {},
        "BinaryField": b"",
        "GenericIPAddressField": f"192.0.2.{number % 256}",
    }
    return values.get(item.type, smallest)


def _is_text(item: Field) -> bool:
    return item.type in _TEXT_TYPES
