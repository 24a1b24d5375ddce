"""Django is set up and instrumented once; each example brings its own app."""

import atexit
import os
from typing import Any, Final

import django
import pytest
from django.conf import settings
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from opentelemetry.sdk.trace import TracerProvider

from otel2test.processors.django import database as database_hooks
from otel2test.processors.django import handlers
from otel2test.processors.recorder import Recorder
from otel2test.processors.settings import RecorderSettings

PROJECT: Final = "tests.endtoend.projects.random_schemas"


def _database() -> dict[str, Any]:
    """SQLite in memory, or what ``OTEL2TEST_TEST_POSTGRESQL`` (host:port) says."""
    address = os.environ.get("OTEL2TEST_TEST_POSTGRESQL")
    if address is None:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    host, _, port = address.rpartition(":")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": f"otel2test_schemas_{os.getpid()}",
        "USER": "postgres",
        "HOST": host,
        "PORT": port,
    }


settings.configure(
    SECRET_KEY="for tests only",
    ALLOWED_HOSTS=["testserver"],
    ROOT_URLCONF=f"{PROJECT}.urls",
    DATABASES={"default": _database()},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    INSTALLED_APPS=[],
)
django.setup()

from django.db import connection  # noqa: E402 - Django is set up before it is used
from django.test.utils import setup_test_environment  # noqa: E402

from tests.endtoend.projects.random_schemas.laboratory import Lines  # noqa: E402


def _on_server(command: str) -> None:
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(command.format(connection.settings_dict["NAME"]))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "django_db: stands in generated tests")


@pytest.fixture(scope="session")
def written() -> Lines:
    """What the recorder writes, of everything that happens from now on."""
    lines = Lines()
    recorder = Recorder(RecorderSettings(max_rows=500, max_body=50_000), lines)
    recorder.attach(TracerProvider())
    handlers.install(recorder)
    database_hooks.install(recorder)
    DjangoInstrumentor().instrument(tracer_provider=recorder.provider)
    SQLite3Instrumentor().instrument(tracer_provider=recorder.provider)
    if connection.vendor == "postgresql":
        _on_server("CREATE DATABASE {}")
        atexit.register(_on_server, "DROP DATABASE {} WITH (FORCE)")
    setup_test_environment()
    return lines
