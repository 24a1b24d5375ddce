"""Recordings, or a folder of tests → proven tests, in a project with faults planted in it."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from otel2test import suites
from otel2test.errors import UsageError
from otel2test.pipeline import claims, folders
from otel2test.pipeline.claims import Options
from otel2test.pipeline.proofs import Proven, prove_folder, prove_recorded
from otel2test.proving import together
from otel2test.proving.jobs import Job, Outcome, TestResult
from otel2test.proving.verdicts import Verdict
from otel2test.settings import Framework, Settings
from otel2test.writing.modules import find_tests
from tests.proving import planted
from tests.proving.planted import Watching
from tests.proving.test_ending import is_running, workers_of

MODULE = Path("tests", "recorded", "test_faulty.py")
MINE = """

def test_mine(client):
    assert client.get("/greet/").content == b"hello"


def test_hangs(client):
    client.get("/hang/")
"""
FIVE_TIMES = """
import random, sys, pytest

class Shuffled:
    def pytest_collection_modifyitems(self, items):
        random.shuffle(items)

for _ in range(5):
    code = pytest.main(["-p", "no:cacheprovider", "-q", *sys.argv[1:]], plugins=[Shuffled()])
    assert code == 0, code
"""


@dataclass(frozen=True)
class Ran:
    """A project in which something was proven."""

    root: Path
    proven: Proven
    watch: Watching

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        return {verdict.name.rpartition("test_")[2]: verdict for verdict in self.proven.report.verdicts}

    @property
    def text(self) -> str:
        return (self.root / MODULE).read_text(encoding="utf-8")

    @property
    def tests(self) -> Mapping[str, str]:
        return {name.rpartition("test_")[2]: test.text for name, test in find_tests(self.text).items()}


def generated(root: Path, framework: Framework = "pytest", **options: bool) -> Ran:
    watch = Watching()
    proven = prove_recorded(
        [str(root / "spans")],
        (),
        Settings(framework=framework),
        io.BytesIO(),
        root / MODULE.parent,
        Options(jobs=1, **options),  # type: ignore[arg-type]  # all that are given are bools
        watch,
    )
    return Ran(root, proven, watch)


def proven_again(root: Path, **options: float) -> Ran:
    watch = Watching()
    given = Options(jobs=1, **options)  # type: ignore[arg-type]  # these are numbers
    proven = prove_folder(root / MODULE.parent, (MODULE.name,), (), Settings(), given, watch)
    return Ran(root, proven, watch)


@pytest.fixture(scope="module")
def first(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return generated(planted.copied(recorded, tmp_path_factory.mktemp("first") / "project"), comment=True)


@pytest.fixture(scope="module")
def edited(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A folder in which somebody took a row out of a test, and wrote two of their own."""
    root = planted.copied(recorded, tmp_path_factory.mktemp("edited") / "project")
    sources = [str(root / "spans" / f"{name}.jsonl") for name in ("names", "learn")]
    folders.generate(sources, (), Settings(), io.BytesIO(), root / MODULE.parent)
    planted.replaced(root / MODULE, ('    User.objects.create_user(username="bob")\n', ""))
    with (root / MODULE).open("a", encoding="utf-8") as file:
        file.write(MINE)
    (root / MODULE.parent / "test_other.py").write_text("def test_other():\n    assert False\n")
    shutil.copy(root / MODULE, root / "before.txt")
    return proven_again(root, time_limit=4.0)


