"""Decoys that a test has to make → rows of the starting state that its queries leave out.

What enters are :class:`~otel2test.inverting.feedback.Decoy`, which say by which column of which query; what
leaves is the state with a row for each that contradicts no other query, and the others with the reason.
Such a row satisfies all that its query asks but one thing: whatever stops asking that finds it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from otel2test.inverting.catalog import Catalog, Column
from otel2test.inverting.conditions import (
    AnyOf,
    Bound,
    Condition,
    NoneOf,
    OneOf,
    Opaque,
    Related,
    Simple,
    Text,
    denied,
    holds,
)
from otel2test.inverting.entities import Entity, before
from otel2test.inverting.facts import Deleted, Fact, LeftOut, Updated
from otel2test.inverting.feedback import Decoy
from otel2test.inverting.filters import Filter, Part, filters, parts_of, with_another
from otel2test.inverting.judging import Judge
from otel2test.inverting.origins import Origin
from otel2test.inverting.samples import another, possible, step
from otel2test.inverting.state import State
from otel2test.reading.exchanges import Exchange
from otel2test.terminal import brief

_SHOWN: Final = 40
_MOST_TRIED: Final = 4
"""So many values are tried for one decoy."""
_UNLIKE: Final = "not added, as something else in the request would find it"
_NONE: Final = "not added, as no such row can be"


@dataclass(frozen=True, slots=True)
class Decoyed:
    """A starting state with decoys."""

    state: State
    refused: tuple[Origin, ...] = ()
    """Those that can't be there, and why."""


def solve_with(
    decoys: Iterable[Decoy],
    exchanges: Sequence[Exchange],
    facts: Sequence[Fact],
    catalog: Catalog,
    solve: Callable[..., State],
) -> Decoyed:
    """Return the state that explains ``facts``, with each decoy that contradicts none of them.

    ``solve`` gives the state that explains the facts, with such rows as it is given as ``left_out``.
    """
    state = solve()
    refused: list[Origin] = []
    added: list[LeftOut] = []
    served: set[tuple[object, ...]] = set()
    for decoy in sorted(decoys, key=lambda each: (not each.values, repr(each))):
        about = (decoy.request, decoy.table, decoy.path, decoy.number, decoy.part)
        if about in served and not decoy.values:
            continue  # a row that has one of some values does for any
        reason, span_id = _NONE, ""
        why = f"{decoy.path[-1]} as the query asks" if decoy.path else ""
        for wish in islice(_wishes(decoy, exchanges, catalog), _MOST_TRIED):
            if wish.conditions in [each.conditions for each in added]:
                served.add(about)
                break  # one row does for several queries
            why = wish.why
            attempt = solve(left_out=(*added, wish))
            against = _against(attempt, wish, state, facts)
            if against is None:
                state = attempt
                added.append(wish)
                served.add(about)
                break
            if reason == _NONE:
                reason, span_id = against
        else:
            told = (span_id,) if span_id else ()
            reason = f"{reason}:" if told else reason
            refused.append(Origin(f"a row of {decoy.table} with {why}", reason, told))
    return Decoyed(state, tuple(refused))


# --- which row


def _wishes(decoy: Decoy, exchanges: Sequence[Exchange], catalog: Catalog) -> Iterator[LeftOut]:
    """Yield the rows that would do, the best first."""
    if decoy.request >= len(exchanges):
        return
    asking = asked_about(filters(exchanges[decoy.request].queries, catalog), decoy.table, decoy.path)
    for told, parts in asking[decoy.number : decoy.number + 1]:
        for part in parts[decoy.part : decoy.part + 1]:
            why = words(part, catalog)
            for place, condition in failing(told, part, catalog, decoy):
                conditions = with_another(told.conditions, place, condition)
                yield LeftOut(told.source, told.table, conditions, told.conditions, part.path[-1], why)


def asked_about(
    found: Iterable[Filter], table: str, path: Sequence[str]
) -> list[tuple[Filter, tuple[Part, ...]]]:
    """Return the filters of a table that ask something of a column, each with what it asks of that."""
    told = [
        (each, tuple(part for part in parts_of(each.table, each.conditions) if part.path == tuple(path)))
        for each in found
        if each.table == table
    ]
    return [(each, parts) for each, parts in told if parts]


def failing(
    told: Filter, part: Part, catalog: Catalog, decoy: Decoy
) -> Iterator[tuple[tuple[int, ...], Condition]]:
    """Yield what may stand in a filter for rows that don't satisfy one part of it, the best first.

    Each with its place. What the query would set a column to is no other value of it.
    """
    first = told.conditions[part.place[0]]
    if decoy.absent and isinstance(first, Related):
        yield part.place[:1], replace(first, negated=True)
        return
    name = part.path[-1]
    for condition in _failing(part, catalog, decoy.values):
        if name not in told.sets or condition != OneOf(name, (told.sets[name],)):
            yield part.place, condition


