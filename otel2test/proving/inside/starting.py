"""The warm process begins: refuse the network, record, start the framework, tell that all is ready.

Whatever goes wrong on the way leaves as a problem with its remedy; what the project itself prints
goes to stderr, whose end the prover shows.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from otel2test.proving.inside import clocks, network
from otel2test.proving.inside.channel import write_line
from otel2test.proving.inside.failing import problem_of
from otel2test.proving.inside.frameworks import Framework, StartError
from otel2test.proving.jobs import ORDERS, Orders, Started, read_orders, started_line

_NEEDED: Final = {
    "pytest": {"django": "Django", "pytest": "pytest", "pytest_django": "pytest-django"},
    "unittest": {"django": "Django"},
}


class _Begin:
    """Tells the prover once, that all is ready or why it isn't."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._notes: list[str] = []
        self._told = False

    def prepare(self) -> None:
        """Exchange what is the user's, as soon as the settings are known."""
        from django.conf import settings

        from otel2test.proving.inside import belongings

        network.allow(settings.DATABASES, self._orders.database_hosts)
        suffix = f"otel2test_{self._orders.number}_{os.getpid()}"
        self._notes += belongings.exchange(Path(self._orders.scratch), suffix)

    def serve(self, framework: Framework) -> None:
        """Say that all is ready, and do jobs."""
        from otel2test.proving.inside import forking, preparing, recording

        recording.prepare()
        preparing.prepare()
        if not clocks.can_shift():
            self._notes.append("the clock isn't shifted: time-machine isn't installed")
        self._tell(Started(tuple(self._notes)))
        forking.serve(framework, self._orders)

    def fail(self, problem: tuple[str, str, str]) -> None:
        """Say why not, unless it was ready."""
        if not self._told:
            self._tell(Started(problem=problem))

    def _tell(self, started: Started) -> None:
        self._told = True
        write_line(self._orders.outcomes, started_line(started))


def start() -> int:
    """Be a worker until there are no more jobs; returns the exit code."""
    prover = os.getppid()
    orders = read_orders(os.environ.pop(ORDERS))
    try:
        return _work(orders)
    finally:
        if os.getppid() != prover:  # it has died, and removes nothing any more
            shutil.rmtree(orders.scratch, ignore_errors=True)
            with contextlib.suppress(OSError):  # another worker's is still there
                Path(orders.scratch).parent.rmdir()


def _work(orders: Orders) -> int:
    begin = _Begin(orders)
    try:
        network.refuse(orders.scratch)
        _require(orders)
        from otel2test.proving.inside import belongings, recording

        recording.start(Path(orders.scratch, "spans"))
        belongings.before_apps(begin.prepare)
        if orders.framework == "pytest":
            from otel2test.proving.inside.under_pytest import main
        else:
            from otel2test.proving.inside.under_unittest import main
        code = main(orders, begin.serve)
    except Exception as error:  # noqa: BLE001 - whatever it is, the user is told
        begin.fail(problem_of(error, os.environ.get("DJANGO_SETTINGS_MODULE")))
        return 1
    begin.fail(
        ("the project", f"the test runner ended at once, with exit code {code}", "see what it says above")
    )
    return int(code)


def _require(orders: Orders) -> None:
    for module, distribution in _NEEDED[orders.framework].items():
        if find_spec(module) is None:
            raise StartError(
                f"{distribution} isn't installed there",
                f"{sys.executable} -m pip install {distribution}, or name another interpreter with --python",
            )
