"""Which recorded values a run of the test can't repeat: times, and what was drawn at random."""

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from otel2test.inverting.django.evidence import parse_timestamp
from otel2test.inverting.facts import Change, Unknown
from otel2test.inverting.jsons import parse_json
from otel2test.inverting.state import State
from otel2test.reading.exchanges import Call, Exchange, Query

TEST_HOST = "testserver"
_SLACK = dt.timedelta(seconds=2)
_RECENT = dt.timedelta(days=30)
_NEAR = dt.timedelta(days=366)
_OLDEST = 1_000_000_000
"""UNIX timestamp of 2001: smaller numbers are numbers."""
_SHORTEST_DRAWN = 8
"""A shorter text may stand somewhere for other reasons; what is drawn is pinned at its source."""
_TOKEN = re.compile(r"[A-Za-z0-9_\-+/=.:$]{12,}")
_READS = re.compile(r"\s*\(*\s*(SELECT|WITH|UPDATE|DELETE)\b", re.IGNORECASE)
_SESSION_TABLE = "django_session"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the request could know without a clock or a source of randomness.

    Values of the starting state and of the request itself, by their ``repr`` and as text.
    """

    values: frozenset[str]
    texts: frozenset[str]
    start: dt.datetime
    end: dt.datetime
    host: str = ""
    """Of the recorded server."""
    drawn: frozenset[str] = frozenset()
    """What is known to have been drawn at random, as text."""

    def is_now(self, value: object) -> bool:
        """Say whether ``value`` (a date-time, one in ISO 8601, a UNIX timestamp) was read off the clock."""
        instant = _instant(value)
        return instant is not None and self.start - _SLACK <= instant <= self.end + _SLACK

    def is_from_now(self, value: object) -> bool:
        """Say whether ``value`` is a time so and so long before or after the request: ``now() - 2 * MINUTE``.

        It has fractions of a second, which nobody writes, and is none of those that were there.
        """
        instant = _instant(value) if isinstance(value, (str, dt.datetime)) else None
        if instant is None or not instant.microsecond or self.given(value) or repr(instant) in self.values:
            return False
        return abs(instant - self.start) < _NEAR

    def is_recent(self, value: object) -> bool:
        """Say whether a time of the weeks before the request stands in ``value``: its age may matter."""
        if isinstance(value, Mapping):
            return any(map(self.is_recent, value.values()))
        if isinstance(value, (list, tuple)):
            return any(map(self.is_recent, value))
        instant = _instant(value)
        return instant is not None and self.start - _RECENT <= instant <= self.end + _SLACK

    def on_test_server(self, value: object) -> object:
        """Return a text as it is when the test client asks: with its host in place of the recorded one."""
        if not isinstance(value, str) or not self.host:
            return value
        if value == self.host:
            return TEST_HOST
        return re.sub(rf"//{re.escape(self.host)}(?![\w.:-])", f"//{TEST_HOST}", value)

    def is_today(self, value: object) -> bool:
        """Say whether ``value`` is the date of the request, in some time zone."""
        if isinstance(value, str):
            value = parse_timestamp(value)
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            return False
        return abs(value - self.start.date()) <= dt.timedelta(days=1)

    def names_today(self, text: str) -> bool:
        """Say whether a date in the text, however it is written, may be that of the request."""
        days = [self.start + dt.timedelta(days=number) for number in (-1, 0, 1)]
        return any(
            str(day.year) in text
            and re.search(rf"(?<!\d)0?{day.day}(?!\d)", text)
            and (f"{day:%b}" in text or re.search(rf"(?<!\d)0?{day.month}(?!\d)", text))
            for day in days
        )

    def given(self, value: object) -> bool:
        """Say whether ``value`` came from the request or the starting state."""
        return repr(value) in self.values or (isinstance(value, str) and value in self.texts)

    def from_clock(self, value: object) -> bool:
        """Say whether a date or time must have been computed from the clock."""
        if self.is_now(value):
            return True
        return isinstance(value, (dt.datetime, dt.date)) and not self.given(value) and not self._sent(value)

    def _sent(self, value: dt.date) -> bool:
        iso = value.isoformat()
        return any(text and (text in iso or iso[:10] in text) for text in self.texts if len(text) >= 8)

    def from_randomness(self, value: object) -> bool:
        """Say whether ``value`` was drawn at random, or looks so and wasn't given."""
        if self.drawn and isinstance(value, (str, uuid.UUID)) and str(value) in self.drawn:
            return True
        if isinstance(value, uuid.UUID):
            return not self.given(value) and str(value) not in self.texts and value.hex not in self.texts
        if isinstance(value, str) and value.startswith("["):
            # Several such, kept as JSON, most often without an order.
            parts = parse_json(value)
            return isinstance(parts, list) and bool(parts) and all(map(self.from_randomness, parts))
        if not isinstance(value, str) or self.given(value) or not _TOKEN.fullmatch(value):
            return False
        scheme, found, path = value.partition(f"://{self.host}/")
        if found and self.host and scheme in {"http", "https"}:
            return any(map(self.from_randomness, re.split(r"[/?&=]", self._not_given(path))))
        digits = sum(character.isdigit() for character in value)
        letters = sum(character.isalpha() for character in value)
        return digits >= 3 and letters >= 3 and not parse_timestamp(value)

    def _not_given(self, path: str) -> str:
        """Return a path without a name at its end that was there, such as that of a file."""
        parts = path.split("/")
        ends = ("/".join(parts[number:]) for number in range(len(parts)))
        return path.removesuffix(next((end for end in ends if end in self.texts), ""))


