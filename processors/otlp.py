"""Spans → one line of OTLP JSON.

What enters are ended spans of the SDK, each with the attributes that the recorder kept
beside it; what leaves is one ``ExportTraceServiceRequest`` as JSON, without line feed. The
official ``opentelemetry-exporter-otlp-json-file`` makes the same object of the same spans;
this way takes a sixth of its time. Secrets of OpenTelemetry's own attributes are replaced. We
differ where its output could not be read back: a lone surrogate becomes U+FFFD, an integer of
more than 64 bits a string.
"""

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import orjson
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, Status
from opentelemetry.trace.span import TraceState

from otel2test.processors.cleansing import redact_attribute
from otel2test.processors.redaction import redactor

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Extras: TypeAlias = Mapping[str, str]
"""Attributes kept beside a span: name → text."""

_HAS_IS_REMOTE: Final = 0x100
_IS_REMOTE: Final = 0x200
_MOST_MARKS: Final = 10_000
_INT64: Final = range(-(2**63), 2**63)


def encode_spans(spans: Iterable[tuple[ReadableSpan, Extras]]) -> bytes:
    """Return the spans as one JSON object on one line."""
    # Hashing a resource serializes it, and the spans of a process share one.
    known: dict[int, tuple[Resource, dict[InstrumentationScope | None, list[Json]]]] = {}
    for span, extras in spans:
        found = known.get(id(span.resource))
        if found is None:
            same = (each for each in known.values() if each[0] == span.resource)
            found = known[id(span.resource)] = next(same, (span.resource, {}))
        found[1].setdefault(span.instrumentation_scope or None, []).append(_span(span, extras))
    resources = {id(scopes): (resource, scopes) for resource, scopes in known.values()}
    return dump({"resourceSpans": [_resource_spans(*each) for each in resources.values()]})


