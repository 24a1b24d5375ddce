"""Claims → proofs: each test is replayed, and written again while a replay tells something new.

A test is run twice under the recorder, each time in a process where nothing ran before: once as
it is, and once a day later, in a process with other hash seeds, twice in a row. What the two
replays don't share is volatile; where both differ from the recording, the arranged state lacks
something. Both come back as feedback, with which the test is written again. The best is kept: what was
handed back stays only where the replay is more alike with it.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from otel2test import reading
from otel2test.inverting.feedback import Feedback
from otel2test.proving.jobs import Job, Outcome, TestResult
from otel2test.proving.learning import learn
from otel2test.reading.exchanges import Exchange

D = TypeVar("D")
"""What a caller writes tests from."""

ROUNDS: Final = 4
"""How often a test is written, at most."""
LATER: Final = 86_400.0 + 5 * 3_600
"""Seconds by which the second replay is later: another day, and another hour."""
_SEED: Final = 20_251
_FAITHFUL: Final = 0.9
"""A test that passes and shares so much with its recording is written again for what its state lacks only."""


class Runner(Protocol):
    """What runs jobs in the user's project; see :class:`otel2test.proving.workers.Workers`."""

    def run(self, jobs: Iterable[Job | None]) -> Iterator[Outcome]:
        """Yield the outcome of each job, in the order in which they end."""
        ...


@dataclass(frozen=True)
class Claim(Generic[D]):
    """A test that is said to pass."""

    module: Path
    name: str
    """``test_…``, or ``Class.test_…``."""
    source: str | None
    """The text of a module that holds it; None for what is in the file."""
    story: tuple[Exchange, ...] = ()
    """What it was made of; empty where that isn't known."""
    feedback: Feedback = field(default_factory=Feedback)
    revise: Callable[[Feedback], "Claim[D]"] | None = None
    """Writes it again; None where it can't be, or must not."""
    draft: D | None = None
    """What it was written from; the caller's."""

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"{self.module}::{self.name}"


@dataclass(frozen=True)
class Proof(Generic[D]):
    """What came of a claim."""

    claim: Claim[D]
    """As it was written last, or best."""
    passed: bool
    fidelity: float | None = None
    reason: str = ""
    divergence: str = ""
    rounds: int = 1
    seconds: float = 0.0
    replay: tuple[Exchange, ...] = ()


def prove(
    claims: Sequence[Claim[D]], runner: Runner, told: Callable[[Proof[D]], None], rounds: int = ROUNDS
) -> list[Proof[D]]:
    """Return a proof for each claim, in order; ``told`` hears of each as soon as it is settled."""
    settled: dict[str, Proof[D]] = {}
    best: dict[str, Proof[D]] = {}
    waiting = {claim.key: claim for claim in claims}
    others: dict[str, Iterator[Claim[D]]] = {}
    """What else a test may become, where what is tried first is no better."""
    tried = {claim.key: {claim.source} for claim in claims}
    for number in range(1, rounds + 1):
        again: dict[str, Claim[D]] = {}
        for key, outcomes in _replayed(waiting.values(), runner):
            proof, further = _judged(waiting[key], outcomes)
            before = best.get(key)
            proof = replace(
                proof, rounds=number, seconds=proof.seconds + (before.seconds if before is not None else 0.0)
            )
            best[key] = proof if before is None else _better(before, proof)
            if before is not None and best[key].claim is before.claim:
                # It was no better: there may be less to hand back that is.
                further = others[key] if before.passed else chain(further, others[key])
            others[key] = further
            new = (each for each in further if each.source not in tried[key])
            revised = next(new, None) if number < rounds else None
            if revised is not None:
                tried[key].add(revised.source)
                again[key] = revised
            else:
                settled[key] = best[key]
                told(best[key])
        waiting = again
        if not waiting:
            break
    return [settled[claim.key] for claim in claims]