_SHOWN_AS_IT_IS: Final = frozenset({type(None), bool, int, float, Decimal, dt.datetime})
"""Of most values there is no other text to look for."""


def _instant(value: object) -> dt.datetime | None:
    if isinstance(value, str):
        value = parse_timestamp(value)
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    if not isinstance(value, (int, float)) or not _OLDEST <= value < _OLDEST * 10_000:
        return None
    # JavaScript counts milliseconds.
    return dt.datetime.fromtimestamp(value / 1000 if value >= _OLDEST * 100 else value, dt.UTC)


def inputs_of(exchange: Exchange, state: State, tokens: Iterable[str]) -> Inputs:
    """Return what the request was given; ``tokens`` are the short texts of the request."""
    values: set[str] = set()
    texts = set(tokens)
    for entity in state.entities:
        for known in entity.before.values():
            if not isinstance(known.value, (Unknown, Change)):
                values.add(repr(known.value))
                if isinstance(known.value, str):
                    texts.add(known.value)
                elif type(known.value) not in _SHOWN_AS_IT_IS:
                    texts.update(_texts_of(known.value))
    drawn: set[str] = set()
    for draw in exchange.effects.draws:
        if isinstance(draw.value, uuid.UUID):
            drawn |= {str(draw.value), draw.value.hex}
        elif isinstance(draw.value, str) and len(draw.value) >= _SHORTEST_DRAWN:
            drawn.add(draw.value)
    return Inputs(
        frozenset(values),
        frozenset(texts),
        exchange.start,
        exchange.end,
        exchange.request.host,
        frozenset(drawn),
    )


def _texts_of(value: object) -> Iterator[str]:
    """Yield a value as a response may show it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, uuid.UUID):
        yield from (str(value), value.hex)
    elif isinstance(value, dt.timedelta):
        yield from (str(value), _iso_duration(value))


def _iso_duration(value: dt.timedelta) -> str:
    """Return a duration as :class:`django.core.serializers.json.DjangoJSONEncoder` writes it."""
    sign, value = ("-", -value) if value < dt.timedelta() else ("", value)
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{value.microseconds:06d}" if value.microseconds else ""
    return f"{sign}P{value.days}DT{hours:02d}H{minutes:02d}M{seconds:02d}{fraction}S"


def reads_clock(calls: Iterable[Call], inputs: Inputs) -> bool:
    """Say whether a function of the project held the time of the request in its hands.

    What it decided by it may show anywhere, so that the test needs the same time.
    """
    return any(
        _is_clocks(value, inputs)
        for call in calls
        for value in (*call.arguments.values(), *call.locals.values(), call.returned)
    )


def _is_clocks(value: object, inputs: Inputs) -> bool:
    if isinstance(value, dt.datetime):
        return inputs.is_now(value)
    return isinstance(value, dt.date) and inputs.is_today(value) and not inputs.given(value)


def compares_with_clock(queries: Iterable[Query], inputs: Inputs) -> bool:
    """Say whether a statement compared rows with the time of the request."""
    for query in queries:
        if _SESSION_TABLE in query.sql or not _READS.match(query.sql):
            continue
        params = query.params if isinstance(query.params, tuple) else ()
        where = query.sql.upper().rfind(" WHERE ")
        compared = params[query.sql[:where].count("%s") :] if where >= 0 else ()
        if any(inputs.is_now(param) or inputs.is_from_now(param) for param in compared):
            return True
        if any(inputs.is_today(param) and not inputs.given(param) for param in compared):
            return True
    return False
