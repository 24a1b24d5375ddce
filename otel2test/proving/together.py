"""Modules of tests → those tests that fail among their neighbours.

The project's own runner runs whole modules as developers do, in one process, in random order, in
another time zone and two days later; and once more in reverse, so that each test has run after each other.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from otel2test.proving.jobs import WHOLE, Whole, whole_line
from otel2test.proving.project import Project
from otel2test.proving.workers import environment

ZONE: Final = "Pacific/Kiritimati"
"""The zone that is furthest ahead; the settings' own zone has the last word, as ever in Django."""
SHIFT: Final = 2 * 86_400.0
_START: Final = 600.0
"""Seconds that the project has until its first test begins, and to make databases and the like."""
_SLACK: Final = 30.0
"""Seconds without a sign, beyond the limit of a test, after which a run is taken for stuck."""
_PATIENCE: Final = 15.0
"""Seconds that a run has to end and to destroy its databases."""
_POLL: Final = 0.2
_TAIL: Final = 300


def failures(
    project: Project,
    modules: Sequence[Path],
    *,
    seed: int,
    time_limit: float,
    told: Callable[[int], None],
) -> Mapping[str, str]:
    """Return the tests that fail in either order, ``<module>::<name>``, each with the reason in a line.

    ``time_limit`` is in seconds for each test; ``told`` hears how many have ended, of twice as many as there
    are. Where a module
    can't be run, its key is the module with an empty name; so it is for all of them where the run
    doesn't come to its end, unless it is known which test kept it.
    """
    over = 0

    def told_in_all(done: int) -> None:
        nonlocal over
        over = max(over, done + 1)
        told(done)

    found = _failures(project, modules, seed, time_limit, told_in_all, reverse=False)
    again = _failures(project, modules, seed, time_limit, lambda done: told(over + done), reverse=True)
    return {**again, **found}


def _failures(
    project: Project,
    modules: Sequence[Path],
    seed: int,
    time_limit: float,
    told: Callable[[int], None],
    *,
    reverse: bool,
) -> Mapping[str, str]:
    with tempfile.TemporaryDirectory(prefix="otel2test-", ignore_cleanup_errors=True) as scratch:
        results, said = Path(scratch, "results.jsonl"), Path(scratch, "said.txt")
        held, holding = os.pipe()
        orders = Whole(
            framework=project.framework,
            modules=tuple(map(str, modules)),
            scratch=scratch,
            results=str(results),
            seed=seed,
            reverse=reverse,
            held=held,
            shift=SHIFT,
            time_limit=time_limit,
            arguments=project.arguments if project.framework == "pytest" else (),
            manage=None if project.manage is None else str(project.manage),
            database_hosts=project.database_hosts,
        )
        own = {WHOLE: whole_line(orders), "TMPDIR": scratch, "TZ": ZONE}
        if project.settings_module is not None:
            own["DJANGO_SETTINGS_MODULE"] = project.settings_module
        try:
            with said.open("wb") as output:
                process = subprocess.Popen(  # noqa: S603 - the interpreter that the user names
                    [project.python, "-m", "otel2test.proving.inside.whole"],
                    cwd=project.root,
                    env={**environment(), **own},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=(held,),
                    start_new_session=True,  # Ctrl-C is for us: a run ends when its pipe does
                )
            os.close(held)
            try:
                _await(process, results, time_limit, told)
            finally:
                os.close(holding)
                holding = -1
                _end(process)
        finally:
            if holding >= 0:
                os.close(holding)
        return _read(results, said, modules)


def _await(
    process: subprocess.Popen[bytes], results: Path, time_limit: float, told: Callable[[int], None]
) -> None:
    """Wait until a run ends, or is stuck."""
    size, patience, since = -1, _START, time.monotonic()
    while time.monotonic() < since + patience:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_POLL)
            return
        now = results.stat().st_size if results.exists() else 0
        if now != size:
            size, since = now, time.monotonic()
            lines = [*_lines(results)]
            began = sum("began" in line for line in lines)
            starts = not began or lines[-1].get("starts", False)
            patience = _START if starts else time_limit + _SLACK
            told(max(0, began - 1))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait until a run has ended that was told to; in the end with force."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(results: Path, said: Path, modules: Sequence[Path]) -> Mapping[str, str]:
    paths = {os.path.realpath(path): path for path in modules}
    found: dict[str, str] = {}
    began = ""
    finished = False
    for line in _lines(results):
        finished = finished or "finished" in line
        if line.get("module") not in paths:
            continue
        key = f"{paths[line['module']]}::{line.get('began', line.get('name'))}"
        if "began" in line:
            began = key
        else:
            found.setdefault(key, line["message"])
    if finished:
        return (
            found if began else {f"{path}::": "the project's runner found no test in it" for path in modules}
        )
    tail = " ".join(said.read_text(encoding="utf-8", errors="replace").split())[-_TAIL:]
    kept = [began] if began and began not in found else [f"{path}::" for path in modules]
    return found | dict.fromkeys(kept, f"the run did not come to its end: {tail}")


def _lines(results: Path) -> Iterator[Mapping[str, Any]]:
    """Yield what a run has told so far; its last line may be cut off."""
    if results.exists():
        for line in results.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                yield json.loads(line)
