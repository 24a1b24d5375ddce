"""What must be true of the database afterwards: the net effect, and nothing else."""

import datetime as dt
import json
import uuid

import pytest

from otel2test.inverting.arrangements import CreateRow, SetClock
from otel2test.inverting.assertions import (
    AssertAttribute,
    AssertCount,
    AssertGone,
    AssertLinked,
    AssertPassword,
    AssertPresent,
    AssertRecent,
    AssertStatus,
    FetchRow,
    FetchRows,
    RefreshRow,
)
from otel2test.inverting.expressions import Attribute, Text, Variable
from otel2test.inverting.plan import Plan
from tests.inverting.django.planning import plan, plan_of, shop, steps, values
from tests.inverting.shop import PERSON, SHOP, TAG, TODO, USER, delete, insert, select, update
from tests.recordings import field, foreign_key, model, query, request, schema

NOW = "2026-01-02 03:04:05.001000"
ROW = {"id": 50, "title": "Milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}
ID = field("id", "BigAutoField", primary_key=True)


def effects(found: Plan) -> list[object]:
    return [step for step in found.asserts if not isinstance(step, AssertStatus)]


# --- created --------------------------------------------------------------------------------


def test_a_created_row_is_fetched_and_compared() -> None:
    found = plan_of(insert(TODO, 77, title="Ale", done=0, votes=3, made=NOW, owner_id=None))

    assert effects(found) == [
        FetchRow("todo", shop("Todo"), "objects", ()),
        AssertAttribute("todo", "title", "Ale"),
        AssertAttribute("todo", "votes", 3),
    ]


def test_a_created_row_is_told_from_those_that_migrations_made() -> None:
    group = model("shop.Group", ID, field("name", unique=True), field("size", "IntegerField"), seeded=True)

    found = plan_of(insert(group, 3, name="Writers", size=2), models=schema(group))

    assert effects(found) == [
        FetchRow("group", shop("Group"), "objects", values(name="Writers")),
        AssertAttribute("group", "size", 2),
    ]


def test_a_created_row_is_told_from_arranged_ones_by_what_is_unique() -> None:
    found = plan_of(select(TAG, {"id": 1, "name": "a"}), insert(TAG, 2, name="b"))

    assert effects(found) == [FetchRow("new_tag", shop("Tag"), "objects", values(name="b"))]


def test_a_created_row_that_equals_another_is_the_latest() -> None:
    found = plan_of(select(TODO, {**ROW, "title": "Ale"}), insert(TODO, 77, title="Ale"))

    (fetch,) = steps(found, FetchRow)
    assert fetch.latest


def test_two_created_rows_are_told_apart() -> None:
    found = plan_of(insert(TODO, 77, title="Ale"), insert(TODO, 78, title="Wine"))

    assert [(step.variable, step.lookup) for step in steps(found, FetchRow)] == [
        ("todo", values(title="Ale")),
        ("todo_2", values(title="Wine")),
    ]


def test_of_many_created_rows_only_the_number_is_told() -> None:
    found = plan_of(select(TODO, ROW), *(insert(TODO, 100 + n, title=f"T{n}") for n in range(6)))

    assert effects(found) == [AssertCount(shop("Todo"), "objects", 7)]


def test_created_rows_refer_to_each_other_and_to_arranged_ones() -> None:
    found = plan_of(
        select(PERSON, {"id": 3, "name": "Ada"}),
        insert(PERSON, 4, name="Bob", boss_id=3),
        insert(TODO, 77, title="Ale", owner_id=4),
    )

    (arranged,) = steps(found, CreateRow)
    person, todo = steps(found, FetchRow)
    assert arranged.variable not in {None, person.variable}
    assert AssertAttribute(person.variable, "boss", Variable(arranged.variable or "")) in found.asserts
    assert AssertAttribute(todo.variable, "owner", Variable(person.variable)) in found.asserts


def test_a_row_made_and_deleted_leaves_nothing_to_say() -> None:
    assert effects(plan_of(insert(TODO, 77, title="Ale"), delete(TODO, 77))) == []


def test_a_rolled_back_row_leaves_nothing_to_say() -> None:
    found = plan_of(query('SAVEPOINT "a"'), insert(TODO, 77, title="Ale"), query('ROLLBACK TO SAVEPOINT "a"'))

    assert effects(found) == []


def test_a_child_of_multi_table_inheritance_is_one_row() -> None:
    place = model("shop.Place", ID, field("name"))
    cafe = model(
        "shop.Cafe",
        *place["fields"],
        foreign_key("place_ptr", "shop.Place", primary_key=True, parent_link=True),
        field("stars", "IntegerField"),
    )

    found = plan_of(
        insert(place, 4, name="Norma"), insert(cafe, place_ptr_id=4, stars=5), models=schema(place, cafe)
    )

    assert effects(found) == [
        FetchRow("cafe", shop("Cafe"), "objects", ()),
        AssertAttribute("cafe", "name", "Norma"),
        AssertAttribute("cafe", "stars", 5),
    ]


# --- changed --------------------------------------------------------------------------------


def test_of_a_changed_row_only_what_changed_is_compared() -> None:
    found = plan_of(
        select(TODO, ROW), update(TODO, 50, title="Milk", done=1, votes=0, made=NOW, owner_id=None)
    )

    assert effects(found) == [RefreshRow("todo"), AssertAttribute("todo", "done", True)]


def test_changed_and_deleted_rows_are_told_in_the_order_in_which_they_are_made() -> None:
    rows = [{**ROW, "id": number, "title": f"T{number}"} for number in (53, 52, 51, 50)]

    found = plan_of(
        select(TODO, *rows),
        update(TODO, 51, done=1),
        update(TODO, 50, done=1),
        delete(TODO, 53),
        delete(TODO, 52),
    )

    assert [step.variable for step in steps(found, RefreshRow)] == ["todo", "todo_2"]
    assert [step.variable for step in steps(found, AssertGone)] == ["todo_3", "todo_4"]
    assert [step.variable for step in steps(found, CreateRow)] == ["todo", "todo_2", "todo_3", "todo_4"]


def test_false_and_zero_and_none_and_empty_are_different() -> None:
    thing = model(
        "shop.Thing",
        ID,
        field("flag", "BooleanField", null=True),
        field("text", null=True),
        field("number", "IntegerField", null=True),
    )

    found = plan_of(
        select(thing, {"id": 1, "flag": None, "text": None, "number": None}),
        update(thing, 1, flag=0, text="", number=0),
        models=schema(thing),
    )

    changes = [(step.attribute, step.value) for step in steps(found, AssertAttribute)]
    assert repr(changes) == repr([("flag", False), ("text", ""), ("number", 0)])


def test_a_row_saved_unchanged_is_not_asserted() -> None:
    assert effects(plan_of(select(TODO, ROW), update(TODO, 50, title="Milk"))) == []


def test_a_row_changed_back_and_forth_is_not_asserted() -> None:
    assert (
        effects(plan_of(select(TODO, ROW), update(TODO, 50, title="Ale"), update(TODO, 50, title="Milk")))
        == []
    )


def test_arithmetic_is_asserted_where_the_start_is_known() -> None:
    sql = 'UPDATE "shop_todo" SET "votes" = ("shop_todo"."votes" + %s) WHERE "shop_todo"."id" = %s'
    voted = query(sql, [1, 50], rowcount=1)

    assert effects(plan_of(select(TODO, {**ROW, "votes": 3}), voted))[1:] == [
        AssertAttribute("todo", "votes", 4)
    ]
    assert effects(plan_of(voted)) == []


def test_a_foreign_key_set_to_an_arranged_row_and_to_none() -> None:
    ada = select(PERSON, {"id": 3, "name": "Ada"})

    given = plan_of(ada, select(TODO, ROW), update(TODO, 50, owner_id=3))
    taken = plan_of(ada, select(TODO, {**ROW, "owner_id": 3}), update(TODO, 50, owner_id=None))

    assert effects(given)[1:] == [AssertAttribute("todo", "owner", Variable("person"))]
    assert [(step.attribute, step.value) for step in steps(taken, AssertAttribute)] in (
        [("owner", None)],
        [("owner_id", None)],
    )


# --- deleted and linked ---------------------------------------------------------------------


def test_a_deleted_row_is_gone() -> None:
    assert effects(plan_of(select(TODO, ROW), delete(TODO, 50))) == [
        AssertGone("todo", shop("Todo"), "objects")
    ]


@pytest.mark.parametrize("linked", [True, False])
def test_links(linked: bool) -> None:
    made = query(
        'INSERT OR IGNORE INTO "shop_todo_tags" ("todo_id", "tag_id") VALUES (%s, %s)', [50, 1], rowcount=1
    )
    cut = query(
        'DELETE FROM "shop_todo_tags" '
        'WHERE ("shop_todo_tags"."todo_id" = %s AND "shop_todo_tags"."tag_id" IN (%s))',
        [50, 1],
        rowcount=1,
    )

    found = plan_of(select(TODO, ROW), select(TAG, {"id": 1, "name": "a"}), made if linked else cut)

    assert effects(found) == [AssertLinked("todo", "tags", "tag", linked)]


# --- values that no run repeats -------------------------------------------------------------


def test_times_of_the_request_are_recent() -> None:
    event = model("shop.Event", ID, field("at", "DateTimeField"))

    found = plan_of(insert(event, 1, at=NOW), models=schema(event))

    assert effects(found)[1:] == [
        AssertRecent("event", "at", dt.datetime(2026, 1, 2, 3, 4, 5, 1000, tzinfo=dt.UTC), now=True)
    ]
    assert steps(found, SetClock) == []


def test_times_computed_from_the_clock_need_the_clock() -> None:
    event = model("shop.Event", ID, field("due", "DateTimeField"))

    found = plan_of(insert(event, 1, due="2026-01-09 03:04:05.001000"), models=schema(event))

    (recent,) = steps(found, AssertRecent)
    assert not recent.now
    assert steps(found, SetClock) == [SetClock(dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC))]


