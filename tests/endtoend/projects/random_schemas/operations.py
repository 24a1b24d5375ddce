"""Random operations of the ORM: what is drawn of them, and what each returns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist
from django.db import IntegrityError, transaction
from django.db.models import Avg, Count, F, Max, Min, QuerySet, Sum
from hypothesis import strategies as st

from tests.endtoend.projects.random_schemas.questions import Filters, filtered, filters, tied_to
from tests.endtoend.projects.random_schemas.schemas import (
    KEYS,
    Column,
    Relation,
    Schema,
    columns,
    key_kind,
    lineage,
    relations,
)
from tests.endtoend.projects.random_schemas.stock import Stock, keys_of, values
from tests.endtoend.projects.random_schemas.telling import Teller, plain

_NUMBERS: Final = frozenset({"integer", "decimal", "float"})
_AGGREGATES: Final = {"sum": Sum, "max": Max, "min": Min, "avg": Avg}


@dataclass(frozen=True)
class Operation:
    kind: str
    model: int
    filters: Filters = ()
    order: tuple[str, ...] = ()
    page: tuple[int, int] | None = None
    """(first, end) of a slice."""
    names: tuple[str, ...] = ()
    path: str = ""
    key: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)
    others: tuple[Mapping[str, Any], ...] = ()
    points: Mapping[str, tuple[int, Any]] = field(default_factory=dict)
    """Foreign key → (model, key) to look up first."""

    def asked_for(self) -> list[Any]:
        """Return the keys by which it asks; programs have these from a request."""
        found = [key for each in self.filters for item in each.conditions for key in item.asked_for()]
        found += self.key if isinstance(self.key, tuple) else [self.key]
        found += [key for _, key in self.points.values()]
        found += [key for other in self.others for key in other.get("keys", ())]
        return [key for key in found if key is not None]


@dataclass(frozen=True)
class Performer:
    """Runs operations against whatever database there is."""

    classes: list[Any]
    teller: Teller

    def perform(self, operation: Operation) -> Any:
        """Return what the operation returned, or which of its usual errors it raised."""
        try:
            with transaction.atomic():
                return _PERFORMED[operation.kind](self, operation)
        except (IntegrityError, ObjectDoesNotExist, MultipleObjectsReturned) as error:
            return type(error).__name__

    def query(self, operation: Operation) -> QuerySet[Any]:
        found = filtered(self.classes[operation.model].objects.all(), operation.filters)
        return found.distinct() if _is_wide(operation) else found

    def sorted(self, operation: Operation) -> QuerySet[Any]:
        found = self.query(operation).order_by(*operation.order, "pk")
        return found[slice(*operation.page)] if operation.page else found

    def given(self, operation: Operation) -> dict[str, Any]:
        """Return the values to store, after a look at the rows that they point to."""
        found = {
            name: self.classes[model].objects.get(pk=key) for name, (model, key) in operation.points.items()
        }
        return {**operation.values, **found}

    # --- reading

    def get(self, operation: Operation) -> Any:
        return self.teller.row(self.query(operation).get())

    def rows(self, operation: Operation) -> Any:
        return [self.teller.row(row) for row in self.sorted(operation)]

    def only(self, operation: Operation) -> Any:
        return [self.teller.row(row) for row in self.sorted(operation).only(*operation.names)]

    def defer(self, operation: Operation) -> Any:
        return [self.teller.row(row) for row in self.sorted(operation).defer(*operation.names)]

    def values(self, operation: Operation) -> Any:
        model = self.classes[operation.model]
        return [self.teller.named(model, row) for row in self.sorted(operation).values(*operation.names)]

    def flat(self, operation: Operation) -> Any:
        found = self.sorted(operation).values_list(operation.names[0], flat=True)
        return [plain(value) for value in found]

    def selected(self, operation: Operation) -> Any:
        return [
            [self.teller.row(row), *self._related(row, operation.path)]
            for row in self.sorted(operation).select_related(operation.path)
        ]

    def _related(self, row: Any, path: str) -> list[Any]:
        related = getattr(row, path, None)
        return [] if related is None else [self.teller.row(related)]

    def prefetched(self, operation: Operation) -> Any:
        found: list[Any] = []
        for row in self.sorted(operation).prefetch_related(operation.path):
            others = [self.teller.row(other) for other in getattr(row, operation.path).all()]
            found.append([self.teller.row(row), len(others), sorted(others, key=repr)])
        return found

    def annotated(self, operation: Operation) -> Any:
        found = self.sorted(operation).annotate(many=Count(operation.path, distinct=True))
        return [[self.teller.row(row), row.many] for row in found]

    def first(self, operation: Operation) -> Any:
        row = self.query(operation).order_by(*operation.order, "pk").first()
        return None if row is None else self.teller.row(row)

    def count(self, operation: Operation) -> Any:
        return self.query(operation).count()

    def exists(self, operation: Operation) -> Any:
        return self.query(operation).exists()

    def in_bulk(self, operation: Operation) -> Any:
        found = self.classes[operation.model].objects.in_bulk(list(operation.key))
        return [self.teller.row(found[key]) for key in operation.key if key in found]

    def aggregated(self, operation: Operation) -> Any:
        (name,) = operation.names
        return plain(self.query(operation).aggregate(told=_AGGREGATES[operation.path](name))["told"])

    # --- writing

    def create(self, operation: Operation) -> Any:
        return self.teller.row(self.classes[operation.model].objects.create(**self.given(operation)))

    def rolled_back(self, operation: Operation) -> Any:
        try:
            with transaction.atomic():
                told = self.create(operation)
                raise _RegretError  # noqa: TRY301 - it has to pass the savepoint
        except _RegretError:
            return {name: value for name, value in told.items() if name in operation.values}

    def bulk_create(self, operation: Operation) -> Any:
        model = self.classes[operation.model]
        shared = self.given(operation)
        made = model.objects.bulk_create([model(**{**shared, **other}) for other in operation.others])
        return len(made)

    def get_or_create(self, operation: Operation) -> Any:
        lookup = {name: operation.values[name] for name in operation.names}
        defaults = {name: value for name, value in self.given(operation).items() if name not in lookup}
        row, made = self.classes[operation.model].objects.get_or_create(defaults, **lookup)
        return [self.teller.row(row), made]

    def update_or_create(self, operation: Operation) -> Any:
        lookup = {name: operation.values[name] for name in operation.names}
        defaults = {name: value for name, value in self.given(operation).items() if name not in lookup}
        row, made = self.classes[operation.model].objects.update_or_create(defaults, **lookup)
        return [self.teller.row(row), made]

    def update(self, operation: Operation) -> Any:
        return self.query(operation).update(**operation.values)

    def add_up(self, operation: Operation) -> Any:
        (name,) = operation.names
        return self.query(operation).update(**{name: F(name) + 1})

    def save(self, operation: Operation) -> Any:
        row = self.classes[operation.model].objects.get(pk=operation.key)
        for name, value in operation.values.items():
            setattr(row, name, value)
        row.save()
        return self.teller.row(row)

    def delete(self, operation: Operation) -> Any:
        # Of what goes with it only rows of the same model are told: a link to a row that nobody
        # read goes unseen, and a test does without it.
        _, each = self.query(operation).delete()
        return each.get(self.classes[operation.model]._meta.label, 0)

    def link(self, operation: Operation) -> Any:
        row = self.classes[operation.model].objects.get(pk=operation.key)
        others = getattr(row, operation.path)
        target = others.model.objects.filter(pk__in=operation.others[0]["keys"])
        if operation.names == ("remove",):
            others.remove(*target)
        else:
            others.add(*target)
        return others.count()


class _RegretError(Exception):
    """Raised to roll a savepoint back."""


_Perform: TypeAlias = Callable[[Performer, Operation], Any]
_PERFORMED: Final[Mapping[str, _Perform]] = {
    name: getattr(Performer, name)
    for name in (
        "get", "rows", "only", "defer", "values", "flat", "selected", "prefetched", "annotated", "first",
        "count", "exists", "in_bulk", "aggregated", "create", "rolled_back", "bulk_create",
        "get_or_create", "update_or_create", "update", "add_up", "save", "delete", "link",
    )
}  # fmt: skip


def _is_wide(operation: Operation) -> bool:
    """Say whether the filters lead over relations, so that a row may be found twice."""
    asked = [condition for each in operation.filters for condition in each.conditions]
    return operation.kind in _READ_WIDE and any(
        "__" in condition.path or condition.lookup == "isnull" for condition in asked
    )


_READ_WIDE: Final = frozenset({"get", "rows", "values", "flat", "count", "exists", "first"})


Operations: TypeAlias = tuple[Operation, ...]


def within_reach(drawn: Sequence[Operation]) -> Operations:
    """Leave out what is known not to be inverted, though a test is written.

    - Columns that a query left out are made up where they must have a value. Whether a page, an
      aggregate or a write of another query then finds other rows isn't always looked at; nor are
      rows that were seen without their keys known to be those that a write hits. So what reads
      rows in part goes with plain reads only.
    - Rows that a write of any number of rows hit, and that nobody had read, are made up; those that
      are read afterwards are taken for others. So such a write comes last.
    - Rows that were only counted, or stood before the page that was seen, are made up without a
      look at every other query that could find them, and so are the rows that those point to. So
      aggregates, and pages past the first, stand alone.
    """
    found: list[Operation] = []
    for operation in drawn:
        kinds = {item.kind for item in found}
        if _stands_alone(operation):
            if found:
                continue
            return (operation,)
        if operation.kind in _PARTIAL and (kinds - _PARTIAL - _PLAIN or any(item.page for item in found)):
            continue
        if kinds & _PARTIAL and (operation.kind not in _PARTIAL | _PLAIN or operation.page):
            continue
        found.append(operation)
        if operation.kind in {"update", "add_up", "delete"}:
            break
    return tuple(found)


def _stands_alone(operation: Operation) -> bool:
    return operation.kind in {"aggregated", "annotated", "count"} or bool(
        operation.page and operation.page[0]
    )


_PARTIAL: Final = frozenset({"only", "defer", "values", "flat"})
_PLAIN: Final = frozenset({"get", "rows", "exists", "in_bulk"})


# --- drawing --------------------------------------------------------------------------------


@st.composite
def operations(draw: st.DrawFn, schema: Schema, stock: Stock) -> Operation:  # noqa: PLR0911 - one for each kind
    number = draw(st.integers(0, len(schema) - 1))
    kinds = _possible(schema, number, stock)
    kind = draw(st.sampled_from(kinds))
    own = columns(schema, number)
    alterable = _alterable(schema, number)
    names = tuple(column.name for column in own)
    # A write that finds its rows over relations tells how many there were, not which. And where a
    # foreign key wasn't read, a row that it points to is made up, though it may have been NULL.
    ties = kind not in _PARTIAL | {"update", "add_up", "delete", "aggregated"}
    asked = draw(filters(schema, number, stock, ties=ties))
    picked = tuple(draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)))
    ordered = tuple(name for name in names if not name.startswith("json"))
    sorting = draw(st.lists(st.sampled_from(ordered), max_size=2, unique=True)) if ordered else []
    order = tuple(draw(st.sampled_from(("", "-"))) + name for name in sorting)
    page = draw(st.sampled_from((None, None, (0, 2), (1, 3))))
    keys = keys_of(stock, schema, number)
    key = draw(st.sampled_from(keys)) if keys else None
    match kind:
        case "values" | "flat" | "only" | "defer":
            # Rows are sorted by what was read of them: others would be made up, in any order. And a
            # page past the first, of rows that nothing identifies, doesn't tell what stood before.
            read = (
                set(names) - set(picked) if kind == "defer" else set(picked[:1] if kind == "flat" else picked)
            )
            order = tuple(name for name in order if name.lstrip("-") in read)
            page = (0, 2) if page == (1, 3) else page
            return Operation(kind, number, asked, order, page, picked)
        case "rows":
            return Operation(kind, number, asked, order, page, picked)
        case "selected":
            ties = [tie.name for tie in relations(schema, number) if tie.kind != "many"]
            return Operation(kind, number, asked, order, page, path=draw(st.sampled_from(ties)))
        case "prefetched":
            many = [name for name, _, is_many in tied_to(schema, number) if is_many]
            return Operation(kind, number, asked, order, page, path=draw(st.sampled_from(many)))
        case "annotated":
            ties = [name for name, _, _ in tied_to(schema, number)]
            # Of a filtered query that joins for the sake of counting, the count isn't inverted.
            return Operation(kind, number, order=order, path=draw(st.sampled_from(ties)))
        case "get" | "first" | "count" | "exists" | "delete":
            return Operation(kind, number, asked, order)
        case "in_bulk":
            wanted = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=3, unique=True))
            return Operation(kind, number, key=tuple(wanted))
        case "aggregated":
            numbers = [column.name for column in schema[number].columns if column.kind in _NUMBERS]
            name = draw(st.sampled_from(numbers))
            how = draw(st.sampled_from(tuple(_AGGREGATES)))
            return Operation(kind, number, asked, names=(name,), path=how)
        case "add_up":
            name = draw(st.sampled_from([column.name for column in alterable if column.kind == "integer"]))
            return Operation(kind, number, asked, names=(name,))
        case "update":
            changed = {column.name: draw(values(column)) for column in alterable if column.name in picked}
            return Operation(
                kind, number, asked, values=changed or {alterable[0].name: alterable[0].values[0]}
            )
        case "save":
            changed = {column.name: draw(values(column)) for column in own if column.name in picked}
            return Operation(kind, number, key=key, values=changed)
        case "link":
            tie = draw(st.sampled_from([tie for tie in relations(schema, number) if tie.kind == "many"]))
            targets = keys_of(stock, schema, tie.target)
            linked = draw(st.lists(st.sampled_from(targets), max_size=2, unique=True)) if targets else []
            how = draw(st.sampled_from(("add", "remove")))
            return Operation(
                kind, number, names=(how,), path=tie.name, key=key, others=({"keys": tuple(linked)},)
            )
        case _:
            return _creation(draw, kind, schema, number, stock)


def _possible(schema: Schema, number: int, stock: Stock) -> list[str]:
    own, ties = columns(schema, number), relations(schema, number)
    there = bool(keys_of(stock, schema, number))
    wanting = {
        "selected": any(tie.kind != "many" for tie in ties),
        "prefetched": any(is_many for _, _, is_many in tied_to(schema, number)),
        "annotated": bool(tied_to(schema, number)),
        "in_bulk": there,
        "save": there,
        # Aggregates of an inherited column aren't inverted: its table isn't the one that is counted.
        "aggregated": any(column.kind in _NUMBERS for column in schema[number].columns),
        "update": bool(_alterable(schema, number)),
        "add_up": any(column.kind == "integer" for column in _alterable(schema, number)),
        "link": there and any(tie.kind == "many" for tie in ties),
        "bulk_create": schema[number].parent is None and key_kind(schema, number) == "auto",
        "get_or_create": any(column.kind != "json" for column in own),
        "update_or_create": any(column.kind != "json" for column in own),
    }
    made = {"create", "rolled_back", "bulk_create", "get_or_create", "update_or_create"}
    parents = all(_target_keys(tie, schema, stock) for tie in ties if tie.kind != "many" and not tie.null)
    return [name for name in _PERFORMED if wanting.get(name, True) and (parents or name not in made)]


def _alterable(schema: Schema, number: int) -> list[Column]:
    """Return the columns that an update of any number of rows may set.

    Of columns that are unique, such an update is refused without telling how many rows there
    were, nor which: a test of that says that it wasn't inverted.
    """
    together = {name for each in lineage(schema, number) for name in schema[each].together}
    return [column for column in columns(schema, number) if not column.unique and column.name not in together]


def _target_keys(tie: Relation, schema: Schema, stock: Stock) -> list[Any]:
    return keys_of(stock, schema, tie.target)


def _creation(draw: st.DrawFn, kind: str, schema: Schema, number: int, stock: Stock) -> Operation:
    own = columns(schema, number)
    told = {column.name: draw(values(column)) for column in own if not column.default or draw(st.booleans())}
    points: dict[str, tuple[int, Any]] = {}
    for tie in relations(schema, number):
        targets = _target_keys(tie, schema, stock)
        if tie.kind != "many" and targets and (not tie.null or draw(st.booleans())):
            points[tie.name] = (tie.target, draw(st.sampled_from(targets)))
    if key_kind(schema, number) != "auto":
        told["pk"] = draw(st.sampled_from(KEYS[key_kind(schema, number)][6:16]))
    others: tuple[Mapping[str, Any], ...] = ()
    names: tuple[str, ...] = ()
    if kind == "bulk_create":
        others = tuple(
            {column.name: draw(values(column)) for column in own} for _ in range(draw(st.integers(1, 3)))
        )
    elif kind in {"get_or_create", "update_or_create"}:
        candidates = [name for name in told if not name.startswith("json") and told[name] is not None]
        if not candidates:
            kind = "create"
        else:
            names = tuple(draw(st.lists(st.sampled_from(candidates), min_size=1, max_size=2, unique=True)))
    return Operation(kind, number, names=names, values=told, others=others, points=points)
