"""What ``otel2test list`` shows: one row a recorded request, and one an operation.

What enters is a :class:`~otel2test.reading.Recording`; what leaves are :class:`Row`, and
their form as a table or as JSON. Recorded values are not decoded: the answer has to
come at once, however much was recorded.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import orjson

from otel2test import attributes
from otel2test.reading import Recording, Trace, messages
from otel2test.reading.building import instant
from otel2test.reading.happenings import is_outbound, is_statement
from otel2test.reading.operations import title
from otel2test.reading.payloads import SpanPayloads
from otel2test.reading.requests import extents, operation_extents
from otel2test.reading.spans import Span
from otel2test.terminal import aligned, printable, shortened

_SHORTEST_PREFIX: Final = 8
_WIDEST_REQUEST: Final = 70

_HEADINGS: Final = ("TRACE", "TIME (UTC)", "REQUEST", "STATUS", "QUERIES", "OUTBOUND", "MS")
_NUMBERS: Final = (3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Row:
    """One request, one operation, or a trace without any."""

    trace_id: str
    prefix: str
    """The beginning of the trace id that no other trace of the recording shares."""
    time: dt.datetime
    """Aware, UTC."""
    request: str | None
    """Such as ``POST /complete/50/``; None for what is no request."""
    name: str
    """Of the request's span, or of the trace's root."""
    status: int | None
    queries: int
    outbound: int
    milliseconds: float
    operation: str | None = None
    """Such as ``command import_prices``; None for what is no operation."""


def rows(recording: Recording) -> tuple[Row, ...]:
    """Return a row for every request and operation, in order of time, and for every trace without one."""
    prefixes = _prefixes(recording.traces)
    return tuple(row for trace in recording.traces for row in _rows(trace, prefixes[trace.id]))


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text with aligned columns; it ends in a newline."""
    lines = [
        (
            row.prefix,
            row.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            shortened(printable(row.request or row.operation or f"({row.name})"), _WIDEST_REQUEST),
            "-" if row.status is None else str(row.status),
            str(row.queries),
            str(row.outbound),
            f"{row.milliseconds:.1f}",
        )
        for row in rows
    ]
    return "".join(f"{line}\n" for line in aligned([_HEADINGS, *lines], right=_NUMBERS))


def as_json(rows: Sequence[Row]) -> str:
    """Return the rows as a JSON array; it ends in a newline."""
    content = [
        {
            "trace": row.trace_id,
            "time": row.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "request": row.request,
            **({} if row.operation is None else {"operation": row.operation}),
            "name": row.name,
            "status": row.status,
            "queries": row.queries,
            "outbound": row.outbound,
            "milliseconds": round(row.milliseconds, 3),
        }
        for row in rows
    ]
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _rows(trace: Trace, prefix: str) -> Iterator[Row]:
    requests = extents(trace)
    for extent in requests:
        payloads = SpanPayloads(extent.request)
        request = messages.request(extent.request, payloads.record(attributes.REQUEST))
        response = messages.response(extent.request, payloads.record(attributes.RESPONSE))
        query = f"?{request.query_string}" if request.query_string else ""
        yield Row(
            trace_id=trace.id,
            prefix=prefix,
            time=instant(extent.request.start),
            request=f"{request.method} {request.path}{query}",
            name=extent.request.name,
            status=response.status if response else None,
            queries=_count(trace, extent.spans, is_statement),
            outbound=_count(trace, extent.spans, is_outbound),
            milliseconds=(extent.request.end - extent.request.start) / 1e6,
        )
    operations = operation_extents(trace)
    for extent in operations:
        span = extent.request
        yield Row(
            trace_id=trace.id,
            prefix=prefix,
            time=instant(span.start),
            request=None,
            name=span.name,
            status=None,
            queries=_count(trace, extent.spans, is_statement),
            outbound=_count(trace, extent.spans, is_outbound),
            milliseconds=(span.end - span.start) / 1e6,
            operation=title(span),
        )
    if not requests and not operations:
        yield Row(
            trace_id=trace.id,
            prefix=prefix,
            time=instant(trace.start),
            request=None,
            name=trace.roots[0].name,
            status=None,
            queries=_count(trace, trace.spans, is_statement),
            outbound=_count(trace, trace.spans, is_outbound),
            milliseconds=(trace.end - trace.start) / 1e6,
        )


def _count(trace: Trace, spans: Iterable[Span], tells: Callable[[Trace, Span], bool]) -> int:
    return sum(tells(trace, span) for span in spans)


def _prefixes(traces: Sequence[Trace]) -> dict[str, str]:
    """Return the shortest beginning of each id that tells it from all others."""
    ids = sorted(trace.id for trace in traces)
    # Of sorted ids, none shares more with an id than one of its neighbours does.
    shared = [0, *(_shared(one, other) for one, other in pairwise(ids)), 0]
    return {
        trace_id: trace_id[: max(_SHORTEST_PREFIX, 1 + max(shared[place], shared[place + 1]))]
        for place, trace_id in enumerate(ids)
    }


def _shared(one: str, other: str) -> int:
    """Return how many characters two ids begin with in common."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b), len(one))
