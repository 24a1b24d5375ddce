"""Where the user's project is, and how it is started.

Enters: the folder of the tests, the current folder, and what the user says. Leaves: a
:class:`Project`. Nothing is imported or run here; what is wrong with the project itself shows when a
worker starts (:mod:`otel2test.proving.workers`).
"""

from __future__ import annotations

import ast
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from otel2test.errors import ProjectError
from otel2test.proving.jobs import Framework

_SETTINGS: Final = "DJANGO_SETTINGS_MODULE"
_CONFIGURATIONS: Final = {
    "pytest.ini": "",
    ".pytest.ini": "",
    "pyproject.toml": "[tool.pytest",
    "tox.ini": "[pytest]",
    "setup.cfg": "[tool:pytest]",
}
"""The files that pytest looks at in each folder, in its order, and what one must hold."""


@dataclass(frozen=True, slots=True)
class Project:
    """How a project is started."""

    framework: Framework
    folder: Path
    """Of the tests, absolute; it need not exist."""
    root: Path
    """Where the runner starts."""
    python: str
    manage: Path | None = None
    """The project's ``manage.py``."""
    configuration: Path | None = None
    """The file with pytest's configuration."""
    settings_module: str | None = None
    """As the user names it; None leaves it to the environment, pytest-django or ``manage.py``."""
    database_hosts: tuple[str, ...] = ()
    """Machines beyond this one on which scratch databases may be made."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """What pytest is told, beside the folder."""
        place = (
            ("--rootdir", str(self.root))
            if self.configuration is None
            else ("-c", str(self.configuration), "--rootdir", str(self.configuration.parent))
        )
        settings = () if self.settings_module is None else (f"--ds={self.settings_module}",)
        return (*place, *settings)


def find(
    folder: Path,
    framework: Framework,
    python: str | None = None,
    settings_module: str | None = None,
    here: Path | None = None,
) -> Project:
    """Find the project at or above the folder of the tests, or else the current folder (``here``).

    Raises :class:`ProjectError` where there is neither a ``manage.py`` nor a settings module, or no
    such interpreter.
    """
    folder, here = folder.absolute(), (here or Path.cwd()).absolute()
    interpreter = shutil.which(python or sys.executable)
    if interpreter is None:
        raise ProjectError(python or sys.executable, "no such program", "name an interpreter with --python")
    manage = _manage(folder) or _manage(here)
    base = folder if manage is not None and manage.parent in (folder, *folder.parents) else here
    configuration = None
    if framework == "pytest":
        found = [_configuration(start) for start in (base, folder, here)]
        naming = [path for path in found if path is not None and _names_settings(path)]
        configuration = next(iter(naming), found[0])
    named = settings_module or os.environ.get(_SETTINGS) or None
    told = named is not None or (configuration is not None and _names_settings(configuration))
    if manage is None and not told:
        raise ProjectError(
            str(folder),
            "there is no manage.py at or above it or the current folder, and no settings module is named",
            f"start in the project's folder, or name the settings with --settings or {_SETTINGS}",
        )
    if framework == "pytest" and manage is not None and not told:
        settings_module = _settings_of(manage)
    place = configuration if framework == "pytest" and configuration is not None else manage
    root = here if place is None else place.parent
    return Project(framework, folder, root, interpreter, manage, configuration, settings_module)


def _manage(start: Path) -> Path | None:
    return next((path for at in _upwards(start) if (path := at / "manage.py").is_file()), None)


def _configuration(start: Path) -> Path | None:
    for folder in _upwards(start):
        for name, mark in _CONFIGURATIONS.items():
            path = folder / name
            if path.is_file() and mark in _text(path):
                return path
    return None


def _upwards(start: Path) -> Iterator[Path]:
    yield start
    yield from start.parents


def _names_settings(configuration: Path) -> bool:
    text = _text(configuration)
    return _SETTINGS in text or "--ds" in text


def _settings_of(manage: Path) -> str | None:
    """Return the settings that a ``manage.py`` names outright, as ``startproject`` writes it."""
    try:
        tree = ast.parse(_text(manage))
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match [argument.value for argument in node.args if isinstance(argument, ast.Constant)]:
                case [str(variable), str(module)] if variable == _SETTINGS:
                    return module
    return None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
