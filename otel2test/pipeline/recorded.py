"""Recordings → what a test each is made of: requests, alone or as the story of a client."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

from otel2test import reading
from otel2test.errors import Problem
from otel2test.inverting.django import inverting
from otel2test.inverting.django.stories import by_client
from otel2test.inverting.django.subjects import Pages
from otel2test.inverting.feedback import Feedback
from otel2test.inverting.origins import Explained
from otel2test.reading.exchanges import Exchange
from otel2test.settings import Settings


@dataclass(frozen=True)
class Recorded:
    """What was read of some recordings."""

    exchanges: tuple[Exchange, ...]
    problems: tuple[Problem, ...]
    """What was left out."""

    @cached_property
    def pages(self) -> Pages:
        """The names of all pages that were opened."""
        return Pages(self.exchanges)

    def stories(self, *, join: bool) -> list[list[Exchange]]:
        """Return the requests of each test: one each, or with ``join`` all of one client."""
        return by_client(self.exchanges) if join else [[exchange] for exchange in self.exchanges]

    def inverted(
        self, story: Sequence[Exchange], settings: Settings, feedback: Feedback | None = None
    ) -> Explained:
        """Return the test of ``story``; ``feedback`` is what replays of it have told."""
        return inverting.join(
            story,
            self.pages,
            name=settings.test_name,
            assert_queries=settings.assert_queries,
            feedback=feedback or Feedback(),
        )


def read(sources: Sequence[str], prefixes: Sequence[str], stdin: BinaryIO | None) -> Recorded:
    """Return every request recorded in ``sources``, or in the traces whose ids begin with ``prefixes``."""
    recording = reading.read(sources, stdin)
    traces, unknown = reading.select(recording, prefixes)
    exchanges: list[Exchange] = []
    problems = [*recording.problems, *unknown]
    for trace in traces:
        requests, malformed = reading.exchanges(trace)
        exchanges += requests
        problems += malformed
        others = [extent.request for extent in reading.operation_extents(trace)]
        problems += map(reading.not_inverted, others)
        if not requests and not others:
            problems.append(reading.requestless(trace))
    if not exchanges and not problems:
        problems = [Problem(", ".join(sources), "no trace in it", "make requests while recording")]
    return Recorded(tuple(exchanges), tuple(problems))
