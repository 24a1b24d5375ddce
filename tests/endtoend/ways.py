"""The ways to start recording, each as its user would type it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from samples.environments import Versions, environment, own

APPLICATIONS = Path(__file__).resolve().parent / "applications"


@dataclass(frozen=True, slots=True)
class Way:
    """A command that serves the sample project, ``{port}`` left open, and what is exported for it."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    runs_in: Literal["own", "servers", "without-distro"] = "own"
    versions: Versions | None = None
    """Of Python and Django, where not those of this process."""

    def programs(self) -> Path:
        """Return the folder of the programs that the command means."""
        return own() if self.runs_in == "own" else environment(self.runs_in, self.versions)


INSTRUMENT = {"OTEL_TRACES_EXPORTER": "otel2test"}
RUNSERVER = ("python", "manage.py", "runserver", "{port}")
# Its control socket would lie in the home directory, the same for all.
GUNICORN = ("gunicorn", "--no-control-socket", "--workers", "2", "--bind", "127.0.0.1:{port}")
FROM_APPLICATIONS = ("--pythonpath", str(APPLICATIONS))

WITH_WORKERS = Way("gunicorn", ("opentelemetry-instrument", *GUNICORN, "config.wsgi"), INSTRUMENT)

SERVERS = (
    Way("runserver", ("opentelemetry-instrument", *RUNSERVER), INSTRUMENT),
    WITH_WORKERS,
    Way(
        "uvicorn",
        ("opentelemetry-instrument", "uvicorn", "--port", "{port}", "config.asgi:application"),
        INSTRUMENT,
    ),
)
WAYS = (
    *SERVERS,
    Way("without-distro", ("opentelemetry-instrument", *RUNSERVER), INSTRUMENT, "without-distro"),
    Way("otel2test-run", ("otel2test", "run", "--", *RUNSERVER)),
    Way("in-code", (*GUNICORN, *FROM_APPLICATIONS, "recorded_in_code:application")),
    Way("own-provider", (*GUNICORN, *FROM_APPLICATIONS, "own_provider:application")),
    Way(
        "config-file",
        ("opentelemetry-instrument", *RUNSERVER),
        {"OTEL_CONFIG_FILE": str(APPLICATIONS / "otel.yaml")},
    ),
)
