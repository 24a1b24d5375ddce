"""Workers side by side, served in turns.

Enters: configurations and a Python. Leaves: for each request kind and configuration the
figures of each round. In a round every worker serves the same requests once, in an order
that changes from round to round; so what slows the machine down for a while slows all.
"""

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.configurations import Configuration
from samples.running import process_environment

HERE = Path(__file__).resolve().parent
PROJECT = HERE / "project"


class WorkerError(Exception):
    """A worker ended, or could not begin."""


@dataclass(frozen=True, slots=True)
class Served:
    """What some requests took."""

    seconds: float
    """Of processor time, all requests together."""
    answering: float
    """Of these, those until the answers were out."""
    disk: int
    """Bytes written for them, the project's own database left out."""
    resident: int
    """Bytes of memory after them."""
    most_resident: int
    """The most bytes of memory there ever were."""


class Worker:
    """A process of the project."""

    def __init__(self, configuration: Configuration, process: "subprocess.Popen[str]", log: Path) -> None:
        self.configuration = configuration
        self._process = process
        self._log = log
        self.folder = log.parent / "data"
        """Where it writes."""
        first = self._answer()
        self.versions: dict[str, str] = first["versions"]
        self.resident_at_first: int = first["resident"]

    @property
    def pid(self) -> int:
        """The process's number; what launches a worker becomes it."""
        return self._process.pid

    def serve(self, kind: str, count: int, argument: int = 0, before: int = 0) -> Served:
        """Have requests served, and ``before`` that don't count."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{kind} {count} {argument} {before}\n")
        self._process.stdin.flush()
        return Served(**self._answer())

    def check(self) -> None:
        """Raise if its recorder complained, as then its figures say nothing."""
        said = self._log.read_text(encoding="utf-8", errors="replace")
        for complaint in ("could not record", "not recording", "Traceback"):
            if complaint in said:
                raise WorkerError(f"{self.configuration.label} complained:\n{said[-4000:]}")

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(
                f"{self.configuration.label} ended:\n{self._log.read_text(encoding='utf-8')[-4000:]}"
            )
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def started(
    configuration: Configuration, python: str, interpreter: Path, *, under: Sequence[str] = ()
) -> Iterator[Worker]:
    """Start a worker in a folder of its own, run by ``under`` if that is given; it ends with the block."""
    programs = configuration.programs(python, interpreter)
    # A recorder may still write when its worker has ended.
    with TemporaryDirectory(prefix="otel2test-benchmark-", ignore_cleanup_errors=True) as folder:
        data = Path(folder, "data")
        data.mkdir()
        log = Path(folder, "log")
        variables = {
            "BENCHMARK_DATA": str(data),
            "BENCHMARK_RECORDINGS": str(data / configuration.recordings),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(PROJECT),
            "OTEL2TEST_DIR": str(data / "spans"),
            "KOLO_PATH": str(data),
            **configuration.variables,
        }
        if under:
            variables["BENCHMARK_QUIET"] = "0.5"  # there, a process that only waits takes long for that, too
        launcher = [str(programs / program) for program in configuration.launcher[:1]]
        launcher += configuration.launcher[1:]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    *launcher,
                    *under,
                    str(programs / "python"),
                    str(HERE / "worker.py"),
                    *configuration.arguments,
                ],
                cwd=PROJECT,
                env=process_environment(programs, variables),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )
        try:
            yield Worker(configuration, process, log)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


def possible(configurations: Iterable[Configuration], python: str) -> list[Configuration]:
    """Return those that work on this Python."""
    return [each for each in configurations if each.pythons is None or python in each.pythons]


@dataclass(frozen=True, slots=True)
class Turns:
    """What came of some rounds."""

    served: dict[str, dict[str, list[Served]]]
    """By kind of request and name of the configuration, round by round."""
    versions: dict[str, dict[str, str]]
    """By name of the configuration."""


def take_turns(
    configurations: Sequence[Configuration],
    python: str,
    interpreter: Path,
    kinds: Sequence[tuple[str, int, int]],
    rounds: int,
    *,
    before: int = 0,
    starts: int = 1,
) -> Turns:
    """Have every configuration serve the same requests, round by round.

    ``kinds`` are kind of request, how many of it a round, and the argument, of which those get less
    that are too slow for it. All processes are started anew ``starts`` times, as where one lies in memory
    makes it faster or slower for as long as it lives; ``rounds`` are those of one start. Its first round
    warms everything up and doesn't count, nor do the ``before`` requests that each turn begins with.
    """
    turns = Turns({kind: {each.name: [] for each in configurations} for kind, _, _ in kinds}, {})
    for _ in range(starts):
        with ExitStack() as stack:
            workers = [stack.enter_context(started(each, python, interpreter)) for each in configurations]
            for number in range(rounds + 1):
                first = number % len(workers)
                for worker in workers[first:] + workers[:first]:
                    for kind, count, argument in kinds:
                        less = argument // worker.configuration.fewer_calls
                        served = worker.serve(kind, count, less, before)
                        if number:
                            turns.served[kind][worker.configuration.name].append(served)
            for worker in workers:
                worker.check()
                turns.versions[worker.configuration.name] = worker.versions
    return turns


def load_average() -> str:
    """Return how busy the machine was."""
    return " ".join(f"{value:.1f}" for value in os.getloadavg())
