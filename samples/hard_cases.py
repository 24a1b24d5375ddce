"""Where the easy way to turn a recording into a test goes wrong: a request, or a few, for each case.

Enters: the folder for the recordings, ``samples/spans/hard/`` by default. Leaves: one file of
OTLP JSON for each case. With PostgreSQL at 127.0.0.1 the cases that need it are recorded as
well. Run it with ``make samples``, or ``python -m samples.hard_cases [CASE …]``.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from samples.environments import own
from samples.record import SPANS, portable
from samples.running import (
    SampleError,
    free_port,
    process_environment,
    recorded_requests,
    running,
    wait_for_requests,
)
from samples.stories import Browser, Step, get, post_json, submit

PROJECT = Path(__file__).resolve().parent / "hard_project"
HARD_SPANS = SPANS / "hard"
MEASUREMENT = "6f1c2a58-9f3e-4d53-8a4b-0d9c5e7f1a22"
ANN = {"email": "ann@example.com", "password": "smørrebrød-42"}
TEXT = "text/plain"
ANY_ORDER = "what is done for each of several rows that come in any order"


@dataclass(frozen=True, slots=True)
class Case:
    """What goes wrong, and the requests that show it."""

    name: str
    about: tuple[str, ...]
    """The cases, in the words in which they are listed."""
    steps: tuple[Step, ...]
    before: tuple[Step, ...] = ()
    """Made first, in a part of the recording that isn't kept."""
    postgresql: bool = False
    """Whether it needs PostgreSQL."""
    join: bool = False
    """Whether its requests become one test."""


