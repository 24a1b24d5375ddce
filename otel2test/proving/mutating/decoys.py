"""Which row would have told a mutant that asks for less: one that only the program's queries leave out.

What enters are one request's replays, without and with the mutant, that nothing else tells apart. Their
statements are laid beside each other; where one asks less of its rows than the other did, or something
else, a row that only the first leaves out would have made a difference.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from otel2test.inverting.catalog import Catalog, build
from otel2test.inverting.conditions import (
    AnyOf,
    Bound,
    NoneOf,
    OneOf,
    Related,
    Simple,
    Text,
    holds,
    simple_parts,
)
from otel2test.inverting.decoys import asked_about, failing, words
from otel2test.inverting.feedback import Decoy
from otel2test.inverting.filters import Filter, Part, filter_of, filters, parts_of
from otel2test.inverting.samples import possible, satisfying
from otel2test.proving.comparing.alignment import Pair
from otel2test.proving.comparing.clocks import clock_of
from otel2test.proving.comparing.likeness import Likeness
from otel2test.proving.comparing.statements import StatementsComparison
from otel2test.proving.comparing.steps import Sql, Step, steps
from otel2test.reading.exchanges import Exchange, Query

MARK: Final = "XX"
"""What a mutant puts into a text: what holds it, nobody would think of."""
_READS_OR_WRITES: Final = frozenset({"read", "update", "delete"})


@dataclass(frozen=True, slots=True)
class Missed:
    """A row that would have told."""

    decoy: Decoy
    words: str
    """``a row of polls_poll with status other than 'published'``."""


def missed(original: Exchange, mutated: Exchange, likeness: Likeness, number: int = 0) -> Iterator[Missed]:
    """Yield each row that would have told two runs of a request apart, which is its test's ``number``-th."""
    catalog = build(original.schema)
    known = {model.table for model in original.schema.models if model.framework is None}
    one, other = (steps(exchange, likeness.schemas) for exchange in (original, mutated))
    pairs = StatementsComparison(likeness, one, other).pairs()
    told = [*filters(original.queries, catalog)]
    for step, again in _side_by_side(one, other, pairs):
        asked, asked_again = filter_of(step.query, catalog), filter_of(again.query, catalog)
        if asked is None or asked_again is None or asked.table not in known:
            continue
        for part, instead in _lost(asked, asked_again, likeness):
            values = _values(part, instead, catalog, original) if instead is not None else ()
            if _found_by_key(asked, part, catalog, step.query) or (instead is not None and not values):
                continue
            found = asked_about(told, asked.table, part.path)
            at = next(place for place, (each, _) in enumerate(found) if each == asked)
            absent = _joins_no_more(asked, asked_again, part, catalog)
            decoy = Decoy(
                asked.table, part.path, at, found[at][1].index(part), values, absent, request=number
            )
            if next(failing(asked, part, catalog, decoy), None) is not None:
                yield Missed(decoy, f"a row of {asked.table} with {words(part, catalog)}")


# --- which statement is which


def _side_by_side(
    one: Sequence[Step], other: Sequence[Step], pairs: Sequence[Pair]
) -> Iterator[tuple[Sql, Sql]]:
    """Yield statements that are of one form, and those that stand in each other's place."""
    for matched, stretch in groupby(pairs, key=lambda pair: None not in pair):
        if matched:
            found = [(one[i], other[j]) for i, j in stretch if i is not None and j is not None]
        else:
            alone = [*stretch]
            ours = [one[i] for i, _ in alone if i is not None]
            theirs = [other[j] for _, j in alone if j is not None]
            found = [*_in_place(ours, theirs)]
        for step, again in found:
            if isinstance(step, Sql) and isinstance(again, Sql) and step.anatomy.verb in _READS_OR_WRITES:
                yield step, again


def _in_place(ours: Sequence[Step], theirs: Sequence[Step]) -> Iterator[tuple[Step, Step]]:
    """Yield what does the same to the same table, in order."""
    left = list(theirs)
    for step in ours:
        same = next((each for each in left if _does(each) == _does(step)), None)
        if same is not None and isinstance(step, Sql):
            del left[: left.index(same) + 1]
            yield step, same


