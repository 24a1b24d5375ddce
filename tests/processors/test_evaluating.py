"""Calls by a function that evaluates frames: on Python 3.11, where the package is compiled."""

from __future__ import annotations

import cProfile
import ctypes
import json
import logging
import os
import pstats
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from otel2test.attributes import CALLS_DROPPED
from otel2test.processors import calls
from otel2test.processors.calls import frames, tracer
from otel2test.processors.guard import faults
from tests.processors.callees import add, close_early, deeper, drain, fail, ignore, pass_on, swallow, throw
from tests.processors.conftest import Bench
from tests.processors.test_calls import Tape, tape

if sys.version_info >= (3, 12) or not frames.COMPILED:
    pytest.skip("sys.monitoring or the profile hook is used", allow_module_level=True)

from otel2test.processors.calls import _evaluation
from otel2test.processors.calls.evaluating import Evaluating

__all__ = ["tape"]

DEFAULT = ctypes.cast(ctypes.pythonapi._PyEval_EvalFrameDefault, ctypes.c_void_p).value
OTHER = """
typedef struct _ts thread;
extern void *_PyEval_EvalFrameDefault(thread *, void *, int);
int evaluated = 0;
void *evaluate(thread *running, void *frame, int thrown) {
    evaluated++;
    return _PyEval_EvalFrameDefault(running, frame, thrown);
}
"""


def set_evaluation(address: int | None) -> None:
    interpreter = ctypes.pythonapi.PyInterpreterState_Get
    interpreter.restype = ctypes.c_void_p
    ctypes.pythonapi._PyInterpreterState_SetEvalFrameFunc(
        ctypes.c_void_p(interpreter()), ctypes.c_void_p(address)
    )


@pytest.fixture
def other(tmp_path: Path) -> Iterator[ctypes.CDLL]:
    """Somebody else who evaluates frames."""
    compiler = os.environ.get("CC") or shutil.which("cc")
    assert compiler is not None
    source = tmp_path / "other.c"
    source.write_text(OTHER)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", tmp_path / "other.so", source], check=True)
    yield ctypes.CDLL(str(tmp_path / "other.so"))
    set_evaluation(DEFAULT)


def test_it_is_what_is_used_and_no_hook_is_set(tape: Tape) -> None:
    with tape.request():
        assert _evaluation.is_evaluating()
        assert sys.getprofile() is None
        add(1)
    assert isinstance(tape._hook, Evaluating)
    assert [call["qualname"] for call in tape.calls()] == ["add"]


def test_it_is_gone_when_no_request_is_open(tape: Tape) -> None:
    with tape.request("GET /outer"):
        with tape.request("GET /inner"):
            add(1)
        assert _evaluation.is_evaluating()
    assert not _evaluation.is_evaluating()
    with tape.request():
        add(2)
    assert not _evaluation.is_evaluating()
    assert tape.calls()[0]["arguments"]["first"] == 2


def test_an_exception_is_known_though_its_handler_calls_nothing(tape: Tape) -> None:
    _, failed = tape.of(ignore)
    assert failed["raised"]["type"] == "builtins.ValueError"
    assert failed["raised"]["where"].endswith(f"callees.py:{fail.__code__.co_firstlineno + 2}")


def test_an_exception_is_what_it_would_have_been(tape: Tape) -> None:
    def raised() -> tuple[Any, ...]:
        try:
            try:
                int("x")
            except ValueError:
                pass_on()
        except ValueError as error:
            frame = error.__traceback__
            lines = []
            while frame is not None:
                lines.append((frame.tb_frame.f_code.co_name, frame.tb_lineno))
                frame = frame.tb_next
            return str(error), repr(error.__context__), lines
        return ()

    alone = raised()
    with tape.request():
        recorded = raised()
    assert recorded == alone
    assert len(alone[2]) == 3


def test_somebody_else_goes_on_evaluating(tape: Tape, other: ctypes.CDLL) -> None:
    set_evaluation(ctypes.cast(other.evaluate, ctypes.c_void_p).value)
    evaluated = ctypes.c_int.in_dll(other, "evaluated")
    with tape.request():
        before = evaluated.value
        add(1)
        swallow()
        assert evaluated.value > before
        assert sys.getprofile() is not None
    assert [call["qualname"] for call in tape.calls()] == ["add", "swallow", "fail"]
    assert "raised" in tape.calls()[2]
    assert sys.getprofile() is None
    before = evaluated.value
    add(1)
    assert evaluated.value > before


