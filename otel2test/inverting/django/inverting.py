"""Exchange → Plan: the whole inversion of one request, as a list of steps."""

from dataclasses import replace

from otel2test.identifiers import Names
from otel2test.inverting import collecting, solving
from otel2test.inverting.django import (
    acting,
    arranging,
    creating,
    evidence,
    explaining,
    naming,
    rows,
    volatility,
)
from otel2test.inverting.django.answering import Answer
from otel2test.inverting.django.effects import Effects
from otel2test.inverting.django.logins import Login
from otel2test.inverting.django.models import models_of
from otel2test.inverting.django.querycount import count_queries
from otel2test.inverting.django.rows import Arrangement
from otel2test.inverting.django.subjects import Pages, subject_of
from otel2test.inverting.origins import Explained
from otel2test.inverting.plan import (
    AnswerCall,
    Arrange,
    Assert,
    AssertCallCount,
    AssertContains,
    AssertSentBody,
    Note,
    Plan,
    SetClock,
    made,
    referred,
)
from otel2test.reading.exchanges import Exchange, Model

_RESERVED = (
    "client",
    "django_user_model",
    "get_user",
    "pytest",
    "pytestmark",
    "response",
    "responses",
    "self",
    "session",
    "time_machine",
    "timezone",
    "datetime",
    "date",
    "time",
    "timedelta",
    "escape",
    "matchers",
    "uuid",
)


def invert(
    exchange: Exchange, pages: Pages, *, name: str | None = None, assert_queries: bool = False
) -> Explained:
    """Return the test of one request, with its reasons.

    ``pages`` gives names to the paths of the recording, for naming redirects; ``name`` is
    used instead of one that says what happens. ``assert_queries`` counts the queries, too.
    """
    models = models_of(exchange.schema, exchange.queries)
    facts = collecting.collect(exchange.queries, models.catalog)
    state = solving.solve(facts, models.catalog)
    seen = evidence.gather(exchange)
    inputs = volatility.inputs_of(exchange, state, evidence.request_tokens(exchange))
    names = Names(_RESERVED)
    login = Login(exchange, models, state)
    visible = rows.Visible(seen, collecting.compared_columns(exchange.queries))
    arrangement = arranging.arrange(state, models, visible, names, login.arranged)
    login.prepare(arrangement)
    rows.name_referred(arrangement)

    effects = Effects(state, arrangement, inputs, login.passwords.stored, visible)
    answer = Answer(exchange, arrangement, effects, inputs)
    about_login = tuple(login.asserts(arrangement, effects))
    about_rows = tuple(effects.asserts())
    about_response = tuple(answer.asserts())
    calls = tuple(acting.answers(exchange, inputs))
    answers = tuple(item for item in calls if isinstance(item, AnswerCall))

    act, act_notes = acting.send_request(exchange)
    if assert_queries:
        number = count_queries(exchange.queries, facts, models)
        act = replace(act, queries=number if isinstance(number, int) else None)
        act_notes = (*act_notes, *((Note(number),) if isinstance(number, str) else ()))
    clock = (
        effects.needs_clock
        or answer.needs_clock
        or volatility.compares_with_clock(exchange.queries, inputs)
        or volatility.reads_clock(exchange.calls, inputs)
        or inputs.is_recent(exchange.session.before if exchange.session else None)
    )
    arrange: tuple[Arrange, ...] = (
        *((SetClock(exchange.start),) if clock else ()),
        *creating.steps(arrangement, visible),
        *login.steps(arrangement),
        *acting.session_and_cookies(exchange),
        *answers,
    )
    notes = (
        *arrangement.notes,
        *effects.notes,
        *arranging.notes_of(state.not_inverted, models),
        *act_notes,
        *(item for item in calls if isinstance(item, Note)),
        *(Note(f"the recorder lost something: {fault}") for fault in exchange.faults),
    )
    created = tuple(item.model for item in effects.created)
    shown = _shown(about_response, arrangement)
    test_names = naming.names(exchange, subject_of(exchange), created, shown, bool(answer.form_errors), pages)
    if name is not None:
        test_names = (name.removeprefix("test_"),)
    plan = Plan(
        name=test_names[0],
        alternatives=test_names[1:],
        trace_id=exchange.trace_id,
        arrange=arrange,
        act=act,
        asserts=_in_order(about_response, about_rows, about_login, _about_calls(answers)),
        notes=notes,
        database=_needs_database(exchange, arrangement),
        databases=_other_databases(exchange),
        first_party=_first_party(exchange),
    )
    return Explained(plan, explaining.origins(plan, exchange, arrangement, effects, facts), facts)


def _in_order(
    response: tuple[Assert, ...],
    rows: tuple[Assert, ...],
    login: tuple[Assert, ...],
    calls: tuple[Assert, ...],
) -> tuple[Assert, ...]:
    """The response first, but what is compared with a row only after the row was fetched."""
    fetched = {variable for step in rows for variable in made(step)}
    waiting = tuple(step for step in response if referred(step) & fetched)
    at_once = tuple(step for step in response if step not in waiting)
    return at_once + rows + waiting + login + calls


def _about_calls(answers: tuple[AnswerCall, ...]) -> tuple[Assert, ...]:
    if not answers:
        return ()
    bodies = tuple(
        AssertSentBody(index, answer.sent_text)
        for index, answer in enumerate(answers)
        if answer.sent_text is not None
    )
    return (AssertCallCount(len(answers)), *bodies)


def _shown(asserts: tuple[Assert, ...], arrangement: Arrangement) -> tuple[Model, ...]:
    """Return the models whose texts the page shows, in the order of the assertions."""
    texts = [step.text for step in asserts if isinstance(step, AssertContains)]
    shown = [
        row.model
        for text in texts
        for row in arrangement.rows
        if text in [known.value for known in row.known.values() if isinstance(known.value, str)]
    ]
    return tuple(sorted(shown, key=lambda model: model.user))


def _needs_database(exchange: Exchange, arrangement: Arrangement) -> bool:
    return bool(exchange.queries or arrangement.rows or exchange.session)


def _other_databases(exchange: Exchange) -> tuple[str, ...]:
    return tuple(sorted({query.alias for query in exchange.queries} - {"default"}))


def _first_party(exchange: Exchange) -> frozenset[str]:
    modules = [model.module for model in exchange.schema.models]
    if exchange.view is not None:
        modules.append(exchange.view.module)
    if exchange.schema.settings_module:
        modules.append(exchange.schema.settings_module)
    return frozenset(module.partition(".")[0] for module in modules) - {"django"}
