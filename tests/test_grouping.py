"""What a module's fixture makes is made once, however many workers there are."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULE = """
import os, pathlib, time
import pytest

def note(name):
    with open("notes", "a") as notes:
        notes.write(f"{name} {os.getpid()}\\n")
    time.sleep(0.05)  # or one worker would have done all before the other begins

@pytest.fixture(scope="module", params=["a", "b"])
def kind(request):
    note(f"kind-{request.param}")
    return request.param

@pytest.fixture(scope="module")
def built(kind):
    note(f"built-{kind}")

@pytest.fixture(scope="module")
def server():
    note("server")

@pytest.fixture(scope="module")
def page(server):
    note("page")

@pytest.mark.parametrize("number", range(5))
def test_built(built, number): note("test")

@pytest.mark.parametrize("number", range(5))
def test_kind(kind, number): note("test")

@pytest.mark.parametrize("number", range(5))
def test_server(server, number): note("test")

@pytest.mark.parametrize("number", range(5))
def test_page(page, number): note("test")

@pytest.mark.parametrize("number", range(20))
def test_alone(number): note("alone")
"""


@pytest.fixture
def notes(tmp_path: Path) -> list[tuple[str, str]]:
    """Return what was made, or run, and the process in which."""
    (tmp_path / "test_sharing.py").write_text(MODULE, encoding="utf-8")
    options = ["-n", "2", "--dist", "loadgroup", "-p", "tests.grouping", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-c", "/dev/null", "--rootdir", tmp_path, tmp_path],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search(r"\b50 passed", done.stdout), done.stdout + done.stderr
    told = (tmp_path / "notes").read_text(encoding="utf-8").splitlines()
    return [(name, process) for name, _, process in (line.partition(" ") for line in told)]


def test_what_is_shared_is_made_once_and_the_rest_is_spread(notes: list[tuple[str, str]]) -> None:
    made = sorted(name for name, _ in notes if name not in {"test", "alone"})
    assert made == ["built-a", "built-b", "kind-a", "kind-b", "page", "server"]
    assert len({process for name, process in notes if name == "alone"}) == 2
