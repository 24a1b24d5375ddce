"""The models behind the tables that a request touched → :class:`~otel2test.attributes.SchemaPayload`.

What enters is an exchange with its statements; what leaves names every model whose table stands
in their SQL, and all that a row of these needs in order to exist: the models that foreign keys
point to, parents of multi-table inheritance, and what joins two of them. No query runs.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, Final, Literal

import django
import orjson
from django.apps import apps
from django.conf import global_settings, settings
from django.db.models import Model, UniqueConstraint, signals
from django.db.models.fields.related import ForeignObject

from otel2test.attributes import GenericForeignKeyPayload, ModelPayload, SchemaPayload, usual_table
from otel2test.processors.django.exchange import Exchange
from otel2test.processors.django.fields import concrete, field_payload, many_to_many_payload
from otel2test.processors.django.seeding import is_seeded
from otel2test.processors.otlp import dump
from otel2test.processors.raw_sql import LONGEST_REMEMBERED

_Framework = Literal["content_type", "permission", "site", "session"]
_FRAMEWORK: Final[dict[str, _Framework]] = {
    "contenttypes.ContentType": "content_type",
    "auth.Permission": "permission",
    "sites.Site": "site",
    "sessions.Session": "session",
}
_SIGNALS: Final = (
    "pre_init",
    "post_init",
    "pre_save",
    "post_save",
    "pre_delete",
    "post_delete",
    "m2m_changed",
)
_QUOTED: Final = re.compile(r'"([^"]+)"|`([^`]+)`')
_BARE: Final = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+([\w.]+)", re.IGNORECASE)
_VENDORS: Final = {"sqlite3": "sqlite", "spatialite": "sqlite", "postgis": "postgresql"}

_ModelClass = type[Model]


def schema_payload(exchange: Exchange) -> SchemaPayload:
    """Return the settings and models that a test of this exchange must know."""
    touched: dict[_ModelClass, str] = {}
    """Model → alias of the first database it was met in."""
    for statement in exchange.statements:
        for model in _models_in(statement.sql):
            touched.setdefault(model, statement.alias)
        if statement.origin is not None:
            # The query set's own model, which may be a proxy, or unknown to the registry.
            app, _, name = statement.origin.model.partition(".")
            own = apps.all_models.get(app, {}).get(name.lower())
            if own is not None:
                touched.setdefault(own, statement.alias)
    if "user" in vars(exchange.request) or "session" in vars(exchange.request):
        user = _user_model()
        if user is not None:
            touched.setdefault(user, "default")
    models = _closure(frozenset(touched))
    payload = _project()
    for statement in exchange.statements:
        payload["databases"][statement.alias] = statement.vendor
    if content_types := _content_types():
        payload["content_types"] = content_types
    written: Any = _models_json(models, tuple(touched.get(model, "default") for model in models))
    payload["models"] = written
    return payload


@lru_cache(maxsize=512)
def _models_json(models: tuple[_ModelClass, ...], aliases: tuple[str, ...]) -> orjson.Fragment:
    """Return what requests that touch the same tables have in common, which is most of it, as JSON."""
    return orjson.Fragment(dump(list(map(_placed, models, aliases))))


def _placed(model: _ModelClass, alias: str) -> ModelPayload:
    if alias == "default":
        return model_payload(model)
    return {**model_payload(model), "database": alias}


def _project() -> SchemaPayload:
    payload: SchemaPayload = {
        "django": django.get_version(),
        "use_tz": settings.USE_TZ,
        "time_zone": settings.TIME_ZONE,
        "language": settings.LANGUAGE_CODE,
        "databases": {alias: _vendor(database) for alias, database in settings.DATABASES.items()},
        "models": [],
    }
    if settings.SESSION_COOKIE_NAME != global_settings.SESSION_COOKIE_NAME:
        payload["session_cookie"] = settings.SESSION_COOKIE_NAME
    if settings.CSRF_COOKIE_NAME != global_settings.CSRF_COOKIE_NAME:
        payload["csrf_cookie"] = settings.CSRF_COOKIE_NAME
    if settings.LANGUAGE_COOKIE_NAME != global_settings.LANGUAGE_COOKIE_NAME:
        payload["language_cookie"] = settings.LANGUAGE_COOKIE_NAME
    if isinstance(site := getattr(settings, "SITE_ID", None), int):
        payload["site_id"] = site
    if isinstance(login_url := settings.LOGIN_URL, str):
        payload["login_url"] = login_url
    if isinstance(urlconf := settings.ROOT_URLCONF, str):
        payload["root_urlconf"] = urlconf
    if isinstance(module := getattr(settings, "SETTINGS_MODULE", None), str):
        payload["settings_module"] = module
    return payload


def _content_types() -> dict[str, str]:
    """Return the content types that Django has looked up in this process; none is looked up here."""
    if not apps.is_installed("django.contrib.contenttypes"):
        return {}
    manager: Any = apps.get_model("contenttypes.ContentType")._default_manager
    known: dict[Any, Any] = dict(getattr(manager, "_cache", {}).get("default", {}))
    return {
        str(key): f"{found.__dict__['app_label']}.{found.__dict__['model']}"
        for key, found in known.items()
        if isinstance(key, int)
    }


def _vendor(database: dict[str, Any]) -> str:
    engine = str(database.get("ENGINE", "")).rpartition(".")[2]
    return _VENDORS.get(engine, engine)


def _models_in(sql: str) -> tuple[_ModelClass, ...]:
    """Return the models whose tables stand in ``sql``."""
    return _find_models(sql) if len(sql) > LONGEST_REMEMBERED else _known_models(sql)


@lru_cache(maxsize=2048)
def _known_models(sql: str) -> tuple[_ModelClass, ...]:
    return _find_models(sql)


def _find_models(sql: str) -> tuple[_ModelClass, ...]:
    names = {quoted or ticked for quoted, ticked in _QUOTED.findall(sql)}
    names |= {name.rpartition(".")[2] for name in _BARE.findall(sql)}
    tables = _tables()
    return tuple(model for name in sorted(names) for model in tables.get(name, ()))


@cache
def _tables() -> dict[str, list[_ModelClass]]:
    tables: dict[str, list[_ModelClass]] = {}
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy:
            tables.setdefault(model._meta.db_table, []).append(model)
    return tables


def _user_model() -> _ModelClass | None:
    try:
        return apps.get_model(settings.AUTH_USER_MODEL, require_ready=False)
    except LookupError:  # a project without django.contrib.auth
        return None


@lru_cache(maxsize=512)
def _closure(start: frozenset[_ModelClass]) -> tuple[_ModelClass, ...]:
    """Return ``start`` with all that a row of these needs, in the order of their labels."""
    found: set[_ModelClass] = set()
    waiting = set(start)
    while waiting:
        found |= waiting
        waiting = {needed for model in waiting for needed in _needed(model)} - found
        # What joins two models is looked for when both are known.
        waiting = waiting or set(_joins(found)) - found
    return tuple(sorted(found, key=lambda model: model._meta.label))


def _needed(model: _ModelClass) -> Iterator[_ModelClass]:
    yield concrete(model)
    yield from model._meta.parents
    for field in model._meta.concrete_fields:
        if isinstance(field, ForeignObject):
            yield concrete(field.remote_field.model)


def _joins(models: set[_ModelClass]) -> Iterator[_ModelClass]:
    for model in models:
        for field in model._meta.local_many_to_many:
            if concrete(field.remote_field.model) in models:
                through: Any = field.remote_field.through
                yield through


@lru_cache(maxsize=2048)  # models may be made as the program runs
def model_payload(model: _ModelClass) -> ModelPayload:
    """Return what must be known to make a row of ``model``."""
    meta = model._meta
    payload: ModelPayload = {
        "label": meta.label,
        "fields": [field_payload(field) for field in meta.concrete_fields if field.column],
    }
    _add_names(payload, model)
    if relations := [many_to_many_payload(field) for field in meta.local_many_to_many]:
        payload["many_to_many"] = relations
    if together := _unique_together(meta):
        payload["unique_together"] = together
    if generic := _generic_foreign_keys(meta):
        payload["generic_foreign_keys"] = generic
    if ordering := [name for name in meta.ordering or () if isinstance(name, str)]:
        payload["ordering"] = ordering
    if not meta.managed:
        payload["managed"] = False
    if meta.proxy:
        payload["proxy_for"] = concrete(model)._meta.label
    if meta.auto_created:
        payload["auto_created"] = True
    if "objects" not in meta.managers_map:
        default = meta.default_manager
        payload["manager"] = default.name if default is not None and default.name else ""
    if _has_custom_save(model):
        payload["custom_save"] = True
    if is_seeded(model):
        payload["seeded"] = True
    if received := [name for name in _SIGNALS if _has_receivers(getattr(signals, name), model)]:
        payload["signals"] = received
    if framework := _FRAMEWORK.get(meta.label):
        payload["framework"] = framework
    if model is _user_model():
        _add_user(payload, model)
    return payload


def _add_names(payload: ModelPayload, model: _ModelClass) -> None:
    """Add what doesn't follow from the label."""
    meta = model._meta
    if (module := _module(model)) != f"{meta.app_label}.models":
        payload["module"] = module
    if meta.db_table != usual_table(meta.label):
        payload["table"] = meta.db_table
    if (verbose_name := meta.verbose_name_raw) != model.__name__.lower():
        payload["verbose_name"] = verbose_name


