"""Exchanges → Plan: the whole inversion of a request, or of a story of several, as a list of steps."""

from collections.abc import Iterable, Sequence
from functools import partial

from otel2test.identifiers import Names
from otel2test.inverting import collecting, decoys, solving
from otel2test.inverting.arrangements import AnswerCall, Arrange, SetClock
from otel2test.inverting.django import (
    acting,
    arranging,
    clearing,
    coded,
    creating,
    evidence,
    explaining,
    naming,
    other_sessions,
    outbound,
    rows,
    scenes,
    sequences,
    stories,
    variables,
)
from otel2test.inverting.django.carrying import Carried
from otel2test.inverting.django.logins import Login
from otel2test.inverting.django.models import models_of
from otel2test.inverting.django.rows import Arrangement, Row
from otel2test.inverting.django.scenes import Part, Played
from otel2test.inverting.django.subjects import Pages, subject_of
from otel2test.inverting.django.told_apart import told_apart
from otel2test.inverting.feedback import Feedback
from otel2test.inverting.origins import Explained
from otel2test.inverting.plan import Note, Plan
from otel2test.reading.exchanges import Exchange, Query

_RESERVED = (
    "client",
    "connection",
    "connections",
    "cursor",
    "data",
    "django_user_model",
    "each",
    "entry",
    "get_user",
    "messages",
    "pytest",
    "pytestmark",
    "response",
    "responses",
    "respx",
    "self",
    "session",
    "statement",
    "stored",
    "time_machine",
    "timezone",
    "datetime",
    "date",
    "time",
    "timedelta",
    "escape",
    "json",
    "matchers",
    "uuid",
)

_NOTHING_TOLD = Feedback()


def invert(
    exchange: Exchange, pages: Pages, *, name: str | None = None, assert_queries: bool = False
) -> Explained:
    """Return the test of one request, with its reasons.

    ``pages`` gives names to the paths of the recording, for naming redirects; ``name`` is
    used instead of one that says what happens. ``assert_queries`` counts the queries, too.
    """
    return join([exchange], pages, name=name, assert_queries=assert_queries)


