"""Random conditions: paths over relations, lookups, and Q objects made of them."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from django.db.models import Q, QuerySet
from hypothesis import strategies as st

from tests.endtoend.projects.random_schemas.schemas import VALUES, Schema, columns, lineage, relations
from tests.endtoend.projects.random_schemas.stock import Stock, keys_of

_ORDERED: Final = ("exact", "gt", "gte", "lt", "lte", "in", "range", "isnull")
LOOKUPS: Final[dict[str, tuple[str, ...]]] = {
    "char": ("exact", "iexact", "contains", "icontains", "startswith", "endswith", "gt", "in", "isnull"),
    "text": ("exact", "iexact", "contains", "icontains", "istartswith", "in", "isnull"),
    "integer": _ORDERED,
    "decimal": _ORDERED,
    "float": _ORDERED,
    "boolean": ("exact", "isnull"),
    "date": (*_ORDERED, "year"),
    "datetime": (*_ORDERED, "year"),
    "time": _ORDERED,
    "duration": _ORDERED,
    "uuid": ("exact", "in", "isnull"),
    "json": ("exact", "isnull"),
}


@dataclass(frozen=True)
class Condition:
    path: str
    lookup: str
    value: Any
    negated: bool = False

    def asked_for(self) -> tuple[Any, ...]:
        if not self.path.endswith("pk") or self.lookup == "isnull":
            return ()
        return self.value if self.lookup == "in" else (self.value,)

    def q(self) -> Q:
        made = Q(**{f"{self.path}__{self.lookup}": self.value})
        return ~made if self.negated else made


@dataclass(frozen=True)
class Filter:
    """One call of ``filter`` or ``exclude``."""

    conditions: tuple[Condition, ...]
    either: bool = False
    exclude: bool = False

    def on(self, query: QuerySet[Any]) -> QuerySet[Any]:
        made = Q()
        for condition in self.conditions:
            made = made | condition.q() if self.either else made & condition.q()
        return query.exclude(made) if self.exclude else query.filter(made)


Filters: TypeAlias = tuple[Filter, ...]


def filtered(query: QuerySet[Any], filters: Filters) -> QuerySet[Any]:
    for each in filters:
        query = each.on(query)
    return query


def tied_to(schema: Schema, number: int) -> list[tuple[str, int, bool]]:
    """Return (path, model, whether to many) of each relation that leads from the model, or to it."""
    found = [
        (relation.name, relation.target, relation.kind == "many") for relation in relations(schema, number)
    ]
    own = lineage(schema, number)
    return found + [
        (relation.reverse(drawn), other, relation.kind != "one")
        for other, drawn in enumerate(schema)
        for relation in drawn.relations
        if relation.target in own
    ]


@st.composite
def conditions(draw: st.DrawFn, schema: Schema, number: int, stock: Stock, *, over: bool) -> Condition:
    path = ""
    ties = tied_to(schema, number) if over else []
    if ties and draw(st.integers(0, 2)) == 0:
        name, number, _ = draw(st.sampled_from(ties))
        path = f"{name}__"
        if draw(st.booleans()):
            return Condition(name, "isnull", draw(st.booleans()))
    own = columns(schema, number) if over else list(schema[number].columns)
    which = draw(st.integers(0, len(own)))
    negated = draw(st.integers(0, 3)) == 0
    if which == len(own):
        keys = keys_of(stock, schema, number)
        if not keys:
            return Condition(f"{path}pk", "isnull", value=False)
        value = draw(st.sampled_from(keys))
        if draw(st.booleans()):
            return Condition(f"{path}pk", "exact", value, negated)
        return Condition(f"{path}pk", "in", (value,), negated)
    column = own[which]
    lookup = draw(st.sampled_from(LOOKUPS[column.kind]))
    return Condition(f"{path}{column.name}", lookup, draw(_value(column.kind, lookup)), negated)


def _value(kind: str, lookup: str) -> st.SearchStrategy[Any]:
    known = st.sampled_from(VALUES[kind])
    match lookup:
        case "isnull":
            return st.booleans()
        case "in":
            return st.lists(known, min_size=1, max_size=2, unique=True).map(tuple)
        case "range":
            return st.tuples(known, known).map(lambda ends: tuple(sorted(ends)))
        case "year":
            return st.sampled_from((1999, 2024))
        case _:
            return known


@st.composite
def filters(draw: st.DrawFn, schema: Schema, number: int, stock: Stock, *, ties: bool) -> Filters:
    """Draw calls of ``filter`` and ``exclude``; without ``ties``, by columns of the model's own table."""
    found: list[Filter] = []
    for _ in range(draw(st.integers(0, 2))):
        parts = draw(st.lists(conditions(schema, number, stock, over=ties), min_size=1, max_size=2))
        found.append(Filter(tuple(parts), draw(st.booleans()), draw(st.integers(0, 3)) == 0))
    return tuple(found)
