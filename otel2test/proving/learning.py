"""Comparisons → feedback: what replays tell that the recording doesn't.

What enters are the requests that a test was made of, and those of its replays: the first as it is,
others later or with other seeds. What leaves is :class:`Learnt`.

Only what differs *between replays* becomes weaker. Where they agree and the recording is another,
the arranged state is wrong, or the clock is: that is told, or leads to a stricter test, or to one
that arranges what was lacking (:mod:`.lacking`). One exception, as no program promises it: the
order of rows that no statement asked for.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Final

from otel2test.inverting.feedback import Feedback, Place
from otel2test.proving.comparing.bodies import paired_lines
from otel2test.proving.comparing.chance import Chance
from otel2test.proving.comparing.clocks import Clock, clock_of
from otel2test.proving.comparing.exchanges import compare
from otel2test.proving.comparing.keys import schemas_of
from otel2test.proving.comparing.likeness import MISSING, Likeness
from otel2test.proving.comparing.places import differing, observed, same_items, value_at
from otel2test.proving.comparing.results import Comparison
from otel2test.proving.comparing.statements import compares_with
from otel2test.proving.comparing.steps import steps
from otel2test.proving.lacking import ages, lacks
from otel2test.reading.exchanges import Exchange

_ANOTHER_DAY: Final = dt.timedelta(hours=12)
_WORD: Final = re.compile(r"[\W_]+")
_SHORTEST: Final = 3
_TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the replays of one test told."""

    feedback: Feedback
    lacks: tuple[Feedback, ...] = ()
    """What of it the arranged state lacks, to be tried one after the other until a replay is more alike."""
    first: str = ""
    """Where replay and recording first differ, as a sentence; empty where they don't."""
    fidelity: float = 1.0
    """Share of the recording that the worst of the replays matched; a request that wasn't made counts as
    nothing."""


def learn(recorded: Sequence[Exchange], replays: Sequence[Sequence[Exchange]]) -> Learnt:
    """Return what replays tell of a test that was made of ``recorded``.

    ``replays[n][i]`` is the ``n``-th replay of ``recorded[i]``; a replay that broke off has fewer.
    """
    compared = [[compare(*pair) for pair in zip(recorded, replay, strict=False)] for replay in replays]
    lessons = [
        _Lesson(
            number,
            exchange,
            [replay[number] for replay in replays if number < len(replay)],
            [comparisons[number] for comparisons in compared if number < len(comparisons)],
        )
        for number, exchange in enumerate(recorded)
    ]
    lacking = _alternatives([lesson.lacks() for lesson in lessons])
    feedback: Feedback = reduce(or_, (lesson.feedback() for lesson in lessons), Feedback())
    feedback = reduce(or_, lacking[:1], feedback)
    if not lacking:
        lacking = _alternatives([lesson.ages() for lesson in lessons])
        feedback = feedback or reduce(or_, lacking[:1], feedback)
    shares = (
        sum(comparison.fidelity for comparison in comparisons) / max(len(recorded), len(replay), 1)
        for comparisons, replay in zip(compared, replays, strict=True)
    )
    first = _first(recorded, replays, lessons)
    return Learnt(feedback, lacking, first, min(shares, default=1.0))


def _alternatives(told: Sequence[Sequence[Feedback]]) -> tuple[Feedback, ...]:
    """Return what to try for a test, given that for each request: for all at once, then for the first."""
    found = [alternatives for alternatives in told if alternatives]
    everything: Feedback = reduce(or_, (alternatives[0] for alternatives in found), Feedback())
    return (everything, *(each for each in found[0] if each != everything)) if found else ()


def _first(
    recorded: Sequence[Exchange], replays: Sequence[Sequence[Exchange]], lessons: Sequence["_Lesson"]
) -> str:
    for lesson in lessons:
        one = recorded[lesson.number].request
        about = f"request {lesson.number + 1} ({one.method} {one.path})"
        if any(lesson.number >= len(replay) for replay in replays):
            return f"{about} was not made in the replay"
        sentence = lesson.first()
        if sentence:
            return f"{about}: {sentence}" if len(recorded) > 1 else sentence
    return ""