@pytest.fixture(scope="module")
def unittested(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    root = planted.copied(recorded, tmp_path_factory.mktemp("unittest") / "project")
    return generated(root, "unittest", keep_failing=True)


# --- what is generated and proven ---------------------------------------------------------------


def test_what_holds_is_proven(first: Ran) -> None:
    proven = {name for name, verdict in first.verdicts.items() if verdict.proven}

    assert proven == {*first.verdicts} - {"greet_is_shown"}
    assert {*first.tests} == proven
    assert first.proven.report.fidelity == 1.0
    assert not first.proven.whole
    assert first.proven.problems == ()


def test_exactly_the_assertion_of_what_is_volatile_becomes_a_pattern(first: Ran) -> None:
    assert first.verdicts["ticket_returns_json"].weakened == ('response.json()["ticket"]',)
    assert '# ANY: differs from run to run.\n    assert data == {"ticket": ANY, "price": 12}\n' in first.text
    assert r'assert re.fullmatch(r"T-\d{8}", data["ticket"])' in first.text


def test_what_reads_the_clock_runs_at_the_time_of_its_recording(first: Ran) -> None:
    assert "@time_machine.travel(" in first.tests["today_returns_json"] + first.text
    assert '"today": "20' in first.tests["today_returns_json"]


def test_a_header_that_differs_in_each_call_is_none_of_the_test(first: Ran) -> None:
    assert first.verdicts["quote_is_shown"].proven
    assert "X-Request" not in first.text


def test_what_fails_among_its_neighbours_only_is_left_out(first: Ran) -> None:
    left_out = first.verdicts["greet_is_shown"]

    assert left_out.status == "left out"
    assert left_out.reason.startswith("among its neighbours: AssertionError: assert '")
    assert left_out.reason.endswith("== 'hello'")
    suite = suites.load(first.root / MODULE.parent, Settings())
    assert suite is not None
    assert suite.entry(MODULE.name, "test_greet_is_shown") is None


def test_each_proven_test_says_so_if_asked(first: Ran) -> None:
    assert first.text.count("    # Proven: replay ") == len(first.tests)
    assert "# Proven: replay 1.00." in first.tests["names_returns_json"]


def test_what_is_otherwise_than_in_the_projects_own_runs_is_told(first: Ran) -> None:
    assert first.watch.notes == [
        "the cache 'default' (django.core.cache.backends.redis.RedisCache) is one in memory while proving"
    ]


def test_what_is_done_is_told(first: Ran) -> None:
    count = len(first.verdicts)

    assert first.watch.told[:2] == ["starting the project: 0 of 1", f"replaying: 0 of {count}"]
    assert f"replaying: {count} of {count}" in first.watch.told
    assert f"running all together: 0 of {2 * count}" in first.watch.told


def test_a_proven_test_passes_whenever_and_in_whatever_order(first: Ran) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FIVE_TIMES, str(MODULE)],
        cwd=first.root,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(first.root)},
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count(f"{len(first.tests)} passed") == 5


# --- what somebody edited -----------------------------------------------------------------------


def test_a_missing_row_is_named(edited: Ran) -> None:
    failing = edited.verdicts["names_returns_json"]

    assert failing.status == "failing"
    assert "AssertionError" in failing.reason
    assert "FROM auth_user" in failing.divergence
    assert "2 rows recorded, 1 in the replay (missing: id=2, " in failing.divergence


def test_what_was_edited_stays_as_it_is(edited: Ran) -> None:
    assert edited.text == (edited.root / "before.txt").read_text(encoding="utf-8")
    assert edited.text.endswith(MINE)


def test_what_somebody_wrote_is_judged(edited: Ran) -> None:
    assert edited.verdicts["mine"].fidelity is None
    assert edited.verdicts["mine"].status == "failing"
    assert "among its neighbours" in edited.verdicts["mine"].reason


def test_what_hangs_is_stopped(edited: Ran) -> None:
    hung = edited.verdicts["hangs"]

    # Whether it ends by itself then, a busy machine may leave open; tests/proving/test_workers.py tells both.
    assert hung.status == "failing"
    assert "still running after 4 s" in hung.reason


def test_other_modules_are_not_meant(edited: Ran) -> None:
    assert "other" not in edited.verdicts
    assert (edited.root / MODULE.parent / "test_other.py").exists()


# --- unittest -----------------------------------------------------------------------------------


