#!/usr/bin/env python
"""Run the whole test suite on every supported Python that is at hand, with every supported Django.

In each of these, the sample project is recorded on every pair of database driver and server that is
at hand; see ``tests/endtoend/test_drivers_and_servers.py``.

Leaves: an environment for each cell in ``.venvs/matrix/``, the output of its tests beside it, and
a table on the terminal. Exits with 1 if a test failed anywhere or no Python was found.
"""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).resolve().parent.parent
CELLS = ROOT / ".venvs" / "matrix"

PYTHONS = ("3.11", "3.12", "3.13")
DJANGOS = ("4.2", "5.2", "6.0")
IMPOSSIBLE = {("3.11", "6.0")}
"""Django 6.0 needs Python 3.12."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one cell of the table says."""

    text: str
    good: bool


def candidates(python: str) -> Iterator[Path]:
    """Yield where a Python of this version may be: on the path, then among pyenv's."""
    for folder in os.get_exec_path():
        yield Path(folder) / f"python{python}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted((pyenv / "versions").glob(f"{python}.*/bin/python{python}"), reverse=True)


def find(python: str) -> Path | None:
    """Return an interpreter that really runs; a pyenv shim may stand there and not run."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates(python):
        if candidate.exists():
            said = subprocess.run([candidate, "-c", program], capture_output=True, text=True, check=False)
            if said.stdout.strip() == python:
                return candidate
    return None


def run_cell(interpreter: Path, python: str, django: str) -> Outcome:
    """Make the cell's environment anew and run the tests in it."""
    name = f"py{python}-django{django}"
    folder, log, report = CELLS / name, CELLS / f"{name}.log", CELLS / f"{name}.xml"
    own_python = folder / "bin" / "python"
    report.unlink(missing_ok=True)
    CELLS.mkdir(parents=True, exist_ok=True)
    install = (find_uv_bin(), "pip", "install", "--python", own_python)
    steps: tuple[tuple[bool, tuple[str | Path, ...]], ...] = (
        (True, (find_uv_bin(), "venv", "--clear", "--python", interpreter, folder)),
        (True, (*install, "--editable", ".", "--group", "dev", f"django~={django}.0")),
        # It has to be built, for which a machine may lack the headers; its tests are skipped there.
        (False, (*install, "mysqlclient")),
        (True, (own_python, "-m", "pytest", "-n", "2", "--dist", "loadgroup", f"--junitxml={report}")),
    )
    environ = {**os.environ, "OTEL2TEST_MATRIX": "all"}
    with log.open("wb") as output:
        for needed, step in steps:
            done = subprocess.run(
                step, cwd=ROOT, env=environ, stdout=output, stderr=subprocess.STDOUT, check=False
            )
            if needed and done.returncode != 0:
                break
    return outcome(report, done.returncode)


def outcome(report: Path, status: int) -> Outcome:
    """Read pytest's report; where there is none, an earlier step failed."""
    if not report.exists():
        return Outcome("broken", good=False)
    suites = list(ET.parse(report).getroot().iter("testsuite"))

    def count(attribute: str) -> int:
        return sum(int(suite.get(attribute, "0")) for suite in suites)

    failed = count("failures") + count("errors")
    skipped = count("skipped")
    text = f"{count('tests') - failed - skipped} passed"
    text += f", {skipped} skipped" if skipped else ""
    text += f", {failed} failed" if failed else ""
    return Outcome(text, good=status == 0)


def table(outcomes: dict[tuple[str, str], Outcome]) -> str:
    """Lay the outcomes out: a row for each Python, a column for each Django."""
    header = ["", *(f"Django {django}" for django in DJANGOS)]
    rows = [
        [f"Python {python}", *(outcomes[python, django].text for django in DJANGOS)] for python in PYTHONS
    ]
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    lines = [
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [header, *rows]
    ]
    lines.insert(1, "-|-".join("-" * width for width in widths))
    return "\n".join(lines)


def main() -> int:
    """Fill the table, cell by cell."""
    outcomes: dict[tuple[str, str], Outcome] = {}
    ran = False
    for python in PYTHONS:
        interpreter = find(python)
        for django in DJANGOS:
            if (python, django) in IMPOSSIBLE:
                outcomes[python, django] = Outcome("not supported", good=True)
            elif interpreter is None:
                outcomes[python, django] = Outcome("no such Python", good=True)
            else:
                print(f"Python {python}, Django {django}: ", end="", flush=True)
                started = time.monotonic()
                outcomes[python, django] = run_cell(interpreter, python, django)
                print(f"{outcomes[python, django].text} in {time.monotonic() - started:.0f} s", flush=True)
                ran = True
    print(f"\nOutput of every cell: {CELLS.relative_to(ROOT)}/*.log\n")
    print(table(outcomes))
    return 0 if ran and all(cell.good for cell in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
