"""Prove the tests of a project, as ``otel2test gen --prove`` does in a copy of it, and measure that.

Enters: the recordings of a project. Leaves: :class:`Proved`, what each request came to, what it cost, how
often the proven tests pass in random order, in an environment without otel2test, and how many mutants
they kill, as they are and strengthened. The tests are in ``proven/tests/`` of the project's work folder,
and what is known of them in ``proven.json``.
"""

import io
import json
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from corpus.generating import WORKERS
from corpus.project import Database, Project
from corpus.recording import Recorded
from otel2test.pipeline.claims import Options
from otel2test.pipeline.proofs import prove_folder, prove_recorded
from otel2test.proving.verdicts import Mutants, Report
from otel2test.settings import Settings
from otel2test.terminal import aligned

RUNS = 20
MUTANTS = 300
_PATIENCE = 3600
_TOLD = 20
_NOTHING = "nothing recorded"
_OF_PAGE = re.compile(r"the page (?:shows|holds)(?: no)?")


@dataclass
class Proved:
    """What came of one project."""

    project: str
    requests: int
    report: Report
    problems: Sequence[str]
    seconds: float
    """Of wall time, from the moment when the project had started, for all replays."""
    processor_seconds: float | None
    """Of all processes, in the same time; None where the system doesn't tell."""
    runs: int = 0
    """Those in random order in which every proven test passed."""
    unsteady: Sequence[str] = field(default_factory=tuple)
    """What failed in the others."""
    strengthened: Mutants | None = None
    """How many mutants the tests kill once they assert, and arrange, what survivors showed to be missing."""


