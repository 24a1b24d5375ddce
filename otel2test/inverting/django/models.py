"""The recorded models, looked up by table and by label; names checked before they reach code."""

from collections.abc import Mapping
from dataclasses import dataclass

from otel2test.identifiers import is_dotted, is_identifier
from otel2test.inverting.catalog import Catalog, build
from otel2test.inverting.plan import Name
from otel2test.reading.exchanges import Field, ManyToMany, Model, Schema


@dataclass(frozen=True, slots=True)
class Models:
    """What the recording says of the project's models."""

    schema: Schema
    catalog: Catalog
    by_label: Mapping[str, Model]
    by_table: Mapping[str, Model]
    links: Mapping[str, tuple[Model, ManyToMany]]
    """Joining table that Django made → (declaring model, its many-to-many field)."""

    @property
    def user(self) -> Model | None:
        """The model that ``AUTH_USER_MODEL`` names."""
        return next((model for model in self.schema.models if model.user), None)

    def primary_key(self, model: Model) -> Field | None:
        return next((item for item in model.fields if item.primary_key), None)

    def parent(self, model: Model) -> tuple[Model, Field] | None:
        """Return the model from which ``model`` inherits its table's key, with the linking field."""
        for item in model.fields:
            parent = self.by_label.get(item.related_model or "") if item.parent_link else None
            if parent is not None:
                return parent, item
        return None


def models_of(schema: Schema) -> Models:
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
    return Models(schema, build(schema), by_label, by_table, links)


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
