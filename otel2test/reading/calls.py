"""Calls of the project's functions: rows of a table, or one object each, → calls.

What enters is the payload of ``otel2test.calls`` as :class:`~otel2test.attributes.CallsPayload`
or, in recordings of earlier versions, as a list of :class:`~otel2test.attributes.CallPayload`;
the first is turned into the second. A row that makes no sense is left out and told.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from otel2test import attributes
from otel2test.reading import messages
from otel2test.reading.exchanges import Call
from otel2test.reading.payloads import Payload, SpanPayloads

_RETURNED: Final = 1
_RAISED: Final = 2
_FEWEST: Final = 10
"""Columns of a row; a generator's has one more."""


class _MalformedError(Exception):
    """A part of a table that isn't as it should be."""


def calls(payloads: SpanPayloads) -> tuple[Call, ...]:
    """Return the calls made under a request's or an operation's span, in the order of entry."""
    return tuple(_call(item) for item in payloads.records(attributes.CALLS, expanded))


def expanded(table: Mapping[str, object]) -> tuple[list[dict[str, object]], list[str]]:
    """Return the calls of a table in the shape of ``CallPayload``, and what is wrong with it."""
    try:
        reader = _Table(table)
    except _MalformedError as error:
        return [], [str(error)]
    found: list[dict[str, object]] = []
    faults: list[str] = []
    for number, row in enumerate(reader.calls):
        try:
            found.append(reader.call(row))
        except _MalformedError as error:
            faults.append(f"calls[{number}] {error}")
    return sorted(found, key=_number), faults


def _number(call: Mapping[str, object]) -> int:
    number = call["id"]
    assert isinstance(number, int)  # noqa: S101 - as _Table.call() made it
    return number


class _Table:
    """A table of calls, its parts looked at when they are referred to."""

    def __init__(self, table: Mapping[str, object]) -> None:
        self._functions = _list(table.get("functions"), "functions")
        self._spans = _list(table.get("spans"), "spans")
        self._shapes = _list(table.get("shapes"), "shapes")
        self._values = _list(table.get("values"), "values")
        self.calls = _list(table.get("calls"), "calls")

    def call(self, row: object) -> dict[str, object]:
        match row:
            case [int(number), int(function), parent, int(span), start, duration, *values] if (
                len(row) >= _FEWEST
            ):
                arguments, kept, ended, value, *yielded = values
            case _:
                raise _MalformedError("is not a call")
        match _item(self._functions, function, "functions"):
            case [module, qualname, file, line, list(argument_names), list(local_names)]:
                pass
            case _:
                raise _MalformedError("is of a function that is not described")
        made: dict[str, object] = {
            "id": number,
            "parent": parent,
            "span": _item(self._spans, span, "spans"),
            "module": module,
            "qualname": qualname,
            "file": file,
            "line": line,
            "start": start,
            "duration": duration,
            "arguments": self._named(argument_names, arguments),
        }
        if kept:
            made["locals"] = self._named(local_names, kept)
        if ended == _RETURNED:
            made["returned"] = self._wire(value)
        elif ended == _RAISED:
            made["raised"] = value
        if yielded:
            made["yielded"] = yielded[0]
        return made

    def _named(self, names: Sequence[object], values: object) -> dict[str, object]:
        forms = _list(values, "values")
        if len(forms) != len(names):
            raise _MalformedError("has another number of values than its function has names")
        return {str(name): self._wire(form) for name, form in zip(names, forms, strict=True) if form != []}

    def _wire(self, form: object) -> object:
        """Return a value on the wire."""
        if not isinstance(form, list):
            return form
        if len(form) == 1 and form[0] is not None:
            form = _item(self._values, form[0], "values")
            if not isinstance(form, list):
                return form
        match form:
            case [None, *items]:
                return items
            case [number, *values]:
                return self._instance(_item(self._shapes, number, "shapes"), values)
            case _:
                raise _MalformedError("has no value where there should be one")

    def _instance(self, shape: object, values: list[object]) -> object:
        match shape:
            case ["$model", label, *names] if len(values) == len(names) + 1:
                fields = _record(names, values[1:])
                return {"$model": {"model": label, "pk": values[0], "fields": fields}}
            case ["$object", kind, *names] if len(values) == len(names):
                return {"$object": {"type": kind, "attributes": _record(names, values)}}
            case _:
                raise _MalformedError("has an instance of a shape that is not its own")


def _record(names: Sequence[object], values: Sequence[object]) -> dict[str, object]:
    return {str(name): value for name, value in zip(names, values, strict=True)}


def _list(value: object, name: str) -> list[object]:
    if not isinstance(value, list):
        raise _MalformedError(f"has no list of {name}")
    return value


def _item(items: Sequence[object], number: object, name: str) -> object:
    # To Python, true is a number, and those below 0 count from the end.
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(items):
        raise _MalformedError(f"refers to {name}[{number}], which is not there")
    return items[number]


def _call(payload: Payload) -> Call:
    return Call(
        id=payload.integer("id") or 0,
        parent=payload.integer("parent"),
        span_id=payload.text("span", ""),
        module=payload.text("module"),
        qualname=payload.text("qualname"),
        file=payload.text("file", ""),
        line=payload.integer("line") or 0,
        start=payload.integer("start") or 0,
        duration=payload.integer("duration") or 0,
        arguments=payload.named_values("arguments"),
        locals=payload.named_values("locals"),
        returned=payload.value("returned"),
        raised=messages.failure(payload.record("raised")),
        yielded=payload.integer("yielded"),
    )
