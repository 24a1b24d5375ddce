"""What operations return, as plain values that two runs can be compared by."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Key:
    """The key of a row; two databases may count differently."""

    table: str
    value: Any


@dataclass(frozen=True)
class Teller:
    with_keys: bool
    """False where keys are kept back, so that nothing outside can tell them."""

    def row(self, row: Any) -> dict[str, Any]:
        """Return all that was loaded of the row."""
        # The key of an inherited row stands under the parent's name; a second one adds nothing.
        told = [
            item
            for item in row._meta.concrete_fields
            if not item.remote_field or not item.remote_field.parent_link
        ]
        names = [item.attname for item in told if item.attname in vars(row)]
        return self.named(type(row), {name: vars(row)[name] for name in names})

    def named(self, model: Any, values: dict[str, Any]) -> dict[str, Any]:
        items = {name: self.value(_field(model, name), value) for name, value in values.items()}
        return {name: value for name, value in items.items() if value is not _HIDDEN}

    def value(self, item: Any, value: Any) -> Any:
        if item is None or not (item.primary_key or item.is_relation):
            return plain(value)
        if not self.with_keys:
            return _HIDDEN
        if value is None:
            return None
        while item.is_relation:
            item = item.target_field
        return Key(item.model._meta.db_table, plain(value))


class _Hidden:
    pass


_HIDDEN = _Hidden()


def _field(model: Any, name: str) -> Any:
    for item in model._meta.concrete_fields:
        if name in {item.name, item.attname}:
            return item
    return None


def plain(value: Any) -> Any:
    match value:
        case Decimal() | UUID():
            return str(value)
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return value.total_seconds()
        case _:
            return value


def without_types(told: Any) -> Any:
    """Return what was told, as JSON can hold it."""
    match told:
        case Key():
            return told.value
        case dict():
            return {str(name): without_types(value) for name, value in told.items()}
        case list():
            return [without_types(value) for value in told]
        case _:
            return told


class DifferenceError(AssertionError):
    """Two runs saw different things."""


class Matching:
    """Compares what two runs saw; keys of rows that the first run made may differ, each in one way."""

    def __init__(self, stocked: Iterable[Key]) -> None:
        self._there: dict[Key, Key] = {key: key for key in stocked}
        self._back: dict[Key, Key] = {}

    def compare(self, recorded: Any, replayed: Any, where: str = "observed") -> None:
        match recorded, replayed:
            case Key(), Key():
                expected = self._there.setdefault(recorded, replayed)
                if expected != replayed or self._back.setdefault(replayed, recorded) != recorded:
                    raise DifferenceError(f"{where}: recorded {recorded}, replayed {replayed}")
            case dict(), dict() if recorded.keys() == replayed.keys():
                for name, value in recorded.items():
                    self.compare(value, replayed[name], f"{where}.{name}")
            case list(), list() if len(recorded) == len(replayed):
                for number, (one, other) in enumerate(zip(recorded, replayed, strict=True)):
                    self.compare(one, other, f"{where}[{number}]")
            case _ if recorded != replayed or type(recorded) is not type(replayed):
                raise DifferenceError(f"{where}: recorded {recorded!r}, replayed {replayed!r}")
