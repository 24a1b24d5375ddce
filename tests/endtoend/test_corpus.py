"""A sample of the corpus: one application that nobody wrote for us, recorded, generated, run.

``make corpus`` does the same with all of them, on either database.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_tests_of_an_application_from_the_registry_pass() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "corpus", "newsletter", "--framework", "both", "--at-least", "95"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"^newsletter +(\d+)", done.stdout, re.MULTILINE)
    assert found is not None, done.stdout
    assert int(found[1]) >= 40
