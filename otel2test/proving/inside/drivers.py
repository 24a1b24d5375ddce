"""Drivers that connect to databases in C: to the project's own test databases, and nowhere else.

An audit hook doesn't see what they do, so their connecting functions are wrapped, as soon as somebody
imports them: those of psycopg, psycopg2 and mysqlclient. Where a connection would lead is read by the
drivers' own parsers. What passes are the servers that the settings name, as that is where the scratch
databases are; and while a test is on, those databases only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from otel2test.proving.inside import refusing, servers

_ENVIRONMENT: Final = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "service": "PGSERVICE",
    "user": "PGUSER",
}
"""What libpq takes from the environment, where a connection doesn't say it."""
_POSITIONS: Final = ("host", "user", "password", "database", "port", "unix_socket")
"""Of mysqlclient's arguments."""


class _State:
    servers: frozenset[servers.Server] = frozenset()
    indirect: frozenset[str] = frozenset()
    """Names of services and files that say where the settings' databases are."""


def guard() -> None:
    """Look at connections from now on."""
    import wrapt

    for module, hook in (
        ("psycopg", _guard_psycopg),
        ("psycopg2", _guard_psycopg2),
        ("MySQLdb.connections", _guard_mysqldb),
    ):
        wrapt.register_post_import_hook(hook, module)


def allow(databases: Iterable[Mapping[str, Any]]) -> None:
    """Let connections to the servers of these databases pass (entries of Django's ``DATABASES``)."""
    databases = tuple(databases)
    _State.servers = frozenset(server for database in databases for server in servers.of(database))
    _State.indirect = frozenset(name for database in databases for name in servers.indirect(database))


def check_postgresql(told: Mapping[str, Any]) -> None:
    """Raise ConnectionRefusedError unless a connection with these parameters of libpq's may be made."""
    values = {
        name: str(told.get(name) or os.environ.get(variable) or "") for name, variable in _ENVIRONMENT.items()
    }
    hosts = (values["hostaddr"] or values["host"]).split(",")
    ports = values["port"].split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    service = values["service"] if not values["host"] and not values["hostaddr"] else ""
    for host, port in zip(hosts, ports, strict=False):
        if service:
            _check_indirect(f"the service {service}", service)
        else:
            _check(host, port, servers.PORTS["postgresql"])
        # A service may name the database, too.
        if values["dbname"] or not service:
            _check_name(values["dbname"] or values["user"])


def check_mysql(told: Mapping[str, Any]) -> None:
    """Raise ConnectionRefusedError unless a connection with these parameters of mysqlclient's may be made."""
    values = {**_defaults(told), **{name: value for name, value in told.items() if value}}
    host = "" if values.get("unix_socket") else str(values.get("host") or "")
    _check(host, str(values.get("port") or ""), servers.PORTS["mysql"])
    _check_name(str(values.get("database") or values.get("db") or ""))


def _defaults(told: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what an option file says that the connection is to read."""
    file = told.get("read_default_file")
    if not file:
        return {}
    _check_indirect(f"what {file} says", str(file))
    found = servers.option_file(str(file), str(told.get("read_default_group") or ""))
    return {name: found.get(name, "") for name in ("host", "port", "database")}


def _check(host: str, port: str, usual: str) -> None:
    for server in _State.servers:
        if servers.machine(host) == server.host and (not server.port or (port or usual) == server.port):
            return
    _refuse(f"{host or 'localhost'}:{port or usual}")


def _check_indirect(what: str, name: str) -> None:
    if name not in _State.indirect:
        _refuse(what)


def _check_name(name: str) -> None:
    if not refusing.is_testing():
        return
    from django.db import connections

    if name not in {str(connections[alias].settings_dict["NAME"]) for alias in connections}:
        _refuse(f"the database {name}, which is none of the scratch ones")


def _refuse(where: str) -> None:
    refusing.refuse(f"the connection to {where}", ConnectionRefusedError)


def _guard_psycopg(module: Any) -> None:
    import wrapt
    from psycopg.conninfo import conninfo_to_dict

    def connect(made: Callable[..., Any], _class: Any, args: Any, kwargs: Any) -> Any:
        conninfo = args[0] if args else kwargs.get("conninfo", "")
        check_postgresql({**conninfo_to_dict(conninfo), **kwargs})
        return made(*args, **kwargs)

    for name in ("Connection", "AsyncConnection"):
        wrapt.wrap_function_wrapper(module, f"{name}.connect", connect)
    module.connect = module.Connection.connect


def _guard_psycopg2(module: Any) -> None:
    import wrapt
    from psycopg2.extensions import parse_dsn  # type: ignore[import-untyped]

    def connect(made: Callable[..., Any], _module: Any, args: Any, kwargs: Any) -> Any:
        check_postgresql(parse_dsn(args[0] if args else kwargs["dsn"]))
        return made(*args, **kwargs)

    # All that psycopg2.connect() does by itself is to make one DSN of its arguments.
    wrapt.wrap_function_wrapper(module, "_connect", connect)


def _guard_mysqldb(module: Any) -> None:
    import wrapt

    def connect(made: Callable[..., Any], _connection: Any, args: Any, kwargs: Any) -> Any:
        check_mysql({**dict(zip(_POSITIONS, args, strict=False)), **kwargs})
        return made(*args, **kwargs)

    wrapt.wrap_function_wrapper(module, "Connection.__init__", connect)
