"""Recording under ``opentelemetry-instrument``, with real processes."""

from __future__ import annotations

import os
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.instrumentation.distro import DefaultDistro  # type: ignore[attr-defined]  # untyped
from opentelemetry.metrics import NoOpMeterProvider

from otel2test.processors import distro, launching
from tests.processors.project import Project, get, ours

ASKED = {"OTEL_TRACES_EXPORTER": "otel2test"}
RUNSERVER = ("opentelemetry-instrument", "python", "manage.py", "runserver", "{port}")
GUNICORN = ("opentelemetry-instrument", "gunicorn", "--workers", "2", "--bind", "127.0.0.1:{port}")
NOT_SAMPLED = {"traceparent": "00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-00"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.make(tmp_path / "tiny")


@pytest.mark.parametrize(
    "command",
    [
        RUNSERVER,
        (*RUNSERVER, "--noreload"),
        (*GUNICORN, "wsgi"),
        (*GUNICORN, "--preload", "wsgi"),
        ("opentelemetry-instrument", "uvicorn", "--port", "{port}", "asgi:application"),
    ],
    ids=["runserver", "noreload", "gunicorn", "preload", "uvicorn"],
)
def test_servers(project: Project, command: tuple[str, ...]) -> None:
    with project.serve(*command, **ASKED) as url:
        for _ in range(4):
            assert get(f"{url}/hello/", **NOT_SAMPLED) == "hello"

        assert project.wait_for_requests(4) == ["GET hello/"] * 4
    files = {file.name for file in (project.folder / "spans").iterdir()}
    assert all(name.startswith("tiny-") for name in files)
    assert ours((project.folder / "log").read_text()) == []


@pytest.mark.parametrize(
    "env",
    [
        ASKED,
        {"OTEL_TRACES_EXPORTER": "otel2test,console"},
        {**ASKED, "OTEL_PYTHON_DISTRO": "distro"},
        {**ASKED, "OTEL_PYTHON_DISTRO": "otel2test"},
        {**ASKED, "DJANGO_SETTINGS_MODULE": "tiny"},
        {**ASKED, "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "django, sqlite3"},
        {**ASKED, "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "*"},
    ],
    ids=str,
)
def test_environments(project: Project, env: dict[str, str]) -> None:
    done = project.instrument("python", "visit.py", **env)

    assert "hello" in done.stdout
    assert done.stderr == ""
    assert project.requests() == ["GET hello/"]


def test_asked_for_as_an_option(project: Project) -> None:
    done = project.instrument("--traces_exporter", "otel2test", "python", "visit.py")

    assert (done.stdout, done.stderr) == ("hello\n", "")
    assert project.requests() == ["GET hello/"]


CONFIGURED = """
file_format: "1.0"
propagator: {composite: [{tracecontext: null}]}
tracer_provider:
  processors:
    - batch: {exporter: {otel2test: }}
"""


def test_asked_for_in_a_configuration_file(project: Project) -> None:
    (project.folder / "otel.yaml").write_text(CONFIGURED)

    done = project.instrument("python", "visit.py", OTEL_CONFIG_FILE="otel.yaml")

    assert done.stdout == "hello\n"
    assert ours(done.stderr) == []
    assert project.requests() == ["GET hello/"]


def test_settings_in_a_configuration_file(project: Project) -> None:
    (project.folder / "otel.yaml").write_text(
        CONFIGURED.replace("otel2test: ", "otel2test: {directory: elsewhere}")
    )

    project.instrument("python", "visit.py", OTEL_CONFIG_FILE="otel.yaml")

    assert len(list((project.folder / "elsewhere").iterdir())) == 1


def test_a_configuration_without_propagators_does_not_break_the_app(project: Project) -> None:
    (project.folder / "otel.yaml").write_text(CONFIGURED.replace("propagator:", "# propagator:"))

    done = project.instrument("python", "visit.py", OTEL_CONFIG_FILE="otel.yaml")

    assert done.stdout == "hello\n"
    (line,) = ours(done.stderr)
    assert "propagator: " in line


@pytest.mark.parametrize("exporter", ["none", "console"])
def test_nothing_of_ours_acts_where_nobody_asked(project: Project, exporter: str) -> None:
    program = "import sys; print(*(name for name in sys.modules if name.startswith('otel2test')))"
    done = project.instrument(
        *("python", "-c", program),
        OTEL_TRACES_EXPORTER=exporter,
        OTEL_METRICS_EXPORTER="none",
        OTEL_LOGS_EXPORTER="none",
        OTEL_PYTHON_DISTRO="otel2test",
        DJANGO_SETTINGS_MODULE="tiny",
    )

    loaded = set(done.stdout.split())
    assert "otel2test.processors.distro" in loaded
    assert not loaded & {
        f"otel2test.processors.{name}" for name in ("exporting", "instrumenting", "recorder")
    }
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("trouble", "remedy"),
    [
        ({"OTEL2TEST_DIR": "tiny.py/spans"}, "OTEL2TEST_DIR"),
        ({"OTEL_SDK_DISABLED": "true"}, "OTEL_SDK_DISABLED"),
        ({"OTEL_PYTHON_DJANGO_INSTRUMENT": "False"}, "OTEL_PYTHON_DJANGO_INSTRUMENT"),
        ({"PYTHONPATH": "broken-sdk"}, "pip install"),
        ({"PYTHONPATH": "old-django"}, "Django 4.2"),
    ],
    ids=["no folder", "SDK off", "Django off", "SDK broken", "old Django"],
)
def test_where_recording_cannot_work_one_line_says_what_to_do(
    project: Project, trouble: dict[str, str], remedy: str
) -> None:
    _break_sdk(project.folder / "broken-sdk")
    _age_django(project.folder / "old-django")

    done = project.instrument("python", "visit.py", **ASKED, **trouble)

    assert done.stdout == "hello\n"
    (line,) = done.stderr.splitlines()
    assert line.startswith("otel2test: ")
    assert remedy in line
    assert project.requests() == []


def test_the_line_is_said_once_though_the_reloader_starts_a_second_process(project: Project) -> None:
    with project.serve(*RUNSERVER, **ASKED, OTEL_SDK_DISABLED="true") as url:
        assert get(f"{url}/hello/") == "hello"

    assert len(ours((project.folder / "log").read_text())) == 1


def _break_sdk(folder: Path) -> None:
    """Make the part of the SDK that matters fail when it is imported."""
    trace = folder / "opentelemetry" / "sdk" / "trace"
    trace.mkdir(parents=True)
    (trace / "__init__.py").write_text("raise ImportError('half installed')\n")


def _age_django(folder: Path) -> None:
    metadata = folder / "django-3.2.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: Django\nVersion: 3.2\n")


# The environment that is set before the app's process begins


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, False),
        ({"OTEL_TRACES_EXPORTER": "otel2testing"}, False),
        ({"OTEL_TRACES_EXPORTER": "otel2test"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp, otel2test"}, True),
        ({"OTEL_CONFIG_FILE": "no such file"}, False),
    ],
)
def test_is_asked_for(environ: dict[str, str], expected: bool) -> None:
    assert launching.is_asked_for(environ) is expected


