"""What ran outside of any request, with everything that happened inside it, in order.

What enters is a :class:`~otel2test.reading.traces.Trace`; what leaves is an
:class:`Operation` for each management command, task and recorded block in it. Requests made
inside of one (by a command that uses a test client, for instance) are exchanges of their
own, and what they did is theirs alone.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from otel2test import attributes
from otel2test.errors import Problem
from otel2test.reading import messages, semconv
from otel2test.reading.building import instant
from otel2test.reading.calls import calls
from otel2test.reading.effect_payloads import side_effects
from otel2test.reading.effects import SideEffects
from otel2test.reading.exchanges import Call, Failure, Outbound, Query, Schema
from otel2test.reading.happenings import happenings
from otel2test.reading.payloads import SpanPayloads
from otel2test.reading.requests import operation_extents
from otel2test.reading.schemas import schema
from otel2test.reading.spans import Origin, Span
from otel2test.reading.traces import Trace

OperationKind: TypeAlias = Literal["command", "task", "block"]
_KINDS: Final[tuple[OperationKind, ...]] = get_args(OperationKind)


@dataclass(frozen=True, slots=True)
class Operation:
    """A management command, a task or a block of a script, and everything that happened inside."""

    trace_id: str
    span_id: str
    service: str
    start: dt.datetime
    """Aware, UTC."""
    end: dt.datetime
    origin: Origin
    kind: OperationKind
    name: str
    module: str
    """Empty for a block that is no function."""
    qualname: str
    arguments: tuple[object, ...]
    keywords: Mapping[str, object]
    returned: object
    output: str
    """What a command wrote to its ``stdout``."""
    exception: Failure | None
    queries: tuple[Query, ...]
    outbound: tuple[Outbound, ...]
    calls: tuple[Call, ...]
    schema: Schema
    faults: tuple[str, ...] = ()
    effects: SideEffects = field(default_factory=SideEffects)


def operations(trace: Trace) -> tuple[tuple[Operation, ...], tuple[Problem, ...]]:
    """Return the operations of a trace in order, and what could not be read of them."""
    found: list[Operation] = []
    problems: list[Problem] = []
    for extent in operation_extents(trace):
        span, payloads = extent.request, SpanPayloads(extent.request)
        payloads.check_format()
        payload = payloads.record(attributes.OPERATION)
        inside = happenings(trace, extent.spans)
        models = payloads.record(attributes.SCHEMA)
        found.append(
            Operation(
                trace_id=span.trace_id,
                span_id=span.span_id,
                service=semconv.service(span.resource),
                start=instant(span.start),
                end=instant(span.end),
                origin=span.origin,
                kind=payload.choice("kind", _KINDS, "block") if payload else "block",
                name=payload.text("name") if payload else span.name,
                module=payload.text("module", "") if payload else "",
                qualname=payload.text("qualname", "") if payload else "",
                arguments=payload.values("arguments") if payload else (),
                keywords=payload.named_values("keywords") if payload else {},
                returned=payload.value("returned") if payload else None,
                output=payload.text("output", "") if payload else "",
                exception=messages.failure(payloads.record(attributes.EXCEPTION)),
                queries=inside.queries,
                outbound=inside.outbound,
                calls=calls(payloads),
                schema=schema(models) if models else Schema(),
                faults=payloads.texts(attributes.FAULTS),
                effects=side_effects(payloads),
            )
        )
        problems += payloads.problems
        problems += inside.problems
    return tuple(found), tuple(problems)


def not_inverted(span: Span) -> Problem:
    """Return what to say of an operation, of which no test can be made yet."""
    return Problem(
        str(span.origin),
        f"{title(span)} ran outside of any request, and operations are not inverted yet",
        f"otel2test show --trace {span.trace_id[:8]} FILE shows what it did",
    )


def title(span: Span) -> str:
    """Return what to call an operation, such as ``command import_prices``."""
    payload = SpanPayloads(span).record(attributes.OPERATION)
    kind = payload.choice("kind", _KINDS, "block") if payload else "block"
    return f"{kind} {payload.text('name', span.name) if payload else span.name}"
