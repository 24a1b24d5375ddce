"""A small language for the end-to-end tests: serve, click, collect, generate, run.

What it is made of (processes, stories, the environment without otel2test) is in ``samples/``,
as the demonstration uses the same.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from samples.environments import Versions
from samples.generating import Framework, generate, run_tests
from samples.running import free_port, prepare_database, running, wait_for_requests
from samples.stories import Browser, select
from samples.stub_server import serving
from tests.endtoend.ways import Way


@dataclass(frozen=True, slots=True)
class Recording:
    """What a server left."""

    spans: Path
    """The folder with the recorded files."""
    lines: tuple[str, ...]
    """Those with a request in them, in order."""
    requests_made: int
    output: str
    """What the server said."""
    settings: Mapping[str, str]
    """What the project's settings read from the environment, the tests' too."""
    versions: Versions | None = None
    """Of Python and Django, where not those of this process."""


@contextmanager
def serve(way: Way, folder: Path, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run the sample project in this way, with fresh data; yield its URL.

    ``folder/spans`` gets what is recorded and ``folder/server.log`` what the server says. The
    database is a file in ``folder`` unless ``env`` names another one, which has to be empty.
    """
    settings = {"TODO_DATABASE": str(folder / "todos.sqlite3"), **(env or {})}
    prepare_database(way.programs(), settings)
    port = free_port()
    command = [part.format(port=port) for part in way.command]
    variables = {"OTEL2TEST_DIR": str(folder / "spans"), **way.env, **settings}
    log = folder / "server.log"
    with running(command, programs=way.programs(), env=variables, port=port, log=log) as url:
        yield url


def click(url: str, stories: Sequence[str]) -> tuple[int, list[requests.Response]]:
    """Play stories, each with a browser of its own.

    Returns the number of all requests, logging in included, and the answers to the stories' own.
    """
    made = 0
    responses: list[requests.Response] = []
    for story in select(stories):
        browser = Browser(url)
        made += browser.enter(story.user)
        responses += browser.play(story)
    return made + len(responses), responses


def record(way: Way, folder: Path, stories: Sequence[str], env: Mapping[str, str] | None = None) -> Recording:
    """Serve in this way, play the stories, and wait until all of it is in the files."""
    spans = folder / "spans"
    with serving() as quotes:
        settings = {"QUOTES_URL": quotes, **(env or {})}
        with serve(way, folder, settings) as url:
            made, _ = click(url, stories)
            lines = wait_for_requests(spans, made)
    output = (folder / "server.log").read_text(encoding="utf-8", errors="replace")
    return Recording(spans, tuple(lines), made, output, settings, way.versions)


def assert_generated_tests_pass(recording: Recording, framework: Framework, folder: Path) -> None:
    """Generate tests, run them without otel2test, and count that one passed for each request."""
    tests = folder / framework / "test_recorded.py"
    generated = generate(recording.spans, framework, tests)
    assert generated.returncode == 0, generated.stderr

    done = run_tests(framework, tests, recording.settings, recording.versions)

    assert done.returncode == 0, f"{done.stdout}\n{tests.read_text(encoding='utf-8')}"
    assert passed(framework, done.stdout) == recording.requests_made


def passed(framework: Framework, output: str) -> int:
    """Read from a test runner's output how many tests it ran, all of them well."""
    pattern = {"pytest": r"=+ (\d+) passed in ", "unittest": r"(?s)Ran (\d+) tests? in .*\n\nOK\n"}
    found = re.search(pattern[framework], output)
    assert found, output
    return int(found[1])
