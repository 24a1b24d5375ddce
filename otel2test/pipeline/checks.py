"""A folder of generated tests, and the program as it is now → what changed: what ``check`` does."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from otel2test import suites
from otel2test.errors import Problem
from otel2test.inverting.feedback import Feedback
from otel2test.pipeline import claims, folders
from otel2test.pipeline.claims import Drafted, Options
from otel2test.pipeline.drafts import Draft, drafts, text_of
from otel2test.pipeline.recorded import Recorded
from otel2test.proving.checking import Check, Checked, aspects, difference
from otel2test.proving.jobs import Job, Outcome
from otel2test.proving.replaying import Runner, described, exchanges_of, prove
from otel2test.proving.reports import label
from otel2test.proving.watching import Watch
from otel2test.reading.exchanges import Exchange
from otel2test.settings import Settings
from otel2test.suites import Suite
from otel2test.writing.modules import CannotMergeError, find_tests, merged, spliced

ACCEPTED: Final = "accepted.jsonl"
"""The recording of what was accepted, in the folder of the tests."""
_EDITED: Final = "it was edited by hand, so it is left to you"
_UNSTEADY: Final = "written anew from what the program does now it doesn't hold, so it is left to you"
_UNWRITABLE: Final = "no test can be made of what the program does now, so it is left to you"
_NOTHING: Final = "it didn't get as far as an answer, so there is nothing to accept"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of checking a folder."""

    checked: Checked
    problems: tuple[Problem, ...]

    @property
    def whole(self) -> bool:
        """Whether every test holds, or was accepted, and nothing was left out."""
        return self.checked.whole and not self.problems

    def table(self) -> str:
        """Return it for a terminal."""
        return self.checked.table()

    def as_json(self) -> str:
        """Return it for programs."""
        return self.checked.as_json()

    def as_junit(self) -> str:
        """Return it for continuous integration."""
        return self.checked.as_junit()


@dataclass(frozen=True, slots=True)
class _Changed:
    """A test that fails, and what it would be now."""

    claim: Drafted
    outcome: Outcome
    replay: tuple[Exchange, ...]
    text: str
    """As it stands in the file."""
    edited: bool
    draft: Draft | None
    """Made from what the program does now; None where it didn't get as far as an answer."""
    module: str
    """Text of a module that holds the test as it would be."""
    refused: tuple[Problem, ...] = ()
    """Why no draft could be made of what it does now, though it got so far."""


def check_folder(
    folder: Path,
    modules: Collection[str],
    recordings: Sequence[str],
    settings: Settings,
    options: Options,
    watch: Watch,
    *,
    accept: bool,
) -> Result:
    """Say which tests of a folder hold; with ``accept``, write those that don't as the program is now.

    Tests that were edited by hand are judged, and stay. Raises
    :class:`~otel2test.errors.ProjectError` where the project can't be started.
    """
    folder = folder.absolute()
    suite = suites.load(folder, settings) or Suite(folder, settings.framework, (), settings)
    there = claims.of_folder(suite, modules, recordings)
    problems = there.problems
    with claims.started(folder, suite.settings, options, watch) as (_, runner):
        outcomes = _run(there.claims, runner, watch)
        failed = [
            _changed(claim, outcomes[claim.key], suite)
            for claim in there.claims
            if not _holds(outcomes[claim.key])
        ]
        accepted: Mapping[str, Draft] = {}
        if accept and failed:
            accepted = _accepted(failed, runner, watch)
            problems += _write(suite, [item for item in failed if item.claim.key in accepted], accepted)
    problems += tuple(problem for item in failed for problem in item.refused)
    if any(not item.claim.story for item in failed):
        # What a test that holds was made of, nobody asks.
        problems += there.unrecorded
    by_key = {
        item.claim.key: _told(item, accepted=item.claim.key in accepted, accept=accept) for item in failed
    }
    checks = tuple(
        by_key.get(claim.key) or Check(claim.module.name, claim.name, "holds") for claim in there.claims
    )
    return Result(Checked(checks), problems)


def _run(claims: Sequence[Drafted], runner: Runner, watch: Watch) -> Mapping[str, Outcome]:
    jobs = (Job(claim.key, str(claim.module), (claim.name,), record=True, seed=0) for claim in claims)
    found: dict[str, Outcome] = {}
    watch("checking", 0, len(claims))
    for outcome in runner.run(jobs):
        found[outcome.key] = outcome
        watch("checking", len(found), len(claims))
    return found


