"""Outbound connections are refused while proving, except to a test database: on this machine, or where the
user says that it may be.

Every connection that is made through Python's ``socket`` is seen, whichever library makes it, also
while the settings are imported. What is connected in C is not, but for drivers of databases
(:mod:`.drivers`).
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from otel2test.proving.inside import drivers, refusing, servers
from otel2test.proving.inside.frameworks import StartError

_CONNECTING: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_ASKING: Final = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})


class _State:
    folder: str | None = None
    """Sockets in it are our own; None as long as nothing is refused."""
    ports: frozenset[int] = frozenset()
    sockets: tuple[str, ...] = ()
    hosts: frozenset[str] = frozenset()
    """Names and addresses of other machines with a test database."""


def refuse(folder: str) -> None:
    """Refuse from now on; sockets in ``folder`` may be connected to."""
    refusing.enforce({**dict.fromkeys(_CONNECTING, _connect), **dict.fromkeys(_ASKING, _ask)})
    _State.folder = os.path.join(os.path.realpath(folder), "")  # noqa: PTH118 - the separator at its end
    drivers.guard()


def allow(databases: Mapping[str, Mapping[str, Any]], elsewhere: Iterable[str] = ()) -> None:
    """Let connections to these databases pass: those of Django's ``DATABASES``, by alias.

    ``elsewhere`` are hosts beyond this machine on which scratch databases may be made. Raises
    :class:`StartError` for a database on another.
    """
    hosts = frozenset(host.lower() for host in elsewhere)
    ports, sockets = set[str](), list[str]()
    for alias, database in databases.items():
        host = str(database.get("HOST") or "")
        unix_socket = (database.get("OPTIONS") or {}).get("unix_socket")
        sockets += [host] if host.startswith("/") else []
        sockets += [str(unix_socket)] if unix_socket else []
        for server in servers.of(database):
            if server.host and server.host not in hosts:
                raise StartError(
                    f"the database {alias!r} is on {server.host}; "
                    "scratch databases are made on this machine only",
                    f"start a server here, or say that it may be one there: --database-host {server.host}",
                )
            if not host.startswith("/"):
                ports.add(server.port)
    _State.hosts = hosts
    _State.hosts |= {address for host in hosts for address in _addresses(host)}
    _State.ports = frozenset(int(port) for port in ports if port.isdecimal())
    _State.sockets = tuple(sockets)
    drivers.allow(databases.values())


def _connect(_event: str, arguments: tuple[Any, ...]) -> None:
    address = arguments[1]
    if isinstance(address, tuple) and len(address) >= 2 and isinstance(address[0], str):
        if not (_is_allowed(address[0]) and address[1] in _State.ports):
            _refuse(f"{address[0]}:{address[1]}")
    elif isinstance(address, str | bytes):
        path = os.fsdecode(address)
        if not _is_ours(path):
            _refuse(path)


def _ask(event: str, arguments: tuple[Any, ...]) -> None:
    host = arguments[0]
    name = os.fsdecode(host) if isinstance(host, str | bytes) else ""
    if name and not _is_allowed(name) and not _is_address(name):
        port = arguments[1] if event == "socket.getaddrinfo" else None
        _refuse(name if port is None else f"{name}:{port}")


def _refuse(where: str) -> None:
    refusing.refuse(f"the connection to {where}", ConnectionRefusedError)


def _is_ours(path: str) -> bool:
    return os.path.realpath(path).startswith(_State.folder or "\0") or any(
        path == allowed or Path(path).parent == Path(allowed) for allowed in _State.sockets
    )


def _is_allowed(host: str) -> bool:
    return servers.is_local(host) or host.lower() in _State.hosts


def _addresses(host: str) -> Iterator[str]:
    """Yield the addresses of a machine, none if it isn't found."""
    with contextlib.suppress(OSError):
        yield from {str(found[4][0]) for found in socket.getaddrinfo(host, None)}


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
