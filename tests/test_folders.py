"""``gen -o FOLDER/``: modules for each part of the project, a manifest, and respect for what was edited."""

import io
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from otel2test import pipeline, suites
from otel2test.errors import Problem
from otel2test.inverting.django import inverting
from otel2test.inverting.feedback import Feedback
from otel2test.inverting.plan import Plan
from otel2test.pipeline import claims, folders, recorded
from otel2test.pipeline.drafts import drafts, revised, text_of
from otel2test.reading.exchanges import Exchange
from otel2test.settings import Framework, Settings
from otel2test.writing import source
from otel2test.writing.modules import find_tests

SAMPLES = Path(__file__).parent.parent / "samples" / "spans"
STORIES = ("complete-a-todo.json", "delete-a-todo.json", "log-in.json")


def generate(folder: Path, *stories: str, framework: Framework = "pytest") -> tuple[Problem, ...]:
    sources = [str(SAMPLES / story) for story in stories or STORIES]
    return folders.generate(sources, (), Settings(framework=framework), io.BytesIO(), folder).problems


def names(module: Path) -> list[str]:
    return [*find_tests(module.read_text(encoding="utf-8"))]


def test_each_app_has_a_module(tmp_path: Path) -> None:
    assert generate(tmp_path) == ()

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "otel2test.json",
        "test_auth.py",
        "test_todos.py",
    ]
    assert names(tmp_path / "test_auth.py") == ["test_login_redirects_to_mine"]


def test_the_manifest_leads_from_each_test_to_its_recording(tmp_path: Path) -> None:
    generate(tmp_path / "recorded", framework="unittest")

    suite = suites.load(tmp_path / "recorded", Settings())

    assert suite is not None
    assert suite.framework == "unittest"
    assert suite.recordings == tuple(SAMPLES / story for story in STORIES)
    entry = suite.entry("test_auth.py", "TodosTests.test_login_redirects_to_mine")
    assert entry is not None
    assert entry.traces[0] in (SAMPLES / "log-in.json").read_text(encoding="utf-8")
    written = json.loads((tmp_path / "recorded" / "otel2test.json").read_text(encoding="utf-8"))
    assert not any(Path(recording).is_absolute() for recording in written["recordings"])


