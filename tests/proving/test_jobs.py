"""Jobs, outcomes and orders stay what they are on their way as lines."""

import dataclasses

import pytest

from otel2test.proving.jobs import (
    Job,
    Orders,
    Outcome,
    Patch,
    Started,
    TestResult,
    job_line,
    orders_line,
    outcome_line,
    read_job,
    read_orders,
    read_outcome,
    read_started,
    started_line,
)

JOBS = [
    Job("one", "/tests/test_a.py"),
    Job(
        "two",
        "/tests/test_å.py",
        ("test_x", "Class.test_y"),
        source='text = "line\\n"\nother = "\u2028 \U0001f600"\n',
        record=True,
        lines=True,
        shift=86400.5,
        seed=7,
        patch=Patch("/app/views.py", "def view():\n    return 1\n", 2),
        stop_at_failure=True,
        worker=1,
    ),
]
OUTCOMES = [
    Outcome("one", ()),
    Outcome(
        "two",
        (TestResult("test_x", "failed", "E: no", "a\nb\n", 0.5, ("example.com:443",)),),
        ('{"resourceSpans":[]}',),
        {"/app/views.py": (1, 5, 9)},
        1.25,
        3,
    ),
]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.key)
def test_jobs(job: Job) -> None:
    line = job_line(job)

    assert "\n" not in line
    assert read_job(line) == job


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.key)
def test_outcomes(outcome: Outcome) -> None:
    line = outcome_line(outcome)

    assert "\n" not in line
    assert read_outcome(line) == outcome


def test_executed_lines_come_in_order() -> None:
    outcome = Outcome("one", (), lines={"/a.py": (9, 1, 5)})

    assert read_outcome(outcome_line(outcome)).lines == {"/a.py": (1, 5, 9)}


def test_orders_and_the_first_line() -> None:
    orders = Orders("pytest", "/tests", 0, "/tmp/x", 3, 4, ("-c", "pytest.ini"), "/manage.py")
    ready, broken = Started(("a note",)), Started(problem=("where", "what", "remedy"))

    assert read_orders(orders_line(orders)) == orders
    assert [read_started(started_line(told)) for told in (ready, broken)] == [ready, broken]


@pytest.mark.parametrize("line", ["", "{}", '{"key": "x"}', "[1]"])
def test_what_is_no_outcome_is_refused(line: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_outcome(line)


def test_jobs_are_not_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        JOBS[0].key = "other"  # type: ignore[misc]
