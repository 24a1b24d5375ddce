"""Lists in any order: sorted by what tells their items apart, in the value and by the test alike."""

import random
from collections.abc import Mapping
from typing import Any

import pytest

from otel2test.inverting.expressions import Anything, Attribute, Shown, Sorted, Text
from otel2test.inverting.sortings import SortList, Unordered, part, put_in_order, sort_key
from otel2test.inverting.sortkeys import SortKey

ANY = Anything("drawn at random")
PK = Attribute("order", "pk")


@pytest.mark.parametrize(
    ("items", "key"),
    [
        (["b", "a"], SortKey()),
        ([2, 1.5], SortKey()),
        (["b", None, 1], SortKey(text=True)),
        ([{"name": "b", "id": 2}, {"name": "a", "id": 1}], SortKey(("id",))),
        ([{"kind": "x", "n": 2}, {"kind": "x", "n": 1}], SortKey(("n",))),
        ([{"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 1}], SortKey(("a", "b"))),
        ([{"id": PK, "title": "b"}, {"id": 1, "title": "a"}], SortKey(("title",))),
        ([{"id": ANY, "title": "b"}, {"id": ANY, "title": "a"}], SortKey(("title",))),
        ([{"due": None}, {"due": "2026-01-01"}], SortKey(("due",), text=True)),
        ([{"of": {"id": 1}}, {"of": {"id": 2}}], SortKey(text=True)),
        ([{"a": 1}, {"b": 1}], SortKey(text=True)),
        ([["b", None], ["a", 1]], SortKey((0,), natural=True)),
        ([[None, "b"], [1, "a"]], SortKey((1,))),
        ([{"a": 1}, {"a": 1}], SortKey(("a",))),
        ([{"id": PK}, {"id": 1}], SortKey(("id",), differs=True)),
        ([1, PK], SortKey(differs=True)),
        ([{"token": ANY, "of": {"id": 1}}, {"token": ANY, "of": {"id": 2}}], None),
    ],
)
def test_by_what_items_are_sorted(items: list[object], key: SortKey | None) -> None:
    assert sort_key(items) == key


def whole(value: object, *lists: tuple[str | int, ...]) -> Mapping[tuple[str | int, ...], Unordered]:
    found: dict[tuple[str | int, ...], Unordered] = {}
    for keys in lists:
        items = part(value, keys)
        assert isinstance(items, list)
        found[keys] = Unordered(((0, len(items)),), "so it is")
    return found


def applied(sorts: tuple[SortList, ...], data: Any) -> Any:
    """Do to ``data`` what the test does to the response."""
    for sort in sorts:
        at = len(sort.keys) if sort.each is None else sort.each
        around = part(data, sort.keys[:at])
        assert isinstance(around, list)
        lists = [around] if sort.each is None else [part(each, sort.keys[at:]) for each in around]
        for each in lists:
            assert isinstance(each, list)
            span = slice(*sort.span) if sort.span else slice(None)
            each[span] = sorted(each[span], key=None if sort.key.natural else sort.key.of)
    return data


def shuffled(value: Any, lists: list[tuple[str | int, ...]], chance: random.Random) -> Any:
    """Return a copy with the lists in another order; inner ones first, as the outer move them."""
    copy: Any = {**value} if isinstance(value, dict) else [*value] if isinstance(value, list) else value
    if isinstance(copy, (dict, list)):
        for key in copy if isinstance(copy, dict) else range(len(copy)):
            inner = [keys[1:] for keys in lists if keys[:1] == (key,)]
            copy[key] = shuffled(copy[key], inner, chance)
    if () in lists:
        chance.shuffle(copy)
    return copy


BOOKS = {
    "authors": [
        {"name": "Bo", "books": [{"title": "Z"}, {"title": "T"}], "tags": ["x", "y", "x"]},
        {"name": "Ann", "books": [{"title": "O"}, {"title": "A"}], "tags": ["y"]},
        {"name": "Cy", "books": [], "tags": ["y", "a"]},
    ],
    "count": 3,
}


@pytest.mark.parametrize(
    ("value", "lists"),
    [
        ([3, 1, 2, 1], [()]),
        (BOOKS, [("authors",)]),
        (BOOKS, [("authors", 0, "books"), ("authors", 1, "books")]),
        (BOOKS, [("authors",), ("authors", 0, "books"), ("authors", 1, "books")]),
        (BOOKS, [("authors",), ("authors", 0, "tags")]),
        (BOOKS, [("authors", 0, "tags"), ("authors", 2, "tags"), ("authors", 0, "books")]),
        ([["b", [2, 1]], ["a", [4, 3]]], [(), (0, 1), (1, 1)]),
        ([[2, 1], [4, 3], [2, 1]], [(0,), (1,), (2,)]),
        ({"a": [None, "x", 1]}, [("a",)]),
    ],
)
def test_any_order_of_the_same_items_compares_equal(value: Any, lists: list[tuple[str | int, ...]]) -> None:
    found = put_in_order(value, whole(value, *lists))

    chance = random.Random(7)
    for _ in range(20):
        assert applied(found.sorts, shuffled(value, lists, chance)) == found.value
    assert found.unsorted == ()


def test_another_item_or_another_number_of_one_differs() -> None:
    found = put_in_order([3, 1, 1], whole([3, 1, 1], ()))

    assert applied(found.sorts, [1, 3, 3]) != found.value
    assert applied(found.sorts, [1, 3]) != found.value


def test_what_stands_in_every_item_is_sorted_in_one_loop() -> None:
    found = put_in_order(BOOKS, whole(BOOKS, ("authors", 0, "books"), ("authors", 1, "books")))

    assert found.sorts == (SortList(("authors", "books"), SortKey(("title",)), "so it is", each=1),)


def test_ties_move_among_themselves_only() -> None:
    value = [{"n": 1, "id": 1}, {"n": 2, "id": 9}, {"n": 2, "id": 3}, {"n": 3, "id": 2}]

    found = put_in_order(value, {(): Unordered(((1, 3),), "tied")})

    assert found.sorts == (SortList((), SortKey(("id",)), "tied", span=(1, 3)),)
    assert applied(found.sorts, [value[0], value[2], value[1], value[3]]) == found.value
    assert applied(found.sorts, [value[1], value[0], value[2], value[3]]) != found.value


def test_parts_are_found_where_they_moved() -> None:
    value = {"rows": [{"id": 2, "token": ANY}, {"id": 1, "token": Shown(("rows", 0, "id"))}]}

    found = put_in_order(value, whole(value, ("rows",)))

    assert found.moved(("rows", 0, "token")) == ("rows", 1, "token")
    assert found.value == {"rows": [{"id": 1, "token": Shown(("rows", 1, "id"))}, {"id": 2, "token": ANY}]}
    assert found.refers


def test_what_only_a_run_can_sort_is_sorted_by_it() -> None:
    value = {"rows": [{"id": PK}, {"id": 1}]}

    found = put_in_order(value, whole(value, ("rows",)))

    assert found.value == {"rows": Sorted(({"id": PK}, {"id": 1}), SortKey(("id",), differs=True))}
    assert found.moved(("rows", 0, "id")) is None


def test_of_what_nothing_sorts_the_length_is_left() -> None:
    value = {"rows": [{"token": ANY, "of": [1]}, {"token": ANY, "of": [2]}]}

    found = put_in_order(value, whole(value, ("rows",)))

    assert found.unsorted == ((("rows",), 2),)
    assert isinstance(found.value, dict)
    assert isinstance(found.value["rows"], Anything)


def test_equal_items_need_no_order() -> None:
    assert put_in_order([1, 1], whole([1, 1], ())).sorts == ()
    assert put_in_order([ANY, ANY], whole([ANY, ANY], ())).sorts == ()


def test_texts_of_keys_sort_among_texts() -> None:
    assert sort_key([Text(PK), "7"]) == SortKey(differs=True)