def _holds(outcome: Outcome) -> bool:
    return bool(outcome.results) and all(result.status in {"passed", "skipped"} for result in outcome.results)


def _changed(claim: Drafted, outcome: Outcome, suite: Suite) -> _Changed:
    text = claim.module.read_text(encoding="utf-8")
    replay = exchanges_of(outcome)
    entry = suite.entry(claim.module.name, claim.name) if claim.module.parent == suite.folder else None
    whole = replay and (entry is None or len(replay) == len(entry.traces))
    draft, refused = _draft(replay, claim, suite) if whole else (None, ())
    anew = "" if draft is None else text_of([draft], suite.settings).text
    # What leads up to the asserts is as good as it was; a reader looks for what is new.
    module = anew and (spliced(text, anew, claim.name) or anew)
    test = find_tests(text)[claim.name].text
    edited = entry is None or folders.is_edited(suite, claim.module.name, claim.name, test)
    return _Changed(claim, outcome, replay, test, edited, draft, module, refused)


def _draft(
    replay: tuple[Exchange, ...], claim: Drafted, suite: Suite
) -> tuple[Draft | None, tuple[Problem, ...]]:
    """Return the test of what the program does now, or why there is none."""
    settings = replace(suite.settings, join=len(replay) > 1, test_class=claim.name.rpartition(".")[0] or None)
    feedback = Feedback(unordered=claim.feedback.unordered, volatile=claim.feedback.volatile)
    made, refused = drafts(
        Recorded(replay, ()),
        settings,
        claim.module.name,
        {tuple(exchange.trace_id for exchange in replay): feedback},
    )
    told = tuple(replace(problem, where=label(claim.module.name, claim.name)) for problem in refused)
    return (made[0].named(claim.name) if len(made) == 1 else None), told


def _accepted(failed: Sequence[_Changed], runner: Runner, watch: Watch) -> Mapping[str, Draft]:
    """Return what the tests are to be, as far as that is proven; with the old beginning, if it holds."""
    drafts_by_key = {
        item.claim.key: item.draft for item in failed if item.draft is not None and not item.edited
    }
    anew = [
        Drafted(item.claim.module, item.claim.name, source, item.replay)
        for item in failed
        if item.claim.key in drafts_by_key
        for source in _in_its_module(item)
    ]
    watch("proving anew", 0, len(anew))
    held = {proof.claim.key for proof in prove(anew, runner, lambda _: None, 1) if proof.passed}
    return {key: draft for key, draft in drafts_by_key.items() if key in held}


def _in_its_module(item: _Changed) -> list[str]:
    """Return the module as it will be; none where the new test can't stand in it."""
    there = item.claim.module.read_text(encoding="utf-8")
    try:
        return [merged(there, {item.claim.name: item.module})]
    except CannotMergeError:
        return []


def _write(suite: Suite, changed: Sequence[_Changed], accepted: Mapping[str, Draft]) -> tuple[Problem, ...]:
    """Write the tests anew, and keep the recording that they stem from now beside them."""
    if not changed:
        return ()
    path = suite.folder / ACCEPTED
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = [*before.splitlines(), *(line for item in changed for line in item.outcome.spans)]
    with_recording = replace(suite, recordings=tuple(dict.fromkeys((*suite.recordings, path))))
    suite, problems = folders.update(
        with_recording,
        [accepted[item.claim.key] for item in changed],
        (),
        {(item.claim.module.name, item.claim.name): item.module for item in changed},
    )
    needed = {trace for entry in suite.entries for trace in entry.traces}
    suites.write(path, "".join(f"{line}\n" for line in lines if any(trace in line for trace in needed)))
    return problems


def _told(item: _Changed, *, accepted: bool, accept: bool) -> Check:
    result = next(
        (result for result in item.outcome.results if result.status not in {"passed", "skipped"}), None
    )
    diff = ""
    if item.module:
        diff = difference(item.claim.name, item.text, find_tests(item.module)[item.claim.name].text)
    note = ""
    if accept and not accepted:
        unwritten = _UNWRITABLE if item.refused else _NOTHING
        note = _EDITED if item.edited else unwritten if item.draft is None else _UNSTEADY
    return Check(
        item.claim.module.name,
        item.claim.name,
        "accepted" if accepted else "changed" if item.draft is not None or item.refused else "broken",
        aspects(item.claim.story, item.replay),
        described(result) if result is not None else "the test wasn't found",
        diff,
        note,
    )
