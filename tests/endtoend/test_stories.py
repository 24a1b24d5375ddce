"""Every story of the sample project becomes tests that pass."""

from pathlib import Path

import pytest

from samples.environments import environment
from samples.generating import Framework
from samples.running import manage
from samples.stories import STORIES
from tests.endtoend.harness import Recording, assert_generated_tests_pass, record
from tests.endtoend.ways import WAYS

pytestmark = pytest.mark.xdist_group("stories")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(WAYS[0], tmp_path_factory.mktemp("stories"), [story.name for story in STORIES])


@pytest.mark.parametrize("framework", ["pytest", "unittest"])
def test_generated_tests_pass(recording: Recording, framework: Framework, tmp_path: Path) -> None:
    assert_generated_tests_pass(recording, framework, tmp_path)


def test_generated_tests_run_where_otel2test_is_not() -> None:
    done = manage(environment("sample"), "shell", "--command", "import otel2test", env={})

    assert "No module named 'otel2test'" in done.stderr