class _Lesson:
    """What the replays of one request tell."""

    def __init__(
        self,
        number: int,
        recorded: Exchange,
        replays: Sequence[Exchange],
        comparisons: Sequence[Comparison],
    ) -> None:
        self.number = number
        self._recorded = recorded
        self._replays = replays
        self._comparisons = comparisons
        self._pairs: dict[int, list[tuple[str, str]]] = {}
        self._seen = [observed(exchange, number) for exchange in (recorded, *replays)]
        models = recorded.schema.models
        self._framework = frozenset(model.table for model in models if model.framework is not None)
        self._users = frozenset(model.table for model in models if model.user)

    def first(self) -> str:
        """Return the first divergence of the first replay that has one."""
        for comparison in self._comparisons:
            if not comparison.divergences:
                continue
            first = comparison.divergences[0]
            if first.kind in {"header", "body"} and comparison.stamps:
                times = ", ".join(map(".".join, comparison.stamps[:_TOLD]))
                return f"{first.sentence} (in the replay, {times} is when the test made its rows)"
            return first.sentence
        return ""

    def lacks(self) -> tuple[Feedback, ...]:
        """Return what the arranged state lacks, to be tried one after the other."""
        return lacks(self._comparisons, self._framework)

    def ages(self) -> tuple[Feedback, ...]:
        """Return that rows have to be as old as they were, to be tried one after the other."""
        return ages(self._comparisons, self._framework, self._users)

    def feedback(self) -> Feedback:
        clock = self._needs_clock()
        differing_places = self._differing(with_later=not clock)
        unordered = frozenset(place for place in differing_places if self._is_reordered(place))
        pinned = self._pinned()
        volatile = {
            place: values
            for place in differing_places
            if place not in unordered
            for place, values in self._values(place)
            if not self._shows_keys(values)
        }
        return Feedback(
            volatile=volatile,
            unordered=unordered | self._unordered_rows(),
            pinned=pinned,
            present=self._present(),
            clock=clock,
        )

    # --- what differs between replays

    def _later(self, index: int) -> bool:
        """Say whether a replay ran on another day than the first."""
        return abs(self._replays[index].start - self._replays[0].start) >= _ANOTHER_DAY

    def _differing(self, *, with_later: bool) -> tuple[Place, ...]:
        """Return the places at which replays differ; none where they ended in different ways.

        Without the later ones, what differs a day later counts only where it came by chance.
        """
        statuses = {replay.response.status if replay.response else None for replay in self._replays}
        if len(statuses) > 1:
            return ()
        found: dict[Place, None] = {}
        for index in range(1, len(self._replays)):
            for place in differing(self._seen[1], self._seen[index + 1]):
                if with_later or not self._later(index) or self._by_chance(place, index):
                    found[place] = None
        return tuple(found)

    def _by_chance(self, place: Place, index: int) -> bool:
        return all(
            Chance(self._replays[at]).is_random(str(value_at(self._seen[at + 1], place))) for at in (0, index)
        )

    def _values(self, place: Place) -> Iterator[tuple[Place, tuple[object, ...]]]:
        """Yield the place with all values seen there, the recorded one first.

        Of a page, the places are the texts that the recorded page has there, whole, and what of
        them came from rows.
        """
        if place.kind == "text":
            yield from self._texts(str(place.path[0]))
            return
        values = [value_at(seen, place) for seen in self._seen]
        if MISSING not in values:  # what isn't always there is no value that changes
            yield place, _distinct(values)

    def _texts(self, line: str) -> Iterator[tuple[Place, tuple[object, ...]]]:
        """``line`` is a text of the first replay's page that isn't in the same place of another."""
        recorded = next((one for one, other in self._paired_lines(0) if other == line), None)
        if recorded is None:
            return
        counterparts = (dict(self._paired_lines(index)).get(recorded) for index in range(len(self._replays)))
        values = (recorded, *(text for text in counterparts if text is not None))
        yield Place("text", (recorded,), self.number), _distinct(values)
        pages = [" ".join(self._lines(seen)) for seen in self._seen[1:]]
        for text in self._row_texts:
            if text in recorded and text != recorded and not all(text in page for page in pages):
                yield Place("text", (text,), self.number), (text,)

    def _paired_lines(self, index: int) -> list[tuple[str, str]]:
        """Return the texts of the recorded page and of a replay's that stand in each other's place."""
        if index not in self._pairs:
            likeness = Likeness(self._recorded, self._replays[index])
            ours, theirs = self._lines(self._seen[0]), self._lines(self._seen[index + 1])
            self._pairs[index] = paired_lines(likeness, ours, theirs)
        return self._pairs[index]

    def _lines(self, seen: Mapping[Place, object]) -> tuple[str, ...]:
        lines = seen.get(Place("text", (), self.number), ())
        return lines if isinstance(lines, tuple) else ()

    @cached_property
    def _row_texts(self) -> frozenset[str]:
        cells = (
            cell
            for query in self._recorded.queries
            for row in (*query.rows, query.params if isinstance(query.params, tuple) else ())
            for cell in row
        )
        return frozenset(cell for cell in cells if isinstance(cell, str) and len(cell) >= _SHORTEST)

    # --- order

    def _is_reordered(self, place: Place) -> bool:
        """Say whether a list holds the same in all replays, and in the recording, but in another order."""
        values = [value_at(seen, place) for seen in self._seen]
        return place.kind == "json" and all(same_items(values[0], value) for value in values[1:])

    def _unordered_rows(self) -> frozenset[Place]:
        """Return the lists that follow rows for which no statement asked for an order.

        Where the rows' keys are others than the recorded ones, pinning those is what keeps the order.
        """
        for comparison in self._comparisons:
            if not comparison.reordered or comparison.reordered & comparison.renamed.keys():
                return frozenset()
        root = Place("json", (), self.number)
        if not self._comparisons:
            return frozenset()
        found = [set(_reordered(root, self._seen[0].get(root), seen.get(root))) for seen in self._seen[1:]]
        return frozenset(set.intersection(*found))

    # --- what the arranged state lacks

    def _pinned(self) -> frozenset[str]:
        tables: set[str] = set()
        for comparison in self._comparisons:
            tables |= comparison.shown | (comparison.reordered & comparison.renamed.keys())
            for divergence in comparison.divergences:
                if divergence.difference == "order":
                    tables |= divergence.tables & comparison.renamed.keys()
        return frozenset(tables - self._framework)

    def _shows_keys(self, values: Sequence[object]) -> bool:
        """Say whether values differ only in keys of rows that are to be pinned."""
        return any(
            all(
                one == other or self._is_pinned_key(one, other)
                for one, other in zip(_words(values[0]), _words(value), strict=False)
            )
            and len(_words(values[0])) == len(_words(value))
            for value in values[1:]
        )

    def _is_pinned_key(self, one: str, other: str) -> bool:
        return any(
            comparison.renamed.get(table, {}).get(one) == other
            for comparison in self._comparisons
            for table in comparison.shown
        )

    def _present(self) -> frozenset[str]:
        found = [
            {table for each in comparison.divergences if not each.clocked for table in each.excess}
            for comparison in self._comparisons
        ]
        return frozenset(set.intersection(*found) - self._framework) if found else frozenset()

    # --- the clock

    def _needs_clock(self) -> bool:
        """Say whether what happens depends on the time at which the request is made."""
        if any(each.clocked for comparison in self._comparisons for each in comparison.divergences):
            return True
        first = self._replays[0] if self._replays else None
        for index in range(1, len(self._replays)):
            if first is None or not self._later(index):
                continue
            later = compare(first, self._replays[index])
            news = [each for each in later.divergences if each.sentence not in self._same_day()]
            if news and (self._same_day_replays() or _looks_at_clock(first)):
                return True
        return False

    def _same_day_replays(self) -> list[Exchange]:
        return [replay for index, replay in enumerate(self._replays) if index and not self._later(index)]

    def _same_day(self) -> set[str]:
        """Return how replays of one day differ."""
        return {
            each.sentence
            for replay in self._same_day_replays()
            for each in compare(self._replays[0], replay).divergences
        }


