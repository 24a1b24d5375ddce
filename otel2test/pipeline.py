"""Recordings → test modules: the whole way, as a list of verbs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from otel2test import reading
from otel2test.errors import Problem
from otel2test.identifiers import snake_case
from otel2test.inverting.django import inverting
from otel2test.inverting.django.subjects import Pages
from otel2test.inverting.origins import Explained
from otel2test.reading.exchanges import Exchange
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
    recording = reading.read(sources, stdin)
    traces, unknown = reading.select(recording, prefixes)
    exchanges, malformed = _exchanges(traces)
    found, refused = _inverted(exchanges, settings)
    plans = [item.plan for _, item in found]
    problems = (*recording.problems, *unknown, *malformed, *refused)
    if not plans and not problems:
        problems = (Problem(", ".join(sources), "no trace in it", "make requests while recording"),)
    if not plans:
        return Generated(None, problems, ())
    module = source.write(
        plans,
        settings.framework,
        test_class=settings.test_class or _class_name(exchanges),
        line_length=settings.line_length,
        with_provenance=explain,
    )
    reasons = explanation.explain(module, found) if explain else ""
    return Generated(module, problems, _remarks(module), reasons)


def _exchanges(traces: Sequence[reading.Trace]) -> tuple[list[Exchange], list[Problem]]:
    found: list[Exchange] = []
    problems: list[Problem] = []
    for trace in traces:
        requests, malformed = reading.exchanges(trace)
        found += requests
        problems += malformed
        if not requests:
            problems.append(reading.requestless(trace))
    return found, problems


def _inverted(
    exchanges: Sequence[Exchange], settings: Settings
) -> tuple[list[tuple[Exchange, Explained]], list[Problem]]:
    pages = Pages(exchanges)
    found: list[tuple[Exchange, Explained]] = []
    problems: list[Problem] = []
    for exchange in exchanges:
        inverted = inverting.invert(
            exchange, pages, name=settings.test_name, assert_queries=settings.assert_queries
        )
        try:
            source.check(inverted.plan, settings.framework)
        except ValueError as error:
            problems.append(
                Problem(
                    str(exchange.origin),
                    f"no test for {exchange.request.method} {exchange.request.path}: {error}",
                    "the other requests were used",
                )
            )
        else:
            found.append((exchange, inverted))
    return found, problems


def _class_name(exchanges: Sequence[Exchange]) -> str:
    services = {exchange.service for exchange in exchanges if exchange.service}
    words = snake_case(min(services)) if len(services) == 1 else ""
    return f"{words.title().replace('_', '')}Tests" if words[:1].isalpha() else "RecordedTests"


def _remarks(module: source.GeneratedModule) -> tuple[Problem, ...]:
    return tuple(
        Problem(test.name, f"not inverted: {note}", "see the comment in the test")
        for test in module.tests
        for note in test.notes
    )