def join(
    exchanges: Sequence[Exchange],
    pages: Pages,
    *,
    name: str | None = None,
    assert_queries: bool = False,
    feedback: Feedback = _NOTHING_TOLD,
) -> Explained:
    """Return one test of the requests of one client, in their order, with its reasons.

    The state is arranged once, as it was before the first request. Each request is then
    inverted by itself, given what is there by then. ``feedback`` is what replays told of the test.
    """
    exchanges = stories.in_one_trace(exchanges)
    models = models_of(exchanges[0].schema, (query for item in exchanges for query in item.queries))
    all_facts = [collecting.collect(item.queries, models.catalog) for item in exchanges]
    facts = tuple(fact for told in all_facts for fact in told)
    solve = partial(solving.solve, facts, models.catalog, lacking=feedback.lacking)
    decoyed = decoys.solve_with(feedback.decoys, exchanges, facts, models.catalog, solve)
    state = decoyed.state
    alone = len(exchanges) == 1
    states = [state if alone else solving.solve(told, models.catalog) for told in all_facts]
    logins = [Login(item, models, found) for item, found in zip(exchanges, states, strict=True)]
    names = Names(_RESERVED)
    queries = [query for item in exchanges for query in item.queries]
    visible = rows.Visible(
        evidence.gather(exchanges),
        collecting.compared_columns(queries),
        collecting.sorting_columns(queries),
        collecting.picked_columns(queries, models.catalog),
        feedback.needed,
    )
    user = stories.user_before(logins, state)
    arrangement = arranging.arrange(state, models, visible, names, user)
    variables.name_as_called(arrangement, exchanges, user)
    stories.prepare(logins, arrangement)
    rows.pin(arrangement, feedback.pinned)
    rows.name_referred(arrangement, creating.updated(arrangement, visible))
    sequences.give_keys(arrangement)

    inputs = stories.inputs(exchanges, state)
    codes = coded.codes(exchanges, inputs)
    inputs = coded.drawn(inputs, codes)
    parts = [Part(*told) for told in zip(exchanges, all_facts, states, logins, inputs, strict=True)]
    recorded = {} if alone else {id(row): dict(row.known) for row in arrangement.rows}
    carried = Carried(names, codes=codes)
    played: list[Played] = []
    there: Sequence[Row] = arrangement.rows
    for number, part in enumerate(parts):
        found = arrangement if number == 0 else scenes.arrangement_for(part, arrangement, there)
        scene = scenes.play(
            part,
            found,
            visible,
            models,
            carried,
            assert_queries=assert_queries,
            feedback=feedback,
            number=number,
        )
        played.append(scene)
        if not alone:
            there = scenes.rows_after(scene, there)
            carried.take(number, part.exchange, scene.effects.created)
    for row in arrangement.rows if recorded else ():
        row.known = recorded[id(row)]

    calls = tuple(
        told_apart(
            told
            for number, part in enumerate(parts)
            for told in outbound.answers(part.exchange, part.inputs, feedback, number)
        )
    )
    answers = tuple(item for item in calls if isinstance(item, AnswerCall))
    clock = any(scene.needs_clock for scene in played)
    first: tuple[Arrange, ...] = (
        *((SetClock(exchanges[0].start),) if clock else ()),
        *clearing.steps(models, feedback.present),
        *other_sessions.with_sessions(
            (*creating.steps(arrangement, visible), *sequences.steps(arrangement, state)),
            logins[0].steps(arrangement),
            exchanges[0],
            state,
            arrangement,
        ),
        *acting.session_and_cookies(exchanges[0]),
        *outbound.steps(answers),
        *stories.shared(played),
    )
    told = stories.scenes(played, carried, first, tuple(outbound.asserts(answers)))
    notes = (
        *arrangement.notes,
        *(note for scene in played for note in scene.notes),
        *arranging.notes_of(state.not_inverted, models),
        *(item for item in calls if isinstance(item, Note)),
        *(Note(f"the recorder lost something: {fault}") for item in exchanges for fault in item.faults),
    )
    test_names = _names(played[0], pages) if alone else stories.names(exchanges)
    if name is not None:
        test_names = (name.removeprefix("test_"),)
    plan = Plan(
        name=test_names[0],
        alternatives=test_names[1:],
        trace_id=exchanges[0].trace_id,
        arrange=told[0].arrange,
        act=told[0].act,
        asserts=told[0].asserts,
        then=told[1:],
        notes=tuple({note.text: note for note in notes}.values()),
        database=assert_queries or any(_needs_database(item, arrangement) for item in exchanges),
        databases=_other_databases(queries),
        first_party=_first_party(exchanges),
    )
    return Explained(
        plan,
        partial(explaining.origins, plan, arrangement, played),
        facts,
        tuple(exchanges),
        (*arrangement.left_out, *decoyed.refused),
    )


def _names(played: Played, pages: Pages) -> tuple[str, ...]:
    exchange = played.part.exchange
    created = tuple(item.model for item in played.effects.created)
    shown = tuple(sorted(played.answer.shown, key=lambda model: model.user))
    form_errors = bool(played.answer.form_errors)
    return naming.names(exchange, subject_of(exchange), created, shown, form_errors, pages)


def _needs_database(exchange: Exchange, arrangement: Arrangement) -> bool:
    return bool(exchange.queries or arrangement.rows or exchange.session)


def _other_databases(queries: Iterable[Query]) -> tuple[str, ...]:
    return tuple(sorted({query.alias for query in queries} - {"default"}))


def _first_party(exchanges: Sequence[Exchange]) -> frozenset[str]:
    schema = exchanges[0].schema
    modules = [model.module for model in schema.models]
    modules += [item.view.module for item in exchanges if item.view is not None]
    if schema.settings_module:
        modules.append(schema.settings_module)
    return frozenset(module.partition(".")[0] for module in modules) - {"django"}
