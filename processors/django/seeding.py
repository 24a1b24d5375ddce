"""Which models have rows as soon as a database is set up: made by migrations, or after them.

What enters is a model; nothing is run. The texts of migrations and of the modules that listen to
``post_migrate`` are searched for the making of such a row, so that the answer errs on the side of
"may have": a row that may be there is looked up before it is made.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.db.models import Model, signals

_RUNS_CODE: Final = re.compile(r"\bRun(?:Python|SQL)\b")
_LOADS_FIXTURES: Final = re.compile(r"fixture|loaddata", re.IGNORECASE)
_CREATES: Final = r"\.(?:a?create|a?get_or_create|a?update_or_create|a?bulk_create)\("


def is_seeded(model: type[Model]) -> bool:
    """Return whether the project's or a library's code may make rows of it when a database is set up."""
    config = model._meta.app_config
    if config is None:
        return False
    if not _is_django(config) and _is_seeded_by_its_app(model, config):
        return True
    label, name = config.label, model._meta.object_name
    named = re.compile(rf"""(["']){label}(?:\1\s*,\s*\1|\.){name}\1""", re.IGNORECASE)
    makes = _makes(model)
    return any(
        named.search(text) and makes.search(text)
        for other in apps.get_app_configs()
        if other is not config and not _is_django(other)
        for text in _migrations(other)
    )


def _is_seeded_by_its_app(model: type[Model], config: Any) -> bool:
    name = model._meta.object_name
    makes = _makes(model)
    if any(makes.search(text) for text in _migrations(config)):
        return True
    named = re.compile(rf"\b{config.label}\.{name}\b", re.IGNORECASE)
    if any(named.search(text) for text in _fixtures(config)):
        return True
    return any(re.search(rf"\b{name}\b", text) for text in _listeners(config))


def _makes(model: type[Model]) -> re.Pattern[str]:
    name = model._meta.object_name
    return re.compile(
        rf"\b{name}\b[^\n=]*{_CREATES}"
        rf"|\b{name}\([^)]"
        rf"|INSERT\s+INTO\s+\W*{re.escape(model._meta.db_table)}\b",
        re.IGNORECASE,
    )


def _is_django(config: Any) -> bool:
    """Return whether an app is Django's own, whose rows are known: content types, permissions, a site."""
    return bool(config.name.startswith("django."))


@cache
def _migrations(config: Any) -> tuple[str, ...]:
    """Return the migrations that run code or SQL of their own."""
    folder = Path(config.path) / "migrations"
    texts = (_read(file) for file in sorted(folder.glob("*.py")))
    return tuple(text for text in texts if _RUNS_CODE.search(text))


@cache
def _fixtures(config: Any) -> tuple[str, ...]:
    """Return the fixtures of an app whose migrations load some."""
    if not any(_LOADS_FIXTURES.search(text) for text in _migrations(config)):
        return ()
    files = sorted((Path(config.path) / "fixtures").rglob("*.*"))
    return tuple(_read(file) for file in files if file.suffix in {".json", ".xml", ".yaml", ".yml", ".jsonl"})


@cache
def _listeners(config: Any) -> tuple[str, ...]:
    """Return the modules of the app whose functions are called after its migrations."""
    # Most listen to every app's migrations, but make rows of their own app only.
    names = {str(getattr(receiver, "__module__", "")) for receiver in _receivers(config)}
    files = (getattr(sys.modules.get(name), "__file__", None) for name in sorted(names))
    return tuple(
        _read(Path(file))
        for name, file in zip(sorted(names), files, strict=True)
        if file is not None and (name == config.name or name.startswith(f"{config.name}."))
    )


def _receivers(config: Any) -> Iterator[Any]:
    live: Any = signals.post_migrate._live_receivers(config)
    # Since Django 5.0 those that are coroutines stand apart.
    for group in live if isinstance(live, tuple) else (live,):
        yield from group


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
