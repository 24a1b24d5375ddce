"""How long it takes to make a test of a recorded request, and how much memory.

The recordings are of requests that make one query for each product that they find; each is
turned into a test by a process of its own (``generator.py``).
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.configurations import UNBOUNDED
from benchmarks.measures import Table, megabytes
from benchmarks.workers import HERE, started
from samples.environments import ROOT
from samples.running import process_environment

_QUERIES = {30: 10, 1000: 1, 2000: 1, 4000: 1}
"""How many queries a request makes → how often it is generated."""


def measure(python: str, interpreter: Path) -> tuple[Table, dict[str, Any]]:
    """Return the table, and everything behind it."""
    figures: dict[str, Any] = {}
    rows = []
    with TemporaryDirectory(prefix="otel2test-benchmark-") as folder:
        for queries, times in _QUERIES.items():
            recording = Path(folder, f"{queries}.json")
            _record(recording, queries, python, interpreter)
            told = _generate(recording, times, python, interpreter)
            figures[str(queries)] = told
            fastest = min(told["seconds"])
            rows.append(
                [
                    f"{queries:,}",
                    f"{told['rows']:,}",
                    f"{fastest:.3f} s",
                    f"{fastest / queries * 1e3:.2f} ms",
                    megabytes(told["most_resident"]),
                ]
            )
    note = "Of one request each, with the imports already made; the fastest of several for the smallest."
    header = ["queries", "rows", "time", "a query", "memory at the peak"]
    return Table(f"Generating, Python {python}", note, header, rows), figures


def _record(recording: Path, queries: int, python: str, interpreter: Path) -> None:
    with started(UNBOUNDED, python, interpreter) as worker:
        worker.serve("history", 1, queries - 1)
        worker.check()
        (written,) = (worker.folder / "spans").glob("*.json")
        shutil.copy(written, recording)


def _generate(recording: Path, times: int, python: str, interpreter: Path) -> dict[str, Any]:
    programs = UNBOUNDED.programs(python, interpreter)
    done = subprocess.run(
        [programs / "python", HERE / "generator.py", recording, str(times)],
        cwd=ROOT,
        env=process_environment(programs, {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"generating from {recording.name} failed:\n{done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told
