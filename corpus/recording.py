"""Record a project: a fresh database, the server under the recorder, the stories over HTTP.

Enters: a project. Leaves: one recording a request in ``recordings/``, one a story, and beside them two
indexes that say what each is. What left no trace is in its index too, without a recording.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

import orjson

from corpus.project import Project
from corpus.stories import Browser, Sent
from samples.running import SampleError, free_port, recorded_requests, wait_until
from samples.running import running as running_server


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request of a story and what the recorder wrote of it."""

    name: str
    """Unique in its project, fit for a file name."""
    request: str
    """``POST /polls/1/ 302``."""
    as_told: bool
    file: str | None
    """The recording's name; None where the recorder missed the request."""


def record(project: Project) -> None:
    """Record all stories of a project anew."""
    programs = project.programs("record")
    shutil.rmtree(project.work, ignore_errors=True)
    spans, recordings = project.work / "spans", project.work / "recordings"
    for folder in (spans, recordings, project.work / "media", project.mails):
        folder.mkdir(parents=True)
    _prepare(project, programs)
    port = free_port()
    env = {
        **project.variables(programs),
        "OTEL_TRACES_EXPORTER": "otel2test",
        "OTEL_SERVICE_NAME": project.name,
        "OTEL2TEST_DIR": str(spans),
    }
    command = ("opentelemetry-instrument", "python", "manage.py", "runserver", "--noreload", str(port))
    log = project.work / "server.log"
    sent: list[Sent] = []
    with running_server(
        command, project=project.folder, programs=programs, env=env, port=port, log=log
    ) as url:
        for story in project.stories:
            sent += Browser(url, project.login, project.mails).play(story)
        try:
            wait_until(lambda: len(recorded_requests(spans)) >= len(sent), "the last recorded request")
        except SampleError:
            print(f"{project.name}: fewer traces than requests", file=sys.stderr)
    if project.database == "postgresql":
        _drop_database(project.database_name)
    _complain(project, sent)
    lines = _lines(sent, recorded_requests(spans))
    for index, found in (("index", _requests(sent, lines)), ("stories", _stories(sent, lines))):
        for item, told in found:
            if item.file is not None:
                (recordings / item.file).write_text("".join(f"{line}\n" for line in told), encoding="utf-8")
        told_of = orjson.dumps([asdict(item) for item, _ in found])
        (project.work / f"{index}.json").write_bytes(told_of)


def recorded(project: Project, *, stories: bool = False) -> list[Recorded]:
    """Return what :func:`record` left last time: the requests, or whole ``stories``."""
    index = project.work / ("stories.json" if stories else "index.json")
    if not index.exists():
        sys.exit(f"{project.name} was not recorded yet on {project.database}; leave out --recorded")
    return [Recorded(**item) for item in orjson.loads(index.read_bytes())]


def _prepare(project: Project, programs: Path) -> None:
    if project.database == "postgresql":
        _make_database(project.database_name)
    env = {**project.variables(programs), "DJANGO_SETTINGS_MODULE": "config.settings"}
    for command in (("manage.py", "migrate", "--verbosity=0"), ("seed.py",)):
        done = subprocess.run(
            [programs / "python", *command],
            cwd=project.folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SampleError(f"{project.name}: {' '.join(command)} failed:\n{done.stderr}")


def _make_database(name: str) -> None:
    _drop_database(name)
    _psql(f"CREATE DATABASE {name}")


def _drop_database(name: str) -> None:
    _psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _psql(statement: str) -> None:
    command = ["psql", "-h", "127.0.0.1", "-d", "postgres", "-q", "-c", statement]
    subprocess.run(command, check=True, capture_output=True)


def _complain(project: Project, sent: Iterable[Sent]) -> None:
    for item in sent:
        if not item.as_told:
            told = f"{item.story}: {item.method} {item.path} {item.status}, not {item.step.status}"
            print(f"{project.name}: {told}", file=sys.stderr)
            if item.status in (200, 400):
                (project.work / f"untold-{item.story}.html").write_text(item.excerpt, encoding="utf-8")


_Told: TypeAlias = "tuple[Recorded, Sequence[str]]"
"""What was recorded, and its lines."""


def _lines(sent: Sequence[Sent], lines: Sequence[str]) -> list[str | None]:
    """Return for each request that was sent what was recorded of it, None where that was missed.

    One browser made the requests one after the other, so that the next recorded request of the
    same method and path is the one. Secrets in a path were replaced by others as long.
    """
    waiting = [(*_request_of(line), line) for line in lines]
    found: list[str | None] = []
    for item in sent:
        alike = [place for place, (method, _, _) in enumerate(waiting) if method == item.method]
        exact = [place for place in alike if waiting[place][1] == item.path]
        hidden = [place for place in alike if len(waiting[place][1]) == len(item.path)]
        place = next(iter(exact or hidden), None)
        found.append(waiting.pop(place)[2] if place is not None else None)
    return found


def _requests(sent: Sequence[Sent], lines: Sequence[str | None]) -> list[_Told]:
    """Return each request that counts."""
    found: list[_Told] = []
    for item, line in zip(sent, lines, strict=True):
        if item.step.counted:
            name = f"{len(found) + 1:03}_{item.story}".replace("-", "_")
            request = f"{item.method} {item.path} {item.status}"
            file = f"{name}.json" if line is not None else None
            found.append((Recorded(name, request, item.as_told, file), [line] if line is not None else []))
    return found


def _stories(sent: Sequence[Sent], lines: Sequence[str | None]) -> list[_Told]:
    """Return each story, all its requests included; one of which a request was missed has no recording."""
    told: dict[str, list[tuple[Sent, str | None]]] = {}
    for item, line in zip(sent, lines, strict=True):
        told.setdefault(item.story, []).append((item, line))
    found: list[_Told] = []
    for story, items in told.items():
        name = f"story_{len(found) + 1:03}_{story}".replace("-", "_")
        recorded = [line for _, line in items if line is not None]
        file = f"{name}.json" if len(recorded) == len(items) else None
        as_told = all(item.as_told for item, _ in items)
        request = ", ".join(f"{item.method} {item.path} {item.status}" for item, _ in items)
        found.append((Recorded(name, request, as_told, file), recorded))
    return found


def _request_of(line: str) -> tuple[str, str]:
    for scope in orjson.loads(line)["resourceSpans"][0]["scopeSpans"]:
        for span in scope["spans"]:
            for attribute in span.get("attributes", ()):
                if attribute["key"] == "otel2test.http.request":
                    payload = orjson.loads(attribute["value"]["stringValue"])
                    return payload["method"], payload["path"]
    raise LookupError("no request in the line")
