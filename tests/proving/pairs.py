"""A small shop, recorded and replayed: words for pairs of exchanges that differ in one thing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from otel2test.reading.exchanges import Exchange
from tests.recordings import START, Node, field, foreign_key, model, query, recorded, request, schema

DAY: Final = 86_400 * 10**9
LATER: Final = START + 40 * DAY
"""When replays run: all that is read off the clock is another then."""

USER = model(
    "auth.User",
    field("id", "BigAutoField", primary_key=True),
    field("name"),
    field("password"),
    field("last_login", "DateTimeField"),
    user=True,
)
ORDER = model(
    "shop.Order",
    field("id", "BigAutoField", primary_key=True),
    foreign_key("user", "auth.User"),
    field("title"),
    field("placed", "DateTimeField", auto_now_add=True),
    field("due", "DateTimeField", null=True),
)
COUNTRY = model("shop.Country", field("code", primary_key=True), field("name"))
TYPE = model(
    "contenttypes.ContentType",
    field("id", "AutoField", primary_key=True),
    field("model"),
    table="django_content_type",
    framework="content_type",
)
SHOP = schema(USER, ORDER, COUNTRY, TYPE)

USERS = 'SELECT "auth_user"."id", "auth_user"."name" FROM "auth_user" ORDER BY "auth_user"."id" ASC'
ORDERS = (
    'SELECT "shop_order"."id", "shop_order"."user_id", "shop_order"."title" FROM "shop_order" '
    'WHERE "shop_order"."user_id" = %s'
)
INSERT = (
    'INSERT INTO "shop_order" ("user_id", "title", "placed") VALUES (%s, %s, %s) RETURNING "shop_order"."id"'
)


def users(*rows: Sequence[object]) -> Node:
    return query(USERS, [], columns=["id", "name"], rows=rows)


def orders(user: int, *rows: tuple[int, str], sql: str = ORDERS) -> Node:
    """Return the statement for the orders of a user: (key, title) each."""
    told = [(key, user, title) for key, title in rows]
    return query(sql, [user], columns=["id", "user_id", "title"], rows=told)


def place(key: int, user: int, title: str, placed: str) -> Node:
    """Return the statement that inserts an order."""
    return query(INSERT, [user, title, placed], columns=["id"], rows=[[key]])


def exchange(*nodes: Node, start: int = START, method: str = "GET", path: str = "/", **told: Any) -> Exchange:
    """Return a request to the shop."""
    told.setdefault("schema", SHOP)
    return recorded(request(method, path, *nodes, **told), start=start).exchange()


def at_host(made: Exchange, host: str) -> Exchange:
    return replace(made, request=replace(made.request, host=host))


def page(*texts: str) -> str:
    lines = "".join(f"<p>{text}</p>" for text in texts)
    return f"<html><head><title>Shop</title></head><body>{lines}</body></html>"


def sentences(divergences: Iterable[Any]) -> list[str]:
    return [each.sentence for each in divergences]
