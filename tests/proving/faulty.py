"""A project in which everything goes wrong that can, and the words to run tests in it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from otel2test.proving.jobs import Framework, Job, Outcome, TestResult
from otel2test.proving.project import Project, find
from otel2test.proving.workers import Workers

MEGABYTE = 1024 * 1024
TIME_LIMIT = 3.0

MANAGE = """
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "faulty.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
SETTINGS = """
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "of no use"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "faulty"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
ROOT_URLCONF = "faulty.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "users.sqlite3"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://10.0.0.1"}}
MEDIA_ROOT = BASE_DIR / "media"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
URLS = """
import ctypes
import os
import random
import time
import urllib.request

from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone

from faulty.settings import BASE_DIR

elsewhere = FileSystemStorage(location=BASE_DIR / "elsewhere")


def hang(request):
    time.sleep(60)


def stubborn(request):
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass


def greedy(request):
    kept = []
    while True:
        kept.append(bytearray(10_000_000))


def leaves(request):
    os._exit(3)


def crashes(request):
    ctypes.string_at(0)


def outside(request):
    urllib.request.urlopen("http://203.0.113.7/quote")


def lookup(request):
    urllib.request.urlopen("http://quotes.example.com/")


def cached(request):
    return HttpResponse(cache.get_or_set("answer", 42))


def store(request):
    default_storage.save("one.txt", ContentFile(b"one"))
    elsewhere.save("two.txt", ContentFile(b"two"))
    with elsewhere.open("two.txt") as file:
        return HttpResponse(file.read())


def users(request):
    User.objects.create_user(request.GET["name"])
    return HttpResponse(User.objects.count())


def world(request):
    return JsonResponse({"year": timezone.now().year, "drawn": random.random(), "hash": hash("a")})


def quote(request):
    import requests

    return HttpResponse(requests.get("http://quotes.example.com/one").text)


def token(request):
    return JsonResponse({"token": request.GET["token"], "password": request.GET["password"]})


views = [
    hang, stubborn, greedy, leaves, crashes, outside, lookup, cached, store, users, world, quote, token
]
urlpatterns = [path(f"{view.__name__}/", view) for view in views]
"""


def make(folder: Path, settings: str = SETTINGS, **files: str) -> Path:
    """Write the project into ``folder``; ``files`` are further ones, by names with ``__`` for a slash."""
    written = {
        "manage.py": MANAGE,
        "pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = faulty.settings\n",
        "faulty/__init__.py": "",
        "faulty/settings.py": settings,
        "faulty/urls.py": URLS,
    }
    for name, text in files.items():
        stem, _, ending = name.replace("__", "/").rpartition("_")
        written[f"{stem}.{ending}"] = text
    for name, text in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def project(root: Path, framework: Framework = "pytest", **options: Any) -> Project:
    return find(root / "tests", framework, here=root, **options)


@contextmanager
def working(
    root: Path, framework: Framework = "pytest", count: int = 1, time_limit: float = TIME_LIMIT
) -> Iterator[Workers]:
    with Workers(
        project(root, framework), count, time_limit=time_limit, memory_limit=200 * MEGABYTE
    ) as workers:
        yield workers


def module(framework: Framework, *lines: str, more: str = "", name: str = "test_it", marks: str = "") -> str:
    """Return the text of a module with one test; ``client`` is Django's, and ``more`` stands before it."""
    body = textwrap.indent(textwrap.dedent("\n".join(lines)), "    ")
    if framework == "pytest":
        return (
            f"import pytest\n{more}\npytestmark = pytest.mark.django_db({marks})\n\n"
            f"def {name}(client):\n{body}\n"
        )
    inner = textwrap.indent(f"client = self.client\n{textwrap.dedent(chr(10).join(lines))}", "        ")
    return (
        f"from django.test import TestCase, TransactionTestCase\n{more}\n"
        f"class Tests({'TransactionTestCase' if marks else 'TestCase'}):\n    def {name}(self):\n{inner}\n"
    )


def run(workers: Workers, root: Path, source: str, **options: Any) -> Outcome:
    (outcome,) = workers.run([Job("job", str(root / "tests" / "test_made.py"), source=source, **options)])
    return outcome


def result(outcome: Outcome) -> TestResult:
    (found,) = outcome.results
    return found
