"""The innermost frame of the project is found from any frame."""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel2test.processors import callers, project


@pytest.fixture(autouse=True)
def _project(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(Path(__file__).parents[2])
    project.configure((), ())
    yield
    project.configure((), ())


def test_no_frame_has_no_caller() -> None:
    assert callers.caller(None) is None


def test_the_frame_itself() -> None:
    number = 7
    found = callers.caller(sys._getframe())
    assert found is not None
    assert (found["module"], found["qualname"]) == (__name__, "test_the_frame_itself")
    assert found["file"] == "tests/processors/test_callers.py"
    assert found["line"] == inspect.currentframe().f_lineno - 4  # type: ignore[union-attr]
    assert found["locals"] == {"number": number}


def test_code_of_no_project_is_passed_over() -> None:
    (found,) = map(
        callers.caller, [frame.frame for frame in inspect.stack() if "pluggy" in frame.filename][:1]
    )
    assert found is None


def test_what_is_left_out() -> None:
    empty, listed, text = None, [1], "x" * 1000
    found = callers.caller(sys._getframe())
    assert found is not None
    assert found["locals"] == {"empty": empty}
    assert (listed, len(text)) == ([1], 1000)


def test_patterns_have_the_last_word() -> None:
    project.configure((), ("tests.*",))
    assert callers.caller(sys._getframe()) is None


def test_a_thread_works_on_behalf_of_who_waits() -> None:
    here = sys._getframe()
    with callers.on_behalf_of(here):
        found = callers.caller(None)
    assert found is not None
    assert found["qualname"] == "test_a_thread_works_on_behalf_of_who_waits"
    assert callers.caller(None) is None