def test_who_comes_while_we_evaluate_stays(tape: Tape, other: ctypes.CDLL) -> None:
    with tape.request():
        set_evaluation(ctypes.cast(other.evaluate, ctypes.c_void_p).value)
    evaluated = ctypes.c_int.in_dll(other, "evaluated")
    before = evaluated.value
    add(1)
    assert evaluated.value > before


@pytest.mark.parametrize("function", [drain, close_early, throw, swallow])
def test_a_profilers_events_are_what_they_would_be(tape: Tape, function: Any) -> None:
    def told() -> list[tuple[str, str]]:
        events = []

        def listen(frame: FrameType, event: str, _argument: object) -> None:
            events.append((event, frame.f_code.co_name))

        sys.setprofile(listen)
        try:
            function()
        finally:
            sys.setprofile(None)
        return events

    alone = told()
    with tape.request():
        first = told()
        second = told()
    assert first == second == alone
    assert len([call for call in tape.calls() if call["qualname"] == function.__name__]) == 2


def test_a_debuggers_events_are_what_they_would_be(tape: Tape) -> None:
    def told() -> list[tuple[str, str, int]]:
        events = []

        def listen(frame: FrameType, event: str, _argument: object) -> Any:
            events.append((event, frame.f_code.co_name, frame.f_lineno))
            return listen

        sys.settrace(listen)
        try:
            drain()
            swallow()
        finally:
            sys.settrace(None)
        return events

    before = sys.gettrace()
    alone = told()
    with tape.request():
        recorded = told()
    sys.settrace(before)
    assert recorded == alone
    assert [call["qualname"] for call in tape.calls()] == ["drain", "count", "swallow", "fail"]


def test_a_profile_and_we_go_together(tape: Tape, caplog: pytest.LogCaptureFixture) -> None:
    profile = cProfile.Profile()
    with tape.request():
        add(1)
        profile.runcall(add, 2)
    assert [call["arguments"]["first"] for call in tape.calls()] == [1, 2]
    told = {function[2] for function in pstats.Stats(profile).stats}  # type: ignore[attr-defined]
    assert "add" in told
    assert told <= {
        "add",
        *dir(__builtins__),
        "<built-in method builtins.len>",
        "<built-in method builtins.sum>",
        "<method 'values' of 'dict' objects>",
        "<method 'disable' of '_lsprof.Profiler' objects>",
    }
    assert caplog.records == []


def test_what_a_profiler_calls_is_not_recorded(tape: Tape) -> None:
    def listen(*_: object) -> None:
        add(7)

    with tape.request():
        sys.setprofile(listen)
        add(1)
        sys.setprofile(None)
    assert [call["arguments"]["first"] for call in tape.calls()] == [1]


@pytest.mark.parametrize("method", ["describe", "failure"])
def test_a_failure_of_ours_changes_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    tape = Tape(bench)

    def broken(*_: object) -> Any:
        raise LookupError("ours")

    monkeypatch.setattr(tracer, method, broken)
    known = faults().get("call: LookupError", 0)
    try:
        with tape.request():
            assert swallow() == "no milk"
            with pytest.raises(ValueError, match="no milk"):
                pass_on()
            assert drain() == 3
    finally:
        tape.stop()
    assert faults()["call: LookupError"] > known
    assert not _evaluation.is_evaluating()


@pytest.mark.parametrize("method", ["describe", "failure"])
def test_what_ends_the_program_while_we_look_ends_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    tape = Tape(bench)

    real = getattr(tracer, method)

    def interrupted(what: Any, *more: Any) -> Any:
        if what is fail.__code__ or isinstance(what, ValueError):
            raise KeyboardInterrupt
        return real(what, *more)

    monkeypatch.setattr(tracer, method, interrupted)
    try:
        with tape.request(), pytest.raises(KeyboardInterrupt) as caught:
            fail("milk")
    finally:
        tape.stop()
    context = caught.value.__context__
    assert context is None if method == "describe" else isinstance(context, ValueError)


