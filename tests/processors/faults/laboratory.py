"""Run every case without the recorder, with it, and with a fault in each of the recorder's lines.

A program, as Django's settings are for ever: ``python -m tests.processors.faults.laboratory``
prints one JSON object, :class:`Report`.
"""

from __future__ import annotations

import inspect
import json
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib import import_module
from itertools import islice
from operator import itemgetter
from pathlib import Path
from types import FunctionType
from typing import Any, Final

from django.conf import settings
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import get_current_span

from otel2test.processors import delivering, instrumenting, recorder
from otel2test.processors.guard import faults
from otel2test.processors.recorder import Recorder
from otel2test.processors.settings import RecorderSettings
from tests.processors.django.projects.shop.harness import Memory, create_tables, set_up_django
from tests.processors.faults.injecting import (
    InjectedError,
    Line,
    failing_at,
    failing_in,
    guards,
    lines_run,
    worth_failing,
)

_SHORT: Final = ("write get /stage/x/", "page get /stage/x/")
"""Cases that use most of what is hooked into, and no threads, which a fork would lose."""
PROCESSORS: Final = Path(recorder.__file__).parent


@dataclass
class Report:
    """What was found out."""

    unsteady: list[str] = field(default_factory=list)
    """Cases that differ from run to run, without any recorder: mistakes of the suite's."""
    changed: list[str] = field(default_factory=list)
    """Cases that recording alone changes."""
    unrecorded: list[str] = field(default_factory=list)
    """Cases of which no request was written."""
    faulty: dict[str, int] = field(default_factory=dict)
    """Faults of the recorder's own without any being injected."""
    reached: list[str] = field(default_factory=list)
    """Lines of the recorder that ran."""
    failed: list[str] = field(default_factory=list)
    """Lines of the recorder before which a fault was put."""
    leaks: dict[str, str] = field(default_factory=dict)
    """Lines where a fault changed what the client got → the case, and what it got."""
    uncounted: list[str] = field(default_factory=list)
    """Lines where a fault wasn't counted for the process."""
    untold: list[str] = field(default_factory=list)
    """Lines where a fault isn't in the trace, though the trace was written."""
    astray: list[str] = field(default_factory=list)
    """Lines where a fault left those that come later to be counted in a trace that is over."""
    logged: dict[str, int] = field(default_factory=dict)
    """Log records by what failed."""
    functions: dict[str, str] = field(default_factory=dict)
    """Functions of the calls' recorder whose failure changed what the client got."""
    broken: list[str] = field(default_factory=list)
    """Cases that the suite's last run, without a fault, differs in: a fault left something behind."""


class _Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().splitlines()[0]
        self.counts[text] = self.counts.get(text, 0) + 1


def main() -> None:
    log = _set_up()
    from tests.processors.faults.cases import CASES  # noqa: PLC0415 - Django is set up before

    report = Report()
    plain = {case.name: case.told() for case in CASES}
    report.unsteady = [case.name for case in CASES if case.told() != plain[case.name]]

    memory = Memory()
    made = Recorder(RecorderSettings(max_rows=3, max_body=200), memory)
    recorder.activate(made)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(InMemorySpanExporter()))
    made.attach(provider)
    installing = _fail_installing(made, [case for case in CASES if case.name in _SHORT], plain, report)
    _install(made)
    for case in CASES:  # the first run does what is done once
        case.told()

    ways: dict[Line, list[tuple[float, Any, bool]]] = {}
    """The cases that come to a line, the time that each takes, and whether it is inside of its trace then."""
    for case in CASES:
        memory.traces.clear()
        lines: dict[Line, bool] = {}
        started = time.perf_counter()
        told = case.told(partial(_with_lines, lines))
        taken = time.perf_counter() - started
        if told != plain[case.name]:
            report.changed.append(f"{case.name}: {told} instead of {plain[case.name]}")
        if not memory.requests():
            report.unrecorded.append(case.name)
        for line, inside in lines.items():
            # Cases whose trace is never written can't tell of a fault.
            ways.setdefault(line, []).append((taken if memory.requests() else math.inf, case, inside))
    report.faulty = faults()
    report.reached = sorted({*map(str, ways), *installing})
    report.failed = sorted(map(str, worth_failing(ways)))

    # A number given to the program makes it try only every so many lines, for a quick look.
    for line in islice(worth_failing(ways), 0, None, int(sys.argv[1]) if sys.argv[1:] else 1):
        _, case, _ = min(ways[line], key=itemgetter(0))
        memory.traces.clear()
        counted = sum(faults().values())
        raised: list[Line] = []
        told = case.told(partial(_with_fault, line, raised))
        if told != plain[case.name]:
            report.leaks[str(line)] = f"{case.name}: {told}"
        elif raised and sum(faults().values()) == counted:
            report.uncounted.append(str(line))
        elif raised and memory.requests() and not any(map(_tells, memory.requests())):
            cases = [case for _, case, inside in sorted(ways[line], key=itemgetter(0)) if inside]
            if not any(_is_told_inside(line, case, memory) for case in cases):
                report.untold.append(str(line))
        if made._here.faults is not None:
            report.astray.append(str(line))
            made._here.faults = None  # or else none of the lines to come could be told of

    _fail_calls(CASES, plain, report)
    _fail_shutdown(made, report)
    report.logged = log.counts
    report.broken = [case.name for case in CASES if case.told() != plain[case.name]]
    print(json.dumps(asdict(report)))