def prove(
    project: Project, recorded: Sequence[Recorded], *, mutants: int = 0, strengthen: bool = False
) -> Proved:
    """Prove the tests of a project, and break its code in so many places; then ``strengthen`` them."""
    programs = project.programs("prove")
    folder = project.work / "proven"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(project.folder, folder, ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
    tests = folder / "tests"
    _configuration(folder).write_text("[pytest]\npythonpath = .\n", encoding="utf-8")
    sources = [str(project.work / "recordings" / item.file) for item in recorded if item.file is not None]
    options = Options(
        python=str(programs / "python"),
        django_settings="config.settings",
        jobs=WORKERS,
        mutate=mutants > 0,
        mutants=mutants,
        packages=tuple(project.packages),
        until_killed=True,
        fresh=True,
    )
    watch = _Watch()
    with _inside(project, folder, programs):
        proven = prove_recorded(sources, (), Settings(), io.BytesIO(), tests, options, watch)
        stronger = replace(options, strengthen=True)
        again = prove_folder(tests, (), sources, Settings(), stronger, _Watch()) if strengthen else None
    (project.work / "proven.json").write_text(proven.as_json(), encoding="utf-8")
    began, ended = watch.moments["replaying"]
    found = Proved(
        project.name,
        len(recorded),
        proven.report,
        [str(problem) for problem in proven.problems],
        ended.wall - began.wall,
        None if began.processor is None or ended.processor is None else ended.processor - began.processor,
    )
    found.strengthened = again.report.mutants if again is not None else None
    found.runs, found.unsteady = _runs(project, folder)
    return found


@contextmanager
def _inside(project: Project, folder: Path, programs: Path) -> Iterator[None]:
    """Be where the project's developers are."""
    before = dict(os.environ)
    os.environ.update(_variables(project, programs))
    try:
        with chdir(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _variables(project: Project, programs: Path) -> dict[str, str]:
    media = str(project.work / "test-media")
    return project.variables(programs) | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "CORPUS_TEST_SUFFIX": "_proof",
        "CORPUS_MEDIA": media,
    }


def _configuration(folder: Path) -> Path:
    # Without one of its own, pytest would take the nearest, which is that of otel2test.
    return folder / "pytest.ini"


# --- in random order


def _runs(project: Project, folder: Path) -> tuple[int, Sequence[str]]:
    """Return how many runs in random order passed, and what failed in the others, how often."""
    shares = [RUNS // WORKERS] * WORKERS
    with ThreadPoolExecutor(WORKERS) as pool:
        failed = [
            run
            for runs in pool.map(
                lambda share: _some_runs(project, folder, share[0], share[1]), enumerate(shares)
            )
            for run in runs
        ]
    told = Counter(test for run in failed for test in run)
    return sum(not run for run in failed), [f"{test}, {count} times" for test, count in sorted(told.items())]


def _some_runs(project: Project, folder: Path, seed: int, count: int) -> list[Sequence[str]]:
    """Run all tests so often in one process; return what failed in each run."""
    programs = project.programs("run")
    results = project.work / f"runs-{seed}.jsonl"
    results.unlink(missing_ok=True)
    own = {
        "CORPUS_RUNS": str(count),
        "CORPUS_SEED": str(seed),
        "CORPUS_RESULTS": str(results),
        "CORPUS_TEST_SUFFIX": f"_runs_{seed}",
        "CORPUS_MEDIA": str(project.work / f"test-media-{seed}"),
        "PYTHONHASHSEED": str(seed + 1),
    }
    shutil.rmtree(own["CORPUS_MEDIA"], ignore_errors=True)
    said = ""
    with suppress(subprocess.TimeoutExpired):
        said = subprocess.run(
            [
                *(programs / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "corpus_runs"),
                *("-c", _configuration(folder), "--rootdir", folder, folder / "tests"),
            ],
            cwd=folder,
            env=_variables(project, programs) | own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_PATIENCE,
        ).stdout
    (project.work / f"runs-{seed}.txt").write_text(said, encoding="utf-8")
    if not results.exists():
        return [["the run did not come to its end"]] * count
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]


# --- what it costs


@dataclass(frozen=True)
class _Moment:
    wall: float
    processor: float | None


class _Watch:
    """Keeps when each step began, and when it last told of itself."""

    def __init__(self) -> None:
        self.moments: dict[str, tuple[_Moment, _Moment]] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        if done in {0, total}:
            now = _Moment(time.monotonic(), _processor_seconds())
            self.moments[what] = self.moments.get(what, (now, now))[0], now

    def note(self, note: str) -> None:
        """What is told beside isn't measured."""


def _processor_seconds() -> float | None:
    """Return what this process, its children, and those of theirs that have ended, have used; Linux only."""
    own = str(os.getpid())
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name, in parentheses, may hold anything.
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if own in (fields[1], stat.parent.name):
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK") if ticks else None


# --- what is told


def table(proved: Sequence[Proved]) -> str:
    """Return a line for each project, and one for all."""
    head = ["project", "requests", "proven", "%", "fidelity", "s/request", "CPU s/request", f"runs of {RUNS}"]
    mutated = any(item.report.mutants is not None for item in proved)
    head += ["mutants killed", "%"] if mutated else []
    strengthened = any(item.strengthened is not None for item in proved)
    head += ["strengthened", "%"] if strengthened else []
    rows = [_row(item.project, [item], mutated=mutated, strengthened=strengthened) for item in proved]
    if len(proved) > 1:
        rows.append(_row("all", proved, mutated=mutated, strengthened=strengthened))
    return "\n".join(aligned([head, *rows], right=range(1, len(head)))) + "\n"


def _row(name: str, items: Sequence[Proved], *, mutated: bool, strengthened: bool) -> list[str]:
    requests = sum(item.requests for item in items)
    proven = sum(item.report.proven for item in items)
    every = Report(tuple(verdict for item in items for verdict in item.report.verdicts))
    known = [item.processor_seconds for item in items if item.processor_seconds is not None]
    row = [
        name,
        str(requests),
        str(proven),
        _percent(proven, requests),
        "-" if every.fidelity is None else f"{every.fidelity:.2f}",
        f"{sum(item.seconds for item in items) / max(requests, 1):.2f}",
        f"{sum(known) / max(requests, 1):.2f}" if len(known) == len(items) else "-",
        str(min(item.runs for item in items)),
    ]
    if mutated:
        row += _killed([item.report.mutants for item in items])
    if strengthened:
        row += _killed([item.strengthened for item in items])
    return row


def _killed(mutants: Sequence[Mutants | None]) -> list[str]:
    known = [one for one in mutants if one is not None]
    killed, total = sum(one.killed for one in known), sum(one.total for one in known)
    return [f"{killed}/{total}", _percent(killed, total)]


def percentage(proved: Sequence[Proved]) -> float:
    """Return how many requests ended as a proven test."""
    requests = sum(item.requests for item in proved)
    return 100 * sum(item.report.proven for item in proved) / requests if requests else 0.0


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"


def report(proved: Sequence[Proved], database: Database) -> str:
    """Return the table, what isn't proven, what is unlike its recording, and what survives most."""
    parts = [f"# Proven tests of the corpus on {database}\n\n```\n{table(proved)}```\n"]
    for item in proved:
        lines = [*_untrue(item), *(f"- in random order: {test}" for test in item.unsteady)]
        lines += [f"- {problem}" for problem in item.problems]
        if lines:
            parts.append("\n".join([f"## {item.project}\n", *lines, ""]))
    survivors = Counter(
        (survivor.operator, _noticing(survivor.killer))
        for item in proved
        for survivor in item.report.survivors
    )
    if survivors:
        told = [f"- {count}: {what}; {killer}" for (what, killer), count in survivors.most_common(_TOLD)]
        parts.append("\n".join(["## What survives most, and what would notice it\n", *told, ""]))
        parts.append("\n".join(["## Survivors by what would notice them\n", *_by_killer(proved), ""]))
    return "\n".join(parts)


def _by_killer(proved: Sequence[Proved]) -> Iterator[str]:
    """Yield how many survivors each sort of assertion would notice, the most first, and which."""
    found: dict[str, list[str]] = {}
    for item in proved:
        for survivor in item.report.survivors:
            place = f"{item.project} {survivor.path.rpartition('/site-packages/')[2]}:{survivor.line}"
            told = f"  - {place} ({survivor.operator}): {survivor.killer}"
            found.setdefault(_noticing(survivor.killer), []).append(told)
    for sort, lines in sorted(found.items(), key=lambda each: -len(each[1])):
        yield f"- {len(lines)}: {sort}"
        if sort != _NOTHING:
            yield from lines


def _noticing(killer: str) -> str:
    """Return what sort of assertion would kill a survivor."""
    of_page = _OF_PAGE.match(killer)
    told = of_page[0] if of_page else killer.partition(" == ")[0].partition("[")[0]
    return told or _NOTHING


def _untrue(item: Proved) -> Iterator[str]:
    for verdict in item.report.verdicts:
        if not verdict.proven:
            yield f"- {verdict.module} {verdict.name}: **{verdict.reason}** ({verdict.divergence})"
        elif verdict.divergence:
            yield f"- {verdict.module} {verdict.name}: {verdict.fidelity or 0:.2f}, {verdict.divergence}"
