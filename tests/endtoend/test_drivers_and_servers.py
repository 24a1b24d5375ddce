"""The sample project on every database driver and server: its requests become tests that pass there.

With ``OTEL2TEST_MATRIX`` set, all pairs are run, on the Python and Django of this process:
``scripts/matrix.py`` does so in each of its environments. Otherwise it is a sample of the whole matrix,
in which every Python, Django, driver and server that is supported comes up.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from uuid import uuid4

import orjson
import pytest

from samples.environments import Versions
from samples.generating import generate, run_tests
from samples.running import wait_for_requests
from samples.stories import Browser, submit
from scripts.matrix import DJANGOS, PYTHONS, find
from tests.endtoend.applications import databases
from tests.endtoend.harness import Recording, assert_generated_tests_pass, passed, record, serve
from tests.endtoend.ways import APPLICATIONS, SERVERS, Way

STORIES = ("filter-todos", "create-my-todo", "attach-notes")


@dataclass(frozen=True)
class Cell:
    """One cell of the matrix; without versions, those of this process."""

    driver: str
    server: Way
    python: str = ""
    django: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, (self.driver, self.server.name, self.python, self.django)))


RUNSERVER, GUNICORN, UVICORN = SERVERS
ALL = tuple(Cell(driver, server) for driver, server in product(databases.DRIVERS, SERVERS))
SAMPLE = (
    Cell("psycopg2", GUNICORN, "3.11", "4.2"),
    Cell("sqlite", UVICORN, "3.11", "4.2"),
    Cell("pymysql", UVICORN, "3.12", "5.2"),
    Cell("mysqlclient", RUNSERVER, "3.12", "5.2"),
    Cell("psycopg", RUNSERVER, "3.13", "6.0"),
)


def test_the_sample_meets_every_value() -> None:
    assert {cell.driver for cell in SAMPLE} == set(databases.DRIVERS)
    assert {cell.server.name for cell in SAMPLE} == {server.name for server in SERVERS}
    assert {cell.python for cell in SAMPLE} == set(PYTHONS)
    assert {cell.django for cell in SAMPLE} == set(DJANGOS)


@pytest.fixture(
    params=[
        # Those whose environment has to be made first don't wait for one another.
        pytest.param(cell, id=str(cell), marks=pytest.mark.xdist_group(f"{cell.python}-{cell.django}"))
        for cell in SAMPLE
    ]
    if "OTEL2TEST_MATRIX" not in os.environ
    else [pytest.param(cell, id=str(cell)) for cell in ALL]
)
def cell(request: pytest.FixtureRequest) -> Cell:
    found: Cell = request.param
    if reason := databases.server_obstacle(found.driver):
        pytest.skip(reason)
    return found


@pytest.fixture
def way(cell: Cell) -> Way:
    """How to serve it, in an environment that has the driver."""
    way = cell.server
    if cell.python:
        interpreter = find(cell.python)
        if interpreter is None:
            pytest.skip(f"no Python {cell.python} is at hand")
        way = replace(way, runs_in="servers", versions=Versions(interpreter, cell.python, cell.django))
    module = databases.DRIVERS[cell.driver].module or "sqlite3"
    imported = subprocess.run([way.programs() / "python", "-c", f"import {module}"], check=False)
    if imported.returncode != 0:
        pytest.skip(f"{cell.driver} can't be installed here")
    return way


@pytest.fixture
def settings(cell: Cell, tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """What leads the project to a database of its own."""
    name = f"otel2test_todos_{uuid4().hex[:12]}"
    databases.create(cell.driver, name)
    yield leading_to(cell.driver, str(tmp_path / name) if cell.driver == "sqlite" else name)
    databases.drop(cell.driver, name)
    databases.drop(cell.driver, f"test_{name}")  # left by a test run that was broken off


def leading_to(driver: str, database: str) -> dict[str, str]:
    """Return what is exported for the project to find this database."""
    return {
        "DJANGO_SETTINGS_MODULE": "database_settings",
        "PYTHONPATH": str(APPLICATIONS),
        "TODO_DRIVER": driver,
        "TODO_DATABASE": database,
        **{name: os.environ[name] for name in os.environ if name.startswith("OTEL2TEST_TEST_")},
    }


def test_recorded_requests_become_tests_that_pass(
    cell: Cell, way: Way, settings: Mapping[str, str], tmp_path: Path
) -> None:
    recording = record(way, tmp_path, STORIES, settings)

    assert len(recording.lines) == recording.requests_made
    assert "Traceback" not in recording.output
    assert vendors(recording) == {databases.DRIVERS[cell.driver].vendor}
    assert_generated_tests_pass(recording, "pytest", tmp_path)
    on_sqlite = {"QUOTES_URL": recording.settings["QUOTES_URL"]}
    done = run_tests("pytest", tmp_path / "pytest" / "test_recorded.py", on_sqlite, recording.versions)
    assert passed("pytest", done.stdout) == recording.requests_made


@pytest.fixture
def on_postgresql() -> Iterator[Mapping[str, str]]:
    """What leads the project to a database whose sequences don't take note of keys that are given."""
    if reason := databases.obstacle("psycopg"):
        pytest.skip(reason)
    name = f"otel2test_todos_{uuid4().hex[:12]}"
    databases.create("psycopg", name)
    yield {**leading_to("psycopg", name), "TODO_URLS": "copying"}
    databases.drop("psycopg", name)
    databases.drop("psycopg", f"test_{name}")


@pytest.mark.xdist_group("sequences")
def test_keys_of_created_rows_do_not_collide_with_pinned_ones(
    on_postgresql: Mapping[str, str], tmp_path: Path
) -> None:
    with serve(RUNSERVER, tmp_path, on_postgresql) as url:
        browser = Browser(url)
        browser.enter(None)
        browser.make(submit("/todos/50/copy/"))
        # The copy got the first key of the sequence, as its copy will in the test's database.
        browser.make(submit("/todos/1/copy/"))
        *_, last = wait_for_requests(tmp_path / "spans", 3)
    (tmp_path / "last.json").write_text(last, encoding="utf-8")
    tests = tmp_path / "tests" / "test_copied.py"
    assert generate(tmp_path / "last.json", "pytest", tests).returncode == 0

    done = run_tests("pytest", tests, on_postgresql)
    assert passed("pytest", done.stdout) == 1

    text = tests.read_text(encoding="utf-8")
    tests.write_text(text.replace("cursor.execute(statement)", "pass"), encoding="utf-8")
    assert "duplicate key value" in run_tests("pytest", tests, on_postgresql).stdout


def vendors(recording: Recording) -> set[str]:
    """Return the databases that the statements say they were sent to."""
    spans = [
        {item["key"]: item["value"].get("stringValue") for item in span.get("attributes", ())}
        for line in recording.lines
        for resource in orjson.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    return {
        orjson.loads(told["otel2test.db.query"]).get(
            "vendor", told.get("db.system.name", told.get("db.system"))
        )
        for told in spans
        if "otel2test.db.query" in told
    }