def _set_up() -> _Log:
    set_up_django()
    settings.TEMPLATES.append(
        {
            "BACKEND": "django.template.backends.jinja2.Jinja2",
            "NAME": "jinja2",
            "DIRS": settings.TEMPLATES[0]["DIRS"],
        }
    )
    create_tables()
    logging.getLogger("django").setLevel(logging.CRITICAL)
    log = _Log()
    logging.getLogger("otel2test").addHandler(log)
    logging.getLogger("otel2test").propagate = False
    return log


def _fail_calls(cases: Any, plain: dict[str, Any], report: Report) -> None:
    for function in _functions_of_calls():
        for case in cases:
            if case.name.partition(" ")[0] in {"generate", "later"}:
                with failing_in(function, InjectedError):
                    told = case.told()
                if told != plain[case.name]:
                    report.functions[function.__qualname__] = f"{case.name}: {told}"


def _fail_shutdown(made: Recorder, report: Report) -> None:
    for line in worth_failing(_lines_of(made.shutdown)):
        report.reached.append(str(line))
        try:
            with failing_at(line, InjectedError(str(line))):
                made.shutdown()
        except InjectedError as error:
            report.leaks[str(line)] = f"shutdown: {error}"


def _install(made: Recorder) -> None:
    instrumenting.install(made)
    delivering.install(made)
    SQLite3Instrumentor().instrument(tracer_provider=made.provider)


def _lines_of(run: Callable[[], object]) -> set[Line]:
    with lines_run(PROCESSORS) as found:
        run()
    return set(found)


def _fail_installing(made: Recorder, cases: Any, plain: dict[str, Any], report: Report) -> list[str]:
    """Put the hooks in place in children, each with a fault in one guard; return the lines reached."""

    def lines() -> list[str]:
        found = _lines_of(lambda: _install(made))
        found |= _lines_of(lambda: [case.told() for case in cases])
        # What runs again is no part of putting hooks in place.
        return sorted(map(str, found - _lines_of(lambda: [case.told() for case in cases])))

    reached: list[str] = _in_a_child(lines)
    known = {Line(file, int(number)) for file, _, number in (text.rpartition(":") for text in reached)}
    for body in guards(PROCESSORS).items():
        first = min(
            (line for line in known if line.file == body[0].file and line.number in body[1]), default=None
        )
        if first is not None:

            def told(line: Line = first) -> list[Any]:
                with failing_at(line, InjectedError(str(line))):
                    _install(made)
                return [[case.name, case.told()] for case in cases]

            outcomes: Any = _in_a_child(told)
            report.leaks.update(
                {
                    str(first): f"{name}: {outcome}"
                    for name, outcome in outcomes
                    if outcome != json.loads(json.dumps(plain.get(name)))
                }
            )
    return reached


def _in_a_child(run: Callable[[], Any]) -> Any:
    """Return what ``run`` returns in a process that ends then."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writer, json.dumps(run()).encode())
        except BaseException as error:  # noqa: BLE001 - the parent shall know, and the child must end
            os.write(writer, json.dumps([["install", repr(error)]]).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        content = answer.read()
    os.waitpid(child, 0)
    return json.loads(content)


def _with_lines(lines: dict[Line, bool], run: Callable[[], Any]) -> Any:
    with lines_run(PROCESSORS, when=_is_recording) as found:
        outcome = run()
    lines |= found
    return outcome


def _is_recording() -> bool:
    return get_current_span().is_recording()


def _with_fault(
    line: Line, raised: list[Line], run: Callable[[], Any], *, when: Callable[[], bool] = lambda: True
) -> Any:
    with failing_at(line, InjectedError(str(line)), when=when) as reached:
        outcome = run()
    raised += reached
    return outcome


def _is_told_inside(line: Line, case: Any, memory: Memory) -> bool:
    """Return whether a fault at ``line`` is told in its trace where ``case`` comes to it inside of one.

    Before, it may have come to the line for no trace: what starts one draws its number.
    """
    memory.traces.clear()
    case.told(partial(_with_fault, line, [], when=_is_recording))
    return any(map(_tells, memory.requests()))


def _tells(trace: Any) -> bool:
    return "InjectedError" in json.dumps(trace.request.get("otel2test.faults", []))


def _functions_of_calls() -> Iterator[FunctionType]:
    """Yield what runs inside the interpreter's callbacks, but for the callbacks themselves."""
    for file in sorted((PROCESSORS / "calls").glob("*.py")):
        name = "calls" if file.stem == "__init__" else f"calls.{file.stem}"
        if file.stem in {"monitoring", "profiling", "evaluating"}:  # the last is there in C only
            continue
        module = import_module(f"otel2test.processors.{name}")
        owners = [module, *(kind for kind in vars(module).values() if inspect.isclass(kind))]
        for owner in owners:
            for function in vars(owner).values():
                if (
                    isinstance(function, FunctionType)
                    and function.__module__ == module.__name__
                    and not function.__closure__
                    and function.__name__ not in {"__init__", "_forget", "install"}
                ):
                    yield function


if __name__ == "__main__":
    main()
