"""What the prover asks of the project's process, and what comes back, each as one line of JSON.

Both sides import this module, so it needs nothing but the standard library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal

Framework = Literal["pytest", "unittest"]
Status = Literal["passed", "failed", "error", "skipped", "timeout", "memory", "crashed"]

ORDERS: Final = "OTEL2TEST_PROVING"
WHOLE: Final = "OTEL2TEST_PROVING_WHOLE"


@dataclass(frozen=True, slots=True)
class Patch:
    """A mutant: one source file of the project with something changed in it."""

    path: str  # absolute
    source: str  # the whole text, mutated
    line: int  # first changed line, from 1


@dataclass(frozen=True, slots=True)
class Job:
    """Tests of one module, to be run in a process of their own."""

    key: str  # the caller's; comes back in the outcome
    module: str  # absolute path where the test module stands, or will stand
    tests: tuple[str, ...] = ()  # "test_x" or "Class.test_x", run in this order; () for all
    source: str | None = None  # the module's text, instead of the file's; nothing is written
    record: bool = False  # under the recorder: spans come back
    lines: bool = False  # tell which lines of the project ran inside requests
    packages: tuple[str, ...] = ()  # installed ones whose lines are told, too
    shift: float = 0.0  # seconds by which the clock is ahead
    seed: int | None = None  # for random.seed
    patch: Patch | None = None
    stop_at_failure: bool = False
    worker: int | None = None  # which worker is to run it, modulo their count; None for any
    time_limit: float | None = None  # seconds for each test; None for the workers' limit


@dataclass(frozen=True, slots=True)
class TestResult:
    """How one test ended."""

    __test__: ClassVar[bool] = False  # pytest takes it for a test class by its name

    name: str  # as in Job.tests
    status: Status
    message: str = ""  # one line: the exception's type and text
    details: str = ""  # traceback, or difference, as the framework prints it
    seconds: float = 0.0
    refused: tuple[str, ...] = ()  # what it may not do: "the connection to …", "writing to …"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended."""

    key: str
    results: tuple[TestResult, ...]
    spans: tuple[str, ...] = ()  # OTLP JSON, a line a trace, as the recorder writes them
    lines: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: MappingProxyType({}))
    seconds: float = 0.0
    worker: int = 0


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker is told at its start, in the environment variable :data:`ORDERS`."""

    framework: Framework
    folder: str  # absolute path of the tests; it need not exist
    number: int  # of the worker, from 0
    scratch: str  # a folder for it alone, which is removed after it
    jobs: int  # descriptors of the two pipes
    outcomes: int
    arguments: tuple[str, ...] = ()  # of pytest
    manage: str | None = None  # absolute path of manage.py
    time_limit: float = 60.0  # seconds for each test
    memory_limit: int = 1024 * 1024 * 1024  # bytes above what the worker has
    database_hosts: tuple[str, ...] = ()  # beyond this machine, on which scratch databases may be made


@dataclass(frozen=True, slots=True)
class Started:
    """A worker's first line: it is ready, or can't be; the later ones are outcomes."""

    notes: tuple[str, ...] = ()  # what is otherwise than in the project's own runs, a sentence each
    problem: tuple[str, str, str] | None = None  # where, what, remedy


@dataclass(frozen=True, slots=True)
class Whole:
    """What a run of the project's own runner is told, in the environment variable :data:`WHOLE`."""

    framework: Framework
    modules: tuple[str, ...]  # absolute paths, of one folder
    scratch: str  # a folder for it alone, which is removed after it
    results: str  # the file that tells of failures
    seed: int  # of the order
    reverse: bool  # the order
    held: int  # descriptor of a pipe; when it is closed, the run is to end
    shift: float = 0.0  # seconds by which the clock is ahead
    time_limit: float = 60.0  # seconds for each test
    arguments: tuple[str, ...] = ()  # of pytest
    manage: str | None = None  # absolute path of manage.py
    database_hosts: tuple[str, ...] = ()  # beyond this machine, on which scratch databases may be made


def job_line(job: Job) -> str:
    """The job as one line of JSON, without a line break."""
    return json.dumps(asdict(job))


def read_job(line: str) -> Job:
    """The job that a line tells. Raises ValueError, KeyError or TypeError if it isn't one."""
    told: dict[str, Any] = json.loads(line)
    patch = told.pop("patch")
    tests, packages = tuple(told.pop("tests")), tuple(told.pop("packages"))
    return Job(**told, tests=tests, packages=packages, patch=None if patch is None else Patch(**patch))


def outcome_line(outcome: Outcome) -> str:
    """The outcome as one line of JSON, without a line break."""
    told = {name: getattr(outcome, name) for name in ("key", "spans", "seconds", "worker")}
    told["results"] = [asdict(result) for result in outcome.results]
    told["lines"] = {path: sorted(lines) for path, lines in outcome.lines.items()}
    return json.dumps(told)


def read_outcome(line: str) -> Outcome:
    """The outcome that a line tells. Raises ValueError, KeyError or TypeError if it isn't one."""
    told: dict[str, Any] = json.loads(line)
    return Outcome(
        key=told["key"],
        results=tuple(
            TestResult(**{**result, "refused": tuple(result["refused"])}) for result in told["results"]
        ),
        spans=tuple(told["spans"]),
        lines=MappingProxyType({path: tuple(lines) for path, lines in told["lines"].items()}),
        seconds=told["seconds"],
        worker=told["worker"],
    )


def orders_line(orders: Orders) -> str:
    """The orders as one line of JSON."""
    return json.dumps(asdict(orders))


def read_orders(line: str) -> Orders:
    """The orders that a line tells."""
    told: dict[str, Any] = json.loads(line)
    lists = {name: tuple(told[name]) for name in ("arguments", "database_hosts")}
    return Orders(**{**told, **lists})


def started_line(started: Started) -> str:
    """A worker's first line, without a line break."""
    return json.dumps(asdict(started))


def read_started(line: str) -> Started:
    """What a worker's first line tells. Raises ValueError, KeyError or TypeError if it isn't one."""
    told: dict[str, Any] = json.loads(line)
    problem = told["problem"]
    return Started(tuple(told["notes"]), None if problem is None else (problem[0], problem[1], problem[2]))


def whole_line(whole: Whole) -> str:
    """The orders of a whole run as one line of JSON."""
    return json.dumps(asdict(whole))


def read_whole(line: str) -> Whole:
    """The orders that a line tells."""
    told: dict[str, Any] = json.loads(line)
    lists = {name: tuple(told[name]) for name in ("modules", "arguments", "database_hosts")}
    return Whole(**{**told, **lists})
