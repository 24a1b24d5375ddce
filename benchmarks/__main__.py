"""Take all figures, or some of them; print the tables, and write what is behind them."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import calls, generating, instructions, memory, web
from benchmarks.environments import machine, pythons
from benchmarks.measures import Table
from benchmarks.workers import WorkerError, load_average
from samples.environments import ROOT

CACHE = ROOT / ".cache" / "benchmarks"

Measure = Callable[[str, Path], tuple[Table, dict[str, Any]]]


def parts(rounds: int) -> dict[str, Measure]:
    """Return what there is to measure, by name."""
    return {
        "web": partial(web.measure, rounds=rounds * 3),
        "calls": partial(calls.measure, rounds=max(3, rounds // 3), calls=100_000),
        "memory": memory.measure,
        "instructions": partial(instructions.measure, requests=10),
        "generating": generating.measure,
    }


def plain(value: Any) -> Any:
    """Return what ``json`` can't write, in a form that it can."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(type(value))


def main() -> int:
    """Return 0 if all could be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = parts(1)
    parser.add_argument("parts", nargs="*", choices=[[], *known], help="what to measure; default: everything")
    parser.add_argument("--rounds", type=int, default=15, help="how often each request is measured")
    parser.add_argument("--python", action="append", help="only this version, such as 3.11; repeatable")
    parser.add_argument("--results", type=Path, help="write the tables here, as Markdown")
    asked = parser.parse_args()

    found = pythons()
    chosen = {python: found[python] for python in asked.python or found if python in found}
    if not chosen:
        print(f"no such Python at hand; there are {', '.join(found)}", file=sys.stderr)
        return 1
    CACHE.mkdir(parents=True, exist_ok=True)
    head = f"Taken on {datetime.now(UTC):%Y-%m-%d} on {machine()}, load {load_average()}."
    texts = [head]
    print(f"{head}\n", flush=True)
    versions: dict[str, str] = {}
    for name, measure in parts(asked.rounds).items():
        if asked.parts and name not in asked.parts:
            continue
        if name == "instructions" and (reason := instructions.obstacle()):
            print(f"not measured: instructions, as {reason}", file=sys.stderr)
            continue
        for python, interpreter in chosen.items():
            print(f"measuring {name} on Python {python} …", file=sys.stderr, flush=True)
            try:
                table, figures = measure(python, interpreter)
            except WorkerError as error:
                print(error, file=sys.stderr)
                return 1
            report = {"taken": head, "python": python, "figures": figures}
            (CACHE / f"{name}-py{python}.json").write_text(json.dumps(report, default=plain, indent=1))
            for configuration in figures.get("versions", {}).values():
                versions |= configuration
            texts.append(table.markdown())
            print(table.markdown(), flush=True)
    told = ", ".join(f"{name} {version}" for name, version in versions.items() if name != "Python")
    if told:
        texts.insert(1, f"With {told}.")
        print(f"With {told}.")
    if asked.results:
        asked.results.write_text(
            "# Benchmarks\n\n" + "\n\n".join(text.rstrip() for text in texts) + "\n", "utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
