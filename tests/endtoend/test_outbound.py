"""Calls by every library are recorded against a server, and answered without one in the generated tests."""

import json
import re
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import indent
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
import requests

from samples.environments import own
from samples.generating import Framework, generate
from samples.running import free_port, process_environment, running, wait_for_requests

pytestmark = pytest.mark.xdist_group("outbound")

PROJECT = Path(__file__).parent / "projects" / "billing"
OTHERS = (
    ("GET", "/convert/1/EUR/", 200),
    ("GET", "/convert/1/XXX/", 404),
    ("POST", "/charge/1/", 200),
    ("POST", "/notify/1/", 200),
    ("POST", "/archive/1/", 200),
    ("GET", "/status/", 200),
    ("GET", "/everything/", 200),
    ("GET", "/outage/urllib/", 502),
    ("GET", "/outage/httpx/", 502),
    ("GET", "/outage/urllib3/", 502),
    ("GET", "/outage/requests/", 502),
)
QUOTED = (
    "httpx/form",
    "httpx/json",
    "httpx/text",
    "requests/form",
    "requests/json",
    "requests/text",
    "urllib3/text",
)
VISITS = (*OTHERS, *(("GET", f"/quotes/{how}/", 200) for how in QUOTED))
"""What asks for a quote for each invoice does so in any order."""
REVERSED = """
from django.db import connection

connection.cursor().execute("PRAGMA reverse_unordered_selects = ON")
"""


class Service(BaseHTTPRequestHandler):
    """Answers what the project asks; what is posted is refused at first."""

    protocol_version = "HTTP/1.1"
    posted: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/status":
            self._answer(200, f"{parts.query} is up".encode(), "text/plain")
        elif parts.query.endswith("to=EUR"):
            self._answer(200, b'{"rate": 0.13}', "application/json")
        else:
            self._answer(404, '{"error": "ukendt møntfod"}'.encode(), "application/json")

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        self.posted[self.path] += 1
        if self.path == "/moved":
            self._answer(303, b"", "text/plain", Location="/status?of=archive")
        elif self.path == "/quotes":
            self._answer(200, b"quote for " + sent, "text/plain")
        elif self.posted[self.path] == 1:
            self._answer(503, b"later", "text/plain")
        elif self.path == "/charges":
            state = {"state": "paid", "number": json.loads(sent)["number"]}
            self._answer(201, json.dumps(state).encode(), "application/json")
        else:
            self._answer(200, sent, "text/plain")

    def _answer(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        self.send_response(status)
        told = {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of what was recorded, and the service's address."""
    folder = tmp_path_factory.mktemp("billing")
    with _service() as service:
        env = {
            "SERVICE_URL": service,
            "BILLING_DATABASE": str(folder / "billing.sqlite3"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        _python(env, "manage.py", "migrate", "--run-syncdb", "--verbosity=0")
        make = "from invoices.models import Document\n"
        for number in ("A-7", "B-8", "C-9"):
            make += f"Document.objects.create(number={number!r}, amount='20.00')\n"
        _python(env, "manage.py", "shell", "--command", make)
        port = free_port()
        command = ("otel2test", "run", "--", "python", "manage.py", "runserver", "--noreload", str(port))
        env |= {"OTEL2TEST_DIR": str(folder / "spans")}
        log = folder / "log"
        with running(command, programs=own(), env=env, port=port, log=log, project=PROJECT) as url:
            for method, path, status in VISITS:
                response = requests.request(method, url + path, timeout=20)
                assert response.status_code == status, log.read_text()
            wait_for_requests(folder / "spans", len(VISITS))
    assert "could not record" not in log.read_text()
    return folder / "spans", service


def _python(env: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [own() / "python", *command],
        cwd=PROJECT,
        env=process_environment(own(), env),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("framework", ["pytest", "unittest"])
def test_generated_tests_pass_without_the_services(
    recording: tuple[Path, str], framework: Framework, tmp_path: Path
) -> None:
    spans, service = recording
    project = tmp_path / "billing"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("__pycache__"))
    tests = project / "test_recorded.py"
    generated = generate(spans, framework, tests)
    assert generated.returncode == 0, generated.stderr
    text = tests.read_text(encoding="utf-8")
    assert (
        text.count("Not inverted")
        == text.count("mocket answers in this order, while the calls may come in any")
        == 1
    )
    _run(project, framework, service)
    tests.write_text(_reversed(text), encoding="utf-8")
    _run(project, framework, service)


def _reversed(text: str) -> str:
    """Return the tests, rows that come in any order in another one; but for what none can answer then."""
    tests = re.split(r"(?m)^(?= *def test_)", text)
    return "".join(
        re.sub(r"(?m)^( +)# Act$", _before_act("OFF" if "Not inverted" in test else "ON"), test)
        for test in tests
    )


def _before_act(switch: str) -> Callable[[re.Match[str]], str]:
    return lambda act: indent(REVERSED.replace("ON", switch), act[1]) + act[0]


def _run(project: Path, framework: Framework, service: str) -> None:
    text = (project / "test_recorded.py").read_text(encoding="utf-8")
    command = {"pytest": ("-m", "pytest", "-q", "-rN"), "unittest": ("manage.py", "test", "test_recorded")}
    env = {"SERVICE_URL": service, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [own() / "python", *command[framework]],
        cwd=project,
        env=process_environment(own(), env),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{text}"
    assert f"{len(VISITS)} passed" in done.stdout or f"Ran {len(VISITS)} tests" in done.stderr


def test_rows_are_called_as_the_project_calls_them(recording: tuple[Path, str], tmp_path: Path) -> None:
    tests = tmp_path / "test_recorded.py"
    generate(recording[0], "pytest", tests)
    assert "invoice.refresh_from_db()" in tests.read_text(encoding="utf-8")
