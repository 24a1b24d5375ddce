"""The warm process: one forked process for each job, watched until it ends.

Jobs come by one pipe, a line each, and outcomes leave by another. It ends when the first is closed,
which is also what happens when the prover dies.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shutil
import signal
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from otel2test.proving.inside import databases, limits, preparing, running
from otel2test.proving.inside.channel import Lines, wait_for, write_line
from otel2test.proving.inside.frameworks import Framework
from otel2test.proving.jobs import Job, Orders, Outcome, Status, TestResult, outcome_line, read_job


@dataclass(slots=True)
class _Told:
    """What a job's process has told so far."""

    results: list[TestResult] = field(default_factory=list)
    running: str | None = None
    """The test that began and hasn't ended."""
    commits: bool = False
    spans: tuple[str, ...] = ()
    lines: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    broken: str = ""
    done: bool = False

    def take(self, line: str) -> None:
        kind, payload = json.loads(line)
        match kind:
            case "began":
                self.running = payload
            case "ended":
                self.results.append(TestResult(**{**payload, "refused": tuple(payload["refused"])}))
                self.running = None
            case "commits":
                self.commits = True
            case "spans":
                self.spans = tuple(payload)
            case "lines":
                self.lines = {path: tuple(lines) for path, lines in payload.items()}
            case "broken":
                self.broken = payload
            case "done":
                self.done = True


class _ProverGoneError(Exception):
    """Nobody waits for the outcome any more."""


def serve(framework: Framework, orders: Orders) -> None:
    """Do jobs until there will be no more."""
    for signals in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signals, _end)
    databases.disconnect()
    gc.collect()
    gc.freeze()  # a collection in a fork would copy all of the memory that they share
    for line in (jobs := Lines(orders.jobs)):
        try:
            outcome, spoilt = _Forked(read_job(line), framework, orders).watch(jobs)
        except _ProverGoneError:
            return
        write_line(orders.outcomes, outcome_line(outcome))
        if spoilt and databases.are_shared():
            framework.renew_databases()
            databases.disconnect()


def _end(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # the databases are destroyed now; once is enough
    raise SystemExit(0)


class _Forked:
    """One job, done in a process of its own."""

    def __init__(self, job: Job, framework: Framework, orders: Orders) -> None:
        self._job = job
        self._framework = framework
        self._orders = orders
        self._folder = Path(orders.scratch, "job")
        self._told = _Told()

    def watch(self, jobs: Lines) -> tuple[Outcome, bool]:
        """Return the outcome, and whether the job may have left something in a database."""
        preparing.prepare_for(self._job)
        began = time.monotonic()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        process, descriptor = self._fork()
        in_time = False
        try:
            in_time = self._listen(Lines(descriptor), jobs)
        finally:
            os.close(descriptor)
            status = _end_of(process, limits.GRACE if in_time else 0.0)
        if not self._told.done:
            self._tell_of_death(status, in_time=in_time)
        shutil.rmtree(self._folder, ignore_errors=True)
        outcome = Outcome(
            self._job.key,
            tuple(self._told.results),
            self._told.spans,
            self._told.lines,
            time.monotonic() - began,
            self._orders.number,
        )
        return outcome, self._told.commits or not self._told.done

    @property
    def _time_limit(self) -> float:
        return self._job.time_limit or self._orders.time_limit

    def _fork(self) -> tuple[int, int]:
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            # Threads of the project that are running by now don't come along, and aren't needed.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = os.fork()
        if process == 0:
            os.close(reading)
            running.run(self._job, self._framework, self._orders, self._folder, writing)
        os.close(writing)
        return process, reading

    def _listen(self, told: Lines, jobs: Lines) -> bool:
        """Take what the process tells until it ends; False if it has to be killed."""
        while not (told.ended or self._told.done):
            deadline = time.monotonic() + self._time_limit + limits.GRACE
            if not wait_for(told.descriptor, jobs.descriptor, deadline):
                if time.monotonic() < deadline:
                    raise _ProverGoneError
                return False
            for line in told.read():
                self._told.take(line)
        return True

    def _tell_of_death(self, status: int, *, in_time: bool) -> None:
        told = self._told
        stacks = ""
        with contextlib.suppress(OSError):
            stacks = (self._folder / running.STACKS).read_text(encoding="utf-8", errors="replace")
        kind: Status = "crashed"
        if told.broken:
            message = told.broken.strip().splitlines()[-1]
            kind = "memory" if message.startswith("MemoryError") else "error"
        elif not in_time:
            kind, message = (
                "timeout",
                f"still running after {self._time_limit:g} s, and could not be stopped",
            )
        elif os.WIFSIGNALED(status):
            message = f"the process was ended by {signal.Signals(os.WTERMSIG(status)).name}"
        else:
            message = f"the process ended with exit code {os.waitstatus_to_exitcode(status)}"
        told.results.append(TestResult(told.running or "", kind, message, told.broken or stacks))


def _end_of(process: int, patience: float) -> int:
    """Wait so many seconds for a process that is about to end, then kill it and all it started.

    Returns how it ended.
    """
    deadline = time.monotonic() + patience
    found = os.waitpid(process, os.WNOHANG)
    while not found[0] and time.monotonic() < deadline:
        time.sleep(0.001)
        found = os.waitpid(process, os.WNOHANG)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)
    return found[1] if found[0] else os.waitpid(process, 0)[1]
