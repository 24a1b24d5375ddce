"""A job in its forked process: everything that it asks for is put in place, then its tests run.

What leaves are messages to the warm process, as they happen, so that those of a process that dies
are not lost: ``began`` a test, ``ended`` with a result, ``commits``, ``spans``, ``lines``,
and ``done`` or ``broken``.
"""

from __future__ import annotations

import importlib
import os
import random
import signal
import traceback
from dataclasses import asdict
from pathlib import Path

from otel2test.proving.inside import (
    belongings,
    clocks,
    files,
    limits,
    literals,
    programs,
    recording,
    refusing,
)
from otel2test.proving.inside.channel import send
from otel2test.proving.inside.executed import Executed
from otel2test.proving.inside.frameworks import Framework
from otel2test.proving.jobs import Job, Orders, TestResult

STACKS = "stacks.txt"
"""The file in a job's folder that says where it crashed, or hung for good."""


class _Pipe:
    """Tells the warm process."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def began(self, test: str, *, commits: bool) -> None:
        if commits:
            send(self.descriptor, "commits", True)
        send(self.descriptor, "began", test)

    def ended(self, result: TestResult) -> None:
        send(self.descriptor, "ended", asdict(result))


def run(job: Job, framework: Framework, orders: Orders, folder: Path, descriptor: int) -> None:
    """Do the job, and end the process; ``folder`` is for this job alone."""
    code = 1
    try:
        os.setpgid(0, 0)  # so that what it starts can be killed with it
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _run(job, framework, orders, folder, descriptor)
        send(descriptor, "done", True)
        code = 0
    except BaseException:  # noqa: BLE001 - nothing may return into the warm process's code
        send(descriptor, "broken", traceback.format_exc())
    finally:
        os._exit(code)


def _run(job: Job, framework: Framework, orders: Orders, folder: Path, descriptor: int) -> None:
    limits.install(job.time_limit or orders.time_limit, orders.memory_limit, folder / STACKS)
    belongings.use_folder(folder)
    importlib.invalidate_caches()  # the module may be younger than what is known of its folder
    refusing.take_refused()
    files.guard([orders.scratch])
    programs.guard()
    refusing.begin()
    if job.record:
        recording.keep(literals.texts(_text(job)))
    else:
        recording.stop()
    if not _patched(job):
        return
    executed = Executed(job.module, job.packages)
    random.seed(job.seed)
    with clocks.shifted(job.shift):
        if job.lines:
            executed.start()
        framework.run(job, _Pipe(descriptor))
    limits.lift_memory_limit()
    if job.record:
        send(descriptor, "spans", recording.take(Path(orders.scratch, "spans")))
    if job.lines:
        send(descriptor, "lines", {path: sorted(lines) for path, lines in executed.lines.items()})


def _text(job: Job) -> str:
    if job.source is not None:
        return job.source
    try:
        return Path(job.module).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""  # which is told when the framework loads it


def _patched(job: Job) -> bool:
    if job.patch is None:
        return True
    from otel2test.proving.inside import patching

    return patching.apply(job.patch.path, job.patch.source)