def test_times_that_were_given_are_compared() -> None:
    event = model("shop.Event", ID, field("at", "DateTimeField"))

    found = plan(
        request(
            "POST",
            "/",
            insert(event, 1, at="2026-05-01 12:00:00"),
            schema=schema(event),
            json={"at": "2026-05-01T12:00:00Z"},
        )
    )

    assert effects(found)[1:] == [AssertAttribute("event", "at", dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC))]


def test_a_time_that_was_given_is_compared_though_there_is_a_default_for_it() -> None:
    event = model(
        "shop.Event", ID, field("at", "DateTimeField", default_callable="django.utils.timezone.now")
    )
    made = insert(event, 1, at="2026-05-01 10:00:00")

    found = plan(
        request("POST", "/", made, schema=schema(event), form=[("day", "2026-05-01"), ("time", "12:00")])
    )

    assert effects(found)[1:] == [AssertAttribute("event", "at", dt.datetime(2026, 5, 1, 10, tzinfo=dt.UTC))]


def test_drawn_values_are_only_there() -> None:
    ticket = model("shop.Ticket", ID, field("key", "UUIDField"), field("code"))

    found = plan_of(
        insert(ticket, 1, key=uuid.UUID(int=2**100 + 7).hex, code="a8F3kQ9zL2mX7"), models=schema(ticket)
    )

    assert effects(found)[1:] == [AssertPresent("ticket", "key"), AssertPresent("ticket", "code")]


