"""Tests among their neighbours, in the project's own runner."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from otel2test.proving import together
from otel2test.proving.jobs import Framework
from tests.proving import faulty

SUITE = {
    "test_a.py": """
        import time

        from django.test import TestCase

        STARTED = []

        class Tests(TestCase):
            def test_first(self):
                STARTED.append(1)
                self.assertEqual(len(STARTED), 1)

            def test_second(self):
                STARTED.append(2)
                self.assertEqual(len(STARTED), 1)

            def test_hangs(self):
                time.sleep(60)

            def test_asks(self):
                import urllib.request

                urllib.request.urlopen("http://203.0.113.7/")

            def test_writes(self):
                open("made.txt", "w")
    """,
    "test_b.py": "import nowhere\n\ndef test_b(): ...\n",
}
DIES = """
    import os
    import unittest

    class Tests(unittest.TestCase):
        def test_leaves(self):
            os._exit(3)
"""


def failures(root: Path, framework: Framework, told: list[int], **modules: str) -> dict[str, str]:
    folder = root / "tests"
    folder.mkdir(exist_ok=True)
    for name, text in modules.items():
        (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
    paths = [folder / name for name in modules]
    found = together.failures(
        faulty.project(root, framework), paths, seed=0, time_limit=2.0, told=told.append
    )
    return {key.removeprefix(f"{folder}/"): reason for key, reason in found.items()}


@pytest.mark.parametrize("framework", ["pytest", "unittest"])
def test_those_that_fail_are_told_with_the_reason(tmp_path: Path, framework: Framework) -> None:
    root = faulty.make(tmp_path)
    told: list[int] = []

    found = failures(root, framework, told, **SUITE)

    for name in ("first", "second"):  # the one in one order, the other in the other
        assert found.pop(f"test_a.py::Tests.test_{name}").startswith("AssertionError: 2 != 1")
    assert found.pop("test_a.py::Tests.test_hangs") == "TimeLimitReached: still running after 2 s"
    assert "203.0.113.7:80" in found.pop("test_a.py::Tests.test_asks")
    assert "; refused: writing to" in found.pop("test_a.py::Tests.test_writes")
    assert not (root / "made.txt").exists()
    [(module, reason)] = found.items()
    assert module == "test_b.py::"
    assert "No module named 'nowhere'" in reason
    assert told == sorted(told)
    assert max(told) >= 5
    assert not list(root.rglob("__pycache__"))


def test_what_a_session_begins_and_ends_with_is_not_refused_and_may_take_its_time(tmp_path: Path) -> None:
    fixtures = """
        import time

        import pytest

        @pytest.fixture(scope="session", autouse=True)
        def around():
            time.sleep(2.5)
            open("begun.txt", "w").close()
            yield
            open("ended.txt", "w").close()

        @pytest.fixture
        def writes():
            open("made.txt", "w").close()
    """
    tests = """
        def test_first(): ...

        def test_second(writes): ...
    """
    root = faulty.make(tmp_path, tests__conftest_py=textwrap.dedent(fixtures))

    found = failures(root, "pytest", [], **{"test_c.py": tests})

    assert list(found) == ["test_c.py::test_second"]
    assert {path.name for path in root.glob("*.txt")} == {"begun.txt", "ended.txt"}


def test_a_test_that_ends_the_run_is_named(tmp_path: Path) -> None:
    root = faulty.make(tmp_path)

    found = failures(root, "pytest", [], **{"test_c.py": DIES})

    assert list(found) == ["test_c.py::Tests.test_leaves"]
    assert found["test_c.py::Tests.test_leaves"].startswith("the run did not come to its end")


def test_a_run_that_cannot_begin_fails_all(tmp_path: Path) -> None:
    root = faulty.make(tmp_path, tests__conftest_py="raise ValueError('not today')\n")

    found = failures(root, "pytest", [], **{"test_c.py": DIES})

    assert list(found) == ["test_c.py::"]
    assert "not today" in found["test_c.py::"]
