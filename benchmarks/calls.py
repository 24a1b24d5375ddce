"""What recording costs for each call of a function: ``python -m benchmarks.calls [PYTHON…]``.

Runs the workload plainly, under a callback that does nothing, and recorded with everything;
in turn, several times, in one process for each Python, and takes the least processor time
of each. Recorded counts until the trace stands in its file. Leaves nothing.
"""

import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from time import process_time
from typing import Any, Final

from benchmarks import workload

ORDERS: Final = 4_200
ROUNDS: Final = 7
_ONE: Final = "--in-this-process"


def _nothing(*_: object) -> None:
    pass


@contextmanager
def empty_callback() -> Iterator[None]:
    """Be told of every call and return, and do nothing."""
    if sys.version_info < (3, 12):
        sys.setprofile(_nothing)
        yield
        sys.setprofile(None)
        return
    monitoring = sys.monitoring
    tool, events = monitoring.DEBUGGER_ID, monitoring.events.PY_START | monitoring.events.PY_RETURN
    monitoring.use_tool_id(tool, "empty callback")
    for event in (monitoring.events.PY_START, monitoring.events.PY_RETURN):
        monitoring.register_callback(tool, event, _nothing)
    monitoring.set_events(tool, events)
    yield
    monitoring.set_events(tool, 0)
    monitoring.free_tool_id(tool)


@contextmanager
def recording(folder: Path) -> Iterator[Callable[[], None]]:
    """Yield what runs the workload as one request, recorded whole."""
    from opentelemetry.sdk.trace import TracerProvider

    from otel2test.processors import calls, project
    from otel2test.processors.files import TraceFile
    from otel2test.processors.recorder import DJANGO_SCOPE, Recorder
    from otel2test.processors.settings import RecorderSettings

    settings = RecorderSettings(
        directory=folder, max_calls=10**8, max_trace_bytes=2**34, include=(workload.__name__,)
    )
    project.configure(settings.include, settings.exclude)
    recorder = Recorder(settings, TraceFile(folder))
    provider = TracerProvider(shutdown_on_exit=False)
    recorder.attach(provider)
    hook = calls.install(recorder)
    assert hook is not None

    def request() -> None:
        with provider.get_tracer(DJANGO_SCOPE).start_as_current_span("GET /"):
            workload.run(ORDERS)

    yield request
    hook.remove()


def seconds(function: Callable[[], None]) -> float:
    """Return the processor time of one run."""
    gc.collect()
    begun = process_time()
    function()
    return process_time() - begun


def measure() -> dict[str, Any]:
    """Return microseconds a call, and what else is said of this Python."""
    plain, empty, recorded = [], [], []
    written = 0
    for _ in range(ROUNDS):
        plain.append(seconds(lambda: workload.run(ORDERS)))
        with empty_callback():
            empty.append(seconds(lambda: workload.run(ORDERS)))
        with tempfile.TemporaryDirectory() as folder, recording(Path(folder)) as request:
            recorded.append(seconds(request))
            written = sum(file.stat().st_size for file in Path(folder).iterdir())
    from otel2test.processors.calls import tracer

    count = ORDERS * workload.CALLS_OF_AN_ORDER
    unit = 1e6 / count
    return {
        "python": sys.version.split()[0],
        "form": "compiled" if tracer.__file__.endswith(tuple(EXTENSION_SUFFIXES)) else "interpreted",
        "calls": count,
        "plain": min(plain) * unit,
        "empty": (min(empty) - min(plain)) * unit,
        "recorded": (min(recorded) - min(plain)) * unit,
        "bytes": written / count,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main(pythons: list[str]) -> int:
    """Measure each Python in a process of its own, and print the table."""
    print("python   form           calls  plain µs  + empty callback  + recorded  bytes a call  peak MiB")
    for python in pythons or [sys.executable]:
        done = subprocess.run(
            [python, "-m", "benchmarks.calls", _ONE],
            env={**os.environ, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            print(done.stderr, file=sys.stderr)
            return 1
        m = json.loads(done.stdout)
        print(
            f"{m['python']:8} {m['form']:11} {m['calls']:9,} {m['plain']:9.3f} {m['empty']:17.3f}"
            f" {m['recorded']:11.3f} {m['bytes']:13.0f} {m['peak']:9}"
        )
    return 0


if __name__ == "__main__":
    if sys.argv[1:] == [_ONE]:
        print(json.dumps(measure()))
    else:
        sys.exit(main(sys.argv[1:]))
