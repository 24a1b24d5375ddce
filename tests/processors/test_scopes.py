"""What an ASGI server asks of an application beside requests is left alone, and requests are recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from otel2test.attributes import CALLS
from tests.processors.conftest import names, written
from tests.processors.project import Project

ASKED = {"OTEL_TRACES_EXPORTER": "otel2test", "OTEL2TEST_CALLS": "1"}

VIEWS = """
from django.db import connection
from django.http import HttpResponse

def counted():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 7")
        return cursor.fetchone()[0]

def show(request):
    return HttpResponse(counted())
"""

SERVER = """
import asyncio
from asgiref.sync import sync_to_async
from asgi import application as django
from views import counted

async def application(scope, receive, send):
    if scope["type"] == "http":
        return await django(scope, receive, send)
    while not (message := await receive())["type"].endswith(("disconnect", "shutdown")):
        await send({"type": message["type"], "counted": await sync_to_async(counted)()})

async def ask(scope, *messages):
    inbox, sent = list(messages), []

    async def receive():
        return inbox.pop(0) if inbox else await asyncio.sleep(30)

    async def send(message):
        sent.append(message)

    await application({"headers": [], "query_string": b"", "path": "/", **scope}, receive, send)
    return sent

async def serve():
    print(await ask({"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}))
    for _ in range(3):
        scope = {"type": "http", "method": "GET", "path": "/show/", "http_version": "1.1"}
        print((await ask(scope, {"type": "http.request"}))[1]["body"])
    messages = [{"type": f"websocket.{name}"} for name in ("connect", "receive", "disconnect")]
    print(await ask({"type": "websocket"}, *messages))

asyncio.run(serve())
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.make(tmp_path / "tiny")
    (made.folder / "views.py").write_text(VIEWS)
    (made.folder / "serve.py").write_text(SERVER)
    with (made.folder / "tiny.py").open("a") as settings:
        settings.write("urlpatterns.append(path('show/', lambda r: __import__('views').show(r)))\n")
    return made


def test_lifespan_and_websockets_go_on_as_without_us(project: Project) -> None:
    plain = project.python(SERVER)
    recorded = project.instrument("python", "serve.py", **ASKED)

    assert (recorded.stdout, recorded.stderr) == (plain.stdout, plain.stderr)
    assert "'websocket.receive', 'counted': 7" in recorded.stdout
    assert project.requests() == ["GET show/"] * 3
    assert len(written(project.folder / "spans")) == 3


def test_calls_of_a_view_that_a_thread_runs_are_told_in_each_request(project: Project) -> None:
    project.instrument("python", "serve.py", **ASKED)

    for line in written(project.folder / "spans"):
        functions = json.loads(names(line)["GET show/"][CALLS])["functions"]
        assert {function[1] for function in functions} == {"show", "counted"}
