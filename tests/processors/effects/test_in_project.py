"""The hooks in a Django project. Each part runs in a process of its own, as settings are for ever."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
KIOSK = Path(__file__).parent / "projects" / "kiosk"


@pytest.mark.parametrize("part", sorted(path.name for path in KIOSK.glob("test_*.py")))
def test_part(part: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(KIOSK / part)],
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if not name.startswith("OTEL2TEST_")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED:
        pytest.skip(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
