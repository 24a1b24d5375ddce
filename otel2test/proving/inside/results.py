"""What a framework says of a test, as one result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from otel2test.proving.inside.limits import TimeLimitReached
from otel2test.proving.jobs import Status, TestResult

if TYPE_CHECKING:
    import pytest

T = TypeVar("T")


def summary(error: BaseException) -> str:
    """Return an exception's type and the first line of its text."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def status_of(error: BaseException, otherwise: Status) -> Status:
    """Return how a test ended that raised this, also where the exception came of another one."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, TimeLimitReached):
            return "timeout"
        if isinstance(found, MemoryError):
            return "memory"
        found = found.__cause__ or found.__context__
    return otherwise


def last_line(details: str) -> str:
    """Return the line of a traceback that names the exception: pytest's begins with an E."""
    said = [line for line in details.strip().splitlines() if line.strip()]
    marked = [line[1:].strip() for line in said if line.startswith("E ")]
    return (marked or [line.strip() for line in said] or [""])[-1]


def not_run(tests: Sequence[str], details: str) -> Iterator[TestResult]:
    """Yield a result for each test of a module that can't be loaded; without names, one that has none."""
    message = last_line(details)
    status: Status = "timeout" if message.partition(":")[0].endswith(TimeLimitReached.__name__) else "error"
    for name in tests or ("",):
        yield TestResult(name, status, message, details)


def by_name(
    found: Iterable[T], wanted: Sequence[str], name: Callable[[T], str]
) -> tuple[list[T], list[TestResult]]:
    """Return the tests that are wanted, in that order, and an error for each that isn't there.

    A name without parameters stands for the test with all of its parameters.
    """
    there = list(found)
    if not wanted:
        return there, []
    chosen: list[T] = []
    missing: list[TestResult] = []
    for wish in wanted:
        fitting = [test for test in there if name(test) == wish or name(test).partition("[")[0] == wish]
        chosen += fitting
        if not fitting:
            missing.append(TestResult(wish, "error", "the module has no such test"))
    return chosen, missing


def result_of(
    name: str, calls: Sequence[tuple[pytest.TestReport, pytest.CallInfo[None]]], refused: tuple[str, ...]
) -> TestResult:
    """Return the result of a test from pytest's reports on its setup, itself and its teardown."""
    seconds = sum(report.duration for report, _ in calls)
    unhappy = [(report, call) for report, call in calls if report.outcome != "passed"]
    if not unhappy:
        return TestResult(name, "passed", seconds=seconds, refused=refused)
    report, call = next(((one, how) for one, how in unhappy if one.failed), unhappy[0])
    error = call.excinfo.value if call.excinfo is not None else None
    message = summary(error) if error is not None else report.longreprtext.strip().partition("\n")[0]
    status: Status
    if report.skipped:
        status = "skipped"
    else:
        status = "failed" if report.when == "call" else "error"
        status = status if error is None else status_of(error, status)
    return TestResult(name, status, message, report.longreprtext, seconds, refused)
