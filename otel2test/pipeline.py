"""Recordings → test modules: the whole way, as a list of verbs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from otel2test import reading
from otel2test.errors import Problem
from otel2test.identifiers import snake_case
from otel2test.inverting.django import inverting
from otel2test.inverting.django.stories import by_client
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
    found = _inverted(exchanges, settings)
    try:
        module = _written(found, settings, explain=explain)
        refused: list[Problem] = []
    except ValueError:
        # Something can't be written; looking at each first would take as long again.
        found, refused = _writable(found, settings)
        module = _written(found, settings, explain=explain)
    problems = (*recording.problems, *unknown, *malformed, *refused)
    if not found and not problems:
        problems = (Problem(", ".join(sources), "no trace in it", "make requests while recording"),)
    if module is None:
        return Generated(None, problems, ())
    reasons = explanation.explain(module, found) if explain else ""
    return Generated(module, problems, _remarks(module), reasons)


def _exchanges(traces: Sequence[reading.Trace]) -> tuple[list[Exchange], list[Problem]]:
    found: list[Exchange] = []
    problems: list[Problem] = []
    for trace in traces:
        requests, malformed = reading.exchanges(trace)
        found += requests
        problems += malformed
        others = [extent.request for extent in reading.operation_extents(trace)]
        problems += map(reading.not_inverted, others)
        if not requests and not others:
            problems.append(reading.requestless(trace))
    return found, problems


def _inverted(exchanges: Sequence[Exchange], settings: Settings) -> list[Explained]:
    pages = Pages(exchanges)
    return [
        inverting.join(story, pages, name=settings.test_name, assert_queries=settings.assert_queries)
        for story in (by_client(exchanges) if settings.join else [[exchange] for exchange in exchanges])
    ]


def _written(
    found: Sequence[Explained], settings: Settings, *, explain: bool
) -> source.GeneratedModule | None:
    """Return the module, None if there is nothing to write; raises ValueError if a plan can't be written."""
    if not found:
        return None
    for item in found:
        source.check_names(item.plan)
    return source.write(
        [item.plan for item in found],
        settings.framework,
        test_class=settings.test_class or _class_name([item for each in found for item in each.exchanges]),
        line_length=settings.line_length,
        with_provenance=explain,
    )


def _writable(found: Sequence[Explained], settings: Settings) -> tuple[list[Explained], list[Problem]]:
    """Return the plans that can be written, and what is wrong with the others."""
    writable: list[Explained] = []
    problems: list[Problem] = []
    for item in found:
        try:
            source.check(item.plan, settings.framework)
        except ValueError as error:
            asked = ", ".join(f"{each.request.method} {each.request.path}" for each in item.exchanges)
            where = str(item.exchanges[0].origin)
            problems.append(Problem(where, f"no test for {asked}: {error}", "the other requests were used"))
        else:
            writable.append(item)
    return writable, problems


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
