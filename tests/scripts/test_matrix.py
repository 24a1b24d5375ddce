"""What the matrix says of pytest's reports."""

import subprocess
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from scripts import matrix
from scripts.matrix import (
    DEPENDING,
    DJANGOS,
    PYTHONS,
    ROOT,
    WHOLE,
    Outcome,
    Wishes,
    outcome,
    outcome_of,
    table,
    wishes,
)


@pytest.mark.parametrize(
    ("suite", "status", "text", "good"),
    [
        ('tests="7" failures="0" errors="0" skipped="0"', 0, "7 passed", True),
        (
            'tests="7" failures="0" errors="0" skipped="2"',
            0,
            "5 passed, 2 skipped",
            True,
        ),
        (
            'tests="7" failures="1" errors="1" skipped="0"',
            1,
            "5 passed, 2 failed",
            False,
        ),
    ],
)
def test_a_report_is_counted(tmp_path: Path, suite: str, status: int, text: str, good: bool) -> None:
    report = tmp_path / "report.xml"
    report.write_text(f"<testsuites><testsuite {suite}/></testsuites>", encoding="utf-8")

    assert outcome(report, status) == Outcome(text, good, ran=True)


def test_no_report_is_no_success(tmp_path: Path) -> None:
    assert not outcome(tmp_path / "report.xml", 0).good


def test_the_table_has_a_row_for_each_python_and_a_column_for_each_django() -> None:
    outcomes = {(python, django): Outcome("1 passed", good=True) for python in PYTHONS for django in DJANGOS}

    header, _, *rows = table(outcomes).splitlines()

    assert [column.strip() for column in header.split("|")[1:]] == [f"Django {django}" for django in DJANGOS]
    assert [row.split("|")[0].strip() for row in rows] == [f"Python {python}" for python in PYTHONS]


def test_cells_are_chosen_on_the_command_line() -> None:
    assert wishes([]) == Wishes(PYTHONS, DJANGOS, resume=False)
    assert wishes(["--python", "3.12", "--django", "4.2", "--django", "6.0", "--resume"]) == Wishes(
        ("3.12",), ("4.2", "6.0"), resume=True
    )
    assert wishes(["tests/processors"]).part == ("tests/processors",)
    assert wishes(["--full"]).full


def test_a_cell_runs_what_depends_on_it_and_one_of_them_all() -> None:
    cells = [(python, django) for python in PYTHONS for django in DJANGOS]

    assert [cell for cell in cells if not Wishes().tests(*cell)] == [WHOLE]
    assert {Wishes().tests(*cell) for cell in cells} == {DEPENDING, ()}
    assert {Wishes(full=True).tests(*cell) for cell in cells} == {()}
    assert {Wishes(part=("tests/proving",), full=True).tests(*cell) for cell in cells} == {("tests/proving",)}


def test_what_may_depend_on_python_and_django_is_there() -> None:
    assert all((ROOT / part).exists() for part in DEPENDING)


def test_only_what_is_wished_for_and_has_not_passed_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    failing = {"py3.13-django5.2"}

    def run(step: tuple[str | Path, ...], **_: object) -> CompletedProcess[bytes]:
        reports = [Path(part[11:]) for part in map(str, step) if part.startswith("--junitxml=")]
        status = 0
        for report in reports:
            ran.append(report.stem)
            status = int(report.stem in failing)
            report.write_text(f'<testsuite tests="7" failures="{status}"/>', encoding="utf-8")
        return CompletedProcess(step, status)

    monkeypatch.setattr(matrix, "CELLS", tmp_path)
    monkeypatch.setattr(matrix, "find", Path)
    monkeypatch.setattr(subprocess, "run", run)
    cells = [(python, "5.2") for python in PYTHONS]

    assert outcome_of("3.12", "5.2", Wishes(part=("tests/scripts",))).text == "7 passed in 0 min"
    ran.clear()
    wished = Wishes(pythons=("3.12", "3.13"), resume=True)
    first = [outcome_of(*cell, wished) for cell in cells]
    assert [(found.text, found.ran) for found in first] == [
        ("left out", False),
        ("7 passed in 0 min", True),
        ("6 passed, 1 failed in 0 min", True),
    ]
    assert ran == ["py3.12-django5.2", "py3.13-django5.2"]

    ran.clear()
    failing.clear()
    again = [outcome_of(*cell, Wishes(resume=True)).text for cell in cells]
    assert again == ["7 passed in 0 min"] * 3
    assert ran == ["py3.11-django5.2", "py3.13-django5.2"]

    ran.clear()
    outcome_of("3.12", "5.2", Wishes(resume=True, full=True))
    assert ran == ["py3.12-django5.2"]

    ran.clear()
    for cell in cells:
        outcome_of(*cell, Wishes())
    assert len(ran) == 3
