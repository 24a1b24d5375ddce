"""A run of the project's own runner over a folder of tests, as its developers start it.

Nothing is forked and nothing recorded. The order is random, the clock ahead; what is refused ever in
proving is refused while a test is on, and the databases are scratch ones. What leaves, in a file, is a
line for each test that begins, ``{"module": …, "began": …}``, one for each that doesn't pass,
``{"module": …, "name": …, "message": …}``, one when what precedes tests begins or is over,
``{"starts": …}``, and a last one when all have run. The run ends, and destroys its databases, when a pipe
is closed: that is also so when the prover dies.
"""

from __future__ import annotations

import json
import os
import random
import re
import runpy
import shutil
import signal
import sys
import threading
import unittest
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from otel2test.proving.inside import (
    belongings,
    clocks,
    files,
    limits,
    network,
    programs,
    refusing,
)
from otel2test.proving.inside.results import last_line, summary
from otel2test.proving.jobs import WHOLE, Whole, read_whole

_PACKAGES: Final = re.compile(r"^(?:\w+\.)+(?=\w+(?::|$))")
"""What pytest writes before an exception's name."""
_CAME_TO_ITS_END: Final = frozenset({0, 1, 5})
"""Exit codes of pytest: all passed, some failed, there was no test; ``manage.py test`` has the first two."""


@dataclass
class _Results:
    """The file of results."""

    file: TextIO

    def began(self, module: Path, name: str) -> None:
        """A test begins."""
        self._write(module=os.path.realpath(module), began=name)

    def tell(self, module: Path, name: str, message: str) -> None:
        """A test failed; without a name, its module."""
        refused = "".join(f"; refused: {what}" for what in refusing.take_refused())
        self._write(module=os.path.realpath(module), name=name, message=f"{message}{refused}")

    def starts(self, *, over: bool) -> None:
        """The project starts, which may take its time, or that is over."""
        self._write(starts=not over)

    def finish(self) -> None:
        """All have run."""
        self._write(finished=True)

    def _write(self, **told: object) -> None:
        self.file.write(f"{json.dumps(told)}\n")
        self.file.flush()


class _Plugin:
    """Tells of pytest's tests when they begin, and of those that fail."""

    def __init__(self, results: _Results) -> None:
        self._results = results
        self._root = Path()

    def pytest_configure(self, config: Any) -> None:
        self._root = config.rootpath

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._results.began(*self._named(nodeid))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            message = last_line(report.longreprtext) if crash is None else crash.message.partition("\n")[0]
            self._results.tell(*self._named(report.nodeid), _PACKAGES.sub("", message))

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self._results.tell(self._root / report.nodeid, "", last_line(report.longreprtext))

    def _named(self, node: str) -> tuple[Path, str]:
        file, _, name = node.partition("::")
        return self._root / file, name.partition("[")[0].replace("::", ".")


def run() -> int:
    """Run what the orders say; returns the runner's exit code."""
    orders, prover = read_whole(os.environ.pop(WHOLE)), os.getppid()
    _end_with(orders.held)
    try:
        return _run(orders)
    finally:
        if os.getppid() != prover:  # it has died, and removes nothing any more
            shutil.rmtree(orders.scratch, ignore_errors=True)


def _end_with(pipe: int) -> None:
    """Interrupt this process when a pipe is closed, as Ctrl-C does: fixtures and databases are torn down."""
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def wait() -> None:
        with suppress(OSError):
            os.read(pipe, 1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait, daemon=True).start()


def _run(orders: Whole) -> int:
    network.refuse(orders.scratch)
    files.guard([orders.scratch])
    programs.guard()
    limits.install(orders.time_limit, None, Path(orders.scratch, "stacks.txt"))

    def prepare() -> None:
        from django.conf import settings

        network.allow(settings.DATABASES, orders.database_hosts)
        belongings.exchange(Path(orders.scratch), f"otel2test_whole_{os.getpid()}")

    belongings.before_apps(prepare)
    with Path(orders.results).open("w", encoding="utf-8") as file, clocks.shifted(orders.shift):
        results = _Results(file)
        code = _pytest(orders, results) if orders.framework == "pytest" else _unittest(orders, results)
        if code in _CAME_TO_ITS_END:
            results.finish()
    return code


