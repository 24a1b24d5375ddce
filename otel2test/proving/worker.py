"""One warm process of the user's project, as it is seen from outside."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Final

from otel2test.errors import ProjectError
from otel2test.proving.jobs import ORDERS, Job, Orders, job_line, orders_line, read_started
from otel2test.proving.project import Project

_SLACK: Final = 30.0
"""Seconds without a result, beyond the limit of a test, after which a worker is taken for dead."""
_PERSISTENCE: Final = 5.0
"""Seconds that a worker has to end once it was told to by a signal."""
_TAIL: Final = 12
"""Lines of stderr that are shown of a worker that dies."""
_MISSING: Final = re.compile(r"No module named '?otel2test\b")
_CHUNK: Final = 1 << 16


class Worker:
    """A process that does one job at a time; ``scratch`` is a folder for it alone."""

    def __init__(
        self,
        project: Project,
        number: int,
        scratch: Path,
        environment: dict[str, str],
        time_limit: float,
        memory_limit: int,
    ) -> None:
        self.number = number
        self.job: Job | None = None
        self.forsaken = False
        """Whether nobody wants the outcome of its job any more."""
        self.again = False
        """Whether another worker has died of its job."""
        self.overdue = float("inf")
        """The moment of ``time.monotonic`` at which it is taken for dead."""
        self._project = project
        self._time_limit = time_limit
        self._said = scratch / "stderr.txt"
        self._lines: deque[bytes] = deque()
        self._rest = b""
        temporary = scratch / "tmp"
        temporary.mkdir()
        their_jobs, self._jobs = os.pipe()
        self.outcomes, their_outcomes = os.pipe()
        orders = Orders(
            framework=project.framework,
            folder=str(project.folder),
            number=number,
            scratch=str(scratch),
            jobs=their_jobs,
            outcomes=their_outcomes,
            arguments=_arguments(project, scratch),
            manage=None if project.manage is None else str(project.manage),
            time_limit=time_limit,
            memory_limit=memory_limit,
            database_hosts=project.database_hosts,
        )
        own = {ORDERS: orders_line(orders), "TMPDIR": str(temporary), "PYTHONHASHSEED": str(number + 1)}
        if project.settings_module is not None:
            own["DJANGO_SETTINGS_MODULE"] = project.settings_module
        with self._said.open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - the interpreter that the user names
                [project.python, "-m", "otel2test.proving.inside"],
                cwd=project.root,
                env={**environment, **own},
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                pass_fds=(their_jobs, their_outcomes),
                start_new_session=True,  # Ctrl-C is for us: a worker ends when its pipe does
            )
        os.close(their_jobs)
        os.close(their_outcomes)

    def await_start(self, limit: float) -> tuple[str, ...]:
        """Wait until the project has started; returns what is otherwise than in its own runs.

        Raises :class:`ProjectError` if it can't be started, or not within ``limit`` seconds.
        """
        if not self._lines and not select.select([self.outcomes], [], [], limit)[0]:
            raise ProjectError("the project", f"it hasn't started after {limit:g} s", self._see())
        line = self.read_line()
        if line is None:
            raise self._stillborn()
        started = read_started(line)
        if started.problem is not None:
            where, what, remedy = started.problem
            raise ProjectError(where, what, f"{remedy}{self._quoted()}")
        return started.notes

    def give(self, job: Job, *, again: bool = False) -> None:
        """Let it do a job; ``again`` if another worker has died of that."""
        self.job, self.again = job, again
        limit = job.time_limit or self._time_limit
        self.overdue = time.monotonic() + limit * (len(job.tests) + 1) + _SLACK
        line = memoryview(f"{job_line(job)}\n".encode())
        with suppress(BrokenPipeError):  # it has died, which shows when its outcome is awaited
            while line:
                line = line[os.write(self._jobs, line) :]

    def read_line(self) -> str | None:
        """Return its next line; None if it has died."""
        while not self._lines:
            chunk = os.read(self.outcomes, _CHUNK)
            if not chunk:
                return None
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            self._lines.extend(lines)
        return self._lines.popleft().decode()

    def hang_up(self) -> None:
        """Say that there will be no more jobs."""
        if self._jobs >= 0:
            os.close(self._jobs)
            self._jobs = -1

    def end(self, deadline: float) -> None:
        """Wait until it has ended; from ``deadline`` on with some force. Again does nothing."""
        self.hang_up()
        for limit, number in (
            (deadline - time.monotonic(), signal.SIGTERM),
            (_PERSISTENCE, signal.SIGKILL),
        ):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(max(0.0, limit))
                break
            self._signal(number)
        self._process.wait()
        if self.outcomes >= 0:
            os.close(self.outcomes)
            self.outcomes = -1

    def kill(self) -> None:
        """End it at once, and what it has started."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def last_words(self) -> str:
        """Return how it ended, with the last lines that it has said."""
        code = self._process.wait()
        how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        return f"{how}{self._quoted()}"

    def _stillborn(self) -> ProjectError:
        how = self.last_words()
        if _MISSING.search(how):
            return ProjectError(
                self._project.python,
                "otel2test isn't installed there",
                f"{self._project.python} -m pip install otel2test, or name another interpreter with --python",
            )
        return ProjectError(
            "the project", f"its process died while it started, with {how}", "make its own tests run first"
        )

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _see(self) -> str:
        return f"see what keeps it{self._quoted()}"

    def _quoted(self) -> str:
        lines = self._said.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()[-_TAIL:]
        return "".join(f"\n  | {line}" for line in lines)


def _arguments(project: Project, scratch: Path) -> tuple[str, ...]:
    if project.framework != "pytest":
        return ()
    own = ("--capture=sys", f"--basetemp={scratch / 'pytest'}", "-o", f"cache_dir={scratch / 'cache'}")
    return (*project.arguments, *own)
