"""What a replay showed to be needed is arranged as recorded, though nobody could tell what it holds."""

from otel2test.attributes import SchemaPayload
from otel2test.inverting.arrangements import CreateRow, UpdateRow
from otel2test.inverting.django.inverting import join
from otel2test.inverting.django.subjects import Pages
from otel2test.inverting.expressions import Variable
from otel2test.inverting.feedback import Feedback
from otel2test.inverting.plan import Plan
from tests.inverting.django.planning import created, plan_of, steps
from tests.inverting.shop import SHOP, TODO, select
from tests.recordings import Node, field, foreign_key, model, query, recorded, request, schema

MADE = "2020-01-02 03:04:05"
MILK = {"id": 50, "title": "Milk", "done": 0, "votes": 0, "made": MADE, "owner_id": 7301}


def needing(*columns: tuple[str, str], queries: tuple[Node, ...], models: SchemaPayload = SHOP) -> Plan:
    """Return the plan of a request, given what replays showed."""
    exchange = recorded(request("GET", "/", *queries, schema=models)).exchange()
    return join([exchange], Pages([exchange]), feedback=Feedback(needed=frozenset(columns))).plan


def test_a_parent_that_nobody_read_is_made_up() -> None:
    assert created(plan_of(select(TODO, MILK))) == [("Todo", {"title": "Milk"})]
    assert created(needing(("shop_todo", "owner_id"), queries=(select(TODO, MILK),))) == [
        ("Person", {"name": "person"}),
        ("Todo", {"title": "Milk", "owner": Variable("person")}),
    ]


def test_a_default_is_said() -> None:
    ((_, values),) = created(needing(("shop_todo", "votes"), queries=(select(TODO, MILK),)))

    assert values == {"title": "Milk", "votes": 0}


def test_null_is_said_by_nothing() -> None:
    unowned = select(TODO, {**MILK, "owner_id": None})

    assert created(needing(("shop_todo", "owner_id"), queries=(unowned,))) == [("Todo", {"title": "Milk"})]


def test_a_time_that_saving_sets_is_set_afterwards() -> None:
    found = needing(("shop_todo", "made"), queries=(select(TODO, MILK),))

    (update,) = steps(found, UpdateRow)
    assert [name for name, _ in update.values] == ["made"]
    assert created(found) == [("Todo", {"title": "Milk"})]


def test_other_tables_are_left_as_they_are() -> None:
    assert created(needing(("shop_person", "owner_id"), queries=(select(TODO, MILK),))) == [
        ("Todo", {"title": "Milk"})
    ]


def test_what_the_applications_code_changes_is_set_afterwards() -> None:
    user = model(
        "auth.User",
        field("id", "AutoField", primary_key=True),
        field("username", max_length=150, unique=True),
        field("is_active", "BooleanField", default=True),
        user=True,
        create_user=True,
        username_field="username",
        signals=["post_save"],
    )
    rows = query(
        'SELECT "auth_user"."id", "auth_user"."username", "auth_user"."is_active" FROM "auth_user"',
        [],
        columns=["id", "username", "is_active"],
        rows=[[1, "ada", 1]],
        model="auth.User",
    )

    found = needing(("auth_user", "is_active"), queries=(rows,), models=schema(user))

    (update,) = steps(found, UpdateRow)
    assert update.values == (("is_active", True),)
    assert [dict(step.values) for step in steps(found, CreateRow)] == [{"username": "ada"}]


def test_a_made_up_row_was_saved_after_those_with_smaller_keys() -> None:
    post = model(
        "shop.Post",
        field("id", "BigAutoField", primary_key=True),
        field("text"),
        field("made", "DateTimeField", auto_now_add=True),
    )
    forum = model(
        "shop.Forum",
        field("id", "BigAutoField", primary_key=True),
        field("name"),
        foreign_key("last", "shop.Post", null=True),
    )
    posts = query(
        'SELECT "shop_post"."id", "shop_post"."text", "shop_post"."made" FROM "shop_post" '
        'ORDER BY "shop_post"."made" ASC',
        [],
        columns=["id", "text", "made"],
        rows=[[8304, "First", "2020-01-01 00:00:00"], [8308, "Last", "2020-01-02 00:00:00"]],
    )
    forums = select(forum, {"id": 50, "name": "Tea", "last_id": 8306})

    found = needing(("shop_forum", "last_id"), queries=(posts, forums), models=schema(post, forum))

    rows = [dict(step.values) for step in steps(found, CreateRow) if step.model.name == "Post"]
    assert [row["text"] for row in rows] == ["First", "post", "Last"]


def test_a_made_up_row_belongs_to_the_row_that_points_to_it() -> None:
    topic = model(
        "shop.Topic",
        field("id", "BigAutoField", primary_key=True),
        field("title"),
        foreign_key("last", "shop.Post", null=True),
    )
    post = model(
        "shop.Post",
        field("id", "BigAutoField", primary_key=True),
        field("text"),
        foreign_key("topic", "shop.Topic"),
    )
    rows = select(topic, {"id": 50, "title": "Tea"}, {"id": 51, "title": "Milk", "last_id": 7301})

    found = steps(needing(("shop_topic", "last_id"), queries=(rows,), models=schema(topic, post)), CreateRow)

    assert [(step.variable, dict(step.values)) for step in found] == [
        (None, {"title": "Tea"}),
        ("topic", {"title": "Milk"}),
        ("post", {"text": "post", "topic": Variable("topic")}),
    ]
