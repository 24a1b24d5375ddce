"""Spans → the statements and outbound calls that they stand for.

What enters are some spans of a trace, in order. What leaves are
:class:`~otel2test.reading.exchanges.Query` and ``Outbound``, numbered together. A span that
the recorder did not enrich still counts, as far as the semantic conventions tell of it, but
not where another span already stands for the same event.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, get_args

from otel2test import attributes
from otel2test.errors import Problem
from otel2test.reading import messages, semconv
from otel2test.reading.exchanges import ColumnSource, Outbound, Query
from otel2test.reading.payloads import Payload, SpanPayloads
from otel2test.reading.spans import Span
from otel2test.reading.traces import Trace

_QueryKind: TypeAlias = Literal["statement", "commit", "rollback"]
_QUERY_KINDS: Final[tuple[_QueryKind, ...]] = get_args(_QueryKind)


@dataclass(frozen=True, slots=True)
class Happenings:
    """What a number of spans tell, in order."""

    queries: tuple[Query, ...] = ()
    outbound: tuple[Outbound, ...] = ()
    problems: tuple[Problem, ...] = ()


def happenings(trace: Trace, spans: Iterable[Span]) -> Happenings:
    """Return the statements and outbound calls among ``spans``; positions count all of ``spans``."""
    queries: list[Query] = []
    outbound: list[Outbound] = []
    problems: list[Problem] = []
    for position, span in enumerate(spans):
        payloads = SpanPayloads(span)
        if is_query(trace, span):
            queries.append(_query(payloads, position))
        elif is_outbound(trace, span):
            call = messages.outbound(span, payloads.record(attributes.OUTBOUND), position)
            outbound.append(replace(call, caller=messages.caller(payloads.record(attributes.CALLER))))
        problems += payloads.problems
    return Happenings(tuple(queries), tuple(outbound), tuple(problems))


def is_query(trace: Trace, span: Span) -> bool:
    """Return whether a span stands for a statement."""
    if attributes.QUERY in span.attributes:
        return True
    if semconv.vendor(span.attributes) is None or semconv.statement(span.attributes) is None:
        return False
    parent = trace.parent(span.span_id)
    return parent is None or attributes.QUERY not in parent.attributes


def is_statement(trace: Trace, span: Span) -> bool:
    """Return whether a span stands for SQL, not for a commit made by other means."""
    if not is_query(trace, span):
        return False
    payload = SpanPayloads(span).record(attributes.QUERY)
    return payload is None or payload.choice("kind", _QUERY_KINDS, "statement") == "statement"


def is_outbound(trace: Trace, span: Span) -> bool:
    """Return whether a span stands for an outbound HTTP call.

    Libraries are built on each other (requests on urllib3), and each may be instrumented:
    hops that the recorder enriched come first, else it is the outermost span.
    """
    if attributes.OUTBOUND in span.attributes:
        return True
    if not _is_client_call(span):
        return False
    parent = trace.parent(span.span_id)
    if parent is not None and (attributes.OUTBOUND in parent.attributes or _is_client_call(parent)):
        return False
    return not any(attributes.OUTBOUND in child.attributes for child in trace.children(span.span_id))


def _is_client_call(span: Span) -> bool:
    told = span.attributes
    return span.kind == "client" and semconv.method(told) is not None and semconv.url(told) is not None


def _query(payloads: SpanPayloads, position: int) -> Query:
    span = payloads.span
    vendor = semconv.vendor(span.attributes) or ""
    sql = semconv.statement(span.attributes) or ""
    payload = payloads.record(attributes.QUERY)
    if payload is None:
        return Query(span.span_id, position, "default", vendor, sql)
    kind = payload.choice("kind", _QUERY_KINDS, "statement")
    has_result = "columns" in payload or "sources" in payload
    columns = payload.texts("columns")
    if "columns" not in payload and "sources" in payload:
        columns = tuple(attributes.names_of(payload.items("sources")) or ())
    sources = _sources(payload, len(columns))
    model, first = payload.optional_text("model"), sources[0] if sources else None
    rows, fetched = payload.table(len(columns)), payload.integer("fetched")
    return Query(
        span_id=span.span_id,
        position=position,
        alias=payload.text("alias", "default"),
        vendor=payload.text("vendor", vendor),
        sql=payload.text("sql", sql),
        params=payload.parameters("params"),
        many=payload.many_parameters("many"),
        columns=columns,
        sources=sources,
        model=first.model if model is None and first is not None else model,
        rows=rows,
        fetched=len(rows) if fetched is None and has_result else fetched,
        exhausted=payload.flag("exhausted", default=has_result),
        rowcount=payload.integer("rowcount"),
        lastrowid=payload.value("lastrowid"),
        error=messages.failure(payload.record("error")),
        kind=kind,
        connection=payload.integer("connection") or 0,
        executions=payload.integer("executions"),
        savepoint=payload.flag("savepoint") if "savepoint" in payload else None,
        caller=messages.caller(payloads.record(attributes.CALLER)),
    )


def _sources(payload: Payload, count: int) -> tuple[ColumnSource | None, ...] | None:
    sources = tuple(source for item in payload.optional_records("sources") for source in _sources_of(item))
    # They belong to the columns by their place; with one missing, none can be trusted.
    return sources if "sources" in payload and len(sources) == count else None


def _sources_of(payload: Payload | None) -> Iterator[ColumnSource | None]:
    """Yield the sources of one column, or of neighbours that come from one table."""
    if payload is None:
        yield None
    elif "fields" in payload:
        model, alias = payload.optional_text("model"), payload.optional_text("alias")
        for field in payload.texts("fields"):
            yield ColumnSource(model=model, field=field, alias=alias, annotation=None)
    else:
        yield _source(payload)


def _source(payload: Payload) -> ColumnSource:
    return ColumnSource(
        model=payload.optional_text("model"),
        field=payload.optional_text("field"),
        alias=payload.optional_text("alias"),
        annotation=payload.optional_text("annotation"),
    )
