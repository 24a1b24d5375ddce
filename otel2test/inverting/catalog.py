"""Tables, columns and keys, as facts about rows need them: no framework's models.

Built from the schema that the recording carries. A value in a recording is what the
database driver gave or took (SQLite knows neither dates nor decimals), so each
:class:`Column` can also turn it into the Python value that the program worked with.
"""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final, Literal, TypeAlias

import orjson

from otel2test.reading.exchanges import Field, Model, Schema
from otel2test.values import ObjectValue

_TEXTS: Final = frozenset({"CharField", "TextField", "SlugField"})
_INTEGER: Final = re.compile("Integer|Auto")

Key: TypeAlias = "tuple[str, object]"
"""A table and the value of its primary key."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``type`` is the internal type of the field that it ends at by foreign keys."""

    name: str
    type: str
    null: bool
    decimal_places: int | None = None
    max_length: int | None = None
    choices: tuple[object, ...] = ()
    """The values that forms offer, if they offer some only."""
    form: Literal["", "email", "url"] = ""
    """What its texts have to be."""

    def to_python(self, raw: object, *, aware: bool) -> object:
        """Return ``raw`` as the program saw it; unchanged where that isn't known.

        ``aware`` says whether date-times without an offset are UTC (``USE_TZ``) or naive.
        """
        if raw is None:
            return None
        convert = _CONVERTERS.get(self.type)
        if convert is None:
            return raw
        try:
            value = convert(raw, self)
            return _in_utc(value, aware=aware) if isinstance(value, dt.datetime) else value
        except (ValueError, TypeError, ArithmeticError, InvalidOperation):
            return raw


