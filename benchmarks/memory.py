"""How much memory recording takes, at most and in the long run."""

from pathlib import Path
from typing import Any

from benchmarks import configurations
from benchmarks.measures import Table, megabytes
from benchmarks.workers import started

_COMPARED = (configurations.PLAIN, configurations.EVERYTHING)
_ROWS = 100_000
_CALLS = 1_000_000
_WARM = 20
_REPEATED = 20


def measure(python: str, interpreter: Path) -> tuple[Table, dict[str, Any]]:
    """Return the peaks of two large requests, each in its own process, and what many small ones leave."""
    figures: dict[str, Any] = {}
    rows = []
    for each in _COMPARED:
        peaks = {}
        for kind, argument in (("rows", _ROWS), ("calls", _CALLS)):
            with started(each, python, interpreter) as worker:
                worker.serve("list", _WARM)
                before = worker.serve("list", 1).most_resident
                peaks[kind] = worker.serve(kind, 1, argument).most_resident - before
                worker.check()
        with started(each, python, interpreter) as worker:
            worker.serve("list", _WARM)
            resident = [worker.serve("list", _REPEATED).resident for _ in range(_REPEATED)]
            worker.check()
        grown = resident[-1] - resident[0]
        figures[each.name] = {"peaks": peaks, "resident": resident}
        rows.append([each.label, *map(megabytes, peaks.values()), megabytes(resident[0]), megabytes(grown)])
    header = [
        "",
        f"more at the peak: {_ROWS:,} rows",
        f"more at the peak: {_CALLS:,} calls",
        f"after {_WARM + _REPEATED} requests",
        f"grown after {_REPEATED * (_REPEATED - 1)} more",
    ]
    note = "Resident memory, with the settings as they are by default; the peak compared with that before."
    return Table(f"Memory, Python {python}", note, header, rows), figures
