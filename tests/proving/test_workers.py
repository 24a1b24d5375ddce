"""Jobs in a project in which everything goes wrong that can, in both frameworks."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from otel2test.processors.pseudonyms import Pseudonyms
from otel2test.proving.jobs import Framework, Job, Outcome, Patch
from otel2test.proving.workers import Workers
from tests.proving import faulty
from tests.proving.faulty import SETTINGS, module, result

FRAMEWORKS: tuple[Framework, ...] = ("pytest", "unittest")


@dataclass(frozen=True, slots=True)
class Bench:
    """A project with one worker."""

    framework: Framework
    root: Path
    workers: Workers

    def run(self, *lines: str, more: str = "", marks: str = "", **options: Any) -> Outcome:
        source = module(self.framework, *lines, more=more, marks=marks)
        return faulty.run(self.workers, self.root, source, **options)

    def get(self, path: str, **options: Any) -> Outcome:
        return self.run(f"response = client.get({path!r})", "assert response.status_code == 200", **options)

    @property
    def test(self) -> str:
        return "test_it" if self.framework == "pytest" else "Tests.test_it"


@pytest.fixture(scope="module", params=FRAMEWORKS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    root = faulty.make(tmp_path_factory.mktemp("faulty"))
    with faulty.working(root, request.param) as workers:
        yield Bench(request.param, root, workers)


def test_a_test_that_passes(bench: Bench) -> None:
    found = bench.get("/cached/")

    assert result(found).status == "passed"
    assert result(found).name == bench.test
    assert (found.key, found.spans, found.lines) == ("job", (), {})


def test_a_test_that_fails_is_told_as_the_framework_tells_it(bench: Bench) -> None:
    failed = result(bench.run("assert client.get('/nowhere/').status_code == 200"))

    assert failed.status == "failed"
    assert failed.message.startswith("AssertionError")
    assert "assert client.get('/nowhere/').status_code == 200" in failed.details
    if bench.framework == "pytest":
        assert "assert 404 == 200" in failed.message


def test_a_module_that_cannot_be_imported(bench: Bench) -> None:
    broken = result(bench.run("pass", more="import nowhere", tests=(bench.test,)))

    assert (broken.name, broken.status) == (bench.test, "error")
    assert broken.message == "ModuleNotFoundError: No module named 'nowhere'"


def test_tests_are_run_in_the_order_asked_for(bench: Bench) -> None:
    source = "def test_a(): pass\ndef test_b(): assert False\ndef test_c(): pass\n"
    names = ("test_c", "test_b", "test_x", "test_a")
    if bench.framework == "unittest":
        source = "import unittest\nclass T(unittest.TestCase):\n" + "".join(
            f"    {line.replace('()', '(self)')}\n" for line in source.splitlines()
        )
        names = ("T.test_c", "T.test_b", "T.test_x", "T.test_a")

    def statuses(**options: Any) -> list[tuple[str, str]]:
        outcome = faulty.run(bench.workers, bench.root, source, tests=names, **options)
        return [(found.name.rpartition(".")[2], found.status) for found in outcome.results]

    assert statuses() == [
        ("test_x", "error"),
        ("test_c", "passed"),
        ("test_b", "failed"),
        ("test_a", "passed"),
    ]
    assert statuses(stop_at_failure=True) == [("test_x", "error"), ("test_c", "passed"), ("test_b", "failed")]


def test_a_view_that_hangs(bench: Bench) -> None:
    hung = result(bench.get("/hang/"))

    assert (hung.status, hung.message) == ("timeout", "TimeLimitReached: still running after 3 s")
    assert "time.sleep(60)" in hung.details


def test_a_view_that_hangs_and_will_not_be_stopped(bench: Bench) -> None:
    hung = result(bench.get("/stubborn/"))

    assert (hung.name, hung.status) == (bench.test, "timeout")
    assert "could not be stopped" in hung.message
    assert "in stubborn" in hung.details


def test_a_view_that_eats_memory(bench: Bench) -> None:
    eaten = result(bench.get("/greedy/"))

    assert (eaten.status, eaten.message) == ("memory", "MemoryError")
    assert "in greedy" in eaten.details or "def greedy" in eaten.details


@pytest.mark.parametrize(
    ("path", "message"),
    [("/leaves/", "the process ended with exit code 3"), ("/crashes/", "the process was ended by SIGSEGV")],
)
def test_a_view_that_ends_the_process(bench: Bench, path: str, message: str) -> None:
    crashed = result(bench.get(path))

    assert (crashed.name, crashed.status, crashed.message) == (bench.test, "crashed", message)
    assert ("in crashes" in crashed.details) == (path == "/crashes/")
    assert result(bench.get("/cached/")).status == "passed"


@pytest.mark.parametrize(
    ("path", "refused"), [("/outside/", "203.0.113.7:80"), ("/lookup/", "quotes.example.com:80")]
)
def test_connections_are_refused(bench: Bench, path: str, refused: str) -> None:
    kept = result(bench.get(path))

    assert kept.status == "failed"
    assert kept.refused == (f"the connection to {refused}",)
    assert f"otel2test prove refuses the connection to {refused}" in kept.message


def test_what_is_the_users_is_not_touched(bench: Bench) -> None:
    before = sorted(path.name for path in bench.root.iterdir() if path.name != "faulty")

    stored = result(bench.run("assert client.get('/store/').content == b'two'"))
    cached = result(bench.run("assert client.get('/cached/').content == b'42'"))

    assert (stored.status, cached.status) == ("passed", "passed")
    assert sorted(path.name for path in bench.root.iterdir() if path.name != "faulty") == before
    assert bench.workers.notes == (
        "the cache 'default' (django.core.cache.backends.redis.RedisCache) is one in memory while proving",
    )


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("(BASE_DIR / 'export.txt').write_text('a')", "writing to {root}/export.txt"),
        ("(BASE_DIR / 'manage.py').unlink()", "removing {root}/manage.py"),
        ("shutil.rmtree(BASE_DIR / 'faulty')", "removing {root}/faulty/"),
        ("sqlite3.connect(BASE_DIR / 'users.sqlite3')", "writing to the database {root}/users.sqlite3"),
        ("subprocess.run(['touch', BASE_DIR / 'export.txt'])", "the program touch {root}/export.txt"),
    ],
)
def test_files_are_not_touched_and_programs_not_started(bench: Bench, line: str, refused: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in bench.root.rglob("*")}
    imports = "import shutil, sqlite3, subprocess\nfrom faulty.settings import BASE_DIR"

    kept = result(bench.run(line, more=imports))

    assert kept.status == "failed"
    assert kept.message.startswith("PermissionError: otel2test prove refuses ")
    assert kept.refused[0].startswith(refused.format(root=os.path.realpath(bench.root)))
    assert {path: path.stat().st_mtime_ns for path in bench.root.rglob("*")} == before


def test_what_is_temporary_may_be_written(bench: Bench) -> None:
    found = bench.run(
        "with tempfile.TemporaryDirectory() as folder:",
        "    pathlib.Path(folder, 'a.txt').write_text('a')",
        "    sqlite3.connect(pathlib.Path(folder, 'a.sqlite3')).execute('CREATE TABLE a (b)')",
        "open('/dev/null', 'w').close()",
        more="import pathlib, sqlite3, tempfile",
    )

    assert (result(found).status, result(found).refused) == ("passed", ())


LOGGING = """
LOGGING = {
    "version": 1,
    "handlers": {
        "open": {"class": "logging.FileHandler", "filename": BASE_DIR / "open.log"},
        "late": {"class": "logging.FileHandler", "filename": BASE_DIR / "late.log", "delay": True},
        "full": {
            "class": "logging.handlers.RotatingFileHandler",
            "filename": BASE_DIR / "full.log",
            "maxBytes": 10,
            "backupCount": 1,
        },
    },
    "loggers": {"shop": {"handlers": ["open", "late", "full"]}},
}
FILE_UPLOAD_TEMP_DIR = BASE_DIR / "uploads"
"""
LOGGED = """
import logging
from pathlib import Path
from django.core.files.uploadedfile import TemporaryUploadedFile

