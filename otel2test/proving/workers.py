"""Warm processes of the user's project, to which jobs are handed out.

Enter: a :class:`Project` and jobs. Leave: outcomes, in the order in which they end. Each worker has
started the project once, with a scratch database of its own and another ``PYTHONHASHSEED``, and runs
every job in a process forked from itself. Workers end when their pipe is closed, and destroy their
databases then; that is also so when this process dies.
"""

from __future__ import annotations

import os
import secrets
import selectors
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Final, Self

from otel2test.errors import ProjectError
from otel2test.proving.jobs import Job, Outcome, TestResult, read_outcome
from otel2test.proving.project import Project
from otel2test.proving.worker import Worker

_PATIENCE: Final = 15.0
"""Seconds that a worker has to end and to destroy its databases."""
_DISTURBING: Final = (
    "OTEL_SDK_DISABLED",
    "OTEL_PYTHON_DJANGO_INSTRUMENT",
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",
    "OTEL_CONFIG_FILE",
    "PYTEST_ADDOPTS",
    "PYTEST_XDIST_WORKER",
)
"""Of the environment: would keep the recorder from recording, or pytest from running one test."""
_LONGEST_WAIT: Final = 60.0
_HELD_BACK: Final = 4
"""Jobs for each worker that may wait for it while others have nothing to do."""


class Workers:
    """A context manager, inside of which :meth:`run` does jobs.

    ``time_limit`` is in seconds for each test; ``memory_limit`` in bytes for each job's process, beyond
    what the started project has, and held to on Linux only. Entering starts all workers, and raises
    :class:`ProjectError` if one can't be started in ``start_limit`` seconds.
    """

    def __init__(
        self,
        project: Project,
        count: int,
        *,
        time_limit: float = 60.0,
        memory_limit: int = 1024 * 1024 * 1024,
        start_limit: float = 600.0,
    ) -> None:
        self.notes: tuple[str, ...] = ()
        """What is otherwise than in the project's own runs."""
        self._project = project
        self._count = count
        self._limits = (time_limit, memory_limit)
        self._start_limit = start_limit
        self._workers: list[Worker] = []
        self._environment = environment()

    def __enter__(self) -> Self:
        if not hasattr(os, "fork"):
            raise ProjectError(sys.platform, "proving needs a system that can fork", "use Linux or macOS")
        self._scratch = tempfile.TemporaryDirectory(prefix="otel2test-", ignore_cleanup_errors=True)
        self._old_handler = _on_termination(_interrupt)
        try:
            self._workers = [self._new(number) for number in range(self._count)]
            for worker in self._workers:
                self.notes = tuple(dict.fromkeys((*self.notes, *worker.await_start(self._start_limit))))
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def run(self, jobs: Iterable[Job | None]) -> Generator[Outcome, None, None]:
        """Do the jobs; yield their outcomes as they end.

        Jobs are taken as workers get free. None says that there is no job now: it is asked again after
        the next outcome, and the run ends if nothing is under way. A job whose worker dies is given to
        another, once. Raises :class:`ProjectError` where that one can't be started.
        """
        coming = iter(jobs)
        waiting: list[deque[Job]] = [deque() for _ in self._workers]
        try:
            while True:
                self._hand_out(coming, waiting)
                busy = [worker for worker in self._workers if worker.job is not None]
                if not busy:
                    return
                for worker in self._ready(busy):
                    outcome = self._outcome(worker)
                    if outcome is not None:
                        yield outcome
        finally:
            for worker in self._workers:
                worker.forsaken = worker.job is not None

    def _hand_out(self, coming: Iterator[Job | None], waiting: list[deque[Job]]) -> None:
        """Give every idle worker a job, if there is one for it."""
        for worker in self._workers:
            if worker.job is None and (mine := waiting[worker.number]):
                worker.give(mine.popleft())
        while any(worker.job is None for worker in self._workers):
            if sum(map(len, waiting)) >= _HELD_BACK * self._count:
                return
            job = next(coming, None)
            if job is None:
                return
            idle = [worker for worker in self._workers if worker.job is None]
            if job.worker is None:
                idle[0].give(job)
                continue
            wanted = self._workers[job.worker % self._count]
            if wanted.job is None:
                wanted.give(job)
            else:
                waiting[wanted.number].append(job)

    def _ready(self, busy: list[Worker]) -> list[Worker]:
        """Wait until a worker has said something, has died, or is overdue."""
        with selectors.DefaultSelector() as selector:
            for worker in busy:
                selector.register(worker.outcomes, selectors.EVENT_READ, worker)
            deadline = min(worker.overdue for worker in busy)
            found = selector.select(min(max(0.0, deadline - time.monotonic()), _LONGEST_WAIT))
        if found:
            return [key.data for key, _ in found]
        late = [worker for worker in busy if worker.overdue <= time.monotonic()]
        for worker in late:
            worker.kill()
        return late

    def _outcome(self, worker: Worker) -> Outcome | None:
        line = worker.read_line()
        if line is None:
            return self._replace(worker)
        forsaken, worker.forsaken, worker.job = worker.forsaken, False, None
        return None if forsaken else read_outcome(line)

    def _replace(self, dead: Worker) -> Outcome | None:
        """Start another one in place of a worker that died, and let it do the job, unless it was the second.

        Returns the outcome of a job that was done by both when they died.
        """
        job, number = dead.job, dead.number
        message = dead.last_words()
        dead.end(0.0)
        worker = self._workers[number] = self._new(number)
        worker.await_start(self._start_limit)
        if job is None or dead.forsaken:
            return None
        if not dead.again:
            worker.give(job, again=True)
            return None
        how, _, details = message.partition("\n")
        reason = f"the process that runs it died twice, with {how}"
        results = tuple(TestResult(name, "crashed", reason, details) for name in job.tests or ("",))
        return Outcome(job.key, results, worker=number)

    def _new(self, number: int) -> Worker:
        scratch = Path(tempfile.mkdtemp(prefix=f"{number}-", dir=self._scratch.name))
        return Worker(self._project, number, scratch, self._environment, *self._limits)

    def _end(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        for worker in self._workers:
            worker.hang_up()
        for worker in self._workers:
            worker.end(deadline)
        self._workers = []
        if self._old_handler is not None:
            signal.signal(signal.SIGTERM, self._old_handler)
        self._scratch.cleanup()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _on_termination(handler: Callable[[int, FrameType | None], None]) -> Any:
    """Do the same as on Ctrl-C; returns what was done before, None where it stays so."""
    if threading.current_thread() is not threading.main_thread():
        return None
    return signal.signal(signal.SIGTERM, handler)


def environment() -> dict[str, str]:
    """Return the environment of all workers; the same key makes pseudonyms the same in all of them."""
    kept = {name: value for name, value in os.environ.items() if name not in _DISTURBING}
    key = os.environ.get("OTEL2TEST_REDACTION_KEY") or secrets.token_hex(16)
    return {**kept, "OTEL2TEST_REDACTION_KEY": key, "PYTHONDONTWRITEBYTECODE": "1"}
