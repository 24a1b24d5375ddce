"""What a request costs: a list of 50 rows with a template, and a form with five queries."""

from pathlib import Path
from typing import Any, Final

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
_REQUESTS: Final = 20
"""Of a turn."""
_STARTS: Final = 5
"""Of all processes, with as many rounds each."""
_BEFORE: Final = 5
"""So many more don't count, as the process slept while others had their turns."""


def measure(python: str, interpreter: Path, rounds: int) -> tuple[Table, dict[str, Any]]:
    """Return the table, and everything behind it for the machine-readable file."""
    compared = possible(_COMPARED, python)
    kinds = [(kind, _REQUESTS, 0) for kind in LABELS]
    each_start = max(1, rounds // _STARTS)
    turns = take_turns(compared, python, interpreter, kinds, each_start, before=_BEFORE, starts=_STARTS)
    figures: dict[str, Any] = {"versions": turns.versions}
    rows = []
    for each in compared:
        cells = [each.label]
        for kind, served in turns.served.items():
            plain = served[configurations.PLAIN.name]
            mine = served[each.name]
            ratio = Spread.of(ours.seconds / theirs.seconds for ours, theirs in zip(mine, plain, strict=True))
            answering = Spread.of(
                ours.answering / theirs.answering for ours, theirs in zip(mine, plain, strict=True)
            )
            milliseconds = Spread.of(one.seconds / _REQUESTS * 1e3 for one in mine)
            disk = Spread.of(one.disk / _REQUESTS / 1e3 for one in mine)
            figures[f"{kind} {each.name}"] = {
                "ratio": ratio,
                "answering": answering,
                "milliseconds": milliseconds,
                "kilobytes": disk,
            }
            cells += [answering.text(), ratio.text(), f"{milliseconds.median:.1f}", f"{disk.median:.1f}"]
        rows.append(cells)
    header = [""]
    for label in LABELS.values():
        header += [f"{label}: until the answer is out", "in all", "ms", "kB on disk"]
    note = (
        f"Processor time of {_REQUESTS} requests through the WSGI application, DEBUG on, in {_STARTS} starts "
        f"of {each_start} rounds each: ratio to plain, the median (half of the rounds lie between), until "
        "the last of the answer is handed to the server, and until all that follows is over too; "
        "milliseconds in all, kilobytes written."
    )
    return Table(f"A request, Python {python}", note, header, rows), figures
