"""Which models of a recording can be named in code, and how."""

import pytest

from otel2test.attributes import ModelPayload
from otel2test.inverting.django.models import Models, import_name, manager_of, models_of
from otel2test.inverting.expressions import Name
from tests.inverting.shop import PERSON, SHOP, TODO, TODO_TAGS, USER, exchange_of
from tests.recordings import field, foreign_key, model, schema


def known(*models: ModelPayload) -> Models:
    return models_of(exchange_of(models=schema(*models)).schema)


def test_models_by_table_and_label() -> None:
    models = models_of(exchange_of(models=SHOP).schema)

    assert models.by_table["shop_todo"] is models.by_label["shop.Todo"]
    assert import_name(models.by_label["auth.User"]) == Name("django.contrib.auth.models", "User")
    assert models.user is models.by_label["auth.User"]


def test_joining_tables_lead_to_their_field() -> None:
    model_, relation = models_of(exchange_of(models=SHOP).schema).links["shop_todo_tags"]

    assert (model_.label, relation.name) == ("shop.Todo", "tags")


def test_a_joining_table_that_was_not_recorded_is_no_link() -> None:
    assert known(TODO).links == {}
    assert set(known(TODO, TODO_TAGS).links) == {"shop_todo_tags"}


def test_a_proxy_does_not_take_its_models_table() -> None:
    proxy = model("shop.Star", *TODO["fields"], table="shop_todo", proxy_for="shop.Todo")

    assert known(proxy, TODO).by_table["shop_todo"].name == "Todo"


def test_no_user_model() -> None:
    assert known(PERSON).user is None


def test_a_childs_parent() -> None:
    place = model("a.Place", field("id", "AutoField", primary_key=True))
    cafe = model("a.Cafe", foreign_key("place_ptr", "a.Place", primary_key=True, parent_link=True))
    models = known(place, cafe)

    found = models.parent(models.by_label["a.Cafe"])

    assert found is not None
    assert (found[0].label, found[1].name) == ("a.Place", "place_ptr")
    assert models.parent(models.by_label["a.Place"]) is None


@pytest.mark.parametrize(
    ("given", "expected"), [("objects", "objects"), ("live", "live"), ("", "_base_manager")]
)
def test_managers(given: str, expected: str) -> None:
    models = known(model("a.B", manager=given))

    assert manager_of(models.by_label["a.B"]) == expected


@pytest.mark.parametrize(
    "hostile", ["", "os;x", "a b", "class", "a..b", "x\n", "x'", "__import__('os')", "é é"]
)
@pytest.mark.parametrize("place", ["module", "name", "manager", "field", "attname", "relation"])
def test_names_that_are_none_are_left_out(place: str, hostile: str) -> None:
    # No manager's name is how the recording says that there is no manager.
    if (place, hostile) == ("manager", ""):
        pytest.skip("means that there is none")
    item = model(
        "shop.Todo", field("id", primary_key=True), field("title"), many_to_many=TODO["many_to_many"]
    )
    match place:
        case "module" | "name" | "manager":
            item[place] = hostile
        case "field":
            item["fields"][1]["name"] = hostile or " "
        case "attname":
            item["fields"][1]["attname"] = hostile or " "
        case "relation":
            item["many_to_many"][0] = {**item["many_to_many"][0], "name": hostile}

    models = known(item, TODO_TAGS, USER)

    if place == "relation":
        assert models.links == {}
    else:
        assert set(models.by_label) == {"shop.Todo_tags", "auth.User"}
