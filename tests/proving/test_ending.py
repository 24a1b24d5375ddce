"""Whatever ends proving, no process and no scratch database is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.proving import faulty
from tests.proving.faulty import SETTINGS, module, result

CHECKOUT = Path(__file__).resolve().parents[2]
POSTGRESQL = "OTEL2TEST_TEST_POSTGRESQL"
SERVER = os.environ.get(POSTGRESQL, "127.0.0.1:5432")
HOST, _, PORT = SERVER.partition(":")
SQLITE = '{"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "users.sqlite3"}'
PROGRAM = """
import os, sys
from pathlib import Path
from otel2test.proving.jobs import Job
from tests.proving import faulty

root = Path(sys.argv[1])
jobs = [
    Job(name, str(root / "tests" / "test_a.py"), source=faulty.module("pytest", f"client.get('{name}')"))
    for name in ("/cached/", "/stubborn/")
]
with faulty.working(root, count=1, time_limit=60.0) as workers:
    for outcome in workers.run(jobs):
        print(outcome.results[0].status, flush=True)
"""


@pytest.fixture(scope="module")
def server() -> Any:
    psycopg = pytest.importorskip("psycopg", reason="no driver for PostgreSQL")
    try:
        connection = psycopg.connect(
            host=HOST, port=PORT, user="postgres", dbname="postgres", connect_timeout=2, autocommit=True
        )
    except psycopg.OperationalError:
        pytest.skip(f"no PostgreSQL that trusts us at {SERVER}; {POSTGRESQL} may name another")
    with connection:
        yield connection


@pytest.fixture
def name(server: Any) -> Iterator[str]:
    """Return the name of a database; the user has one by the name that Django gives to a test database."""
    made = f"otel2test_w{os.getpid()}"
    server.execute(f'CREATE DATABASE "test_{made}"')
    yield made
    server.execute(f'DROP DATABASE "test_{made}"')


def on_server(folder: Path, name: str) -> Path:
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": "postgres",
        "HOST": HOST,
        "PORT": PORT,
    }
    return faulty.make(folder, settings=SETTINGS.replace(SQLITE, repr(database)))


def databases(server: Any, name: str) -> list[str]:
    found = server.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"test_{name}%"])
    return sorted(row[0] for row in found.fetchall())


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_jobs_on_a_server(tmp_path: Path, server: Any, name: str) -> None:
    root = on_server(tmp_path, name)
    line = "assert client.get('/users/?name=ada').content == b'1'"

    with faulty.working(root, count=2) as workers:
        assert len(databases(server, name)) == 3
        for marks, number in (("", 0), ("transaction=True", 0), ("", 0), ("", 1)):
            done = faulty.run(workers, root, module("pytest", line, marks=marks), worker=number)
            assert result(done).status == "passed"
        recorded = faulty.run(workers, root, module("pytest", line), record=True)
        assert "postgresql" in recorded.spans[0]
        where = f"host={HOST} port={PORT} user=postgres dbname=test_{name}"
        other = result(
            faulty.run(workers, root, module("pytest", "import psycopg", f"psycopg.connect({where!r})"))
        )
        assert other.status == "failed"
        assert other.refused == (
            f"the connection to the database test_{name}, which is none of the scratch ones",
        )

    assert databases(server, name) == [f"test_{name}"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
def test_a_prover_that_is_stopped(tmp_path: Path, server: Any, name: str, number: signal.Signals) -> None:
    root = on_server(tmp_path / "project", name)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    prover = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(root)],
        cwd=CHECKOUT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert prover.stdout is not None
    assert prover.stdout.readline() == "passed\n"
    group = workers_of(prover.pid)
    assert group
    assert len(databases(server, name)) == 2

    prover.send_signal(number)

    assert prover.wait(timeout=30) != 0
    wait_until(lambda: databases(server, name) == [f"test_{name}"])
    wait_until(lambda: not any(map(is_running, group)))
    assert not list(temporary.iterdir())


def workers_of(prover: int) -> list[int]:
    """Return the prover's descendants."""
    found = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    parents = {int(pid): int(parent) for pid, parent in map(str.split, found.splitlines())}
    descendants = [prover]
    for process in descendants:
        descendants += [pid for pid, parent in parents.items() if parent == process]
    return descendants[1:]


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
