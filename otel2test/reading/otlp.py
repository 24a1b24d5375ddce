"""One OTLP document → spans.

What enters is the parsed content of a document in OTLP's JSON form, of which nothing is
trusted. What leaves are :class:`~otel2test.reading.spans.Span` and, where something in it
is wrong, :class:`~otel2test.errors.Problem` beside them. Refused, one by one: documents
that hold no spans, spans without usable ids, spans without any time. Whatever else is
wrong in a span is named, and the rest of the span is used.

The specification's form is read, and what exporters in the wild make of it: integers as
numbers or strings, enums as numbers or names, snake_case, ids in base64.
"""

import base64
import binascii
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, TypeVar

from otel2test.errors import Problem
from otel2test.reading.spans import Attribute, Event, Origin, Span, SpanKind, StatusCode

T = TypeVar("T", bound=str)

_NOT_OTLP: Final = "give a file of OTLP traces, such as the recorder writes"
_RECORD_ANEW: Final = "record it anew, or delete it from the file"
_REST_USED: Final = "the rest of the span was used"

_STRANGERS: Final = (
    ("resourceLogs", "holds logs, not spans"),
    ("resourceMetrics", "holds metrics, not spans"),
    ("resourceProfiles", "holds profiles, not spans"),
    ("data", "is not OTLP; it looks like an export from Jaeger"),
    ("localEndpoint", "is not OTLP; it looks like spans for Zipkin"),
    ("context", "is not OTLP; it looks like the output of ConsoleSpanExporter"),
)

_KINDS: Final[tuple[SpanKind, ...]] = ("unspecified", "internal", "server", "client", "producer", "consumer")
_STATUSES: Final[tuple[StatusCode, ...]] = ("unset", "ok", "error")

_ANY_VALUES: Final = {
    "string_value": "stringValue",
    "bool_value": "boolValue",
    "int_value": "intValue",
    "double_value": "doubleValue",
    "bytes_value": "bytesValue",
    "array_value": "arrayValue",
    "kvlist_value": "kvlistValue",
}

_TRACE_ID_BYTES: Final = 16
_SPAN_ID_BYTES: Final = 8
_LATEST: Final = 2**63
"""No time is later; this is in the year 2262, the limit of what most tools can hold."""
_DEEPEST: Final = 64
"""Attribute values nested deeper than this are refused, lest reading them overflow the stack."""


class _WrongError(ValueError):
    """A value that is not of the form that the specification gives it."""


def spans(content: object, origin: Origin) -> Iterator[Span | Problem]:
    """Yield the spans of one document, and what is wrong in it."""
    if not isinstance(content, dict):
        yield Problem(str(origin), "is not OTLP", _NOT_OTLP)
        return
    groups = _get(content, "resourceSpans")
    if groups is None:
        # An empty object is a valid export of nothing.
        if content:
            stranger = (what for key, what in _STRANGERS if key in content)
            yield Problem(str(origin), next(stranger, "is not OTLP"), _NOT_OTLP)
        return
    faults: list[str] = []
    for group in _objects(groups, "resourceSpans", faults):
        resource = _attributes(_get(_object(_get(group, "resource")), "attributes"), faults)
        scopes = _get(group, "scopeSpans")
        if scopes is None:
            # The name until OTLP 0.15.
            scopes = _get(group, "instrumentationLibrarySpans")
        for scoped in _objects(scopes, "scopeSpans", faults):
            scope_name = _get(_object(_get(scoped, "scope")), "name")
            scope = scope_name if isinstance(scope_name, str) else ""
            for item in _objects(_get(scoped, "spans"), "spans", faults):
                yield from _span(item, scope, resource, origin)
    for fault in faults:
        yield Problem(str(origin), fault, "the rest of the document was used")


def _span(
    item: Mapping[str, object], scope: str, resource: Mapping[str, Attribute], origin: Origin
) -> Iterator[Span | Problem]:
    name = _get(item, "name")
    title = f"span {name!r}" if isinstance(name, str) else "a span"
    try:
        trace_id = _id(_get(item, "traceId"), _TRACE_ID_BYTES, "traceId")
        span_id = _id(_get(item, "spanId"), _SPAN_ID_BYTES, "spanId")
        start, end, time_faults = _times(item)
    except _WrongError as error:
        yield Problem(str(origin), f"{title} {error}", _RECORD_ANEW)
        return

    faults = [*time_faults]
    if not isinstance(name, str):
        faults.append("has no name")
    status, message = _status(_get(item, "status"), faults)
    yield Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=_parent_id(_get(item, "parentSpanId"), faults),
        name=name if isinstance(name, str) else "",
        kind=_choice(_get(item, "kind"), _KINDS, "SPAN_KIND_", "kind", faults),
        start=start,
        end=end,
        attributes=_attributes(_get(item, "attributes"), faults),
        scope=scope,
        resource=resource,
        origin=origin,
        status=status,
        status_message=message,
        events=tuple(_events(_get(item, "events"), faults)),
    )
    for fault in faults:
        yield Problem(str(origin), f"span {span_id} {fault}", _REST_USED)


def _times(item: Mapping[str, object]) -> tuple[int, int, list[str]]:
    """Return start and end, and what had to be made up for that."""
    start = _time(_get(item, "startTimeUnixNano"))
    end = _time(_get(item, "endTimeUnixNano"))
    if start is not None and end is None:
        return start, start, ["has no endTimeUnixNano; taken to end when it started"]
    if end is not None and start is None:
        return end, end, ["has no startTimeUnixNano; taken to start when it ended"]
    if start is None or end is None:
        raise _WrongError("has neither startTimeUnixNano nor endTimeUnixNano")
    # Clocks are set back; a negative duration is nobody's fault, and of no use.
    return start, max(start, end), []


