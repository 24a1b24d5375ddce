"""Python environments beside the developer's own, made by uv when they are first asked for.

They live in ``.venvs/``, one set for each Python and Django: the sample project's own
environment must lack otel2test, and one that records must lack opentelemetry-distro. Both get
the Django of the running interpreter, so that the matrix tests what its cell says.
"""

import fcntl
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Literal, TypeAlias

from uv import find_uv_bin

ROOT = Path(__file__).resolve().parent.parent

EnvironmentName: TypeAlias = Literal["sample", "without-distro"]

REQUIREMENTS: dict[EnvironmentName, tuple[str, ...]] = {
    "sample": ("requests", "pytest", "pytest-django", "responses", "time-machine"),
    "without-distro": ("requests", f"--editable={ROOT}"),
}


def environment(name: EnvironmentName) -> Path:
    """Return the folder of an environment's programs; make the environment if it isn't there or is old."""
    django = version("django")
    python = platform.python_version()
    folder = ROOT / ".venvs" / f"py{python}-django{django}" / name
    requirements = (f"django=={django}", *REQUIREMENTS[name])
    if django.startswith("4."):
        requirements += ("pytest-django<4.12",)  # the last that supports it
    stamp = folder / "made-of.txt"
    wanted = "\n".join((*requirements, (ROOT / "pyproject.toml").read_text(encoding="utf-8")))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (ROOT / ".venvs" / "lock").open("w") as lock:
        # Test processes run side by side, and each asks.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            uv("venv", "--python", sys.executable, str(folder))
            uv("pip", "install", "--python", str(folder / "bin" / "python"), *requirements)
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
