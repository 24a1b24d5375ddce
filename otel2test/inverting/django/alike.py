"""Rows that nobody names and that look alike are made in one loop.

What enters are rows of one model with the values that a test gives them; what leaves is one step
for a handful and more of them, in which made-up texts and numbers count.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, TypeGuard

from otel2test.inverting.arrangements import CreateAlike
from otel2test.inverting.django.models import import_name, manager_of
from otel2test.inverting.django.rows import Row, made_up
from otel2test.inverting.expressions import Numbered, Value, Values

_FEWEST: Final = 4
_NUMBERED: Final = re.compile(r"(\D*)(\d*)(\D*)")


def runs(rows: Sequence[Row], values: Sequence[Values]) -> Iterator[tuple[Sequence[Row], Sequence[Values]]]:
    """Yield the rows with their values in stretches, those that could look alike together."""
    if len(rows) < _FEWEST or rows[0].variable is not None or not rows[0].invented:
        yield rows, values
        return

    def recorded(numbered: tuple[int, tuple[Row, Values]]) -> list[tuple[str, str]]:
        number, (row, given) = numbered
        # Of keys that count, the difference from the row's number is the same.
        return [
            (name, "" if name in row.made_up else repr(value - number if _counts(value, name) else value))
            for name, value in given
        ]

    single: list[tuple[Row, Values]] = []
    for _, found in groupby(enumerate(zip(rows, values, strict=True)), key=recorded):
        run = [pair for _, pair in found]
        if len(run) < _FEWEST:
            single += run
            continue
        if single:
            yield _parted(single)
            single = []
        yield _parted(run)
    if single:
        yield _parted(single)


def _parted(run: Sequence[tuple[Row, Values]]) -> tuple[Sequence[Row], Sequence[Values]]:
    return [row for row, _ in run], [given for _, given in run]


def in_a_loop(rows: Sequence[Row], values: Sequence[Values]) -> CreateAlike | None:
    """Return the step for rows that differ only in numbers made up; None if they differ more."""
    if len(rows) < _FEWEST:
        return None
    model = rows[0].model
    names = [name for name, _ in values[0]]
    if (
        rows[0].variable is not None
        or model.user
        or any([name for name, _ in row] != names for row in values)
    ):
        return None
    if any(item.parent_link for item in model.fields):
        return None
    given: list[tuple[str, Value]] = []
    numbers: range | None = None
    columns = zip(*([value for _, value in row] for row in values), strict=True)
    for name, column in zip(names, columns, strict=True):
        if all(type(value) is type(column[0]) and value == column[0] for value in column):
            given.append((name, column[0]))
            continue
        may_count = all(
            name in row.made_up or _counts(key, name) for row, key in zip(rows, column, strict=True)
        )
        counted = _counted(column) if may_count else None
        if counted is None or numbers not in (None, counted[1]):
            return None
        numbers = counted[1]
        given.append((name, counted[0]))
    return CreateAlike(
        import_name(model), manager_of(model), tuple(given), numbers or range(len(rows)), made_up(rows[0])
    )


def _counts(value: Value, name: str) -> TypeGuard[int]:
    """Say whether a value is a key, of which the next row may have the next."""
    return name == "pk" and type(value) is int


def _counted(values: Sequence[Value]) -> tuple[Numbered, range] | None:
    """Return how the values count, and from where to where."""
    integers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    if integers:
        parts = [("", value, "") for value in integers]
    else:
        found = [_NUMBERED.fullmatch(value) if isinstance(value, str) else None for value in values]
        # The first one bears no number, where it needn't.
        parts = [(match[1], int(match[2] or 1), match[3]) for match in found if match is not None]
    if len(parts) < len(values):
        return None
    numbers = range(parts[0][1], parts[0][1] + len(values))
    if [number for _, number, _ in parts] != list(numbers) or len({(part[0], part[2]) for part in parts}) > 1:
        return None
    return Numbered(parts[0][0], parts[0][2], text=not isinstance(values[0], int)), numbers
