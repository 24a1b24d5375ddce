"""Django on one driver, with two databases of its own, recorded with or without the driver's instrumentation.

``OTEL2TEST_TEST_DRIVER`` says which driver, ``OTEL2TEST_TEST_INSTRUMENTED`` whether OpenTelemetry's
instrumentation of it is at work too.
"""

import atexit
import os
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import django
import pytest
from django.conf import settings
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.sdk.trace import TracerProvider

from otel2test.processors.django import database as database_hooks
from otel2test.processors.django import handlers
from otel2test.processors.guard import faults
from otel2test.processors.recorder import Recorder
from otel2test.processors.settings import RecorderSettings
from tests.endtoend.applications import databases
from tests.processors.django.projects.shop.harness import Memory, Recorded

PROJECT: Final = "tests.processors.django.projects.drivers"
DRIVER: Final = databases.DRIVERS[os.environ.get("OTEL2TEST_TEST_DRIVER", "sqlite")]
INSTRUMENTED: Final = os.environ.get("OTEL2TEST_TEST_INSTRUMENTED", "1") == "1"
INSTRUMENTORS: Final = {
    "sqlite": ("sqlite3", "SQLite3Instrumentor"),
    "psycopg": ("psycopg", "PsycopgInstrumentor"),
    "psycopg2": ("psycopg2", "Psycopg2Instrumentor"),
    "mysqlclient": ("mysqlclient", "MySQLClientInstrumentor"),
    "pymysql": ("pymysql", "PyMySQLInstrumentor"),
}
OWN_SCOPE: Final = "otel2test.processors.django.database"
DRIVER_SCOPE: Final = f"opentelemetry.instrumentation.{INSTRUMENTORS[DRIVER.name][0]}"

MEMORY = Memory()
RECORDER = Recorder(RecorderSettings(max_rows=50, max_body=1000, max_trace_bytes=200_000), MEMORY)
RECORDER.attach(TracerProvider())
SCRATCH: Final = tempfile.mkdtemp()

databases.activate(DRIVER.name)


def _database(number: int) -> dict[str, Any]:
    # Test processes run side by side: each has databases of its own.
    name = f"otel2test_drivers_{os.getpid()}_{number}"
    databases.create(DRIVER.name, name)
    atexit.register(databases.drop, DRIVER.name, name)
    return databases.settings(DRIVER.name, str(Path(SCRATCH) / name) if DRIVER.module is None else name)


settings.configure(
    SECRET_KEY="for tests only",
    ALLOWED_HOSTS=["testserver"],
    ROOT_URLCONF="tests.processors.django.projects.shop.urls",
    DATABASES={"default": _database(1), "other": _database(2)},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    TIME_ZONE="Europe/Copenhagen",
    INSTALLED_APPS=[PROJECT],
)
if INSTRUMENTED:
    module, name = INSTRUMENTORS[DRIVER.name]
    instrumentor: Any = getattr(import_module(f"opentelemetry.instrumentation.{module}"), name)()
    instrumentor.instrument(tracer_provider=RECORDER.provider, skip_dep_check=True)
django.setup()
handlers.install(RECORDER)
database_hooks.install(RECORDER)
DjangoInstrumentor().instrument(tracer_provider=RECORDER.provider)

from django.core.management import call_command  # noqa: E402 - Django is set up before it is used
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment, teardown_test_environment  # noqa: E402

from tests.processors.django.projects.drivers.models import Everything, Item, Keyed, Shelf  # noqa: E402
from tests.processors.django.projects.shop.urls import Stage  # noqa: E402

Asked = Callable[[Callable[[], object]], Recorded]


@pytest.fixture(scope="session", autouse=True)
def _tables() -> None:
    for alias in settings.DATABASES:
        call_command("migrate", database=alias, run_syncdb=True, verbosity=0)


@pytest.fixture(autouse=True)
def _stock() -> Iterator[None]:
    setup_test_environment()
    shelf = Shelf.objects.create(name="top")
    Item.objects.bulk_create(Item(shelf=shelf, label=f"i{number}") for number in range(3))
    yield
    for model in (Item, Shelf, Everything, Keyed):
        for alias in settings.DATABASES:
            model._default_manager.using(alias).all().delete()
    teardown_test_environment()


@pytest.fixture
def asked() -> Asked:
    """Do something inside a request and return what was recorded; no hook may fail."""

    def run(act: Callable[[], object]) -> Recorded:
        def view(request: HttpRequest) -> HttpResponse:
            act()
            return HttpResponse("ok")

        Stage.view = view
        MEMORY.traces.clear()
        known = faults()
        assert Client().get("/stage/x/").status_code == 200
        assert faults() == known
        (recorded,) = MEMORY.requests()
        return recorded

    return run
