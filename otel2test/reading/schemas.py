"""What was recorded of the project's models and settings → :class:`~otel2test.reading.exchanges.Schema`.

What enters is a checked payload in the shape of :class:`otel2test.attributes.SchemaPayload`.
Models without a label or a table, and fields without a name, are left out: nothing could be
said about their rows.
"""

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias, get_args

from otel2test.attributes import usual_attname, usual_field_class, usual_link, usual_table
from otel2test.reading.exchanges import Field, GenericForeignKey, ManyToMany, Model, Schema
from otel2test.reading.payloads import Payload

_Framework: TypeAlias = Literal["content_type", "permission", "site", "session"]
_FRAMEWORKS: Final[tuple[_Framework, ...]] = get_args(_Framework)


def schema(payload: Payload) -> Schema:
    empty = Schema()
    return Schema(
        django=payload.text("django", empty.django),
        use_tz=payload.flag("use_tz", default=empty.use_tz),
        time_zone=payload.text("time_zone", empty.time_zone),
        language=payload.optional_text("language"),
        databases=payload.named_texts("databases"),
        root_urlconf=payload.optional_text("root_urlconf"),
        settings_module=payload.optional_text("settings_module"),
        site_id=payload.integer("site_id"),
        session_cookie=payload.text("session_cookie", empty.session_cookie),
        csrf_cookie=payload.text("csrf_cookie", empty.csrf_cookie),
        language_cookie=payload.text("language_cookie", empty.language_cookie),
        login_url=payload.optional_text("login_url"),
        content_types=payload.named_texts("content_types"),
        models=tuple(_models(payload)),
    )


def _models(payload: Payload) -> Iterator[Model]:
    for item in payload.records("models"):
        label = item.text("label")
        table = _text(item, "table", usual_table(label))
        if label and table:
            yield _model(item, label, table)


def _model(payload: Payload, label: str, table: str) -> Model:
    manager = payload.optional_text("manager")
    app, _, last = label.partition(".")
    name = _text(payload, "name", last)
    return Model(
        module=_text(payload, "module", f"{app}.models"),
        name=name,
        label=label,
        table=table,
        fields=tuple(_fields(payload)),
        many_to_many=tuple(_many_to_many(item, label) for item in payload.records("many_to_many")),
        generic_foreign_keys=tuple(
            GenericForeignKey(item.text("name"), item.text("content_type"), item.text("object_id"))
            for item in payload.records("generic_foreign_keys")
        ),
        unique_together=payload.lists_of_texts("unique_together"),
        ordering=payload.texts("ordering"),
        managed=payload.flag("managed", default=True),
        proxy_for=payload.optional_text("proxy_for"),
        auto_created=payload.flag("auto_created"),
        manager="objects" if manager is None else manager,
        seeded=payload.flag("seeded"),
        custom_save=payload.flag("custom_save"),
        signals=payload.texts("signals"),
        verbose_name=payload.text("verbose_name", name.lower()),
        user=payload.flag("user"),
        username_field=payload.optional_text("username_field"),
        required_fields=payload.texts("required_fields"),
        create_user=payload.flag("create_user"),
        framework=payload.choice("framework", (*_FRAMEWORKS, None), None),
    )


def _text(payload: Payload, key: str, usual: str) -> str:
    """Return what is told, though that be empty, and else what is usual."""
    return payload.text(key, "") if key in payload else usual


def _fields(payload: Payload) -> Iterator[Field]:
    for item in payload.records("fields"):
        if name := item.text("name"):
            yield _field(item, name)


def _field(payload: Payload, name: str) -> Field:
    kind = payload.text("type")
    attname = payload.text("attname", usual_attname(name, kind))
    primary_key, related_model = payload.flag("primary_key"), payload.optional_text("related_model")
    return Field(
        name=name,
        attname=attname,
        column=payload.text("column", attname),
        type=kind,
        python_class=payload.text("python_class", usual_field_class(kind)),
        null=payload.flag("null"),
        blank=payload.flag("blank"),
        unique=payload.flag("unique") or primary_key,
        primary_key=primary_key,
        auto_now=payload.flag("auto_now"),
        auto_now_add=payload.flag("auto_now_add"),
        editable=payload.flag("editable", default=True),
        max_length=payload.integer("max_length"),
        max_digits=payload.integer("max_digits"),
        decimal_places=payload.integer("decimal_places"),
        choices=payload.values("choices"),
        # A default of None is one: the key is there, and its value is null.
        has_default=payload.has_key("default"),
        default=payload.value("default"),
        default_callable=payload.optional_text("default_callable"),
        db_default=payload.flag("db_default"),
        related_model=related_model,
        related_field=payload.optional_text("related_field") or ("id" if related_model else None),
        parent_link=payload.flag("parent_link"),
        generated=payload.flag("generated"),
    )


def _many_to_many(payload: Payload, label: str) -> ManyToMany:
    name, related_model = payload.text("name"), payload.text("related_model")
    return ManyToMany(
        name=name,
        related_model=related_model,
        through=payload.text("through", f"{label}_{name}"),
        through_auto_created=payload.flag("through_auto_created", default=True),
        source_column=payload.text("source_column", usual_link(label)),
        target_column=payload.text("target_column", usual_link(related_model)),
    )
