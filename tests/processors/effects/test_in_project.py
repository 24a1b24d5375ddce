"""The hooks in a Django project, in a process of its own, as settings are for ever."""

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
KIOSK = Path(__file__).parent / "projects" / "kiosk"


def test_project() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(KIOSK)],
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if not name.startswith("OTEL2TEST_")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
