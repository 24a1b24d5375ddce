"""Verdicts as people and programs read them."""

import json
from xml.etree import ElementTree as ET

from otel2test.proving import reports
from otel2test.proving.verdicts import Mutants, Report, Survivor, Verdict

PROVEN = Verdict(
    "test_todos.py",
    "test_index_shows_todos",
    "proven",
    fidelity=1.0,
    seconds=0.25,
    mutants=Mutants(3, 4),
    weakened=('response.json()["token"]',),
)
LEFT_OUT = Verdict(
    "test_auth.py",
    "AuthTests.test_login",
    "left out",
    fidelity=0.5,
    reason="AssertionError: 3 != 2",
    divergence="SELECT … FROM user: 1 row recorded, 0 in the replay\x1b[31m",
    seconds=0.5,
)
SURVIVOR = Survivor(
    "todos/views.py", 7, "constant changed", "--- a\n+++ b\n-x = 1\n+x = 2\n", "response.json()['x'] == 1"
)
REPORT = Report((PROVEN, LEFT_OUT), Mutants(3, 4), (SURVIVOR,))


def test_the_table_has_a_line_a_test_and_the_three_figures() -> None:
    lines = reports.table(REPORT).splitlines()

    assert lines[:3] == [
        "test                                   verdict   replay  mutants",
        "test_todos.py::test_index_shows_todos  proven      1.00      3/4",
        "test_auth.py::AuthTests::test_login    left out    0.50        -",
    ]
    assert lines[-1] == "1 of 2 proven, replay 0.75 at the median, 3/4 mutants die (75%)"


def test_the_table_says_why_a_test_is_not_proven_and_what_was_weakened() -> None:
    told = reports.table(REPORT)

    assert "AuthTests.test_login: AssertionError: 3 != 2" in told
    assert "first difference: SELECT … FROM user: 1 row recorded, 0 in the replay\\x1b" in told
    assert 'response.json()["token"] differs from run to run' in told


def test_a_survivor_is_shown_as_a_difference_with_what_would_notice_it() -> None:
    told = reports.table(REPORT)

    assert "survived: todos/views.py:7 (constant changed)\n--- a\n+++ b\n-x = 1\n+x = 2\n" in told
    assert "would be noticed by: response.json()['x'] == 1" in told


def test_without_mutants_nothing_is_said_of_them() -> None:
    told = reports.table(Report((PROVEN,)))

    assert "mutants" not in told
    assert told.endswith("1 of 1 proven, replay 1.00 at the median")


def test_where_no_recording_is_at_hand_the_replay_is_unknown() -> None:
    told = reports.table(Report((Verdict("test_a.py", "test_a", "proven"),)))

    assert told.splitlines()[1].split() == ["test_a.py::test_a", "proven", "-"]
    assert told.endswith("1 of 1 proven")


def test_json_holds_all_of_it() -> None:
    told = json.loads(reports.as_json(REPORT))

    assert told["total"] == {
        "tests": 2,
        "proven": 1,
        "fidelity": 0.75,
        "mutants": {"killed": 3, "total": 4},
    }
    assert told["tests"][1]["status"] == "left out"
    assert told["tests"][1]["reason"] == LEFT_OUT.reason
    assert told["survivors"][0]["line"] == 7


def test_junit_has_a_case_a_test() -> None:
    [suite] = ET.fromstring(reports.as_junit(REPORT))

    assert (suite.get("tests"), suite.get("failures"), suite.get("time")) == ("2", "1", "0.750")
    first, second = suite.iter("testcase")
    assert (first.get("classname"), first.get("name")) == ("test_todos", "test_index_shows_todos")
    assert {item.get("name"): item.get("value") for item in first.iter("property")} == {
        "fidelity": "1.0",
        "mutants": "3/4",
    }
    failure = second.find("failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("left out", LEFT_OUT.reason)


def test_what_could_not_be_broken_is_told() -> None:
    report = Report((PROVEN,), Mutants(3, 4), unbroken=("todos/urls.py:3 (text changed)",))

    assert "can't be broken while it runs: todos/urls.py:3 (text changed)" in reports.table(report)
    assert json.loads(reports.as_json(report))["unbroken"] == ["todos/urls.py:3 (text changed)"]


def test_a_survivor_that_shows_nowhere_says_so() -> None:
    survivor = Survivor("todos/views.py", 7, "constant changed", "-x = 1\n+x = 2\n")

    assert "would be noticed by: nothing that these requests show" in reports.table(
        Report((PROVEN,), Mutants(3, 4), (survivor,))
    )


def test_where_nothing_of_the_project_ran_there_is_nothing_to_break() -> None:
    verdict = Verdict("test_a.py", "test_a", "proven", fidelity=1.0, mutants=Mutants())
    told = reports.table(Report((verdict,), Mutants()))

    assert told.splitlines()[1].split() == ["test_a.py::test_a", "proven", "1.00", "-"]
    assert told.endswith("nothing of the project that ran could be broken")
    assert reports.comment(verdict) == "Proven: replay 1.00."
