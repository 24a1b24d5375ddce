"""Calls of the project's functions: rows of a table, or one object each, → calls.

What enters is the payload of ``otel2test.calls`` as :class:`~otel2test.attributes.CallsPayload`
or, in recordings of earlier versions, as a list of :class:`~otel2test.attributes.CallPayload`;
the first is turned into the second. A row that makes no sense is left out and told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from otel2test import attributes
from otel2test.reading import messages
from otel2test.reading.exchanges import Call
from otel2test.reading.payloads import Payload, SpanPayloads

_RETURNED: Final = 1
_RAISED: Final = 2
_FEWEST: Final = 10
"""Columns of a row of older recordings; a generator's has one more."""
_MOST_TOLD: Final = 3
"""Numbers at the end of a row: what of its id, parent and span isn't as expected."""
_MICROSECOND: Final = 1000


class _MalformedError(Exception):
    """A part of a table that isn't as it should be."""


def calls(payloads: SpanPayloads) -> tuple[Call, ...]:
    """Return the calls made under a request's or an operation's span, in the order of entry."""
    return tuple(_call(item) for item in payloads.records(attributes.CALLS, expanded))


def expanded(table: Mapping[str, object]) -> tuple[list[dict[str, object]], list[str]]:
    """Return the calls of a table in the shape of ``CallPayload``, and what is wrong with it."""
    try:
        reader = _OldTable(table) if "calls" in table else _Table(table)
    except _MalformedError as error:
        return [], [str(error)]
    found: list[dict[str, object]] = []
    faults: list[str] = []
    for number, row in enumerate(reader.rows):
        try:
            found.append(reader.call(row))
        except _MalformedError as error:
            faults.append(f"{reader.name}[{number}] {error}")
    return sorted(found, key=_number), faults


def _number(call: Mapping[str, object]) -> int:
    number = call["id"]
    assert isinstance(number, int)  # noqa: S101 - as _Table.call() made it
    return number


@dataclass(slots=True)
class _Before:
    """What the rows so far let expect of the next."""

    highest: int = -1
    """Of all ids."""
    parent: int = -1
    span: int = 0
    start: int = 0
    """Microseconds."""


class _Table:
    """A table of calls, its parts looked at when they are referred to."""

    name = "rows"

    def __init__(self, table: Mapping[str, object]) -> None:
        self._functions = _list(table.get("functions"), "functions")
        self._spans = _list(table.get("spans"), "spans")
        self._shapes = _list(table.get("shapes"), "shapes")
        self._values = _list(table.get("values"), "values")
        self.rows = _list(table.get(self.name), self.name)
        self._before = _Before()

    def call(self, row: object) -> dict[str, object]:
        """Return the call of the next row."""
        match row:
            case [int(function), int(later), int(duration), *values]:
                head, argument_names, local_names, is_generator = self._function(function)
            case _:
                raise _MalformedError("is not a call")
        count = len(argument_names) + len(local_names)
        ends = values[count + 1 + is_generator :]
        told = [number for number in ends if isinstance(number, int)]
        if len(values) <= count + is_generator or len(told) < len(ends):
            raise _MalformedError("has another number of values than its function has names")
        number, parent, span, start = self._place(later, told)
        arguments, kept = values[: len(argument_names)], values[len(argument_names) : count]
        made = self._made(number, None if parent < 0 else parent, span, head)
        made |= {
            "start": start * _MICROSECOND,
            "duration": duration * _MICROSECOND,
            "arguments": self._named(argument_names, arguments),
        }
        if local_told := self._named(local_names, kept):
            made["locals"] = local_told
        match result := values[count]:
            case []:
                pass
            case [True, raised]:
                made["raised"] = self._wire(raised)
            case _:
                made["returned"] = self._wire(result)
        if is_generator:
            made["yielded"] = values[count + 1]
        return made

    def _place(self, later: int, told: Sequence[int]) -> tuple[int, int, int, int]:
        """Return the id, parent (-1 for none), span and start of the call of the next row."""
        before = self._before
        if len(told) > _MOST_TOLD:
            raise _MalformedError("says more than there is to say")
        off = told[0] if told else 0
        above, span = (told[place] if len(told) > place else None for place in (1, 2))
        if span is not None:
            _item(self._spans, span, "spans")
        closes = later < 0
        number = (before.parent if closes else before.highest + 1) + off
        if above is not None:
            parent = number - above if above else -1
        else:
            parent = number - 1 if closes or off else before.parent
        before.highest = max(before.highest, number)
        before.start += later + closes
        before.parent = parent
        before.span = before.span if span is None else span
        return number, parent, before.span, before.start

    def _function(self, number: int) -> tuple[Sequence[object], list[object], list[object], bool]:
        """Return where a function is and its name, its variables' names, and whether it is a generator."""
        match _item(self._functions, number, "functions"):
            case [module, qualname, file, line, list(argument_names), list(local_names), *more]:
                return (module, qualname, file, line), argument_names, local_names, more == [True]
            case _:
                raise _MalformedError("is of a function that is not described")

    def _made(self, number: int, parent: object, span: int, head: Sequence[object]) -> dict[str, object]:
        module, qualname, file, line = head
        return {
            "id": number,
            "parent": parent,
            "span": _item(self._spans, span, "spans"),
            "module": module,
            "qualname": qualname,
            "file": file,
            "line": line,
        }

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


class _OldTable(_Table):
    """A table as recorders wrote it at first: every row says all of itself."""

    name = "calls"

    def call(self, row: object) -> dict[str, object]:
        match row:
            case [int(number), int(function), parent, int(span), start, duration, *values] if (
                len(row) >= _FEWEST
            ):
                arguments, kept, ended, value, *yielded = values
            case _:
                raise _MalformedError("is not a call")
        head, argument_names, local_names, _ = self._function(function)
        made = self._made(number, parent, span, head)
        made |= {
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


def _record(names: Sequence[object], values: Sequence[object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in zip(names, values, strict=True):
        match name:
            case [untagged, tag]:
                found[str(untagged)] = {str(tag): value}
            case _:
                found[str(name)] = value
    return found


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
