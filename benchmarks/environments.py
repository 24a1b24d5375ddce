"""The environments of the recorders that are compared, in ``.venvs/benchmarks/``.

Made by uv when they are first asked for, and anew when what they are made of changes.
"""

import hashlib
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
    if any(requirement.endswith(str(ROOT)) for requirement in requirements):
        made_of.append((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if str(ROOT) in requirements:
        made_of.append(_sources())
    wanted = "\n".join(made_of)
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        uv("venv", "--python", str(interpreter), str(folder))
        python_there = str(folder / "bin" / "python")
        # Else uv takes the wheel that it made of these sources when they were others.
        uv(
            "pip",
            "install",
            "--reinstall-package",
            "otel2test",
            "--python",
            python_there,
            DJANGO,
            *requirements,
        )
        stamp.write_text(wanted, encoding="utf-8")
    return folder / "bin"


def _sources() -> str:
    """Return a digest of what a wheel is made of."""
    digest = hashlib.sha256((ROOT / "setup.py").read_bytes())
    for folder in ("otel2test", "processors", "templates"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.is_file() and file.suffix in {".py", ".pyx", ".pxd", ".jinja"}:
                digest.update(file.read_bytes())
    return digest.hexdigest()


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
