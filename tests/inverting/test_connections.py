"""Several connections in one request: each has transactions of its own."""

from typing import Any

from tests.inverting.shop import TAG, TODO, after, before, entities, state_of
from tests.recordings import Node, query


def on(alias: str, sql: str, params: object = (), number: int = 0, **more: Any) -> Node:
    return query(sql, params, alias=alias, connection=number, **more)  # type: ignore[arg-type]


def title(alias: str, text: str, number: int = 0) -> Node:
    """Return an update of the one todo."""
    sql = 'UPDATE "shop_todo" SET "title" = %s WHERE "shop_todo"."id" = %s'
    return on(alias, sql, (text, 50), number, rowcount=1)


def tag(alias: str, name: str, number: int = 0) -> Node:
    sql = 'INSERT INTO "shop_tag" ("name") VALUES (%s)'
    return on(alias, sql, (name,), number, rowcount=1)


def names_made(*queries: Node) -> list[object]:
    return [told["name"] for told in after(state_of(*queries), TAG)]


def test_a_rollback_leaves_the_other_database_alone() -> None:
    assert names_made(
        on("default", "BEGIN"),
        tag("default", "lost"),
        on("other", "BEGIN"),
        tag("other", "kept"),
        on("other", "COMMIT"),
        on("default", "ROLLBACK"),
    ) == ["kept"]


def test_a_commit_on_one_connection_leaves_the_other_open() -> None:
    assert names_made(
        on("default", "BEGIN"),
        tag("default", "lost"),
        on("default", "BEGIN", number=1),
        tag("default", "kept", number=1),
        on("default", "COMMIT", number=1),
        on("default", "ROLLBACK"),
        tag("default", "later"),
    ) == ["kept", "later"]


def test_savepoints_of_one_name_on_two_connections() -> None:
    assert names_made(
        on("default", "BEGIN"),
        on("other", "BEGIN"),
        on("default", 'SAVEPOINT "s1"'),
        on("other", 'SAVEPOINT "s1"'),
        tag("default", "kept"),
        tag("other", "lost"),
        on("other", 'ROLLBACK TO SAVEPOINT "s1"'),
        on("default", 'RELEASE SAVEPOINT "s1"'),
        on("other", "COMMIT"),
        on("default", "COMMIT"),
    ) == ["kept"]


def test_what_another_connection_wrote_of_the_same_row_stays() -> None:
    state = state_of(
        title("other", "kept"), on("default", "BEGIN"), title("default", "lost"), on("default", "ROLLBACK")
    )
    assert [told["title"] for told in after(state, TODO)] == ["kept"]
    assert len(entities(state, TODO)) == len(before(state, TODO)) == 1