for number in range(3):
    logging.getLogger("shop").warning("a long line of a log")
TemporaryUploadedFile("a.txt", "text/plain", 1, None).close()
for handler in logging.getLogger("shop").handlers:
    assert "a long line" in Path(handler.baseFilename).read_text()
"""


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_logs_and_uploads_go_elsewhere(tmp_path: Path, framework: Framework) -> None:
    root = faulty.make(tmp_path, settings=SETTINGS + LOGGING)
    (root / "uploads").mkdir()

    with faulty.working(root, framework) as workers:
        found = faulty.run(workers, root, module(framework, LOGGED))

    assert (result(found).status, result(found).refused) == ("passed", ())
    assert {path.name: path.stat().st_size for path in root.glob("*.log*")} == {"open.log": 0, "full.log": 0}
    assert not list((root / "uploads").iterdir())


def test_static_files_without_a_folder_for_them(bench: Bench) -> None:
    found = bench.run(
        "assert StaticFilesStorage(base_url='/static/').location is None",
        more="from django.contrib.staticfiles.storage import StaticFilesStorage",
    )

    assert result(found).status == "passed"


@pytest.mark.parametrize("marks", ["", "transaction=True"])
def test_each_job_has_the_database_as_it_was(bench: Bench, marks: str) -> None:
    line = "assert client.get('/users/?name=ada').content == b'1'"

    assert [result(bench.run(line, marks=marks)).status for _ in range(2)] == ["passed", "passed"]


def test_the_clock_is_ahead(bench: Bench) -> None:
    ahead = datetime.now(UTC).year + 10

    found = bench.run(f"assert client.get('/world/').json()['year'] == {ahead}", shift=10 * 365.25 * 86400)

    assert result(found).status == "passed"


def test_chance_is_what_the_seed_makes_it(bench: Bench) -> None:
    lines = ("drawn = client.get('/world/').json()['drawn']", "assert drawn is None, f'<{drawn}>'")

    def drawn(seed: int) -> str:
        return result(bench.run(*lines, seed=seed)).message.partition("<")[2].partition(">")[0]

    assert drawn(1) == drawn(1) != drawn(2)
    assert float(drawn(1)) > 0


def test_spans_are_those_of_a_served_request(bench: Bench) -> None:
    lines = ("client.get('/users/?name=ada')", "client.get('/cached/')")
    found = bench.run(
        "from django.contrib.auth.models import User", "User.objects.count()", *lines, record=True
    )

    assert result(found).status == "passed"
    assert len(found.spans) == 2
    users, cached = found.spans
    assert "/users/?name=ada" in users
    assert "INSERT INTO" in users
    assert "otel2test.db.query" in users
    assert "otel2test.calls" in users
    assert "otel2test.cache" in cached


def test_calls_that_the_test_answers_are_in_the_spans(bench: Bench) -> None:
    found = bench.run(
        "with responses.RequestsMock() as answers:",
        "    answers.add('GET', 'http://quotes.example.com/one', body='A quote')",
        "    assert client.get('/quote/').content == b'A quote'",
        more="import responses",
        record=True,
    )

    assert (result(found).status, result(found).refused) == ("passed", ())
    assert "otel2test.http.outbound" in found.spans[0]
    assert "http://quotes.example.com/one" in found.spans[0]


def test_pseudonyms_come_out_as_they_went_in(bench: Bench) -> None:
    secret = "tok-4f9a8b7c6d5e4f3a2b1c"

    def recorded(token: str) -> str:
        (line,) = bench.get(f"/token/?token={token}&password=x", record=True).spans
        found = re.search(r'token=([^&"]+)&', line)
        assert found is not None
        return found[1]

    pseudonym = recorded(secret)
    assert pseudonym != secret
    assert recorded(pseudonym) == pseudonym


@pytest.mark.parametrize("secret", ["x", "Pw1", "1234", "k9#Z", "\u00e4b3", "abc12"])
def test_short_pseudonyms_come_out_as_they_went_in(bench: Bench, secret: str) -> None:
    pseudonym = Pseudonyms(b"of who has recorded").of(secret)

    (line,) = bench.get(f"/token/?token=t&password={quote(pseudonym)}", record=True).spans

    sent = re.search(r'token=[^&"]+&password=([^&" \\]+)', line)
    answered = re.search(r'password\\+": ?\\+"([^"\\]+)', line)
    assert sent is not None
    assert answered is not None
    assert unquote(sent[1]) == answered[1] == pseudonym


def test_lines_are_those_of_the_project_that_ran_in_requests(bench: Bench) -> None:
    text = (bench.root / "faulty" / "urls.py").read_text(encoding="utf-8").splitlines()

    found = bench.run("client.get('/users/?name=ada')", "client.get('/world/')", lines=True)

    (lines,) = found.lines.values()
    assert list(found.lines) == [os.path.realpath(bench.root / "faulty" / "urls.py")]
    assert [text[line - 1].strip() for line in lines] == [
        'User.objects.create_user(request.GET["name"])',
        "return HttpResponse(User.objects.count())",
        'return JsonResponse({"year": timezone.now().year, "drawn": random.random(), "hash": hash("a")})',
    ]


def test_lines_of_installed_packages_are_told_if_asked_for(bench: Bench) -> None:
    found = bench.run("client.get('/world/')", lines=True, packages=("django.http",))

    assert any(path.endswith("django/http/response.py") for path in found.lines)
    assert os.path.realpath(bench.root / "faulty" / "urls.py") in found.lines


def test_a_mutant_is_in_place_for_its_job_alone(bench: Bench) -> None:
    path = bench.root / "faulty" / "urls.py"
    text = path.read_text(encoding="utf-8")
    line = "assert client.get('/cached/').content == b'42'"

    def mutated(source: str) -> Outcome:
        return bench.run(line, patch=Patch(str(path), source, 1))

    assert result(mutated(text.replace('"answer", 42', '"answer", 43'))).status == "failed"
    assert mutated(text.replace("urlpatterns = [", "urlpatterns = [None] and [")).results == ()
    assert result(bench.run(line)).status == "passed"


def test_a_module_that_was_written_since_the_start(bench: Bench) -> None:
    path = bench.root / "tests" / "test_late.py"
    path.parent.mkdir()
    path.write_text(module(bench.framework, "client.get('/cached/')"), encoding="utf-8")

    (found,) = bench.workers.run([Job("late", str(path), (bench.test,))])

    shutil.rmtree(path.parent)
    assert result(found).status == "passed"


def test_nothing_is_written_beside_the_tests(bench: Bench) -> None:
    bench.get("/cached/")

    assert not (bench.root / "tests").exists()
    assert not list(bench.root.rglob("__pycache__"))


def test_jobs_that_come_later_and_the_workers_they_ask_for(tmp_path: Path) -> None:
    root = faulty.make(tmp_path)
    source = module("pytest", "assert not client.get('/world/').json()")
    done: list[Outcome] = []

    def coming() -> Iterator[Job | None]:
        for number in range(3):
            yield Job(f"first {number}", str(root / "tests/test_a.py"), source=source, worker=0)
        while len(done) < 3:
            yield None
        yield Job("second", str(root / "tests/test_a.py"), source=source, worker=5)

    with faulty.working(root, count=2) as workers:
        for outcome in workers.run(coming()):
            done.append(outcome)  # noqa: PERF402 - what comes next looks at it
        assert list(workers.run(iter([None]))) == []
        forsaken = workers.run(Job(f"late {number}", str(root / "a.py"), source="") for number in range(9))
        next(forsaken)
        forsaken.close()
        assert faulty.run(workers, root, source).key == "job"

    assert {outcome.key: outcome.worker for outcome in done} == {
        "first 0": 0,
        "first 1": 0,
        "first 2": 0,
        "second": 1,
    }
    assert done[0].results[0].message != done[-1].results[0].message  # the hash is another one there
