"""Run the sample project in processes of its own, and read what the recorder wrote.

Enters: an environment's programs (:mod:`samples.environments`), a command, a folder to work in.
Leaves: a URL that answers, and later the recorded lines.
Refused: a server that dies or doesn't answer in time; its output is in the error.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson

PROJECT = Path(__file__).resolve().parent / "todo_project"
PATIENCE = 120.0
"""Seconds to wait for anything; far more than it takes, so that only what is broken fails."""

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE")


class SampleError(Exception):
    """A process of the sample project did not do as expected."""


def process_environment(programs: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which ``python`` is that of ``programs`` and nothing else is left of ours."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    path = f"{programs}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return kept | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"} | dict(extra)


def manage(programs: Path, *arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` of the sample project and return what it said."""
    return subprocess.run(
        [programs / "python", "manage.py", *arguments],
        cwd=PROJECT,
        env=process_environment(programs, env),
        capture_output=True,
        text=True,
        check=False,
    )


def prepare_database(programs: Path, env: Mapping[str, str]) -> None:
    """Fill a database with the demo data: that which the settings find by ``env``."""
    for command in ("migrate", "seed"):
        done = manage(programs, command, "--verbosity=0", env=env)
        if done.returncode != 0:
            raise SampleError(f"manage.py {command} failed:\n{done.stderr}")


def free_port() -> int:
    """Return a port on the loopback that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str],
    *,
    programs: Path,
    env: Mapping[str, str],
    port: int,
    log: Path,
    project: Path = PROJECT,
) -> Iterator[str]:
    """Run a server in a project's folder; yield its URL once it answers, stop it afterwards.

    It gets a process group of its own, so that reloaders and workers are stopped with it.
    """
    executable = programs / command[0]
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [executable, *command[1:]],
            cwd=project,
            env=process_environment(programs, env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(lambda: _answers(url, process, log), f"an answer of {url}; see {log}")
        yield url
    finally:
        _stop(process)


def _answers(url: str, process: "subprocess.Popen[bytes]", log: Path) -> bool:
    if process.poll() is not None:
        raise SampleError(f"the server ended with {process.returncode}:\n{log.read_text(errors='replace')}")
    port = int(url.rpartition(":")[2])
    with socket.socket() as probe:
        # No request is made: it would be recorded.
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _stop(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        # Whoever is left of its children, and itself if it didn't listen.
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Ask until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise SampleError(f"waited {PATIENCE:.0f} s in vain for {what}")
        time.sleep(0.02)


def recorded_requests(folder: Path) -> list[str]:
    """Return the lines of a recording that hold a request, in the order of the requests.

    Whole lines only: the last one of a file may be in the middle of being written.
    """
    lines = [
        line
        for file in folder.glob("*")
        for line in file.read_text(encoding="utf-8").splitlines(keepends=True)
        if line.endswith("\n") and '"otel2test.http.request"' in line
    ]
    return sorted(lines, key=_started)


def _started(line: str) -> int:
    spans = orjson.loads(line)["resourceSpans"][0]["scopeSpans"]
    return min(int(span["startTimeUnixNano"]) for scope in spans for span in scope["spans"])


def wait_for_requests(folder: Path, count: int) -> list[str]:
    """Return the recorded lines once there are so many requests among them."""
    wait_until(
        lambda: len(recorded_requests(folder)) >= count,
        f"{count} recorded requests in {folder}",
    )
    return recorded_requests(folder)
