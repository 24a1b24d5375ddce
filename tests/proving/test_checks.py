"""A folder of tests after the code has changed: what changed is named, and accepted if asked."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from otel2test import suites
from otel2test.inverting.django import inverting
from otel2test.pipeline import claims, folders
from otel2test.pipeline.checks import ACCEPTED, Result, check_folder
from otel2test.pipeline.claims import Options
from otel2test.proving.checking import Check
from otel2test.proving.jobs import Job, Outcome, TestResult
from otel2test.settings import Settings
from otel2test.writing.modules import find_tests
from tests.proving import planted
from tests.proving.planted import Watching

FOLDER = Path("tests", "recorded")
MODULE = FOLDER / "test_faulty.py"
STORIES = ("careless", "join", "names", "quote", "today")
CHANGES = (
    ('{"names": [user.username for user in found]}', '{"users": [user.username for user in found]}'),
    ('username=request.GET["name"]', 'username=request.GET["name"].title()'),
    ("http://quotes.example.com/one", "http://quotes.example.com/two"),
    ('HttpResponse("done"', 'HttpResponse("all done"'),
)
EDIT = (
    '    # Act\n    response = client.get("/careless/")',
    '    # Mine\n    response = client.get("/careless/")',
)


@dataclass(frozen=True)
class Checked:
    root: Path
    before: str
    result: Result

    @property
    def checks(self) -> Mapping[str, Check]:
        return {check.name.removeprefix("test_"): check for check in self.result.checked.checks}

    @property
    def text(self) -> str:
        return (self.root / MODULE).read_text(encoding="utf-8")


def checked(root: Path, *, accept: bool = False) -> Checked:
    before = (root / MODULE).read_text(encoding="utf-8")
    given = Options(jobs=1)
    return Checked(
        root, before, check_folder(root / FOLDER, (), (), Settings(), given, Watching(), accept=accept)
    )


@pytest.fixture(scope="module")
def accepted(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """A folder whose tests were accepted after the code had changed; somebody had edited one of them."""
    root = planted.copied(recorded, tmp_path_factory.mktemp("checks") / "project")
    sources = [str(root / "spans" / f"{name}.jsonl") for name in STORIES]
    assert not folders.generate(sources, (), Settings(), io.BytesIO(), root / FOLDER).problems
    planted.replaced(root / MODULE, EDIT)
    planted.replaced(root / "faulty" / "urls.py", *CHANGES)
    return checked(root, accept=True)


def test_what_holds_is_told_and_stays(accepted: Checked) -> None:
    assert accepted.checks["today_returns_json"] == Check(
        "test_faulty.py", "test_today_returns_json", "holds"
    )
    name = "test_today_returns_json"
    assert find_tests(accepted.text)[name].text == find_tests(accepted.before)[name].text


def test_a_response_that_changed(accepted: Checked) -> None:
    check = accepted.checks["names_returns_json"]

    assert (check.status, check.aspects) == ("accepted", ("response",))
    assert '-    assert response.json() == {"names": ["ada", "bob"]}' in check.diff
    assert '+    assert response.json() == {"users": ["ada", "bob"]}' in check.diff


def test_a_state_that_changed(accepted: Checked) -> None:
    check = accepted.checks["join_creates_user"]

    assert (check.status, check.aspects) == ("accepted", ("state",))
    assert '"Joan"' in check.diff


def test_calls_that_changed(accepted: Checked) -> None:
    check = accepted.checks["quote_is_shown"]

    assert check.status == "changed"
    assert "calls" in check.aspects
    assert "'http://quotes.example.com/one'" in check.reason
    assert check.note.startswith("written anew from what the program does now it doesn't hold")


def test_what_was_edited_is_judged_and_stays(accepted: Checked) -> None:
    check = accepted.checks["careless_is_shown"]

    assert (check.status, check.aspects) == ("changed", ("response",))
    assert check.note == "it was edited by hand, so it is left to you"
    assert EDIT[1] in accepted.text
    assert '"all done"' not in accepted.text


def test_what_was_accepted_is_known_from_then_on(accepted: Checked) -> None:
    suite = suites.load(accepted.root / FOLDER, Settings())
    assert suite is not None
    entry = suite.entry("test_faulty.py", "test_names_returns_json")
    assert entry is not None
    told = (accepted.root / FOLDER / ACCEPTED).read_text(encoding="utf-8")

    assert accepted.root / FOLDER / ACCEPTED in suite.recordings
    assert entry.traces[0] in told
    assert not folders.is_edited(
        suite, "test_faulty.py", entry.name, find_tests(accepted.text)[entry.name].text
    )
    assert not accepted.result.whole


def test_afterwards_all_that_was_accepted_holds(accepted: Checked, tmp_path: Path) -> None:
    root = planted.copied(accepted.root, tmp_path / "project")
    planted.replaced(root / "faulty" / "urls.py", *[(new, old) for old, new in CHANGES[2:]])
    for path in (root / "spans").iterdir():
        path.unlink()

    again = checked(root)

    assert {name: check.status for name, check in again.checks.items()} == dict.fromkeys(
        again.checks, "holds"
    )
    assert again.result.problems == ()  # recordings are missed only where something changed
    assert again.result.whole
    assert again.text == again.before


class Unlike:
    """Stands for workers in whose project every test fails, and does what was recorded."""

    notes = ()
    spans: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        for job in jobs:
            results = tuple(TestResult(name, "failed", "AssertionError") for name in job.tests)
            yield Outcome(job.key, results, self.spans)


def test_where_no_test_can_be_made_of_what_happens_now_that_is_told(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = planted.copied(recorded, tmp_path / "project")
    source = root / "spans" / "today.jsonl"
    assert not folders.generate([str(source)], (), Settings(), io.BytesIO(), root / FOLDER).problems
    Unlike.spans = tuple(source.read_text(encoding="utf-8").splitlines())
    monkeypatch.setattr(claims, "Workers", lambda *_, **__: Unlike())
    join, calls = inverting.join, []

    def fails_later(*given: Any, **options: Any) -> Any:
        calls.append(given)
        if len(calls) > 1:
            raise KeyError("todos_todo")
        return join(*given, **options)

    monkeypatch.setattr(inverting, "join", fails_later)

    found = checked(root, accept=True)

    [check] = found.checks.values()
    assert check.status == "changed"
    assert check.note == "no test can be made of what the program does now, so it is left to you"
    [problem] = found.result.problems
    assert problem.where == "test_faulty.py::test_today_returns_json"
    assert "the generator fails with KeyError: 'todos_todo'" in problem.what
    assert found.text == found.before
