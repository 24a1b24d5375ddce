"""What a user may choose: ``[tool.otel2test]`` of pyproject.toml, then the command line.

The recorder has settings of its own, read from the environment of the recorded program;
see ``processors/settings.py``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal, get_args

from otel2test.errors import UsageError
from otel2test.identifiers import is_identifier

Framework = Literal["pytest", "unittest"]
FRAMEWORKS: tuple[Framework, ...] = get_args(Framework)


@dataclass(frozen=True, slots=True)
class Settings:
    """How tests are generated."""

    framework: Framework = "pytest"
    line_length: int = 88
    test_name: str | None = None
    """Name for the test, with or without ``test_``; further tests get a number."""
    test_class: str | None = None
    """Name of the TestCase, for unittest."""
    join: bool = False
    """Whether the requests of one client become one test."""
    assert_queries: bool = False
    """Whether a test asserts how many queries the request makes."""


def load(folder: Path) -> Settings:
    """Return the settings of the nearest pyproject.toml at or above ``folder``.

    Raises :class:`UsageError` where one of them is unknown or of the wrong type.
    """
    for candidate in (folder, *folder.parents):
        path = candidate / "pyproject.toml"
        if path.is_file():
            return _from_file(path)
    return Settings()


def _from_file(path: Path) -> Settings:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(str(path), f"can't be read: {error}", "mend the file") from error
    tools = document.get("tool", {})
    table = tools.get("otel2test", {}) if isinstance(tools, dict) else None
    if not isinstance(table, dict):
        raise UsageError(str(path), "tool.otel2test isn't a table", "write [tool.otel2test]")
    return override(Settings(), table, where=f"{path}, [tool.otel2test]")


def override(settings: Settings, values: Mapping[str, object], *, where: str) -> Settings:
    """Return ``settings`` with ``values`` in place; None keeps what is there.

    Raises :class:`UsageError`, with ``where``, for names and values that make no sense.
    """
    known = {item.name for item in fields(Settings)}
    given = {name.replace("-", "_"): value for name, value in values.items() if value is not None}
    for name, value in given.items():
        if name not in known:
            raise UsageError(where, f"unknown setting {name!r}", f"known are {', '.join(sorted(known))}")
        _check(name, value, where)
    return replace(settings, **given)  # type: ignore[arg-type]


def _check(name: str, value: object, where: str) -> None:
    if name == "framework" and value not in FRAMEWORKS:
        raise UsageError(where, f"unknown framework {value!r}", f"use one of {', '.join(FRAMEWORKS)}")
    if name == "line_length" and (not isinstance(value, int) or not 20 <= value <= 320):
        raise UsageError(where, f"line_length is {value!r}", "use a number from 20 to 320")
    if name in {"assert_queries", "join"} and not isinstance(value, bool):
        raise UsageError(where, f"{name} is {value!r}", "use true or false")
    if name in {"test_name", "test_class"} and not (isinstance(value, str) and is_identifier(value)):
        raise UsageError(where, f"{name} is {value!r}", "use a name that Python allows")
