"""Rows that a view leaves out: without one the view that doesn't passes, too."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from otel2test.pipeline import folders
from otel2test.pipeline.claims import Options
from otel2test.pipeline.proofs import Proven, prove_folder
from otel2test.proving.jobs import Framework
from otel2test.proving.verdicts import Survivor
from otel2test.settings import Settings
from otel2test.writing.modules import find_tests
from tests.proving import blog
from tests.proving.planted import Watching


@dataclass(frozen=True)
class Strengthened:
    """What came of proving the tests of some views, without and with --strengthen."""

    folder: Path
    weak: Proven
    strong: Proven
    notes: Sequence[str]

    def text(self, view: str) -> str:
        """Return the test of a view without its line breaks, which a formatter puts anywhere."""
        tests = find_tests((self.folder / "test_faulty.py").read_text(encoding="utf-8"))
        [found] = [test.text for test in tests.values() if f'"/{view}/"' in test.text]
        return " ".join(found.split()).replace("( ", "(").replace(", )", ")").replace(" )", ")")

    def told(self, view: str) -> list[str]:
        """Return what would have told the survivors in a view, of weak tests."""
        return [survivor.killer for survivor in self.weak.report.survivors if is_in(survivor, view)]

    def left(self, view: str) -> list[str]:
        """Return the same of strong tests."""
        return [survivor.killer for survivor in self.strong.report.survivors if is_in(survivor, view)]


def is_in(survivor: Survivor, view: str) -> bool:
    before = blog.VIEWS.splitlines()[: survivor.line]
    return [line for line in before if line.startswith("def ")][-1] == f"def {view}(request):"


def strengthened(project: Path, views: Sequence[str], framework: Framework) -> Strengthened:
    folder = project / "tests" / framework
    settings = Settings(framework=framework)
    sources = [str(project / "spans" / f"{view}.jsonl") for view in views]
    assert not folders.generate(sources, (), settings, io.BytesIO(), folder).problems
    watch = Watching()
    weak = prove_folder(folder, (), (), settings, Options(mutate=True), watch)
    strong = prove_folder(folder, (), (), settings, Options(mutate=True, strengthen=True), watch)
    assert weak.whole
    assert strong.whole
    return Strengthened(folder, weak, strong, watch.notes)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return blog.make(tmp_path_factory.mktemp("blog"))


@pytest.fixture(scope="module")
def found(project: Path) -> Strengthened:
    return strengthened(project, (*blog.SHOWING, *blog.CHANGING), "pytest")


DRAFT = 'Post.objects.create(title="draft post", slug="draft-post", status="draft", author=author)'
MISSING = 'Post.objects.create(title="draft post", slug="missing", status="draft", author=author)'
HIDDEN = (
    'Post.objects.create(title="hidden post", slug="hidden-post", status="published", is_hidden=True, '
    "author=author)"
)
STARS = 'Post.objects.create(title="other post", slug="other-post", status="draft", stars=5, author=author)'
OTHERS = 'Post.objects.create(title="other post", slug="other-post", status="published", author=other_author)'


@pytest.mark.parametrize(
    ("view", "left_out", "row"),
    [
        ("page", "status other than 'published'", DRAFT),
        ("listed", "is_hidden True", HIDDEN),
        ("counted", "stars not below 5", STARS),
        ("there", "status other than 'published'", MISSING),
        ("mine", "another author_id", OTHERS),
    ],
)
def test_a_view_that_does_not_leave_it_out_is_noticed(
    found: Strengthened, view: str, left_out: str, row: str
) -> None:
    assert f"a row of faulty_post with {left_out} would have told" in found.told(view)
    assert f"# Not to be found: {left_out}. {row}" in found.text(view)
    assert not any(found.left(view))


def test_a_page_must_not_show_it(found: Strengthened) -> None:
    assert 'assertNotContains(response, "draft post")' in found.text("page")
    assert not found.left("page")


def test_what_shows_only_beside_it_is_asserted_after_that(found: Strengthened) -> None:
    assert "a row of faulty_post with stars below 0 would have told" in found.told("totalled")
    assert 'assertContains(response, "2 posts")' in found.text("totalled")
    assert "a row of faulty_post with stars below 0 would have told" not in found.left("totalled")


def test_it_is_the_same_in_the_other_framework(project: Path) -> None:
    found = strengthened(project, ["page"], "unittest")

    assert DRAFT in found.text("page")
    assert 'self.assertNotContains(response, "draft post")' in found.text("page")
    mutants = found.strong.report.mutants
    assert mutants is not None
    assert mutants.killed == mutants.total


def test_what_must_not_be_deleted_is_counted(found: Strengthened) -> None:
    assert "a row of faulty_post with is_hidden False would have told" in found.told("cleared")
    assert "assert Post.objects.count() == 1" in found.text("cleared")
    assert not found.left("cleared")


def test_a_row_that_a_write_would_not_change_tells_nothing(found: Strengthened) -> None:
    assert found.told("shown") == found.left("shown") == [""]
    assert "Not to be found" not in found.text("shown")


def test_a_row_that_another_query_would_find_is_not_added_and_that_is_told(found: Strengthened) -> None:
    assert "a row of faulty_post with status other than 'published' would have told" in found.told("both")
    assert "draft" not in found.text("both")
    assert (
        "test_both_returns_json: a row of faulty_post with status other than 'published': "
        "not added, as something else in the request would find it"
    ) in found.notes
