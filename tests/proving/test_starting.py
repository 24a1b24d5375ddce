"""A project that can't be started says where, what, and how to mend it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from otel2test.errors import ProjectError
from otel2test.proving.jobs import Framework, Job
from otel2test.proving.workers import Workers
from tests.proving import faulty
from tests.proving.faulty import SETTINGS, module, result

FRAMEWORKS: tuple[Framework, ...] = ("pytest", "unittest")


def problem(root: Path, framework: Framework = "pytest", **options: str) -> tuple[str, str, str]:
    with (
        pytest.raises(ProjectError) as caught,
        Workers(faulty.project(root, framework, **options), 1),
    ):
        pass
    found = caught.value.problem
    return found.where, found.what, found.remedy.splitlines()[0]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_settings_that_need_a_package(tmp_path: Path, framework: Framework) -> None:
    root = faulty.make(tmp_path, settings=f"import environs_of_old\n{SETTINGS}")

    assert problem(root, framework) == (
        "faulty.settings",
        "the project needs the package 'environs_of_old', which isn't installed there",
        f"install it for {sys.executable}, or name another interpreter with --python",
    )


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_settings_that_are_not_there(tmp_path: Path, framework: Framework) -> None:
    root = faulty.make(tmp_path)

    where, what, remedy = problem(root, framework, settings_module="faulty.elsewhere")

    assert (where, what) == ("faulty.elsewhere", f"no such module from {root}")
    assert remedy.startswith("name the settings with --settings")


def test_settings_that_ask_the_network(tmp_path: Path) -> None:
    asking = "import urllib.request\nurllib.request.urlopen('http://secrets.example.com/')\n"
    root = faulty.make(tmp_path, settings=asking + SETTINGS)

    _, what, _ = problem(root)

    assert "refuses the connection to secrets.example.com:80" in what


def test_no_pytest_django(tmp_path: Path) -> None:
    ini = "[pytest]\nDJANGO_SETTINGS_MODULE = faulty.settings\naddopts = -p no:django\n"
    root = faulty.make(tmp_path, pytest_ini=ini)

    _, what, remedy = problem(root)

    assert what == "pytest runs without pytest-django"
    assert "pip install pytest-django" in remedy


def test_a_conftest_that_fails(tmp_path: Path) -> None:
    root = faulty.make(tmp_path, tests__conftest_py="raise ValueError('not today')\n")

    _, what, _ = problem(root)

    assert "not today" in what


def test_no_database(tmp_path: Path) -> None:
    settings = SETTINGS.replace(
        '{"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "users.sqlite3"}',
        '{"ENGINE": "django.db.backends.postgresql", "NAME": "x", "HOST": "127.0.0.1", "PORT": 9}',
    )
    root = faulty.make(tmp_path, settings=settings)

    where, what, remedy = problem(root)

    assert where == "the test database"
    assert what.startswith("cannot be made: ")
    assert "may create databases" in remedy


def test_a_process_that_dies(tmp_path: Path) -> None:
    root = faulty.make(tmp_path, settings=f"import os\nos.write(2, b'farewell')\nos._exit(7)\n{SETTINGS}")

    with pytest.raises(ProjectError, match=r"exit code 7\n  \| farewell"), faulty.working(root):
        pass


def test_an_interpreter_without_otel2test(tmp_path: Path) -> None:
    root = faulty.make(tmp_path)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S -I "$@"\n', encoding="utf-8")
    python.chmod(0o755)

    where, what, remedy = problem(root, python=str(python))

    assert (where, what) == (str(python), "otel2test isn't installed there")
    assert f"{python} -m pip install otel2test" in remedy


def test_options_that_do_not_suit_are_switched_off(tmp_path: Path) -> None:
    addopts = "-n 2 -x --reuse-db --junitxml=out.xml"
    root = faulty.make(
        tmp_path, pytest_ini=f"[pytest]\nDJANGO_SETTINGS_MODULE = faulty.settings\naddopts = {addopts}\n"
    )

    with faulty.working(root) as workers:
        found = faulty.run(workers, root, module("pytest", "client.get('/cached/')"))

    assert result(found).status == "passed"
    assert not (root / "out.xml").exists()


def test_conftests_fixtures_are_those_of_the_folder(tmp_path: Path) -> None:
    fixture = "import pytest\n@pytest.fixture{}\ndef {}(): return {!r}\n"
    root = faulty.make(
        tmp_path,
        conftest_py=fixture.format("(scope='session')", "who", "root") + fixture.format("", "where", "root"),
        tests__conftest_py=fixture.format("", "where", "tests"),
        tests__test_old_py="def test_old(where):\n    assert where == 'tests'\n",
    )
    source = "def test_it(who, where):\n    assert (who, where) == ('root', 'tests')\n"

    with faulty.working(root) as workers:
        made = [faulty.run(workers, root, source) for _ in range(2)]
        old = faulty.run(workers, root, "", tests=("test_old",))
        from_file = next(
            workers.run([Job("old", str(root / "tests" / "test_old.py"))]),
        )

    assert [result(found).status for found in made] == ["passed", "passed"]
    assert result(old).message == "the module has no such test"
    assert result(from_file).status == "passed"


def test_a_job_that_its_worker_dies_of_twice_is_settled_and_others_go_on(tmp_path: Path) -> None:
    root = faulty.make(tmp_path)
    path = str(root / "tests" / "test_a.py")
    kill = module("pytest", "os.kill(os.getppid(), 9)", more="import os")
    good = module("pytest", "client.get('/cached/')")
    jobs = [Job("kill", path, ("test_it",), kill), Job("good", path, ("test_it",), good)]

    with faulty.working(root) as workers:
        found = {outcome.key: result(outcome) for outcome in workers.run(jobs)}
        assert {key: one.status for key, one in found.items()} == {"kill": "crashed", "good": "passed"}
        assert found["kill"].name == "test_it"
        assert found["kill"].message == "the process that runs it died twice, with SIGKILL"
        workers._start_limit = 0.0
        with pytest.raises(ProjectError, match="it hasn't started after 0 s"):
            faulty.run(workers, root, kill)


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = faulty.make(tmp_path / "project")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    with faulty.working(root) as workers:
        faulty.run(workers, root, module("pytest", "client.get('/store/')"))
        assert list(temporary.iterdir())

    assert not list(temporary.iterdir())
