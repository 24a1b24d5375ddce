"""Run generated tests as the application's developer would, in an environment without otel2test.

Enters: the test modules of one project and framework. Leaves: for each module, how its test ended.
All are run by one process first, each rolled back after itself; those that fail are run again,
each alone in a database of its own, and that is what counts.
"""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from corpus.generating import WORKERS
from corpus.project import Project
from samples.generating import Framework

PATIENCE = 1800


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one module's test ended."""

    passed: bool
    output: str = ""
    """The traceback of a failure."""


def run(
    project: Project, framework: Framework, modules: Sequence[Path], *, again: bool = True
) -> dict[Path, Verdict]:
    """Run test modules; failures ``again`` alone."""
    if not modules:
        return {}
    # What an earlier run uploaded would give the files of this one other names.
    shutil.rmtree(_media(project), ignore_errors=True)
    judge = _pytest if framework == "pytest" else _unittest
    verdicts = judge(project, modules, "")
    failed = [module for module, verdict in verdicts.items() if not verdict.passed]
    if again and len(modules) > 1:
        with ThreadPoolExecutor(WORKERS) as pool:
            alone = pool.map(
                lambda numbered: judge(project, [numbered[1]], f"_{numbered[0]}"), enumerate(failed)
            )
            for verdict in alone:
                verdicts |= verdict
    return verdicts


def _pytest(project: Project, modules: Sequence[Path], suffix: str) -> dict[Path, Verdict]:
    folder = modules[0].parent
    configuration = project.work / "pytest.ini"
    # Without one of its own, pytest would take the nearest, which is that of otel2test.
    configuration.write_text("[pytest]\npythonpath = " + str(project.folder) + "\n", encoding="utf-8")
    report = project.work / f"pytest{suffix}.xml"
    report.unlink(missing_ok=True)
    command = (
        "-m",
        "pytest",
        "-q",
        "--continue-on-collection-errors",
        "-p",
        "no:cacheprovider",
        "-c",
        str(configuration),
        "--rootdir",
        str(folder),
    )
    output = _run(project, (*command, f"--junitxml={report}", *map(str, modules)), suffix)
    if not report.exists():
        return dict.fromkeys(modules, Verdict(passed=False, output=output[-4000:]))
    found: dict[str, Verdict] = {}
    for case in ET.parse(report).getroot().iter("testcase"):
        # A module that can't be imported is a case of its own, with the module's name for a name.
        name = (case.get("classname") or case.get("name") or "").rpartition(".")[2]
        worst = next((part for part in case if part.tag in ("failure", "error")), None)
        if worst is not None or name not in found:
            found[name] = Verdict(
                worst is None, "" if worst is None else worst.text or worst.get("message") or ""
            )
    report.unlink()
    missing = Verdict(passed=False, output=f"no test was run\n{output[-4000:]}")
    return {module: found.get(module.stem, missing) for module in modules}


_SECTION = re.compile(
    r"^={70}\n(?:ERROR|FAIL): (.+?)\n-{70}\n(.*?)(?=^={70}\n|^-{70}\n)", re.MULTILINE | re.DOTALL
)
_COUNT = re.compile(r"^Ran (\d+) tests? in", re.MULTILINE)


def _unittest(project: Project, modules: Sequence[Path], suffix: str) -> dict[Path, Verdict]:
    pattern = modules[0].name if len(modules) == 1 else "test_*.py"
    command = ("manage.py", "test", "--noinput", "--pattern", pattern, str(modules[0].parent))
    output = _run(project, command, suffix)
    count = _COUNT.search(output)
    if count is None or int(count[1]) < len(modules):
        return dict.fromkeys(modules, Verdict(passed=False, output=output[-4000:]))
    failures = dict(_SECTION.findall(output))
    return {module: _of_module(module, failures) for module in modules}


def _of_module(module: Path, failures: Mapping[str, str]) -> Verdict:
    word = re.compile(rf"\b{module.stem}\b")
    texts = [text for title, text in failures.items() if word.search(title)]
    return Verdict(not texts, "\n".join(texts))


def _media(project: Project) -> Path:
    return project.work / "test-media"


def _run(project: Project, command: Sequence[str], suffix: str) -> str:
    programs = project.programs("run")
    env = project.variables(programs) | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "CORPUS_TEST_SUFFIX": suffix,
        "CORPUS_MEDIA": str(_media(project)),
    }
    try:
        done = subprocess.run(
            [programs / "python", *command],
            cwd=project.folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return f"did not end within {PATIENCE} s"
    return done.stdout
