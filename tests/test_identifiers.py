"""Names for generated code."""

import builtins
import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel2test.identifiers import Names, identifier, is_dotted, is_identifier, plural, snake_case


@pytest.mark.parametrize("text", ["x", "_x", "x2", "größe", "日本", "print", "match"])
def test_names(text: str) -> None:
    assert is_identifier(text)


@pytest.mark.parametrize(
    "text", ["", "2x", "a b", "a.b", "a-b", "class", "None", "x\n", "x;y", "x'", "\u202ex"]
)
def test_no_names(text: str) -> None:
    assert not is_identifier(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", True),
        ("a.b_c.D", True),
        ("", False),
        (".", False),
        ("a.", False),
        (".a", False),
        ("a..b", False),
        ("a.class", False),
        ("a.b c", False),
        ("a.<locals>.b", False),
    ],
)
def test_dotted_names(text: str, expected: bool) -> None:
    assert is_dotted(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TodoListView", "todo_list_view"),
        ("HTTPStatusView", "http_status_view"),
        ("todo-list", "todo_list"),
        ("todo_list", "todo_list"),
        ("todo  list!", "todo_list"),
        ("Ärger mit Größen", "arger_mit_grossen"),
        ("Order2Line", "order2_line"),
        ("__init__", "init"),
        ("naïve café", "naive_cafe"),
        ("日本", ""),
        ("\u202e", ""),
        ("", ""),
        ("50", "50"),
    ],
)
def test_snake_case(text: str, expected: str) -> None:
    assert snake_case(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Todo", "todo"),
        ("Class", "class_"),
        ("List", "list_"),
        ("Filter", "filter_"),
        ("2Fast", "row_2_fast"),
        ("日本", "row"),
        ("", "row"),
    ],
)
def test_identifiers(text: str, expected: str) -> None:
    assert identifier(text, "row") == expected


@given(st.text())
def test_an_identifier_is_always_one(text: str) -> None:
    found = identifier(text, "row")

    assert is_identifier(found)
    assert found.isascii()
    assert not keyword.iskeyword(found)
    assert found not in dir(builtins)


def test_names_are_given_once() -> None:
    names = Names(["client"])

    assert [names.give("todo"), names.give("todo"), names.give("todo"), names.give("client")] == [
        "todo",
        "todo_2",
        "todo_3",
        "client_2",
    ]
    assert "todo_2" in names
    assert "todo_4" not in names


def test_a_numbered_name_may_be_wanted_too() -> None:
    names = Names()

    assert len({names.give(name) for name in ("todo_2", "todo", "todo", "todo_2")}) == 4


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("todo", "todos"),
        ("category", "categories"),
        ("day", "days"),
        ("address", "addresses"),
        ("box", "boxes"),
        ("branch", "branches"),
        ("order_line", "order_lines"),
    ],
)
def test_plurals(noun: str, expected: str) -> None:
    assert plural(noun) == expected


def test_many_names_are_given_without_trying_each_anew() -> None:
    taken = _Counting()
    names = Names()
    names._taken = taken

    given = [names.give("todo") for _ in range(1000)]

    assert given[:3] == ["todo", "todo_2", "todo_3"]
    assert len(set(given)) == 1000
    assert taken.asked <= 2000


class _Counting(set[str]):
    """Knows how often it was asked."""

    asked = 0

    def __contains__(self, name: object) -> bool:
        self.asked += 1
        return super().__contains__(name)
