"""pytest and pytest-django in the warm process, with the project's own configuration and conftests.

The session is begun as ever, but in place of its own collection and of its loop over tests, jobs
are waited for. The scratch databases and the session's fixtures are set up once, by a test that
does nothing; each forked process collects the module of its job and runs it by pytest's protocol.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

import pytest
from _pytest.assertion.rewrite import rewrite_asserts

from otel2test.proving.inside import databases, limits, modules, refusing
from otel2test.proving.inside.frameworks import Reporter, Serve, StartError
from otel2test.proving.inside.results import by_name, last_line, not_run, result_of, summary
from otel2test.proving.jobs import Job, Orders

_OLDEST: Final = (8,)
_START: Final = """
import pytest

@pytest.mark.django_db(databases="__all__")
def test_start(django_db_setup):
    pass
"""
_INERT: Final[dict[str, object]] = {
    "cov_source": [],
    "maxfail": 0,
    "numprocesses": 0,
    "dist": "no",
    "tx": [],
    "randomly_reset_seed": False,
    "randomly_reorganize": False,
    "reuse_db": False,
    "usepdb": False,
    "xmlpath": None,
    "collectonly": False,
}
"""Options of pytest and its plugins that a project may have in ``addopts``, and that don't suit one job."""


class TextModule(pytest.Module):
    """A module whose text is given."""

    text: str

    def _getobj(self) -> ModuleType:
        return modules.make(self.path, self.text, self._compiled)

    def _compiled(self, source: str, path: Path) -> CodeType:
        tree = ast.parse(source, str(path))
        rewrite_asserts(tree, source.encode(), str(path), self.config)
        return compile(tree, str(path), "exec", dont_inherit=True)