def _distinct(values: Sequence[object]) -> tuple[object, ...]:
    found: list[object] = []
    for value in values:
        if not any(value == other and type(value) is type(other) for other in found):
            found.append(value)
    return tuple(found)


def _words(value: object) -> list[str]:
    return _WORD.split(str(value))


def _reordered(place: Place, recorded: object, replayed: object) -> Iterator[Place]:
    """Yield the lists that hold the same items in another order."""
    if isinstance(recorded, Mapping) and isinstance(replayed, Mapping):
        for key in recorded.keys() & replayed.keys():
            below = Place(place.kind, (*place.path, key), place.request)
            yield from _reordered(below, recorded[key], replayed[key])
    elif recorded != replayed and same_items(recorded, replayed):
        yield place
    elif isinstance(recorded, list) and isinstance(replayed, list) and len(recorded) == len(replayed):
        for index, (one, other) in enumerate(zip(recorded, replayed, strict=True)):
            below = Place(place.kind, (*place.path, index), place.request)
            yield from _reordered(below, one, other)


def _looks_at_clock(exchange: Exchange) -> bool:
    """Say whether a statement, or a function of the project, had the time of the request in its hands."""
    clock = clock_of(exchange)
    if compares_with(steps(exchange, schemas_of(exchange.schema)), clock):
        return True
    return any(
        _is_clocks(value, clock)
        for call in exchange.calls
        for value in (*call.arguments.values(), *call.locals.values(), call.returned)
    )


def _is_clocks(value: object, clock: Clock) -> bool:
    if isinstance(value, dt.datetime):
        return clock.is_now(value)
    return isinstance(value, dt.date) and clock.is_today(value)
