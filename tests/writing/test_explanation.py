"""``--explain``: each line with the spans that it stems from, each query with what it told."""

import re
from io import BytesIO
from pathlib import Path

import pytest

from otel2test import pipeline
from otel2test.settings import Settings
from tests.inverting.shop import PERSON, SHOP, TODO, delete, insert, select, update
from tests.recordings import Node, lines, outbound, query, recorded, request, view

MILK = {"id": 50, "title": "Milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00", "owner_id": 3}


@pytest.fixture
def explained(tmp_path: Path) -> "Explain":
    return Explain(tmp_path / "spans.jsonl")


_SPAN = re.compile(r"\(?span ([0-9a-f]{16})\)?")


class Explain:
    """Generates with an explanation; ids of spans are left out of what it returns."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, *happenings: Node, method: str = "GET", path: str = "/todos/50/") -> list[str]:
        node = request(method, path, *happenings, schema=SHOP, view=view("show"))
        self.path.write_bytes(lines(recorded(node)))
        generated = pipeline.generate([str(self.path)], (), Settings(), BytesIO(), explain=True)
        self.text = generated.explanation
        return [" ".join(_SPAN.sub("", line).split()) for line in self.text.splitlines()]


def following(told: list[str], beginning: str) -> str:
    """Return what stands under the line with that text."""
    number = next(number for number, line in enumerate(told) if beginning in line)
    return told[number + 1]


def test_values_name_the_query_that_told_them(explained: Explain) -> None:
    told = explained(select(TODO, MILK, where='"shop_todo"."id" = %s', params=[50]))

    assert following(told, "Todo.objects.create(") == ("← pk, title: told by query 1")
    assert following(told, "client.get(") == "← the request"


def test_the_spans_are_those_of_the_recording(explained: Explain) -> None:
    explained(select(TODO, MILK))
    recording = explained.path.read_text(encoding="utf-8")
    named = set(_SPAN.findall(explained.text))

    assert len(named) == 2
    assert all(f'"{span_id}"' in recording for span_id in named)


def test_made_up_rows_say_why(explained: Explain) -> None:
    count = 'SELECT COUNT(*) AS "__count" FROM "shop_person"'
    told = explained(query(count, columns=["__count"], rows=[[1]]))

    assert following(told, "Person.objects.create(") == "← made up: that there was one is told by query 1"


def test_what_the_test_does_without_says_why(explained: Explain) -> None:
    told = explained(select(PERSON, {"id": 3, "name": "Ann", "boss_id": 4}), path="/")

    left_out = "left out, as nothing can tell that it isn't there:"
    assert following(told, left_out) == "· Person.boss: nobody read that row; its key was told by query 1"
    assert "boss=" not in " ".join(told)
    assert left_out not in explained(select(PERSON, {"id": 3, "name": "Ann", "boss_id": None}))


def test_changes_name_the_query_that_wrote_them(explained: Explain) -> None:
    told = explained(
        select(TODO, MILK, where='"shop_todo"."id" = %s', params=[50]),
        update(TODO, 50, title="Oat milk"),
        method="POST",
    )

    assert following(told, 'todo.title == "Oat milk"') == "← written by query 2"
    assert following(told, "refresh_from_db") == "← the row was changed by query 2"


def test_each_query_tells_what_was_learnt(explained: Explain) -> None:
    told = explained(
        select(PERSON, where='"shop_person"."id" = %s', params=[9]),
        query("CALL tidy_up()"),
        query("SELECT 1"),
    )

    assert following(told, "query 1") == "→ no row of shop_person where id = 9"
    assert following(told, "query 2").startswith("→ nothing: ")
    assert following(told, "query 3") == "→ nothing: it speaks of no row that a test could arrange"


def test_rows_made_and_gone(explained: Explain) -> None:
    told = explained(
        select(TODO, MILK, where='"shop_todo"."id" = %s', params=[50]),
        insert(PERSON, 7, name="Ann", boss_id=None),
        delete(TODO, 50),
        method="POST",
    )

    assert following(told, "Person.objects.get(") == "← the row was inserted by query 2"
    assert following(told, "assert not Todo") == "← deleted by query 3"


def test_outbound_calls_are_told_of(explained: Explain) -> None:
    told = explained(outbound("GET", "https://rates.example/eur", answer={"rate": 2}))

    assert following(told, "assert len(responses.calls) == 1") == "← made as call 1"
    assert "call 1 GET https://rates.example/eur" in told


def test_what_was_recorded_cannot_steer_the_terminal(explained: Explain) -> None:
    told = explained(query("SELECT 1 -- \x1b[2J"), path="/\x1b[2J/")

    assert not any("\x1b" in line for line in told)