def test_unittest_proves_the_same(unittested: Ran, first: Ran) -> None:
    assert {name for name, verdict in unittested.verdicts.items() if verdict.proven} == {*first.tests}
    assert 'self.assertRegex(data["ticket"]' in unittested.text or r"T-\d{8}" in unittested.text


def test_what_fails_is_kept_with_its_reason_if_asked(unittested: Ran) -> None:
    kept = unittested.verdicts["greet_is_shown"]

    assert kept.status == "xfail"
    assert unittested.tests["greet_is_shown"].startswith(
        "    @unittest.expectedFailure\n    # among its neighbours: AssertionError: '"
    )


# --- stopped, and continued ---------------------------------------------------------------------


def test_ctrl_c_leaves_nothing_behind_and_the_next_run_goes_on(first: Ran, tmp_path: Path) -> None:
    root = planted.copied(first.root, tmp_path / "project")
    (tmp_path / "tmp").mkdir()
    prover = subprocess.Popen(
        [sys.executable, "-m", "otel2test", "prove", str(MODULE), "--jobs", "1"],
        cwd=root,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        stderr=subprocess.PIPE,
        text=True,
    )
    settled = root / ".otel2test" / "proving.jsonl"
    deadline = time.monotonic() + 60
    while not (settled.exists() and settled.stat().st_size):
        assert time.monotonic() < deadline
        assert prover.poll() is None
        time.sleep(0.02)
    group = workers_of(prover.pid)

    prover.send_signal(signal.SIGINT)

    _, said = prover.communicate(timeout=30)
    assert prover.returncode == 130
    assert said.endswith("stopped; the same command goes on from here\n")
    assert group
    assert not any(map(is_running, group))
    assert not list((tmp_path / "tmp").iterdir())

    before = len(settled.read_text(encoding="utf-8").splitlines())
    count = len(first.tests)
    again = proven_again(root)
    assert again.watch.notes[1:] == [
        f"{before} of {count} tests were replayed before the last run was stopped; --fresh replays them again"
    ]
    assert again.watch.told[1] == f"replaying: {before} of {count}"
    assert again.proven.whole
    assert not settled.exists()


def test_mutants_are_not_tried_again_after_ctrl_c(recorded: Path, tmp_path: Path) -> None:
    root = planted.copied(recorded, tmp_path / "project")
    source = str(root / "spans" / "careless.jsonl")
    folders.generate([source], (), Settings(), io.BytesIO(), root / MODULE.parent)
    prover = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "otel2test",
            "prove",
            str(MODULE),
            "--jobs",
            "1",
            "--mutate",
            "--mutants",
            "6",
        ],
        cwd=root,
        stderr=subprocess.PIPE,
        text=True,
    )
    settled = root / ".otel2test" / "proving.jsonl"
    deadline = time.monotonic() + 300
    while not (settled.exists() and '"tried"' in settled.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline
        assert prover.poll() is None
        time.sleep(0.02)

    prover.send_signal(signal.SIGINT)

    assert prover.communicate(timeout=30)[1].endswith("stopped; the same command goes on from here\n")
    before = settled.read_text(encoding="utf-8").count('"tried"')
    again = proven_again(root, mutate=True, mutants=6)
    replays, mutants = again.watch.notes[1:]
    assert replays.startswith("1 of 1 tests were replayed before the last run was stopped; ")
    assert mutants.startswith(f"{before} of ")
    assert "mutants were tried before the last run was stopped; " in mutants
    assert again.proven.whole
    assert not settled.exists()


# --- where nothing is run -----------------------------------------------------------------------


class Idle:
    """Stands for workers in whose project every test passes."""

    notes = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        for job in jobs:
            yield Outcome(job.key, tuple(TestResult(name, "passed") for name in job.tests))


@pytest.mark.parametrize("keep_failing", [False, True])
def test_generating_again_leaves_what_was_edited(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, keep_failing: bool
) -> None:
    root = planted.copied(recorded, tmp_path / "project")
    sources = [str(root / "spans" / f"{name}.jsonl") for name in ("names", "today")]
    folders.generate(sources, (), Settings(), io.BytesIO(), root / MODULE.parent)
    planted.replaced(root / MODULE, ('username="bob"', 'username="bert"'))
    before = find_tests((root / MODULE).read_text(encoding="utf-8"))
    failing = {f"{root / MODULE}::{name}": "they quarrel" for name in before}
    monkeypatch.setattr(claims, "Workers", lambda *_, **__: Idle())
    monkeypatch.setattr(together, "failures", lambda *_, **__: failing)
    options = Options(keep_failing=keep_failing, comment=True)

    proven = prove_recorded(sources, (), Settings(), io.BytesIO(), root / MODULE.parent, options, Watching())

    verdicts = {verdict.name: verdict for verdict in proven.report.verdicts}
    after = find_tests((root / MODULE).read_text(encoding="utf-8"))
    edited, other = "test_names_returns_json", "test_today_returns_json"
    assert verdicts[edited].status == "failing"
    assert after[edited].text == before[edited].text
    assert verdicts[other].status == ("xfail" if keep_failing else "left out")
    assert (other in after) == keep_failing
    assert not keep_failing or "@pytest.mark.xfail(" in after[other].text
    assert [problem.what for problem in proven.problems] == [f"{edited} was edited, so it was kept"]


# --- what needs no project ----------------------------------------------------------------------


def test_what_makes_mutants_is_missed_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "otel2test.proving.mutating.making", None)
    (tmp_path / "test_a.py").write_text("def test_a(): ...\n", encoding="utf-8")

    with pytest.raises(UsageError, match=r"pip install 'otel2test\[prove\]'"):
        prove_folder(tmp_path, (), (), Settings(), Options(mutate=True), Watching())


