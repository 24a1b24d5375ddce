"""What the settings name of the user's is exchanged for something that only proving has.

Databases get names of their own, caches are in memory, and stored files, uploads on their way and logs go
to a folder that is removed afterwards. E-mails are caught by Django's own test environment.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.storage import FileSystemStorage
from django.core.signals import setting_changed
from django.test.utils import override_settings

_LONGEST_NAME: Final = 63
"""Of a PostgreSQL database; what is longer is cut at its end, which is what tells it from another."""
_OWN_CACHES: Final = frozenset(
    {"django.core.cache.backends.locmem.LocMemCache", "django.core.cache.backends.dummy.DummyCache"}
)


_SET: Final = "location"
"""Where Django's own cached property keeps it, and clears it when settings change."""


class _State:
    scratch: str = os.sep
    job: str = os.sep
    logs: Final[WeakKeyDictionary[logging.Handler, Path]] = WeakKeyDictionary()
    """The files that handlers were made for."""


def before_apps(prepare: Callable[[], None]) -> None:
    """Call ``prepare`` when the settings are known, and before any application is loaded."""
    apps.populate = partial(_populate, apps.populate, prepare)  # type: ignore[method-assign]


def _populate(populate: Callable[[Any], None], prepare: Callable[[], None], installed: Any = None) -> None:
    if not apps.apps_ready and not apps.loading:
        prepare()
    populate(installed)


def exchange(scratch: Path, suffix: str) -> list[str]:
    """Exchange all of it; returns what a user should know of that."""
    _State.scratch = os.path.join(os.path.realpath(scratch), "")  # noqa: PTH118 - the separator at its end
    for database in settings.DATABASES.values():
        rename(database, suffix)
    notes = _exchange_caches()
    if getattr(settings, "SESSION_FILE_PATH", None):
        settings.SESSION_FILE_PATH = str(_made(scratch / "sessions"))
    use_folder(scratch / "start")
    FileSystemStorage.location = property(_location, _set_location)  # type: ignore[assignment, method-assign]
    return notes


def use_folder(folder: Path) -> None:
    """Store files below ``folder`` from now on."""
    _State.job = str(_made(folder / "files"))
    changed = {"MEDIA_ROOT": str(_made(folder / "media"))}
    if settings.FILE_UPLOAD_TEMP_DIR is not None:
        changed["FILE_UPLOAD_TEMP_DIR"] = str(_made(folder / "uploads"))
    override_settings(**changed).enable()
    _move_logs(folder / "logs")


def _move_logs(folder: Path) -> None:
    """Let what writes to log files go on in others, which have the same names."""
    for reference in list(logging._handlerList):  # type: ignore[attr-defined]
        handler = reference()
        if not isinstance(handler, logging.FileHandler):
            continue
        place = _State.logs.setdefault(handler, Path(handler.baseFilename))
        if place.is_relative_to("/dev"):
            continue
        moved = folder / place.relative_to(place.anchor)
        with handler.lock or nullcontext():
            if handler.stream is not None:
                handler.stream.close()
                handler.stream = None  # opened again by what is logged next
            handler.baseFilename = str(_made(moved.parent) / moved.name)


def rename(database: dict[str, Any], suffix: str) -> None:
    """Give the test database of a ``DATABASES`` entry a name that ends so, or have it in memory."""
    test = database.setdefault("TEST", {})
    if "sqlite" in database["ENGINE"] or "spatialite" in database["ENGINE"]:
        test["NAME"] = None  # in memory, so that each forked process has a copy
    else:
        name = test.get("NAME") or f"test_{database['NAME']}"
        test["NAME"] = f"{name[: _LONGEST_NAME - len(suffix) - 1]}_{suffix}"


def _exchange_caches() -> list[str]:
    notes = []
    caches: dict[str, Mapping[str, Any]] = {}
    for alias, cache in settings.CACHES.items():
        if cache["BACKEND"] in _OWN_CACHES:
            caches[alias] = cache
            continue
        kept = {
            name: value for name, value in cache.items() if name not in {"BACKEND", "LOCATION", "OPTIONS"}
        }
        caches[alias] = {
            **kept,
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": f"otel2test-{alias}",
        }
        notes.append(f"the cache {alias!r} ({cache['BACKEND']}) is one in memory while proving")
    settings.CACHES = caches
    setting_changed.send(type(settings), setting="CACHES", value=caches, enter=True)
    return notes


def _location(storage: FileSystemStorage) -> Any:
    """Return where a storage keeps its files: outside of its own folder, unless that is static or ours."""
    if _SET in storage.__dict__:
        return storage.__dict__[_SET]
    folder = os.path.realpath(storage.base_location)
    if _is_below(folder, _State.scratch) or isinstance(storage, StaticFilesStorage) or _is_static(folder):
        return os.path.abspath(storage.base_location)  # noqa: PTH100 - as Django says it
    return _State.job + folder


def _set_location(storage: FileSystemStorage, location: str | None) -> None:
    """Keep what a storage says itself: that of static files has none without ``STATIC_ROOT``."""
    storage.__dict__[_SET] = location


def _is_static(folder: str) -> bool:
    named = [entry[1] if isinstance(entry, list | tuple) else entry for entry in settings.STATICFILES_DIRS]
    known = {os.path.realpath(path) for path in (*named, settings.STATIC_ROOT) if path}
    return folder in known or Path(folder).name == "static"


def _is_below(path: str, folder: str) -> bool:
    return f"{path}{os.sep}".startswith(folder)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
