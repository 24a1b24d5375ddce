"""What rows of a result tell of columns: the same, whether they are looked at by place or by name."""

import datetime as dt

from otel2test.inverting.catalog import Catalog, Column, Table
from otel2test.inverting.columns import Columns
from otel2test.inverting.statements import (
    ColumnRef,
    Const,
    Equal,
    In,
    Output,
    Param,
    Parameters,
    Predicate,
    Same,
    Select,
    TableRef,
)

TODO, PERSON = TableRef("t", "todo"), TableRef("p", "person", outer=True)
KEY, DUE, OWNER, PERSON_KEY = (
    ColumnRef(*each) for each in (("t", "id"), ("t", "due"), ("t", "owner_id"), ("p", "id"))
)
CATALOG = Catalog(
    {
        "todo": Table(
            "todo",
            {
                "id": Column("id", "AutoField", null=False),
                "due": Column("due", "DateField", null=True),
                "owner_id": Column("owner_id", "AutoField", null=True),
            },
            "id",
        ),
        "person": Table("person", {"id": Column("id", "AutoField", null=False)}, "id"),
    }
)


def columns(*predicates: Predicate, outer: tuple[Predicate, ...] = ()) -> Columns:
    refs = (KEY, DUE, PERSON_KEY)
    outputs = tuple(Output(ref.column, ref) for ref in refs)
    statement = Select((TODO, PERSON), outputs, predicates, outer)
    return Columns(statement, Parameters((7, "2024-05-01")), CATALOG)


def test_values_are_those_of_the_program_and_what_was_asked_stands_behind_them() -> None:
    read = columns(In(OWNER, (Param(0),)), Equal(DUE, Const("2000-01-01")))
    told = {"id": 1, "due": dt.date(2024, 5, 1), "owner_id": 7}
    assert read.present((1, "2024-05-01", 3)) == [(TODO, told), (PERSON, {"id": 3})]
    assert list(read.present((1, "2024-05-01", 3))[0][1]) == ["id", "due", "owner_id"]


def test_a_left_join_that_found_nothing_has_no_row() -> None:
    assert columns().present((1, None, None)) == [(TODO, {"id": 1, "due": None})]


def test_columns_that_are_compared_have_each_others_values() -> None:
    read = columns(outer=(Same(OWNER, PERSON_KEY),))
    assert read.present((1, None, 3)) == [
        (TODO, {"id": 1, "due": None, "owner_id": 3}),
        (PERSON, {"id": 3}),
    ]
    assert read.present((1, None, None)) == [(TODO, {"id": 1, "due": None})]


def test_a_row_that_was_cut_off_tells_what_is_left_of_it() -> None:
    assert columns(Equal(OWNER, Param(0))).present((1,)) == [(TODO, {"id": 1, "owner_id": 7})]
