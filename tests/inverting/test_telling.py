"""Every fact and every condition can be told in words."""

from typing import get_args

import pytest

from otel2test.inverting import conditions, facts
from otel2test.inverting.conditions import AnyOf, Bound, NoneOf, OneOf, Opaque, Related, Text
from otel2test.inverting.entities import Entity, KeyOf
from otel2test.inverting.facts import (
    Averaged,
    Change,
    Complete,
    Counted,
    Deleted,
    Fact,
    Inserted,
    Missing,
    NotInverted,
    Savepoint,
    Seen,
    Source,
    Summed,
    Unknown,
    Updated,
    Window,
)
from otel2test.inverting.telling import tell

HERE = Source("0a" * 8, 0, "SELECT")
MILK = (OneOf("title", ("Milk",)),)

FACTS: list[tuple[Fact, str]] = [
    (Seen(HERE, "todo", {"id": 1, "title": None}), "a row of todo: id = 1, title = NULL"),
    (Seen(HERE, "todo", {}), "a row of todo: nothing but that it was there"),
    (Counted(HERE, "todo", MILK, 3), "3 rows of todo where title = 'Milk'"),
    (Counted(HERE, "todo", (), 1, exact=False), "at least 1 rows of todo"),
    (Missing(HERE, "todo", MILK), "no row of todo where title = 'Milk'"),
    (Complete(HERE, "todo", MILK), "no other rows of todo where title = 'Milk'"),
    (
        Window(HERE, "todo", (), "todo", 20, (), 40, more=True),
        "20 rows of todo from number 41 on, and others may follow",
    ),
    (Summed(HERE, "todo", (), "votes", 7), "votes of all rows of todo sums up to 7"),
    (Averaged(HERE, "todo", (), "votes", 2.5), "votes of all rows of todo is 2.5 on average"),
    (
        Inserted(HERE, "todo", {"id": Unknown(), "votes": Change("votes", 1)}, "ignore"),
        (
            "a row of todo was inserted, unless it was there: "
            "id = what only the database knew, votes = votes + 1"
        ),
    ),
    (Updated(HERE, "todo", MILK, {"done": True}, 1), "1 row of todo got done = True where title = 'Milk'"),
    (Deleted(HERE, "todo", (), None), "rows of todo deleted"),
    (Savepoint(HERE, "rollback_to"), "all since the savepoint was undone"),
    (NotInverted(HERE, "a stored procedure"), "nothing: a stored procedure"),
]

CONDITIONS: list[tuple[conditions.Condition, str]] = [
    (OneOf("a", (None,)), "a is NULL"),
    (OneOf("a", (1, 2, 3, 4, 5, 6)), "a is one of 1, 2, 3, 4, 2 more"),
    (NoneOf("a", ()), "a isn't NULL"),
    (NoneOf("a", (1,)), "a is none of 1"),
    (Bound("a", ">=", 3), "a >= 3"),
    (Text("a", "%milk%", sensitive=False), "a is like '%milk%'"),
    (Text("a", "Milk", sensitive=True, whole=True, negated=True), "a is not the text 'Milk'"),
    (AnyOf(((OneOf("a", (1,)),), (OneOf("b", (2,)),))), "(a = 1 or b = 2)"),
    (
        Related("tag", (("tag_id", "id"),), (OneOf("name", ("x",)),), negated=True),
        "there is no row of tag with id = tag_id where name = 'x'",
    ),
    (OneOf("a", (KeyOf(Entity("tag", 1), "id"),)), "a = id of a row of tag"),
    (Opaque("GREATEST(a)"), "(not understood) 'GREATEST(a)'"),
]


@pytest.mark.parametrize(("fact", "told"), FACTS, ids=lambda item: type(item).__name__)
def test_a_fact_is_told(fact: Fact, told: str) -> None:
    assert tell(fact) == told


@pytest.mark.parametrize(("condition", "told"), CONDITIONS, ids=lambda item: type(item).__name__)
def test_a_condition_is_told(condition: conditions.Condition, told: str) -> None:
    assert tell(Missing(HERE, "todo", (condition,))) == f"no row of todo where {told}"


def test_no_kind_is_forgotten() -> None:
    assert {type(fact) for fact, _ in FACTS} == set(get_args(facts.Fact))
    assert {type(condition) for condition, _ in CONDITIONS} == set(get_args(conditions.Condition))


def test_many_columns_are_not_all_told() -> None:
    wide = Seen(HERE, "todo", {f"c{number}": number for number in range(10)})

    assert tell(wide).endswith("c7 = 7, 2 more columns")
