"""Recordings → test modules: the whole way, as a list of verbs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from otel2test.errors import Problem
from otel2test.pipeline import recorded
from otel2test.pipeline.modules import generating, inverted, remarks, writable, written
from otel2test.settings import Settings
from otel2test.writing import explanation, source


@dataclass(frozen=True, slots=True)
class Generated:
    """A test module, and everything that a user should know of how it came about."""

    module: source.GeneratedModule | None
    """None where there was nothing to generate a test from."""
    problems: tuple[Problem, ...]
    """What was left out."""
    remarks: tuple[Problem, ...]
    """What isn't in a test, though the test was written."""
    explanation: str = ""
    """Where each line comes from, and what each query told; empty unless it was asked for."""


def generate(
    sources: Sequence[str],
    prefixes: Sequence[str],
    settings: Settings,
    stdin: BinaryIO,
    *,
    explain: bool = False,
) -> Generated:
    """Return the tests of every request recorded in ``sources``, or in the traces chosen."""
    read = recorded.read(sources, prefixes, stdin)
    found, refused = inverted(read, settings)
    try:
        with generating():
            module = written(found, settings, explain=explain)
    except ValueError:
        # Something can't be written; looking at each first would take as long again.
        found, unwritable = writable(found, settings)
        refused += unwritable
        module = written(found, settings, explain=explain)
    problems = (*read.problems, *refused)
    if module is None:
        return Generated(None, problems, ())
    reasons = explanation.explain(module, found) if explain else ""
    return Generated(module, problems, remarks(module), reasons)
