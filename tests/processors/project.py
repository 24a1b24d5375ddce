"""A Django project of one file, and programs that start it the way users do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.processors.conftest import spans, written

PROGRAMS = Path(sys.executable).parent

_FILES = {
    "manage.py": """
import os, sys
if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tiny")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
""",
    "tiny.py": """
from django.http import HttpResponse
from django.urls import path
SECRET_KEY = "tiny"
ALLOWED_HOSTS = ["*"]
DEBUG = True
ROOT_URLCONF = "tiny"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = ["django.contrib.contenttypes"]
urlpatterns = [path("hello/", lambda request: HttpResponse("hello"))]
""",
    "wsgi.py": """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tiny")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
""",
    "asgi.py": """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tiny")
from django.core.asgi import get_asgi_application
application = get_asgi_application()
""",
    "visit.py": """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tiny")
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
from django.test import Client
print(Client().get("/hello/").content.decode())
""",
}


@dataclass(frozen=True)
class Project:
    """The project's folder and what is recorded there."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Project:
        folder.mkdir()
        for name, text in _FILES.items():
            (folder / name).write_text(text, encoding="utf-8")
        return cls(folder)

    def python(self, program: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a program of some lines, unrecorded if it doesn't see to it itself."""
        return self._run(["python", "-c", program], env)

    def instrument(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command under opentelemetry-instrument."""
        return self._run(["opentelemetry-instrument", *command], env)

    def _run(self, command: Sequence[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environ(env),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    @contextmanager
    def serve(self, *command: str, **env: str) -> Iterator[str]:
        """Run a server, ``{port}`` in the command being its port; yield its URL."""
        port = free_port()
        with (self.folder / "log").open("w") as log:
            process = subprocess.Popen(
                [part.format(port=port) for part in command],
                cwd=self.folder,
                env=environ(env),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                _wait_until_open(port, process, self.folder / "log")
                yield f"http://127.0.0.1:{port}"
            finally:
                # The whole session: the reloader's child and gunicorn's workers too.
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(45)  # gunicorn gives a worker 30 seconds to finish

    def requests(self) -> list[str]:
        """Return the names of the requests' spans, in all files."""
        return [
            name
            for line in written(self.folder / "spans")
            for name in _names(line, "opentelemetry.instrumentation.django")
        ]

    def wait_for_requests(self, count: int) -> list[str]:
        """A line is written after its response was sent."""
        deadline = time.monotonic() + 60
        while len(found := self.requests()) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        return found


def environ(changes: dict[str, str]) -> dict[str, str]:
    """Return an environment with nothing of OpenTelemetry in it, the programs under test first."""
    clean = {
        name: value
        for name, value in os.environ.items()
        # That of the compiled form of the package stays.
        if name == "PYTHONPATH" or not name.startswith(("OTEL", "DJANGO", "PYTHON"))
    }
    return {
        **clean,
        "PATH": os.pathsep.join([str(PROGRAMS), clean["PATH"]]),
        "OTEL2TEST_CALLS": "0",
        **changes,
    }


def get(url: str, **headers: str) -> str:
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return str(response.read().decode())


def ours(output: str) -> list[str]:
    """Return the lines that we said."""
    return [line for line in output.splitlines() if "otel2test" in line]


def _names(line: Any, scope: str) -> Iterator[str]:
    for resource in line["resourceSpans"]:
        for scope_spans in resource["scopeSpans"]:
            if scope_spans["scope"].get("name") == scope:
                yield from (
                    span["name"] for span in spans({"resourceSpans": [{"scopeSpans": [scope_spans]}]})
                )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def connected(port: int, process: subprocess.Popen[Any]) -> socket.socket:
    """Return a connection to what ``process`` opens sooner or later."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None
        client = socket.socket()
        if client.connect_ex(("127.0.0.1", port)) == 0:
            return client
        client.close()
        time.sleep(0.05)
    raise AssertionError(f"nothing at port {port}")


def _wait_until_open(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())
