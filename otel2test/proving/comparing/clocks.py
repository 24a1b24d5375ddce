"""Times that two runs can't share: both are as far from the start of their own request."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from otel2test.reading.exchanges import Exchange

_SLACK: Final = dt.timedelta(seconds=3)
_ARRANGING: Final = dt.timedelta(minutes=5)
"""How long before its request a test may have made its rows."""
_OLDEST: Final = 1_000_000_000
"""UNIX timestamp of 2001: smaller numbers are numbers."""

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO: Final = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,6})?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?)?"
_MAIL: Final = r"[A-Z][a-z]{2}, \d{1,2}[ -][A-Z][a-z]{2}[ -]\d{4} \d{2}:\d{2}:\d{2} (?:GMT|[+-]\d{4})"
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_TIME: Final = r"(?:,? (?:at )?(?:noon|midnight|\d{1,2}(?::\d{2}){0,2} ?[ap]\.?m\.?|\d{1,2}(?::\d{2}){1,2}))?"
_NTH: Final = r"(?:st|nd|rd|th)?"
_WORDS: Final = rf"{_MONTH} \d{{1,2}}{_NTH},? \d{{4}}{_TIME}|\d{{1,2}}(?:\.|{_NTH}) {_MONTH},? \d{{4}}{_TIME}"
_SLASHED: Final = rf"\d{{1,2}}/\d{{1,2}}/\d{{4}}{_TIME}"
_PATH: Final = r"(?<!\d)\d{4}/\d{2}/\d{2}(?!\d)"
TIMES: Final = re.compile(f"(?:{_MAIL})|(?<![\\w])(?:{_ISO}|{_WORDS}|{_SLASHED})(?![\\w])|{_PATH}")
"""Dates and times as programs write them in English, in ISO 8601, in headers, and in paths of files."""

_NUMERIC: Final = re.compile(r"(\d{4})/(\d{2})/(\d{2})")
_OF_NUMBERS: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_NAMED: Final = re.compile(
    rf"(?:(\d{{1,2}})(?:\.|{_NTH}) )?({_MONTH}) ?(?:(\d{{1,2}}){_NTH},? )?,? ?(\d{{4}})"
)


@dataclass(frozen=True, slots=True)
class Clock:
    """When a request ran."""

    start: dt.datetime
    end: dt.datetime
    zone: dt.tzinfo

    def is_now(self, value: object) -> bool:
        """Say whether a value was read off the clock during the request."""
        instant = self.instant(value)
        return instant is not None and self.start - _SLACK <= instant <= self.end + _SLACK

    def is_today(self, value: object) -> bool:
        """Say whether a value is the request's date."""
        value = parsed(value) if isinstance(value, str) else value
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            return False
        return value in {self.start.date(), self.start.astimezone(self.zone).date()}

    def is_of_test(self, value: object) -> bool:
        """Say whether a value was read off the clock during the request or shortly before it."""
        instant = self.instant(value)
        if instant is not None:
            return self.start - _ARRANGING <= instant <= self.end + _SLACK
        return self.is_today(value)

    def instant(self, value: object) -> dt.datetime | None:
        """Return the instant that a value is, None if it is none; a naive one is in UTC."""
        if isinstance(value, str):
            value = parsed(value)
        if isinstance(value, dt.datetime):
            return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        if not _OLDEST <= value < _OLDEST * 10_000:
            return None
        # JavaScript counts milliseconds.
        return dt.datetime.fromtimestamp(value / 1000 if value >= _OLDEST * 100 else value, dt.UTC)


def clock_of(exchange: Exchange) -> Clock:
    """Return the clock of a request."""
    try:
        zone: dt.tzinfo = ZoneInfo(exchange.schema.time_zone)
    except (ValueError, OSError, KeyError):
        zone = dt.UTC  # unknown on this machine
    return Clock(exchange.start, exchange.end, zone)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of the recorded request and of the replayed one."""

    recorded: Clock
    replayed: Clock

    def same(self, recorded: object, replayed: object) -> bool:
        """Say whether two times are the same but for when their requests ran."""
        one, other = self.recorded.instant(recorded), self.replayed.instant(replayed)
        if one is None or other is None:
            return self._same_date(recorded, replayed)
        slack = _SLACK + max(self._lasted())
        if any(_of_whole_days(zone, one, other) for _, _, zone in self._days()):
            return any(
                one.astimezone(zone).date() - start.astimezone(zone).date()
                == other.astimezone(zone).date() - later.astimezone(zone).date()
                for start, later, zone in self._days()
            )
        slack += _rounding(one, other)
        apart = (one - self.recorded.start) - (other - self.replayed.start)
        # A test may set the clock to the recorded time.
        return abs(apart) <= slack or (self.recorded.is_now(one) and abs(one - other) <= slack)

    def _lasted(self) -> Iterable[dt.timedelta]:
        return (self.recorded.end - self.recorded.start, self.replayed.end - self.replayed.start)

    def _days(self) -> Iterable[tuple[dt.datetime, dt.datetime, dt.tzinfo]]:
        return ((self.recorded.start, self.replayed.start, zone) for zone in {dt.UTC, self.recorded.zone})

    def _same_date(self, recorded: object, replayed: object) -> bool:
        one = parsed(recorded) if isinstance(recorded, str) else recorded
        other = parsed(replayed) if isinstance(replayed, str) else replayed
        if not isinstance(one, dt.date) or not isinstance(other, dt.date):
            return False
        if isinstance(one, dt.datetime) or isinstance(other, dt.datetime):
            return False
        return any(
            one - start.astimezone(zone).date() == other - later.astimezone(zone).date()
            for start, later, zone in self._days()
        )


def _of_whole_days(zone: dt.tzinfo, *instants: dt.datetime) -> bool:
    return all(each.astimezone(zone).time() == dt.time() for each in instants)


def _rounding(*instants: dt.datetime) -> dt.timedelta:
    """Return by how much times that look rounded may be off."""
    if any(each.microsecond or each.second for each in instants):
        return dt.timedelta()
    return dt.timedelta(minutes=1) if any(each.minute for each in instants) else dt.timedelta(hours=1)


@lru_cache(maxsize=4096)
def parsed(text: str) -> dt.datetime | dt.date | None:
    """Return the time or date that a text is, None if it is none; of dates in words only the date."""
    if len(text) < 8 or not TIMES.fullmatch(text):
        return None
    numeric = _NUMERIC.fullmatch(text)
    try:
        if numeric:
            return dt.date(*map(int, numeric.groups()))
        if text[:4].isdecimal():
            return dt.date.fromisoformat(text) if len(text) == 10 else _iso(text)
        if text[3:5] == ", ":
            return parsedate_to_datetime(text)
        return _in_words(text)
    except ValueError:
        return None


def _iso(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(re.sub(r" (?=Z|[+-]\d)", "", text[:10] + text[10:].replace(",", ".")))


def _in_words(text: str) -> dt.date | None:
    numbers = _OF_NUMBERS.match(text)
    if numbers is not None:
        first, second, year = map(int, numbers.groups())  # as Americans do, if it can be
        return dt.date(year, second, first) if first > 12 else dt.date(year, first, second)
    match = _NAMED.match(text)
    if match is None:
        return None
    day = match[1] or match[3]
    month = _MONTHS.index(match[2][:3].lower()) + 1
    return dt.date(int(match[4]), month, int(day)) if day else None
