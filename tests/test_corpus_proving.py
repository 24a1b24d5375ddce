"""What the corpus tells of proven tests: its table, and its runs in random order."""

import json
import os
import subprocess
import sys
from pathlib import Path

from corpus.project import COMMON
from corpus.proving import Proved, percentage, report, table
from otel2test.proving.verdicts import Mutants, Report, Survivor, Verdict

MODULE = """
seen = []
def test_a():
    seen.append("a")
    assert len(seen) < 6, "too often"
def test_b():
    assert "a" in seen
"""


def proved(name: str, *verdicts: Verdict, mutants: Mutants | None = None, runs: int = 20) -> Proved:
    survivors = (Survivor("shop/views.py", 3, "text changed", "", "the page shows 'a' twice"),)
    told = Report(verdicts, mutants, survivors if mutants is not None else ())
    return Proved(name, len(verdicts), told, (), 3.0, 2.0, runs, () if runs == 20 else ("test_x, 1 times",))


HELD = Verdict("test_a.py", "test_a", "proven", 1.0)
UNLIKE = Verdict("test_a.py", "test_b", "proven", 0.5, divergence="a row more")
FAILED = Verdict("test_a.py", "test_c", "left out", 0.2, "KeyError", "a row less")


def test_the_table_tells_of_each_project_and_of_all() -> None:
    found = [proved("api", HELD, UNLIKE), proved("shop", HELD, FAILED, runs=19)]

    head, api, shop, every = (line.split() for line in table(found).splitlines())

    assert head[0] == "project"
    assert api == ["api", "2", "2", "100.0", "0.75", "1.50", "1.00", "20"]
    assert shop == ["shop", "2", "1", "50.0", "0.60", "1.50", "1.00", "19"]
    assert every == ["all", "4", "3", "75.0", "0.75", "1.50", "1.00", "19"]
    assert percentage(found) == 75.0


def test_the_table_tells_how_many_mutants_strengthened_tests_kill() -> None:
    weak, strong = (proved("shop", HELD, mutants=Mutants(3, 4)) for _ in range(2))
    strong.strengthened = Mutants(4, 4)

    assert table([weak]).splitlines()[1].split()[-2:] == ["3/4", "75.0"]
    assert table([strong]).splitlines()[1].split()[-4:] == ["3/4", "75.0", "4/4", "100.0"]
    assert table([weak, strong]).splitlines()[-1].split()[-4:] == ["6/8", "75.0", "4/4", "100.0"]


def test_the_report_tells_what_is_not_as_it_was_recorded_and_what_survives() -> None:
    told = report([proved("shop", HELD, UNLIKE, FAILED, mutants=Mutants(3, 4), runs=19)], "sqlite")

    assert "3/4  75.0" in told
    assert "- test_a.py test_b: 0.50, a row more" in told
    assert "- test_a.py test_c: **KeyError** (a row less)" in told
    assert "- in random order: test_x, 1 times" in told
    assert "- 1: text changed; the page shows\n" in told
    assert "- 1: the page shows\n  - shop shop/views.py:3 (text changed): the page shows 'a' twice\n" in told
    assert "test_a.py test_a" not in told


def test_all_tests_run_again_and_again_each_time_in_another_order(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(MODULE, encoding="utf-8")
    results = tmp_path / "results.jsonl"
    own = {"CORPUS_RUNS": "8", "CORPUS_SEED": "1", "CORPUS_RESULTS": str(results), "PYTHONPATH": str(COMMON)}

    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "corpus_runs", "-p", "no:django", "-c", os.devnull, "."],
        cwd=tmp_path,
        env={**os.environ, **own, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        check=False,
    )

    runs = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    names = [[test.rpartition("::")[2] for test in run] for run in runs]
    assert len(names) == 8
    assert names[0] == ["test_b"]  # with this seed it came first
    assert names[1:5] == [[]] * 4
    assert names[5:] == [["test_a"]] * 3