def test_what_the_user_set_stands() -> None:
    environ = {"OTEL_TRACES_SAMPLER": "traceidratio"}
    launching.set_defaults(environ)

    assert environ["OTEL_TRACES_SAMPLER"] == "traceidratio"
    assert environ["OTEL_METRICS_EXPORTER"] == "none"


@pytest.mark.parametrize(
    ("environ", "counts"),
    [
        ({**ASKED, "OTEL_METRICS_EXPORTER": "none"}, False),
        ({**ASKED, "OTEL_METRICS_EXPORTER": "console"}, True),
        ({**ASKED, "OTEL_METRICS_EXPORTER": "none", "OTEL_CONFIG_FILE": "otel.yaml"}, True),
        ({"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "none"}, True),
    ],
)
def test_instrumentations_count_nothing_that_nobody_gets(
    environ: dict[str, str], counts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    given: dict[str, Any] = {}

    class Beside(DefaultDistro):  # type: ignore[misc]  # OpenTelemetry switches typing off
        def load_instrumentor(self, entry_point: EntryPoint, **kwargs: Any) -> None:
            given.update(kwargs, name=entry_point.name)

    made = distro.Otel2testDistro()
    monkeypatch.setattr(made, "_beside", Beside(), raising=False)
    made.load_instrumentor(
        EntryPoint("sqlite3", "nowhere", "opentelemetry_instrumentor"), skip_dep_check=True
    )

    assert given.pop("name") == "sqlite3"
    assert given.pop("skip_dep_check") is True
    assert (given == {}) is counts
    assert all(isinstance(provider, NoOpMeterProvider) for provider in given.values())


@pytest.mark.parametrize(
    ("before", "after"), [("otel2test", "none"), ("otlp,otel2test", "otlp"), ("console", "console")]
)
def test_taking_back_leaves_other_exporters(before: str, after: str) -> None:
    environ = {"OTEL_TRACES_EXPORTER": before, "DJANGO_SETTINGS_MODULE": "tiny"}
    launching.take_back(environ)

    assert environ == {"OTEL_TRACES_EXPORTER": after, "DJANGO_SETTINGS_MODULE": "tiny"}


@pytest.mark.parametrize(("before", "after"), [("", "django"), ("requests", "requests,django")])
def test_taking_back_keeps_an_app_without_settings_whole(before: str, after: str) -> None:
    environ = {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": before}
    launching.take_back(environ)

    assert environ["OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"] == after


def test_importing_it_changes_nothing_where_nobody_asked() -> None:
    assert "OTEL_PYTHON_DISTRO" not in os.environ
