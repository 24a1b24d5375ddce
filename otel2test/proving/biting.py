"""Proven tests → how many breaks of the code they notice.

Each line of the project that a test's requests executed is broken in every way we know, one at a
time, in the running project; the tests that executed the line are run on each such mutant. One that
no test notices has survived: the recording may hold what would have told.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from otel2test.inverting.feedback import Place
from otel2test.proving.jobs import Job, Patch
from otel2test.proving.mutating import Mutant, mutants, sample
from otel2test.proving.mutating.survivors import explain
from otel2test.proving.replaying import Claim, Proof, Runner, exchanges_of
from otel2test.proving.verdicts import Mutants, Survivor
from otel2test.proving.watching import Watch
from otel2test.reading.exchanges import Exchange

_SEED: Final = 0
_PATIENCE: Final = 5.0
"""On a mutant a test may take so many times as long as without; then it loops, which is noticed, too."""
_LEAST_PATIENCE: Final = 5.0
"""Seconds that it is given on top."""
_ASKED: Final = 3
"""Tests that are replayed on a survivor, at most, to see what would have told: the quickest."""


@dataclass(frozen=True)
class Bitten:
    """What the mutants of all tests came to."""

    mutants: Mutants
    """A mutant counts once, and is killed if any test notices it."""
    by_test: Mapping[str, Mutants]
    """By the keys of claims: of the mutants in lines that the test executed."""
    survivors: tuple[Survivor, ...] = ()
    killers: Mapping[str, Collection[Place]] = field(default_factory=dict)
    """What each claim would have to assert, to kill more."""
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
    packages: tuple[str, ...] = (),
    until_killed: bool = False,
) -> Bitten:
    """Run the tests on the mutants of the lines that they executed, on ``limit`` of them if it is given.

    Lines of the installed ``packages`` count, too. With ``until_killed`` a mutant that one test has
    noticed isn't shown to others: the total is the same, and what is told of each test is of the mutants
    that it was run on. Raises :class:`~otel2test.errors.UsageError` if what makes mutants isn't installed.
    """
    claims = {proof.claim.key: proof.claim for proof in proofs}
    covering, seconds = _covering(claims.values(), runner, packages, watch)
    made = _mutants(covering)
    chosen = made if limit is None else sample(made, limit, _SEED)
    killed: dict[int, set[str]] = {}
    tried: dict[int, set[str]] = {}
    watch("breaking the code", 0, len(chosen))
    begun = 0

    def jobs() -> Iterator[Job]:
        nonlocal begun
        for number, jobs in _by_mutant(chosen, covering, claims, seconds):
            begun = number
            for job in jobs:
                if not (until_killed and number in killed):
                    yield replace(job, stop_at_failure=until_killed)

    for outcome in runner.run(jobs()):
        number = int(outcome.key.partition(" ")[0])
        module = outcome.key.partition(" ")[2]
        for result in outcome.results:
            key = f"{module}::{result.name}"
            tried.setdefault(number, set()).add(key)
            if result.status not in {"passed", "skipped"}:
                killed.setdefault(number, set()).add(key)
        watch("breaking the code", begun, len(chosen))
    survivors = [number for number in tried if number not in killed]
    by_test = {
        key: Mutants(
            sum(key in keys for keys in killed.values()), sum(key in keys for keys in tried.values())
        )
        for key in claims
    }
    told, killers = _explained(
        [chosen[number] for number in survivors], covering, claims, seconds, root, runner, watch
    )
    return Bitten(
        Mutants(len(killed), len(tried)),
        by_test,
        told,
        killers,
        tuple(
            f"{_relative(mutant.path, root)}:{mutant.line} ({mutant.operator})"
            for number, mutant in enumerate(chosen)
            if number not in tried
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


def _by_mutant(
    chosen: Sequence[Mutant],
    covering: _Covering,
    claims: Mapping[str, Claim[Any]],
    seconds: Mapping[str, float],
) -> Iterator[tuple[int, list[Job]]]:
    """Yield the number of each mutant with its jobs, one a module that has tests which cover it."""
    for number, mutant in enumerate(chosen):
        covers = [claims[key] for key in sorted(covering[mutant.path].get(mutant.line, ()))]
        patch = Patch(mutant.path, mutant.source, mutant.line)
        jobs = []
        for module, items in groupby(covers, key=lambda claim: claim.module):
            tests = [*items]
            usual = max(seconds[claim.key] for claim in tests)
            jobs.append(
                Job(
                    f"{number} {module}",
                    str(module),
                    tuple(claim.name for claim in tests),
                    patch=patch,
                    time_limit=_LEAST_PATIENCE + _PATIENCE * usual,
                )
            )
        yield number, jobs


def _explained(
    survivors: Sequence[Mutant],
    covering: _Covering,
    claims: Mapping[str, Claim[Any]],
    seconds: Mapping[str, float],
    root: Path,
    runner: Runner,
    watch: Watch,
) -> tuple[tuple[Survivor, ...], dict[str, set[Place]]]:
    """Return the survivors with what would have killed each, if what a replay of it shows differs."""
    asked = [
        sorted(covering[mutant.path].get(mutant.line, ()), key=lambda key: (seconds[key], key))[:_ASKED]
        for mutant in survivors
    ]
    whole = {key: _replay(claims[key]) for keys in asked for key in keys}
    broken = {
        f"{number} {key}": _replay(claims[key], f"{number} ", mutant)
        for number, (mutant, keys) in enumerate(zip(survivors, asked, strict=True))
        for key in keys
    }
    jobs = [*whole.values(), *broken.values()]
    replays: dict[str, tuple[Exchange, ...]] = {}
    watch("looking at survivors", 0, len(jobs))
    for count, outcome in enumerate(runner.run(jobs), 1):
        replays[outcome.key] = exchanges_of(outcome)
        watch("looking at survivors", count, len(jobs))
    told: list[Survivor] = []
    killers: dict[str, set[Place]] = {}
    for number, (mutant, keys) in enumerate(zip(survivors, asked, strict=True)):
        words = ""
        for key in keys:
            killer = explain(
                replays.get(key, ()), replays.get(f"{number} {key}", ()), claims[key].feedback.volatile
            )
            if killer is not None:
                words = words or killer.assertion
                killers.setdefault(key, set()).add(killer.place)
        path = _relative(mutant.path, root)
        diff = mutant.diff.replace(mutant.path, path, 2)
        told.append(Survivor(path, mutant.line, mutant.operator, diff, words))
    return tuple(told), killers


def _replay(claim: Claim[Any], prefix: str = "", mutant: Mutant | None = None) -> Job:
    """Return what replays a test as it was replayed first, but for a mutant."""
    return Job(
        f"{prefix}{claim.key}",
        str(claim.module),
        (claim.name,),
        record=True,
        seed=0,
        worker=0,
        patch=None if mutant is None else Patch(mutant.path, mutant.source, mutant.line),
    )


def _relative(path: str, root: Path) -> str:
    try:
        return Path(path).relative_to(root).as_posix()
    except ValueError:
        return path
