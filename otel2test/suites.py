"""A folder of generated tests, and the manifest in it that says which recording each stems from.

The manifest, ``otel2test.json``, is what proving and checking begin with, and what tells a test
that somebody edited from one that is still as it was generated. It is JSON, to be committed with
the tests:

``{"version": 1, "framework": "pytest", "recordings": ["../../spans"], "settings": {…},
"modules": {"test_todos.py": "…"},
"tests": [{"module": "test_todos.py", "name": "test_…", "traces": ["…"], "digest": "…"}]}``

Paths are relative to the folder and written with slashes; ``name`` is ``Class.test_…`` for
unittest; digests are those of a module's and of a test's text as they were generated; ``feedback``
is what replays have told about a test.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from otel2test.errors import UsageError
from otel2test.settings import Framework, Settings, override

MANIFEST: Final = "otel2test.json"
_VERSION: Final = 1
_KEPT_SETTINGS: Final = ("assert_queries", "join", "line_length", "test_class", "test_name")


@dataclass(frozen=True, slots=True)
class Entry:
    """One generated test of a folder."""

    module: str
    """Its file's name."""
    name: str
    traces: tuple[str, ...]
    digest: str
    feedback: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the others of its folder."""
        return self.module, self.name


@dataclass(frozen=True, slots=True)
class Suite:
    """A folder of generated tests."""

    folder: Path
    framework: Framework
    recordings: tuple[Path, ...]
    """Empty where they came from standard input."""
    settings: Settings
    entries: tuple[Entry, ...] = ()
    modules: Mapping[str, str] = field(default_factory=dict)
    """Digests of whole modules, by their files' names."""

    def entry(self, module: str, name: str) -> Entry | None:
        """Return what is known of a test."""
        return next((entry for entry in self.entries if entry.key == (module, name)), None)


def digest(text: str) -> str:
    """Return a short name for a test's text; blank lines and spaces at the ends don't count."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def is_folder(output: Path) -> bool:
    """Say whether ``-o`` names a folder for several modules, rather than one module."""
    return output.is_dir() or not output.suffix


def load(folder: Path, settings: Settings) -> Suite | None:
    """Return the suite of a folder, None if it has no manifest.

    ``settings`` are the user's; the manifest has a say in those that shape tests. Raises
    :class:`UsageError` where the manifest can't be read.
    """
    path = folder / MANIFEST
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UsageError(str(path), f"can't be read: {error}", "generate the folder again") from error
    if not isinstance(document, dict) or document.get("version") != _VERSION:
        raise UsageError(str(path), "isn't a manifest that this version knows", "generate the folder again")
    kept = document.get("settings")
    chosen = {"framework": document.get("framework"), **(kept if isinstance(kept, dict) else {})}
    settings = override(settings, chosen, where=str(path))
    tests, recordings, modules = (document.get(name) for name in ("tests", "recordings", "modules"))
    entries = [_entry(item) for item in tests] if isinstance(tests, list) else [None]
    if None in entries or not isinstance(recordings, list) or not isinstance(modules, dict):
        raise UsageError(str(path), "is not whole", "generate the folder again")
    return Suite(
        folder,
        settings.framework,
        tuple((folder / item).resolve() for item in recordings if isinstance(item, str)),
        settings,
        tuple(entry for entry in entries if entry is not None),
        {name: text for name, text in modules.items() if isinstance(name, str) and isinstance(text, str)},
    )


def save(suite: Suite) -> None:
    """Write the manifest; raises :class:`UsageError` where that can't be done."""
    document = {
        "version": _VERSION,
        "framework": suite.framework,
        "recordings": [_relative(path, suite.folder) for path in suite.recordings],
        "settings": {name: getattr(suite.settings, name) for name in _KEPT_SETTINGS},
        "modules": dict(sorted(suite.modules.items())),
        "tests": [_written(entry) for entry in sorted(suite.entries, key=lambda entry: entry.key)],
    }
    write(suite.folder / MANIFEST, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it, whole or not at all."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(text, encoding="utf-8", newline="\n")
        scratch.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            scratch.unlink()
        raise UsageError(str(path), f"can't be written: {error.strerror}", "choose another place") from error


def test_modules(folder: Path) -> Iterable[Path]:
    """Return the test modules of a folder, and of those below it."""
    return sorted(path for path in folder.rglob("test*.py") if not path.name.startswith("."))


def _entry(item: object) -> Entry | None:
    match item:
        case {"module": str(module), "name": str(name), "traces": list(traces), "digest": str(text)}:
            feedback = item.get("feedback", {}) if isinstance(item, dict) else {}
            if Path(module).name != module or not all(isinstance(trace, str) for trace in traces):
                return None
            return Entry(module, name, tuple(traces), text, feedback if isinstance(feedback, dict) else {})
        case _:
            return None


def _written(entry: Entry) -> Mapping[str, object]:
    return {name: value for name, value in asdict(entry).items() if value or name != "feedback"}


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return path.resolve().as_posix()
