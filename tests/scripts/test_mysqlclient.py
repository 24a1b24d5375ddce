"""mysqlclient is built where this machine has what it takes, and left out in peace elsewhere."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from scripts.mysqlclient import flags, install, unpack


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Return the interpreter of an environment with nothing in it."""
    command: list[str | Path] = [find_uv_bin(), "venv", "--python", sys.executable, tmp_path / "environment"]
    subprocess.run(command, check=True, capture_output=True)
    return tmp_path / "environment" / "bin" / "python"


@pytest.mark.skipif(
    not all(map(shutil.which, ("apt-get", "dpkg", "cc"))),
    reason="no compiler, or no Debian to take headers of",
)
def test_it_is_built_with_headers_that_were_unpacked(python: Path, tmp_path: Path) -> None:
    unpack(tmp_path)
    if flags(tmp_path) is None:
        pytest.skip("Debian's packages can't be downloaded here")

    assert install(python, tmp_path)
    subprocess.run([python, "-c", "import MySQLdb"], check=True)
    (built,) = python.parents[1].glob("lib/python*/site-packages/MySQLdb/_mysql*.so")
    assert str(tmp_path).encode() in built.read_bytes()


def test_without_apt_get_there_are_no_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    unpack(tmp_path)

    assert flags(tmp_path) is None


def test_what_can_not_be_built_is_left_out(python: Path, tmp_path: Path) -> None:
    # Headers that lack everything.
    library = tmp_path / "unpacked" / "usr" / "lib" / "somewhere" / "libmariadb.so"
    library.parent.mkdir(parents=True)
    library.touch()

    assert not install(python, tmp_path)
    assert not list(python.parents[1].glob("lib/python*/site-packages/MySQLdb"))