def _does(step: Step) -> tuple[object, ...] | None:
    if not isinstance(step, Sql):
        return None
    outputs = tuple(output for output in step.anatomy.outputs if output is not None)
    return step.anatomy.verb, step.query.model or outputs[:1]


# --- what is asked no more


def _lost(asked: Filter, again: Filter, likeness: Likeness) -> Iterator[tuple[Part, Part | None]]:
    """Yield what the second filter doesn't ask, each with what it asks of the column instead, if anything."""
    if asked.table != again.table:
        return
    left = [*parts_of(again.table, again.conditions)]
    unlike: list[Part] = []
    for part in parts_of(asked.table, asked.conditions):
        same = next((each for each in left if _alike(part, each, likeness)), None)
        if same is None:
            unlike.append(part)
        else:
            left.remove(same)
    for part in unlike:
        instead = next((each for each in left if _speak_of_one_column(part, each)), None)
        if instead is not None:
            left.remove(instead)
        yield part, instead


def _speak_of_one_column(part: Part, other: Part) -> bool:
    """Say whether two conditions are on the same column, or on some of the same."""
    one, again = (set(each.path[-1].split(" or ")) for each in (part, other))
    return part.path[:-1] == other.path[:-1] and not one.isdisjoint(again)


def _joins_no_more(asked: Filter, again: Filter, part: Part, catalog: Catalog) -> bool:
    """Say whether no row over there is asked for any more, of those that point to this one."""
    first = asked.conditions[part.place[0]]
    return (
        isinstance(first, Related)
        and [mine for mine, _ in first.on] == [catalog.primary_key(asked.table)]
        and not any(isinstance(each, Related) and each.table == first.table for each in again.conditions)
    )


def _alike(part: Part, other: Part, likeness: Likeness) -> bool:
    """Say whether two conditions are the same, but for keys and times that two runs don't share."""
    if part.path != other.path or type(part.condition) is not type(other.condition):
        return False
    one, again = ([*simple_parts((each.condition,))] for each in (part, other))
    return len(one) == len(again) and all(
        _same(mine, its, likeness) for mine, its in zip(one, again, strict=True)
    )


def _same(one: Simple, again: Simple, likeness: Likeness) -> bool:
    if (one.column, type(one)) != (again.column, type(again)):
        return False
    match one, again:
        case Bound(_, operator, value), Bound(_, other_operator, other_value):
            alike, pairs = operator == other_operator, [(value, other_value)]
        case (OneOf(_, values), OneOf(_, others)) | (NoneOf(_, values), NoneOf(_, others)):
            alike, pairs = len(values) == len(others), [*zip(values, others, strict=False)]
        case Text(), Text():
            alike, pairs = one.negated == again.negated, [(one.pattern, again.pattern)]
        case _:
            return False
    with likeness.trial():
        return alike and all(likeness.same(value, other, one.column) for value, other in pairs)


def _values(part: Part, instead: Part, catalog: Catalog, exchange: Exchange) -> tuple[object, ...]:
    """Return a value of the column which is asked for now, and wasn't; none where the clock tells it."""
    was, now = part.condition, instead.condition
    if isinstance(was, AnyOf) or isinstance(now, AnyOf):
        return ()
    if isinstance(now, Bound) and clock_of(exchange).is_of_test(now.value):
        return ()
    table = catalog.tables.get(part.table)
    column = table.columns.get(was.column) if table is not None else None
    suggested = [*satisfying((now,), column)]
    if column is not None and column.choices:
        suggested = [choice for choice in column.choices if holds(now, choice)]
    is_key = table is not None and was.column in table.references
    return tuple(
        value
        for value in dict.fromkeys(suggested)
        if not (isinstance(value, str) and MARK in value)
        and holds(was, value) is False
        and possible(value, column)
        and (not is_key or value is None)
    )[:1]


def _found_by_key(asked: Filter, part: Part, catalog: Catalog, query: Query) -> bool:
    """Say whether a row was found by a key of its own: another one can't be there."""
    given = {
        each.path[-1]
        for each in parts_of(asked.table, asked.conditions)
        if len(each.path) == 1
        and each.path != part.path
        and isinstance(each.condition, OneOf)
        and len(each.condition.values) == 1
    }
    return bool(query.rows or query.rowcount) and any(
        set(columns) <= given for columns in catalog.identities(asked.table)
    )
