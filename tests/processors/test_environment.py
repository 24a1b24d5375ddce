"""Secrets of the environment are known wherever they turn up; what they are not is left alone."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from otel2test.processors.environment import learn_from
from otel2test.processors.redaction import Redactor
from tests.processors.conftest import written
from tests.processors.project import Project

PASSWORD = "correct-horse-7"


@pytest.mark.parametrize(
    "variables",
    [
        {"DB_PASSWORD": PASSWORD},
        {"DATABASE_URL": f"postgres://joe:{PASSWORD}@db.example.com/shop"},
        {"OPTIONS": f"timeout=5;password={PASSWORD}"},
        {"OTEL2TEST_REDACTION_KEY": PASSWORD},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_a_secret_is_looked_for_in_all_that_is_written(variables: dict[str, str]) -> None:
    redactor = Redactor(b"key")
    learn_from(variables, redactor)
    redactor.forget(redactor.now)

    assert PASSWORD.encode() not in redactor.sweep(f"it is {PASSWORD}".encode(), redactor.now)


@pytest.mark.parametrize(
    "variables",
    [
        {"CSRF_TRUSTED_ORIGINS": "https://shop1.example.com"},
        {"SESSION_COOKIE_DOMAIN": "shop1.example.com", "CSRF_COOKIE_DOMAIN": ".shop1.example.com"},
        {"TOKEN_STORE": "/run/secrets/4711", "PASSWORD_HASHERS": "shop.hashers.Argon2PasswordHasher"},
        {"CREDENTIALS_HOST": "10.0.0.1:8080"},
        {"DB_PASSWORD": "postgres", "USE_TOKEN": "true"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_what_leads_to_a_place_or_is_a_plain_word_is_not(variables: dict[str, str]) -> None:
    redactor = Redactor(b"key")
    learn_from(variables, redactor)
    text = " ".join(variables.values()).encode()

    assert redactor.sweep(text) == text


SHOWS_ALL = """
import os, sys
os.environ["LATE_TOKEN"] = open(".env").read()
def show(request):
    values = list(os.environ.values()) + sys.argv
    return HttpResponse(" ".join(values))
urlpatterns = [path("hello/", show)]
"""


def test_of_a_process_nothing_secret_is_written(tmp_path: Path) -> None:
    of_database, of_service, of_resource, typed, late = (f"{PASSWORD}{letter}" for letter in "abcde")
    in_line = f"run --db-password {PASSWORD}f"
    project = Project.make(tmp_path / "tiny")
    with (project.folder / "tiny.py").open("a", encoding="utf-8") as settings:
        settings.write(SHOWS_ALL)
    (project.folder / ".env").write_text(late, encoding="utf-8")

    done = project.instrument(
        *("python", "visit.py", "--db-password", typed),
        OTEL_TRACES_EXPORTER="otel2test",
        OTEL_RESOURCE_ATTRIBUTES=f"api_key={of_resource},process.command_line={quote(in_line)}",
        OTEL_SERVICE_NAME=f"shop?password={of_service}",
        APP_DATABASE=f"postgres://joe:{of_database}@db/x",
        OTEL2TEST_CALLS="1",
    )

    assert PASSWORD in done.stdout
    assert project.requests() == ["GET hello/"]
    (file,) = (project.folder / "spans").iterdir()
    data = file.read_text(encoding="utf-8")
    assert {"service.name", "api_key", "process.command_line"} <= resource_attributes(project.folder).keys()
    assert PASSWORD not in data
    assert PASSWORD not in file.name


def resource_attributes(folder: Path) -> dict[str, Any]:
    (line,) = written(folder / "spans")
    (resource,) = line["resourceSpans"]
    return {item["key"]: item["value"] for item in resource["resource"]["attributes"]}
