"""A small project with faults that show only when its tests are proven, recorded as it ran."""

from __future__ import annotations

import shutil
from pathlib import Path

from otel2test.proving.jobs import Job
from tests.proving import faulty
from tests.proving.faulty import SETTINGS, module

CODE = """
import time

import requests
from django.contrib.auth.models import User
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone

greetings = ["hello"]


def names(request):
    found = User.objects.filter(is_active=True).order_by("username")
    return JsonResponse({"names": [user.username for user in found]})


def ticket(request):
    number = f"T-{time.perf_counter_ns() % 10**8:08d}"
    return JsonResponse({"ticket": number, "price": 12})


def today(request):
    return JsonResponse({"today": timezone.now().date().isoformat(), "zone": "UTC"})


def quote(request):
    answer = requests.get("http://quotes.example.com/one", headers={"X-Request": hex(time.perf_counter_ns())})
    return HttpResponse(answer.text, content_type="text/plain")


def greet(request):
    return HttpResponse(greetings[-1], content_type="text/plain")


def learn(request):
    greetings.append(request.GET["word"])
    return HttpResponse("thank you", content_type="text/plain")


def join(request):
    User.objects.create(username=request.GET["name"])
    return HttpResponse("welcome", content_type="text/plain")


def careless(request):
    total = 2 + 3
    response = HttpResponse("done", content_type="text/plain")
    response["X-Total"] = str(total)
    return response


def hang(request):
    time.sleep(60)


views = [names, ticket, today, quote, greet, learn, join, careless, hang]
urlpatterns = [path(f"{view.__name__}/", view) for view in views]
"""
USERS = """
from django.contrib.auth.models import User
for name in ("ada", "bob"):
    User.objects.create(username=name)
User.objects.create(username="eve", is_active=False)
"""
ANSWERED = """
import responses
with responses.RequestsMock() as answers:
    answers.add("GET", "http://quotes.example.com/one", body="A quote")
    client.get("/quote/")
"""
STORIES = {
    "names": f"{USERS}\nclient.get('/names/')",
    "ticket": "client.get('/ticket/')",
    "today": "client.get('/today/')",
    "quote": ANSWERED,
    "greet": "client.get('/greet/')",
    "learn": "client.get('/learn/?word=moin')",
    "join": "client.get('/join/?name=joan')",
    "careless": "client.get('/careless/')",
}
"""What is done in each recording, by the name of its file."""


class Watching:
    """Hears what is told while tests are proven."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.notes: list[str] = []

    def __call__(self, what: str, done: int, total: int) -> None:
        self.told.append(f"{what}: {done} of {total}")

    def note(self, text: str) -> None:
        self.notes.append(text)


def make(folder: Path) -> Path:
    """Write the project."""
    return faulty.make(folder, settings=SETTINGS, faulty__urls_py=CODE)


def record(root: Path) -> Path:
    """Record what the stories do, once for all tests; returns the folder with a file for each."""
    spans = root / "spans"
    spans.mkdir()
    jobs = [
        Job(name, str(root / "tests" / "test_made.py"), source=module("pytest", story), record=True)
        for name, story in STORIES.items()
    ]
    with faulty.working(root) as workers:
        for outcome in workers.run(jobs):
            assert [result.status for result in outcome.results] == ["passed"], outcome.results
            (spans / f"{outcome.key}.jsonl").write_text("\n".join(outcome.spans), encoding="utf-8")
    return spans


def copied(recorded: Path, to: Path) -> Path:
    """Return a copy of a project with its recordings."""
    shutil.copytree(recorded, to)
    return to


def replaced(path: Path, *pairs: tuple[str, str]) -> None:
    """Change a file; what is replaced must be there."""
    text = path.read_text(encoding="utf-8")
    for was, becomes in pairs:
        assert was in text
        text = text.replace(was, becomes)
    path.write_text(text, encoding="utf-8")
