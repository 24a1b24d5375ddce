"""In one process with others: coverage, debuggers, pytest, the debug toolbar, other pipelines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.processors.conftest import names, written
from tests.processors.project import Project

RECORD = "from otel2test.processors import record; record()\n"
ON = {"OTEL2TEST_CALLS": "1"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.make(tmp_path / "tiny")
    (made.folder / "shop.py").write_text(
        "def total(prices):\n    found = sum(prices)\n    return found\n", encoding="utf-8"
    )
    tiny = made.folder / "tiny.py"
    tiny.write_text(
        tiny.read_text().replace(
            'lambda request: HttpResponse("hello")',
            "lambda request: HttpResponse(f\"hello {__import__('shop').total([1, 2])}\")",
        )
    )
    return made


def calls(project: Project) -> list[str]:
    found = [names(line) for line in written(project.folder / "spans")]
    return [text for line in found for values in line.values() if (text := values.get("otel2test.calls"))]


COVERAGE = """
import coverage
measured = coverage.Coverage(data_file=None, include=["shop.py"])
measured.start()
{record}
import visit
measured.stop()
print(measured.analysis("shop.py")[2])
"""


def test_coverage_sees_the_same_lines(project: Project) -> None:
    pytest.importorskip("coverage")
    plain = project.python(COVERAGE.format(record=""), **ON)
    recorded = project.python(COVERAGE.format(record=RECORD), **ON)

    assert recorded.stdout == plain.stdout == "hello 3\n[]\n"
    assert recorded.stderr == ""
    assert '"total"' in calls(project)[0]


DEBUGGER = """
import bdb, os
class Debugger(bdb.Bdb):
    seen = []
    def user_line(self, frame):
        if frame.f_code.co_name == "total":
            self.seen.append((frame.f_lineno, sorted(frame.f_locals)))
        self.set_step()
{record}
debugger = Debugger()
debugger.run("import visit", dict(__name__="__main__"))
print(debugger.seen)
"""


def test_a_debugger_stops_where_it_would(project: Project) -> None:
    plain = project.python(DEBUGGER.format(record=""), **ON)
    recorded = project.python(DEBUGGER.format(record=RECORD), **ON)

    assert recorded.stdout == plain.stdout
    assert "(3, ['found', 'prices'])" in recorded.stdout
    assert recorded.stderr == ""
    assert '"total"' in calls(project)[0]


PROFILER = """
import cProfile
{record}
profile = cProfile.Profile()
profile.enable()
import visit
profile.disable()
print(any(entry.code.co_name == "total" for entry in profile.getstats() if not isinstance(entry.code, str)))
"""


def test_another_profiler_keeps_its_place(project: Project) -> None:
    recorded = project.python(PROFILER.format(record=RECORD), **ON)

    assert recorded.stdout == "hello 3\nTrue\n"
    assert project.requests() == ["GET hello/"]


PYTEST = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tiny"
from otel2test.processors import record
record()
import django
django.setup()
from django.test import Client

def test_hello():
    assert Client().get("/hello/").content == b"hello 3"
"""


def test_recording_while_tests_run(project: Project) -> None:
    (project.folder / "test_tiny.py").write_text(PYTEST)
    done = project.python(
        "import pytest; pytest.main(['-q', '-p', 'no:cacheprovider', 'test_tiny.py'])", **ON
    )

    assert "1 passed" in done.stdout
    assert project.requests() == ["GET hello/"]
    assert '"total"' in calls(project)[0]


TWO_PIPELINES = """
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
class Counting(SpanProcessor):
    names = []
    def on_end(self, span):
        self.names.append(span.name)
mine, theirs = TracerProvider(), TracerProvider()
mine.add_span_processor(Counting())
trace.set_tracer_provider(mine)
{record}
with theirs.get_tracer("theirs").start_as_current_span("theirs"):
    import visit
print(sorted(Counting.names))
"""


def test_another_pipeline_sees_what_it_would(project: Project) -> None:
    recorded = project.python(TWO_PIPELINES.format(record=RECORD), **ON)

    assert recorded.stdout.splitlines() == ["hello 3", "['GET hello/']"]
    assert project.requests() == ["GET hello/"]
    # Spans of a provider that isn't recorded are not.
    assert all("theirs" not in names(line) for line in written(project.folder / "spans"))


TOOLBAR = """
from tiny import *
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.staticfiles", "debug_toolbar"]
MIDDLEWARE = ["debug_toolbar.middleware.DebugToolbarMiddleware"]
STATIC_URL = "static/"
ROOT_URLCONF = "toolbar_urls"
DEBUG_TOOLBAR_CONFIG = {"SHOW_TOOLBAR_CALLBACK": lambda request: True, "IS_RUNNING_TESTS": False}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
"""
TOOLBAR_URLS = """
from django.http import HttpResponse
from django.urls import include, path
def page(request):
    from django.db import connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 + 1")
        found = cursor.fetchone()
    return HttpResponse(f"<html><body>{found}</body></html>")
urlpatterns = [path("hello/", page), path("__debug__/", include("debug_toolbar.urls"))]
"""


def test_the_debug_toolbar_shows_its_queries(project: Project) -> None:
    pytest.importorskip("debug_toolbar")
    (project.folder / "toolbar.py").write_text(TOOLBAR)
    (project.folder / "toolbar_urls.py").write_text(TOOLBAR_URLS)
    done = project.python(RECORD + "import visit", DJANGO_SETTINGS_MODULE="toolbar", **ON)

    assert "(2,)" in done.stdout, done.stderr
    assert "djDebug" in done.stdout
    assert "otel2test could not record" not in done.stderr
    (line,) = [names(line) for line in written(project.folder / "spans")]
    queries = [
        values
        for values in line.values()
        if "otel2test.db.query" in values and "SELECT 1 + 1" in (values.get("db.query.text") or "")
    ]
    assert len(queries) == 1


OFF = """
import sys
import visit
from django.core.handlers.base import BaseHandler
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler
print([name for name in sys.modules if name.startswith("otel2test.processors")])
print([hasattr(method, "__otel2test__") or hasattr(method, "__wrapped__") for method in (
    BaseHandler.load_middleware, BaseHandler.get_response, BaseDatabaseWrapper._prepare_cursor,
    SQLCompiler.execute_sql)], sys.getprofile())
"""


def test_where_nothing_is_recorded_nothing_of_ours_is_there(project: Project) -> None:
    done = project.python("import otel2test\n" + OFF)

    assert done.stdout.splitlines() == ["hello 3", "[]", "[False, False, False, False] None"]
