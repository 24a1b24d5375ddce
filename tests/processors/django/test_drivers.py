"""The same operations of the ORM on every database driver that is at hand, recorded for real.

Each driver has a process of its own, as Django takes one for ever; twice, as a statement's span is
the driver's where OpenTelemetry instruments it, and the recorder's own where it doesn't.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.endtoend.applications.databases import DRIVERS, obstacle

CHECKOUT = Path(__file__).resolve().parents[3]
PROJECT = Path(__file__).parent / "projects" / "drivers"


@pytest.mark.parametrize("instrumented", [True, False], ids=["instrumented", "bare"])
@pytest.mark.parametrize("driver", DRIVERS)
def test_driver(driver: str, instrumented: bool) -> None:
    if reason := obstacle(driver):
        pytest.skip(reason)
    environ = {
        **os.environ,
        "OTEL2TEST_TEST_DRIVER": driver,
        "OTEL2TEST_TEST_INSTRUMENTED": str(int(instrumented)),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(PROJECT)]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


INSTEAD = """
import MySQLdb.constants.ER
from tests.endtoend.applications.databases import activate
activate("pymysql")
import django.db.backends.mysql.base
print(django.db.backends.mysql.base.Database.__name__)
"""


def test_pymysql_takes_the_place_of_mysqlclient_that_was_imported_before() -> None:
    pytest.importorskip("MySQLdb", reason="mysqlclient is not installed")
    command = [sys.executable, "-c", INSTEAD]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.stdout == "pymysql\n", done.stderr