def _failing(part: Part, catalog: Catalog, values: Sequence[object]) -> Iterator[Condition]:
    condition = part.condition
    if isinstance(condition, AnyOf):
        yield denied((condition,))
        return
    name = condition.column
    table = catalog.tables.get(part.table)
    column = table.columns.get(name) if table is not None else None
    target = table.references.get(name) if table is not None else None
    for value in values:
        if holds(condition, value) is False and possible(value, column):
            yield OneOf(name, (value,))
    if values:
        return
    if target is not None and isinstance(condition, OneOf):
        named = tuple(value for value in condition.values if value is not None)
        wanted = (NoneOf(target[1], named),) if named else ()
        yield Related(target[0], ((name, target[1]),), wanted)
        if column is not None and column.null and None not in condition.values:
            yield OneOf(name, (None,))
        return
    tried = _values(condition, column) if target is None else ()
    for value in tried:
        if holds(condition, value) is False and possible(value, column):
            yield OneOf(name, (value,))
    if column is None or not (column.choices or column.type == "BooleanField"):
        yield denied((condition,))


def _values(condition: Simple, column: Column | None) -> Iterator[object]:
    choices = column.choices if column is not None else ()
    yield from (choice for choice in choices if choice not in (None, ""))
    match condition:
        case OneOf(_, values):
            yield from (not value for value in values if isinstance(value, bool))
            if not choices:
                yield from (_another_text(value) for value in values if isinstance(value, str))
        case NoneOf(_, values):
            yield from values
        case Bound(_, operator, value):
            # At the bound itself, if that is beyond it; a moment would have passed by then.
            kind = column.type if column is not None else ""
            if kind != "DateTimeField":
                yield value
            yield step(value, 1 if operator in {"<", "<="} else -1)
        case Text():
            pass
    if column is not None and column.null:
        yield None


def _another_text(text: str) -> object:
    return another(text, 1) if "@" in text or text.islower() else f"{text} 2"


# --- what contradicts it


def _against(state: State, wish: LeftOut, without: State, facts: Iterable[Fact]) -> tuple[str, str] | None:
    """Return why a decoy can't be there, and the span of the query that it contradicts, if that is known."""
    row = next((entity for entity in state.entities if entity.left_out is wish), None)
    known = {(item.source.position, item.reason) for item in without.not_inverted}
    news = [item.source for item in state.not_inverted if (item.source.position, item.reason) not in known]
    if row is None:
        return _UNLIKE, next((source.span_id for source in news), "")
    if not _is_as_wished(state, row, wish):
        return _NONE, ""
    for source in news:
        return _UNLIKE, source.span_id
    judge = Judge(state.rows)
    for fact in facts:
        if (
            isinstance(fact, (Updated, Deleted))
            and fact.table == row.table
            and judge.verdict(row, fact.conditions, before) is True
        ):
            return _UNLIKE, fact.source.span_id
    return None


def _is_as_wished(state: State, row: Entity, wish: LeftOut) -> bool:
    judge = Judge(state.rows)
    readable = [condition for condition in wish.conditions if not isinstance(condition, Opaque)]
    verdicts = [judge.verdict(row, (condition,), before) for condition in readable]
    alone = [
        verdict
        for verdict, condition in zip(verdicts, readable, strict=True)
        if isinstance(condition, Simple)
    ]
    if False in verdicts or None in alone:
        return False
    return judge.verdict(row, wish.asked, before) is not True


# --- in words


def words(part: Part, catalog: Catalog) -> str:
    """Return what a row has that one condition leaves out: ``status other than 'published'``."""
    condition = part.condition
    if isinstance(condition, AnyOf):
        return f"no {part.path[-1]} that is asked for"
    table = catalog.tables.get(part.table)
    of = f" of {part.table}" if len(part.path) > 1 else ""
    is_key = table is not None and (
        condition.column in table.references or condition.column == table.primary_key
    )
    return _words(condition, f"{condition.column}{of}", is_key=is_key)


_COMPARED: Final[Mapping[str, str]] = {
    "<": "not below",
    "<=": "above",
    ">": "not above",
    ">=": "below",
}


def _words(condition: Simple, name: str, *, is_key: bool) -> str:
    match condition:
        case OneOf(_, (None,)):
            return f"some {name}"
        case NoneOf(_, ()):
            return f"no {name}"
        case OneOf(_, (bool(value),)):
            return f"{name} {not value}"
        case OneOf(_, values):
            return f"another {name}" if is_key else f"{name} other than {_either(values)}"
        case NoneOf(_, values):
            return f"that {name}" if is_key else f"{name} {_either(values)}"
        case Bound(_, operator, value):
            return f"{name} {_COMPARED[operator]} {_either((value,))}"
        case Text(_, pattern, negated=negated):
            return f"{name} {'like' if negated else 'unlike'} {_either((pattern,))}"


def _either(values: Sequence[object]) -> str:
    return " or ".join(
        brief(value if isinstance(value, (int, str)) else str(value), _SHOWN) for value in values
    )
