"""The innermost frame of the project is found from wherever something runs."""

import contextvars
import inspect
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import pytest

from otel2test.attributes import CallerPayload
from otel2test.processors import callers, project


@pytest.fixture(autouse=True)
def _project(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(Path(__file__).parents[2])
    project.configure((), ())
    yield
    project.configure((), ())


def elsewhere() -> CallerPayload | None:
    """Return the caller of what runs in a thread that has no frame of the project's."""
    with ThreadPoolExecutor() as executor:
        return executor.submit(contextvars.copy_context().run, callers.caller).result()


def test_where_nothing_of_the_project_runs_there_is_no_caller() -> None:
    assert elsewhere() is None


def test_the_frame_itself() -> None:
    number = 7
    found = callers.caller()
    assert found is not None
    assert (found["module"], found["qualname"]) == (__name__, "test_the_frame_itself")
    assert found["file"] == "tests/processors/test_callers.py"
    assert found["line"] == inspect.currentframe().f_lineno - 4  # type: ignore[union-attr]
    assert found["locals"] == {"number": number}


def test_code_of_no_project_is_passed_over() -> None:
    found = Mock(side_effect=callers.caller)()
    assert found["qualname"] == "test_code_of_no_project_is_passed_over"


def test_what_is_left_out() -> None:
    empty, listed, text = None, [1], "x" * 1000
    found = callers.caller()
    assert found is not None
    assert found["locals"] == {"empty": empty}
    assert (listed, len(text)) == ([1], 1000)


def test_patterns_have_the_last_word() -> None:
    project.configure((), ("tests.*",))
    assert callers.caller() is None


def test_a_thread_works_on_behalf_of_who_waits() -> None:
    with callers.on_behalf_of(sys._getframe()):
        found = elsewhere()
    assert found is not None
    assert found["qualname"] == "test_a_thread_works_on_behalf_of_who_waits"
    assert elsewhere() is None
