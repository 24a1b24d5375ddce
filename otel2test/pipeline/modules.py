"""Plans → one test module, and what a user should know of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from otel2test.errors import Problem
from otel2test.identifiers import snake_case
from otel2test.inverting.feedback import Feedback
from otel2test.inverting.origins import Explained
from otel2test.pipeline.recorded import Recorded
from otel2test.reading.exchanges import Exchange
from otel2test.settings import Settings
from otel2test.writing import source


def inverted(
    read: Recorded, settings: Settings, known: Mapping[tuple[str, ...], Feedback] | None = None
) -> tuple[list[Explained], list[Problem]]:
    """Return the test of each story of a recording, and what is wrong with those that have none.

    ``known`` is what replays have told already of the tests of some traces.
    """
    found: list[Explained] = []
    problems: list[Problem] = []
    for story in read.stories(join=settings.join):
        try:
            with generating():
                found.append(read.inverted(story, settings, (known or {}).get(traces_of(story))))
        except ValueError as error:
            problems.append(left_out(story, error))
    return found, problems


def traces_of(story: Sequence[Exchange]) -> tuple[str, ...]:
    """Return the traces that the test of some requests is made of."""
    return tuple(dict.fromkeys(exchange.trace_id for exchange in story))


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
            with generating():
                source.check(item.plan, settings.framework)
        except ValueError as error:
            problems.append(left_out(item.exchanges, error))
        else:
            kept.append(item)
    return kept, problems


@contextmanager
def generating() -> Iterator[None]:
    """Make a ValueError of whatever goes wrong in the block, so that one request costs none of the others."""
    try:
        yield
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"the generator fails with {type(error).__name__}: {error}") from error


def left_out(exchanges: Sequence[Exchange], error: ValueError) -> Problem:
    """Return what a user is told of requests for which there is no test."""
    asked = ", ".join(f"{each.request.method} {each.request.path}" for each in exchanges)
    return Problem(str(exchanges[0].origin), f"no test for {asked}: {error}", "the other requests were used")


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