CASES = (
    Case(
        "same-row-twice",
        ("one fixture per SELECT instead of per entity", "the same row read twice, half and whole"),
        (get("/same-row-twice/2/"),),
    ),
    Case(
        "read-back-after-insert",
        ("rows read back after the request's own INSERT arranged as if they had been there before",),
        (submit("/books/", {"author": "Bo O'Hara", "title": "Quite New"}, status=200),),
    ),
    Case("many-to-many", ("many-to-many links",), (submit("/books/2/genres/", {"genre": ["2", "3"]}),)),
    Case(
        "generic-relation",
        ("generic relations", "content-type ids"),
        (submit("/books/2/remarks/", {"text": "And a third time."}, status=201),),
    ),
    Case("generic-rows", ("generic relations",), (get("/books/2/"),)),
    Case("unread-parent", ("foreign keys to rows that no query returned",), (get("/unread-parent/"),)),
    Case(
        "custom-user",
        ("a custom user model", "session rows inserted as rows"),
        (get("/who/"),),
        before=(submit("/log-me-in/", ANN),),
    ),
    Case("custom-user-logs-in", ("a custom user model",), (submit("/log-me-in/", ANN),)),
    Case(
        "session-row",
        ("session rows inserted as rows",),
        (submit("/basket/", {"book": "2", "number": "3"}, status=200),),
    ),
    Case("nullable-join", ("select_related over a nullable key",), (get("/nullable-join/"),)),
    Case("partial-columns", (".only()/.defer()/.values()",), (get("/partial-columns/"),)),
    Case("prefetched", ("prefetch's extra columns",), (get("/prefetched/"),)),
    Case("annotated", ("annotations beside real columns",), (get("/annotated/"),)),
    Case("self-joined", ("self-joins and their aliases",), (get("/self-joined/"),)),
    Case(
        "handler-made",
        ("rows made by signal handlers",),
        (
            submit(
                "/members/", {"email": "eva@example.com", "password": "hygge-17", "name": "Eva"}, status=201
            ),
        ),
    ),
    Case("streamed", ("rows streamed by .iterator()",), (get("/streamed/"),)),
    Case("mutual-keys", ("mutual foreign keys",), (get("/teams/1/"),)),
    Case(
        "appointed", ("mutual foreign keys",), (submit("/teams/1/captain/", {"name": "Signe"}, status=204),)
    ),
    Case(
        "tree-columns",
        ("tree columns",),
        (submit("/categories/", {"parent": "Science/Physics", "name": "Heat"}, status=201),),
    ),
    Case("inherited-rows", ("multi-table inheritance",), (get("/inherited/"),)),
    Case(
        "inherited-row-made",
        ("multi-table inheritance",),
        (submit("/cars/", {"plate": "GH 78", "seats": "7"}, status=201),),
    ),
    Case(
        "proxies",
        ("proxy and unmanaged models", "db_column ≠ field name"),
        (get("/proxies/"),),
    ),
    Case(
        "every-type",
        (
            "UUID, Decimal, duration, JSON, binary columns",
            "aware and naive datetimes, SQLite's texts for them",
        ),
        (get(f"/every-type/{MEASUREMENT}/"),),
    ),
    Case(
        "every-type-on-postgresql",
        ("UUID, Decimal, duration, JSON, binary columns",),
        (get(f"/every-type/{MEASUREMENT}/"),),
        postgresql=True,
    ),
    Case("arrays-and-ranges", ("array, range columns",), (get("/seasons/"),), postgresql=True),
    Case(
        "bulk-insert",
        ("bulk inserts", "upserts, ON CONFLICT"),
        (submit("/genres/", {"names": "Essay\nNovel\nDrama\nLetters\n"}, status=200),),
    ),
    Case("batched-in", ("batched IN lists",), (get("/in-batches/"),)),
    Case(
        "upsert",
        ("upserts, ON CONFLICT", "UPDATE … CASE WHEN (bulk_update)"),
        (submit("/counters/", {"name": ["visits", "likes"]}, status=200),),
    ),
    Case(
        "locked",
        ("select_for_update, savepoints",),
        (submit("/counters/visits/visit/", status=200), submit("/counters/shares/visit/", status=200)),
    ),
    Case(
        "locked-on-postgresql",
        ("select_for_update, savepoints",),
        (submit("/counters/visits/visit/", status=200), submit("/counters/shares/visit/", status=200)),
        postgresql=True,
    ),
    Case("undone", ("select_for_update, savepoints",), (submit("/undo/", status=409),)),
    Case(
        "unread-update",
        ("rows changed without being read",),
        (submit("/prices/", {"author": "Bo O'Hara"}, status=200),),
    ),
    Case(
        "several-databases",
        ("several databases",),
        (get("/archived/"), submit("/archive/", {"number": "2020-1", "total": "5.00"}, status=204)),
    ),
    Case(
        "multipart",
        ("multipart uploads",),
        (
            submit(
                "/documents/",
                {"title": "Two files"},
                status=201,
                files=[
                    ("file", ("blåbær.txt", "Æble".encode(), TEXT)),
                    ("file", ("b.bin", b"\x00\xff", "application/octet-stream")),
                ],
            ),
        ),
    ),
    Case(
        "repeated-keys",
        ("repeated query and form keys",),
        (
            submit(
                "/repeated-keys/", {"b": ["1", "2"]}, status=200, query=[("a", "x"), ("a", ""), ("a", "y")]
            ),
        ),
    ),
    Case(
        "json-nothings",
        ('JSON null, [], ""',),
        (
            post_json(
                "/notes/", {"text": "", "details": {"a": None, "b": [], "c": ""}, "labels": []}, status=201
            ),
        ),
    ),
    Case(
        "quotes-everywhere",
        ("non-ASCII and quotes in every place where text can stand",),
        (
            submit(
                "/quotes/it's%20%22sm%C3%B8rrebr%C3%B8d%22/",
                {"text": "\"Ja\",\n'nej' \\ {braces} %s 🍎"},
                status=200,
                query=[("q", "'\"ø\\")],
                headers={"X-Greeting": 'it\'s "me"'},
            ),
        ),
    ),
    Case(
        "odd-names",
        ("names that collide with keywords, builtins or each other",),
        (get("/odd-names/1/"),),
    ),
    Case("one-view-twice", ("two traces of one view in one file",), (get("/books/1/"), get("/books/3/"))),
    Case(
        "one-session",
        ("N traces of one session",),
        (
            submit("/log-me-in/", ANN),
            get("/who/"),
            submit("/basket/", {"book": "1"}, status=200),
            submit("/basket/", {"book": "1", "number": "2"}, status=200),
            submit(
                "/members/", {"email": "ida@example.com", "password": "hygge-18", "name": "Ida"}, status=201
            ),
        ),
        join=True,
    ),
    Case("written-by-hand", ("hand-written SQL",), (get("/raw/", query=[("pages", "100")]),)),
    Case(
        "by-chance",
        ("random values, secrets, e-mails after the commit",),
        (submit("/tickets/", {"email": "ann@example.com"}),),
    ),
    Case("cached", ("caches",), (get("/statistics/"), get("/statistics/"))),
    Case("any-order", (ANY_ORDER,), (submit("/remind/"),)),
    Case("any-order-on-postgresql", (ANY_ORDER,), (submit("/remind/"),), postgresql=True),
    Case(
        "enumerated-in-any-order",
        (ANY_ORDER,),
        (submit("/announce/", status=200), get("/shelves/"), get("/titles/")),
    ),
    Case(
        "enumerated-in-any-order-on-postgresql",
        (ANY_ORDER,),
        (submit("/announce/", status=200), get("/shelves/"), get("/titles/")),
        postgresql=True,
    ),
    Case("sorted-by-count", ("rows left out of a list that is sorted by a count",), (get("/fewest-books/"),)),
)