def _pytest(orders: Whole, results: _Results) -> int:
    import pytest

    from otel2test.proving.inside.under_pytest import make_inert

    class Setup:
        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_collection_modifyitems(self, items: list[Any]) -> Iterator[None]:
            """Come before pytest-django, for which tests that flush the database are always the last."""
            random.Random(orders.seed).shuffle(items)  # noqa: S311 - an order, no secret
            if orders.reverse:
                items.reverse()
            yield

        @pytest.hookimpl(hookwrapper=True)
        def pytest_load_initial_conftests(self, early_config: Any) -> Iterator[None]:
            make_inert(early_config.known_args_namespace)
            yield

        @pytest.hookimpl(hookwrapper=True)
        def pytest_cmdline_main(self, config: Any) -> Iterator[None]:
            make_inert(config.option)
            yield

        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_protocol(self) -> Iterator[None]:
            with limits.timed():
                yield

        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_call(self) -> Iterator[None]:
            with refusing.around_test():
                yield

        @pytest.hookimpl(hookwrapper=True)
        def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
            """What outlives a test, the databases for one, is part of the project's start, and of its end."""
            if fixturedef.scope == "function":
                with refusing.around_test():
                    yield
                return
            results.starts(over=False)
            with refusing.around_test(on=False), limits.untimed():
                yield
            results.starts(over=True)

    arguments = [
        *orders.arguments,
        "-p",
        "no:cacheprovider",
        "--continue-on-collection-errors",
        *orders.modules,
    ]
    sys.argv = [str(Path(pytest.__file__).with_name("__main__.py")), *arguments]
    return int(pytest.main(arguments, plugins=[Setup(), _Plugin(results)]))


def _unittest(orders: Whole, results: _Results) -> int:
    folder = os.path.commonpath([Path(module).parent for module in orders.modules])
    pattern = Path(orders.modules[0]).name if len(orders.modules) == 1 else "test*.py"
    arguments = ["test", "--noinput", "--shuffle", str(orders.seed), "--pattern", pattern, folder]
    if orders.reverse:
        arguments.append("--reverse")
    sys.argv = [orders.manage or "manage.py", *arguments]
    with _told(results, [Path(module) for module in orders.modules]):
        try:
            if orders.manage is None:
                from django.core.management import execute_from_command_line

                execute_from_command_line(sys.argv)
            else:
                sys.path.insert(0, str(Path(orders.manage).parent))
                runpy.run_path(orders.manage, run_name="__main__")
        except SystemExit as ended:
            return ended.code if isinstance(ended.code, int) else 1
    return 0


@contextmanager
def _told(results: _Results, modules: Sequence[Path]) -> Iterator[None]:
    """Tell of every failure that any TestResult of this process hears of, and limit each test's time."""

    def wrapped(method: Any) -> Any:
        def tell(self: unittest.TestResult, test: Any, error: Any) -> None:
            message = last_line(str(error[1])) if _is_module(test) else summary(error[1])
            results.tell(*_named(test, modules), message)
            method(self, test, error)

        return tell

    def run(self: unittest.TestCase, result: unittest.TestResult | None = None) -> Any:
        results.began(*_named(self, modules))
        with limits.timed(), refusing.around_test():
            return saved[2](self, result)

    saved = unittest.TestResult.addFailure, unittest.TestResult.addError, unittest.TestCase.run
    unittest.TestResult.addFailure = wrapped(saved[0])  # type: ignore[method-assign]
    unittest.TestResult.addError = wrapped(saved[1])  # type: ignore[method-assign]
    unittest.TestCase.run = run  # type: ignore[method-assign]
    try:
        yield
    finally:
        unittest.TestResult.addFailure, unittest.TestResult.addError = saved[:2]  # type: ignore[method-assign]
        unittest.TestCase.run = saved[2]  # type: ignore[method-assign]


def _is_module(test: Any) -> bool:
    """Whether it is a module that can't be imported: unittest makes a test of it."""
    return type(test).__name__ == "_FailedTest"


def _named(test: Any, modules: Sequence[Path]) -> tuple[Path, str]:
    name = getattr(test, "_testMethodName", "")
    if _is_module(test):
        stem = name.rpartition(".")[2]
        return next((module for module in modules if module.stem == stem), Path()), ""
    module = Path(getattr(sys.modules.get(type(test).__module__), "__file__", None) or "")
    return module, f"{type(test).__qualname__}.{name}" if name else ""


if __name__ == "__main__":
    sys.exit(run())