@dataclass(frozen=True, slots=True)
class Table:
    """One table with its keys; column names throughout."""

    name: str
    columns: Mapping[str, Column]
    primary_key: str | None
    unique: tuple[tuple[str, ...], ...] = ()
    """Sets of columns that identify a row, the primary key not among them."""
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Column → (table, column) for foreign keys."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All tables that the recording describes."""

    tables: Mapping[str, Table]
    aware: bool = True
    _identities: dict[str, tuple[tuple[str, ...], ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def value(self, table: str, column: str, raw: object) -> object:
        """Return ``raw`` as a Python value of that column; unknown columns give it back."""
        known = self.tables.get(table)
        found = known.columns.get(column) if known else None
        return found.to_python(raw, aware=self.aware) if found else raw

    def fitting(self, table: str, column: str, value: object) -> object:
        """Return a value of another column as this one holds it: beside content types, keys are text."""
        known = self.tables.get(table)
        found = known.columns.get(column) if known else None
        if found is None or isinstance(value, bool):
            return value
        if found.type in _TEXTS and isinstance(value, (int, uuid.UUID)):
            return str(value)
        if not isinstance(value, str):
            return value
        if found.type == "UUIDField":
            return found.to_python(value, aware=self.aware)
        return int(value) if _INTEGER.search(found.type) and value.isdecimal() else value

    def primary_key(self, table: str) -> str | None:
        """Return the name of the primary key column, None for tables that aren't known."""
        known = self.tables.get(table)
        return known.primary_key if known else None

    def identities(self, table: str) -> tuple[tuple[str, ...], ...]:
        """Return the sets of columns each of which identifies a row, the primary key first."""
        found = self._identities.get(table)
        if found is None:
            known = self.tables.get(table)
            key = ((known.primary_key,),) if known is not None and known.primary_key else ()
            found = self._identities[table] = key + known.unique if known is not None else ()
        return found


def build(schema: Schema) -> Catalog:
    """Return the catalog of a recorded schema."""
    models = {model.label: model for model in schema.models}
    tables: dict[str, Table] = {}
    for model in schema.models:
        if model.proxy_for is None and model.table not in tables:
            tables[model.table] = _table(model, models)
    return Catalog(tables, aware=schema.use_tz)


def local_fields(model: Model, models: Mapping[str, Model]) -> tuple[Field, ...]:
    """Return the fields whose columns are in the model's own table.

    With multi-table inheritance a model lists its parents' fields too; those stand in
    the parents' tables.
    """
    inherited: set[str] = set()
    for item in model.fields:
        parent = models.get(item.related_model or "") if item.parent_link else None
        if parent is not None:
            inherited |= {parent_field.attname for parent_field in parent.fields}
    if not inherited:
        return model.fields
    return tuple(item for item in model.fields if item.attname not in inherited)


def _table(model: Model, models: Mapping[str, Model]) -> Table:
    fields = local_fields(model, models)
    columns = {item.name: item.column for item in fields}
    unique: list[tuple[str, ...]] = [
        (item.column,) for item in fields if item.unique and not item.primary_key
    ]
    unique += [
        tuple(columns[name] for name in names)
        for names in model.unique_together
        if all(name in columns for name in names)
    ]
    references = {item.column: target for item in fields if (target := _target(item, models)) is not None}
    return Table(
        name=model.table,
        columns={item.column: _column(item, models) for item in fields},
        primary_key=next((item.column for item in fields if item.primary_key), None),
        unique=tuple(unique),
        references=references,
    )


def _related(item: Field, models: Mapping[str, Model]) -> tuple[Model, Field] | None:
    model = models.get(item.related_model or "")
    if model is None:
        return None
    for candidate in model.fields:
        if candidate.attname == item.related_field or (not item.related_field and candidate.primary_key):
            return model, candidate
    return None


def _target(item: Field, models: Mapping[str, Model]) -> tuple[str, str] | None:
    related = _related(item, models)
    return (related[0].table, related[1].column) if related else None


def _column(item: Field, models: Mapping[str, Model]) -> Column:
    # A foreign key has the type of the key it points to, possibly over several steps.
    end = item
    for _ in range(10):
        related = _related(end, models)
        if related is None:
            break
        end = related[1]
    form = _FORMS.get(end.python_class.rpartition(".")[2], "")
    return Column(item.column, end.type, item.null, end.decimal_places, end.max_length, item.choices, form)


def _in_utc(value: dt.datetime, *, aware: bool) -> dt.datetime:
    if value.tzinfo is not None:
        return value.astimezone(dt.UTC)
    return value.replace(tzinfo=dt.UTC) if aware else value


def _datetime(raw: object, _column: Column) -> object:
    if isinstance(raw, str):
        return dt.datetime.fromisoformat(raw)
    return raw


def _date(raw: object, _column: Column) -> object:
    if isinstance(raw, str):
        return dt.date.fromisoformat(raw[:10])
    return raw.date() if isinstance(raw, dt.datetime) else raw


def _time(raw: object, _column: Column) -> object:
    if isinstance(raw, dt.timedelta):  # how MySQL drivers give TIME
        return (dt.datetime(1, 1, 1, tzinfo=dt.UTC) + raw).time()
    return dt.time.fromisoformat(raw) if isinstance(raw, str) else raw


def _decimal(raw: object, column: Column) -> object:
    if not isinstance(raw, (str, int, float, Decimal)):
        return raw
    number = Decimal(str(raw))
    if column.decimal_places is None:
        return number
    return number.quantize(Decimal(1).scaleb(-column.decimal_places))


def _uuid(raw: object, _column: Column) -> object:
    return uuid.UUID(raw) if isinstance(raw, str) else raw


def _json(raw: object, _column: Column) -> object:
    if isinstance(raw, ObjectValue):  # psycopg's Jsonb(…) as a parameter
        return raw.attributes.get("obj", raw.attributes.get("adapted", raw))
    return orjson.loads(raw) if isinstance(raw, (str, bytes)) else raw


def _binary(raw: object, _column: Column) -> object:
    return raw.encode("latin-1") if isinstance(raw, str) else raw


_FORMS: Final[Mapping[str, Literal["", "email", "url"]]] = {"EmailField": "email", "URLField": "url"}
"""Class of a field → what its texts have to be."""
_CONVERTERS: Final[Mapping[str, Callable[[object, Column], object]]] = {
    "BooleanField": lambda raw, _: bool(raw) if isinstance(raw, int) else raw,
    "NullBooleanField": lambda raw, _: bool(raw) if isinstance(raw, int) else raw,
    "DateTimeField": _datetime,
    "DateField": _date,
    "TimeField": _time,
    "DurationField": lambda raw, _: dt.timedelta(microseconds=raw) if isinstance(raw, int) else raw,
    "DecimalField": _decimal,
    "FloatField": lambda raw, _: float(raw) if isinstance(raw, int) else raw,
    "UUIDField": _uuid,
    "JSONField": _json,
    "BinaryField": _binary,
}
