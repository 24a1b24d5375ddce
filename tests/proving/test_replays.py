"""Generated tests of the sample, replayed for real: what two runs can't share is told from faults."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from otel2test.proving.comparing import Comparison, compare
from otel2test.proving.jobs import Job, Outcome
from otel2test.proving.project import Project
from otel2test.proving.replaying import LATER, exchanges_of
from otel2test.proving.workers import Workers
from otel2test.reading import exchanges, read
from otel2test.reading.exchanges import Exchange
from samples.hard_cases import HARD_SPANS, PROJECT
from tests.test_hard_cases import GOLDEN

FAITHFUL: Final = (
    "by-chance",
    "cached",
    "locked",
    "multipart",
    "one-session",
    "several-databases",
    "undone",
)
"""Keys that the database draws, chance, a cache, savepoints, uploads, a login, and so on."""

FAULTS: Final = {
    "another value": (
        "number=41",
        "number=40",
        "cases_counter.number: 41 recorded, 40 in the replay (id=1)",
    ),
    "a row that is missing": (
        'Counter.objects.create(name="visits", number=41)',
        'Counter.objects.create(name="views", number=41)',
        "1 row recorded, 0 in the replay (missing: id=1, name='visits', number=41)",
    ),
}
"""What in the module of ``locked`` becomes what, and how its first divergence ends."""


def golden(name: str) -> Path:
    return GOLDEN / "sqlite" / "pytest" / f"test_{name.replace('-', '_')}.py"


def recorded(name: str) -> list[Exchange]:
    found = [one for trace in read([str(HARD_SPANS / f"{name}.json")]).traces for one in exchanges(trace)[0]]
    return sorted(found, key=lambda each: each.start)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Outcome]]:
    jobs = [Job(name, str(golden(name)), record=True, shift=LATER) for name in FAITHFUL]
    source = golden("locked").read_text(encoding="utf-8")
    for about, (was, becomes, _) in FAULTS.items():
        assert was in source
        jobs.append(Job(about, str(golden("locked")), source=source.replace(was, becomes), record=True))
    project = Project("pytest", GOLDEN, PROJECT, sys.executable, configuration=PROJECT / "pytest.ini")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HARD_FOLDER", str(tmp_path_factory.mktemp("hard")))
        with Workers(project, 1) as workers:
            yield {outcome.key: outcome for outcome in workers.run(jobs)}


def comparisons(outcome: Outcome, name: str) -> list[Comparison]:
    pairs = zip(recorded(name), exchanges_of(outcome), strict=True)
    return [compare(recording, replay) for recording, replay in pairs]


@pytest.mark.parametrize("name", FAITHFUL)
def test_a_faithful_replay_matches_in_full(outcomes: dict[str, Outcome], name: str) -> None:
    assert {result.status for result in outcomes[name].results} == {"passed"}
    for comparison in comparisons(outcomes[name], name):
        assert [divergence.sentence for divergence in comparison.divergences] == []


@pytest.mark.parametrize("about", FAULTS)
def test_a_fault_in_the_arranged_state_is_the_first_divergence(
    outcomes: dict[str, Outcome], about: str
) -> None:
    comparison = comparisons(outcomes[about], "locked")[0]

    assert comparison.fidelity < 1
    assert comparison.divergences[0].sentence.endswith(FAULTS[about][2])
