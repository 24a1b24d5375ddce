"""Django's own test runner in the warm process, started by the project's ``manage.py``.

``manage.py`` runs as for ``manage.py test``, with all that it does to the environment, up to the
place where Django would look at the arguments.
"""

from __future__ import annotations

import os
import runpy
import sys
import time
import traceback
import unittest
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from otel2test.proving.inside import databases, limits, modules, refusing
from otel2test.proving.inside.frameworks import Reporter, Serve, StartError
from otel2test.proving.inside.results import by_name, not_run, status_of, summary
from otel2test.proving.jobs import Job, Orders, Status, TestResult

_ExcInfo: TypeAlias = "tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]"


class DjangoRunner:
    """The runner that the settings name, and its databases."""

    def __init__(self) -> None:
        from django.conf import settings
        from django.test.runner import DiscoverRunner
        from django.test.utils import get_runner

        runner = get_runner(settings)
        if not hasattr(runner, "setup_databases"):  # such as pytest-django's
            runner = DiscoverRunner
        self._runner = runner(verbosity=0, interactive=False)
        self._databases: Any = None

    def start(self) -> None:
        """Set up the test environment and the databases."""
        self._runner.setup_test_environment()
        self._databases = self._runner.setup_databases()

    def end(self) -> None:
        """Destroy the databases."""
        if self._databases is not None:
            self._runner.teardown_databases(self._databases)

    def renew_databases(self) -> None:
        """Destroy the scratch databases and make them anew."""
        self.end()
        self._databases = self._runner.setup_databases()

    def run(self, job: Job, reporter: Reporter) -> None:
        """Run the test cases of a module."""
        path = Path(job.module)
        try:
            with limits.timed():
                source = path.read_text(encoding="utf-8") if job.source is None else job.source
                module = modules.make(path, source, modules.plain)
                suite = unittest.TestLoader().loadTestsFromModule(module)
        except (Exception, limits.TimeLimitReached):  # noqa: BLE001 - whatever the module does
            for result in not_run(job.tests, traceback.format_exc()):
                reporter.ended(result)
            return
        tests, missing = by_name(_flattened(suite), job.tests, _name)
        for result in missing:
            reporter.ended(result)
        kept = _Results(reporter, stop_at_failure=job.stop_at_failure)
        unittest.TestSuite(tests).run(kept)
        if not (job.stop_at_failure and kept.failed):
            kept.tell_of_unstarted([_name(test) for test in tests])


class _Results(unittest.TestResult):
    """Tells of each test when it has ended, and limits its time."""

    def __init__(self, reporter: Reporter, *, stop_at_failure: bool) -> None:
        super().__init__()
        self.failfast = stop_at_failure
        self.failed = False
        self._reporter = reporter
        self._told: set[str] = set()
        self._outside = TestResult("", "error", "the test was not run")
        """What went wrong in ``setUpClass`` and the like."""
        self._current: TestResult | None = None
        self._began = 0.0
        self._timer: Any = None

    def startTest(self, test: unittest.TestCase) -> None:
        """unittest's interface, as are the others."""
        super().startTest(test)
        self._reporter.began(_name(test), commits=_commits(test))
        self._current = TestResult(_name(test), "passed")
        self._began = time.monotonic()
        self._timer = limits.timed()
        self._timer.__enter__()

    def stopTest(self, test: unittest.TestCase) -> None:
        self._timer.__exit__(None, None, None)
        super().stopTest(test)
        current = self._current
        if current is not None:
            self._tell(current, time.monotonic() - self._began)
        self._current = None

    def addFailure(self, test: unittest.TestCase, err: _ExcInfo) -> None:
        self._keep(test, err, "failed")
        super().addFailure(test, err)

    def addError(self, test: unittest.TestCase, err: _ExcInfo) -> None:
        # An exception in a view or in the test itself is a failure of the test, as pytest has it.
        self._keep(test, err, "error" if not isinstance(test, unittest.TestCase) else "failed")
        super().addError(test, err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: _ExcInfo | None) -> None:
        if err is not None:
            self._keep(test, err, "failed")
        super().addSubTest(test, subtest, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        skipped = TestResult(_name(test), "skipped", reason)
        if self._current is None:
            self._outside = skipped
        else:
            self._current = skipped
        super().addSkip(test, reason)

    def addExpectedFailure(self, test: unittest.TestCase, err: _ExcInfo) -> None:
        self._current = TestResult(_name(test), "skipped", "expected failure")
        super().addExpectedFailure(test, err)

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self._current = TestResult(_name(test), "failed", "unexpected success")
        super().addUnexpectedSuccess(test)

    def tell_of_unstarted(self, names: list[str]) -> None:
        """Tell of tests that didn't start, as their class could not be set up."""
        for name in names:
            if name not in self._told:
                outside = self._outside
                self._current = TestResult(name, outside.status, outside.message, outside.details)
                self._tell(self._current, 0.0)

    def _keep(self, test: unittest.TestCase, err: _ExcInfo, otherwise: Status) -> None:
        error = err[1]
        if error is None:
            return
        status = status_of(error, otherwise)
        if status == "memory":
            limits.lift_memory_limit()
        result = TestResult(_name(test), status, summary(error), _traceback(err))
        if self._current is None:
            self._outside = result
        elif self._current.status in {"passed", "skipped"}:
            self._current = result

    def _tell(self, result: TestResult, seconds: float) -> None:
        self._told.add(result.name)
        self.failed = self.failed or result.status not in {"passed", "skipped"}
        self._reporter.ended(
            TestResult(
                result.name, result.status, result.message, result.details, seconds, refusing.take_refused()
            )
        )


def main(orders: Orders, serve: Serve) -> int:
    """Do what ``manage.py test`` does, but for running tests."""

    def execute(*_: object) -> None:
        _work(serve)

    sys.argv = [orders.manage or "manage.py", "test", orders.folder]
    if orders.manage is None:
        execute()
        return 0
    from django.core.management import ManagementUtility

    ManagementUtility.execute = execute  # type: ignore[assignment,method-assign]
    sys.path.insert(0, str(Path(orders.manage).parent))
    runpy.run_path(orders.manage, run_name="__main__")
    return 0


def _work(serve: Serve) -> None:
    import django

    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        raise StartError("Django's settings module isn't known", "name it with --settings")
    django.setup()
    runner = DjangoRunner()
    try:
        runner.start()
        databases.disconnect()
        serve(runner)
    finally:
        runner.end()


def _flattened(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _flattened(test)
        else:
            yield test


def _name(test: unittest.TestCase) -> str:
    if not isinstance(test, unittest.TestCase):
        return ""  # a class, or the module, that could not be set up
    return f"{type(test).__qualname__}.{test._testMethodName}"


def _commits(test: unittest.TestCase) -> bool:
    from django.test import TestCase, TransactionTestCase

    return databases.are_shared() and isinstance(test, TransactionTestCase) and not isinstance(test, TestCase)


def _traceback(err: _ExcInfo) -> str:
    return "".join(traceback.format_exception(*err)) if err[1] is not None else ""
