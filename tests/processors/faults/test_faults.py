"""The recorder does no harm: a fault in any of its lines changes nothing that the client gets.

The cases run in a process of their own (:mod:`~tests.processors.faults.laboratory`), once.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from otel2test.processors import recorder
from tests.processors.faults.injecting import Harmless, Line, calls, function_of, guards, hooked

CHECKOUT: Final = Path(__file__).resolve().parents[3]
PROCESSORS: Final = Path(recorder.__file__).parent

THE_PROGRAMS_OWN: Final = (
    "as_sql",
    "inherited",
    "original",
    "self._chunks",
    "self._otel2test_fetch",
    "self._otel2test_stream",
    "super",
)
"""What hooks call that is the program's, where they weren't given it as a parameter."""
HARMLESS: Final = {
    # Of the guards themselves.
    "guard", "_Guard", "fault", "self._copy.add", "self._otel2test_copy.add", "callers.on_behalf_of",
    "leave_again",
    # Of Python, asgiref and OpenTelemetry, on objects that are Django's and not the program's.
    "_awaited", "iscoroutinefunction",
    "getattr", "isinstance", "iter", "next", "anext", "len", "vars", "sys._getframe",
    "get_current_span", "get_current_span().is_recording", "copy_context",
}  # fmt: skip

NOT_REACHED: Final = {
    "distro.py": "how a process starts: tests/processors/test_distro.py",
    "exporting.py": "how a process starts: tests/processors/test_exporting.py",
    "starting.py": "how a process starts: tests/processors/test_exporting.py",
    "callers.py": "what the callbacks of the interpreter call",
    "snapshots.py": "what the callbacks of the interpreter call",
    "calls/monitoring.py": "callbacks of the interpreter: see the functions that they call",
    "calls/profiling.py": "callbacks of the interpreter: see the functions that they call",
    "calls/tracer.py": "callbacks of the interpreter: see the functions that they call",
    'django/executions.py: with guard("django: connection"):': "new connections: …/projects/drivers",
    "delivering.py: def _write_open() -> None:": "shutdown: tests/processors/test_delivering.py",
    "django/copies.py": "PostgreSQL's COPY: tests/processors/django/projects/drivers",
    "django/past_django.py": "drivers' own cursors: tests/processors/django/projects/drivers",
    "django/servers.py": "what servers of MySQL say of themselves: tests/processors/django/projects/drivers",
    "django/statements.py": "parameters of psycopg: tests/processors/django/projects/drivers",
    "django/transactions.py": "connections that are closed: tests/processors/django/projects/drivers",
    "effects": "tests/processors/effects",
    "instrumenting.py": "Django's handlers that were there before: tests/processors/test_exporting.py",
    "operations": "tests/processors/test_operations.py",
    "outbound": "libraries that the cases don't use: tests/processors/outbound",
    "postponing.py": "how a process starts: tests/processors/test_distro.py",
}
"""Guards that no case comes to: package, module or line → why, and where they are tried instead."""

WRITING: Final = ("recorder.py", "traces.py", "otlp.py", "files.py", "delivering.py")
"""What writes a trace can't tell in it of what goes wrong afterwards."""
BEFORE: Final = (
    "django/awaiting.py", "django/exchange.py", "instrumenting.py", "postponing.py", "django/bodies.py",
    "threads.py",
)  # fmt: skip
"""What goes wrong before there is a trace, or after its span, is counted for the process only."""
PUTTING_IN_PLACE: Final = frozenset({"install", "record_with"})
"""Functions that put hooks in place, which each request asks for before it has a trace."""
ENTERING: Final = ("django/handlers.py", "_enter")
"""Makes a trace whose span has ended the current one: until it has, there is none to tell it in."""


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.processors.faults.laboratory"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-40_000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def lines(texts: list[str]) -> list[Line]:
    return [Line(file, int(number)) for file, _, number in (text.rpartition(":") for text in texts)]


def may_fail(line: Line) -> bool:
    """Return whether a line does more than call the program, what guards itself, and what can't fail."""
    return any(
        ast.unparse(call.func) not in HARMLESS
        and not _harmless().is_harmless(line, call)
        and ast.unparse(call.func) not in hooked(line)
        and not ast.unparse(call).startswith(THE_PROGRAMS_OWN)
        for call in calls(line)
    )


@cache
def _harmless() -> Harmless:
    return Harmless(PROCESSORS)


def told(line: Line) -> str:
    return f"{Path(line.file).relative_to(PROCESSORS)}:{line.number}: {line.text}"


def test_the_cases_are_steady(report: dict[str, Any]) -> None:
    assert report["unsteady"] == []


def test_recording_changes_no_response(report: dict[str, Any]) -> None:
    assert report["changed"] == []


def test_every_request_is_recorded(report: dict[str, Any]) -> None:
    # OpenTelemetry's middleware doesn't end its span where the process is to end.
    assert report["unrecorded"] == ["interrupted raising", "leaving raising"]


def test_without_faults_nothing_is_counted(report: dict[str, Any]) -> None:
    # A function of the program's that recurses until Python stops it stops the recorder in one of its own.
    assert set(report["faulty"]) <= {"call: RecursionError"}


def test_a_fault_changes_no_response(report: dict[str, Any]) -> None:
    """It may escape only where a hook calls what it is put around, or does nothing that could fail."""
    assert [told(line) for line in lines(list(report["leaks"])) if may_fail(line)] == []


def test_a_fault_in_what_the_interpreter_calls_back_changes_no_response(report: dict[str, Any]) -> None:
    assert report["functions"] == {}


def test_a_fault_leaves_nothing_behind(report: dict[str, Any]) -> None:
    assert report["broken"] == []


def test_a_fault_is_counted(report: dict[str, Any]) -> None:
    assert [told(line) for line in lines(report["uncounted"]) if may_fail(line)] == []


def test_a_fault_is_told_in_its_trace(report: dict[str, Any]) -> None:
    untold = [
        told(line)
        for line in lines(report["untold"])
        if function_of(line) not in PUTTING_IN_PLACE
        and (Path(line.file).relative_to(PROCESSORS).as_posix(), function_of(line)) != ENTERING
    ]
    assert [text for text in untold if not text.startswith((*WRITING, *BEFORE))] == []


def test_a_fault_leaves_later_ones_to_be_told_in_their_own_traces(report: dict[str, Any]) -> None:
    # What puts back the count of the trace before can't be made up for where it is itself what fails.
    assert {function_of(line) for line in lines(report["astray"])} <= {"_counting"}


def test_each_kind_of_fault_is_logged_once_and_says_what_to_do(report: dict[str, Any]) -> None:
    assert report["logged"]
    assert set(report["logged"].values()) == {1}
    assert all("please report this" in text for text in report["logged"])


def test_every_guard_is_tried(report: dict[str, Any]) -> None:
    """A hook that is new has to be reached by a case, or be named above with where it is tried."""
    reached: dict[str, set[int]] = {}
    for line in lines(report["reached"]):
        reached.setdefault(line.file, set()).add(line.number)
    missed = [
        line for line, body in guards(PROCESSORS).items() if body.isdisjoint(reached.get(line.file, set()))
    ]

    assert [told(line) for line in missed if not any(_excused(line))] == []


def _excused(line: Line) -> Iterator[bool]:
    path = Path(line.file).relative_to(PROCESSORS).as_posix()
    names = {path, f"{path}: {line.text}"}
    yield from (name in names or path.startswith(f"{name}/") for name in NOT_REACHED)
