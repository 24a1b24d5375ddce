"""The hooks in a Django project, in processes of their own: settings and hooks are for ever."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
POSTGRESQL = "OTEL2TEST_TEST_POSTGRESQL"
SERVER = os.environ.get(POSTGRESQL, "127.0.0.1:5432")
SHOP = Path(__file__).parent / "projects" / "shop"
ALONE = ("test_bounds.py", "test_secrets.py")
"""These put hooks in place that the others are tried without, for as long as the process lives."""


def run(database: str, *arguments: str) -> str:
    environ = {name: value for name, value in os.environ.items() if name != POSTGRESQL}
    if database == "postgresql":
        environ[POSTGRESQL] = SERVER
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def database(request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql":
        psycopg = pytest.importorskip("psycopg", reason="no driver for PostgreSQL")
        host, _, port = SERVER.partition(":")
        try:
            psycopg.connect(
                host=host, port=port, user="postgres", dbname="postgres", connect_timeout=2
            ).close()
        except psycopg.OperationalError:
            pytest.skip(f"no PostgreSQL that trusts us at {SERVER}; {POSTGRESQL} may name another")
    return str(request.param)


@pytest.mark.parametrize("part", ["the others", *ALONE])
def test_part(database: str, part: str) -> None:
    chosen = [SHOP / part] if part in ALONE else [SHOP, *(f"--ignore={SHOP / name}" for name in ALONE)]
    run(database, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, chosen))


def answers(database: str, mode: str) -> dict[str, Any]:
    module = ".".join([*SHOP.relative_to(CHECKOUT).parts, "transparency"])
    told: dict[str, Any] = json.loads(run(database, "-m", module, mode))
    return told


@pytest.fixture(scope="module")
def unrecorded(database: str) -> dict[str, Any]:
    told = answers(database, "off")
    assert told["recorded"] == 0
    return told


@pytest.mark.parametrize("mode", ["on", "faulty"])
def test_no_response_and_no_query_changes(database: str, unrecorded: dict[str, Any], mode: str) -> None:
    recorded = answers(database, mode)
    assert recorded["recorded"] == len(recorded["responses"])
    assert recorded["responses"] == unrecorded["responses"]
    assert recorded["queries"] == unrecorded["queries"]
