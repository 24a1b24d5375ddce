"""What the warm process asks of a test framework."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from otel2test.proving.jobs import Job, TestResult


class StartError(Exception):
    """The project can't be started; what and the remedy are for the user."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy


class Reporter(Protocol):
    """Where a framework tells of its tests, in the forked process."""

    def began(self, test: str, *, commits: bool) -> None:
        """A test begins; ``commits`` if it may leave something in a database on a server."""

    def ended(self, result: TestResult) -> None:
        """A test ended."""


class Framework(Protocol):
    """A test framework that is set up in the warm process, databases included."""

    def run(self, job: Job, reporter: Reporter) -> None:
        """Run the job's tests, in the forked process. What can't be run is told as an error."""

    def renew_databases(self) -> None:
        """Destroy the scratch databases and make them anew, in the warm process."""


Serve = Callable[[Framework], None]
"""Does jobs for as long as there are any."""
