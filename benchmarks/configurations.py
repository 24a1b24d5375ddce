"""What is compared: each recorder as its own documentation says to start it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.environments import environment
from samples.environments import ROOT

_UNBOUNDED = {
    "OTEL2TEST_MAX_CALLS": "100000000",
    "OTEL2TEST_MAX_ROWS": "100000000",
    "OTEL2TEST_MAX_TRACE_BYTES": str(2**36),
    "OTEL2TEST_MAX_OPEN_BYTES": str(2**37),
}
_STOCK = {
    "OTEL_TRACES_EXPORTER": "otlp_json_file",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "threading",
}


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """One way to run the project."""

    name: str
    label: str
    environment: str = "plain"
    requirements: tuple[str, ...] = ()
    launcher: tuple[str, ...] = ()
    """What starts the program; the first is one of the environment's own."""
    arguments: tuple[str, ...] = ()
    """Of the worker."""
    variables: Mapping[str, str] = field(default_factory=dict)
    pythons: tuple[str, ...] | None = None
    """The versions it works on, where not on all."""
    fewer_calls: int = 1
    """By how much less it is given to do than others where calls are counted, as it takes that long."""
    recordings: str = "."
    """Where below the worker's folder its bytes are counted."""

    def programs(self, python: str, interpreter: Path) -> Path:
        """Return the folder of its environment's programs."""
        return environment(self.environment, python, interpreter, self.requirements)


PLAIN = Configuration(name="plain", label="plain")
STOCK = Configuration(
    name="stock",
    label="stock OpenTelemetry, JSON file",
    environment="stock",
    requirements=(
        "opentelemetry-distro",
        "opentelemetry-instrumentation-django",
        "opentelemetry-instrumentation-sqlite3",
        "opentelemetry-exporter-otlp-json-file",
    ),
    launcher=("opentelemetry-instrument",),
    variables=_STOCK,
)


def _ours(
    name: str, label: str, variables: Mapping[str, str] | None = None, *, installed: bool = True
) -> Configuration:
    """Return ours: compiled, as pip makes it where there is a C compiler, or the checkout as it is."""
    return Configuration(
        name=name,
        label=label,
        environment="otel2test" if installed else "otel2test-interpreted",
        requirements=(str(ROOT) if installed else f"--editable={ROOT}",),
        launcher=("otel2test", "run", "--"),
        variables=variables or {},
    )


WITHOUT_CALLS = _ours("without-calls", "otel2test without calls", {"OTEL2TEST_CALLS": "0"})
EVERYTHING = _ours("everything", "otel2test, everything")
EVERYTHING_GZIP = _ours("everything-gzip", "otel2test, everything, gzip", {"OTEL2TEST_COMPRESSION": "gzip"})
INTERPRETED = _ours("interpreted", "otel2test, everything, not compiled", installed=False)
UNBOUNDED = _ours("unbounded", "otel2test, nothing left out", _UNBOUNDED)
UNBOUNDED_INTERPRETED = _ours(
    "unbounded-interpreted", "otel2test, nothing left out, not compiled", _UNBOUNDED, installed=False
)
EMPTY_CALLBACK = Configuration(name="empty-callback", label="empty callback", arguments=("empty-callback",))
_KOLO = {"BENCHMARK_MIDDLEWARE": "kolo.middleware.KoloMiddleware"}
KOLO_2 = Configuration(
    name="kolo2",
    label="Kolo 2.42.1",
    environment="kolo2",
    requirements=("kolo==2.42.1",),
    variables=_KOLO,
    pythons=("3.11",),
)
KOLO_3 = Configuration(
    name="kolo3",
    label="Kolo 3.6.1",
    environment="kolo3",
    requirements=("kolo==3.6.1",),
    variables=_KOLO,
    fewer_calls=10,
    # Beside it stands the latest request alone, as a tree of files that the next one replaces.
    recordings=".kolo/.internal",
)
