"""Proven tests → how many breaks of the code they notice.

Each line of the project that a test's requests executed is broken in every way we know, one at a
time, in the running project; the tests that executed the line are run on each such mutant. One that
no test notices has survived: the recording may hold what would have told.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from otel2test.inverting.feedback import Lack
from otel2test.proving.asking import explained, relative
from otel2test.proving.jobs import Job
from otel2test.proving.mutating import Mutant, mutants, sample
from otel2test.proving.replaying import Claim, Proof, Runner
from otel2test.proving.trials import Memory, Trial, digest_of
from otel2test.proving.verdicts import Mutants, Survivor
from otel2test.proving.watching import Watch

_SEED: Final = 0


@dataclass(frozen=True)
class Bitten:
    """What the mutants of all tests came to."""

    mutants: Mutants
    """A mutant counts once, and is killed if any test notices it."""
    by_test: Mapping[str, Mutants]
    """By the keys of claims: of the mutants in lines that the test executed."""
    survivors: tuple[Survivor, ...] = ()
    killers: Mapping[str, Collection[Lack]] = field(default_factory=dict)
    """What each claim lacks, to kill more: assertions and rows."""
    unbroken: tuple[str, ...] = ()
    """Mutants that could not be put in place."""


def require() -> None:
    """Raise :class:`~otel2test.errors.UsageError` if what makes mutants isn't installed."""
    mutants("", "", ())


def bite(
    proofs: Sequence[Proof[Any]],
    root: Path,
    runner: Runner,
    limit: int | None,
    watch: Watch,
    *,
    memory: Memory,
    packages: tuple[str, ...] = (),
    until_killed: bool = False,
) -> Bitten:
    """Run the tests on the mutants of the lines that they executed, on ``limit`` of them if it is given.

    Lines of the installed ``packages`` count, too. With ``until_killed`` a mutant that one test has
    noticed isn't shown to others: the total is the same, and what is told of each test is of the mutants
    that it was run on. What ``memory`` knows isn't tried again. Raises
    :class:`~otel2test.errors.UsageError` if what makes mutants isn't installed.
    """
    claims = {proof.claim.key: proof.claim for proof in proofs}
    covering, seconds = _covering(claims.values(), runner, packages, watch)
    made = _mutants(covering)
    chosen = made if limit is None else sample(made, limit, _SEED)
    texts = {claim.module: digest_of(claim.module) for claim in claims.values()}
    trials = [
        Trial(mutant, _claims_of(mutant, covering, claims), texts, memory, until_killed=until_killed)
        for mutant in chosen
    ]
    known = sum(trial.over for trial in trials)
    if known:
        watch.note(
            f"{known} of {len(trials)} mutants were tried before the last run was stopped; "
            "--fresh tries them again"
        )
    watch("breaking the code", known, len(trials))
    jobs = (
        job
        for number, trial in enumerate(trials)
        if not trial.over
        for job in trial.jobs(str(number), seconds)
    )
    for outcome in runner.run(jobs):
        number, _, module = outcome.key.partition(" ")
        trials[int(number)].ended([(f"{module}::{result.name}", result.status) for result in outcome.results])
        watch("breaking the code", sum(trial.over for trial in trials), len(trials))
    survivors = [trial for trial in trials if trial.tried and not trial.killed]
    told, killers = explained(
        [(trial.mutant, sorted(trial.covers, key=lambda key: (seconds[key], key))) for trial in survivors],
        claims,
        root,
        runner,
        watch,
    )
    return Bitten(
        Mutants(sum(bool(trial.killed) for trial in trials), sum(bool(trial.tried) for trial in trials)),
        {
            key: Mutants(
                sum(key in trial.killed for trial in trials), sum(key in trial.tried for trial in trials)
            )
            for key in claims
        },
        told,
        killers,
        tuple(
            f"{relative(trial.mutant.path, root)}:{trial.mutant.line} ({trial.mutant.operator})"
            for trial in trials
            if not trial.tried
        ),
    )


_Covering = Mapping[str, Mapping[int, Collection[str]]]
"""File → line → keys of the claims that executed it."""


def _covering(
    claims: Collection[Claim[Any]], runner: Runner, packages: tuple[str, ...], watch: Watch
) -> tuple[_Covering, Mapping[str, float]]:
    """Return which tests execute which lines, and how many seconds each test takes."""
    found: dict[str, dict[int, set[str]]] = {}
    seconds = dict.fromkeys((claim.key for claim in claims), 0.0)
    jobs = (
        Job(claim.key, str(claim.module), (claim.name,), lines=True, packages=packages) for claim in claims
    )
    watch("seeing what runs", 0, len(claims))
    for count, outcome in enumerate(runner.run(jobs), 1):
        watch("seeing what runs", count, len(claims))
        if not outcome.results or any(result.status != "passed" for result in outcome.results):
            continue  # it would take every mutant for dead
        seconds[outcome.key] = sum(result.seconds for result in outcome.results)
        for path, lines in outcome.lines.items():
            for line in lines:
                found.setdefault(path, {}).setdefault(line, set()).add(outcome.key)
    return found, seconds


def _mutants(covering: _Covering) -> list[Mutant]:
    found: list[Mutant] = []
    for path, lines in sorted(covering.items()):
        try:
            source = Path(path).read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue
        found += mutants(path, source, [*lines])
    return found


def _claims_of(mutant: Mutant, covering: _Covering, claims: Mapping[str, Claim[Any]]) -> list[Claim[Any]]:
    """Return the tests that executed a mutant's line, in the order of their keys."""
    return [claims[key] for key in sorted(covering[mutant.path].get(mutant.line, ()))]
