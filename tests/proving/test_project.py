"""Where a project is found, for the folder that tests are in and the folder that the user is in."""

from __future__ import annotations

from pathlib import Path

import pytest

from otel2test.errors import ProjectError
from otel2test.proving.project import Project, find

MANAGE = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
INI = "[pytest]\nDJANGO_SETTINGS_MODULE = shop.test_settings\n"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)


def written(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_the_project_around_the_tests(tmp_path: Path) -> None:
    root = written(tmp_path, manage_py=MANAGE, pytest_ini=INI)

    found = find(root / "tests" / "recorded", "pytest", here=Path("/"))

    assert found.root == root
    assert found.manage == root / "manage.py"
    assert found.configuration == root / "pytest.ini"
    assert found.arguments == ("-c", str(root / "pytest.ini"), "--rootdir", str(root))


def test_the_project_that_the_user_stands_in(tmp_path: Path) -> None:
    root = written(tmp_path / "project", manage_py=MANAGE, pytest_ini=INI)
    written(tmp_path / "else", pyproject_toml="[tool.pytest.ini_options]\naddopts = '-p no:django'\n")

    found = find(tmp_path / "else" / "tests", "pytest", here=root)

    assert (found.root, found.configuration) == (root, root / "pytest.ini")


def test_a_configuration_above_that_names_the_settings(tmp_path: Path) -> None:
    root = written(tmp_path, pyproject_toml="[tool.pytest.ini_options]\naddopts = '--ds=shop.settings'\n")

    found = find(root / "tests", "pytest", here=tmp_path)

    assert (found.manage, found.configuration) == (None, root / "pyproject.toml")
    assert found.root == root


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"pytest_ini": INI}, None),
        ({"pytest_ini": "[pytest]\n"}, "shop.settings"),
        ({"tox_ini": "[tox]\n"}, "shop.settings"),
        ({"setup_cfg": "[tool:pytest]\naddopts = --ds=shop.ci\n"}, None),
    ],
)
def test_settings_that_only_manage_py_names_are_told_to_pytest(
    tmp_path: Path, files: dict[str, str], named: str | None
) -> None:
    root = written(tmp_path, manage_py=MANAGE, **files)

    assert find(root, "pytest", here=root).settings_module == named


def test_what_the_user_names_comes_first(tmp_path: Path) -> None:
    root = written(tmp_path, manage_py=MANAGE, pytest_ini=INI)

    found = find(root, "pytest", settings_module="shop.ci", here=root)

    assert found.arguments[-1] == "--ds=shop.ci"


def test_manage_py_says_the_settings_itself(tmp_path: Path) -> None:
    root = written(tmp_path, manage_py="import environs\n", pytest_ini=INI)

    assert find(root, "unittest", here=root) == Project(
        "unittest", root, root, find(root, "unittest", here=root).python, root / "manage.py"
    )


def test_settings_of_the_environment_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shop.settings")

    assert find(tmp_path / "tests", "unittest", here=tmp_path).root == tmp_path


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"no manage.py .* no settings module") as caught:
        find(tmp_path, "pytest", here=tmp_path)

    assert "--settings" in caught.value.problem.remedy


def test_no_such_interpreter(tmp_path: Path) -> None:
    root = written(tmp_path, manage_py=MANAGE)

    with pytest.raises(ProjectError, match="no such program"):
        find(root, "unittest", python=str(tmp_path / "python"), here=root)
