"""Traces → exchanges.

What enters is a :class:`~otel2test.reading.traces.Trace`; what leaves is an
:class:`~otel2test.reading.exchanges.Exchange` for each request in it, wire values decoded,
and a :class:`~otel2test.errors.Problem` for each payload that could not be read in full.
Nothing is refused: a trace that was recorded without our span processor gives an exchange
too, as far as the semantic conventions tell of it (queries have text but no rows, messages
have no bodies), so that later stages can say what they miss.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from otel2test import attributes
from otel2test.errors import Problem
from otel2test.reading import messages, semconv
from otel2test.reading.calls import calls
from otel2test.reading.effect_payloads import side_effects
from otel2test.reading.exchanges import (
    Exchange,
    Failure,
    Form,
    FormError,
    Messages,
    Schema,
    Session,
    Template,
    User,
    View,
)
from otel2test.reading.happenings import Happenings, happenings
from otel2test.reading.payloads import Payload, SpanPayloads
from otel2test.reading.requests import extents
from otel2test.reading.schemas import schema
from otel2test.reading.spans import Span
from otel2test.reading.traces import Trace

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def exchanges(trace: Trace) -> tuple[tuple[Exchange, ...], tuple[Problem, ...]]:
    """Return the requests of a trace in order, and what could not be read of them."""
    found: list[Exchange] = []
    problems: list[Problem] = []
    for extent in extents(trace):
        payloads = SpanPayloads(extent.request)
        payloads.check_format()
        inside = happenings(trace, extent.spans)
        found.append(_exchange(extent.request, payloads, inside))
        problems += map(_adoption, extent.adopted)
        problems += payloads.problems
        problems += inside.problems
    return tuple(found), tuple(problems)


def instant(nanoseconds: int) -> dt.datetime:
    """Return a span's time as an aware datetime, UTC."""
    return _EPOCH + dt.timedelta(microseconds=nanoseconds // 1000)


def _adoption(span: Span) -> Problem:
    return Problem(
        str(span.origin),
        f"span {span.span_id} ({span.name!r}) is below a span that is not there",
        "it was counted to the request that ran at its time",
    )


def _exchange(span: Span, payloads: SpanPayloads, inside: Happenings) -> Exchange:
    models = payloads.record(attributes.SCHEMA)
    return Exchange(
        trace_id=span.trace_id,
        span_id=span.span_id,
        service=semconv.service(span.resource),
        start=instant(span.start),
        end=instant(span.end),
        origin=span.origin,
        request=messages.request(span, payloads.record(attributes.REQUEST)),
        response=messages.response(span, payloads.record(attributes.RESPONSE)),
        view=_view(span, payloads.record(attributes.VIEW)),
        user=_user(payloads.record(attributes.USER)),
        session=_session(payloads.record(attributes.SESSION)),
        templates=tuple(_templates(payloads.records(attributes.TEMPLATES))),
        exception=_exception(span, payloads.record(attributes.EXCEPTION)),
        queries=inside.queries,
        outbound=inside.outbound,
        calls=calls(payloads),
        schema=schema(models) if models else Schema(),
        faults=payloads.texts(attributes.FAULTS),
        messages=_messages(payloads.record(attributes.MESSAGES)),
        forms=tuple(map(_form, payloads.records(attributes.FORMS))),
        effects=side_effects(payloads),
    )


def _view(span: Span, payload: Payload | None) -> View | None:
    if payload is None:
        route = semconv.route(span.attributes)
        return None if route is None else View("", "", route, None, {})
    return View(
        module=payload.text("module"),
        qualname=payload.text("qualname"),
        route=payload.text("route", ""),
        url_name=payload.optional_text("url_name"),
        kwargs=payload.named_values("kwargs"),
        args=payload.values("args"),
    )


def _user(payload: Payload | None) -> User | None:
    if payload is None:
        return None
    return User(
        authenticated=payload.flag("authenticated"),
        model=payload.optional_text("model"),
        pk=payload.value("pk"),
        backend=payload.optional_text("backend"),
    )


def _session(payload: Payload | None) -> Session | None:
    if payload is None:
        return None
    before = payload.named_values("before")
    return Session(before, payload.named_values("after") if "after" in payload else before)


def _templates(payloads: Iterable[Payload]) -> Iterator[Template]:
    keys: tuple[str, ...] = ()
    for payload in payloads:
        further = "further_keys" in payload
        keys = (*keys, *payload.texts("further_keys")) if further else payload.texts("context_keys")
        yield Template(payload.text("name"), keys)


def _messages(payload: Payload | None) -> Messages:
    if payload is None:
        return Messages()
    return Messages(_leveled(payload, "before"), _leveled(payload, "added"))


def _leveled(payload: Payload, key: str) -> tuple[tuple[int, str | None], ...]:
    return tuple(
        (level if isinstance(level, int) else 0, text if isinstance(text, str) else None)
        for level, text in payload.rows(key, 2)
    )


def _form(payload: Payload) -> Form:
    return Form(
        key=payload.text("key"),
        name=payload.text("form"),
        errors=_form_errors(payload.record("errors")),
        forms=tuple(map(_form_errors, payload.records("forms"))) if "forms" in payload else None,
        is_cut=payload.flag("cut"),
    )


def _form_errors(payload: Payload | None) -> Mapping[str, tuple[FormError, ...]]:
    if payload is None:
        return {}
    return {
        field: tuple(FormError(error.text("code", ""), error.optional_text("message")) for error in errors)
        for field, errors in payload.lists_of_records().items()
    }


def _exception(span: Span, payload: Payload | None) -> Failure | None:
    if payload is not None:
        return messages.failure(payload)
    # With our recorder, what stands on the span beside it was handled by the program.
    told = None if attributes.FORMAT in span.attributes else semconv.exception(span)
    return None if told is None else Failure(*told)