def _replayed(claims: Iterable[Claim[D]], runner: Runner) -> Iterator[tuple[str, tuple[Outcome, Outcome]]]:
    """Yield the outcomes of both replays of each claim."""
    seen: dict[str, dict[str, Outcome]] = {}
    for outcome in runner.run(job for claim in claims for job in _jobs(claim)):
        which, _, key = outcome.key.partition(" ")
        both = seen.setdefault(key, {})
        both[which] = outcome
        if len(both) == 2:
            yield key, (both["first"], both["second"])
            del seen[key]


def _jobs(claim: Claim[D]) -> Iterator[Job]:
    first = Job(
        f"first {claim.key}", str(claim.module), (claim.name,), claim.source, record=True, seed=0, worker=0
    )
    yield first
    yield replace(
        first,
        key=f"second {claim.key}",
        tests=(claim.name, claim.name),
        shift=LATER,
        seed=_SEED,
        worker=1,
        stop_at_failure=True,
    )


def _judged(claim: Claim[D], outcomes: tuple[Outcome, Outcome]) -> tuple[Proof[D], Iterator[Claim[D]]]:
    """Return what the replays of a claim show, and the claim as it may be written anew, the best first."""
    passed, reason = _passed(outcomes)
    seconds = sum(outcome.seconds for outcome in outcomes)
    replays = [exchanges_of(outcome, last=len(claim.story)) for outcome in outcomes]
    if not claim.story:
        return Proof(claim, passed, None, reason, seconds=seconds, replay=replays[0]), iter(())
    learnt = learn(claim.story, replays)
    proof = Proof(claim, passed, learnt.fidelity, reason, learnt.first, seconds=seconds, replay=replays[0])
    # What a test that passes doesn't look at may differ; what its state lacks is mended all the same.
    news = replace(learnt.feedback, volatile={}, unordered=frozenset()) if passed else learnt.feedback
    told = (news, replace(news, needed=frozenset(), lacking=frozenset()), *learnt.lacks)
    return proof, _revised(claim, learnt.lacks if passed and learnt.fidelity >= _FAITHFUL else told)


def _revised(claim: Claim[D], told: Iterable[Feedback]) -> Iterator[Claim[D]]:
    """Yield what a test becomes with each of these."""
    for news in told:
        feedback = claim.feedback | news
        if claim.revise is None or feedback == claim.feedback:
            continue
        try:
            revised = claim.revise(feedback)
        except ValueError:
            continue  # what was learnt leads to something that can't be written
        yield revised


def exchanges_of(outcome: Outcome, last: int = 0) -> tuple[Exchange, ...]:
    """Return the requests that a replay made, in order; only the ``last`` ones, if that isn't 0."""
    text = "\n".join(outcome.spans).encode()
    traces = reading.read(["-"], io.BytesIO(text)).traces if text else ()
    found = sorted(
        (exchange for trace in traces for exchange in reading.exchanges(trace)[0]),
        key=lambda exchange: exchange.start,
    )
    return tuple(found[-last:] if last else found)


def _passed(outcomes: Iterable[Outcome]) -> tuple[bool, str]:
    """Say whether all runs passed, and if not, why."""
    situations: Mapping[int, str] = {0: "", 1: "a day later: "}
    for number, outcome in enumerate(outcomes):
        if not outcome.results:
            return False, "the test wasn't found"
        for run, result in enumerate(outcome.results):
            if result.status != "passed":
                again = "when run twice: " if run else ""
                return False, f"{situations[number]}{again}{described(result)}"
    return True, ""


def described(result: TestResult) -> str:
    """Return in one line how a test ended."""
    refused = f"; refused: {', '.join(result.refused)}" if result.refused else ""
    text = result.message.strip().partition("\n")[0] or result.status
    return f"{text}{refused}"


def _better(one: Proof[D], other: Proof[D]) -> Proof[D]:
    """Return the proof of the better version of a test; of equals the earlier."""
    if (other.passed, other.fidelity or 0) > (one.passed, one.fidelity or 0):
        return other
    return replace(one, rounds=other.rounds, seconds=other.seconds)
