"""The environments of the recorders that are compared, in ``.venvs/benchmarks/``.

Made by uv when they are first asked for, and anew when what they are made of changes.
"""

import platform
import shutil
from pathlib import Path

from samples.environments import ROOT, uv
from scripts.matrix import PYTHONS, find

DJANGO = "django~=5.2.0"


def pythons() -> dict[str, Path]:
    """Return the oldest and the newest supported Python that are at hand, by version."""
    found = {python: interpreter for python in PYTHONS if (interpreter := find(python)) is not None}
    return {
        python: found[python] for python in dict.fromkeys((min(found, key=_order), max(found, key=_order)))
    }


def _order(python: str) -> tuple[int, ...]:
    return tuple(int(part) for part in python.split("."))


def environment(name: str, python: str, interpreter: Path, requirements: tuple[str, ...]) -> Path:
    """Return the folder of an environment's programs."""
    folder = ROOT / ".venvs" / "benchmarks" / f"py{python}-{name}"
    stamp = folder / "made-of.txt"
    made_of = [str(interpreter), DJANGO, *requirements]
    if any(requirement.startswith("--editable") for requirement in requirements):
        made_of.append((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = "\n".join(made_of)
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        uv("venv", "--python", str(interpreter), str(folder))
        uv("pip", "install", "--python", str(folder / "bin" / "python"), DJANGO, *requirements)
        stamp.write_text(wanted, encoding="utf-8")
    return folder / "bin"


def machine() -> str:
    """Return what the figures were taken on."""
    return f"{platform.system()} {platform.machine()}, {_processor()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else "unknown processor"
