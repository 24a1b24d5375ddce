"""What a span says of the database, under the names of the semantic conventions.

By what Django was told and the driver knows: nothing is asked of the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final

from otel2test.processors.django import drivers
from otel2test.processors.guard import guard, guarded

_KNOWN: Final = "_otel2test_server"
_SYSTEMS: Final = {"microsoft": "microsoft.sql_server", "oracle": "oracle.db"}
"""``connection.vendor`` → ``db.system.name``, where they differ."""


_UNKNOWN: Final[Mapping[str, str | int]] = {"db.system.name": "other_sql"}


@guarded("django: server", _UNKNOWN)
def server_of(connection: Any) -> Mapping[str, str | int]:
    """Return the attributes of a span for what is sent on Django's ``connection``."""
    known: Mapping[str, str | int] | None = vars(connection).get(_KNOWN)
    if known is None:
        known = _described(connection)
        if connection.connection is not None:
            vars(connection)[_KNOWN] = known
    return known


def forget(connection: Any) -> None:
    """Look again, as ``connection`` is connected anew."""
    vars(connection).pop(_KNOWN, None)


def _described(connection: Any) -> dict[str, str | int]:
    described: dict[str, str | int] = {"db.system.name": _system(connection)}
    name = connection.settings_dict.get("NAME")
    if connection.vendor == "sqlite":
        # Where the file lies says more of the machine than of the program.
        name = PurePath(name) if isinstance(name, str) else name
        name = name.name if isinstance(name, PurePath) else None
    if isinstance(name, str) and name:
        described["db.namespace"] = name
    driver = drivers.driver_of(connection)
    if driver is not None:
        described |= driver.attributes
    return described


def _system(connection: Any) -> str:
    vendor: str = connection.vendor
    if vendor == "mysql" and "mariadb" in _greeting(connection).lower():
        return "mariadb"
    return _SYSTEMS.get(vendor, vendor)


def _greeting(connection: Any) -> str:
    """Return the version that a server of this make told as it was connected to."""
    with guard("django: server"):
        if connection.connection is not None:
            return str(connection.connection.get_server_info())
    return ""