def postgresql_answers() -> bool:
    """Return whether there is a server at 127.0.0.1 that lets us in."""
    try:
        import psycopg  # noqa: PLC0415 - only where it is asked for

        psycopg.connect(host="127.0.0.1", user="postgres", connect_timeout=3).close()
    except Exception:  # noqa: BLE001 - whatever it is, there is none
        return False
    return True


@contextmanager
def seeded(*, postgresql: bool) -> Iterator[Callable[[], AbstractContextManager[dict[str, str]]]]:
    """Make the project's databases once; yield what gives a copy of them, as the settings read it."""
    with tempfile.TemporaryDirectory() as original:
        env = {"HARD_FOLDER": original}
        prefix = f"otel2test_hard_{os.getpid()}"
        if postgresql:
            env["HARD_POSTGRESQL"] = prefix

        @contextmanager
        def copy() -> Iterator[dict[str, str]]:
            with tempfile.TemporaryDirectory() as folder:
                shutil.copytree(original, folder, dirs_exist_ok=True)
                with _postgresql(f"{prefix}_copy", prefix) if postgresql else nullcontext():
                    name = {"HARD_POSTGRESQL": f"{prefix}_copy"} if postgresql else {}
                    yield {"HARD_FOLDER": folder, **name}

        with _postgresql(prefix) if postgresql else nullcontext():
            for command in (["migrate"], ["migrate", "--database=archive"], ["seed"]):
                manage(*command, env=env)
            yield copy


@contextmanager
def _postgresql(prefix: str, template: str | None = None) -> Iterator[None]:
    """Make the two databases whose names begin so, as copies of others; drop them afterwards."""
    try:
        for name in ("default", "archive"):
            like = f' TEMPLATE "{template}_{name}"' if template else ""
            _administer(f'CREATE DATABASE "{prefix}_{name}"{like}')
        yield
    finally:
        for name in ("default", "archive"):
            _administer(f'DROP DATABASE IF EXISTS "{prefix}_{name}" WITH (FORCE)')


def _administer(statement: str) -> None:
    import psycopg  # noqa: PLC0415 - only where it is asked for

    with psycopg.connect(host="127.0.0.1", user="postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


def manage(*arguments: str, env: Mapping[str, str]) -> None:
    """Run ``manage.py`` of the project."""
    done = subprocess.run(
        [own() / "python", "manage.py", *arguments, "--verbosity=0"],
        cwd=PROJECT,
        env=process_environment(own(), env),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SampleError(f"manage.py {arguments[0]} failed:\n{done.stderr}")


def record(cases: Sequence[Case], into: Path, *, postgresql: bool) -> None:
    """Write one file for each case; every case finds the rows as they were seeded."""
    into.mkdir(parents=True, exist_ok=True)
    with seeded(postgresql=postgresql) as copy:
        for case in cases:
            with copy() as env:
                spans = Path(env["HARD_FOLDER"]) / "spans"
                log = Path(env["HARD_FOLDER"]) / "server.log"
                lines = _play(case, spans, {**env, "OTEL2TEST_DIR": str(spans)}, log)
            file = into / f"{case.name}.json"
            file.write_text(portable("".join(lines)), encoding="utf-8")
            print(f"{file.name:42} {len(lines)} requests {file.stat().st_size / 1000:7.1f} kB", flush=True)


def _play(case: Case, spans: Path, env: Mapping[str, str], log: Path) -> list[str]:
    port = free_port()
    command = ("opentelemetry-instrument", "python", "manage.py", "runserver", "--noreload", str(port))
    recording = {
        "OTEL_TRACES_EXPORTER": "otel2test",
        "OTEL_SERVICE_NAME": "cases",
        # The same pseudonyms every time, so that a new recording changes no test by itself.
        "OTEL2TEST_REDACTION_KEY": "samples",
        **env,
    }
    with running(command, programs=own(), env=recording, port=port, log=log, project=PROJECT) as url:
        browser = Browser(url)
        for step in (*case.before, *case.steps):
            browser.make(step)
        made = len(case.before) + len(case.steps)
        wait_for_requests(spans, made)
    return recorded_requests(spans)[len(case.before) :]


def main() -> None:
    """Record cases, all of them by default."""
    parser = argparse.ArgumentParser(description="Record the hard cases into samples/spans/hard/.")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="default: all of them")
    wanted = parser.parse_args().cases
    chosen = [case for case in CASES if not wanted or case.name in wanted]
    on_sqlite = [case for case in chosen if not case.postgresql]
    on_postgresql = [case for case in chosen if case.postgresql]
    if on_sqlite:
        record(on_sqlite, HARD_SPANS, postgresql=False)
    if on_postgresql and postgresql_answers():
        record(on_postgresql, HARD_SPANS, postgresql=True)
    elif on_postgresql:
        print("left alone: the cases that need PostgreSQL, for which no server answers at 127.0.0.1")


if __name__ == "__main__":
    main()
