"""Work in threads and executors belongs to the request, or the operation, that asked for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.processors.conftest import names, written
from tests.processors.project import Project

WORK = """
import threading
from concurrent.futures import ThreadPoolExecutor

def ask(word):
    from django.db import connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", [word])
        return cursor.fetchone()[0]

def everywhere():
    for thread in (threading.Thread(target=ask, args=["thread"]), threading.Timer(0, ask, ["timer"])):
        thread.start()
        thread.join()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask, "submitted").result() + " ".join(pool.map(ask, ["mapped"]))
"""
BEGUN = "from otel2test.processors import record; record()"
BLOCK = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tiny"
import django
django.setup()
from otel2test.processors import recording
import work
with recording("everywhere"):
    work.everywhere()
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.make(tmp_path / "tiny")
    (made.folder / "work.py").write_text(WORK, encoding="utf-8")
    tiny = made.folder / "tiny.py"
    tiny.write_text(
        tiny.read_text().replace('HttpResponse("hello")', "HttpResponse(__import__('work').everywhere())")
    )
    return made


def asked(project: Project) -> list[str]:
    (line,) = written(project.folder / "spans")
    assert len(names(line)) > 1
    return [word for word in ("thread", "timer", "submitted", "mapped") if f'["{word}"]' in str(line)]


@pytest.mark.parametrize(
    "program", [f"{BEGUN}; import visit", BEGUN + BLOCK], ids=["a request", "an operation"]
)
def test_recording_that_began_in_code(project: Project, program: str) -> None:
    done = project.python(program)

    assert done.stderr == ""
    assert asked(project) == ["thread", "timer", "submitted", "mapped"]


def test_what_the_launcher_loads_is_loaded_once(project: Project) -> None:
    done = project.instrument("python", "-c", "import visit", OTEL_TRACES_EXPORTER="otel2test")

    assert done.stderr == ""
    assert asked(project) == ["thread", "timer", "submitted", "mapped"]


def test_what_is_not_wished_for_is_not_loaded(project: Project) -> None:
    project.python(f"{BEGUN}; import visit", OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="a, threading")

    assert "SELECT" not in str(written(project.folder / "spans"))
