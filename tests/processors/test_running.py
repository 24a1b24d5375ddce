from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from otel2test import running
from otel2test.errors import UsageError
from tests.processors.project import Project, get

PROGRAMS = Path("/venv/bin")


def test_the_environment_asks_for_the_recorder() -> None:
    environ = running.command_environment({"HOME": "/root", "PATH": "/usr/bin"}, PROGRAMS)

    assert environ == {
        "HOME": "/root",
        "PATH": f"/venv/bin{os.pathsep}/usr/bin",
        "OTEL_TRACES_EXPORTER": "otel2test",
        "OTEL_PYTHON_DISTRO": "otel2test",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "otel2test"),
        ("none", "otel2test"),
        ("otlp", "otel2test,otlp"),
        ("otel2test, console", "otel2test,console"),
    ],
)
def test_other_exporters_stay(before: str, after: str) -> None:
    environ = running.command_environment({"OTEL_TRACES_EXPORTER": before}, PROGRAMS)

    assert environ["OTEL_TRACES_EXPORTER"] == after


def test_what_the_user_exported_stands() -> None:
    environ = running.command_environment({"OTEL_METRICS_EXPORTER": "console"}, PROGRAMS, Path("there"))

    assert environ["OTEL_METRICS_EXPORTER"] == "console"
    assert environ["OTEL2TEST_DIR"] == "there"


@pytest.mark.parametrize(("command", "what"), [([], "no command"), (["no-such-program"], "no-such-program")])
def test_what_cannot_be_run_is_refused(command: list[str], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        running.run(command)


def test_an_installation_without_opentelemetry_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UsageError, match="pip install"):
        running.run(["python"])


def test_a_command_is_recorded_though_nothing_is_on_the_path(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "tiny")
    program = "import sys; from otel2test.running import run; run(sys.argv[1:])"
    command = (sys.executable, "-c", program, "python", "manage.py", "runserver", "{port}")

    with project.serve(*command, PATH=os.defpath) as url:
        assert get(f"{url}/hello/") == "hello"

        assert project.wait_for_requests(1) == ["GET hello/"]
