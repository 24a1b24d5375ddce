"""What runs at each call of a function does the same when it is compiled."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from uv import find_uv_bin

ROOT = Path(__file__).resolve().parents[2]
NEEDED = (
    "LICENSE",
    "MANIFEST.in",
    "README.md",
    "pyproject.toml",
    "setup.py",
    "otel2test",
    "processors",
    "templates",
)
SUITE = (
    "processors/conftest.py",
    "processors/callees.py",
    "processors/project.py",
    "processors/test_callers.py",
    "processors/test_cells.py",
    "processors/test_calls.py",
    "processors/test_composing.py",
    "processors/test_debugging.py",
    "processors/test_evaluating.py",
    "processors/test_sieve.py",
    "processors/test_snapshots.py",
    "secrets/corpus.py",
)

needs_a_compiler = pytest.mark.skipif(
    os.environ.get("CC") is None and shutil.which("cc") is None, reason="there is no C compiler"
)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build one of a copy of the sources."""
    folder = tmp_path_factory.mktemp("sdist")
    sources = folder / "sources"
    sources.mkdir()
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, sources / name, symlinks=True)
        else:
            shutil.copy(ROOT / name, sources / name)
    build("--sdist", "--out-dir", folder, sources)
    (archive,) = folder.glob("*.tar.gz")
    return archive


def unpacked_wheel(sdist: Path, folder: Path, **environ: str) -> Path:
    """Build a wheel; return what is in it."""
    build("--wheel", "--out-dir", folder, sdist, **environ)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "lib")
    return folder / "lib"


def build(*arguments: str | Path, **environ: str) -> None:
    done = subprocess.run(
        [find_uv_bin(), "build", "--python", sys.executable, *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def run(program: list[str], folder: Path) -> str:
    """Run Python in ``folder``, where it finds the package that was built and no other."""
    done = subprocess.run(
        [sys.executable, *program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


TELL = "from otel2test.processors.calls import tracer; print(tracer.__file__)"
TELL_HOOK = "from otel2test.processors.calls import Hook; print(Hook.__name__)"


@needs_a_compiler
def test_the_compiled_form_passes_the_same_tests(sdist: Path, tmp_path: Path) -> None:
    # What is compiled does the same, however fast it is; all of it optimized takes a minute.
    lib = unpacked_wheel(sdist, tmp_path, CFLAGS="-O1 -g0")
    for name in SUITE:
        copied = lib / "tests" / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        for package in (copied.parent, copied.parent.parent):
            (package / "__init__.py").touch()
        shutil.copy(ROOT / "tests" / name, copied)

    assert not run(["-c", TELL], lib).strip().endswith(".py")
    hook = "Monitoring" if sys.version_info >= (3, 12) else "Evaluating"
    assert run(["-c", TELL_HOOK], lib).strip() == hook
    run(["-m", "pytest", "-q", "-p", "no:django", "-p", "no:cacheprovider", "tests"], lib)


@pytest.mark.parametrize("environ", [{"CC": "false"}, {"OTEL2TEST_COMPILE": "0"}], ids=["fails", "not-asked"])
def test_without_a_compiler_the_interpreted_form_is_left(
    sdist: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    lib = unpacked_wheel(sdist, tmp_path, **environ)

    assert list(lib.rglob("*.so")) == []
    hook = "Monitoring" if sys.version_info >= (3, 12) else "Profiling"
    assert run(["-c", TELL_HOOK], lib).strip() == hook
    assert run(["-c", TELL], lib).strip().endswith("tracer.py")