def _time(value: object) -> int | None:
    time = _integer(value)
    return time if time is not None and 0 < time < _LATEST else None


def _events(items: object, faults: list[str]) -> Iterator[Event]:
    for item in _objects(items, "events", faults):
        name = _get(item, "name")
        yield Event(
            name=name if isinstance(name, str) else "",
            time=_time(_get(item, "timeUnixNano")) or 0,
            attributes=_attributes(_get(item, "attributes"), faults),
        )


def _status(value: object, faults: list[str]) -> tuple[StatusCode, str]:
    record = _object(value)
    message = _get(record, "message")
    code = _choice(_get(record, "code"), _STATUSES, "STATUS_CODE_", "status code", faults)
    return code, message if isinstance(message, str) else ""


def _attributes(items: object, faults: list[str]) -> dict[str, Attribute]:
    result: dict[str, Attribute] = {}
    for item in _objects(items, "attributes", faults):
        key = item.get("key")
        if not isinstance(key, str):
            faults.append("has an attribute without a key")
            continue
        try:
            result[key] = _any_value(item.get("value"))
        except _WrongError as error:
            faults.append(f"has attribute {key!r}, which {error}")
    return result


def _any_value(value: object, depth: int = 0) -> Attribute:
    if depth > _DEEPEST:
        raise _WrongError("is nested too deep")
    if value is None or value == {}:
        return None
    if not isinstance(value, dict) or len(value) != 1:
        raise _WrongError("is not an AnyValue of OTLP")
    kind, content = next(iter(value.items()))
    match _ANY_VALUES.get(kind, kind), content:
        case "stringValue", str():
            return content
        case "boolValue", bool():
            return content
        case "intValue", _ if (integer := _integer(content)) is not None:
            return integer
        case "doubleValue", _ if (number := _number(content)) is not None:
            return number
        case "bytesValue", str():
            return _base64(content)
        case "arrayValue", dict():
            values = content.get("values", [])
            if isinstance(values, list):
                return [_any_value(item, depth + 1) for item in values]
        case "kvlistValue", dict():
            pairs = content.get("values", [])
            if isinstance(pairs, list):
                return dict(_pair(item, depth + 1) for item in pairs)
    raise _WrongError(f"is not an AnyValue of OTLP ({kind})")


def _pair(item: object, depth: int) -> tuple[str, Attribute]:
    if not isinstance(item, dict) or not isinstance(key := item.get("key"), str):
        raise _WrongError("has an entry without a key")
    return key, _any_value(item.get("value"), depth)


def _parent_id(value: object, faults: list[str]) -> str | None:
    # Absent, empty and all zeros are three ways to say that there is no parent.
    if value is None or (isinstance(value, str) and not value.strip("0")):
        return None
    try:
        return _id(value, _SPAN_ID_BYTES, "parentSpanId")
    except _WrongError as error:
        faults.append(str(error))
        return None


def _id(value: object, size: int, field: str) -> str:
    """Return an id in lower-case hex."""
    if value is None or value == "":
        raise _WrongError(f"has no {field}")
    if not isinstance(value, str):
        raise _WrongError(f"has a {field} that is not a string")
    if len(value) == 2 * size and re.fullmatch("[0-9a-fA-F]+", value):
        hexadecimal = value.lower()
    elif len(value) == 4 * math.ceil(size / 3):
        # Generic protobuf-to-JSON converters write all bytes in base64, ids too.
        try:
            hexadecimal = _base64(value).hex()
        except _WrongError:
            raise _WrongError(f"has a {field} that is not {2 * size} hex digits") from None
    else:
        raise _WrongError(f"has a {field} that is not {2 * size} hex digits")
    if len(hexadecimal) != 2 * size or not hexadecimal.strip("0"):
        raise _WrongError(f"has a {field} that is not valid")
    return hexadecimal


def _choice(value: object, choices: tuple[T, ...], prefix: str, field: str, faults: list[str]) -> T:
    """Return one of ``choices``, which ``value`` names or counts; the first where it does neither."""
    if value is None:
        return choices[0]
    number = _integer(value)
    if number is not None and 0 <= number < len(choices):
        return choices[number]
    if isinstance(value, str):
        name = value.upper().removeprefix(prefix).lower()
        for choice in choices:
            if choice == name:
                return choice
    faults.append(f"has an unknown {field}")
    return choices[0]


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise _WrongError("is not base64") from None


def _integer(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and re.fullmatch("-?[0-9]{1,20}", value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float, str)):
        try:
            return float(value)
        except (ValueError, OverflowError):
            return None
    return None


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _objects(value: object, field: str, faults: list[str]) -> Iterator[Mapping[str, object]]:
    if value is None:
        return
    if not isinstance(value, list):
        faults.append(f"has {field} that are not a list")
        return
    for item in value:
        if isinstance(item, dict):
            yield item
        else:
            faults.append(f"has something in {field} that is not an object")


def _get(record: Mapping[str, object], key: str) -> object:
    """Return a field by its camelCase name, or by the snake_case that some exporters write."""
    value = record.get(key)
    return record.get(_snake(key)) if value is None else value


@cache
def _snake(camel: str) -> str:
    return re.sub("[A-Z]", lambda letter: "_" + letter.group().lower(), camel)
