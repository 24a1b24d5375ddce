"""The tests that come out of ``samples/spans/`` are those in ``tests/golden/``, and they pass.

After a change that is meant to change them: ``pytest tests/test_golden.py --accept-golden``,
then read the difference as you would review a colleague's tests.
"""

import ast
from io import BytesIO
from pathlib import Path

import pytest

from otel2test import pipeline
from otel2test.settings import Settings
from samples.generating import Framework, run_tests
from samples.record import SPANS
from tests.endtoend.harness import passed

GOLDEN = Path(__file__).parent / "golden"
FRAMEWORKS: tuple[Framework, ...] = ("pytest", "unittest")
RECORDINGS = sorted(SPANS.glob("*.json"))


def golden(recording: Path, framework: Framework) -> Path:
    return GOLDEN / framework / f"test_{recording.stem.replace('-', '_')}.py"


def count_tests(file: Path) -> int:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return sum(isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in ast.walk(tree))


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_what_is_generated(recording: Path, framework: Framework, request: pytest.FixtureRequest) -> None:
    generated = pipeline.generate([str(recording)], (), Settings(framework=framework), BytesIO())
    assert generated.module is not None
    assert generated.problems == ()
    file = golden(recording, framework)
    if request.config.getoption("--accept-golden"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(generated.module.text, encoding="utf-8")

    assert generated.module.text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_there_is_a_golden_file_for_each_recording_and_no_other(framework: Framework) -> None:
    there = {file.name for file in (GOLDEN / framework).glob("*.py")}

    assert there == {golden(recording, framework).name for recording in RECORDINGS}


@pytest.mark.xdist_group("golden")
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_golden_tests_pass(framework: Framework) -> None:
    done = run_tests(framework, GOLDEN / framework)

    assert done.returncode == 0, done.stdout
    assert passed(framework, done.stdout) == sum(map(count_tests, (GOLDEN / framework).glob("*.py")))
