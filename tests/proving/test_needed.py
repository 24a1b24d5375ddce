"""What the arranged state lacks is handed back, and tests are proven by it, or more alike."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from otel2test.pipeline.claims import Options
from otel2test.pipeline.proofs import prove_recorded
from otel2test.proving.jobs import Job
from otel2test.proving.verdicts import Verdict
from otel2test.settings import Settings
from otel2test.writing.modules import find_tests
from tests.proving import faulty
from tests.proving.planted import Watching

MODELS = """
from django.db import models


class Club(models.Model):
    name = models.CharField(max_length=40)


class Member(models.Model):
    name = models.CharField(max_length=40)
    club = models.ForeignKey(Club, null=True, on_delete=models.SET_NULL)
    joined = models.DateTimeField(auto_now_add=True)
"""
CODE = """
import datetime

from django.contrib.auth.models import User
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import JsonResponse
from django.urls import path
from django.utils import timezone

from faulty.models import Member


@receiver(post_save, sender=User)
def wait_for_approval(sender, instance, created, **more):
    if created:
        User.objects.filter(pk=instance.pk).update(is_active=False)


def kinds(request):
    # What the program does depends on a key that nobody sees, to a row that nobody reads.
    found = Member.objects.order_by("name")
    return JsonResponse({"kinds": ["guest" if one.club_id is None else "member" for one in found]})


def names(request):
    return JsonResponse({"names": [one.name for one in Member.objects.order_by("name")]})


def approved(request):
    return JsonResponse({"approved": [one.is_active for one in User.objects.order_by("username")]})


def active(request):
    return JsonResponse({"active": [one.username for one in User.objects.filter(is_active=True)]})


def recent(request):
    # How old rows are shows only in what the program makes of it.
    since = timezone.now() - datetime.timedelta(days=30)
    return JsonResponse({"recent": [one.joined > since for one in Member.objects.order_by("name")]})


views = [kinds, names, approved, active, recent]
urlpatterns = [path(f"{view.__name__}/", view) for view in views]
"""
MEMBERS = """
from faulty.models import Club, Member
Club.objects.bulk_create([Club(pk=7301, name="Rowing"), Club(pk=7302, name="Chess")])
Member.objects.create(name="ada", club_id=7302)
Member.objects.create(name="bob")
"""
USER = """
from django.contrib.auth.models import User
User.objects.create_user("ada")
User.objects.update(is_active=True)
"""
YEARS_AGO = """
import datetime
from django.utils import timezone
Member.objects.update(joined=timezone.now() - datetime.timedelta(days=800))
"""
STORIES = {
    "kinds": f"{MEMBERS}\nclient.get('/kinds/')",
    "names": f"{MEMBERS}\nclient.get('/names/')",
    "approved": f"{USER}\nclient.get('/approved/')",
    "active": f"{USER}\nclient.get('/active/')",
    "recent": f"{MEMBERS}\n{YEARS_AGO}\nclient.get('/recent/')",
}


@dataclass(frozen=True)
class Came:
    """What came of a story."""

    verdict: Verdict
    text: str
    """The test that was written."""


@pytest.fixture(scope="module")
def came(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Came]:
    root = faulty.make(
        tmp_path_factory.mktemp("needed") / "project", faulty__models_py=MODELS, faulty__urls_py=CODE
    )
    spans = root / "spans"
    spans.mkdir()
    jobs = [
        Job(name, str(root / "tests" / "test_made.py"), source=faulty.module("pytest", story), record=True)
        for name, story in STORIES.items()
    ]
    with faulty.working(root, time_limit=30.0) as workers:
        for outcome in workers.run(jobs):
            assert [result.status for result in outcome.results] == ["passed"], outcome.results
            (spans / f"{outcome.key}.jsonl").write_text("\n".join(outcome.spans), encoding="utf-8")
    tests = root / "tests" / "recorded"
    proven = prove_recorded([str(spans)], (), Settings(), io.BytesIO(), tests, Options(jobs=1), Watching())
    written = find_tests((tests / "test_faulty.py").read_text(encoding="utf-8"))
    return {
        verdict.name.split("_")[1]: Came(
            verdict, written[verdict.name].text if verdict.name in written else "left out"
        )
        for verdict in proven.report.verdicts
    }


@pytest.mark.parametrize(
    ("story", "rounds", "needed"),
    [
        pytest.param(
            "kinds",
            2,
            'club = Club.objects.create(name="club")\n    Member.objects.create(name="ada", club=club)\n',
            id="a row that nobody read, though the program looks at the key to it",
        ),
        pytest.param("names", 2, 'name="ada", club=club)', id="such a row, though all that matters holds"),
        pytest.param(
            "approved", 2, "filter(pk=user.pk).update(is_active=True)", id="a default that a handler changes"
        ),
        pytest.param(
            "active", 2, "filter(pk=user.pk).update(is_active=True)", id="a row that is missing by that"
        ),
        pytest.param("recent", 3, "(pk=member.pk).update(\n        joined=datetime(20", id="a row too young"),
    ],
)
def test_what_the_state_lacks_is_there_in_the_next_round(
    came: Mapping[str, Came], story: str, rounds: int, needed: str
) -> None:
    verdict, text = came[story].verdict, came[story].text

    assert (verdict.status, verdict.fidelity, verdict.rounds) == ("proven", 1.0, rounds)
    assert verdict.divergence == ""
    assert needed in text


def test_nothing_else_is_said(came: Mapping[str, Came]) -> None:
    assert came["kinds"].text.count("Club.objects.create(") == 1
    assert 'Member.objects.create(name="bob")\n' in came["kinds"].text
    assert [story for story, each in came.items() if "time_machine" in each.text] == ["recent"]
