"""What a request costs in instructions, which valgrind counts: the same however busy the machine is.

It says less than time does, as not all of them take as long; but a change of a percent is seen.
"""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks import configurations
from benchmarks.configurations import Configuration
from benchmarks.measures import Table
from benchmarks.web import LABELS
from benchmarks.workers import Worker, WorkerError, started

_COMPARED: Final = (
    configurations.PLAIN,
    configurations.STOCK,
    configurations.WITHOUT_CALLS,
    configurations.EVERYTHING,
)
_WARM: Final = 6
"""Requests before those that count."""
_TOTAL: Final = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)


def obstacle() -> str:
    """Return why this can't be measured here, "" if it can."""
    missing = [name for name in ("valgrind", "callgrind_control") if shutil.which(name) is None]
    return f"there is no {' and no '.join(missing)}" if missing else ""


def measure(python: str, interpreter: Path, requests: int) -> tuple[Table, dict[str, Any]]:
    """Return the table, and everything behind it for the machine-readable file."""
    counted = {
        (each.name, kind): _count(each, kind, python, interpreter, requests) / requests
        for each in _COMPARED
        for kind in LABELS
    }
    rows = [
        [each.label, *(cell for kind in LABELS for cell in _cells(counted, each.name, kind))]
        for each in _COMPARED
    ]
    header = [""]
    for label in LABELS.values():
        header += [f"{label}: ratio to plain", "million"]
    note = f"Instructions of a request, in {requests} of them after {_WARM}, without the kernel's."
    figures = {f"{kind} {name}": count for (name, kind), count in counted.items()}
    return Table(f"A request in instructions, Python {python}", note, header, rows), figures


def _cells(counted: Mapping[tuple[str, str], float], name: str, kind: str) -> tuple[str, str]:
    count = counted[name, kind]
    return f"**{count / counted[configurations.PLAIN.name, kind]:.2f}**", f"{count / 1e6:.1f}"


def _count(configuration: Configuration, kind: str, python: str, interpreter: Path, requests: int) -> int:
    with TemporaryDirectory(prefix="otel2test-benchmark-") as folder:
        under = (
            "valgrind",
            "--quiet",
            "--tool=callgrind",
            "--instr-atstart=no",
            f"--callgrind-out-file={folder}/counted.%p",
        )
        with started(configuration, python, interpreter, under=under) as worker:
            worker.serve(kind, _WARM)
            _switch(worker, "on")
            worker.serve(kind, requests)
            _switch(worker, "off")
            worker.check()
        texts = [file.read_text(encoding="utf-8") for file in Path(folder).iterdir()]
    # What the launcher ran before it became the worker stands in a file of its own, if anywhere.
    found = [int(total) for text in texts for total in _TOTAL.findall(text)]
    if not any(found):
        raise WorkerError(f"valgrind counted nothing of {configuration.label}")
    return max(found)


def _switch(worker: Worker, to: str) -> None:
    done = subprocess.run(
        ["callgrind_control", "--instr=" + to, str(worker.pid)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise WorkerError(f"callgrind_control failed:\n{done.stdout}{done.stderr}")