def _module(model: _ModelClass) -> str:
    """Return where the class can be imported from: a factory leaves its own module in ``__module__``."""
    config = model._meta.app_config
    models = getattr(config, "models_module", None)
    modules = [sys.modules.get(model.__module__), models]
    if config is not None:
        modules += [
            module for name, module in list(sys.modules.items()) if name.startswith(f"{config.name}.")
        ]
    for module in modules:
        if module is not None and vars(module).get(model.__name__) is model:
            return str(module.__name__)
    return model.__module__


def _generic_foreign_keys(meta: Any) -> list[GenericForeignKeyPayload]:
    # Known by their attributes: importing the class would demand that contenttypes is installed.
    return [
        {"name": field.name, "content_type": field.ct_field, "object_id": field.fk_field}
        for field in meta.private_fields
        if hasattr(field, "ct_field") and hasattr(field, "fk_field")
    ]


def _unique_together(meta: Any) -> list[list[str]]:
    together = [list(names) for names in meta.unique_together]
    together += [
        list(constraint.fields)
        for constraint in meta.constraints
        if isinstance(constraint, UniqueConstraint) and constraint.fields and constraint.condition is None
    ]
    composite = getattr(meta.pk, "field_names", None)  # a composite primary key, since Django 5.2
    return [*together, list(composite)] if composite else together


def _has_custom_save(model: _ModelClass) -> bool:
    return any("save" in vars(owner) and not _is_djangos(owner.__module__) for owner in model.__mro__)


def _has_receivers(signal: Any, sender: object) -> bool:
    return any(not _is_djangos(_module_of(receiver)) for receiver in _receivers(signal, sender))


def _receivers(signal: Any, sender: object) -> list[Any]:
    live = signal._live_receivers(sender)
    # Since Django 5.0 those that are coroutines stand apart.
    return [*live[0], *live[1]] if isinstance(live, tuple) else live


def _module_of(receiver: Any) -> str:
    return str(getattr(receiver, "__module__", ""))


def _is_djangos(module: str) -> bool:
    return module == "django" or module.startswith("django.")


def _add_user(payload: ModelPayload, model: Any) -> None:
    payload["user"] = True
    payload["username_field"] = getattr(model, "USERNAME_FIELD", "username")
    payload["required_fields"] = list(getattr(model, "REQUIRED_FIELDS", ()))
    payload["create_user"] = hasattr(model._default_manager, "create_user")
