"""What has been proven before an interruption, so that the next run goes on from there.

Kept as JSON Lines in ``.otel2test/`` of the project, one line a test and one a mutant, as soon as it is
settled; a run that comes to its end deletes it. A line counts only while neither the test as it was
first written, or the tests that a mutant was shown to, nor the project's code has changed.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = ".otel2test"
_FILE: Final = "proving.jsonl"
_CODE: Final = (".py", ".html", ".txt", ".toml", ".cfg", ".ini")
_NOT_OURS: Final = frozenset({"node_modules", "site-packages", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of one test from before."""

    passed: bool
    fidelity: float | None
    reason: str
    divergence: str
    rounds: int
    seconds: float
    feedback: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known of one mutant from before, by the keys of tests."""

    tried: tuple[str, ...]
    """Those that it was shown to."""
    killed: tuple[str, ...]
    """Those that noticed it."""


class Progress:
    """The file of one project; ``fresh`` forgets what is in it.

    ``situation`` is what else proofs depend on, such as the interpreter.
    """

    def __init__(self, root: Path, *situation: str, fresh: bool = False) -> None:
        self._path = root / FOLDER / _FILE
        self._code = "\0".join((*situation, _fingerprint(root)))
        if fresh:
            self.finished()
        self._kept: dict[str, Kept] = {}
        self._settled: dict[str, Settled] = {}
        self._read()

    def __len__(self) -> int:
        return len(self._kept)

    def known(self, key: str, text: str) -> Kept | None:
        """Return what is known of a test; ``text`` is how it was first written."""
        return self._kept.get(self._name(key, text))

    def keep(self, key: str, text: str, kept: Kept) -> None:
        """Remember a test; where the file can't be written, an interruption loses it."""
        self._append(self._name(key, text), {name: getattr(kept, name) for name in _FIELDS})

    def settled(self, name: str) -> Settled | None:
        """Return what is known of a mutant; ``name`` stands for it and for the tests that it is shown to."""
        return self._settled.get(self._name("mutant", name))

    def settle(self, name: str, settled: Settled) -> None:
        """Remember a mutant; where the file can't be written, an interruption loses it."""
        self._append(self._name("mutant", name), {"tried": settled.tried, "killed": settled.killed})

    def _append(self, key: str, told: Mapping[str, object]) -> None:
        line = json.dumps({"key": key, **told})
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(exist_ok=True)
            ignored = self._path.parent / ".gitignore"
            if not ignored.exists():
                ignored.write_text("*\n", encoding="utf-8")
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")

    def finished(self) -> None:
        """Forget all: there is nothing to go on with."""
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _name(self, key: str, text: str) -> str:
        return hashlib.sha256(f"{self._code}\0{key}\0{text}".encode()).hexdigest()

    def _read(self) -> None:
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return
        for line in lines:
            # The last may be cut off; and whoever wrote into it by hand proves again.
            with contextlib.suppress(ValueError, KeyError, TypeError):
                told = json.loads(line)
                if "tried" in told:
                    self._settled[str(told["key"])] = Settled(tuple(told["tried"]), tuple(told["killed"]))
                else:
                    self._kept[str(told["key"])] = Kept(**{name: told[name] for name in _FIELDS})


_FIELDS: Final[tuple[str, ...]] = tuple(Kept.__slots__)


def _fingerprint(root: Path) -> str:
    """Return what changes when the project's code does: names, sizes and times of its files."""
    found = hashlib.sha256()
    for path, size, time in sorted(_files(str(root))):
        found.update(f"{path}\0{size}\0{time}\n".encode())
    return found.hexdigest()


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    """Yield path, size and time of each file that may matter; a tree may be large, so paths are text."""
    waiting = [folder]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            here = [*entries]
            if any(entry.name == "pyvenv.cfg" for entry in here):
                continue
            for entry in here:
                if entry.name.startswith(".") or entry.name in _NOT_OURS:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.name.endswith(_CODE) and not entry.name.startswith("test"):
                    status = entry.stat()
                    yield entry.path, status.st_size, status.st_mtime_ns
