"""The servers of the project's databases: on this machine, or where the user says that they may be."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

from otel2test.proving.inside import drivers, network
from otel2test.proving.inside.frameworks import StartError

_POSTGRESQL: Final = frozenset({"postgis", "postgresql"})


def allow(databases: Mapping[str, Mapping[str, Any]], elsewhere: tuple[str, ...]) -> None:
    """Let connections to the servers of these databases pass: those of Django's ``DATABASES``, by alias.

    ``elsewhere`` are hosts beyond this machine on which scratch databases may be made. Raises
    :class:`StartError` for a database on another.
    """
    hosts = frozenset(host.lower() for host in elsewhere)
    for alias, database in databases.items():
        for host in _hosts(database):
            if not network.is_local(host) and host.lower() not in hosts:
                raise StartError(
                    f"the database {alias!r} is on {host}; scratch databases are made on this machine only",
                    f"start a server here, or say that it may be one there: --database-host {host}",
                )
    network.allow(databases.values(), hosts)
    drivers.allow(databases.values())


def _hosts(database: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names or addresses of the machines that are asked for a database, without this one's."""
    kind = str(database.get("ENGINE")).rpartition(".")[2]
    usual = os.environ.get("PGHOST", "") if kind in _POSTGRESQL else ""
    for host in str(database.get("HOST") or usual).split(","):
        if host.strip() and host.strip()[0] not in "/@":
            yield host.strip()
