"""What of a request has changed, and how that is told."""

import json
from xml.etree import ElementTree as ET

import pytest

from otel2test.proving.checking import Aspect, Check, Checked, aspects, difference
from otel2test.reading.exchanges import Exchange
from tests.proving.pairs import exchange
from tests.recordings import query

HOLDS = Check("test_a.py", "test_a", "holds")
ACCEPTED = Check("test_a.py", "test_b", "accepted", ("state",), "AssertionError: no row", "-old\n+new")
CHANGED = Check(
    "test_a.py",
    "Tests.test_c",
    "changed",
    ("response", "calls"),
    "AssertionError: \x1b[31m",
    "-old\n+new",
    "yours",
)


def asked(sql: str) -> Exchange:
    return exchange(query(sql))


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ('DELETE FROM "shop_todo" WHERE "id" = 1', "SELECT 1", ("state",)),
        ("SELECT 1", "UPDATE `shop_todo` SET `done` = 1", ("state",)),
        ('INSERT INTO "shop_todo" ("id") VALUES (1)', 'INSERT INTO "shop_tag" ("id") VALUES (1)', ("state",)),
        ('UPDATE "shop_todo" SET "done" = 1', "update shop_todo set done = 1", ()),
        ("SELECT 1", "SELECT 2", ()),
    ],
)
def test_what_is_written_is_the_state(before: str, after: str, changed: tuple[Aspect, ...]) -> None:
    assert aspects([asked(before)], [asked(after)]) == changed


def test_a_request_that_was_not_made_says_nothing() -> None:
    assert aspects([asked("SELECT 1")], []) == ()


def test_the_table() -> None:
    told = Checked((HOLDS, ACCEPTED, CHANGED)).table().splitlines()

    assert told[:4] == [
        "test                      verdict   what changed",
        "test_a.py::test_a         holds",
        "test_a.py::test_b         accepted  state",
        "test_a.py::Tests::test_c  changed   response, calls",
    ]
    assert "Tests.test_c: AssertionError: \\x1b[31m" in told
    assert "  yours" in told
    assert told[-1] == "1 of 3 hold, 1 accepted as they are now"


def test_json_and_junit() -> None:
    checked = Checked((HOLDS, ACCEPTED, CHANGED))
    told = json.loads(checked.as_json())["tests"]
    [suite] = ET.fromstring(checked.as_junit())

    assert [test["status"] for test in told] == ["holds", "accepted", "changed"]
    assert told[2]["aspects"] == ["response", "calls"]
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    [failure] = suite.iter("failure")
    assert (failure.get("type"), failure.text) == ("response, calls", "-old\n+new")


def test_all_is_well_where_all_holds_or_was_accepted() -> None:
    assert Checked((HOLDS, ACCEPTED)).whole
    assert not Checked((HOLDS, CHANGED)).whole


def test_a_difference_names_the_test() -> None:
    assert difference("test_a", "a\nb", "a\nc").splitlines() == [
        "--- test_a",
        "+++ test_a, as it is now",
        "@@ -1,2 +1,2 @@",
        " a",
        "-b",
        "+c",
    ]