def test_nothing_to_prove(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no test in it"):
        prove_folder(tmp_path, (), (), Settings(), Options(), Watching())


def test_recordings_that_hold_nothing_need_no_project(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    source = str(tmp_path / "empty.jsonl")

    proven = prove_recorded([source], (), Settings(), io.BytesIO(), tmp_path / "tests", Options(), Watching())

    assert proven.report.verdicts == ()
    assert proven.problems
    assert not (tmp_path / "tests").exists()


def test_recordings_that_are_gone(first: Ran) -> None:
    suite = suites.load(first.root / MODULE.parent, Settings())
    assert suite is not None

    there = claims.of_folder(suite, (), [str(first.root / "spans" / "names.jsonl")])

    assert len(there.claims) == len(first.tests)
    assert [bool(claim.story) for claim in there.claims].count(True) == 1
    assert f"the recordings of {len(first.tests) - 1} tests are not there" in there.unrecorded[-1].what
    assert there.problems == ()


def test_a_folder_without_manifest_is_judged_and_stays(first: Ran, tmp_path: Path) -> None:
    (tmp_path / "test_faulty.py").write_text(first.text, encoding="utf-8")
    suite = suites.Suite(tmp_path, "pytest", (), Settings())

    there = claims.of_folder(suite, (), [str(first.root / "spans")])

    by_name = {claim.name: claim for claim in there.claims}
    assert by_name["test_names_returns_json"].story
    assert all(claim.draft is None and claim.revise is None for claim in there.claims)
    assert (there.problems, there.unrecorded) == ((), ())


def test_what_stands_in_folders_below_is_none_of_ours(first: Ran, tmp_path: Path) -> None:
    root = planted.copied(first.root, tmp_path / "project")
    (root / MODULE.parent / "more").mkdir()
    (root / MODULE.parent / "more" / MODULE.name).write_text(first.text, encoding="utf-8")
    suite = suites.load(root / MODULE.parent, Settings())
    assert suite is not None

    there = claims.of_folder(suite, (), ())

    ours = {claim.module for claim in there.claims if claim.draft is not None}
    assert ours == {root / MODULE}
    assert len(there.claims) == 2 * len(first.tests)
