"""One request of a test: the act, and what is asserted after it.

What enters is an exchange, what is known of the rows that it met, and the arrangement as it is
when the request is made: the rows that the test made, and those that earlier requests of the
same test created. What leaves is a :class:`Scene` with everything that a name, a note or an
explanation may want to know.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from otel2test.inverting.acts import SendRequest
from otel2test.inverting.arrangements import Arrange
from otel2test.inverting.assertions import Assert
from otel2test.inverting.django import acting, stored_files, volatility, weak_passwords
from otel2test.inverting.django.answering import Answer
from otel2test.inverting.django.carrying import Carried
from otel2test.inverting.django.consequences import consequences
from otel2test.inverting.django.decoying import Decoying
from otel2test.inverting.django.effects import Effects
from otel2test.inverting.django.enumerating import Enumerating
from otel2test.inverting.django.logins import Login
from otel2test.inverting.django.looping import made_in_any_order
from otel2test.inverting.django.models import Models
from otel2test.inverting.django.places import Places
from otel2test.inverting.django.querycount import count_queries
from otel2test.inverting.django.rows import Arrangement, Row, Visible
from otel2test.inverting.django.strengthening import Strengthening
from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.django.weakening import Weakening
from otel2test.inverting.entities import Known, is_known
from otel2test.inverting.facts import Fact
from otel2test.inverting.feedback import Feedback
from otel2test.inverting.plan import Note, made, referred
from otel2test.inverting.sortings import Keys
from otel2test.inverting.state import State
from otel2test.reading.exchanges import Exchange


@dataclass(frozen=True, slots=True)
class Part:
    """One exchange of a test, as it was recorded and understood."""

    exchange: Exchange
    facts: tuple[Fact, ...]
    state: State
    """Of this request alone: what was before it, what after."""
    login: Login
    inputs: Inputs


@dataclass(frozen=True, slots=True)
class Played:
    """One request of a test, inverted."""

    part: Part
    arrangement: Arrangement
    effects: Effects
    answer: Answer
    act: SendRequest
    response: tuple[Assert, ...]
    asserts: tuple[Assert, ...]
    """Those on the response among them."""
    arrange: tuple[Arrange, ...]
    """What the request needs beside rows, a login and a session."""
    notes: tuple[Note, ...]
    needs_clock: bool
    moved: Callable[[Keys], Keys | None] = lambda keys: keys
    """Where a part of the response's JSON stands once the assertions have sorted its lists."""


def play(
    part: Part,
    arrangement: Arrangement,
    visible: Visible,
    models: Models,
    carried: Carried,
    *,
    assert_queries: bool,
    feedback: Feedback,
    number: int,
) -> Played:
    """Return the request as the test makes it, given what is there when it does.

    ``number`` is the request's in its test, from 0: what ``feedback`` calls it by.
    """
    exchange, inputs = part.exchange, part.inputs
    effects = Effects(
        part.state,
        arrangement,
        inputs,
        part.login.passwords.stored,
        visible,
        tuple(carried.created),
        _volatile_columns(feedback, number) | _enumerating_columns(part),
    )
    answer = Answer(exchange, arrangement, effects, inputs)
    about_login = tuple(part.login.asserts(arrangement, effects))
    about_rows = tuple(made_in_any_order(tuple(effects.asserts()), effects.created, exchange.queries))
    about_response = tuple(answer.asserts())
    beside = consequences(exchange.effects, effects, inputs, arrangement.names, exchange.queries)
    needs_clock = (
        feedback.clock
        or effects.needs_clock
        or answer.needs_clock
        or volatility.compares_with_clock(exchange.queries, inputs)
        or volatility.reads_clock(exchange.calls, inputs)
        or inputs.is_recent(exchange.session.before if exchange.session else None)
    )
    places = Places(effects, exchange.effects, beside.asserts, beside.patches)
    strengthening = Strengthening(feedback, number, exchange, inputs, effects, places, clock=needs_clock)
    strong_response = strengthening.of_response(about_response)
    strong_rows = strengthening.of_rows(about_rows)
    strong_effects = strengthening.of_effects(beside.asserts)
    decoying = Decoying(exchange, part.state, arrangement, effects)
    strong_response, strong_rows = decoying.of_response(strong_response), decoying.of_rows(strong_rows)
    weakening = Weakening(feedback, number, exchange, inputs, places)
    strong_response = weakening.of(strong_response)
    strong_effects = weakening.of(strong_effects)
    act, notes = acting.send_request(exchange)
    act = weak_passwords.refused_again(act, exchange, [row for row in arrangement.rows if row.model.user])
    act = acting.with_keys(act, arrangement)
    act = replace(act, patches=tuple(beside.patches), runs_commit_hooks=beside.runs_commit_hooks)
    if assert_queries:
        counted = count_queries(exchange.queries, part.facts, models)
        act = replace(act, queries=counted if isinstance(counted, int) else None)
        notes = (*notes, *((Note(counted),) if isinstance(counted, str) else ()))
    return Played(
        part=part,
        arrangement=arrangement,
        effects=effects,
        answer=answer,
        act=carried.into(act, exchange),
        response=about_response,
        asserts=_in_order(strong_response, weakening.of(strong_rows), (*about_login, *strong_effects)),
        arrange=(*beside.arrange, *stored_files.steps(exchange, arrangement)),
        notes=(*effects.notes, *notes, *beside.notes),
        needs_clock=needs_clock or effects.needs_clock,
        moved=weakening.moved,
    )


