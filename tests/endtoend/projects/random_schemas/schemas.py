"""Random schemas: what is drawn of them, and the model classes made of that."""

import datetime as dt
import sys
import uuid
from dataclasses import dataclass
from decimal import Decimal
from types import ModuleType
from typing import Any, Final, Literal, TypeAlias

from django.apps import AppConfig, apps
from django.db import models
from hypothesis import strategies as st

from otel2test.processors.django import schema as recorded

Key: TypeAlias = Literal["auto", "char", "uuid", "integer"]

VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "char": ("a", "", "Ab", "b c", "ø", "100%", "a_b", "'q\""),
    "text": ("", "one\ntwo", "Milk", "milk run"),
    "integer": (0, 1, 2, 7, -3),
    "decimal": (Decimal("0.00"), Decimal("1.50"), Decimal("10.25"), Decimal("-2.10")),
    "float": (0.0, 0.5, 2.25),
    "boolean": (False, True),
    "date": (dt.date(2024, 2, 29), dt.date(1999, 12, 31), dt.date(2030, 1, 1)),
    "datetime": (
        dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC),
        dt.datetime(2024, 2, 29, 12, 0, 0, 7, tzinfo=dt.UTC),
        dt.datetime(1999, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
    ),
    "time": (dt.time(0, 0), dt.time(13, 30)),
    "duration": (dt.timedelta(0), dt.timedelta(days=1, seconds=5)),
    "uuid": tuple(uuid.UUID(int=number) for number in (1, 2, 0xABC << 100)),
    "json": ({}, [], {"a": 1}, {"a": None, "b": [1, "x"]}, "s", 0),
}
"""Few values of each kind, so that rows and questions meet."""
CHOICES: Final = {kind: VALUES[kind][:3] for kind in ("char", "integer")}
KEYS: Final[dict[Key, tuple[Any, ...]]] = {
    "auto": tuple(range(1, 41)),
    "integer": tuple(range(-2, 38)),
    "char": tuple(f"k{number}" for number in range(40)),
    "uuid": tuple(uuid.UUID(int=number << 64) for number in range(1, 41)),
}
_FIELDS: Final[dict[str, tuple[type[Any], dict[str, Any]]]] = {
    "char": (models.CharField, {"max_length": 20}),
    "text": (models.TextField, {}),
    "integer": (models.IntegerField, {}),
    "decimal": (models.DecimalField, {"max_digits": 8, "decimal_places": 2}),
    "float": (models.FloatField, {}),
    "boolean": (models.BooleanField, {}),
    "date": (models.DateField, {}),
    "datetime": (models.DateTimeField, {}),
    "time": (models.TimeField, {}),
    "duration": (models.DurationField, {}),
    "uuid": (models.UUIDField, {}),
    "json": (models.JSONField, {}),
}
_NAMES: Final = ("Author", "Book", "Shelf", "Loan")


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    null: bool = False
    default: bool = False
    unique: bool = False
    choices: bool = False
    renamed: bool = False
    """True where the column in the database is called otherwise."""

    @property
    def values(self) -> tuple[Any, ...]:
        """What rows may hold."""
        return CHOICES[self.kind] if self.choices else VALUES[self.kind]


@dataclass(frozen=True)
class Relation:
    name: str
    kind: Literal["foreign", "one", "many"]
    target: int
    null: bool = False

    def reverse(self, owner: "Drawn") -> str:
        return f"{owner.name.lower()}_of_{self.name}"


@dataclass(frozen=True)
class Drawn:
    """One model."""

    name: str
    columns: tuple[Column, ...]
    relations: tuple[Relation, ...] = ()
    key: Key = "auto"
    parent: int | None = None
    together: tuple[str, ...] = ()


Schema: TypeAlias = tuple[Drawn, ...]


def lineage(schema: Schema, number: int) -> list[int]:
    """Return the model and those that it inherits from."""
    parent = schema[number].parent
    return [number, *(lineage(schema, parent) if parent is not None else ())]


def columns(schema: Schema, number: int) -> list[Column]:
    return [column for each in lineage(schema, number) for column in schema[each].columns]


def relations(schema: Schema, number: int) -> list[Relation]:
    return [relation for each in lineage(schema, number) for relation in schema[each].relations]


