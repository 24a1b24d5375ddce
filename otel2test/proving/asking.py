"""Surviving mutants → what would have told each: tests that ran its line are replayed with it, and without.

The quickest are asked first and few at a time, and ever more as long as none has shown anything that it
could assert. That comes to all of them but where many survivors are in lines that many tests run.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from otel2test.inverting.feedback import Lack, Place
from otel2test.proving.jobs import Job, Patch
from otel2test.proving.mutating import Mutant
from otel2test.proving.mutating.survivors import explain
from otel2test.proving.replaying import Claim, Runner, exchanges_of
from otel2test.proving.verdicts import Survivor
from otel2test.proving.watching import Watch
from otel2test.reading.exchanges import Exchange

_FIRST: Final = 3
"""Tests that are asked of each survivor whatever they show; then it is twice as many, and so on."""
_MOST: Final = 30
"""So many tests are asked of a survivor at most, on average of them all."""


@dataclass(slots=True)
class _Question:
    """One survivor."""

    mutant: Mutant
    tests: Sequence[str]
    """Keys of the tests that ran its line, the quickest first."""
    asked: int = 0
    """So many of them have been chosen to be asked."""
    assertion: str = ""
    row: str = ""
    """What would have told, were it there; nothing that the recording holds."""
    lacks: dict[str, Lack] = field(default_factory=dict)
    """What the tests lack that would have told, by their keys."""

    @property
    def is_open(self) -> bool:
        """Whether there is reason to go on, and somebody to ask."""
        return not self.assertion and self.asked < len(self.tests)


def explained(
    survivors: Sequence[tuple[Mutant, Sequence[str]]],
    claims: Mapping[str, Claim[Any]],
    root: Path,
    runner: Runner,
    watch: Watch,
) -> tuple[tuple[Survivor, ...], dict[str, set[Lack]]]:
    """Return the survivors, each with what would have killed it, and what each test lacks.

    With each survivor come the keys of the tests that ran its line, in the order in which to ask them.
    """
    questions = [_Question(mutant, tests) for mutant, tests in survivors]
    whole: dict[str, tuple[Exchange, ...]] = {}
    # A test is replayed with a mutant where it is without: hashes are others in another worker.
    workers = {
        key: number for number, key in enumerate(sorted({key for one in questions for key in one.tests}))
    }
    left, batch = _MOST * len(questions), _FIRST
    watch("looking at survivors", 0, len(questions))
    while left and any(one.is_open for one in questions):
        turn = _turn(questions, batch)[:left]
        for number, _ in turn:
            questions[number].asked += 1
        for outcome in runner.run(_jobs(turn, questions, claims, workers, whole, settled=batch > _FIRST)):
            which, _, key = outcome.key.partition(" ")
            if not which:
                whole[key] = exchanges_of(outcome)
                continue
            question = questions[int(which)]
            killer = explain(whole.get(key, ()), exchanges_of(outcome), claims[key].feedback.volatile)
            if killer is not None:
                question.lacks[key] = killer.place
                if isinstance(killer.place, Place):
                    question.assertion = question.assertion or killer.assertion
                else:
                    question.row = question.row or killer.assertion
            watch("looking at survivors", sum(not one.is_open for one in questions), len(questions))
        left -= len(turn)
        batch *= 2
    killers: dict[str, set[Lack]] = {}
    for question in questions:
        for key, lack in question.lacks.items():
            killers.setdefault(key, set()).add(lack)
    return tuple(_told(question, root) for question in questions), killers


def relative(path: str, root: Path) -> str:
    """Return a path as it is told: from the project's folder, if it is in there."""
    try:
        return Path(path).relative_to(root).as_posix()
    except ValueError:
        return path


def _turn(questions: Sequence[_Question], batch: int) -> list[tuple[int, str]]:
    """Return whom to ask next: numbers of survivors with keys of tests, so many each, one of each in turn."""
    return [
        (number, one.tests[one.asked + place])
        for place in range(batch)
        for number, one in enumerate(questions)
        if one.is_open and one.asked + place < len(one.tests)
    ]


def _jobs(
    turn: Sequence[tuple[int, str]],
    questions: Sequence[_Question],
    claims: Mapping[str, Claim[Any]],
    workers: Mapping[str, int],
    whole: Mapping[str, object],
    *,
    settled: bool,
) -> Iterator[Job]:
    """Yield the replays of a turn; where it is ``settled`` by one test what tells, others aren't asked."""
    for key in dict.fromkeys(key for _, key in turn):
        if key not in whole:
            yield _replay(claims[key], f" {key}", workers[key])
    for number, key in turn:
        question = questions[number]
        if not (settled and question.assertion):
            patch = Patch(question.mutant.path, question.mutant.source, question.mutant.line)
            yield _replay(claims[key], f"{number} {key}", workers[key], patch)


def _replay(claim: Claim[Any], key: str, worker: int, patch: Patch | None = None) -> Job:
    """Return what replays a test as it was replayed first, but for a mutant."""
    return Job(key, str(claim.module), (claim.name,), record=True, seed=0, worker=worker, patch=patch)


def _told(question: _Question, root: Path) -> Survivor:
    mutant = question.mutant
    path = relative(mutant.path, root)
    diff = mutant.diff.replace(mutant.path, path, 2)
    unasked = 0 if question.assertion else len(question.tests) - question.asked
    words = question.assertion or question.row
    return Survivor(path, mutant.line, mutant.operator, diff, words, unasked)
