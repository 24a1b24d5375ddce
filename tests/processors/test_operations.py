"""What runs outside of any request: blocks, functions, management commands, Celery tasks."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from otel2test import attributes, reading
from otel2test.processors import recorded, recording
from otel2test.processors.recorder import activate, active
from otel2test.reading.operations import Operation
from tests.processors.conftest import Bench
from tests.processors.project import Project, environ


@pytest.fixture
def at_work(bench: Bench) -> Iterator[Bench]:
    before = active()
    activate(bench.recorder)
    yield bench
    activate(before)


def told(bench: Bench) -> list[dict[str, Any]]:
    """Return what was written of each operation."""
    return [
        json.loads(values[attributes.OPERATION])
        for line in bench.lines()
        for values in line.values()
        if attributes.OPERATION in values
    ]


# Blocks


def test_a_block_is_a_trace_of_its_own(at_work: Bench) -> None:
    with recording("import prices"):
        at_work.tracer.start_span("work").end()

    (line,) = at_work.lines()
    assert line.keys() == {"import prices", "work"}
    assert line["import prices"][attributes.FORMAT] == attributes.FORMAT_VERSION
    assert told(at_work) == [{"kind": "block", "name": "import prices"}]


def test_what_a_block_raises_is_recorded_and_raised(at_work: Bench) -> None:
    with pytest.raises(LookupError, match="gone"), recording("import"):
        raise LookupError("gone")

    (line,) = at_work.lines()
    assert json.loads(line["import"][attributes.EXCEPTION])["type"] == "builtins.LookupError"


def test_a_block_in_a_block_and_one_in_a_request_are_part_of_it(at_work: Bench) -> None:
    block = recording("again")
    with block, block, recording("inner"):
        pass
    with at_work.django.start_as_current_span("request"), recording("in the request"):
        pass

    assert [list(line) for line in at_work.lines()] == [["again"], ["request"]]


def test_blocks_one_after_another_are_traces_of_their_own(at_work: Bench) -> None:
    for name in ("first", "second"):
        with recording(name):
            pass

    assert [operation["name"] for operation in told(at_work)] == ["first", "second"]


def test_a_block_below_a_span_of_somebody_elses_is_in_its_trace(at_work: Bench) -> None:
    with at_work.tracer.start_as_current_span("consumer"), recording("inner"):
        pass

    (line,) = at_work.lines()
    assert line.keys() == {"consumer", "inner"}


# Functions


@recorded
def halve(number: int, *, password: str = "") -> int:
    return number // 2


@recorded("by name")
async def wait(number: int) -> int:
    await asyncio.sleep(0)
    if not number:
        raise LookupError("zero")
    return number


def test_a_function_is_recorded_with_arguments_and_outcome(at_work: Bench) -> None:
    assert halve(4, password="hunter2hunter2") == 2

    (operation,) = told(at_work)
    assert operation["keywords"].keys() == {"password"}
    assert operation["keywords"]["password"] != "hunter2hunter2"
    del operation["keywords"]
    assert operation == {
        "kind": "block",
        "name": "halve",
        "module": __name__,
        "qualname": "halve",
        "arguments": [4],
        "returned": 2,
    }


def test_a_coroutine_function_is_recorded_until_it_returns(at_work: Bench) -> None:
    async def several() -> tuple[int, int]:
        one, other = await asyncio.gather(wait(1), wait(2))
        return one, other

    assert asyncio.run(several()) == (1, 2)
    with pytest.raises(LookupError):
        asyncio.run(wait(0))

    assert sorted(operation.get("returned", 0) for operation in told(at_work)) == [0, 1, 2]
    assert {operation["name"] for operation in told(at_work)} == {"by name"}


def test_arguments_are_told_as_they_were_given(at_work: Bench) -> None:
    @recorded
    def empty(items: list[int]) -> None:
        items.clear()

    empty([1, 2])

    assert told(at_work)[0]["arguments"] == [[1, 2]]


def test_the_function_stays_what_it_was(at_work: Bench) -> None:
    assert halve.__name__ == "halve"
    assert asyncio.iscoroutinefunction(wait)


def test_where_nothing_is_recorded_nothing_is_loaded() -> None:
    program = """
import sys
from otel2test.processors import recorded, recording
@recorded
def double(number):
    return 2 * number
with recording("block"):
    print(double(2))
