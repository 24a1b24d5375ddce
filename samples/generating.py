"""Turn recordings of the sample project into tests, and run those where otel2test isn't.

Enters: recordings. Leaves: test files, and what the test runner of the sample project's own
environment says of them.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from samples.environments import Versions, environment, own
from samples.running import PROJECT, process_environment

Framework: TypeAlias = Literal["pytest", "unittest"]


Done: TypeAlias = "subprocess.CompletedProcess[str]"


def generate(recording: Path, framework: Framework, tests: Path, *options: str) -> Done:
    """Write a test module with ``otel2test gen``."""
    tests.parent.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [own() / "otel2test", "gen", recording, "--framework", framework, "-o", tests, *options],
        env=process_environment(own(), {}),
        capture_output=True,
        text=True,
        check=False,
    )


def run_tests(
    framework: Framework,
    tests: Path,
    env: Mapping[str, str] | None = None,
    versions: Versions | None = None,
    project: Path = PROJECT,
) -> Done:
    """Run a test module, or a folder of them, as the project's developer would.

    The output is in ``stdout``. ``env`` is what the project's settings read, and has to say what it
    said in the recording.
    """
    runner = {
        "pytest": (
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-c",
            "pytest.ini",
            "--rootdir",
            ".",
            str(tests),
        ),
        "unittest": ("manage.py", "test", str(tests if tests.is_dir() else tests.parent)),
    }
    programs = environment("sample", versions)
    return subprocess.run(
        [programs / "python", *runner[framework]],
        cwd=project,
        env=process_environment(programs, env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