def test_values_that_were_given_are_compared_however_random_they_look() -> None:
    ticket = model("shop.Ticket", ID, field("code"))

    found = plan(
        request(
            "POST",
            "/",
            insert(ticket, 1, code="a8F3kQ9zL2mX7"),
            schema=schema(ticket),
            form=[("code", "a8F3kQ9zL2mX7")],
        )
    )

    assert effects(found)[1:] == [AssertAttribute("ticket", "code", "a8F3kQ9zL2mX7")]


# --- users ----------------------------------------------------------------------------------


def test_a_new_users_password_is_checked() -> None:
    found = plan(
        request(
            "POST",
            "/join/",
            insert(USER, 9, username="ada", password="pbkdf2_sha256$1$abc$def", is_staff=0, email=""),
            schema=SHOP,
            form=[("username", "ada"), ("password1", "geheim é\"'"), ("password2", "geheim é\"'")],
        )
    )

    assert AssertPassword("user", "geheim é\"'") in found.asserts
    assert not any(step.attribute == "password" for step in steps(found, AssertAttribute))


def test_the_time_of_the_last_login_is_nobodys_business() -> None:
    found = plan_of(
        select(USER, {"id": 1, "username": "ada", "password": "x"}), update(USER, 1, last_login=NOW)
    )

    assert effects(found) == []


