"""ORM operations on random schemas, inverted, in a process of their own: Django's settings are for ever.

``OTEL2TEST_TEST_EXAMPLES`` says how many examples are drawn, others in each run; as in
``tests/inverting/test_properties.py``.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PROJECT = Path(__file__).parent / "projects" / "random_schemas"
POSTGRESQL = "OTEL2TEST_TEST_POSTGRESQL"
SERVER = os.environ.get(POSTGRESQL, "127.0.0.1:5432")


def _need_postgresql() -> None:
    psycopg = pytest.importorskip("psycopg", reason="no driver for PostgreSQL")
    host, _, port = SERVER.partition(":")
    try:
        psycopg.connect(host=host, port=port, user="postgres", dbname="postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        pytest.skip(f"no PostgreSQL that trusts us at {SERVER}; {POSTGRESQL} may name another")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_was_observed_is_observed_again(database: str) -> None:
    environ = {name: value for name, value in os.environ.items() if name != POSTGRESQL}
    if database == "postgresql":
        _need_postgresql()
        environ[POSTGRESQL] = SERVER
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(PROJECT)]

    done = subprocess.run(command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
