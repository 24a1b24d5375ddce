"""The request that is being answered, from the first middleware to the closed response.

An :class:`Exchange` begins untied: nothing is known but Django's request object. Once
the Django instrumentation starts its span it is tied to that span, and only then is
anything recorded, so that what OpenTelemetry excludes or samples away is left alone.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from opentelemetry import trace

from otel2test.processors.guard import guard, guarded
from otel2test.processors.recorder import DJANGO_SCOPE, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.trace import Span
    from opentelemetry.trace import SpanContext

    from otel2test.attributes import ExceptionPayload
    from otel2test.processors.bodies import BodyCopy
    from otel2test.processors.django.messages import RequestHead
    from otel2test.processors.django.statements import Statement
    from otel2test.values import Wire


@dataclass(eq=False, slots=True)
class Tie:
    """What binds an exchange to its span."""

    recorder: Recorder
    span: SpanContext
    live_span: Span
    """For work that goes on after the span ended, such as a streamed body, to be its child."""
    release: Callable[[], None]
    """Lets the trace be written."""


@dataclass(eq=False, slots=True, weakref_slot=True)
class Exchange:
    """One request on its way through Django, or an operation outside of any."""

    request: Any
    """For an operation, an empty namespace: what is looked for in its ``__dict__`` isn't there."""
    tie: Tie | None = None
    head: RequestHead | None = None
    request_copy: BodyCopy | None = None
    response_copy: BodyCopy | None = None
    session_before: dict[str, Wire] | None = None
    messages_added: list[Any] = field(default_factory=list)
    """What the program said through the messages framework."""
    templates: dict[str, list[str]] = field(default_factory=dict)
    """Template name → context keys, in the order of first rendering."""
    forms: dict[int, tuple[str, Any]] = field(default_factory=dict)
    """Bound forms that templates were given, by identity, each with its context key."""
    exception: ExceptionPayload | None = None
    statements: list[Statement] = field(default_factory=list)
    connections: dict[str, dict[int, int]] = field(default_factory=dict)
    """Alias → connections of this process, numbered in the order in which they were first used."""
    secrets: set[object] = field(default_factory=set)
    """Values that must not be written, wherever they stand."""
    over: bool = False
    """The trace was let go of; what a task or a thread does now comes as a line of its own."""
    written: bool = False
    """All that was kept for the trace is gone."""

    def forget(self) -> None:
        """Keep nothing of the request: what it started may go on, and hold on to this, for ever."""
        self.written = True
        self.request = SimpleNamespace()
        self.request_copy = self.response_copy = self.session_before = self.exception = None
        self.messages_added, self.statements, self.secrets = [], [], set()
        self.templates, self.forms, self.connections = {}, {}, {}


current: Final[ContextVar[Exchange | None]] = ContextVar("otel2test_exchange", default=None)
_of_trace: Final[WeakValueDictionary[int, Exchange]] = WeakValueDictionary()


@guarded("django: exchange", None)
def begin(request: Any) -> tuple[Exchange, Token[Exchange | None]] | None:
    """Make a new exchange that of this context; returns it with what :func:`leave` needs."""
    exchange = Exchange(request)
    return exchange, current.set(exchange)


@guarded("django: exchange", None)
def leave(token: Token[Exchange | None]) -> None:
    """Make the exchange before that of this context again."""
    current.reset(token)


@guarded("django: exchange", None)
def tied() -> Exchange | None:
    """Return the exchange of this context if it is being recorded."""
    exchange = current.get()
    if exchange is None:
        # In a thread of the program's, OpenTelemetry's context may be all that was handed on.
        return _of_trace.get(trace.get_current_span().get_span_context().trace_id)
    return exchange if exchange.tie is not None else None


def tie(recorder: Recorder, span: Span) -> Exchange | None:
    """Bind the exchange of this context to ``span`` if that is its own; return it where that was new."""
    exchange = current.get()
    if exchange is None or exchange.tie is not None:
        return None
    scope = span.instrumentation_scope
    if scope is None or scope.name != DJANGO_SCOPE:
        return None
    bind(exchange, recorder, span)
    return exchange


def bind(exchange: Exchange, recorder: Recorder, span: Span) -> None:
    """Make ``span`` the one that all that is known of ``exchange`` is put on; its trace is held."""
    context = span.get_span_context()
    exchange.tie = Tie(recorder, context, span, recorder.hold(context))
    recorder.after_writing(context, exchange.forget)
    _of_trace[context.trace_id] = exchange


def put(exchange: Exchange, payloads: Mapping[str, Callable[[], object]]) -> None:
    """Add attributes to the exchange's span, made when its trace is written."""
    with guard("django: attributes"):
        if exchange.tie is not None:
            exchange.tie.recorder.put_all(exchange.tie.span, payloads)
