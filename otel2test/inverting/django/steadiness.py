"""Which texts of a page are the same in every run, as far as one recording tells."""

import datetime as dt
import re
from functools import cached_property
from typing import Final

from otel2test.inverting.django.effects import Effects
from otel2test.inverting.django.volatility import Inputs

_FLEETING: Final = re.compile(
    r"\b(ago|now|today|yesterday|tomorrow|(second|minute|hour|day|week|month|year)s?|\d+\s?(bytes?|[KMG]i?B))\b",
    re.IGNORECASE,
)
"""What tells of the time, or of files, which are others in another run."""
_CODE: Final = re.compile(r"(?=\S*\d)(?=\S*[^\W\d_])[\w+/=.:-]{16,}")
"""What a program wrote for itself to read."""


class Steadiness:
    """What is known of values that another run may not repeat."""

    def __init__(self, effects: Effects, inputs: Inputs) -> None:
        self.effects = effects
        self.inputs = inputs
        keys = {str(row.key()) for row in effects.arrangement.rows if not row.pinned}
        self.loose_keys = keys | {str(row.key()) for row in effects.created}
        """Keys of rows to which the test doesn't give them: another run has others."""

    @cached_property
    def _own_times(self) -> frozenset[str]:
        """Dates and times of rows, as forms show them, that the test leaves to what sets them by itself."""
        times = [
            value
            for row in self.effects.arrangement.rows
            for item in row.model.fields
            if item.auto_now
            or item.auto_now_add
            or item.default_callable is not None
            or (row.model.user and item.name == "last_login")
            if isinstance(value := row.value(item.attname), dt.date)
            and not self.effects.visible.value(row.model, item, value)
        ]
        texts = {text for time in times for text in (f"{time:%Y-%m-%d}", f":{time:%M}")}
        return frozenset(texts - {":00"})  # of which minutes are the same in most time zones

    def holds(self, text: str, *, keyed: bool = False) -> bool:
        """Say whether a text is the same in every run: no time, nothing drawn, no key that isn't fixed.

        ``keyed`` where it was seen to that keys are told by their rows.
        """
        inputs = self.inputs
        if _FLEETING.search(text) or inputs.names_today(text) or (inputs.host and inputs.host in text):
            return False
        if str(inputs.start.year) in text and not keyed:
            return False  # a date, most likely
        if any(moment in text for moment in self._own_times):
            return False
        for word in re.findall(r"[^\s<>\"'(),;!?]+", text):
            for part in (word, word.strip("."), *re.split(r"[/?&=#:]", word)):
                if inputs.is_now(part) or inputs.is_today(part) or inputs.from_randomness(part):
                    return False
                if _CODE.fullmatch(part) and not inputs.given(part):
                    return False
        return keyed or self.loose_keys.isdisjoint(re.findall(r"\d+", text))
