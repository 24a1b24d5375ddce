"""Files that a request found are stored before the test makes it."""

from collections.abc import Mapping
from typing import Any

import pytest

from otel2test.inverting.arrangements import Arrange, StoreFile, UseScratchMedia
from tests.inverting.django.planning import plan
from tests.inverting.shop import select
from tests.recordings import Node, body_of, field, model, request, schema, span_id, told

POEM = model(
    "shop.Poem",
    field("id", "BigAutoField", primary_key=True),
    field("file", "FileField"),
    field("draft", "FileField", blank=True),
)
TIGER = {"id": 1, "file": "poems/tiger_x1.txt", "draft": ""}
ATTACHED = [("Content-Type", "text/plain"), ("Content-Disposition", 'attachment; filename="tiger_x1.txt"')]


def stored(node: Node, *operations: Mapping[str, Any]) -> list[Arrange]:
    files = [
        {"span": span_id(0), "start": 5, "storage": "x.FileSystemStorage", **item} for item in operations
    ]
    found = plan(told(node, FILES=files) if files else node)
    return [step for step in found.arrange if isinstance(step, (StoreFile, UseScratchMedia))]


def answered(*queries: Node, headers: list[tuple[str, str]], text: str = "Tiger, tiger") -> Node:
    return request(
        "GET",
        "/poems/1/",
        *queries,
        answer={"kind": "text", "text": text, "size": len(text)},
        response_headers=headers,
        schema=schema(POEM),
    )


def test_the_file_that_was_sent_is_that_of_the_row() -> None:
    other = {"id": 2, "file": "poems/lamb.txt", "draft": ""}
    node = answered(select(POEM, TIGER, other), headers=ATTACHED)

    assert stored(node) == [UseScratchMedia(), StoreFile("poems/tiger_x1.txt", b"Tiger, tiger")]


def test_a_page_is_no_file() -> None:
    node = answered(select(POEM, TIGER), headers=[("Content-Type", "text/html")])

    assert stored(node) == []


def test_a_file_that_may_be_of_either_row_is_none() -> None:
    rows = [{**TIGER, "id": number, "file": f"{number}.txt"} for number in (1, 2)]

    assert stored(answered(select(POEM, *rows), headers=ATTACHED)) == []


def test_a_file_that_was_opened_is_there() -> None:
    node = answered(select(POEM, TIGER), headers=ATTACHED)

    assert stored(node, {"operation": "open", "name": "cache/a.txt", "mode": "rb"}) == [
        UseScratchMedia(),
        StoreFile("cache/a.txt", b"Tiger, tiger"),
    ]


@pytest.mark.parametrize(
    ("operations", "names"),
    [
        ([{"operation": "exists", "name": "a", "result": True}], ["a"]),
        ([{"operation": "exists", "name": "a", "result": False}], []),
        (
            [
                {"operation": "exists", "name": "a", "result": True},
                {"operation": "save", "name": "a_7", "asked": "a"},
                {"operation": "open", "name": "a_7"},
            ],
            [],
        ),
        (
            [
                {"operation": "exists", "name": "a", "result": False},
                {"operation": "exists", "name": "a", "result": True},
            ],
            [],
        ),
        ([{"operation": "open", "name": "a"}], []),
        ([{"operation": "exists", "name": "a", "result": True}, {"operation": "open", "name": "a"}], []),
        ([{"operation": "open", "name": "a", "error": {"type": "OSError", "message": "", "where": ""}}], []),
    ],
)
def test_what_was_there_before(operations: list[Mapping[str, Any]], names: list[str]) -> None:
    node = request("GET", "/", answer=body_of({}), schema=schema(POEM))
    files = [step.name for step in stored(node, *operations) if isinstance(step, StoreFile)]

    assert files == names
