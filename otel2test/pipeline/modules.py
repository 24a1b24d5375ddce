"""Plans → one test module, and what a user should know of it."""

from collections.abc import Sequence

from otel2test.errors import Problem
from otel2test.identifiers import snake_case
from otel2test.inverting.origins import Explained
from otel2test.reading.exchanges import Exchange
from otel2test.settings import Settings
from otel2test.writing import source


def written(
    found: Sequence[Explained], settings: Settings, *, explain: bool = False
) -> source.GeneratedModule | None:
    """Return the module, None if there is nothing to write; raises ValueError if a plan can't be written."""
    if not found:
        return None
    for item in found:
        source.check_names(item.plan)
    return source.write(
        [item.plan for item in found],
        settings.framework,
        test_class=settings.test_class or class_name([item for each in found for item in each.exchanges]),
        line_length=settings.line_length,
        with_provenance=explain,
    )


def writable(found: Sequence[Explained], settings: Settings) -> tuple[list[Explained], list[Problem]]:
    """Return the plans that can be written, and what is wrong with the others."""
    kept: list[Explained] = []
    problems: list[Problem] = []
    for item in found:
        try:
            source.check(item.plan, settings.framework)
        except ValueError as error:
            asked = ", ".join(f"{each.request.method} {each.request.path}" for each in item.exchanges)
            where = str(item.exchanges[0].origin)
            problems.append(Problem(where, f"no test for {asked}: {error}", "the other requests were used"))
        else:
            kept.append(item)
    return kept, problems


def class_name(exchanges: Sequence[Exchange]) -> str:
    """Return a name for the TestCase of some requests: after the service, if they have one in common."""
    services = {exchange.service for exchange in exchanges if exchange.service}
    words = snake_case(min(services)) if len(services) == 1 else ""
    return f"{words.title().replace('_', '')}Tests" if words[:1].isalpha() else "RecordedTests"


def remarks(module: source.GeneratedModule) -> tuple[Problem, ...]:
    """Return what could not be inverted, as the tests' comments say it."""
    return tuple(
        Problem(test.name, f"not inverted: {note}", "see the comment in the test")
        for test in module.tests
        for note in test.notes
    )
