"""The life of a request: hooks around Django's handlers.

``BaseHandler.get_response`` begins and ends an :class:`~.exchange.Exchange`. The span that
the Django instrumentation starts within it ties it to a trace; that trace is held until the
response is closed, when all that is known by then is put on the span. A request without such
a span leaves no record.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextvars import Token
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import wrapt
from django.core.handlers.base import BaseHandler
from django.core.signals import got_request_exception
from opentelemetry import context as otel_context
from opentelemetry.trace import set_span_in_context

from otel2test import attributes
from otel2test.processors.bodies import text_apart
from otel2test.processors.django import (
    awaiting,
    bodies,
    flashes,
    forms,
    identity,
    messages,
    raising,
    schema,
    templates,
)
from otel2test.processors.django.concealing import conceal_body, conceal_text
from otel2test.processors.django.exchange import Exchange, begin, current, leave, put, tie, tied
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.failures import failure
from otel2test.processors.guard import guard, guarded
from otel2test.processors.traces import Parted

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Span

    from otel2test.attributes import ExceptionPayload
    from otel2test.processors.recorder import Recorder

_MIDDLEWARE: Final = "opentelemetry.instrumentation.django.middleware.otel_middleware"
_installed: Final[list[Recorder]] = []


def install(recorder: Recorder) -> None:
    """Record the requests of this process with ``recorder``; again with the same one does nothing."""
    if any(known is recorder for known in _installed):
        return
    with guard("django: hooks"):
        _installed.append(recorder)
        replace_method(BaseHandler, "get_response", _answering)
        replace_method(BaseHandler, "get_response_async", _answering_async)
        got_request_exception.connect(_failed, dispatch_uid="otel2test")
        templates.install()
        wrapt.register_post_import_hook(_install_session, "django.contrib.sessions.backends.base")
        wrapt.register_post_import_hook(_install_messages, "django.contrib.messages.storage.base")
        wrapt.register_post_import_hook(_install_middleware, _MIDDLEWARE)
        recorder.on_span_start(partial(_span_started, recorder))


def _install_middleware(module: Any) -> None:
    with guard("django: middleware"):
        raising.install(module)
        awaiting.install(module)


def _install_session(module: Any) -> None:
    with guard("django: session"):
        identity.install_session(module.SessionBase)


def _install_messages(module: Any) -> None:
    with guard("django: messages"):
        flashes.install(module.BaseStorage)


def _nothing() -> None:
    """Leave what was never entered."""


def _answering(get_response: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, request: Any) -> Any:
        begun = begin(request)
        response = None
        try:
            response = get_response(self, request)
        finally:
            _answered(begun, response)
        return response

    return recorded


def _answering_async(get_response: Callable[..., Any]) -> Callable[..., Any]:
    async def recorded(self: Any, request: Any) -> Any:
        begun = begin(request)
        response = None
        try:
            response = await get_response(self, request)
        finally:
            _answered(begun, response)
        return response

    return recorded


def _span_started(recorder: Recorder, span: Span) -> None:
    exchange = tie(recorder, span)
    if exchange is None:
        return
    request, limit = exchange.request, recorder.settings.max_body
    head = exchange.head = messages.request_head(request)
    exchange.secrets |= messages.secret_cookies(head)
    exchange.request_copy = bodies.tee_request(request, limit)

    def payload() -> object:
        body = bodies.request_body(request, head.content_type, exchange.request_copy, limit)
        texts = text_apart(conceal_body(body, exchange.secrets), attributes.REQUEST_BODY)
        return Parted(messages.request_payload(head, body), texts)

    put(exchange, {attributes.REQUEST: payload})


def _failed(sender: object, **kwargs: object) -> None:  # noqa: ARG001 - the signal's signature
    """Keep the exception that Django turned into an error response."""
    with guard("django: exception"):
        exchange, error = tied(), sys.exc_info()[1]
        if exchange is not None and error is not None:
            exchange.exception = failure(error)


@guarded("django: response", None)
def _answered(begun: tuple[Exchange, Token[Exchange | None]] | None, response: Any) -> None:
    """See to it that the exchange ends when the response is closed, or now where there is none."""
    if begun is None:
        return
    exchange, token = begun
    leave(token)
    leave_again = _enter(exchange)
    try:
        with guard("django: response"):
            _await_close(exchange, response)
    finally:
        leave_again()


def _await_close(exchange: Exchange, response: Any) -> None:
    if exchange.tie is None:
        return
    closers = getattr(response, "_resource_closers", None)
    if closers is None:
        _finish(exchange, None)
        return
    closers.append(partial(_finish, exchange, response))
    _watch(exchange, response)


def _watch(exchange: Exchange, response: Any) -> None:
    if response.streaming and exchange.tie is not None:
        limit = exchange.tie.recorder.settings.max_body
        exchange.response_copy = bodies.tee_response(response, limit, partial(_enter, exchange))


@guarded("django: exchange", _nothing)
def _enter(exchange: Exchange) -> Callable[[], None]:
    """Make what the program does part of the exchange, whose span has ended; returns what ends that."""
    if exchange.tie is None:
        return _nothing
    token = current.set(exchange)
    parent = otel_context.attach(set_span_in_context(exchange.tie.live_span))
    return partial(_leave, token, parent)


@guarded("django: exchange", None)
def _leave(token: Token[Exchange | None], parent: Token[otel_context.Context]) -> None:
    """Make the exchange and the context before :func:`_enter` those of this thread again."""
    leave(token)
    otel_context.detach(parent)


def _finish(exchange: Exchange, response: Any) -> None:
    """Put what is known on the span and let the trace be written."""
    leave_again = _enter(exchange)
    with guard("django: exchange"):
        if exchange.tie is not None:
            _put_all(exchange, response, exchange.tie.recorder.settings.max_body)
    leave_again()
    with guard("django: exchange"):
        exchange.over = True
        if exchange.tie is not None:
            exchange.tie.release()


def _put_all(exchange: Exchange, response: Any, limit: int) -> None:
    request, method = exchange.request, exchange.head.method if exchange.head else ""
    payloads: dict[str, Callable[[], object]] = {}
    if response is not None:

        def payload() -> object:
            body = bodies.response_body(response, method, exchange.response_copy, limit)
            texts = text_apart(conceal_body(body, exchange.secrets), attributes.RESPONSE_BODY)
            return Parted(messages.response_payload(response, body), texts)

        payloads[attributes.RESPONSE] = payload
    if exchange.templates:
        payloads[attributes.TEMPLATES] = partial(templates.templates_payload, exchange)
    if exchange.forms:
        payloads[attributes.FORMS] = partial(forms.forms_payload, exchange)
    if (exception := exchange.exception) is not None:
        payloads[attributes.EXCEPTION] = partial(_concealed, exception, exchange.secrets)
    payloads[attributes.SCHEMA] = partial(schema.schema_payload, exchange)
    # What the program gave no cause to know is None, and not written.
    payloads[attributes.VIEW] = partial(messages.view_payload, request)
    payloads[attributes.USER] = partial(identity.user_payload, exchange)
    payloads[attributes.SESSION] = partial(identity.session_payload, exchange)
    payloads[attributes.MESSAGES] = partial(flashes.messages_payload, exchange)
    put(exchange, payloads)


def _concealed(exception: ExceptionPayload, secrets: AbstractSet[object]) -> ExceptionPayload:
    return {**exception, "message": conceal_text(exception["message"], secrets)}
