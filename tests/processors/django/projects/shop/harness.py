"""A recorder in memory, and Django set up to be recorded by it."""

import atexit
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asgiref.sync
import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from opentelemetry.sdk.trace import TracerProvider

from otel2test.attributes import JSON_PAYLOADS, names_of
from otel2test.processors.django import database as database_hooks
from otel2test.processors.django import handlers, waiting
from otel2test.processors.files import TraceFile
from otel2test.processors.recorder import DJANGO_SCOPE, Recorder
from otel2test.processors.settings import RecorderSettings
from otel2test.tables import rows_of

PROJECT = "tests.processors.django.projects.shop"


@dataclass(frozen=True)
class RecordedSpan:
    name: str
    scope: str
    start: int
    attributes: dict[str, Any]
    """Those of ours are parsed."""
    events: tuple[dict[str, Any], ...] = ()
    """The attributes of each."""


@dataclass(frozen=True)
class Recorded:
    """One trace as it was written."""

    spans: list[RecordedSpan]
    line: str = ""

    def of(self, scope: str) -> list[RecordedSpan]:
        return [span for span in self.spans if span.scope == scope]

    @property
    def request(self) -> dict[str, Any]:
        """The attributes of the request's span."""
        return self.request_span.attributes

    @property
    def request_span(self) -> RecordedSpan:
        (span,) = self.of(DJANGO_SCOPE)
        return span

    def __getitem__(self, name: str) -> Any:
        return self.request[f"otel2test.{name}"]

    @property
    def queries(self) -> list[dict[str, Any]]:
        """The statements in the order in which they began."""
        spans = sorted(self.spans, key=lambda span: span.start)
        return [
            span.attributes["otel2test.db.query"] for span in spans if "otel2test.db.query" in span.attributes
        ]

    def query(self, part: str) -> dict[str, Any]:
        """The only statement that has ``part`` in its SQL."""
        found = [query for query in self.queries if part in query["sql"]]
        assert len(found) == 1, [query["sql"] for query in self.queries]
        return found[0]


class Memory(TraceFile):
    """Takes the lines that would go to a file."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"))
        self.traces: list[Recorded] = []

    def write(self, line: bytes, service: str) -> bool:
        self.traces.append(Recorded(list(_spans(json.loads(line))), line.decode()))
        return True

    def requests(self) -> list[Recorded]:
        return [trace for trace in self.traces if trace.of(DJANGO_SCOPE)]


def _spans(document: dict[str, Any]) -> Iterator[RecordedSpan]:
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                attributes = {item["key"]: _value(item) for item in span.get("attributes", ())}
                _complete(attributes)
                yield RecordedSpan(
                    span["name"],
                    scope["scope"]["name"],
                    int(span["startTimeUnixNano"]),
                    attributes,
                    tuple(
                        {item["key"]: _value(item) for item in event["attributes"]}
                        for event in span.get("events", ())
                    ),
                )


def _value(attribute: dict[str, Any]) -> Any:
    (value,) = attribute["value"].values()
    return json.loads(value) if attribute["key"] in JSON_PAYLOADS else value


def _complete(attributes: dict[str, Any]) -> None:
    """Put in what is left out of payloads because it follows from something else that is told."""
    for name in ("request", "response"):
        payload = attributes.get(f"otel2test.http.{name}")
        text = attributes.pop(f"otel2test.http.{name}.body", None)
        if payload is not None and text is not None:
            # Not always as long: secrets that become known later are replaced in it, too.
            assert type(payload["body"]["text"]) is int
            payload["body"]["text"] = text
    if (session := attributes.get("otel2test.session")) is not None:
        session.setdefault("after", session["before"])
    keys: list[str] = []
    for template in attributes.get("otel2test.templates", ()):
        if "further_keys" in template:
            template["context_keys"] = [*keys, *template.pop("further_keys")]
        keys = template["context_keys"]
    if (query := attributes.get("otel2test.db.query")) is not None:
        _complete_query(query, attributes)


def _complete_query(query: dict[str, Any], attributes: dict[str, Any]) -> None:
    query.setdefault("sql", attributes.get("db.query.text", attributes.get("db.statement")))
    query.setdefault("vendor", attributes.get("db.system.name", attributes.get("db.system")))
    query.setdefault("alias", "default")
    if "cells" in query:
        query["rows"] = rows_of(query.pop("cells"))
    if "rows" in query:
        query.setdefault("fetched", len(query["rows"]))
        query.setdefault("exhausted", True)
    if "sources" in query:
        query.setdefault("columns", names_of(query["sources"]))
        query.setdefault("model", (query["sources"][0] or {}).get("model"))
        query["sources"] = [column for source in query["sources"] for column in _columns(source)]


def _columns(source: dict[str, Any] | None) -> Iterator[dict[str, Any] | None]:
    if source is None or "fields" not in source:
        yield source
        return
    table = {key: value for key, value in source.items() if key != "fields"}
    yield from ({**table, "field": field} for field in source["fields"])


def make_recorder(memory: Memory) -> Recorder:
    recorder = Recorder(RecorderSettings(max_rows=50, max_body=20_000), memory)
    recorder.attach(TracerProvider())
    return recorder


def database() -> dict[str, Any]:
    """SQLite in memory, or what ``OTEL2TEST_TEST_POSTGRESQL`` (host:port) says."""
    address = os.environ.get("OTEL2TEST_TEST_POSTGRESQL")
    if address is None:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": "file:shop?mode=memory&cache=shared"}
    host, _, port = address.rpartition(":")
    return {
        "ENGINE": "django.db.backends.postgresql",
        # Test processes run side by side: each has a database of its own.
        "NAME": f"otel2test_shop_{os.getpid()}",
        "USER": "postgres",
        "HOST": host,
        "PORT": port,
    }


def set_up_django() -> None:
    settings.configure(
        SECRET_KEY="for tests only",
        DEBUG=False,
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF=f"{PROJECT}.urls",
        DATABASES={"default": database()},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            PROJECT,
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [Path(__file__).parent / "templates"],
                "OPTIONS": {"context_processors": ["django.contrib.auth.context_processors.auth"]},
            }
        ],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    )
    django.setup()


def instrument(recorder: Recorder) -> None:
    """Put all hooks in place, in the order in which they come in an instrumented app."""
    for _ in range(2):  # twice is once
        handlers.install(recorder)
        database_hooks.install(recorder)
        waiting.install(asgiref.sync)
    DjangoInstrumentor().instrument(tracer_provider=recorder.provider)
    SQLite3Instrumentor().instrument(tracer_provider=recorder.provider)


def create_tables() -> None:
    if connection.vendor == "postgresql":
        _on_server("CREATE DATABASE {}")
        atexit.register(_on_server, "DROP DATABASE {} WITH (FORCE)")  # threads may still be connected
    # Ours have no migrations, and refer to tables that do.
    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("flush", interactive=False, verbosity=0)


def _on_server(command: str) -> None:
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(command.format(connection.settings_dict["NAME"]))
