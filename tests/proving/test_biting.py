"""What dies when the code is broken, which tests are asked, and what makes them notice more."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from otel2test.inverting.feedback import Place
from otel2test.pipeline import folders
from otel2test.pipeline.claims import Options
from otel2test.pipeline.proofs import Proven, prove_folder
from otel2test.proving import asking
from otel2test.proving.biting import Bitten, bite
from otel2test.proving.jobs import Job, Outcome, Status, TestResult
from otel2test.proving.mutating.survivors import Killer
from otel2test.proving.progress import Progress
from otel2test.proving.replaying import Claim, Proof
from otel2test.proving.reports import table
from otel2test.proving.verdicts import Report
from otel2test.settings import Settings
from tests.proving import planted
from tests.proving.planted import Watching

CODE = "def view(request):\n    return answer(1)\n"


# --- with a runner that is none -----------------------------------------------------------------


class Runner:
    """Says of each job how it ended, without running anything."""

    def __init__(self, status: Callable[[Job], Status], seconds: float = 0.1) -> None:
        self.jobs: list[Job] = []
        self.lines: dict[str, tuple[int, ...]] = {}
        self._status = status
        self._seconds = seconds

    def run(self, jobs: Iterable[Job | None]) -> Iterator[Outcome]:
        for job in jobs:
            assert job is not None
            self.jobs.append(job)
            status = self._status(job)
            results = tuple(TestResult(name, status, seconds=self._seconds) for name in job.tests)
            yield Outcome(job.key, results, lines=self.lines if job.lines else {})

    @property
    def breaking(self) -> list[Job]:
        return [job for job in self.jobs if job.patch is not None and not job.record]


def bitten(
    root: Path,
    runner: Runner,
    *names: str,
    limit: int | None = None,
    watch: Watching | None = None,
    until_killed: bool = False,
) -> Bitten:
    path = root / "views.py"
    if not path.exists():
        path.write_text(CODE, encoding="utf-8")
    runner.lines = {str(path): (2,)}
    proofs = [Proof(Claim[object](root / "test_a.py", name, None), passed=True) for name in names]
    progress = Progress(root)
    return bite(proofs, root, runner, limit, watch or Watching(), memory=progress, until_killed=until_killed)


def test_a_mutant_counts_once_and_for_each_test(tmp_path: Path) -> None:
    runner = Runner(lambda job: "failed" if job.patch is not None else "passed")

    found = bitten(tmp_path, runner, "test_a", "test_b")

    assert found.mutants.total == found.mutants.killed == len(runner.breaking) > 1
    assert found.by_test[f"{tmp_path / 'test_a.py'}::test_b"] == found.mutants
    assert found.survivors == ()


@pytest.mark.parametrize("status", ["timeout", "crashed", "memory", "error"])
def test_whatever_is_not_passing_is_noticed(tmp_path: Path, status: Status) -> None:
    found = bitten(tmp_path, Runner(lambda job: status if job.patch is not None else "passed"), "test_a")

    assert found.mutants.killed == found.mutants.total > 0


def test_survivors_are_told_with_their_place(tmp_path: Path) -> None:
    found = bitten(tmp_path, Runner(lambda _: "passed"), "test_a", limit=1)

    [survivor] = found.survivors
    assert (found.mutants.killed, found.mutants.total) == (0, 1)
    assert (survivor.path, survivor.line, survivor.killer) == ("views.py", 2, "")
    assert survivor.diff.startswith("--- views.py\n+++ views.py\n")


def test_a_test_that_fails_by_itself_says_nothing_of_mutants(tmp_path: Path) -> None:
    runner = Runner(lambda _: "failed")

    found = bitten(tmp_path, runner, "test_a")

    assert (found.mutants.total, runner.breaking) == (0, [])


def test_a_mutant_may_take_longer_than_the_test_but_not_for_ever(tmp_path: Path) -> None:
    runner = Runner(lambda _: "passed", seconds=2.0)

    bitten(tmp_path, runner, "test_a", "test_b", limit=1)

    assert [job.time_limit for job in runner.breaking] == [15.0]


def test_all_tests_are_asked_what_would_have_told_while_none_has(tmp_path: Path) -> None:
    runner = Runner(lambda _: "passed")

    found = bitten(tmp_path, runner, *(f"test_{number}" for number in range(9)), limit=1)

    replays = [job for job in runner.jobs if job.record]
    assert len([job for job in replays if job.patch is not None]) == 9
    assert len([job for job in replays if job.patch is None]) == 9
    assert {job.seed for job in replays} == {0}
    assert {
        len({job.worker for job in replays if job.tests == (f"test_{number}",)}) for number in range(9)
    } == {1}
    assert [survivor.unasked for survivor in found.survivors] == [0]


@pytest.mark.parametrize(("telling", "asked"), [(0, 3), (2, 3), (4, 5), (40, 41)])
def test_no_more_tests_are_asked_once_one_has_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, telling: int, asked: int
) -> None:
    names = [f"test_{number:02d}" for number in range(90)]

    def explained(original: str, mutated: str, _: object) -> Killer[Place] | None:
        told = names.index(mutated) >= telling and original == mutated
        return Killer(Place("status"), f"asserted in {mutated}") if told else None

    monkeypatch.setattr(asking, "explain", explained)
    monkeypatch.setattr(asking, "exchanges_of", lambda outcome: outcome.results[0].name)
    monkeypatch.setattr(asking, "_MOST", 90)
    runner = Runner(lambda _: "passed")

    found = bitten(tmp_path, runner, *names, limit=1)

    [survivor] = found.survivors
    replays = [job for job in runner.jobs if job.record and job.patch is not None]
    assert survivor.killer == f"asserted in test_{telling:02d}"
    assert survivor.unasked == 0
    assert len(replays) == asked
    assert all(isinstance(lack, Place) for lacks in found.killers.values() for lack in lacks)


def test_where_not_all_could_be_asked_that_is_told(tmp_path: Path) -> None:
    names = [f"test_{number:02d}" for number in range(40)]

    found = bitten(tmp_path, Runner(lambda _: "passed"), *names, limit=1)

    [survivor] = found.survivors
    assert (survivor.killer, survivor.unasked) == ("", 10)
    report = Report((), found.mutants, found.survivors)
    told = "would be noticed by: nothing that these requests show, but for 10 that were not asked"
    assert told in table(report)


def test_what_cannot_be_put_in_place_is_told(tmp_path: Path) -> None:
    class Unable(Runner):
        def run(self, jobs: Iterable[Job | None]) -> Iterator[Outcome]:
            for outcome in super().run(jobs):
                broken = self.jobs[-1].patch is not None
                yield replace(outcome, results=()) if broken else outcome

    found = bitten(tmp_path, Unable(lambda _: "passed"), "test_a", limit=1)

    assert (found.mutants.total, len(found.unbroken)) == (0, 1)
    assert found.unbroken[0].startswith("views.py:2 (")


def test_a_mutant_that_was_noticed_may_be_spared_the_other_tests(tmp_path: Path) -> None:
    path = tmp_path / "views.py"
    path.write_text(CODE, encoding="utf-8")
    runner = Runner(lambda job: "failed" if job.patch is not None else "passed")
    runner.lines = {str(path): (2,)}
    proofs = [
        Proof(Claim[object](tmp_path / module, "test_a", None), passed=True)
        for module in ("test_a.py", "test_b.py")
    ]

    found = bite(
        proofs,
        tmp_path,
        runner,
        None,
        Watching(),
        memory=Progress(tmp_path),
        packages=("shop",),
        until_killed=True,
    )

    assert found.mutants.killed == found.mutants.total == len(runner.breaking)
    assert {job.module for job in runner.breaking} == {str(tmp_path / "test_a.py")}
    assert all(job.stop_at_failure for job in runner.breaking)
    assert {job.packages for job in runner.jobs if job.lines} == {("shop",)}


# --- stopped, and continued -----------------------------------------------------------------------


class Stopped(Runner):
    """Is stopped after so many mutants."""

    def __init__(self, status: Callable[[Job], Status], after: int) -> None:
        super().__init__(status)
        self._after = after

    def run(self, jobs: Iterable[Job | None]) -> Iterator[Outcome]:
        for outcome in super().run(jobs):
            if len(self.breaking) > self._after:
                raise KeyboardInterrupt
            yield outcome


def noticed(job: Job) -> Status:
    """Tell of every other mutant."""
    return "failed" if job.patch is not None and len(job.patch.source) % 2 else "passed"


@pytest.mark.parametrize("until_killed", [False, True])
def test_mutants_that_are_settled_are_not_tried_again(tmp_path: Path, *, until_killed: bool) -> None:
    (tmp_path / "test_a.py").write_text("def test_a(): ...\n", encoding="utf-8")
    whole = bitten(tmp_path, Runner(noticed), "test_a", "test_b", until_killed=until_killed)
    Progress(tmp_path).finished()
    assert 0 < whole.mutants.killed < whole.mutants.total
    with pytest.raises(KeyboardInterrupt):
        bitten(tmp_path, Stopped(noticed, 2), "test_a", "test_b", until_killed=until_killed)
    runner, watch = Runner(noticed), Watching()

    again = bitten(tmp_path, runner, "test_a", "test_b", watch=watch, until_killed=until_killed)

    assert again == whole
    assert len(runner.breaking) == whole.mutants.total - 2
    [note] = watch.notes
    assert note.startswith(f"2 of {whole.mutants.total} mutants were tried before the last run was stopped; ")


@pytest.mark.parametrize("file", ["views.py", "models.py", "test_a.py"])
def test_when_code_or_tests_have_changed_all_are_tried_again(tmp_path: Path, file: str) -> None:
    (tmp_path / "test_a.py").write_text("def test_a(): ...\n", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        bitten(tmp_path, Stopped(noticed, 2), "test_a")
    with (tmp_path / file).open("a", encoding="utf-8") as stream:
        stream.write("# changed\n")
    runner = Runner(noticed)

    found = bitten(tmp_path, runner, "test_a")

    assert len(runner.breaking) == found.mutants.total


# --- in a project ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strengthened(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Proven, str]:
    """A test that passes though a header that the view sets is never looked at."""
    root = planted.copied(recorded, tmp_path_factory.mktemp("biting") / "project")
    folder = root / "tests" / "recorded"
    source = str(root / "spans" / "careless.jsonl")
    assert not folders.generate([source], (), Settings(), io.BytesIO(), folder).problems
    before = (folder / "test_faulty.py").read_text(encoding="utf-8")
    options = Options(jobs=1, mutate=True, mutants=6, strengthen=True)
    proven = prove_folder(folder, (), (), Settings(), options, Watching())
    return before, proven, (folder / "test_faulty.py").read_text(encoding="utf-8")


def test_what_would_have_told_is_asserted(strengthened: tuple[str, Proven, str]) -> None:
    before, proven, after = strengthened

    assert "X-Total" not in before
    assert 'response.headers["X-Total"] == "5"' in after
    mutants = proven.report.mutants
    assert mutants is not None
    assert mutants.killed > mutants.total / 2
    assert proven.report.verdicts[0].mutants == mutants
    assert not [one for one in proven.report.survivors if "X-Total" in one.killer]