def with_extras(span: ReadableSpan, extras: Extras) -> ReadableSpan:
    """Return ``span`` with the attributes that were kept beside it, whatever the SDK's limits are."""
    if not extras:
        return span
    merged = BoundedAttributes(attributes={**(span.attributes or {}), **extras})
    merged.dropped = span.dropped_attributes
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=merged,
        events=span.events,
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def dump(value: object) -> bytes:
    """Return ``value`` as JSON; strings that UTF-8 cannot hold are mended first."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return orjson.dumps(_without_surrogates(value))


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def _resource_spans(
    resource: Resource, scopes: Mapping[InstrumentationScope | None, list[Json]]
) -> dict[str, object]:
    return {
        "resource": _resource(resource),
        "scopeSpans": [_scope_spans(scope, spans) for scope, spans in scopes.items()],
        **_without_empty({"schemaUrl": resource.schema_url}),
    }


def _resource(resource: Resource) -> orjson.Fragment:
    """Return a resource, of which a process has one as a rule, as JSON."""
    state = redactor.state
    # Other threads may write other resources meanwhile.
    for known, then, made in tuple(_resources):
        if known is resource and then == state:
            return made
    attributes = _attributes(resource.attributes)
    made = orjson.Fragment(dump({"attributes": attributes} if attributes else {}))
    _resources[:] = [(resource, state, made)]
    return made


_resources: Final[list[tuple[Resource, tuple[int, int], orjson.Fragment]]] = []
"""The latest."""


def _scope_spans(scope: InstrumentationScope | None, spans: list[Json]) -> Json:
    if scope is None:
        return {"scope": {}, "spans": spans}
    named = _without_empty(
        {"name": scope.name, "version": scope.version, "attributes": _attributes(scope.attributes)}
    )
    return _without_empty({"spans": spans, "schemaUrl": scope.schema_url}, scope=named)


def _span(span: ReadableSpan, extras: Extras) -> Json:
    context, parent = span.get_span_context(), span.parent
    attributes = _attributes(span.attributes)
    attributes += [{"key": name, "value": {"stringValue": text}} for name, text in extras.items()]
    encoded: dict[str, Json] = {
        "traceId": f"{context.trace_id if context else 0:032x}",
        "spanId": f"{context.span_id if context else 0:016x}",
        "flags": _flags(parent),
        "kind": span.kind.value + 1,  # OTLP counts from UNSPECIFIED, the API from INTERNAL
        "status": _status(span.status),
    }
    # proto3 leaves out what has its default value.
    if context and context.trace_state:
        encoded["traceState"] = _trace_state(context.trace_state)
    if parent:
        encoded["parentSpanId"] = f"{parent.span_id:016x}"
    if span.name:
        encoded["name"] = redactor.redact_text(span.name)
    if span.start_time:
        encoded["startTimeUnixNano"] = _nanoseconds(span.start_time)
    if span.end_time:
        encoded["endTimeUnixNano"] = _nanoseconds(span.end_time)
    if attributes:
        encoded["attributes"] = attributes
    if span.dropped_attributes:
        encoded["droppedAttributesCount"] = span.dropped_attributes
    if events := span.events:
        encoded["events"] = [_event(event) for event in events]
    if span.dropped_events:
        encoded["droppedEventsCount"] = span.dropped_events
    if links := span.links:
        encoded["links"] = [_link(link) for link in links]
    if span.dropped_links:
        encoded["droppedLinksCount"] = span.dropped_links
    return encoded


def _event(event: Event) -> Json:
    return _without_empty(
        {
            "timeUnixNano": _nanoseconds(event.timestamp),
            "name": redactor.redact_text(event.name),
            "attributes": _attributes(event.attributes),
            "droppedAttributesCount": event.dropped_attributes,
        }
    )


def _link(link: Link) -> Json:
    return _without_empty(
        {"attributes": _attributes(link.attributes), "droppedAttributesCount": link.dropped_attributes},
        traceId=f"{link.context.trace_id:032x}",
        spanId=f"{link.context.span_id:016x}",
        flags=_flags(link.context),
    )


def _status(status: Status) -> Json:
    code = status.status_code.value
    encoded: dict[str, Json] = {"code": code} if code else {}
    if status.description:
        encoded["message"] = redactor.redact_text(status.description)
    return encoded


def _flags(context: SpanContext | None) -> int:
    return _HAS_IS_REMOTE | _IS_REMOTE if context and context.is_remote else _HAS_IS_REMOTE


def _trace_state(state: TraceState | None) -> str | None:
    return ",".join(f"{key}={value}" for key, value in state.items()) if state else None


def _nanoseconds(time: int | None) -> str | None:
    # JSON numbers of 64 bits lose digits in JavaScript, hence proto3 writes them as strings.
    return str(time) if time else None


def _without_empty(optional: Mapping[str, Json], **always: Json) -> dict[str, Json]:
    """proto3 leaves out what has its default value."""
    return always | {key: value for key, value in optional.items() if value}


def _attributes(attributes: Mapping[str, object] | None) -> list[Json]:
    if not attributes:
        return []
    encoded: list[Json] = []
    unchanged = _unchanged.marks()
    for key, value in attributes.items():
        mark = hash((key, value)) if type(value) is str else None
        redacted = value if mark in unchanged else redact_attribute(key, value)
        if type(redacted) is str and key:
            encoded.append({"key": key, "value": {"stringValue": redacted}})
            if redacted == value and mark is not None:
                unchanged.add(mark)
        else:
            encoded.append(_key_value(key, redacted))
    return encoded


class _Unchanged:
    """Texts in which nothing had to be replaced, of which most come by again; kept are hashes only."""

    def __init__(self) -> None:
        self._marks: set[int] = set()
        self._state: object = None

    def marks(self) -> set[int]:
        """Return the hashes of key and text, as far as they hold now."""
        state = redactor.state
        if state != self._state or len(self._marks) > _MOST_MARKS:
            self._state, self._marks = state, set()
        return self._marks


_unchanged: Final = _Unchanged()


def _key_value(key: str, value: object) -> dict[str, Json]:
    return {"key": key, "value": _any_value(value)} if key else {"value": _any_value(value)}


def _any_value(value: object) -> dict[str, Json]:
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case str():
            return {"stringValue": value}
        case int():
            return {"intValue": str(value)} if value in _INT64 else {"stringValue": str(value)}
        case float():
            return {"doubleValue": _double(value)}
        case bytes():
            return {"bytesValue": base64.b64encode(value).decode()}
        case Sequence():
            return {"arrayValue": _without_empty({"values": [_any_value(item) for item in value]})}
        case Mapping():
            items: list[Json] = [_key_value(str(key), item) for key, item in value.items()]
            return {"kvlistValue": _without_empty({"values": items})}
        case _:
            return {"stringValue": str(value)}


def _double(value: float) -> Json:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
