"""The projects of the corpus: what each consists of, where its things lie, in what it runs.

A project is a folder of ``corpus/projects/`` with ``manage.py``, ``config/settings.py``,
``seed.py``, ``requirements.txt`` and ``stories.py``. Its environments are made by uv when they
are first asked for: those that record and prove have otel2test in them, the one that runs tests has not.
"""

import fcntl
import hashlib
import importlib
import shutil
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from corpus.stories import LoginForm, Story
from samples.environments import ROOT, uv
from samples.running import process_environment

PROJECTS = Path(__file__).resolve().parent / "projects"
CACHE = ROOT / ".cache" / "corpus"
COMMON = PROJECTS / "common"

Database: TypeAlias = Literal["sqlite", "postgresql"]
Purpose: TypeAlias = Literal["record", "run", "prove"]

_DRIVER = "psycopg[binary]"
_OURS = f"--editable={ROOT}"
_TESTING = ("pytest", "pytest-django", "responses", "respx", "mocket", "time-machine")
_MORE: dict[Purpose, tuple[str, ...]] = {
    "record": (_OURS, _DRIVER),
    "run": (*_TESTING, _DRIVER),
    "prove": (_OURS, *_TESTING, _DRIVER),
}


@dataclass(frozen=True)
class Project:
    """One application of the corpus, on one kind of database."""

    name: str
    database: Database

    @property
    def folder(self) -> Path:
        """Its code."""
        return PROJECTS / self.name

    @property
    def work(self) -> Path:
        """Where everything made for it is put."""
        return CACHE / self.database / self.name

    @cached_property
    def stories(self) -> Sequence[Story]:
        """What is done with it."""
        stories: Sequence[Story] = importlib.import_module(f"corpus.projects.{self.name}.stories").STORIES
        return stories

    @cached_property
    def login(self) -> LoginForm:
        """How its users log in."""
        login: LoginForm = importlib.import_module(f"corpus.projects.{self.name}.stories").LOGIN
        return login

    @cached_property
    def packages(self) -> Sequence[str]:
        """What is tried here, where it isn't the project's own code: names of installed packages."""
        packages: Sequence[str] = importlib.import_module(f"corpus.projects.{self.name}.stories").PACKAGES
        return packages

    @property
    def mails(self) -> Path:
        """Where the e-mails lie that it sends while it is recorded."""
        return self.work / "mails"

    @property
    def database_name(self) -> str:
        """On a server."""
        return f"otel2test_corpus_{self.name}"

    @property
    def database_url(self) -> str:
        """For ``CORPUS_DATABASE``, which the settings read."""
        if self.database == "sqlite":
            return f"sqlite://{self.work / 'db.sqlite3'}"
        return f"postgresql://127.0.0.1:5432/{self.database_name}"

    def variables(self, programs: Path) -> dict[str, str]:
        """Return the environment for a process of the project."""
        return process_environment(
            programs,
            {
                "CORPUS_DATABASE": self.database_url,
                "CORPUS_MEDIA": str(self.work / "media"),
                "CORPUS_MAILS": str(self.mails),
                "PYTHONPATH": str(COMMON),
            },
        )

    def programs(self, purpose: Purpose) -> Path:
        """Return the folder of the programs of one of its environments."""
        folder = ROOT / ".venvs" / "corpus" / f"{self.name}-{purpose}"
        requirements = self.folder / "requirements.txt"
        made_of = [requirements.read_text(encoding="utf-8"), *_MORE[purpose]]
        if _OURS in _MORE[purpose]:
            # What an editable install takes from there: dependencies and entry points.
            about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
            made_of.append(str(about))
        wanted = hashlib.sha256("\n".join(made_of).encode()).hexdigest()
        stamp = folder / "made-of.txt"
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (folder.parent / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
                shutil.rmtree(folder, ignore_errors=True)
                python = folder / "bin" / "python"
                uv("venv", "--python", sys.executable, str(folder))
                uv("pip", "install", "--python", str(python), "-r", str(requirements), *_MORE[purpose])
                stamp.write_text(wanted, encoding="utf-8")
        return folder / "bin"


def names() -> list[str]:
    """Return the names of all projects."""
    return sorted(folder.parent.name for folder in PROJECTS.glob("*/stories.py"))
