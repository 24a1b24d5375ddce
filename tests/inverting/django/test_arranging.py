"""Which rows a test creates first, with which values, in which order."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest

from otel2test.attributes import FieldPayload, ModelPayload, SchemaPayload
from otel2test.inverting.arrangements import AddLinks, CreateInBulk, CreateRow, GetRow, UpdateRow
from otel2test.inverting.expressions import Attribute, ContentTypeOf, Values, Variable
from otel2test.inverting.plan import Plan, made
from tests.inverting.django.planning import created, plan, plan_of, shop, steps, values
from tests.inverting.shop import PERSON, SHOP, TAG, TODO, USER, delete, select, update
from tests.recordings import Node, field, foreign_key, model, query, request, schema, user

ID = field("id", "BigAutoField", primary_key=True)


def row(**more: object) -> dict[str, object]:
    return {"id": 50, "title": "Milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00", **more}


# --- values ---------------------------------------------------------------------------------


def test_what_equals_the_default_is_left_out() -> None:
    assert created(plan_of(select(TODO, row()))) == [("Todo", {"title": "Milk"})]
    assert created(plan_of(select(TODO, row(done=1, votes=2)))) == [
        ("Todo", {"title": "Milk", "done": True, "votes": 2})
    ]


def one(item: FieldPayload, value: object, **schema_options: object) -> dict[str, object]:
    """Return what a row of a model with this one field is created with."""
    thing = model("shop.Thing", ID, item)
    found = plan_of(select(thing, {"id": 1, item["column"]: value}), models=schema(thing, **schema_options))
    ((_, given),) = created(found)
    return given


NO, ZERO = field("x", "BooleanField", default=False), field("x", "IntegerField", default=0)


@pytest.mark.parametrize(
    ("item", "recorded", "given"),
    [
        (NO, False, {}),
        (NO, True, {"x": True}),
        (field("x", "BooleanField", default=False, null=True), None, {"x": None}),
        (field("x", "BooleanField", default=True), False, {"x": False}),
        (ZERO, 0, {}),
        (ZERO, 1, {"x": 1}),
        (field("x", "IntegerField", default=False), 0, {"x": 0}),
        (field("x", "IntegerField", null=True), None, {}),
        (field("x", "IntegerField", null=True), 0, {"x": 0}),
        (field("x", "IntegerField", null=True, default=None), None, {}),
        (field("x", default=""), "", {}),
        (field("x"), "", {}),
        (field("x", null=True), "", {"x": ""}),
        (field("x", null=True), None, {}),
        (field("x", default="new"), "new", {}),
        (field("x", default="new"), "", {"x": ""}),
        (field("x", default="0"), "", {"x": ""}),
        (field("x", default_callable="builtins.dict", type="JSONField"), "{}", {}),
        (field("x", default_callable="builtins.list", type="JSONField"), "{}", {"x": {}}),
        (field("x", default_callable="shop.models.make_code"), "A1", {"x": "A1"}),
        (field("x", db_default=True), "A1", {"x": "A1"}),
        (field("x", "DateTimeField", auto_now=True), "2020-01-01 00:00:00", {}),
        (
            field("x", "DateTimeField", default_callable="django.utils.timezone.now"),
            "2020-01-01 00:00:00",
            {},
        ),
        (field("x", "IntegerField", generated=True), 3, {}),
    ],
    ids=lambda item: (
        "".join(
            f"{key}={value} "
            for key, value in item.items()
            if key not in {"name", "attname", "column", "python_class"}
        )
        if isinstance(item, dict) and "attname" in item
        else repr(item)
    ),
)
def test_defaults(item: FieldPayload, recorded: object, given: dict[str, object]) -> None:
    assert one(item, recorded) == given


UUID = uuid.UUID("12345678123456781234567812345678")


@pytest.mark.parametrize(
    ("kind", "recorded", "given"),
    [
        ("UUIDField", UUID.hex, UUID),
        ("DecimalField", 1.5, Decimal("1.50")),
        ("DurationField", 90_000_000, dt.timedelta(seconds=90)),
        ("DateField", "2020-02-29", dt.date(2020, 2, 29)),
        ("DateTimeField", "2020-02-29 01:02:03.000004", dt.datetime(2020, 2, 29, 1, 2, 3, 4, tzinfo=dt.UTC)),
        ("TimeField", "01:02:03", dt.time(1, 2, 3)),
        ("JSONField", '{"a": [1, null, "é\\""]}', {"a": [1, None, 'é"']}),
        ("BinaryField", b"\x00\xff", b"\x00\xff"),
        (
            "TextField",
            "\"quotes\" 'both' \\ and\nlines {x} \u202e",
            "\"quotes\" 'both' \\ and\nlines {x} \u202e",
        ),
        ("GenericIPAddressField", "192.0.2.1", "192.0.2.1"),
    ],
)
def test_values_have_the_programs_types(kind: str, recorded: object, given: object) -> None:
    assert one(field("x", kind, decimal_places=2), recorded) == {"x": given}


def test_what_save_would_overwrite_is_updated_where_it_shows() -> None:
    node = request(
        "GET",
        "/",
        select(TODO, row()),
        schema=SHOP,
        answer={"made": "2020-01-01T00:00:00Z"},
    )

    found = plan(node)

    assert steps(found, UpdateRow) == [
        UpdateRow("todo", shop("Todo"), "objects", values(made=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))
    ]


def test_rows_that_are_updated_are_numbered_with_the_others() -> None:
    mark = model("shop.Mark", ID, foreign_key("todo", "shop.Todo"))
    node = request(
        "GET",
        "/",
        select(TODO, row(), row(id=51, title="Bread", made="2020-02-02 00:00:00")),
        select(mark, {"id": 1, "todo_id": 51}),
        schema=schema(PERSON, TODO, mark),
        answer={"made": "2020-01-01T00:00:00Z"},
    )

    found = plan(node)

    assert [step.variable for step in steps(found, CreateRow)] == ["todo", "todo_2", None]


def test_the_managers_name() -> None:
    plain = model("shop.Plain", ID, field("x"), manager="everything")
    hidden = model("shop.Hidden", ID, field("x"), manager="")

    found = plan_of(select(plain, {"x": "a"}), select(hidden, {"x": "a"}), models=schema(plain, hidden))

    assert [step.manager for step in steps(found, CreateRow)] == ["everything", "_base_manager"]


# --- keys -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "answer", "pinned"),
    [
        ("/", None, False),
        ("/50/", None, True),
        ("/todo-50/", None, True),
        ("/500/", None, False),
        ("/", {"id": 50}, True),
        ("/", {"todo": "50"}, True),
        ("/", {"votes": 50}, False),
        ("/", [[{"next": 50}]], True),
    ],
)
def test_keys_are_pinned_where_they_can_be_seen(
    path: str, answer: dict[str, object] | None, pinned: bool
) -> None:
    found = plan(request("GET", path, select(TODO, row()), schema=SHOP, answer=answer))

    ((_, given),) = created(found)
    assert given == ({"pk": 50} if pinned else {}) | {"title": "Milk"}


def test_one_pinned_key_pins_all_of_its_model() -> None:
    found = plan_of(select(TODO, row(), row(id=51)), path="/51/")

    assert [given["pk"] for _, given in created(found)] == [50, 51]


def test_a_key_that_no_database_makes_is_given() -> None:
    code = model("shop.Code", field("code", max_length=3, primary_key=True), field("name"))

    found = plan_of(select(code, {"code": "DKK", "name": "Krone"}), models=schema(code))

    assert created(found) == [("Code", {"pk": "DKK", "name": "Krone"})]


# --- foreign keys ---------------------------------------------------------------------------


def test_parents_come_first() -> None:
    found = plan_of(select(TODO, row(owner_id=3)), select(PERSON, {"id": 3, "name": "Ada"}))

    assert created(found) == [
        ("Person", {"name": "Ada"}),
        ("Todo", {"title": "Milk", "owner": Variable("person")}),
    ]


def test_a_parent_that_no_query_returned_is_made_up() -> None:
    strict = model("shop.Task", ID, foreign_key("owner", "shop.Person"))

    found = plan_of(select(strict, {"id": 1, "owner_id": 3}), models=schema(PERSON, strict))

    assert steps(found, CreateRow) == [
        CreateRow("person", shop("Person"), "objects", "create", values(name="person"), ("*",)),
        CreateRow(None, shop("Task"), "objects", "create", values(owner=Variable("person"))),
    ]


def test_children_of_one_unseen_parent_share_it() -> None:
    strict = model("shop.Task", ID, foreign_key("owner", "shop.Person"))

    rows = [{"id": 1, "owner_id": 3}, {"id": 2, "owner_id": 3}, {"id": 3, "owner_id": 4}]
    found = plan_of(select(strict, *rows), models=schema(PERSON, strict))

    assert [given["owner"] for name, given in created(found) if name == "Task"] == [
        Variable("person"),
        Variable("person"),
        Variable("person_2"),
    ]


def test_a_nullable_parent_that_nobody_could_see_is_left_out() -> None:
    assert created(plan_of(select(TODO, row(owner_id=3)))) == [("Todo", {"title": "Milk"})]


def test_a_nullable_parent_that_made_a_difference_is_made_up() -> None:
    found = plan_of(select(TODO, row(owner_id=3), where='"shop_todo"."owner_id" = %s', params=[3]))

    assert [name for name, _ in created(found)] == ["Person", "Todo"]


def test_a_null_parent_is_no_parent() -> None:
    assert created(plan_of(select(TODO, row(owner_id=None)))) == [("Todo", {"title": "Milk"})]


def test_a_tree_is_made_from_the_root() -> None:
    people = [{"id": 1, "name": "leaf", "boss_id": 2}, {"id": 2, "name": "root", "boss_id": None}]

    assert created(plan_of(select(PERSON, *people))) == [
        ("Person", {"name": "root"}),
        ("Person", {"name": "leaf", "boss": Variable("person")}),
    ]


def test_a_circle_is_closed_by_an_update() -> None:
    people = [{"id": 1, "name": "a", "boss_id": 2}, {"id": 2, "name": "b", "boss_id": 1}]

    found = plan_of(select(PERSON, *people))

    first, second, closing = found.arrange
    assert isinstance(first, CreateRow)
    assert isinstance(second, CreateRow)
    assert isinstance(closing, UpdateRow)
    assert "boss" not in dict(first.values)
    assert dict(second.values)["boss"] == Variable(first.variable or "")
    assert (closing.variable, closing.values) == (
        first.variable,
        values(boss=Variable(second.variable or "")),
    )


def test_a_row_that_points_to_itself_is_closed_by_an_update() -> None:
    found = plan_of(select(PERSON, {"id": 1, "name": "a", "boss_id": 1}))

    assert found.arrange == (
        CreateRow("person", shop("Person"), "objects", "create", values(name="a")),
        UpdateRow("person", shop("Person"), "objects", values(boss=Variable("person"))),
    )


def test_a_row_in_two_circles_is_updated_once() -> None:
    forum = model(
        "shop.Forum",
        ID,
        foreign_key("first", "shop.Post", null=True),
        foreign_key("last", "shop.Post", null=True),
    )
    post = model("shop.Post", ID, foreign_key("forum", "shop.Forum"))

    found = plan_of(
        select(forum, {"id": 1, "first_id": 1, "last_id": 2}),
        select(post, {"id": 1, "forum_id": 1}, {"id": 2, "forum_id": 1}),
        models=schema(forum, post),
    )

    assert steps(found, UpdateRow) == [
        UpdateRow("forum", shop("Forum"), "objects", values(first=Variable("post"), last=Variable("post_2")))
    ]


def test_rows_of_one_model_stand_together_after_those_they_point_to() -> None:
    todos = [row(owner_id=1), row(id=51, title="Bread"), row(id=52, title="Oats", owner_id=2)]
    people = [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bo"}]

    found = plan_of(select(TODO, *todos), select(PERSON, *people))

    assert [name for name, _ in created(found)] == ["Person", "Person", "Todo", "Todo", "Todo"]


@pytest.mark.parametrize("first", ["team", "player"])
def test_a_circle_is_cut_where_null_is_allowed(first: str) -> None:
    team = model("shop.Team", ID, foreign_key("captain", "shop.Player", null=True))
    player = model("shop.Player", ID, foreign_key("team", "shop.Team"))
    queries = {
        "team": select(team, {"id": 1, "captain_id": 2}),
        "player": select(player, {"id": 2, "team_id": 1}),
    }
    ordered = sorted(queries, key=lambda name: name != first)

    found = plan_of(*(queries[name] for name in ordered), models=schema(team, player))

    assert created(found) == [("Team", {}), ("Player", {"team": Variable("team")})]
    assert steps(found, UpdateRow) == [
        UpdateRow("team", shop("Team"), "objects", values(captain=Variable("player")))
    ]


def test_a_generic_foreign_key_stands_where_its_columns_do() -> None:
    content_type = model("contenttypes.ContentType", ID, framework="content_type")
    note = model(
        "shop.Note",
        ID,
        field("text"),
        foreign_key("content_type", "contenttypes.ContentType"),
        field("object_id", "IntegerField"),
        generic_foreign_keys=[{"name": "about", "content_type": "content_type", "object_id": "object_id"}],
    )
    columns = ["id", "text", "object_id"]
    listed = ", ".join(f'"shop_note"."{column}"' for column in columns)
    about = query(
        f'SELECT {listed} FROM "shop_note"', columns=columns, rows=[[7, "Two litres", 50]], model="shop.Note"
    )

    found = plan_of(select(TODO, row()), about, models=schema(PERSON, TODO, note, content_type), path="/7/")

    (_, given) = created(found)[-1]
    assert [*given.items()] == [("pk", 7), ("text", "Two litres"), ("about", Variable("todo"))]


def test_one_to_one() -> None:
    profile = model(
        "shop.Profile", ID, foreign_key("user", "auth.User", unique=True, type="OneToOneField"), field("bio")
    )

    rows = [{"id": 1, "user_id": 5, "bio": "a"}, {"id": 2, "user_id": 6, "bio": "b"}]
    found = plan_of(select(profile, *rows), models=schema(USER, profile))

    owners = [given["user"] for name, given in created(found) if name == "Profile"]
    assert len({str(owner) for owner in owners}) == 2
    usernames = [given["username"] for name, given in created(found) if name == "User"]
    assert len(set(usernames)) == 2


def test_a_foreign_key_to_another_column_than_the_key() -> None:
    order = model("shop.Order", ID, foreign_key("tag", "shop.Tag", related_field="name"))

    found = plan_of(
        select(order, {"id": 1, "tag_id": "a"}),
        select(TAG, {"id": 9, "name": "a"}),
        models=schema(TAG, order),
    )

    assert created(found) == [("Tag", {"name": "a"}), ("Order", {"tag": Variable("tag")})]


def test_a_foreign_key_to_a_model_that_was_not_recorded_is_given_by_its_column() -> None:
    lost = model("shop.Lost", ID, foreign_key("thing", "elsewhere.Thing"))

    ((_, given),) = created(plan_of(select(lost, {"id": 1, "thing_id": 7}), models=schema(lost)))

    # Assigning a number to ``thing`` would raise ValueError.
    assert given == {"thing_id": 7}


# --- inheritance ----------------------------------------------------------------------------

PLACE = model("shop.Place", ID, field("name"))
CAFE = model(
    "shop.Cafe",
    *PLACE["fields"],
    foreign_key("place_ptr", "shop.Place", primary_key=True, parent_link=True, type="OneToOneField"),
    field("stars", "IntegerField"),
)


def inherited(path: str) -> Plan:
    joined = query(
        'SELECT "shop_place"."id", "shop_place"."name", "shop_cafe"."place_ptr_id", "shop_cafe"."stars" '
        'FROM "shop_cafe" INNER JOIN "shop_place" ON ("shop_cafe"."place_ptr_id" = "shop_place"."id")',
        [],
        columns=["id", "name", "place_ptr_id", "stars"],
        rows=[[4, "Norma", 4, 5]],
    )
    return plan_of(joined, models=schema(PLACE, CAFE), path=path)


def test_a_child_of_multi_table_inheritance_is_one_row() -> None:
    assert created(inherited("/")) == [("Cafe", {"name": "Norma", "stars": 5})]


def test_a_childs_key_is_its_parents() -> None:
    assert created(inherited("/4/")) == [("Cafe", {"pk": 4, "name": "Norma", "stars": 5})]


def test_a_childs_row_alone() -> None:
    found = plan_of(select(CAFE, {"place_ptr_id": 4, "stars": 5}), models=schema(PLACE, CAFE), path="/4/")

    ((name, given),) = created(found)
    assert (name, given["stars"]) == ("Cafe", 5)


def test_a_proxys_rows_are_its_models() -> None:
    proxy = model("shop.Star", *TODO["fields"], table="shop_todo", proxy_for="shop.Todo")

    found = plan_of(select(proxy, row()), models=schema(proxy, TODO, PERSON))

    assert [name for name, _ in created(found)] == ["Todo"]


# --- many to many ---------------------------------------------------------------------------


def tags(*rows: tuple[int, int, str]) -> object:
    return query(
        'SELECT ("shop_todo_tags"."todo_id") AS "v", "shop_tag"."id", "shop_tag"."name" FROM "shop_tag" '
        'INNER JOIN "shop_todo_tags" ON ("shop_tag"."id" = "shop_todo_tags"."tag_id") '
        'WHERE "shop_todo_tags"."todo_id" IN (%s, %s)',
        [50, 51],
        columns=["v", "id", "name"],
        rows=rows,
    )


def test_links_are_added_to_each_side_once() -> None:
    found = plan_of(
        select(TODO, row(), row(id=51)),
        tags((50, 1, "a"), (50, 2, "b"), (51, 1, "a")),  # type: ignore[arg-type]  # a Node
    )

    assert steps(found, AddLinks) == [
        AddLinks("todo", "tags", ("tag", "tag_2")),
        AddLinks("todo_2", "tags", ("tag",)),
    ]
    assert [name for name, _ in created(found)].count("Tag") == 2


def test_a_link_to_a_row_that_was_never_read_makes_it_up() -> None:
    found = plan_of(tags((50, 1, "a")))  # type: ignore[arg-type]  # a Node

    assert {name for name, _ in created(found)} == {"Todo", "Tag"}
    assert steps(found, AddLinks) == [AddLinks("todo", "tags", ("tag",))]


def test_a_link_that_was_removed_unread_was_there() -> None:
    # What todo.tags.remove(tag) does: no query reads the link before.
    removed = query(
        'DELETE FROM "shop_todo_tags" '
        'WHERE ("shop_todo_tags"."todo_id" = %s AND "shop_todo_tags"."tag_id" IN (%s))',
        [50, 1],
        rowcount=1,
    )

    found = plan_of(select(TODO, row()), select(TAG, {"id": 1, "name": "a"}), removed)

    assert steps(found, AddLinks) == [AddLinks("todo", "tags", ("tag",))]


def test_rows_of_a_joining_model_of_ones_own_are_rows() -> None:
    membership = model(
        "shop.Membership",
        ID,
        foreign_key("person", "shop.Person"),
        foreign_key("tag", "shop.Tag"),
        field("role"),
    )

    found = plan_of(
        select(membership, {"id": 1, "person_id": 3, "tag_id": 4, "role": "lead"}),
        models=schema(PERSON, TAG, membership),
    )

    assert created(found)[-1] == (
        "Membership",
        {"person": Variable("person"), "tag": Variable("tag"), "role": "lead"},
    )


# --- Django's own rows ----------------------------------------------------------------------

CONTENT_TYPE = model(
    "contenttypes.ContentType",
    field("id", "AutoField", primary_key=True),
    field("app_label", max_length=100),
    field("model", max_length=100),
    module="django.contrib.contenttypes.models",
    table="django_content_type",
    unique_together=[["app_label", "model"]],
    framework="content_type",
)
NOTE = model(
    "shop.Note",
    ID,
    foreign_key("content_type", "contenttypes.ContentType"),
    field("object_id", "PositiveIntegerField"),
)


def test_content_types_are_said_by_their_model() -> None:
    found = plan_of(
        select(NOTE, {"id": 1, "content_type_id": 12, "object_id": 50}),
        select(CONTENT_TYPE, {"id": 12, "app_label": "shop", "model": "todo"}),
        models=schema(CONTENT_TYPE, NOTE, TODO, PERSON),
    )

    expected = ContentTypeOf("shop", "todo", shop("Todo"))
    assert created(found) == [("Note", {"content_type": expected, "object_id": 50})]


def test_a_content_type_of_a_model_that_was_not_recorded_is_found_by_its_natural_key() -> None:
    found = plan_of(
        select(NOTE, {"id": 1, "content_type_id": 12, "object_id": 50}),
        select(CONTENT_TYPE, {"id": 12, "app_label": "shop", "model": "todo"}),
        models=schema(CONTENT_TYPE, NOTE),
    )

    assert created(found)[0][1]["content_type"] == ContentTypeOf("shop", "todo", None)


def test_content_types_are_never_created() -> None:
    found = plan_of(
        select(CONTENT_TYPE, {"id": 12, "app_label": "shop", "model": "todo"}), models=schema(CONTENT_TYPE)
    )

    assert found.arrange == ()


def test_a_content_type_of_which_only_the_id_is_known_is_a_note() -> None:
    found = plan_of(
        select(NOTE, {"id": 1, "content_type_id": 12, "object_id": 50}), models=schema(CONTENT_TYPE, NOTE)
    )

    assert any("12" in note.text for note in found.notes)


PERMISSION = model(
    "auth.Permission",
    field("id", "AutoField", primary_key=True),
    field("name", max_length=255),
    foreign_key("content_type", "contenttypes.ContentType"),
    field("codename", max_length=100),
    module="django.contrib.auth.models",
    table="auth_permission",
    unique_together=[["content_type", "codename"]],
    framework="permission",
)


@pytest.mark.parametrize(
    ("name", "values", "sent"),
    [
        ("permissions", ["25", "9"], [Attribute("permission", "pk"), "9"]),
        ("user_permission", ["25"], Attribute("permission", "pk")),
        ("number", ["25"], "25"),
    ],
)
def test_a_form_names_the_permissions_which_have_other_keys_elsewhere(
    name: str, values: list[str], sent: object
) -> None:
    found = plan(
        request(
            "POST",
            "/",
            select(
                PERMISSION, {"id": 25, "name": "Can view", "content_type_id": 12, "codename": "view_todo"}
            ),
            select(CONTENT_TYPE, {"id": 12, "app_label": "shop", "model": "todo"}),
            body={"kind": "form", "fields": [(name, each) for each in values]},
            schema=schema(PERMISSION, CONTENT_TYPE, TODO, PERSON),
        )
    )

    assert found.act.data == {name: sent}
    assert ("permission" in {each for step in found.arrange for each in made(step)}) is (sent != "25")


SITE = model(
    "sites.Site",
    field("id", "AutoField", primary_key=True),
    field("domain", max_length=100, unique=True),
    field("name", max_length=50),
    module="django.contrib.sites.models",
    table="django_site",
    framework="site",
)
PAGE = model("shop.Page", ID, foreign_key("site", "sites.Site"))


def sites(*queries: Node, site_id: int | None = 1) -> list[tuple[str, Values, Values]]:
    """Return (method, lookup, values) for each site of the test."""
    named = {} if site_id is None else {"site_id": site_id}
    found = plan_of(*queries, models=schema(SITE, PAGE, **named))
    assert not found.notes
    return [
        (step.method, step.lookup, step.values if isinstance(step, CreateRow) else ())
        for step in found.arrange
        if isinstance(step, (GetRow, CreateRow)) and step.model.name == "Site"
    ]


def test_the_site_of_the_settings_is_the_current_one() -> None:
    page = select(PAGE, {"id": 1, "site_id": 1})
    first = select(SITE, {"id": 1, "domain": "example.com", "name": "example.com"})

    assert sites(page) == [("get_current", (), ())]
    assert sites(page, first) == [("get_current", (), ())]


def test_a_site_that_no_row_refers_to_is_left_alone() -> None:
    assert sites(select(SITE, {"id": 1, "domain": "example.com", "name": "example.com"})) == []


def test_without_the_setting_the_only_site_is_meant() -> None:
    assert sites(select(PAGE, {"id": 1, "site_id": 1}), site_id=None) == [("get", (), ())]


def test_a_site_with_a_domain_of_its_own_gets_it() -> None:
    named = select(SITE, {"id": 1, "domain": "shop.example", "name": "Shop"})

    assert sites(named) == [("update_or_create", values(pk=1), values(domain="shop.example", name="Shop"))]


def test_session_rows_are_no_rows() -> None:
    session = model(
        "sessions.Session",
        field("session_key", max_length=40, primary_key=True),
        field("session_data", "TextField"),
        table="django_session",
        framework="session",
    )

    found = plan_of(
        select(session, {"session_key": "abc", "session_data": "x"}),
        update(session, "abc", session_data="y"),
        models=schema(session),
    )

    assert (found.arrange, found.notes) == ((), ())


# --- users ----------------------------------------------------------------------------------


def test_users_are_made_by_their_manager() -> None:
    found = plan_of(
        select(USER, {"id": 1, "username": "ada", "password": "pbkdf2$…", "email": "", "is_staff": 1})
    )

    (step,) = steps(found, CreateRow)
    assert (step.method, step.values) == ("create_user", values(username="ada", is_staff=True))


@pytest.mark.parametrize("create_user", [True, False])
def test_a_user_model_of_ones_own(create_user: bool) -> None:
    member = model(
        "people.Member",
        field("id", "UUIDField", primary_key=True, default_callable="uuid.uuid4"),
        field("email", "EmailField", unique=True),
        field("password"),
        user=True,
        create_user=create_user,
        username_field="email",
    )
    node = request(
        "GET",
        "/",
        schema=schema(member),
        user=user(UUID, "people.Member"),
        session={"before": {"_auth_user_id": str(UUID)}, "after": {"_auth_user_id": str(UUID)}},
    )

    (step,) = steps(plan(node), CreateRow)

    assert step.variable == "user"
    assert step.method == ("create_user" if create_user else "create")
    assert dict(step.values)["email"] == "member1@example.com"


# --- rows hit but not seen ------------------------------------------------------------------


def test_a_row_that_was_only_deleted_is_made_up_under_a_key_of_its_own() -> None:
    found = plan_of(delete(TODO, 50), path="/50/delete/")

    (step,) = steps(found, CreateRow)
    assert dict(step.values) == {"pk": 50, "title": "todo"}
    assert step.made_up == ("*",)


def test_rows_of_a_table_that_no_model_is_known_for_are_a_note() -> None:
    found = plan_of(query("SELECT id FROM legacy", [], columns=["id"], rows=[[1]]))

    assert found.arrange == ()
    assert [note.text for note in found.notes] == ["rows of table 'legacy': no model is known for it"]


def test_a_row_for_which_every_value_is_ruled_out_is_a_note() -> None:
    thing = model("shop.Thing", ID, field("x", "BooleanField"), field("code", unique=True))
    missing = 'SELECT "shop_thing"."id" FROM "shop_thing" WHERE "shop_thing"."x" = %s'

    found = plan_of(
        query('SELECT "shop_thing"."id" FROM "shop_thing"', columns=["id"], rows=[[1]]),
        query(missing, [False], columns=["id"], rows=[]),
        query(missing, [True], columns=["id"], rows=[]),
        models=schema(thing),
    )

    (note,) = found.notes
    assert note.text == "Thing.x: a row is needed, but each value that was tried is ruled out"


def test_statements_that_were_not_understood_are_notes() -> None:
    found = plan_of(query("CALL tidy_up(%s)", [1], vendor="postgresql"))

    (note,) = found.notes
    assert note.text.endswith(": CALL tidy_up(%s)")
    assert note.source is not None


def test_a_model_that_cannot_be_named_is_not_used() -> None:
    evil: ModelPayload = model("shop.Evil", ID, field("x"))
    evil["module"] = "os; import sys"

    found = plan_of(select(evil, {"id": 1, "x": "a"}), models=schema(evil))

    assert found.arrange == ()
    assert found.notes


def test_variables_are_numbered_and_no_builtins() -> None:
    things = [model(f"shop.{name}", ID) for name in ("Filter", "Class", "Client", "Response")]
    user_of_all = model(
        "shop.Use", ID, *(foreign_key(item["name"].lower() + "x", item["label"]) for item in things)
    )

    found = plan_of(
        select(user_of_all, {"id": 1, **{f"{item['name'].lower()}x_id": 1 for item in things}}),
        models=schema(*things, user_of_all),
    )

    assert {str(step.variable) for step in steps(found, CreateRow) if step.variable} == {
        "filter_",
        "class_",
        "client_2",
        "response_2",
    }


# --- what the application's code would add --------------------------------------------------


def handled(**more: Any) -> SchemaPayload:
    """Return a shop of which the model ``Note`` has code of its own in ``save()``."""
    note = model("shop.Note", field("id", "BigAutoField", primary_key=True), field("text"), **more)
    return schema(note)


def notes(count: int, **more: Any) -> Plan:
    payload = handled(**more)
    rows = [{"id": number, "text": f"T{number}"} for number in range(1, count + 1)]
    return plan_of(select(payload["models"][0], *rows), models=payload)


@pytest.mark.parametrize("more", [{"custom_save": True}, {"signals": ["post_save"]}])
def test_rows_that_save_would_add_to_are_made_in_bulk(more: dict[str, object]) -> None:
    (found,) = steps(notes(2, **more), CreateInBulk)

    assert found.rows == ((("text", "T1"),), (("text", "T2"),))
    assert found.explained


def test_rows_made_in_bulk_are_made_at_once_whether_or_not_something_names_them() -> None:
    note = model("shop.Note", ID, field("text"), custom_save=True)
    mark = model("shop.Mark", ID, foreign_key("note", "shop.Note"))
    texts = [{"id": number, "text": f"T{number}"} for number in range(1, 4)]

    found = plan_of(select(note, *texts), select(mark, {"id": 1, "note_id": 2}), models=schema(note, mark))

    (step,) = steps(found, CreateInBulk)
    assert step.variables == (None, "note", None)


def test_a_handler_of_deletions_does_not_matter() -> None:
    assert steps(notes(2, signals=["post_delete"]), CreateInBulk) == []


def test_a_row_that_a_migration_may_have_made_is_looked_for() -> None:
    payload = schema(
        model(
            "shop.Kind",
            field("id", "BigAutoField", primary_key=True),
            field("code", unique=True),
            field("title"),
            seeded=True,
        )
    )
    found = plan_of(select(payload["models"][0], {"id": 4, "code": "a", "title": "A"}), models=payload)

    (row,) = steps(found, CreateRow)
    assert (row.method, row.lookup, row.values) == ("update_or_create", (("code", "a"),), (("title", "A"),))


def test_a_model_whose_rows_would_need_each_other_for_ever_is_a_note() -> None:
    twin = model("shop.Twin", ID, foreign_key("other", "shop.Twin", unique=True))

    found = plan_of(
        query('SELECT "shop_twin"."id" FROM "shop_twin"', [], columns=["id"], rows=[[1]]), models=schema(twin)
    )

    assert any("each row would need another one" in note.text for note in found.notes)


def test_a_row_that_a_save_handler_may_have_made_is_updated_or_created() -> None:
    user: ModelPayload = {**USER, "signals": ["post_save"]}
    profile = model(
        "shop.Profile", ID, field("nick"), foreign_key("user", "auth.User", type="OneToOneField", unique=True)
    )

    found = plan_of(
        select(USER, {"id": 1, "username": "anna", "is_staff": False, "password": "", "email": ""}),
        select(profile, {"id": 5, "nick": "Annie", "user_id": 1}),
        models=schema(user, profile),
    )

    (step,) = [step for step in steps(found, CreateRow) if step.model.name == "Profile"]
    assert step.method == "update_or_create"
    assert step.lookup == (("user", Variable("user")),)
    assert step.values == (("nick", "Annie"),)


def kinds(*rows: dict[str, object], where: str, params: list[object]) -> Plan:
    payload = model("shop.Kind", ID, field("code"), field("language"), field("title"), seeded=True)
    return plan_of(select(payload, *rows, where=where, params=params), models=schema(payload))


def test_a_row_of_a_migration_is_looked_for_by_what_the_request_looked_for() -> None:
    found = kinds(
        {"id": 4, "code": "a", "language": "en", "title": "A"},
        where='"shop_kind"."code" = %s AND "shop_kind"."language" = %s',
        params=["a", "en"],
    )

    (row,) = steps(found, CreateRow)
    assert (row.method, row.lookup) == ("update_or_create", (("code", "a"), ("language", "en")))
    assert row.values == (("title", "A"),)


def test_a_row_of_a_migration_whose_saving_does_more_is_left_as_the_migration_made_it() -> None:
    page = model("shop.Page", ID, field("path", unique=True), field("title"), seeded=True)
    page["custom_save"] = True

    (row,) = steps(
        plan_of(select(page, {"id": 4, "path": "a", "title": "A"}), models=schema(page)), CreateRow
    )

    assert (row.method, row.lookup) == ("get_or_create", (("path", "a"),))


def test_a_row_of_a_migration_may_point_to_one_of_which_only_the_key_is_known() -> None:
    language = model("shop.Language", ID, field("code", unique=True), seeded=True)
    page = model(
        "shop.Page", ID, field("path", unique=True), foreign_key("language", "shop.Language"), seeded=True
    )

    found = plan_of(select(page, {"id": 4, "path": "a", "language_id": 7}), models=schema(language, page))

    made, pointing = steps(found, CreateRow)
    assert (made.method, made.lookup) == ("get_or_create", (("pk", 7),))
    assert [name for name, _ in made.values] == ["code"]
    assert (pointing.method, pointing.lookup) == ("update_or_create", (("path", "a"),))


def test_a_row_of_a_migration_that_nothing_else_tells_apart_is_looked_for_by_its_key() -> None:
    found = kinds(
        {"id": 4, "code": "a", "language": "en", "title": "A"},
        {"id": 5, "code": "a", "language": "en", "title": "B"},
        where='"shop_kind"."language" = %s',
        params=["en"],
    )

    assert [step.lookup for step in steps(found, CreateRow)] == [(("pk", 4),), (("pk", 5),)]


def test_what_belongs_to_a_user_was_made_by_no_migration() -> None:
    address = model(
        "shop.Address", ID, field("line", unique=True), foreign_key("user", "auth.User"), seeded=True
    )
    found = plan_of(select(address, {"id": 4, "line": "1 Pond", "user_id": 3}), models=schema(USER, address))

    (row,) = [step for step in steps(found, CreateRow) if step.model.name == "Address"]
    assert row.method == "create"


@pytest.mark.parametrize(
    "told",
    [{"auto_now_add": True}, {"default_callable": "django.utils.timezone.now"}],
    ids=["save", "default"],
)
def test_rows_sorted_by_when_they_were_saved_are_created_in_that_order(told: Any) -> None:
    post = model("shop.Post", ID, field("text"), field("made", "DateTimeField", **told))
    found = plan_of(
        query(
            'SELECT "shop_post"."id", "shop_post"."text", "shop_post"."made" FROM "shop_post" '
            'ORDER BY "shop_post"."made" DESC',
            [],
            columns=["id", "text", "made"],
            rows=[[1, "Last", "2020-01-02 00:00:00"], [2, "First", "2020-01-01 00:00:00"]],
        ),
        models=schema(post),
    )

    assert created(found) == [("Post", {"text": "First"}), ("Post", {"text": "Last"})]


def test_made_up_parents_keep_apart_what_is_unique_for_each() -> None:
    page = model("shop.Page", ID, field("title"))
    revision = model(
        "shop.Revision",
        ID,
        field("number", "IntegerField"),
        foreign_key("page", "shop.Page"),
        unique_together=[["page", "number"]],
    )
    found = plan_of(
        query('SELECT COUNT(*) FROM "shop_revision"', [], columns=["n"], rows=[[3]]),
        models=schema(page, revision),
    )

    assert len([step for step in steps(found, CreateRow) if step.model.name == "Page"]) == 1
    numbers = [given["number"] for name, given in created(found) if name == "Revision"]
    assert len(set(numbers)) == len(numbers) == 3


def test_handlers_make_no_rows_where_the_keys_of_such_rows_matter() -> None:
    user: ModelPayload = {**USER, "signals": ["post_save"]}
    profile = model(
        "shop.Profile", ID, field("nick"), foreign_key("user", "auth.User", type="OneToOneField", unique=True)
    )
    others = [
        {"id": number, "username": name, "is_staff": False, "password": "", "email": ""}
        for number, name in enumerate(("anna", "bo"), 1)
    ]
    found = plan_of(
        select(user, *others),
        select(profile, {"id": 5, "nick": "Annie", "user_id": 1}),
        models=schema(user, profile),
        path="/profiles/5/",
    )

    assert [step for step in steps(found, CreateRow) if step.model.name == "User"] == []
