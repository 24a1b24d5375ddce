"""Why a project can't be started, and what to do about it, from what was raised."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Final

from otel2test.proving.inside.frameworks import StartError

_DATABASE: Final = frozenset({"OperationalError", "InterfaceError", "DatabaseError", "ProgrammingError"})


def problem_of(error: BaseException, settings_module: str | None) -> tuple[str, str, str]:
    """Return where, what and the remedy."""
    settings = settings_module or "the settings"
    for found in _chain(error):
        if isinstance(found, StartError):
            return "the project", found.what, found.remedy
        if isinstance(found, ModuleNotFoundError) and found.name:
            return _missing(found.name, settings)
        if type(found).__name__ in _DATABASE:
            return (
                "the test database",
                f"cannot be made: {_line(found)}",
                "start the database's server, and see that its user may create databases",
            )
        if isinstance(found, ConnectionRefusedError) and "otel2test prove" in str(found):
            return (
                "the project",
                f"it connects to the network as it starts: {_line(found)}",
                "keep it from that in tests",
            )
        if type(found).__name__ == "ImproperlyConfigured":
            return settings, _line(found), "set what is missing as for your own tests"
    return settings, f"the project fails as it starts: {_told(error)}", "make its own tests run first"


def _missing(module: str, settings: str) -> tuple[str, str, str]:
    if settings == module or settings.startswith(f"{module}."):
        return (
            settings,
            f"no such module from {os.getcwd()}",  # noqa: PTH109 - as the user sees it
            "name the settings with --settings, and start in the project's folder",
        )
    return (
        settings,
        f"the project needs the package {module!r}, which isn't installed there",
        f"install it for {sys.executable}, or name another interpreter with --python",
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {_line(error)}"


def _line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
