"""The models of a small shop, its rows as queries give them, and what is made of those."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from otel2test.attributes import ModelPayload, SchemaPayload
from otel2test.inverting.catalog import Catalog, build
from otel2test.inverting.collecting import collect
from otel2test.inverting.facts import Fact
from otel2test.inverting.solving import solve
from otel2test.inverting.state import Entity, State
from otel2test.reading.exchanges import Exchange
from tests.recordings import Node, field, foreign_key, model, query, recorded, request, schema

PERSON: Final = model(
    "shop.Person",
    field("id", "BigAutoField", primary_key=True),
    field("name", max_length=50),
    foreign_key("boss", "shop.Person", null=True),
)
TAG: Final = model(
    "shop.Tag",
    field("id", "BigAutoField", primary_key=True),
    field("name", max_length=20, unique=True),
)
TODO: Final = model(
    "shop.Todo",
    field("id", "BigAutoField", primary_key=True),
    field("title", max_length=200),
    field("done", "BooleanField", default=False),
    field("votes", "IntegerField", default=0),
    field("made", "DateTimeField", auto_now_add=True),
    foreign_key("owner", "shop.Person", null=True),
    many_to_many=[
        {
            "name": "tags",
            "related_model": "shop.Tag",
            "through": "shop.Todo_tags",
            "through_auto_created": True,
            "source_column": "todo_id",
            "target_column": "tag_id",
        }
    ],
)
TODO_TAGS: Final = model(
    "shop.Todo_tags",
    field("id", "BigAutoField", primary_key=True),
    foreign_key("todo", "shop.Todo"),
    foreign_key("tag", "shop.Tag"),
    table="shop_todo_tags",
    unique_together=[["todo", "tag"]],
    auto_created=True,
)
USER: Final = model(
    "auth.User",
    field("id", "AutoField", primary_key=True),
    field("password", max_length=128),
    field("last_login", "DateTimeField", null=True, blank=True),
    field("is_staff", "BooleanField", default=False),
    field("username", max_length=150, unique=True),
    field("email", "EmailField", blank=True),
    module="django.contrib.auth.models",
    user=True,
    create_user=True,
    username_field="username",
)

SHOP: Final = schema(PERSON, TAG, TODO, TODO_TAGS, USER)


def columns_of(table: ModelPayload) -> list[str]:
    return [item["column"] for item in table["fields"]]


def select(
    table: ModelPayload,
    *rows: Mapping[str, object],
    where: str = "",
    params: Sequence[object] = (),
    **more: Any,
) -> Node:
    """Return a query for whole rows; columns that a row doesn't tell are NULL."""
    columns = columns_of(table)
    listed = ", ".join(f'"{table["table"]}"."{column}"' for column in columns)
    return query(
        f'SELECT {listed} FROM "{table["table"]}"{f" WHERE {where}" if where else ""}',
        params,
        columns=columns,
        rows=[[row.get(column) for column in columns] for row in rows],
        model=table["label"],
        **more,
    )


def insert(table: ModelPayload, returned: object = None, **values: object) -> Node:
    """Return an insert of one row; ``returned`` is the key that the database gave it."""
    name = table["table"]
    listed = ", ".join(f'"{column}"' for column in values)
    marks = ", ".join(["%s"] * len(values))
    sql = f'INSERT INTO "{name}" ({listed}) VALUES ({marks})'
    if returned is None:
        return query(sql, list(values.values()), rowcount=1, model=table["label"])
    returning = f'{sql} RETURNING "{name}"."id"'
    return query(returning, list(values.values()), columns=["id"], rows=[[returned]], model=table["label"])


def update(table: ModelPayload, pk: object, **values: object) -> Node:
    """Return an update of one row by its key."""
    name = table["table"]
    assigned = ", ".join(f'"{column}" = %s' for column in values)
    return query(
        f'UPDATE "{name}" SET {assigned} WHERE "{name}"."id" = %s', [*values.values(), pk], rowcount=1
    )


def delete(table: ModelPayload, *pks: object) -> Node:
    """Return a delete of rows by their keys."""
    name = table["table"]
    marks = ", ".join(["%s"] * len(pks))
    return query(f'DELETE FROM "{name}" WHERE "{name}"."id" IN ({marks})', pks, rowcount=len(pks))


def exchange_of(*queries: Node, models: SchemaPayload = SHOP) -> Exchange:
    return recorded(request("GET", "/", *queries, schema=models)).exchange()


def catalog_of(models: SchemaPayload = SHOP) -> Catalog:
    return build(exchange_of(models=models).schema)


def facts_of(*queries: Node, models: SchemaPayload = SHOP) -> tuple[Fact, ...]:
    exchange = exchange_of(*queries, models=models)
    return collect(exchange.queries, build(exchange.schema))


def state_of(*queries: Node, models: SchemaPayload = SHOP) -> State:
    return solve(facts_of(*queries, models=models), catalog_of(models))


def entities(state: State, table: ModelPayload) -> list[Entity]:
    return [entity for entity in state.entities if entity.table == table["table"]]


def before(state: State, table: ModelPayload) -> list[dict[str, object]]:
    """Return what is known of the table's rows before the request; those it made are left out."""
    return [
        {column: known.value for column, known in entity.before.items()}
        for entity in entities(state, table)
        if entity.existed
    ]


def after(state: State, table: ModelPayload) -> list[dict[str, object]]:
    """Return what the request wrote to each of the table's rows, or read back."""
    return [
        {column: known.value for column, known in entity.after.items()} for entity in entities(state, table)
    ]
