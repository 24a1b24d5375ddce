"""Drafts, or a folder of tests → proven tests: what ``gen --prove`` and ``prove`` do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from otel2test import __version__, suites
from otel2test.errors import Problem
from otel2test.inverting.feedback import Decoy, Lack
from otel2test.pipeline import claims, feedback_payload, folders, recorded
from otel2test.pipeline.claims import Drafted, Options
from otel2test.pipeline.drafts import Draft, drafts
from otel2test.proving import biting, reports, together
from otel2test.proving.places import described
from otel2test.proving.progress import Kept, Progress
from otel2test.proving.project import Project
from otel2test.proving.replaying import Proof, prove
from otel2test.proving.strengthening import strengthened
from otel2test.proving.verdicts import Mutants, Report, Status, Verdict
from otel2test.proving.watching import Watch
from otel2test.proving.workers import Workers
from otel2test.settings import Settings
from otel2test.suites import Suite
from otel2test.writing.modules import find_tests

_STRENGTHENED: Final = 2
"""How often tests are made stronger: what shows only with a row that they lacked is asserted after that."""
_TOGETHER: Final = 3
"""How often tests are run with their neighbours, each time without those that failed."""

Judged: TypeAlias = Proof[Draft]


@dataclass(frozen=True, slots=True)
class Proven:
    """What came of proving a folder."""

    report: Report
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every test is proven and nothing was left out."""
        return self.report.proven == len(self.report.verdicts) and not self.problems

    def table(self) -> str:
        """Return it for a terminal."""
        return reports.table(self.report)

    def as_json(self) -> str:
        """Return it for programs."""
        return reports.as_json(self.report)

    def as_junit(self) -> str:
        """Return it for continuous integration."""
        return reports.as_junit(self.report)


def prove_recorded(
    sources: Sequence[str],
    prefixes: Sequence[str],
    settings: Settings,
    stdin: BinaryIO,
    folder: Path,
    options: Options,
    watch: Watch,
) -> Proven:
    """Write the tests of every request recorded, those that could be proven.

    Tests that were edited by hand since they were generated are judged as they are, and stay.
    Raises :class:`~otel2test.errors.ProjectError` where the project can't be started.
    """
    if options.mutate:
        biting.require()
    folder = folder.absolute()
    read = recorded.read(sources, prefixes, stdin)
    made, refused = drafts(read, settings)
    if not made:
        return Proven(Report(()), (*read.problems, *refused))
    edited = _edited(folder, settings)
    claimed = [claims.of_draft(draft, read, settings, folder) for draft in made]
    with claims.started(folder, settings, options, watch) as (project, runner):
        proving = _Proving(project, runner, options, watch)
        proofs = proving.replayed(
            [claims.as_it_stands(claim) if claim.key in edited else claim for claim in claimed]
        )
        kept = [
            draft
            for claim, proof in zip(claimed, proofs, strict=True)
            for draft in ([claim.draft] if claim.key in edited else _kept(proof, options))
            if draft is not None
        ]
        stored = folders.store(kept, settings, folder, sources)
        report = proving.finished(stored.suite, proofs)
    problems = (*read.problems, *refused, *stored.problems, *proving.problems)
    return Proven(report, problems, stored.remarks)


def prove_folder(
    folder: Path,
    modules: Collection[str],
    recordings: Sequence[str],
    settings: Settings,
    options: Options,
    watch: Watch,
) -> Proven:
    """Prove the tests of a folder, those of some ``modules`` of it if any are named.

    ``recordings`` are used instead of those that the manifest names. Tests that were generated and
    can't be saved are taken out; what was written or edited by hand is judged, and stays.
    Raises :class:`~otel2test.errors.ProjectError` where the project can't be started.
    """
    if options.mutate:
        biting.require()
    folder = folder.absolute()
    suite = suites.load(folder, settings) or Suite(folder, settings.framework, (), settings)
    there = claims.of_folder(suite, modules, recordings)
    with claims.started(folder, suite.settings, options, watch) as (project, runner):
        proving = _Proving(project, runner, options, watch)
        proofs = proving.replayed(there.claims)
        suite = proving.rewritten(suite, proofs)
        report = proving.finished(suite, proofs)
    return Proven(report, (*there.problems, *there.unrecorded, *proving.problems))


