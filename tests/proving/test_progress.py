"""What is kept of a proof that was interrupted, and when it no longer counts."""

from pathlib import Path

import pytest

from otel2test.proving.progress import Kept, Progress

KEPT = Kept(
    passed=True, fidelity=0.5, reason="", divergence="a row", rounds=2, seconds=1.5, feedback={"clock": True}
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "views.py").write_text("def view(): ...\n", encoding="utf-8")
    return tmp_path


def test_what_was_kept_is_known_next_time(project: Path) -> None:
    Progress(project).keep("test_a", "text", KEPT)

    progress = Progress(project)

    assert progress.known("test_a", "text") == KEPT
    assert progress.known("test_b", "text") is None
    assert len(progress) == 1


def test_it_counts_for_the_same_test_and_the_same_code_only(project: Path) -> None:
    Progress(project).keep("test_a", "text", KEPT)

    assert Progress(project).known("test_a", "another text") is None
    (project / "views.py").write_text("def view(): return 1\n", encoding="utf-8")
    assert Progress(project).known("test_a", "text") is None


def test_it_counts_in_the_same_situation_only(project: Path) -> None:
    Progress(project, "python3.11").keep("test_a", "text", KEPT)

    assert Progress(project, "python3.11").known("test_a", "text") == KEPT
    assert Progress(project, "python3.12").known("test_a", "text") is None


@pytest.mark.parametrize("folder", [".git", "node_modules", "venv"])
def test_what_is_not_the_projects_own_does_not_matter(project: Path, folder: str) -> None:
    Progress(project).keep("test_a", "text", KEPT)
    (project / folder / "deep").mkdir(parents=True)
    (project / folder / "deep" / "hook.py").touch()
    (project / folder / "pyvenv.cfg").touch()

    assert Progress(project).known("test_a", "text") == KEPT


def test_a_run_that_ends_leaves_nothing_to_go_on_with(project: Path) -> None:
    progress = Progress(project)
    progress.keep("test_a", "text", KEPT)
    progress.finished()

    assert len(Progress(project)) == 0


def test_fresh_forgets(project: Path) -> None:
    Progress(project).keep("test_a", "text", KEPT)

    assert len(Progress(project, fresh=True)) == 0


def test_a_line_that_was_cut_off_is_passed_over(project: Path) -> None:
    Progress(project).keep("test_a", "text", KEPT)
    file = project / ".otel2test" / "proving.jsonl"
    with file.open("a", encoding="utf-8") as stream:
        stream.write('{"key": "1234", "pass')

    assert Progress(project).known("test_a", "text") == KEPT


def test_git_does_not_see_it(project: Path) -> None:
    Progress(project).keep("test_a", "text", KEPT)

    assert (project / ".otel2test" / ".gitignore").read_text(encoding="utf-8") == "*\n"