def key_kind(schema: Schema, number: int) -> Key:
    return schema[lineage(schema, number)[-1]].key


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    count = draw(st.integers(1, 4))
    found: list[Drawn] = []
    for number in range(count):
        parent = draw(st.none() | st.integers(0, number - 1)) if number else None
        own = tuple(_column(draw, number, each) for each in range(draw(st.integers(1, 4))))
        tied = tuple(_relation(draw, number, each, count) for each in range(draw(st.integers(0, 2))))
        candidates = [item.name for item in (*own, *tied) if item.kind not in {"many", "json"}]
        together = draw(st.just(()) | st.permutations(candidates).map(lambda names: tuple(names[:2])))
        key = draw(st.sampled_from(("auto", "auto", "auto", "char", "uuid", "integer")))
        found.append(
            Drawn(
                _NAMES[number],
                own,
                tied,
                "auto" if parent is not None else key,
                parent,
                together if len(together) == 2 else (),
            )
        )
    return tuple(found)


def _column(draw: st.DrawFn, model: int, number: int) -> Column:
    kind = draw(st.sampled_from(tuple(VALUES)))
    style = draw(st.sampled_from(("plain", "plain", "null", "default", "unique", "choices")))
    return Column(
        f"{kind}_{'abcd'[model]}{number}",
        kind,
        null=style == "null",
        default=style == "default",
        unique=style == "unique" and kind not in {"boolean", "json"},
        choices=style == "choices" and kind in CHOICES,
        renamed=draw(st.booleans()),
    )


def _relation(draw: st.DrawFn, model: int, number: int, count: int) -> Relation:
    kind = draw(st.sampled_from(("foreign", "foreign", "one", "many")))
    required = kind != "many" and model > 0 and draw(st.booleans())
    target = draw(st.integers(0, model - 1 if required else count - 1))
    return Relation(f"{kind}_{'abcd'[model]}{number}", kind, target, null=kind != "many" and not required)


# --- classes --------------------------------------------------------------------------------


def build(schema: Schema, label: str) -> list[Any]:
    """Return a class for each model, in an app of this label that is installed from now on."""
    module = ModuleType(label)
    sys.modules[label] = module
    config = type("Config", (AppConfig,), {"path": "/nowhere", "label": label})(label, module)
    config.apps = apps
    apps.app_configs[label] = config
    config.models = apps.all_models[label]
    found: list[Any] = []
    for drawn in schema:
        bases = (models.Model,) if drawn.parent is None else (found[drawn.parent],)
        meta = {"app_label": label}
        if drawn.together:
            meta["unique_together"] = (drawn.together,)
        members: dict[str, Any] = {"__module__": label, "Meta": type("Meta", (), meta)}
        if drawn.parent is None and drawn.key != "auto":
            members["code"] = _key(drawn.key)
        members |= {column.name: _field(column) for column in drawn.columns}
        members |= {relation.name: _tie(relation, drawn, schema, label) for relation in drawn.relations}
        found.append(type(drawn.name, bases, members))
        setattr(module, drawn.name, found[-1])
    _look_again()
    return found


def forget(label: str) -> None:
    """Take the app away again."""
    del sys.modules[label], apps.app_configs[label]
    apps.all_models.pop(label)
    _look_again()


def _look_again() -> None:
    """Apps don't come and go in a process, but here: what keeps a list of all models makes a new one."""
    apps.clear_cache()
    recorded._tables.cache_clear()


def _key(kind: Key) -> Any:
    match kind:
        case "char":
            return models.CharField(max_length=10, primary_key=True)
        case "uuid":
            return models.UUIDField(primary_key=True)
        case _:
            return models.IntegerField(primary_key=True)


def _field(column: Column) -> Any:
    made, options = _FIELDS[column.kind]
    options = {**options, "null": column.null, "unique": column.unique}
    if column.default:
        mutable = isinstance(column.values[0], (dict, list))
        options["default"] = dict if mutable else column.values[0]
    if column.choices:
        options["choices"] = [(value, str(value)) for value in column.values]
    if column.renamed:
        options["db_column"] = f"{column.kind}Col_{column.name[-2:]}"
    return made(**options)


def _tie(relation: Relation, owner: Drawn, schema: Schema, label: str) -> Any:
    target = f"{label}.{schema[relation.target].name}"
    named = relation.reverse(owner)
    if relation.kind == "many":
        return models.ManyToManyField(target, related_name=named, symmetrical=False)
    made = models.OneToOneField if relation.kind == "one" else models.ForeignKey
    gone = models.SET_NULL if relation.null else models.CASCADE
    return made(target, gone, null=relation.null, related_name=named)
