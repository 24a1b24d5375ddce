"""What is installed from a wheel is the whole of it, and works away from the checkout."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from uv import find_uv_bin

ROOT = Path(__file__).resolve().parent.parent
RECORDING = ROOT / "samples" / "spans" / "complete-a-todo.json"
GOLDEN = ROOT / "tests" / "golden" / "pytest" / "test_complete_a_todo.py"


def packages_on_disk() -> Iterator[str]:
    for top, name in (("otel2test", "otel2test"), ("processors", "otel2test.processors")):
        for file in sorted((ROOT / top).rglob("__init__.py")):
            inside = file.parent.relative_to(ROOT / top)
            if not (ROOT / top / inside.parts[0] if inside.parts else ROOT).is_symlink():
                yield ".".join([name, *inside.parts])
    yield "otel2test.templates"


def test_every_package_is_listed() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert listed["tool"]["setuptools"]["packages"] == sorted(packages_on_disk())


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install a wheel into an environment of its own; return the folder of its programs."""
    folder = tmp_path_factory.mktemp("wheel")
    environment = folder / "environment"
    uv("build", "--wheel", "--out-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    uv("venv", "--python", sys.executable, str(environment))
    uv("pip", "install", "--python", str(environment / "bin" / "python"), str(wheel))
    return environment / "bin"


def uv(*arguments: str) -> None:
    # The compiled form has tests of its own.
    environ = {**os.environ, "OTEL2TEST_COMPILE": "0"}
    done = subprocess.run(
        [find_uv_bin(), *arguments], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_an_installed_wheel_generates(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [installed / "otel2test", "gen", RECORDING],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == GOLDEN.read_text(encoding="utf-8")


def test_an_installed_wheel_has_the_recorder(installed: Path, tmp_path: Path) -> None:
    program = "import otel2test.processors.distro, otel2test.processors.calls; print(otel2test.__file__)"

    done = subprocess.run(
        [installed / "python", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert str(installed.parent) in done.stdout