def test_generating_again_changes_nothing(tmp_path: Path) -> None:
    generate(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    assert generate(tmp_path) == ()

    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_was_edited_is_kept_and_named(tmp_path: Path) -> None:
    generate(tmp_path)
    module = tmp_path / "test_todos.py"
    first, second = names(module)
    text = module.read_text(encoding="utf-8")
    edited = find_tests(text)[first].text.rstrip() + "\n    assert client is not None\n"
    text = text.replace(find_tests(text)[first].text, edited)
    module.write_text(text + "\n\ndef test_mine():\n    assert True\n", encoding="utf-8")

    [problem] = generate(tmp_path)

    assert f"{first} was edited" in problem.what
    assert names(module) == [first, second, "test_mine"]
    assert edited in module.read_text(encoding="utf-8")
    # And the next time, too.
    assert [problem] == [*generate(tmp_path)]


def test_a_module_from_which_nothing_comes_any_more_goes(tmp_path: Path) -> None:
    generate(tmp_path)
    generate(tmp_path, "log-in.json")

    assert not (tmp_path / "test_todos.py").exists()


def test_unless_it_was_edited(tmp_path: Path) -> None:
    generate(tmp_path)
    with (tmp_path / "test_todos.py").open("a", encoding="utf-8") as file:
        file.write("# mine\n")

    [problem] = generate(tmp_path, "log-in.json")

    assert "test_todos.py" in problem.where
    assert (tmp_path / "test_todos.py").exists()


def test_a_name_that_was_given_another_meaning_is_told(tmp_path: Path) -> None:
    generate(tmp_path)
    module = tmp_path / "test_auth.py"
    text = module.read_text(encoding="utf-8").replace(
        "from django.contrib.auth.models import User", "from todos.people import User"
    )
    module.write_text(text, encoding="utf-8")

    [problem] = generate(tmp_path)

    assert "User is imported from elsewhere" in problem.what
    assert module.read_text(encoding="utf-8") == text


def test_what_is_no_python_is_left(tmp_path: Path) -> None:
    generate(tmp_path)
    (tmp_path / "test_auth.py").write_text("def test_(:\n", encoding="utf-8")

    [problem] = generate(tmp_path)

    assert problem.where.endswith("test_auth.py:1")
    assert (tmp_path / "test_auth.py").read_text(encoding="utf-8") == "def test_(:\n"


@pytest.mark.parametrize(
    ("framework", "name"), [("pytest", "test_the_test_mail"), ("unittest", "MailTests.test_the_test_mail")]
)
def test_a_draft_keeps_the_whole_of_its_name(framework: Framework, name: str) -> None:
    read = recorded.read([str(SAMPLES / "log-in.json")], (), None)
    settings = Settings(framework=framework, test_class="MailTests")
    [draft], _ = drafts(read, settings)

    anew = revised(draft.named(name), read, settings, Feedback())

    assert (anew.name, anew.explained.plan.name) == (name, "the_test_mail")
    assert [*find_tests(text_of([anew], settings).text)] == [name]


# --- a generator that fails -------------------------------------------------------------------------


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the generator fail for whatever was asked of one page, in a way that nobody has foreseen."""

    def join(story: Sequence[Exchange], *rest: object, **options: object) -> object:
        if "/login/" in story[0].request.path:
            raise KeyError("todos_todo")
        return original(story, *rest, **options)  # type: ignore[arg-type]

    original = inverting.join
    monkeypatch.setattr(inverting, "join", join)


FAILS = re.compile(r"no test for POST /accounts/login/: the generator fails with KeyError: 'todos_todo'")


@pytest.mark.usefixtures("failing")
def test_a_generator_that_fails_costs_one_test(tmp_path: Path) -> None:
    [problem] = generate(tmp_path)

    assert FAILS.fullmatch(problem.what)
    assert problem.where.endswith("log-in.json:1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["otel2test.json", "test_todos.py"]


@pytest.mark.usefixtures("failing")
def test_a_generator_that_fails_costs_one_test_of_a_module() -> None:
    sources = [str(SAMPLES / story) for story in STORIES]

    generated = pipeline.generate(sources, (), Settings(), io.BytesIO())

    assert [bool(FAILS.fullmatch(problem.what)) for problem in generated.problems] == [True]
    assert generated.module is not None
    assert len(generated.module.tests) == 2


def test_what_fails_to_be_written_costs_one_test(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(plan: Plan, *rest: object) -> None:
        if "login" in plan.name:
            raise TypeError("unhashable")
        original(plan, *rest)  # type: ignore[arg-type]

    original = source.check
    monkeypatch.setattr(source, "check", fails)
    read = recorded.read([str(SAMPLES / story) for story in STORIES], (), None)

    made, problems = drafts(read, Settings())

    assert len(made) == 2
    assert ["TypeError: unhashable" in problem.what for problem in problems] == [True]


def test_a_test_that_cannot_be_written_again_is_a_value_error(request: pytest.FixtureRequest) -> None:
    read = recorded.read([str(SAMPLES / "log-in.json")], (), None)
    [draft], _ = drafts(read, Settings())
    request.getfixturevalue("failing")

    with pytest.raises(ValueError, match="the generator fails with KeyError"):
        revised(draft, read, Settings(), Feedback(clock=True))


def test_tests_whose_generator_fails_now_are_judged_and_that_is_told(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    generate(tmp_path)
    suite = suites.load(tmp_path, Settings())
    assert suite is not None
    request.getfixturevalue("failing")

    there = claims.of_folder(suite, (), ())

    assert [bool(claim.story) for claim in there.claims].count(False) == 1
    assert len(there.claims) == len(suite.entries)
    assert [bool(FAILS.fullmatch(problem.what)) for problem in there.problems] == [True]
    assert there.unrecorded == ()
