"""Turn the recordings of a project into test modules, a file for each request and framework.

Enters: recordings. Leaves: for each, a file, or why there is none. Each is generated as
``otel2test gen FILE`` does it, by the same function, without paying for a start of Python each time.
"""

import io
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from corpus.project import Project
from corpus.recording import Recorded
from otel2test import pipeline
from otel2test.errors import Otel2testError
from otel2test.settings import Settings
from samples.generating import Framework

WORKERS = 2


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to turn into one test module."""

    name: str
    framework: Framework
    recording: Path
    module: Path
    join: bool


@dataclass(frozen=True, slots=True)
class Generated:
    """What came of it."""

    name: str
    framework: Framework
    module: Path | None
    """None where nothing was generated."""
    refusal: str = ""
    """Why not, where the generator said so."""
    crash: str = ""
    """The stack trace, where it raised something else."""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


def generate(
    project: Project, recorded: Sequence[Recorded], frameworks: Sequence[Framework], *, join: bool = False
) -> list[Generated]:
    """Generate all tests of a project, side by side; with ``join``, one of each recording."""
    jobs = [
        Job(
            item.name,
            framework,
            project.work / "recordings" / item.file,
            module_of(project, item, framework),
            join,
        )
        for framework in frameworks
        for item in recorded
        if item.file is not None
    ]
    for framework in frameworks:
        folder = project.work / framework
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("test_*.py"):
            old.unlink()
    with ProcessPoolExecutor(WORKERS) as pool:
        return list(pool.map(_generate, jobs, chunksize=4))


def module_of(project: Project, item: Recorded, framework: Framework) -> Path:
    """Return where the test of a request is written."""
    return project.work / framework / f"test_{item.name}.py"


def _generate(job: Job) -> Generated:
    started = time.perf_counter()
    try:
        generated = pipeline.generate(
            [str(job.recording)], (), Settings(framework=job.framework, join=job.join), io.BytesIO()
        )
    except Otel2testError as error:
        return Generated(job.name, job.framework, None, refusal=str(error))
    except Exception:  # noqa: BLE001 - the corpus counts crashes of any kind
        return Generated(job.name, job.framework, None, crash=traceback.format_exc())
    seconds = time.perf_counter() - started
    if generated.module is None:
        refusal = "; ".join(str(problem) for problem in generated.problems)
        return Generated(job.name, job.framework, None, refusal=refusal, seconds=seconds)
    job.module.write_text(generated.module.text, encoding="utf-8")
    notes = tuple(str(remark) for remark in generated.remarks)
    return Generated(job.name, job.framework, job.module, seconds=seconds, notes=notes)