@pytest.mark.parametrize("value", [[1], {"a": 1}, "x" * 10_000, b"\x00", 10**40])
def test_no_created_value_is_too_odd(value: object) -> None:
    thing = model("shop.Thing", ID, field("x", unique=True), field("y"))

    found = plan_of(
        select(thing, {"id": 1, "x": "a", "y": "b"}), insert(thing, 2, x=value, y=value), models=schema(thing)
    )

    assert steps(found, FetchRow)


def test_rows_that_look_alike_are_found_by_the_order_of_all_that_were_created() -> None:
    found = plan_of(
        insert(TODO, 77, title="Ale"), insert(TODO, 78, title="Ale"), insert(TODO, 79, title="Wine")
    )

    (fetch,) = steps(found, FetchRows)
    assert fetch.variables == ("todo", "todo_2", "todo_3")
    assert steps(found, FetchRow) == []


# --- rows and links that others resemble by the end -----------------------------------------


def test_a_created_row_is_not_looked_up_by_a_default_that_arranged_rows_get() -> None:
    flags = field("on", "BooleanField", default=True), field("size", "IntegerField", default=0)
    thing = model("shop.Thing", ID, field("x"), *flags)
    sql = 'SELECT "shop_thing"."id", "shop_thing"."x" FROM "shop_thing"'
    listed = query(sql, columns=["id", "x"], rows=[[1, "a"]])

    found = plan_of(listed, insert(thing, 2, x="a", on=True, size=7), models=schema(thing))

    (fetch,) = steps(found, FetchRow)
    assert fetch.lookup == (("size", 7),)


@pytest.mark.parametrize("value", ["{}", "[]", '{"a": 1}'])
def test_json_is_compared_though_a_builtin_gives_its_default(value: str) -> None:
    thing = model("shop.Thing", ID, field("x", "JSONField", default_callable="builtins.dict"))

    found = plan_of(
        select(thing, {"id": 1, "x": '{"a": 0}'}), update(thing, 1, x=value), models=schema(thing)
    )

    assert effects(found)[1:] == [AssertAttribute("thing", "x", json.loads(value))]


def test_nothing_is_present_where_a_program_stored_what_is_empty() -> None:
    thing = model("shop.Thing", ID, field("x", "IntegerField", default_callable="shop.models.draw"))

    found = plan_of(select(thing, {"id": 1, "x": 7}), update(thing, 1, x=0), models=schema(thing))

    assert effects(found)[1:] == [AssertAttribute("thing", "x", 0)]


def test_a_created_row_is_told_from_what_others_were_changed_to() -> None:
    found = plan_of(
        select(TODO, {**ROW, "owner_id": None}),
        update(TODO, 50, title="Ale"),
        insert(TODO, 77, title="Ale", votes=3),
    )

    (fetch,) = steps(found, FetchRow)
    assert fetch.lookup == values(votes=3)


