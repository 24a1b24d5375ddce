"""A folder of tests, or drafts → claims: what is to be proven, in which project, and how."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from otel2test import suites
from otel2test.errors import Problem, UsageError
from otel2test.inverting.feedback import Feedback
from otel2test.pipeline import feedback_payload, folders, recorded
from otel2test.pipeline.drafts import Draft, drafts, revised, text_of
from otel2test.pipeline.recorded import Recorded
from otel2test.proving.project import Project, find
from otel2test.proving.replaying import Claim
from otel2test.proving.watching import Watch
from otel2test.proving.workers import Workers
from otel2test.settings import Settings
from otel2test.suites import Entry, Suite
from otel2test.writing.modules import find_tests

_MEBIBYTE: Final = 1 << 20

Drafted: TypeAlias = Claim[Draft]


@dataclass(frozen=True, slots=True)
class Options:
    """How tests are proven."""

    python: str | None = None
    """The interpreter of the project's environment; None for this one."""
    django_settings: str | None = None
    """Module of the project's settings; None for what its configuration says."""
    jobs: int = 2
    """Processes that run tests side by side."""
    time_limit: float = 30.0
    """Seconds for one run of a test."""
    memory_limit: int = 1024
    """MiB that one run may take beyond what the project takes at its start."""
    database_hosts: tuple[str, ...] = ()
    """Machines beyond this one on which scratch databases may be made."""
    mutate: bool = False
    mutants: int | None = None
    """At most so many, spread over the lines; None for all."""
    packages: tuple[str, ...] = ()
    """Installed ones whose code is broken, too."""
    until_killed: bool = False
    """Show a mutant to no further test once one has noticed it: quicker, but tells less of each test."""
    strengthen: bool = False
    keep_failing: bool = False
    comment: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Claims:
    """The tests that stand in a folder."""

    claims: tuple[Drafted, ...]
    problems: tuple[Problem, ...] = ()
    unrecorded: tuple[Problem, ...] = ()
    """Why generated tests can't be laid beside their recordings; nothing if they can."""


@contextmanager
def started(
    folder: Path, settings: Settings, options: Options, watch: Watch
) -> Iterator[tuple[Project, Workers]]:
    """Start the project to which the tests of a folder belong, in the processes that will run them.

    Raises :class:`~otel2test.errors.ProjectError` where it can't be started.
    """
    project = find(folder, settings.framework, python=options.python, settings_module=options.django_settings)
    project = replace(project, database_hosts=options.database_hosts)
    watch("starting the project", 0, options.jobs)
    memory_limit = options.memory_limit * _MEBIBYTE
    count = max(options.jobs, 1)
    with Workers(project, count, time_limit=options.time_limit, memory_limit=memory_limit) as runner:
        for note in runner.notes:
            watch.note(note)
        yield project, runner


def of_draft(draft: Draft, read: Recorded, settings: Settings, folder: Path) -> Drafted:
    """Return what a draft says of itself: that it passes."""
    return Drafted(
        folder / draft.module,
        draft.name,
        text_of([draft], settings).text,
        draft.story,
        draft.feedback,
        lambda feedback: of_draft(revised(draft, read, settings, feedback), read, settings, folder),
        draft,
    )


def as_it_stands(claim: Drafted) -> Drafted:
    """Return what is claimed of a test that was edited by hand: it is judged, and nothing else."""
    return replace(claim, source=None, revise=None, draft=None)


def of_folder(suite: Suite, modules: Collection[str], recordings: Sequence[str]) -> Claims:
    """Return a claim for each test that stands in the folder, with its recording if that is there.

    ``modules`` are the only files that are meant, if there are any. What stands in folders below is
    judged, too, and none of ours. Raises :class:`UsageError` if there is no test.
    """
    sources = recordings or [str(path) for path in suite.recordings if path.exists()]
    read = recorded.read(sources, (), None) if sources else Recorded((), ())
    known = {entry.traces: feedback_payload.read(entry.feedback) for entry in suite.entries}
    made, refused = drafts(read, suite.settings, known=known)
    by_traces = {draft.traces: draft for draft in made}
    by_name = {draft.name: draft for draft in made}
    recorded_at = {
        tuple(dict.fromkeys(exchange.trace_id for exchange in story)): str(story[0].origin)
        for story in read.stories(join=suite.settings.join)
    }
    problems: list[Problem] = []
    claims: list[Drafted] = []
    unrecorded = 0
    for path in suites.test_modules(suite.folder):
        ours = path.parent == suite.folder
        if modules and not (ours and path.name in modules):
            continue
        try:
            tests = find_tests(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, SyntaxError) as error:
            problems.append(Problem(str(path), f"can't be read: {error}", "mend it; the others were used"))
            continue
        for name, test in tests.items():
            entry = suite.entry(path.name, name) if ours else None
            draft = by_traces.get(entry.traces) if entry is not None else by_name.get(name)
            if entry is not None and draft is None:
                # That no test can be made of it is told of what has one, and of no other request.
                why = [problem for problem in refused if problem.where == recorded_at.get(entry.traces)]
                problems += why
                unrecorded += not why
            claim = _existing(path, name, draft, entry, read, suite)
            edited = not ours or folders.is_edited(suite, path.name, name, test.text)
            claims.append(as_it_stands(claim) if edited else claim)
    if not claims and not problems:
        raise UsageError(str(suite.folder), "no test in it", "otel2test gen FILE… -o FOLDER makes some")
    lost = (
        Problem(
            str(suite.folder),
            f"the recordings of {unrecorded} tests are not there, so their replays can't be compared",
            "say where they are: --recording FILE",
        ),
    )
    return Claims(tuple(claims), tuple(problems), (*read.problems, *lost) if unrecorded else ())


def _existing(
    path: Path, name: str, draft: Draft | None, entry: Entry | None, read: Recorded, suite: Suite
) -> Drafted:
    if draft is None:
        feedback = Feedback() if entry is None else feedback_payload.read(entry.feedback)
        return Drafted(path, name, None, feedback=feedback)
    draft = replace(draft.named(name), module=path.name)
    # What is proven first is what stands in the file.
    return replace(of_draft(draft, read, suite.settings, suite.folder), source=None)
