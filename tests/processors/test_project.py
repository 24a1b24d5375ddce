"""Which code is the project's own."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from otel2test.processors import failures, project
from otel2test.processors.project import CodeMap, Place, Project, find_roots
from otel2test.processors.settings import RecorderSettings

SOURCE = """
import sys

def here():
    return sys._getframe()

def call(function):
    return function()

def fail():
    raise ValueError("no")
"""


def module(file: Path, name: str) -> dict[str, Any]:
    """Write and run a module; return its globals."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(SOURCE)
    names: dict[str, Any] = {"__name__": name}
    exec(compile(SOURCE, str(file), "exec"), names)
    return names


def is_owned(owner: Project, file: Path, name: str) -> bool:
    names = module(file, name)
    return owner.owns(names["here"].__code__, names)


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("shop/views.py", "shop.views", True),
        ("views.py", "views", True),
        ("shop/migrations/0001_initial.py", "shop.migrations.0001_initial", False),
        ("lib/python3.12/site-packages/pack/a.py", "pack.a", False),
        ("env/lib/thing.py", "thing", False),
        ("manage.py", "__main__", False),
        ("config/settings.py", "config.settings", False),
        ("shop/excluded.py", "shop.excluded", False),
        ("vendor/site-packages/wanted/a.py", "wanted.a", True),
        ("vendor/site-packages/wanted/b.py", "wanted.b", False),
        ("otel2test/processors/x.py", "otel2test.processors.x", False),
        ("shop/templates/page.html", "shop.page", False),
    ],
)
def test_what_is_the_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, name: str, expected: bool
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    (tmp_path / "env").mkdir()
    (tmp_path / "env/pyvenv.cfg").touch()
    owner = Project([tmp_path], include=["wanted"], exclude=["shop.excluded", "wanted.b"])
    assert is_owned(owner, tmp_path / path, name) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("named", True),
        ("named.inner.deep", True),
        ("below", False),
        ("below.inner", True),
        ("below.left_out", False),
        ("other", False),
    ],
)
def test_installed_packages_are_taken_when_named(tmp_path: Path, name: str, expected: bool) -> None:
    settings = RecorderSettings.from_environ(
        {"OTEL2TEST_INCLUDE": "named, named.*,below.*", "OTEL2TEST_EXCLUDE": "*.left_out"}
    )
    owner = Project([tmp_path / "app"], settings.include, settings.exclude)
    file = tmp_path / "lib/site-packages" / f"{name.replace('.', '/')}.py"
    assert is_owned(owner, file, name) is expected


def test_what_lies_elsewhere_or_nowhere_is_not(tmp_path: Path) -> None:
    owner = Project([tmp_path / "app"])
    assert not is_owned(owner, tmp_path / "apple/views.py", "views")
    assert not owner.owns(json.dumps.__code__, vars(json))
    names: dict[str, Any] = {"__name__": "shop"}
    exec("def made(): pass", names)
    assert not owner.owns(names["made"].__code__, names)


def test_a_project_may_have_the_standard_library_below_it() -> None:
    owner = Project([Path(sys.base_prefix)])
    assert not owner.owns(json.dumps.__code__, vars(json))


def test_files_are_relative(tmp_path: Path) -> None:
    owner = Project([tmp_path / "src", tmp_path])
    inner = module(tmp_path / "src/shop/views.py", "shop.views")["here"].__code__
    outer = module(tmp_path / "tools.py", "tools")["here"].__code__
    assert owner.file(inner) == "shop/views.py"
    assert owner.file(outer) == "tools.py"
    assert owner.file(json.dumps.__code__) == "__init__.py"


def test_the_innermost_frame_of_the_project(tmp_path: Path) -> None:
    owner = Project([tmp_path])
    mine = module(tmp_path / "shop/views.py", "shop.views")
    frame: FrameType = mine["call"](module(tmp_path.parent / "elsewhere.py", "elsewhere")["here"])
    assert owner.innermost(frame) == Place("shop/views.py", 8, "call")
    assert owner.innermost(None) is None
    assert Project([tmp_path / "other"]).innermost(frame) is None


@pytest.fixture
def restored() -> Iterator[None]:
    yield
    project.configure((), ())


@pytest.mark.usefixtures("restored")
def test_where_an_exception_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project.configure((), ())
    fail: Callable[[], None] = module(tmp_path / "shop/views.py", "shop.views")["fail"]
    with pytest.raises(ValueError, match="no") as raised:
        fail()
    assert failures.failure(raised.value) == {
        "type": "builtins.ValueError",
        "message": "no",
        "where": "shop/views.py:11",
    }
    assert project.innermost_project_frame(sys._getframe()) is None


def test_a_message_never_runs_the_programs_code() -> None:
    class Lazy:
        def __repr__(self) -> str:
            raise AssertionError

    class OwnTextError(Exception):
        def __str__(self) -> str:
            raise AssertionError

    assert failures.failure(ValueError(Lazy()))["message"] == ""
    assert failures.failure(ValueError("row", Lazy()))["message"] == "row"
    assert failures.failure(OwnTextError("row", 5))["message"] == "row"
    assert failures.failure(KeyError("row"))["message"] == "'row'"
    assert failures.failure(OSError(2, "gone"))["message"] == "[Errno 2] gone"
    assert failures.failure(ConnectionError(TimeoutError("late")))["message"] == "late"


def test_the_folder_of_manage_py_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["src/manage.py", "runserver"])
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    assert find_roots() == ((tmp_path / "src").resolve(), tmp_path.resolve())


def test_a_service_started_in_the_root_folder_has_base_dir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = type(sys)("shop_settings_of_a_test")
    settings.BASE_DIR = tmp_path  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, settings.__name__, settings)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", settings.__name__)
    monkeypatch.chdir("/")
    assert find_roots() == (tmp_path.resolve(),)


def test_a_code_map_forgets_code_that_is_gone() -> None:
    def make() -> CodeType:
        return compile("1", "x.py", "eval")

    known: CodeMap[str] = CodeMap()
    first, second = make(), make()
    assert first == second
    known.remember(first, "first")
    assert known.get(id(first)) == "first"
    assert known.get(id(second)) is None
    del first
    assert not known
