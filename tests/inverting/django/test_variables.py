"""Rows get the names of the locals that held them."""

import pytest

from otel2test.inverting.arrangements import CreateRow
from tests.inverting.django.planning import plan, steps
from tests.inverting.shop import PERSON, SHOP, TODO, USER, select
from tests.recordings import Node, call, request, told, user


def _row(label: str, pk: int) -> object:
    return {"$model": {"model": label, "pk": pk, "fields": {}}}


def under(node: Node, **held: object) -> Node:
    """Return a statement that was made where these locals were."""
    values = {name: _row(*value) if isinstance(value, tuple) else value for name, value in held.items()}
    caller = {"module": "shop.views", "qualname": "f", "file": "shop/views.py", "line": 7, "locals": values}
    return told(node, CALLER=caller)


ANNA, BO = {"id": 1, "name": "Anna"}, {"id": 2, "name": "Bo", "boss_id": 1}


def variables(*nodes: Node, **more: object) -> list[str | None]:
    """Return the variables of the rows that the test creates, in order."""
    found = plan(request("GET", "/", *nodes, schema=SHOP, **more))  # type: ignore[arg-type] # as request() takes
    return [step.variable for step in steps(found, CreateRow)]


def test_a_row_without_a_local_is_called_as_its_model() -> None:
    assert variables(select(PERSON, ANNA, BO))[0] == "person"


def test_a_row_is_called_as_the_local_that_held_it() -> None:
    node = under(select(PERSON, ANNA, BO), manager=("shop.Person", 1), count=3, note="x")
    assert variables(node)[0] == "manager"


def test_locals_of_calls_count_too() -> None:
    promote = {**call("promote"), "arguments": {"manager": _row("shop.Person", 1)}}
    assert variables(select(PERSON, ANNA, BO), calls=[promote])[0] == "manager"


@pytest.mark.parametrize(
    "name", ["self", "obj", "instance", "item", "x", "list", "class_", "_manager", "response", "person2"]
)
def test_names_that_say_nothing_or_are_taken(name: str) -> None:
    assert variables(under(select(PERSON, ANNA, BO), **{name: ("shop.Person", 1)}))[0] == "person"


def test_a_name_that_held_several_rows() -> None:
    nodes = [
        under(select(PERSON, ANNA, BO), member=("shop.Person", 1)),
        under(select(PERSON, ANNA), member=("shop.Person", 2)),
    ]
    assert variables(*nodes)[0] == "person"


def test_the_models_name_stays_where_the_project_uses_it_too() -> None:
    node = under(select(PERSON, ANNA, BO), manager=("shop.Person", 1), person=("shop.Person", 1))
    assert variables(node)[0] == "person"


def test_another_models_name() -> None:
    node = under(select(PERSON, ANNA), todo=("shop.Person", 1))
    todo = select(TODO, {"id": 50, "title": "Milk", "owner_id": 1})
    assert variables(node, todo)[0] == "person"


def test_who_is_logged_in_stays_the_user() -> None:
    anna = {"id": 1, "username": "anna", "password": "", "email": ""}
    node = under(select(USER, anna), author=("auth.User", 1))
    assert "author" not in variables(node, user=user(1))
