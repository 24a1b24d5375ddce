"""The recorded models, looked up by table and by label; names checked before they reach code."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from otel2test.identifiers import is_dotted, is_identifier
from otel2test.inverting.catalog import Catalog, build, local_fields
from otel2test.inverting.entities import KeyOf
from otel2test.inverting.expressions import ContentTypeOf, Name
from otel2test.reading.exchanges import Field, ManyToMany, Model, Query, Schema


@dataclass(frozen=True, slots=True)
class Models:
    """What the recording says of the project's models."""

    schema: Schema
    catalog: Catalog
    by_label: Mapping[str, Model]
    by_table: Mapping[str, Model]
    links: Mapping[str, tuple[Model, ManyToMany]]
    """Joining table that Django made → (declaring model, its many-to-many field)."""

    content_types: Mapping[object, tuple[str, str]]
    """Id → (app label, model in lower case)."""
    _lineages: dict[int, tuple[Model, ...]] = field(default_factory=dict, compare=False, repr=False)
    """``id`` of a model, which is the first of the tuple → its lineage, asked for with every value."""
    _parents: dict[int, tuple[Model, tuple[Model, Field] | None]] = field(
        default_factory=dict, compare=False, repr=False
    )
    """``id`` of a model → the model, and its parent."""
    _fillable: dict[int, tuple[Model, list[Field], list[Field]]] = field(
        default_factory=dict, compare=False, repr=False
    )
    """``id`` of a model → the model, and its fields."""

    def content_type(self, key: object) -> ContentTypeOf | None:
        """Return the content type with that id in the recorded database, None if nothing tells."""
        known = self._labels(key)
        if known is None:
            return None
        found = self.model_of(key)
        return ContentTypeOf(*known, import_name(found) if found else None)

    def model_of(self, content_type: object) -> Model | None:
        """Return the model of the content type with that id."""
        known = ".".join(self._labels(content_type) or ("", ""))
        return next((model for label, model in self.by_label.items() if label.lower() == known), None)

    def _labels(self, content_type: object) -> tuple[str, str] | None:
        if not isinstance(content_type, KeyOf):
            return self.content_types.get(content_type)
        told = [content_type.entity.value(column) for column in ("app_label", "model")]
        app_label, model = (known.value if known else None for known in told)
        return (app_label, model) if isinstance(app_label, str) and isinstance(model, str) else None

    @property
    def user(self) -> Model | None:
        """The model that ``AUTH_USER_MODEL`` names."""
        return next((model for model in self.schema.models if model.user), None)

    def primary_key(self, model: Model) -> Field | None:
        return next((item for item in model.fields if item.primary_key), None)

    def fillable(self, model: Model) -> tuple[list[Field], list[Field]]:
        """Return the fields that a row may be given: those that point to other rows, and the others."""
        known = self._fillable.get(id(model))
        if known is None:
            fields = [item for item in model.fields if not (item.parent_link or item.generated)]
            pointing = [item for item in fields if item.related_model is not None]
            others = [item for item in fields if item.related_model is None]
            known = self._fillable[id(model)] = (model, pointing, others)
        return known[1:]

    def lineage(self, model: Model) -> tuple[Model, ...]:
        """Return the model and those whose tables hold the rest of its rows."""
        known = self._lineages.get(id(model))
        if known is None:
            parent = self.parent(model)
            known = self._lineages[id(model)] = (model, *(self.lineage(parent[0]) if parent else ()))
        return known

    def root(self, model: Model) -> Model:
        """Return the model whose table draws the keys: the one from which all others inherit."""
        return self.lineage(model)[-1]

    def parent(self, model: Model) -> tuple[Model, Field] | None:
        """Return the model from which ``model`` inherits its table's key, with the linking field."""
        known = self._parents.get(id(model))
        if known is None:
            known = self._parents[id(model)] = (model, self._parent(model))
        return known[1]

    def _parent(self, model: Model) -> tuple[Model, Field] | None:
        for item in local_fields(model, self.by_label):
            parent = self.by_label.get(item.related_model or "") if item.parent_link else None
            if parent is not None:
                return parent, item
        return None


def models_of(schema: Schema, queries: Iterable[Query] = ()) -> Models:
    """Return the models of a schema that can be named in code.

    A model whose module or name isn't a valid Python name is left out: a recording is
    untrusted, and such a model can't be imported anyway.
    """
    usable = tuple(model for model in schema.models if _nameable(model))
    by_label = {model.label: model for model in usable}
    by_table: dict[str, Model] = {}
    for model in usable:
        if model.proxy_for is None:
            by_table.setdefault(model.table, model)
    links = {
        by_label[field.through].table: (model, field)
        for model in usable
        for field in model.many_to_many
        if field.through_auto_created and field.through in by_label and is_identifier(field.name)
    }
    return Models(
        schema, build(schema), by_label, by_table, links, {**_cached(schema), **dict(_read(queries))}
    )


def _cached(schema: Schema) -> dict[object, tuple[str, str]]:
    return {
        int(key): (label.partition(".")[0], label.partition(".")[2])
        for key, label in schema.content_types.items()
        if key.isdecimal()
    }


def _read(queries: Iterable[Query]) -> Iterator[tuple[object, tuple[str, str]]]:
    """Yield the content types that the request itself read."""
    for query in queries:
        names = _content_type_columns(query) if "django_content_type" in query.sql else ()
        if not {"id", "app_label", "model"} <= set(names):
            continue
        at = [names.index(name) for name in ("id", "app_label", "model")]
        for row in query.rows:
            key, app_label, model = (row[index] for index in at)
            if isinstance(app_label, str) and isinstance(model, str):
                yield key, (app_label, model)


def _content_type_columns(query: Query) -> tuple[str, ...]:
    """Return the names of the columns that are a content type's; others may be joined to it."""
    if query.sources is None:
        return query.columns if " JOIN " not in query.sql else ()
    return tuple(
        source.field or "" if source is not None and source.model == "contenttypes.ContentType" else ""
        for source in query.sources
    )


def _nameable(model: Model) -> bool:
    return (
        is_dotted(model.module)
        and is_identifier(model.name)
        and (model.manager == "" or is_identifier(model.manager))
        and all(is_identifier(item.name) and is_identifier(item.attname) for item in model.fields)
    )


def import_name(model: Model) -> Name:
    """Return how the class is imported."""
    return Name(model.module, model.name)


def manager_of(model: Model) -> str:
    """Return the name of the manager through which rows are made."""
    return model.manager or "_base_manager"