DEEP = """
import json, pathlib, sys, threading
from opentelemetry.sdk.trace import TracerProvider
from otel2test.processors import calls, delivering
from otel2test.processors.calls import _evaluation
from otel2test.processors.files import TraceFile
from otel2test.processors.recorder import DJANGO_SCOPE, Recorder
from otel2test.processors.settings import RecorderSettings
from tests.processors.callees import add, deeper

folder = pathlib.Path(sys.argv[1])
settings = RecorderSettings(directory=folder, include=("tests.processors.callees",), max_calls=10**6)
recorder = Recorder(settings, TraceFile(folder))
provider = TracerProvider(shutdown_on_exit=False)
recorder.attach(provider)
calls.install(recorder)
sys.setrecursionlimit(100_000)
told = []

def visit(name):
    with provider.get_tracer(DJANGO_SCOPE).start_as_current_span(name):
        told.append(deeper(99_000))
        told.append(_evaluation.is_evaluating())
        add(1)

visit("main")
threading.stack_size(256 * 1024)
thread = threading.Thread(target=visit, args=["small"])
thread.start()
thread.join()
provider.force_flush()
told.append(_evaluation.is_evaluating())
print(json.dumps(told))
"""


def test_a_recursion_deeper_than_the_c_stack_ends_well(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DEEP, tmp_path], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == [0, True, 0, True, False]
    bench = Bench(tmp_path)
    tape = Tape(bench)
    for name in ("main", "small"):
        told = tape.calls(name)
        assert told[-1]["qualname"] == "add"
        assert 100 < len(told) < 99_000
        assert [call["returned"] for call in told[:-1]] == [0] * (len(told) - 1)
        assert tape.attributes(name)[CALLS_DROPPED] == "1"


def test_a_recursion_without_end_raises_what_it_would(bench: Bench) -> None:
    tape = Tape(bench)

    def raised() -> str:
        try:
            deeper(10**9)
        except RecursionError as error:
            return str(error)
        return ""

    alone = raised()
    try:
        with tape.request():
            recorded = raised()
            assert _evaluation.is_evaluating()
    finally:
        tape.stop()
    assert recorded == alone == "maximum recursion depth exceeded"
    assert {call["raised"]["type"] for call in tape.calls()} <= {
        "builtins.RecursionError",
        "BaseException",
    }


FORKING = (
    DEEP[: DEEP.index("sys.setrecursionlimit")]
    + """
import os
with provider.get_tracer(DJANGO_SCOPE).start_as_current_span("parent"):
    add(1)
    if os.fork() == 0:
        os._exit(10 * _evaluation.is_evaluating() + add(1))
    print(os.waitstatus_to_exitcode(os.wait()[1]), _evaluation.is_evaluating())
"""
)


def test_a_child_evaluates_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKING, tmp_path], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == (f"{add(1)} True\n", "")


def test_requests_that_end_leave_others_recorded(tape: Tape) -> None:
    """However threads take turns: none finds the other's request open, or frames evaluated for it."""
    tape.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def serve(number: int) -> None:
        for round_ in range(150):
            with tape.request(f"GET /{number}/{round_}"):
                add(number)

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(3)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    for number in range(3):
        for round_ in range(150):
            (call,) = tape.calls(f"GET /{number}/{round_}")
            assert call["arguments"]["first"] == number
    assert not _evaluation.is_evaluating()


def test_two_recorders_at_once_both_record(tape: Tape, tmp_path: Path) -> None:
    second = Tape(Bench(tmp_path / "second"))
    try:
        with tape.request("GET /first"), second.request("GET /second"):
            add(1)
    finally:
        second.stop()
    assert [call["qualname"] for call in second.calls("GET /second")] == ["add"]
    assert not _evaluation.is_evaluating()
    assert sys.getprofile() is None


def test_the_profile_hook_says_where_it_may_not_be_used(
    tape: Tape, other: ctypes.CDLL, caplog: pytest.LogCaptureFixture
) -> None:
    set_evaluation(ctypes.cast(other.evaluate, ctypes.c_void_p).value)

    def listen(*_: object) -> None:
        pass

    tape.start()
    sys.setprofile(listen)
    try:
        with caplog.at_level(logging.WARNING), tape.request():
            add(1)
        assert sys.getprofile() is listen
    finally:
        sys.setprofile(None)
    assert len([record for record in caplog.records if "another profiler" in record.message]) == 1


def test_what_is_installed_is_the_hook_of_this_python(bench: Bench) -> None:
    hook = calls.install(bench.start())
    assert isinstance(hook, Evaluating)