class ProvingPlugin:
    """The plugin, and the framework."""

    def __init__(self, orders: Orders, serve: Serve) -> None:
        self._orders = orders
        self._serve = serve
        self._session: pytest.Session
        self._text: tuple[Path, str] | None = None
        """The module that is to be found, though it stands in no file."""
        self._around: frozenset[Path] = frozenset()
        self._folders: Final[dict[Path, Any]] = {}
        self._uncollected: Final[list[str]] = []
        self.failure: BaseException | None = None
        """Why pytest ended before any job."""
        self._calls: Final[list[tuple[pytest.TestReport, pytest.CallInfo[None]]]] = []

    # --- the warm process ---

    @pytest.hookimpl(hookwrapper=True)
    def pytest_load_initial_conftests(self, early_config: pytest.Config) -> Generator[None, Any, None]:
        """Keep plugins from what they do at the start, and what goes wrong in conftests and settings."""
        make_inert(early_config.known_args_namespace)
        outcome = yield
        self.failure = outcome.exception

    @pytest.hookimpl(hookwrapper=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Generator[None, None, None]:
        """The same, once all options are read."""
        make_inert(config.option)
        yield

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        """Collect nothing."""
        self._session = session
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Set up what outlives a test, then do jobs."""
        if not session.config.pluginmanager.hasplugin("django"):
            raise StartError(
                "pytest runs without pytest-django",
                "install it (pip install pytest-django) and take -p no:django out of pytest's configuration",
            )
        from django.conf import settings

        if not settings.configured:
            raise StartError(
                "Django's settings module isn't known",
                "name it with --settings, DJANGO_SETTINGS_MODULE, or in pytest's configuration",
            )
        self._start()
        self._serve(self)
        return True

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Keep what ended the session."""
        self.failure = excinfo.value

    def _start(self) -> None:
        """Set up the databases and the session's fixtures, as the first test of a session does."""
        folder = Path(self._orders.folder)
        items = self._collect(folder / "test_otel2test_prove.py", _START)
        if not items:
            raise StartError(
                f"a conftest of the project fails: {last_line(''.join(self._uncollected))}",
                "make its own tests run first",
            )
        item = items[0]
        hook = self._session.config.hook
        try:
            hook.pytest_runtest_setup(item=item)
        finally:
            # The session stands for the next test: what is its own stays, all else is torn down.
            hook.pytest_runtest_teardown(item=item, nextitem=self._session)

    def renew_databases(self) -> None:
        """End the session's fixtures, and set them up again."""
        state = self._session._setupstate
        state.teardown_exact(None)
        self._start()

    # --- collecting ---

    def _collect(self, module: Path, text: str | None) -> Sequence[pytest.Item]:
        self._text = None if text is None else (module, text)
        self._around = frozenset(module.parents)
        place = module if text is None else next(path for path in module.parents if path.is_dir())
        return self._session.perform_collect([str(place)])

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Look at nothing but the module and the folders around it."""
        if self._text is None:
            return None
        return True if collection_path not in self._around else None

    @pytest.hookimpl(hookwrapper=True)
    def pytest_collect_directory(self, path: Path) -> Generator[None, Any, None]:
        """Keep one node for each folder, as fixtures of its conftest belong to it and are read once."""
        outcome = yield
        found = outcome.get_result()
        if found is not None:
            outcome.force_result(self._folders.setdefault(path, found))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, None]:
        """Put the module in its folder, or in the nearest that there is."""
        outcome = yield
        report = outcome.get_result()
        if self._text is None or not report.passed or not isinstance(collector, pytest.Directory):
            return
        path, text = self._text
        if collector.path == next(folder for folder in path.parents if folder.is_dir()):
            module = TextModule.from_parent(collector, path=path)
            module.text = text
            report.result = [module]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what couldn't be collected."""
        if report.failed:
            self._uncollected.append(report.longreprtext)

    # --- the forked process ---

    def run(self, job: Job, reporter: Reporter) -> None:
        """Run the tests of a module, each as pytest does."""
        with limits.timed():
            items = self._items(job, reporter)
        session, hook = self._session, self._session.config.hook
        session.items, session.testscollected = items, len(items)
        state = session._setupstate
        kept = len(state.stack[session][0]) if session in state.stack else 0
        ran: set[pytest.Item] = set()
        for item, following in zip(items, [*items[1:], session], strict=False):
            if item in ran:  # a test may be wanted twice, each time with fixtures of its own
                item._initrequest()  # type: ignore[attr-defined]
            ran.add(item)
            reporter.began(_name(item), commits=_commits(item))
            self._calls.clear()
            with limits.timed():
                hook.pytest_runtest_protocol(item=item, nextitem=session if following is item else following)
            result = result_of(_name(item), self._calls, refusing.take_refused())
            reporter.ended(result)
            if job.stop_at_failure and result.status not in {"passed", "skipped"}:
                break
        # Fixtures of the session that the tests have set up; the warm process's stay.
        finalizers = state.stack[session][0] if session in state.stack else []
        while len(finalizers) > kept:
            finalizers.pop()()

    def _items(self, job: Job, reporter: Reporter) -> list[pytest.Item]:
        try:
            found = self._collect(Path(job.module), job.source)
        except (pytest.UsageError, limits.TimeLimitReached) as error:
            self._uncollected.append(summary(error))
            found = ()
        if self._uncollected:
            for result in not_run(job.tests, self._uncollected[0]):
                reporter.ended(result)
            return []
        items, missing = by_name(found, job.tests, _name)
        for result in missing:
            reporter.ended(result)
        return items

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
        """Keep how each part of a test went."""
        if call.excinfo is not None and call.excinfo.errisinstance(MemoryError):
            limits.lift_memory_limit()
        outcome = yield
        self._calls.append((outcome.get_result(), call))


def main(orders: Orders, serve: Serve) -> int:
    """Run pytest; returns its exit code. Raises what kept it from jobs."""
    if pytest.version_tuple < _OLDEST:
        raise StartError(f"pytest {pytest.__version__} is too old", "pip install --upgrade 'pytest>=8'")
    plugin = ProvingPlugin(orders, serve)
    sys.argv = [str(Path(pytest.__file__).with_name("__main__.py")), *orders.arguments, orders.folder]
    code = pytest.main(sys.argv[1:], plugins=[plugin])
    if plugin.failure is not None:
        raise plugin.failure
    return code


def make_inert(options: Any) -> None:
    for name, value in _INERT.items():
        if hasattr(options, name):
            setattr(options, name, value)


def _name(item: pytest.Item) -> str:
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    return ".".join([*classes, item.name])


def _commits(item: pytest.Item) -> bool:
    """Return whether a test leaves its transactions in the database, if that is one on a server."""
    if not databases.are_shared():
        return False
    from django.test import TestCase, TransactionTestCase

    cls: type = getattr(item, "cls", None) or object
    if issubclass(cls, TransactionTestCase):
        return not issubclass(cls, TestCase)
    names: Iterable[str] = getattr(item, "fixturenames", ())
    marker = item.get_closest_marker("django_db")
    transactional = marker is not None and bool(
        marker.args or {"transaction", "reset_sequences"} & {*marker.kwargs}
    )
    return transactional or not {"transactional_db", "live_server"}.isdisjoint(names)
