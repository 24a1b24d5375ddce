"""Rows that name sessions: the test takes the keys from clients that it has logged in."""

from collections.abc import Mapping
from typing import Any

from otel2test.inverting.arrangements import Arrange, CreateRow, KeepSessionKey, LogIn, LogInOther
from otel2test.inverting.expressions import Attribute, Variable
from tests.inverting.django.planning import plan
from tests.inverting.shop import USER, select
from tests.recordings import Node, field, foreign_key, model, query, request, schema, user

SESSION = model(
    "sessions.Session",
    field("session_key", max_length=40, primary_key=True),
    field("session_data", "TextField"),
    table="django_session",
    framework="session",
)
DEVICE = model(
    "shop.Device",
    field("id", "BigAutoField", primary_key=True),
    foreign_key("owner", "auth.User", null=True),
    field("key", max_length=40),
)
ADA = {"id": 1, "username": "ada", "password": "pbkdf2$…", "email": "", "is_staff": 0}
IN: Any = {"before": {"_auth_user_id": "1"}, "after": {"_auth_user_id": "1"}}


def session(key: str) -> Node:
    sql = 'SELECT 1 AS "a" FROM "django_session" WHERE "django_session"."session_key" = %s LIMIT 1'
    return query(sql, [key], columns=["a"], rows=[[1]])


def arranged(*queries: Node, **more: Any) -> list[Arrange]:
    node = request(
        "GET",
        "/",
        *queries,
        schema=schema(USER, SESSION, DEVICE),
        cookies={"sessionid": "own-key"},
        user=user(1),
        session=IN,
        **more,
    )
    kinds = (CreateRow, KeepSessionKey, LogIn, LogInOther)
    return [step for step in plan(node).arrange if isinstance(step, kinds)]


def device(key: str, owner: object = 1) -> Mapping[str, object]:
    return {"id": 5, "owner_id": owner, "key": key}


def test_another_session_of_the_user() -> None:
    _, other, row, login = arranged(
        select(USER, ADA), select(DEVICE, device("other-key")), session("other-key")
    )

    assert other == LogInOther("other_client", "user")
    assert isinstance(row, CreateRow)
    assert dict(row.values)["key"] == Attribute("other_client", "session.session_key")
    assert login == LogIn("user")


def test_the_requests_own_session_comes_before_the_row() -> None:
    _, login, kept, row = arranged(select(USER, ADA), select(DEVICE, device("own-key")), session("own-key"))

    assert (login, kept) == (LogIn("user"), KeepSessionKey("session_key"))
    assert isinstance(row, CreateRow)
    assert dict(row.values)["key"] == Variable("session_key")


def test_a_session_of_nobody_known() -> None:
    steps = arranged(select(USER, ADA), select(DEVICE, device("other-key", None)), session("other-key"))

    assert LogInOther("other_client", None) in steps


def test_a_text_that_is_no_sessions_key_stays() -> None:
    steps = arranged(select(USER, ADA), select(DEVICE, device("other-key")), session("own-key"))

    assert [type(step) for step in steps] == [CreateRow, CreateRow, LogIn]
