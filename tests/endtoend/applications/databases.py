"""The database servers and drivers that tests may run on, and a database of one's own on each.

Settings modules import this as a plain module, where nothing of the checkout is at hand but this
folder; it needs no more than the driver that it is asked for. ``OTEL2TEST_TEST_POSTGRESQL`` and
``OTEL2TEST_TEST_MYSQL`` name servers (host:port) other than the default ones on this machine; they
have to trust ``postgres``, or ``root`` without a password.
"""

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Driver:
    """A module by which Django talks to a database."""

    name: str
    vendor: str
    module: str | None
    """What is imported; None for the one that comes with Python."""


DRIVERS = {
    driver.name: driver
    for driver in (
        Driver("sqlite", "sqlite", None),
        Driver("psycopg", "postgresql", "psycopg"),
        Driver("psycopg2", "postgresql", "psycopg2"),
        Driver("mysqlclient", "mysql", "MySQLdb"),
        Driver("pymysql", "mysql", "pymysql"),
    )
}

_ADDRESSES = {
    "postgresql": ("OTEL2TEST_TEST_POSTGRESQL", "127.0.0.1:5432", "postgres"),
    "mysql": ("OTEL2TEST_TEST_MYSQL", "127.0.0.1:3306", "root"),
}


def obstacle(name: str) -> str | None:
    """Return why nothing can be run with this driver in this process, None if it can."""
    driver = DRIVERS[name]
    if driver.module is None:
        return None
    try:
        import_module(driver.module)
    except ImportError:
        return f"{name} is not installed"
    return server_obstacle(name)


def server_obstacle(name: str) -> str | None:
    """Return why this driver's server can't be used, None if it can; any driver of the vendor is asked."""
    driver = DRIVERS[name]
    if driver.module is None:
        return None
    try:
        _connect(driver).close()
    except Exception:  # noqa: BLE001 - each driver has errors of its own
        variable, _, user = _ADDRESSES[driver.vendor]
        host, port = _address(driver)
        return f"no server at {host}:{port} that trusts {user}; {variable} may name another"
    return None


def activate(name: str) -> None:
    """Let Django use this driver in this process, whatever else is installed."""
    if name == "psycopg2":
        sys.modules["psycopg"] = None  # type: ignore[assignment] # importing it fails, so Django takes psycopg2
    elif name == "pymysql":
        pymysql: Any = import_module("pymysql")
        # Django asks for the version of mysqlclient, whose place it takes.
        pymysql.version_info = (2, 2, 7, "final", 0)
        # An instrumentation may have imported mysqlclient where that is there, too: none of it may be left.
        for module in [name for name in sys.modules if name.startswith("MySQLdb.")]:
            del sys.modules[module]
        pymysql.install_as_MySQLdb()


def settings(name: str, database: str) -> dict[str, Any]:
    """Return an entry of ``DATABASES``; ``database`` is a path for SQLite."""
    driver = DRIVERS[name]
    backend = {"sqlite": "sqlite3"}.get(driver.vendor, driver.vendor)
    found: dict[str, Any] = {"ENGINE": f"django.db.backends.{backend}", "NAME": database}
    if driver.module is not None:
        host, port = _address(driver)
        found.update(HOST=host, PORT=port, USER=_ADDRESSES[driver.vendor][2])
    return found


def create(name: str, database: str) -> None:
    """Make a new, empty database."""
    drop(name, database)
    driver = DRIVERS[name]
    if driver.vendor == "mysql":
        _run(driver, f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
    elif driver.vendor == "postgresql":
        _run(driver, f"CREATE DATABASE {database}")


def drop(name: str, database: str) -> None:
    """Remove a database, whoever may still be connected."""
    driver = DRIVERS[name]
    if driver.vendor == "mysql":
        _run(driver, f"DROP DATABASE IF EXISTS {database}")
    elif driver.vendor == "postgresql":
        _run(driver, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


def _address(driver: Driver) -> tuple[str, int]:
    variable, default, _ = _ADDRESSES[driver.vendor]
    host, _, port = os.environ.get(variable, default).rpartition(":")
    return host, int(port)


def _connect(driver: Driver) -> Any:
    host, port = _address(driver)
    user = _ADDRESSES[driver.vendor][2]
    more = {"dbname": "postgres"} if driver.vendor == "postgresql" else {}
    module = _first_module(driver)
    return module.connect(host=host, port=port, user=user, connect_timeout=10, **more)


def _first_module(driver: Driver) -> Any:
    """Return the driver, or another one for the same server where it isn't installed."""
    others = [other for other in DRIVERS.values() if other.vendor == driver.vendor and other != driver]
    for one in (driver, *others):
        try:
            return import_module(one.module or "")
        except ImportError:
            continue
    raise ImportError(f"no driver for {driver.vendor}")


def _run(driver: Driver, command: str) -> None:
    connection = _connect(driver)
    try:
        # A database can't be made inside a transaction.
        connection.autocommit = True if driver.vendor == "postgresql" else connection.autocommit
        with connection.cursor() as cursor:
            cursor.execute(command)
    finally:
        connection.close()
