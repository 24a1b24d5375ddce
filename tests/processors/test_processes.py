"""Forks, threads and sudden ends: no process hangs, and what stands in the files is whole."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import orjson
import pytest

from otel2test import reading
from tests.processors.conftest import written
from tests.processors.project import Project, environ, get

ASKED = {"OTEL_TRACES_EXPORTER": "otel2test"}
GUNICORN = ("opentelemetry-instrument", "gunicorn", "--bind", "127.0.0.1:{port}", "wsgi")

SLOW = """
import time
def slow(request):
    (settings_folder / "begun").touch()
    time.sleep(float(request.GET["seconds"]))
    return HttpResponse("slow")
from pathlib import Path
settings_folder = Path(__file__).parent
urlpatterns.append(path("slow/", slow))
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.make(tmp_path / "tiny")
    with (made.folder / "tiny.py").open("a") as settings:
        settings.write(SLOW)
    return made


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + 20
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_other_traces_are_whole_when_a_worker_is_killed_in_a_request(project: Project) -> None:
    with project.serve(*GUNICORN, **ASKED) as url:
        for _ in range(3):
            assert get(f"{url}/hello/") == "hello"
        project.wait_for_requests(3)
        asking = threading.Thread(target=_ask, args=(f"{url}/slow/?seconds=60",))
        asking.start()
        wait_for(project.folder / "begun")
        (file,) = (project.folder / "spans").iterdir()
        os.kill(int(file.stem.rpartition("-")[2]), signal.SIGKILL)
        asking.join()
        assert get(f"{url}/hello/") == "hello"  # the worker in its place

        assert project.wait_for_requests(4) == ["GET hello/"] * 4
    assert reading.read([str(project.folder / "spans")]).problems == ()


def _ask(url: str) -> None:
    with contextlib.suppress(OSError):  # its worker is gone
        get(url)


def test_a_request_under_way_is_recorded_when_the_server_is_told_to_end(project: Project) -> None:
    with project.serve(*GUNICORN, **ASKED) as url:
        asking = threading.Thread(target=get, args=(f"{url}/slow/?seconds=0.5",))
        asking.start()
        wait_for(project.folder / "begun")
    asking.join()

    assert project.requests() == ["GET slow/"]


def test_a_line_cut_by_the_end_of_its_process_costs_that_line_only(project: Project) -> None:
    project.instrument("python", "visit.py", **ASKED)
    (file,) = (project.folder / "spans").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole + whole[: len(whole) // 2])

    recording = reading.read([str(file)])
    assert len(recording.traces) == 1
    assert len(recording.problems) == 1


FORKING = """
import os, sys, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from otel2test.processors import guard, record

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter(out=open(os.devnull, "w"))))
trace.set_tracer_provider(provider)
record()
tracer = trace.get_tracer("tests")
ended = threading.Event()

def work(name):
    with tracer.start_as_current_span(name), tracer.start_as_current_span("inner"):
        guard.fault("tests", LookupError())

def keep_working():
    while not ended.is_set():
        work("parent's")

threads = [threading.Thread(target=keep_working) for _ in range(4)]
for thread in threads:
    thread.start()
children = []
for number in range(12):
    child = os.fork()
    if not child:
        for _ in range(5):
            work("child's")
        sys.exit()  # with all that runs at exit
    children.append(child)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
ended.set()
for thread in threads:
    thread.join()
print(codes)
"""


def test_children_of_a_process_at_work_record_and_end(tmp_path: Path) -> None:
    """Locks are held by other threads when the process forks: none may stay locked in the child."""
    done = subprocess.run(
        [sys.executable, "-c", FORKING],
        cwd=tmp_path,
        env=environ({"OTEL2TEST_DIR": str(tmp_path / "spans")}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.stdout == f"{[0] * 12}\n", done.stderr[-2000:]
    files = list((tmp_path / "spans").iterdir())
    assert len(files) == 13
    lines = [[orjson.loads(line) for line in file.read_bytes().splitlines()] for file in files]
    assert sorted(map(len, lines))[:12] == [5] * 12
    assert len(written(tmp_path / "spans")) == sum(map(len, lines))


LOCKS = """
import os, signal, sys, threading, warnings
from pathlib import Path
warnings.simplefilter("ignore", DeprecationWarning)
from otel2test import attributes
from otel2test.processors import exporting, guard, record, starting
from otel2test.processors.effects import ledger
from otel2test.processors.redaction import redactor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

recorder = record(TracerProvider())
tracer = recorder.provider.get_tracer("opentelemetry.instrumentation.django")
span = tracer.start_span("request")
messenger = exporting.Otel2testSpanExporter()
from opentelemetry import trace
with trace.use_span(span):
    moment = ledger.now(attributes.CACHE)

def by_exporter():
    starting_active, exporting.active = exporting.active, lambda: None
    messenger.export([span])
    exporting.active = starting_active

CASES = {
    "guard": (lambda: guard._State.lock, lambda: guard.fault("in the child", LookupError())),
    "recorder": (lambda: recorder._lock, lambda: tracer.start_span("in the child").end()),
    "file": (lambda: recorder._file._lock, lambda: tracer.start_span("in the child").end()),
    "secrets": (lambda: redactor.known._lock, lambda: redactor.secret("a1B2c3D4e5F6g7H8")),
    "effects": (lambda: moment.ledger._lock, lambda: moment.note({"key": "a"})),
    "start": (lambda: starting._locks[0], lambda: record(TracerProvider())),
    "exporter": (lambda: messenger._file._lock, by_exporter),
}
lock, use = CASES[sys.argv[1]]
use()
held, done = threading.Event(), threading.Event()

def hold():
    with lock():
        held.set()
        done.wait(20)

holder = threading.Thread(target=hold)
holder.start()
held.wait(20)
child = os.fork()
if not child:
    signal.alarm(5)
    use()
    os._exit(7)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
done.set()
holder.join()
print(code)
"""


@pytest.mark.parametrize("lock", ["guard", "recorder", "file", "secrets", "effects", "start", "exporter"])
def test_a_lock_held_at_the_fork_is_free_in_the_child(tmp_path: Path, lock: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOCKS, lock],
        cwd=tmp_path,
        env=environ({"OTEL2TEST_DIR": str(tmp_path / "spans")}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout == "7\n", done.stderr[-2000:]
