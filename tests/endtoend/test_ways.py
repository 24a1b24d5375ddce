"""Each way to start recording leads to tests that pass, unedited, under both frameworks."""

from pathlib import Path

import orjson
import pytest

from samples.generating import Framework
from samples.running import wait_until
from samples.stories import Browser, get
from tests.endtoend.harness import Recording, assert_generated_tests_pass, record, serve
from tests.endtoend.ways import WAYS, WITH_WORKERS, Way

STORIES = ("complete-a-todo", "create-with-validation-error", "my-todos", "ask-for-a-quote")


@pytest.fixture(
    scope="module",
    params=[pytest.param(way, id=way.name, marks=pytest.mark.xdist_group(way.name)) for way in WAYS],
)
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    way: Way = request.param
    return record(way, tmp_path_factory.mktemp(way.name), STORIES)


def test_every_request_is_one_line(recording: Recording) -> None:
    assert len(recording.lines) == recording.requests_made
    assert len({trace_id(line) for line in recording.lines}) == recording.requests_made


def test_the_app_hears_nothing_of_the_recorder(recording: Recording) -> None:
    assert "Traceback" not in recording.output
    assert "otel2test could not" not in recording.output


@pytest.mark.parametrize("framework", ["pytest", "unittest"])
def test_generated_tests_pass(recording: Recording, framework: Framework, tmp_path: Path) -> None:
    assert_generated_tests_pass(recording, framework, tmp_path)


def test_each_worker_writes_a_file_of_its_own(tmp_path: Path) -> None:
    with serve(WITH_WORKERS, tmp_path) as url:

        def both_have_written() -> bool:
            Browser(url).make(get("/"))
            return len(list((tmp_path / "spans").glob("*"))) == 2

        wait_until(both_have_written, "the second worker to get a request")


def trace_id(line: str) -> str:
    spans = orjson.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    found: str = spans[0]["traceId"]
    return found