class _Proving:
    """One run of the prover."""

    def __init__(self, project: Project, runner: Workers, options: Options, watch: Watch) -> None:
        self.problems: list[Problem] = []
        """What could not be written."""
        self._project = project
        self._runner = runner
        self._options = options
        self._watch = watch
        situation = (__version__, project.python, project.framework, project.settings_module)
        self._progress = Progress(project.root, *map(str, situation), fresh=options.fresh)

    def replayed(self, claimed: Sequence[Drafted]) -> list[Judged]:
        """Return a proof for each claim; what is known from before an interruption is taken from there."""
        first = {claim.key: _text(claim) for claim in claimed}
        before = {claim.key: proof for claim in claimed for proof in self._remembered(claim)}
        count = len(before)
        if before:
            self._watch.note(
                f"{count} of {len(claimed)} tests were replayed before the last run was stopped; "
                "--fresh replays them again"
            )
        self._watch("replaying", count, len(claimed))

        def told(proof: Judged) -> None:
            nonlocal count
            count += 1
            self._watch("replaying", count, len(claimed))
            self._progress.keep(proof.claim.key, first[proof.claim.key], _to_keep(proof))

        left = [claim for claim in claimed if claim.key not in before]
        found = {proof.claim.key: proof for proof in prove(left, self._runner, told)}
        return [before.get(claim.key) or found[claim.key] for claim in claimed]

    def _remembered(self, claim: Drafted) -> Sequence[Judged]:
        kept = self._progress.known(claim.key, _text(claim))
        if kept is None:
            return ()
        feedback = feedback_payload.read(kept.feedback)
        if feedback != claim.feedback:
            if claim.revise is None:
                return ()
            try:
                claim = claim.revise(feedback)
            except ValueError:
                return ()
        return [
            Proof(claim, kept.passed, kept.fidelity, kept.reason, kept.divergence, kept.rounds, kept.seconds)
        ]

    def rewritten(self, suite: Suite, proofs: Sequence[Judged]) -> Suite:
        """Return a folder in which the tests that were written again stand, and those that fail don't."""
        anew = [proof for proof in proofs if proof.passed and proof.claim.source is not None]
        suite = self._updated(suite, [proof.claim.draft for proof in anew])
        return self._without_failing(suite, [proof for proof in proofs if not proof.passed])

    def finished(self, suite: Suite, proofs: list[Judged]) -> Report:
        """Return what is known of the folder's tests when all is done."""
        verdicts = {proof.claim.key: _verdict(proof, self._options) for proof in proofs}
        suite = self._among_neighbours(suite, proofs, verdicts)
        report = Report(())
        if self._options.mutate:
            proven = [proof for proof in proofs if verdicts[proof.claim.key].proven]
            suite, proven, bitten = self._bitten(suite, proven)
            for proof in proven:
                key = proof.claim.key
                verdicts[key] = replace(verdicts[key], mutants=bitten.by_test.get(key, Mutants()))
            stronger = {proof.claim.key: proof for proof in proven}
            proofs = [stronger.get(proof.claim.key, proof) for proof in proofs]
            report = Report((), bitten.mutants, bitten.survivors, bitten.unbroken)
        if self._options.comment:
            self._updated(suite, _commented(proofs, verdicts))
        self._progress.finished()
        return replace(report, verdicts=tuple(verdicts[proof.claim.key] for proof in proofs))

    def _among_neighbours(
        self, suite: Suite, proofs: Sequence[Judged], verdicts: dict[str, Verdict]
    ) -> Suite:
        """Run the files as the project's developers will, and take out what fails there."""
        for seed in range(_TOGETHER):
            proven = {proof.claim.key: proof for proof in proofs if verdicts[proof.claim.key].proven}
            modules = sorted({proof.claim.module for proof in proven.values()})
            if not modules:
                break
            failed = together.failures(
                self._project,
                modules,
                seed=seed,
                time_limit=self._options.time_limit,
                told=partial(self._told, "running all together", 2 * len(proven)),
            )
            gone = [
                replace(proof, passed=False, reason=f"among its neighbours: {reason}")
                for key, proof in proven.items()
                if (reason := failed.get(key) or failed.get(f"{proof.claim.module}::")) is not None
            ]
            for proof in gone:
                verdicts[proof.claim.key] = _verdict(proof, self._options)
            suite = self._without_failing(suite, gone)
            if not gone:
                break
        return suite

    def _told(self, what: str, total: int, done: int) -> None:
        self._watch(what, done, total)

    def _bitten(self, suite: Suite, proven: list[Judged]) -> tuple[Suite, list[Judged], biting.Bitten]:
        bitten = self._bite(proven)
        for _ in range(_STRENGTHENED if self._options.strengthen else 0):
            killers = bitten.killers
            stronger = self._strengthened(proven, killers) if killers else {}
            if not stronger:
                break
            suite = self._updated(suite, [proof.claim.draft for proof in stronger.values()])
            proven = [stronger.get(proof.claim.key, proof) for proof in proven]
            bitten = self._bite(proven)
            if not any(isinstance(lack, Decoy) for lacks in killers.values() for lack in lacks):
                break  # what shows with new rows only may have to be asserted yet
        return suite, proven, bitten

    def _bite(self, proven: Sequence[Judged]) -> biting.Bitten:
        options = self._options
        for proof in proven:
            # As it is in the file by now; that is what an interrupted run goes on with.
            text = proof.claim.module.read_text(encoding="utf-8")
            self._progress.keep(proof.claim.key, text, _to_keep(proof))
        return biting.bite(
            proven,
            self._project.root,
            self._runner,
            options.mutants,
            self._watch,
            memory=self._progress,
            packages=options.packages,
            until_killed=options.until_killed,
        )

    def _strengthened(
        self, proven: Sequence[Judged], killers: Mapping[str, Collection[Lack]]
    ) -> Mapping[str, Judged]:
        """Return the tests with what survivors showed to be missing, where it holds.

        Which rows can't be added is told.
        """
        refused: set[str] = set()

        def proved(claims: Sequence[Drafted]) -> list[Judged]:
            self._watch("replaying stronger tests", 0, len(claims))
            return prove(claims, self._runner, lambda _: None, rounds=1)

        def adds(one: Drafted, other: Drafted) -> bool:
            told = {f"{other.name}: {reason}" for reason in _left_out(other) if reason not in _left_out(one)}
            for note in sorted(told - refused):
                self._watch.note(note)
            refused.update(told)
            return _test(one) != _test(other)

        ours = [proof for proof in proven if proof.claim.draft is not None]
        return strengthened(ours, killers, proved, adds)

    def _without_failing(self, suite: Suite, failed: Sequence[Judged]) -> Suite:
        """Return a folder without tests that were generated and fail, or with a mark on them."""
        ours = [(proof, proof.claim.draft) for proof in failed if proof.claim.draft is not None]
        if self._options.keep_failing:
            return self._updated(suite, [_failing(draft, proof.reason) for proof, draft in ours])
        return self._updated(suite, (), [(draft.module, draft.name) for _, draft in ours])

    def _updated(
        self, suite: Suite, changed: Sequence[Draft | None], removed: Collection[tuple[str, str]] = ()
    ) -> Suite:
        """Return the folder with the tests that are ours written, or taken out."""
        ours = [draft for draft in changed if draft is not None]
        if not ours and not removed:
            return suite
        suite, problems = folders.update(suite, ours, removed)
        self.problems += problems
        return suite


