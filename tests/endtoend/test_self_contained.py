"""A single line, cut out of a recording, is all that its test needs."""

import subprocess
import sys
from pathlib import Path

import pytest

from samples.generating import Framework, generate, run_tests
from tests.endtoend.harness import passed, record
from tests.endtoend.ways import WAYS

pytestmark = pytest.mark.xdist_group("self-contained")

WITHOUT_THE_APP = """
import sys
for name in ("django", "requests", "config", "todos"):
    sys.modules[name] = None  # importing it raises
from otel2test.cli import main
main()
"""


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with one recorded line, in a folder with nothing else in it."""
    recording = record(WAYS[0], tmp_path_factory.mktemp("recording"), ["complete-a-todo"])
    file = tmp_path_factory.mktemp("elsewhere") / "line.json"
    file.write_text(recording.lines[-1], encoding="utf-8")
    return file


@pytest.mark.parametrize("framework", ["pytest", "unittest"])
def test_one_line_is_enough_with_the_app_absent(line: Path, framework: Framework, tmp_path: Path) -> None:
    program = [sys.executable, "-c", WITHOUT_THE_APP, "gen", line.name, "--framework", framework]
    done = subprocess.run(program, cwd=line.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    tests = tmp_path / "test_line.py"
    tests.write_text(done.stdout, encoding="utf-8")

    ran = run_tests(framework, tests)

    assert passed(framework, ran.stdout) == 1


def test_the_same_line_makes_the_same_bytes(line: Path, tmp_path: Path) -> None:
    for name in ("first.py", "second.py"):
        assert generate(line, "pytest", tmp_path / name).returncode == 0

    assert (tmp_path / "first.py").read_bytes() == (tmp_path / "second.py").read_bytes()
