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
    configurations.UNBOUNDED_INTERPRETED,
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
        made = calls // each.fewer_calls
        own = Spread.of(one.seconds / made * 1e6 for one in served[each.name])
        added = Spread.of(
            (one.seconds / made - base.seconds / calls) * 1e6
            for one, base in zip(served[each.name], plain, strict=True)
        )
        disk = Spread.of(one.disk / made for one in served[each.name])
        figures[each.name] = {"microseconds a call": own, "added": added, "bytes a call": disk}
        is_plain = each is configurations.PLAIN
        rows.append([each.label, f"{own.least:.2f}", "" if is_plain else added.text(), f"{disk.median:.0f}"])
    note = (
        f"Microseconds of processor time a call, in a request of {calls:,} calls of functions and methods "
        "whose arguments, locals and return values are numbers, texts, instances, lists and dicts."
    )
    for each in compared:
        if each.fewer_calls > 1:
            note += f" {each.label} makes {calls // each.fewer_calls:,} of them, as it takes that long."
    header = ["", "µs a call", "more than plain: median (half of the rounds lie between)", "bytes on disk"]
    return Table(f"A call, Python {python}", note, header, rows), figures