def test_a_created_row_is_not_told_from_others_by_what_nobody_knows_of_these() -> None:
    found = plan_of(
        select(TODO, ROW),
        query('UPDATE "shop_todo" SET "title" = LOWER("shop_todo"."title")', [], rowcount=1),
        insert(TODO, 77, title="Ale", votes=3),
    )

    (fetch,) = steps(found, FetchRow)
    assert fetch.lookup == values(votes=3)


def test_rows_that_look_alike_are_found_by_keys_that_the_request_gave() -> None:
    found = plan_of(insert(PERSON, None, id=9, name="Ada"), insert(PERSON, None, id=4, name="Ada"))

    assert [step.lookup for step in steps(found, FetchRow)] == [values(pk=9), values(pk=4)]
    assert steps(found, FetchRows) == []


def test_of_rows_that_look_alike_only_the_number_is_told_where_their_keys_are_drawn() -> None:
    ticket = model("shop.Ticket", field("key", "UUIDField", primary_key=True), field("text"))
    drawn = [uuid.UUID(int=2**100 + number).hex for number in (7, 3)]

    found = plan_of(*(insert(ticket, None, key=key, text="a") for key in drawn), models=schema(ticket))

    assert effects(found) == [AssertCount(shop("Ticket"), "objects", 2)]


def test_a_link_that_was_cut_and_made_again_leaves_nothing_to_say() -> None:
    made = query('INSERT INTO "shop_todo_tags" ("todo_id", "tag_id") VALUES (%s, %s)', [50, 1], rowcount=1)
    cut = query(
        'DELETE FROM "shop_todo_tags" '
        'WHERE ("shop_todo_tags"."todo_id" = %s AND "shop_todo_tags"."tag_id" IN (%s))',
        [50, 1],
        rowcount=1,
    )

    found = plan_of(select(TODO, ROW), select(TAG, {"id": 1, "name": "a"}), cut, made)

    assert effects(found) == []


def test_a_row_deleted_and_made_again_under_its_key_is_not_gone() -> None:
    found = plan_of(select(TAG, {"id": 1, "name": "a"}), delete(TAG, 1), insert(TAG, None, id=1, name="b"))

    assert steps(found, AssertGone) == []
    assert [step.lookup for step in steps(found, FetchRow)] == [()]


def test_a_created_row_points_to_the_parents_part_of_another() -> None:
    place = model("shop.Place", ID, field("name"))
    cafe = model(
        "shop.Cafe",
        *place["fields"],
        foreign_key("place_ptr", "shop.Place", primary_key=True, parent_link=True),
        field("stars", "IntegerField"),
    )
    visit = model("shop.Visit", ID, foreign_key("place", "shop.Place"))

    found = plan_of(
        insert(place, 4, name="Norma"),
        insert(cafe, place_ptr_id=4, stars=5),
        insert(visit, 9, place_id=4),
        models=schema(place, cafe, visit),
    )

    assert effects(found)[-1] == AssertAttribute("visit", "place_id", Attribute("cafe", "pk"))


def test_a_document_repeats_the_key_and_what_was_drawn_for_another_created_row() -> None:
    drawn = uuid.UUID("0c5a8b0e-3f6f-4c0e-9f57-6d1f6f7f0a01")
    page = model("shop.Page", ID, field("title"), field("mark", "UUIDField", default_callable="uuid.uuid4"))
    copy = model("shop.Copy", ID, field("content", "JSONField"))
    content = {"pk": 7, "title": "Ale", "mark": str(drawn), "others": [{"pk": 7, "title": "Gin"}]}

    found = plan_of(
        insert(page, 7, title="Ale", mark=drawn.hex),
        insert(copy, 9, content=json.dumps(content)),
        models=schema(page, copy),
    )

    assert effects(found)[-1] == AssertAttribute(
        "copy",
        "content",
        {
            "pk": Attribute("page", "pk"),
            "title": "Ale",
            "mark": Text(Attribute("page", "mark")),
            "others": [{"pk": 7, "title": "Gin"}],
        },
    )
