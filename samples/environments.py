"""Python environments beside the developer's own, made by uv when they are first asked for.

They live in ``.venvs/``, one set for each Python and Django: the sample project's own
environment must lack otel2test, one that records must lack opentelemetry-distro, and one has the
servers. Unless told otherwise they get the Python and Django of the running interpreter, so that
the matrix tests what its cell says.
"""

import fcntl
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal, TypeAlias

from uv import find_uv_bin

from scripts import mysqlclient

ROOT = Path(__file__).resolve().parent.parent

EnvironmentName: TypeAlias = Literal["sample", "servers", "without-distro"]

DRIVERS: Final = ("psycopg[binary]", "psycopg2-binary", "pymysql")
REQUIREMENTS: dict[EnvironmentName, tuple[str, ...]] = {
    "sample": ("requests", "pytest", "pytest-django", "responses", "time-machine", *DRIVERS),
    "servers": ("requests", "gunicorn", "uvicorn", "opentelemetry-distro", f"--editable={ROOT}", *DRIVERS),
    "without-distro": ("requests", f"--editable={ROOT}"),
}


@dataclass(frozen=True, slots=True)
class Versions:
    """A Python and a Django."""

    interpreter: Path
    python: str
    django: str
    """All of the version, or its first two numbers."""

    def requirements(self) -> tuple[str, ...]:
        """Return what makes it this Django."""
        whole = self.django.count(".") > 1
        wanted = f"django=={self.django}" if whole else f"django~={self.django}.0"
        # The last that supports it.
        return (wanted, "pytest-django<4.12") if self.django.startswith("4.") else (wanted,)


def running_versions() -> Versions:
    """Return those of the running interpreter."""
    return Versions(Path(sys.executable), platform.python_version(), version("django"))


def environment(name: EnvironmentName, versions: Versions | None = None) -> Path:
    """Return the folder of an environment's programs; make the environment if it isn't there or is old."""
    wished = versions or running_versions()
    folder = ROOT / ".venvs" / f"py{wished.python}-django{wished.django}" / name
    requirements = (*wished.requirements(), *REQUIREMENTS[name])
    stamp = folder / "made-of.txt"
    wanted = "\n".join((*requirements, (ROOT / "pyproject.toml").read_text(encoding="utf-8")))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (ROOT / ".venvs" / "lock").open("w") as lock:
        # Test processes run side by side, and each asks.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            python = str(folder / "bin" / "python")
            uv("venv", "--python", str(wished.interpreter), str(folder))
            uv("pip", "install", "--python", python, *requirements)
            if DRIVERS[0] in requirements:
                mysqlclient.install(Path(python))
            stamp.write_text(wanted, encoding="utf-8")
    return folder / "bin"


def own() -> Path:
    """Return the folder of the programs of the environment that this runs in."""
    return Path(sys.prefix) / "bin"


def uv(*arguments: str) -> None:
    """Run uv; what it says is shown only when it fails."""
    try:
        subprocess.run([find_uv_bin(), *arguments], check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        sys.exit(f"uv {' '.join(arguments)} failed:\n{error.stderr}")
