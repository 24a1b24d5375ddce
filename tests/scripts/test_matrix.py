"""What the matrix says of pytest's reports."""

from pathlib import Path

import pytest

from scripts.matrix import DJANGOS, PYTHONS, Outcome, outcome, table


@pytest.mark.parametrize(
    ("suite", "status", "expected"),
    [
        ('tests="7" failures="0" errors="0" skipped="0"', 0, Outcome("7 passed", good=True)),
        ('tests="7" failures="0" errors="0" skipped="2"', 0, Outcome("5 passed, 2 skipped", good=True)),
        ('tests="7" failures="1" errors="1" skipped="0"', 1, Outcome("5 passed, 2 failed", good=False)),
    ],
)
def test_a_report_is_counted(tmp_path: Path, suite: str, status: int, expected: Outcome) -> None:
    report = tmp_path / "report.xml"
    report.write_text(f"<testsuites><testsuite {suite}/></testsuites>", encoding="utf-8")

    assert outcome(report, status) == expected


def test_no_report_is_no_success(tmp_path: Path) -> None:
    assert not outcome(tmp_path / "report.xml", 0).good


def test_the_table_has_a_row_for_each_python_and_a_column_for_each_django() -> None:
    outcomes = {(python, django): Outcome("1 passed", good=True) for python in PYTHONS for django in DJANGOS}

    header, _, *rows = table(outcomes).splitlines()

    assert [column.strip() for column in header.split("|")[1:]] == [f"Django {django}" for django in DJANGOS]
    assert [row.split("|")[0].strip() for row in rows] == [f"Python {python}" for python in PYTHONS]
