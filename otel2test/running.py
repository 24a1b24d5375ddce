"""``otel2test run``: start a command of the app's so that it is recorded.

What enters is the command as the user would type it, what leaves is that command in
place of this process, under ``opentelemetry-instrument`` and in an environment that asks
for the recorder. What the user exported stands. Refused: no command, one that cannot be
found, and an installation without ``opentelemetry-instrument``.
"""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

from otel2test.errors import UsageError

_EXPORTER: Final = "otel2test"
_DEFAULTS: Final = {
    "OTEL_PYTHON_DISTRO": "otel2test",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
}
_WHERE: Final = "otel2test run"


def run(command: Sequence[str], directory: Path | None = None) -> NoReturn:
    """Become ``command``, recorded into ``directory`` (default: what ``OTEL2TEST_DIR`` says)."""
    if not command:
        raise UsageError(
            _WHERE, "no command is given", "such as: otel2test run -- python manage.py runserver"
        )
    programs = Path(sys.executable).parent
    environ = command_environment(os.environ, programs, directory)
    instrument = shutil.which("opentelemetry-instrument", path=environ["PATH"])
    if instrument is None:
        remedy = "run: pip install opentelemetry-instrumentation"
        raise UsageError(_WHERE, "opentelemetry-instrument is not installed beside otel2test", remedy)
    program = shutil.which(command[0], path=environ["PATH"])
    if program is None:
        raise UsageError(_WHERE, f"{command[0]}: no such program", "check its name, or give its whole path")
    arguments = [instrument, program, *command[1:]]
    os.execve(instrument, arguments, environ)  # noqa: S606 - running the user's command is what this is for


def command_environment(
    environ: Mapping[str, str], programs: Path, directory: Path | None = None
) -> dict[str, str]:
    """Return ``environ`` changed so that a command is recorded.

    ``programs`` is the folder of the Python that otel2test is installed in: it comes first
    on the path, so that ``python`` means that one though its environment isn't activated.
    """
    exporters = [name.strip() for name in environ.get("OTEL_TRACES_EXPORTER", "").split(",")]
    wanted = [name for name in exporters if name not in {"", "none", _EXPORTER}]
    path = [str(programs), *filter(None, [environ.get("PATH", os.defpath)])]
    changed = {
        "OTEL_TRACES_EXPORTER": ",".join([_EXPORTER, *wanted]),
        "PATH": os.pathsep.join(path),
    }
    if directory is not None:
        changed["OTEL2TEST_DIR"] = str(directory)
    return {**_DEFAULTS, **environ, **changed}