def _text(claim: Drafted) -> str:
    return claim.source if claim.source is not None else claim.module.read_text(encoding="utf-8")


def _test(claim: Drafted) -> str:
    return find_tests(_text(claim))[claim.name].text


def _left_out(claim: Drafted) -> list[str]:
    """Return in words what a test does without."""
    left_out = claim.draft.explained.left_out if claim.draft is not None else ()
    return [f"{origin.what}: {origin.because.removesuffix(':')}" for origin in left_out]


def _edited(folder: Path, settings: Settings) -> frozenset[str]:
    """Return the keys of the tests in a folder that aren't as they were generated."""
    suite = suites.load(folder, settings) or Suite(folder, settings.framework, (), settings)
    found: set[str] = set()
    for path in suites.test_modules(folder):
        try:
            tests = find_tests(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, SyntaxError):
            continue  # told when the folder is written
        found |= {
            f"{path}::{name}"
            for name, test in tests.items()
            if folders.is_edited(suite, path.name, name, test.text)
        }
    return frozenset(found)


def _to_keep(proof: Judged) -> Kept:
    feedback = feedback_payload.write(proof.claim.feedback)
    return Kept(
        proof.passed, proof.fidelity, proof.reason, proof.divergence, proof.rounds, proof.seconds, feedback
    )


def _kept(proof: Judged, options: Options) -> list[Draft | None]:
    """Return what is to stand in the file of a test that was generated just now."""
    draft = proof.claim.draft
    if draft is None or proof.passed:
        return [draft]
    return [_failing(draft, proof.reason)] if options.keep_failing else []


def _failing(draft: Draft, reason: str) -> Draft:
    return draft.with_plan(fails=reason or "it fails")


def _commented(proofs: Sequence[Judged], verdicts: Mapping[str, Verdict]) -> list[Draft]:
    """Return the proven tests, each with a line that says so."""
    return [
        proof.claim.draft.with_plan(verdict=reports.comment(verdicts[proof.claim.key]))
        for proof in proofs
        if proof.claim.draft is not None and verdicts[proof.claim.key].proven
    ]


def _verdict(proof: Judged, options: Options) -> Verdict:
    claim = proof.claim
    status: Status = "proven"
    if not proof.passed:
        kept: Status = "xfail" if options.keep_failing else "left out"
        status = "failing" if claim.draft is None else kept
    return Verdict(
        claim.module.name,
        claim.name,
        status,
        proof.fidelity,
        proof.reason,
        proof.divergence,
        tuple(described(place) for place in claim.feedback.volatile) if proof.passed else (),
        proof.rounds,
        proof.seconds,
    )
