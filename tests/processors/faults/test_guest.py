"""Laziness, references and memory, in a process of its own: Django's settings are for ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
GUEST = Path(__file__).parent / "projects" / "test_guest.py"


def test_a_guest_touches_nothing_and_keeps_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(GUEST)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