def _volatile_columns(feedback: Feedback, number: int) -> frozenset[tuple[str, str]]:
    """Return (table, column) of created rows in which replays saw other values."""
    places = [place for place in feedback.volatile if place.kind == "created" and place.request == number]
    return frozenset((str(place.path[0]), str(place.path[-1])) for place in places if place.path)


def _enumerating_columns(part: Part) -> frozenset[tuple[str, str]]:
    """Return (table, column) of created rows that enumerate others in an order that no query promised."""
    enumerating = Enumerating(part.exchange.queries, part.inputs)
    return frozenset(
        (entity.table, column)
        for entity in part.state.entities
        if entity.created
        for column, known in entity.after.items()
        if enumerating.of(known.value)
    )


def _in_order(
    response: tuple[Assert, ...], rows: tuple[Assert, ...], login: tuple[Assert, ...]
) -> tuple[Assert, ...]:
    """The response first, but what is compared with a row only after the row was fetched."""
    fetched = {variable for step in rows for variable in made(step)}
    waiting = tuple(step for step in response if referred(step) & fetched)
    at_once = tuple(step for step in response if step not in waiting)
    return at_once + rows + waiting + login


# --- the arrangement as later requests find it ----------------------------------------------


def arrangement_for(part: Part, arrangement: Arrangement, rows: Sequence[Row]) -> Arrangement:
    """Return the arrangement when the request is made: ``rows``, with the values that it then read."""
    found = _rows_of(part.state, arrangement.models, rows)
    for entity in part.state.entities:
        row = found.get(id(entity))
        if row is not None:
            _learn(row, entity.before, arrangement.models)
    return replace(arrangement, rows=list(rows), of_entity=found, notes=[])


def rows_after(played: Played, rows: Sequence[Row]) -> list[Row]:
    """Return the rows that are there after the request, those that it created among them."""
    gone = {id(played.arrangement.row(entity)) for entity in played.part.state.entities if entity.deleted}
    for entity in played.part.state.entities:
        row = played.arrangement.row(entity)
        if row is not None and not entity.deleted:
            _learn(row, entity.after, played.arrangement.models)
    left = [row for row in rows if id(row) not in gone]
    for created in played.effects.created:
        known = {
            item.attname: told
            for item in created.model.fields
            if item.attname in created.values and (told := created.entity.value(item.column)) is not None
        }
        left.append(
            Row(
                created.model,
                known,
                created.entity.number,
                created.entity,
                variable=created.variable,
                wanted=created.variable or created.model.name.lower(),
                made_before=True,
            )
        )
    return left


def _rows_of(state: State, models: Models, rows: Sequence[Row]) -> Mapping[int, Row]:
    """Return ``id(entity)`` → the row that it is, found by what identifies it."""
    by_value: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        for model in models.lineage(row.model):
            for item in model.fields:
                if (item.primary_key or item.unique) and (value := row.value(item.attname)) is not None:
                    by_value.setdefault((model.table, item.column, repr(value)), row)
    found: dict[int, Row] = {}
    for entity in state.entities:
        if not entity.existed:
            continue
        for column, known in entity.before.items():
            match = by_value.get((entity.table, column, repr(known.value)))
            if match is not None:
                found[id(entity)] = match
                break
    return found


def _learn(row: Row, told: Mapping[str, Known], models: Models) -> None:
    """Take over what was read or written of a row since the test made it."""
    for model in models.lineage(row.model):
        for item in model.fields:
            known = told.get(item.column)
            if known is not None and is_known(known):
                row.known[item.attname] = known
