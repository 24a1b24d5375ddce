"""A model's fields and relations → :class:`FieldPayload`, :class:`ManyToManyPayload`.

Nothing lazy is evaluated: a default or choices that are a callable are told by name or not at all.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Model
from django.db.models.fields import NOT_PROVIDED
from django.db.models.fields.related import ForeignObject

from otel2test.attributes import (
    FieldPayload,
    ManyToManyPayload,
    usual_attname,
    usual_field_class,
    usual_link,
)
from otel2test.processors.django.statements import frozen, wired


def concrete(model: type[Model]) -> type[Model]:
    """Return the model that has the table: of a proxy, the one it stands for."""
    return model._meta.concrete_model or model


def field_payload(field: Any) -> FieldPayload:
    """Return what must be known to fill the column of ``field``."""
    kind = type(field)
    internal = field.get_internal_type()
    payload: FieldPayload = {"name": field.name, "type": internal}
    if field.attname != usual_attname(field.name, internal):
        payload["attname"] = field.attname
    if field.column != field.attname:
        payload["column"] = field.column
    if (python_class := f"{kind.__module__}.{kind.__qualname__}") != usual_field_class(internal):
        payload["python_class"] = python_class
    _add_flags(payload, field)
    for size in ("max_length", "max_digits", "decimal_places"):
        if isinstance(value := getattr(field, size, None), int):
            payload[size] = value
    _add_default(payload, field)
    # A callable's choices have a type of their own, which would call it.
    if isinstance(field.choices, (list, tuple)):
        payload["choices"] = [wired(frozen(value)) for value in _choice_values(field.choices)]
    if isinstance(field, ForeignObject):
        payload["related_model"] = concrete(field.remote_field.model)._meta.label
        if (target := field.foreign_related_fields[0].attname) != "id":
            payload["related_field"] = target
    return payload


def _add_flags(payload: FieldPayload, field: Any) -> None:
    if field.null:
        payload["null"] = True
    if field.blank:
        payload["blank"] = True
    if field.unique and not field.primary_key:
        payload["unique"] = True
    if field.primary_key:
        payload["primary_key"] = True
    if getattr(field, "auto_now", False):
        payload["auto_now"] = True
    if getattr(field, "auto_now_add", False):
        payload["auto_now_add"] = True
    if not field.editable:
        payload["editable"] = False
    if getattr(field.remote_field, "parent_link", False):
        payload["parent_link"] = True
    if getattr(field, "generated", False):
        payload["generated"] = True
    # Since Django 5.0.
    if getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED:
        payload["db_default"] = True


def _add_default(payload: FieldPayload, field: Any) -> None:
    default = field.default
    if default is NOT_PROVIDED:
        return
    if callable(default):
        payload["default_callable"] = _callable_name(default)
    else:
        payload["default"] = wired(frozen(default))


def _callable_name(function: Callable[..., object]) -> str:
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"


def _choice_values(choices: Iterable[Any]) -> Iterable[object]:
    for value, label in choices:
        if isinstance(label, (list, tuple)):
            yield from (inner for inner, _ in label)
        else:
            yield value


def many_to_many_payload(field: Any) -> ManyToManyPayload:
    """Return the relation with the columns of its joining table."""
    through = field.remote_field.through
    label, related = field.model._meta.label, concrete(field.remote_field.model)._meta.label
    payload: ManyToManyPayload = {"name": field.name, "related_model": related}
    if through._meta.label != f"{label}_{field.name}":
        payload["through"] = through._meta.label
    if not through._meta.auto_created:
        payload["through_auto_created"] = False
    if (source := field.m2m_column_name()) != usual_link(label):
        payload["source_column"] = source
    if (target := field.m2m_reverse_name()) != usual_link(related):
        payload["target_column"] = target
    return payload