print(*sorted({"opentelemetry.sdk", "django", "wrapt", "otel2test.processors.recorder"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environ({}), check=True
    )

    assert done.stdout == "4\n\n"


# Management commands


COMMAND = """
from django.core.management.base import BaseCommand, CommandError
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command

def count():
    return ContentType.objects.count()

class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("path")
        parser.add_argument("--limit", type=int, default=3)
        parser.add_argument("--api-token")

    def handle(self, *, path, limit, **options):
        call_command("migrate", verbosity=0)
        self.stdout.write(f"{path} {limit} {count() > 0}")
        if path == "nowhere":
            raise CommandError("no such path")
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.make(tmp_path / "tiny")
    commands = made.folder / "prices" / "management" / "commands"
    commands.mkdir(parents=True)
    for folder in (commands, commands.parent, commands.parent.parent):
        (folder / "__init__.py").touch()
    (commands / "load_prices.py").write_text(COMMAND)
    settings = (made.folder / "tiny.py").read_text()
    (made.folder / "tiny.py").write_text(settings.replace('.contenttypes"]', '.contenttypes", "prices"]'))
    return made


def operations(project: Project) -> list[Operation]:
    recorded_traces = reading.read([str(project.folder / "spans")])
    assert recorded_traces.problems == ()
    found: list[Operation] = []
    for trace in recorded_traces.traces:
        there, problems = reading.operations(trace)
        assert problems == ()
        found += there
    return found


ASKED = {"OTEL_TRACES_EXPORTER": "otel2test", "OTEL2TEST_CALLS": "1"}


def test_a_command_of_the_project_is_recorded(project: Project) -> None:
    secret = "c0ffee5ec4e7c0ffee5ec4e7"
    done = project.instrument(
        *("python", "manage.py", "load_prices", "a.csv", "--limit=5", "--api-token", secret), **ASKED
    )

    assert (done.stdout, done.stderr) == ("a.csv 5 True\n", "")
    (operation,) = operations(project)
    assert (operation.kind, operation.name) == ("command", "load_prices")
    assert (operation.module, operation.qualname) == (
        "prices.management.commands.load_prices",
        "Command.handle",
    )
    assert operation.arguments[:3] == ("a.csv", "--limit=5", "--api-token")
    assert operation.keywords["path"] == "a.csv"
    assert operation.output == "a.csv 5 True\n"
    assert operation.exception is None
    assert any("COUNT(*)" in query.sql for query in operation.queries)
    assert {call.qualname for call in operation.calls} >= {"Command.handle", "count"}
    assert "contenttypes.ContentType" in {model.label for model in operation.schema.models}
    assert all(secret not in file.read_text() for file in (project.folder / "spans").iterdir())


def test_a_command_that_fails_is_recorded_with_its_error(project: Project) -> None:
    done = project.instrument("python", "manage.py", "load_prices", "nowhere", **ASKED)

    assert done.returncode == 1
    assert "CommandError: no such path" in done.stderr
    (operation,) = operations(project)
    assert operation.exception is not None
    assert operation.exception.message == "no such path"


@pytest.mark.parametrize("command", [("migrate", "-v0"), ("check",), ("shell", "-c", "1")])
def test_commands_of_django_are_not_recorded(project: Project, command: tuple[str, ...]) -> None:
    done = project.instrument("python", "manage.py", *command, **ASKED)

    assert done.returncode == 0, done.stderr
    assert not (project.folder / "spans").exists()


def test_operations_are_listed_and_named_as_not_inverted(project: Project) -> None:
    project.instrument("python", "manage.py", "load_prices", "a.csv", **ASKED)
    spans = str(project.folder / "spans")

    listed = _otel2test("list", spans)
    shown = _otel2test("show", spans)
    generated = _otel2test("gen", spans)

    assert "command load_prices" in listed.stdout
    assert "command load_prices" in " ".join(shown.stdout.split())
    assert generated.stdout == ""
    assert "command load_prices ran outside of any request" in generated.stderr
    assert "not inverted yet" in generated.stderr


def _otel2test(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "otel2test", *arguments], capture_output=True, text=True, check=False
    )


# Celery tasks


WORKER = """
import sys
from celery import Celery
from celery.contrib.testing.worker import start_worker
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from otel2test.processors import record

trace.set_tracer_provider(TracerProvider())
record()
app = Celery("work", broker="memory://", backend="cache+memory://")

@app.task
def divide(one, other):
    return split(one, other)

def split(one, other):
    return one / other

@app.task(bind=True, max_retries=1)
def retry(self):
    raise self.retry(countdown=0, exc=LookupError("again"))

if __name__ == "__main__":
    with start_worker(app, pool="solo", perform_ping_check=False):
        print(divide.delay(4, other=2).get(timeout=20))
        for failing in (divide.delay(1, other=0), retry.delay()):
            try:
                failing.get(timeout=20)
            except Exception as error:
                print(type(error).__name__)
    print(divide.apply((9, 3)).get())
"""


def test_tasks_of_a_worker_are_recorded(tmp_path: Path) -> None:
    pytest.importorskip("celery")
    project = Project.make(tmp_path / "tiny")
    (project.folder / "work.py").write_text(WORKER)
    done = subprocess.run(
        [sys.executable, "work.py"],
        cwd=project.folder,
        env=environ({"OTEL2TEST_CALLS": "1"}),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert done.stdout.split() == ["2.0", "ZeroDivisionError", "LookupError", "3.0"], done.stderr
    assert "otel2test could not record" not in done.stderr
    found = operations(project)
    outcomes = [
        (
            task.name.rpartition(".")[2],
            task.returned,
            task.exception and task.exception.type.rpartition(".")[2],
        )
        for task in found
    ]
    assert outcomes == [
        ("divide", 2.0, None),
        ("divide", None, "ZeroDivisionError"),
        ("retry", None, "Retry"),
        ("retry", None, "LookupError"),
        ("divide", 3.0, None),
    ]
    assert all(task.kind == "task" for task in found)
    assert (found[0].arguments, found[0].keywords) == ((4,), {"other": 2})
    assert [call.qualname for call in found[0].calls] == ["divide", "split"]
