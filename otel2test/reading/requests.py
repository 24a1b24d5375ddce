"""Traces → the requests and operations in them, each with the spans that belong to it.

What enters is a :class:`~otel2test.reading.traces.Trace`; what leaves is an :class:`Extent` a
request. A request inside a request (an application that calls itself, or another one that
was recorded too) has an extent of its own, and what is below it belongs to it alone; so has
an operation, such as a task that a worker ran for a request.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from otel2test import attributes
from otel2test.errors import Problem
from otel2test.reading.spans import Span
from otel2test.reading.traces import Trace

DJANGO_SCOPE: Final = "opentelemetry.instrumentation.django"


@dataclass(frozen=True, slots=True)
class Extent:
    """One request or operation, as far as it reaches in its trace."""

    request: Span
    """The span of the request, or of the operation."""
    spans: tuple[Span, ...]
    """The request's and all that belong to it, in order of their start."""
    adopted: tuple[Span, ...] = ()
    """Those of ``spans`` that lost their parent, and belong here because they ran meanwhile."""


def extents(trace: Trace) -> tuple[Extent, ...]:
    """Return the requests of a trace, in order."""
    requests = [span for span in trace.spans if _is_request(span)]
    if len(requests) != 1:
        return tuple(Extent(request, _ordered(trace, [request])) for request in requests)
    # Nothing else was served that a span without its parent could belong to.
    (request,) = requests
    adopted = tuple(
        orphan
        for orphan in trace.orphans
        if not _is_owner(orphan) and request.start <= orphan.start <= request.end
    )
    return (Extent(request, _ordered(trace, [request, *adopted]), adopted),)


def operation_extents(trace: Trace) -> tuple[Extent, ...]:
    """Return the operations of a trace, in order: what ran outside of any request."""
    return tuple(
        Extent(span, _ordered(trace, [span]))
        for span in trace.spans
        if attributes.OPERATION in span.attributes
    )


def requestless(trace: Trace) -> Problem:
    """Return what to say of a trace in which nobody made a request."""
    top = trace.roots[0]
    return Problem(
        str(top.origin),
        f"trace {trace.id} has no request to a Django application in it, only {top.name!r}",
        "no test comes from it; make requests while recording",
    )


def _is_request(span: Span) -> bool:
    return span.scope == DJANGO_SCOPE or attributes.REQUEST in span.attributes


def _is_owner(span: Span) -> bool:
    return _is_request(span) or attributes.OPERATION in span.attributes


def _ordered(trace: Trace, tops: Iterable[Span]) -> tuple[Span, ...]:
    return trace.in_order(span for top in tops for span in (top, *_below(trace, top)))


def _below(trace: Trace, top: Span) -> Iterator[Span]:
    waiting = [*trace.children(top.span_id)]
    while waiting:
        span = waiting.pop()
        if not _is_owner(span):
            yield span
            waiting += trace.children(span.span_id)
