"""The servers on which the settings have databases, as Django and the drivers find them."""

from __future__ import annotations

import configparser
import ipaddress
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PORTS: Final = {"mysql": "3306", "postgis": "5432", "postgresql": "5432"}
"""By the last part of the database engine's name."""
_IN_FILES: Final = frozenset({"spatialite", "sqlite3"})


@dataclass(frozen=True, slots=True)
class Server:
    """Where a database is."""

    host: str
    """A name or an address, in lower case; empty for this machine."""
    port: str
    """Empty for any."""


def of(database: Mapping[str, Any]) -> Iterator[Server]:
    """Yield the servers that may have a database, an entry of Django's ``DATABASES``."""
    kind = str(database.get("ENGINE")).rpartition(".")[2]
    if kind in _IN_FILES:
        return
    surroundings: Mapping[str, str] = {} if kind == "mysql" else os.environ
    port = str(database.get("PORT") or surroundings.get("PGPORT") or PORTS.get(kind, ""))
    host = str(database.get("HOST") or surroundings.get("PGHOST") or "")
    if host or not any(indirect(database)):
        yield from (Server(machine(one), port) for one in host.split(","))
    for told in _told_indirectly(database):
        named = told.get("hostaddr") or told.get("host", "")
        yield from (Server(machine(one), told.get("port", "")) for one in named.split(","))


def indirect(database: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of services and files that say where a database is."""
    options = database.get("OPTIONS") or {}
    return (str(options[name]) for name in ("service", "read_default_file") if options.get(name))


def option_file(path: str, group: str = "") -> dict[str, str]:
    """Return what MySQL's clients read in an option file, and in a group of it beside their own."""
    sections = _sections(path)
    return {**sections.get("client", {}), **sections.get(group or "client", {})}


def machine(host: str) -> str:
    """Return a host in lower case; nothing for this machine, be it by name, by address or by socket."""
    host = host.strip()
    return "" if not host or host[0] in "/@" or is_local(host) else host.lower()


def is_local(host: str) -> bool:
    """Return whether a name or an address is that of this machine, seen from itself."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host.lower() in {"localhost", "ip6-localhost", "localhost.localdomain"}


def _told_indirectly(database: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """Yield what an option file and a service say of a database."""
    options = database.get("OPTIONS") or {}
    if options.get("read_default_file"):
        yield option_file(str(options["read_default_file"]), str(options.get("read_default_group") or ""))
    if options.get("service"):
        yield _service(str(options["service"]))


def _service(name: str) -> Mapping[str, str]:
    """Return what libpq is told of a service; one that isn't found is a host of which nothing is known."""
    folder = os.environ.get("PGSYSCONFDIR") or "/etc/postgresql-common"
    paths = (os.environ.get("PGSERVICEFILE") or "~/.pg_service.conf", f"{folder}/pg_service.conf")
    return next((found for path in paths if (found := _sections(path).get(name)) is not None), {"host": name})


def _sections(path: str) -> dict[str, dict[str, str]]:
    """Return the sections of a file with what they say; none if it can't be read."""
    parser = configparser.ConfigParser(allow_no_value=True, strict=False, interpolation=None)
    try:
        parser.read_string(Path(path).expanduser().read_text(encoding="utf-8", errors="replace"))
    except (OSError, configparser.Error):
        return {}
    return {name: {key: value for key, value in parser.items(name) if value} for name in parser.sections()}
