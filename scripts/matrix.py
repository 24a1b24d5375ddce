"""Run what depends on Python and Django on each supported Python at hand, with each supported Django.

That is the recorder's tests, those that start servers, and those that run generated tests (``DEPENDING``);
the sample project is recorded on every pair of database driver and server that is at hand, see
``tests/endtoend/test_drivers_and_servers.py``. The rest, which is the same with every Django, is run
besides in one cell (``WHOLE``), and by ``--full`` in each.

Leaves: an environment for each cell in ``.venvs/matrix/``, the output of its tests beside it, and
a table on the terminal. Exits with 1 if a test failed anywhere or no Python was found.

All of it takes some hours. ``--python 3.12 --django 5.2`` runs one cell, ``--resume`` goes on after it was
broken off, or after what failed was mended: it takes the cells that passed for passed. What stands
behind, such as ``tests/processors``, is handed to pytest, and then it is those tests only.
"""

import argparse
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from uv import find_uv_bin

from samples.environments import Versions

ROOT = Path(__file__).resolve().parent.parent
CELLS = ROOT / ".venvs" / "matrix"

PYTHONS = ("3.11", "3.12", "3.13")
DJANGOS = ("4.2", "5.2", "6.0")
IMPOSSIBLE = {("3.11", "6.0")}
"""Django 6.0 needs Python 3.12."""
DEPENDING = (
    "tests/endtoend",
    "tests/processors",
    "tests/proving",
    "tests/samples",
    "tests/test_corpus_proving.py",
    "tests/test_golden.py",
    "tests/test_hard_cases.py",
    "tests/test_packaging.py",
)
"""What may come out differently with another Python or Django: it runs the recorder, or a project."""
WHOLE = ("3.13", "6.0")
"""The cell in which all tests are run; ``make test`` mostly runs them on an older Python."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one cell of the table says."""

    text: str
    good: bool
    ran: bool = False
    """Whether tests say so."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """Which cells are run."""

    pythons: tuple[str, ...] = PYTHONS
    djangos: tuple[str, ...] = DJANGOS
    resume: bool = False
    """Whether what passed in an earlier run isn't run again."""
    part: tuple[str, ...] = ()
    """What pytest is given, instead of what a cell is for."""
    full: bool = False
    """Whether each cell runs all tests."""

    def tests(self, python: str, django: str) -> tuple[str, ...]:
        """Return what pytest is given in this cell; nothing stands for all tests."""
        return self.part or (() if self.full or (python, django) == WHOLE else DEPENDING)


def wishes(arguments: Sequence[str] | None = None) -> Wishes:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", action="append", choices=PYTHONS, help="only this one; may be repeated")
    parser.add_argument("--django", action="append", choices=DJANGOS, help="only this one; may be repeated")
    parser.add_argument("--resume", action="store_true", help="leave out the cells that passed before")
    parser.add_argument("--full", action="store_true", help="run all tests in each cell")
    parser.add_argument("part", nargs="*", help="files or folders of tests, instead of what a cell is for")
    given = parser.parse_args(arguments)
    return Wishes(
        tuple(given.python or PYTHONS),
        tuple(given.django or DJANGOS),
        given.resume,
        tuple(given.part),
        given.full,
    )


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


def run_cell(interpreter: Path, python: str, django: str, tests: Sequence[str] = ()) -> Outcome:
    """Make the cell's environment anew and run these tests in it, or all."""
    name = f"py{python}-django{django}"
    folder, log, report = CELLS / name, CELLS / f"{name}.log", CELLS / f"{name}.xml"
    own_python = folder / "bin" / "python"
    report.unlink(missing_ok=True)
    CELLS.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    install = (find_uv_bin(), "pip", "install", "--python", own_python)
    pytest = (own_python, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "--verbose", "--durations=40")
    steps: tuple[tuple[str | Path, ...], ...] = (
        (find_uv_bin(), "venv", "--clear", "--python", interpreter, folder),
        (
            *install,
            "--editable",
            ".",
            "--group",
            "dev",
            *Versions(interpreter, python, django).requirements(),
        ),
        (own_python, "-m", "scripts.mysqlclient", own_python),
        (*pytest, f"--junitxml={report}", *tests),
    )
    environ = {**os.environ, "OTEL2TEST_MATRIX": "all"}
    with log.open("wb") as output:
        for step in steps:
            done = subprocess.run(
                step, cwd=ROOT, env=environ, stdout=output, stderr=subprocess.STDOUT, check=False
            )
            if done.returncode != 0:
                break
    found = outcome(report, done.returncode)
    return replace(found, text=f"{found.text} in {(time.monotonic() - started) / 60:.0f} min")


def passed_mark(python: str, django: str, wished: Wishes) -> Path | None:
    """Return the file that says that a cell passed; a report may stem from a run that was broken off.

    What was run of a part says nothing of a cell.
    """
    if wished.part:
        return None
    whole = "" if wished.tests(python, django) else "-whole"
    return CELLS / f"py{python}-django{django}{whole}.passed"


def outcome(report: Path, status: int) -> Outcome:
    """Read pytest's report; where there is none, an earlier step failed."""
    if not report.exists():
        return Outcome("broken", good=False, ran=True)
    suites = list(ET.parse(report).getroot().iter("testsuite"))

    def count(attribute: str) -> int:
        return sum(int(suite.get(attribute, "0")) for suite in suites)

    failed = count("failures") + count("errors")
    skipped = count("skipped")
    text = f"{count('tests') - failed - skipped} passed"
    text += f", {skipped} skipped" if skipped else ""
    text += f", {failed} failed" if failed else ""
    return Outcome(text, good=status == 0, ran=True)


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


def outcome_of(python: str, django: str, wished: Wishes) -> Outcome:
    """Return what to say of a cell, after its tests have run if they are to."""
    if (python, django) in IMPOSSIBLE:
        return Outcome("not supported", good=True)
    if python not in wished.pythons or django not in wished.djangos:
        return Outcome("left out", good=True)
    mark = passed_mark(python, django, wished)
    if mark and wished.resume and mark.exists():
        return Outcome(mark.read_text(encoding="utf-8"), good=True, ran=True)
    interpreter = find(python)
    if interpreter is None:
        return Outcome("no such Python", good=True)
    print(f"Python {python}, Django {django}: ", end="", flush=True)
    if mark:
        mark.unlink(missing_ok=True)
    found = run_cell(interpreter, python, django, wished.tests(python, django))
    if mark and found.good:
        mark.write_text(found.text, encoding="utf-8")
    print(found.text, flush=True)
    return found


def main() -> int:
    """Fill the table, cell by cell."""
    wished = wishes()
    outcomes = {
        (python, django): outcome_of(python, django, wished) for python in PYTHONS for django in DJANGOS
    }
    print(f"\nOutput of every cell: {CELLS.relative_to(ROOT)}/*.log\n")
    print(table(outcomes))
    cells = outcomes.values()
    return 0 if any(cell.ran for cell in cells) and all(cell.good for cell in cells) else 1


if __name__ == "__main__":
    sys.exit(main())
