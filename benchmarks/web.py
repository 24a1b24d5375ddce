"""What a request costs: a list of 50 rows with a template, and a form with five queries."""

from pathlib import Path
from typing import Any

from benchmarks import configurations
from benchmarks.measures import Spread, Table
from benchmarks.workers import possible, take_turns

_COMPARED = (
    configurations.PLAIN,
    configurations.STOCK,
    configurations.WITHOUT_CALLS,
    configurations.EVERYTHING,
    configurations.EVERYTHING_GZIP,
    configurations.INTERPRETED,
    configurations.KOLO_2,
    configurations.KOLO_3,
)
LABELS = {"list": "list of 50 rows", "post": "form, five queries"}


def measure(python: str, interpreter: Path, rounds: int, requests: int) -> tuple[Table, dict[str, Any]]:
    """Return the table, and everything behind it for the machine-readable file."""
    compared = possible(_COMPARED, python)
    turns = take_turns(compared, python, interpreter, [(kind, requests, 0) for kind in LABELS], rounds)
    figures: dict[str, Any] = {"versions": turns.versions}
    rows = []
    for each in compared:
        cells = [each.label]
        for kind, served in turns.served.items():
            plain = served[configurations.PLAIN.name]
            mine = served[each.name]
            ratio = Spread.of(ours.seconds / theirs.seconds for ours, theirs in zip(mine, plain, strict=True))
            milliseconds = Spread.of(one.seconds / requests * 1e3 for one in mine)
            disk = Spread.of(one.disk / requests / 1e3 for one in mine)
            figures[f"{kind} {each.name}"] = {"ratio": ratio, "milliseconds": milliseconds, "kilobytes": disk}
            cells += [ratio.text(), f"{milliseconds.least:.1f}", f"{disk.median:.1f}"]
        rows.append(cells)
    header = [""]
    for label in LABELS.values():
        header += [f"{label}: ratio to plain", "ms", "kB on disk"]
    note = (
        f"Processor time of {requests} requests through the WSGI application, DEBUG on, in {rounds} rounds; "
        "median ratio (least to most), milliseconds of the fastest round, kilobytes written for each."
    )
    return Table(f"A request, Python {python}", note, header, rows), figures
