"""What a call of the project's code costs that is recorded, in a request that makes many."""

from pathlib import Path
from typing import Any

from benchmarks import configurations
from benchmarks.measures import Spread, Table
from benchmarks.workers import possible, take_turns

_COMPARED = (
    configurations.PLAIN,
    configurations.EMPTY_CALLBACK,
    configurations.UNBOUNDED,
    configurations.KOLO_3,
)


def measure(python: str, interpreter: Path, rounds: int, calls: int) -> tuple[Table, dict[str, Any]]:
    """Return what is added to each call, and everything behind it."""
    compared = possible(_COMPARED, python)
    turns = take_turns(compared, python, interpreter, [("calls", 1, calls)], rounds)
    served = turns.served["calls"]
    plain = served[configurations.PLAIN.name]
    figures: dict[str, Any] = {"versions": turns.versions}
    rows = []
    for each in compared:
        own = Spread.of(one.seconds / calls * 1e6 for one in served[each.name])
        added = Spread.of(
            (one.seconds - base.seconds) / calls * 1e6
            for one, base in zip(served[each.name], plain, strict=True)
        )
        figures[each.name] = {"microseconds a call": own, "added": added}
        is_plain = each is configurations.PLAIN
        rows.append([each.label, f"{own.least:.2f}", "" if is_plain else added.text()])
    note = f"Microseconds of processor time a call, in a request of {calls:,} calls with two arguments each."
    header = ["", "µs a call", "more than plain: median (least to most)"]
    return Table(f"A call, Python {python}", note, header, rows), figures
