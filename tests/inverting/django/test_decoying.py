"""Rows that a query leaves out, as a test makes them, and what it asserts of them."""

from typing import Any

import pytest

from otel2test.inverting.arrangements import CreateRow
from otel2test.inverting.assertions import AssertAttribute, AssertContains, AssertCount
from otel2test.inverting.django.inverting import join
from otel2test.inverting.django.subjects import Pages
from otel2test.inverting.feedback import Decoy, Feedback
from otel2test.inverting.plan import Plan
from tests.inverting.django.planning import HTML, JSON, created, steps
from tests.inverting.django.test_weakening import proved, text
from tests.inverting.shop import PERSON, SHOP, TODO, USER, select, update
from tests.recordings import Node, field, model, query, recorded, request, schema

PAGE = "<html><body><h1>Todos</h1><ul><li>Buy milk</li></ul></body></html>"
MILK = {"id": 1, "title": "Buy milk", "done": False, "votes": 3}
OPEN = '"shop_todo"."done" = %s'
DONE = Feedback(decoys=frozenset({Decoy("shop_todo", ("done",))}))


def todos(*rows: dict[str, object], where: str = OPEN, params: Any = (False,)) -> Node:
    return select(TODO, *rows, where=where, params=params, fetched=len(rows), exhausted=True)


def page(*queries: Node, content: str = PAGE) -> Node:
    return request(
        "GET", "/", *queries, answer=content, schema=SHOP, response_headers=HTML, templates=["todos.html"]
    )


def refused(plan: Plan) -> list[AssertContains]:
    return [step for step in steps(plan, AssertContains) if step.count == 0]


def test_it_stands_behind_the_others_with_a_text_of_its_own() -> None:
    plan = proved(page(todos(MILK)), DONE)

    assert [step.left_out for step in steps(plan, CreateRow)] == ["", "done True"]
    assert created(plan)[1] == ("Todo", {"title": "done todo", "done": True})
    assert '# Not to be found: done True.\n    Todo.objects.create(title="done todo", done=True)' in text(
        plan
    )


def test_a_page_that_shows_its_like_must_not_show_it() -> None:
    plan = proved(page(todos(MILK)), DONE)

    assert refused(plan) == [AssertContains("done todo", 200, count=0)]
    assert 'self.assertNotContains(response, "done todo")' in text(plan, "unittest")


def test_a_page_that_shows_none_of_them_shows_no_other_either() -> None:
    plan = proved(page(todos(), content="<p>Nothing to do</p>"), DONE)

    assert [step.text for step in refused(plan)] == ["done todo"]


@pytest.mark.parametrize(
    "node",
    [
        page(todos(MILK), content="<html><body><p>1 left</p></body></html>"),
        page(todos(MILK), content=PAGE.replace("Todos", "done todo")),
        request("GET", "/", todos(), status=404, answer=PAGE, response_headers=HTML, schema=SHOP),
        request("GET", "/", todos(MILK), answer={"titles": ["Buy milk"]}, response_headers=JSON, schema=SHOP),
        request("GET", "/", todos(MILK), status=302, response_headers=[("Location", "/other/")], schema=SHOP),
    ],
    ids=["titles aren't shown", "the text is shown", "an error", "json", "redirect"],
)
def test_elsewhere_there_is_nothing_to_say_of_it(node: Node) -> None:
    plan = proved(node, DONE)

    assert ("Todo", {"title": "done todo", "done": True}) in created(plan)
    assert not refused(plan)


def test_a_page_of_one_row_needs_not_say_that_it_shows_no_other() -> None:
    wish = Feedback(decoys=frozenset({Decoy("shop_todo", ("id",))}))

    plan = proved(page(todos(MILK, where='"shop_todo"."id" = %s', params=[1])), wish)

    assert ("Todo", {"title": "other todo"}) in created(plan)
    assert not refused(plan)


def test_the_text_by_which_it_is_left_out_must_not_be_shown_either() -> None:
    where = '"shop_todo"."title" = %s'
    wish = Feedback(decoys=frozenset({Decoy("shop_todo", ("title",))}))

    plan = proved(page(todos(MILK, where=where, params=["Buy milk"])), wish)

    assert [step.text for step in refused(plan)] == ["Buy milk 2"]


def test_a_page_that_was_told_their_number_only_can_not_show_it() -> None:
    sql = f'SELECT COUNT(*) AS "__count" FROM "shop_todo" WHERE {OPEN}'
    plan = proved(page(query(sql, [False], columns=["__count"], rows=[[0]]), content="<p>0 left</p>"), DONE)

    assert [values for _, values in created(plan)] == [{"title": "done todo", "done": True}]
    assert not refused(plan)


def test_what_is_deleted_beside_it_is_counted() -> None:
    sql = f'DELETE FROM "shop_todo" WHERE {OPEN}'
    plan = proved(page(todos(MILK), query(sql, [False], rowcount=1)), DONE)

    assert [step.number for step in steps(plan, AssertCount)] == [1]


def test_what_is_changed_beside_it_stays_there_as_it_was() -> None:
    plan = proved(page(todos(MILK), update(TODO, 1, votes=4)), DONE)

    told = [(step.variable, step.attribute, step.value) for step in steps(plan, AssertAttribute)]
    assert ("done_todo", "votes", 0) in told


def test_two_of_them_are_told_apart() -> None:
    both = DONE | Feedback(decoys=frozenset({Decoy("shop_todo", ("votes",))}))
    where = f'{OPEN} AND "shop_todo"."votes" < %s'

    plan = proved(page(todos(MILK, where=where, params=(False, 9))), both)

    assert [values["title"] for _, values in created(plan)] == ["Buy milk", "done todo", "other todo"]


def test_a_user_has_a_name_that_nobody_has() -> None:
    staff = Feedback(decoys=frozenset({Decoy("auth_user", ("is_staff",))}))
    ada = {"id": 1, "username": "ada", "password": "!", "is_staff": True, "email": "a@example.com"}
    found = select(USER, ada, where='"auth_user"."is_staff"', fetched=1, exhausted=True)

    plan = proved(page(found, content="<p>ada</p>"), staff)

    [(_, values)] = [each for each in created(plan) if each[1].get("username") != "ada"]
    assert values["username"] == "not_staff_user"
    assert steps(plan, CreateRow)[-1].method == "create_user"


def test_texts_fit_their_columns() -> None:
    short = model(
        "shop.Todo",
        field("id", "BigAutoField", primary_key=True),
        field("title", max_length=6, unique=True),
        field("slug", "SlugField", max_length=9, unique=True),
        field("done", "BooleanField", default=False),
        table="shop_todo",
    )
    row = {"id": 1, "title": "done t", "slug": "milk", "done": False}
    found = select(short, row, where=OPEN, params=(False,), fetched=1, exhausted=True)

    plan = proved(request("GET", "/", found, answer=PAGE, schema=schema(short, PERSON)), DONE)

    assert created(plan)[1][1] == {"title": "done 2", "slug": "done-todo", "done": True}


def test_why_it_is_there_and_why_another_is_not_is_told_to_who_asks() -> None:
    wishes = DONE | Feedback(decoys=frozenset({Decoy("shop_todo", ("title",))}))
    exchange = recorded(page(todos(MILK))).exchange()

    explained = join([exchange], Pages([exchange]), feedback=wishes)
    told = "\n".join(str(origin) for origins in explained.origins() for origin in origins)

    assert "made up: not to be found by" in told
    assert [origin.because for origin in explained.left_out] == ["not added, as no such row can be"]
