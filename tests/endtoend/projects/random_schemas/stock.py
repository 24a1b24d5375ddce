"""Random rows: what is drawn of them, and how they come into a database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django.db import IntegrityError, transaction
from hypothesis import strategies as st

from tests.endtoend.projects.random_schemas.schemas import (
    KEYS,
    Column,
    Schema,
    columns,
    key_kind,
    lineage,
    relations,
)


@dataclass(frozen=True)
class Item:
    """One row."""

    model: int
    key: Any
    values: Mapping[str, Any]
    points: Mapping[str, Any] = field(default_factory=dict)
    """Foreign key → key of the row pointed to."""
    links: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Many-to-many field → keys of the rows linked."""


Stock: TypeAlias = tuple[Item, ...]


def keys_of(stock: Stock, schema: Schema, model: int) -> list[Any]:
    """Return the keys of the rows that can be met as rows of the model."""
    return [item.key for item in stock if model in lineage(schema, item.model)]


def values(column: Column) -> st.SearchStrategy[Any]:
    known = st.sampled_from(column.values)
    return st.none() | known if column.null else known


@st.composite
def stocks(draw: st.DrawFn, schema: Schema) -> Stock:
    found: list[Item] = []
    taken: set[tuple[int, Any]] = set()
    for number in range(len(schema)):
        root = lineage(schema, number)[-1]
        for _ in range(draw(st.integers(0, 3))):
            free = [key for key in KEYS[key_kind(schema, number)][:12] if (root, key) not in taken]
            key = draw(st.sampled_from(free))
            points: dict[str, Any] = {}
            links: dict[str, tuple[Any, ...]] = {}
            for relation in relations(schema, number):
                targets = keys_of(tuple(found), schema, relation.target)
                if relation.kind == "many":
                    links[relation.name] = tuple(
                        draw(st.lists(st.sampled_from(targets), unique=True, max_size=3)) if targets else ()
                    )
                elif targets and (not relation.null or draw(st.booleans())):
                    points[relation.name] = draw(st.sampled_from(targets))
            told = {column.name: draw(values(column)) for column in columns(schema, number)}
            taken.add((root, key))
            found.append(Item(number, key, told, points, links))
    return tuple(found)


def insert(stock: Stock, schema: Schema, classes: list[Any]) -> None:
    """Insert what can be: rows that break a constraint are left out."""
    for item in stock:
        model = classes[item.model]
        ties = {relation.name: relation for relation in relations(schema, item.model)}
        root = classes[lineage(schema, item.model)[-1]]
        given = {root._meta.pk.attname: item.key, **item.values}
        required = {name for name, tie in ties.items() if tie.kind != "many" and not tie.null}
        points = {
            name: key
            for name, key in item.points.items()
            if classes[ties[name].target].objects.filter(pk=key).exists()
        }
        if not required <= points.keys():
            continue
        try:
            with transaction.atomic():
                row = model(**given, **{f"{name}_id": key for name, key in points.items()})
                row.save(force_insert=True)
        except IntegrityError:
            continue
        for name, keys in item.links.items():
            getattr(row, name).add(*classes[ties[name].target].objects.filter(pk__in=keys))
