"""Payloads of ``otel2test.*`` attributes, read without trusting them.

What enters is a span, whose attributes hold JSON text in the shapes of
:mod:`otel2test.attributes`. What leaves are plain values of the type that was asked for,
wire values decoded. What is missing or of another type is replaced by an empty value and
named in the span's :attr:`SpanPayloads.problems`; reading goes on with the rest.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

import orjson

from otel2test.attributes import FORMAT, FORMAT_VERSION, READABLE_VERSIONS
from otel2test.errors import Problem
from otel2test.reading.spans import Span
from otel2test.tables import BadTableError, rows_of
from otel2test.values import BadWireError, Cut, decode

T = TypeVar("T")

Parameters: TypeAlias = tuple[object, ...] | Mapping[str, object]

Expand: TypeAlias = Callable[[Mapping[str, object]], tuple[Sequence[object], list[str]]]
"""A table → the objects it stands for, and what is wrong with it."""

UNREADABLE: Final = Cut(type="unreadable", size=None, kept=None)
"""Stands where a recorded value could not be decoded: there was one, and nobody knows which."""

_DEEPEST: Final = 100
"""Values nested deeper are not decoded, lest this or a later stage overflow the stack."""


class Payload:
    """A JSON object of which nothing is known yet; methods take a key and give a checked value."""

    def __init__(self, content: Mapping[str, object], name: str, faults: list[str]) -> None:
        self._content = content
        self._name = name
        self._faults = faults

    def __contains__(self, key: str) -> bool:
        return self._content.get(key) is not None

    def has_key(self, key: str) -> bool:
        """Return whether there is a value, null included."""
        return key in self._content

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string; without ``default`` it has to be there."""
        if default is None and key not in self:
            self._fault(key, "is missing")
        return self._typed(key, str, "a string") or default or ""

    def text_apart(self, key: str, attribute: object) -> tuple[str, bool]:
        """Return a string, that of ``attribute`` where only a length is told, and whether it is whole."""
        length = self._content.get(key)
        if type(length) is not int:
            return self.text(key, ""), True
        text = attribute if isinstance(attribute, str) else ""
        if len(text) < length:
            self._fault(key, "is not all there (cut by OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT?)")
        return text, len(text) >= length

    def optional_text(self, key: str) -> str | None:
        return self._typed(key, str, "a string")

    def integer(self, key: str) -> int | None:
        return self._typed(key, int, "an integer")

    def flag(self, key: str, *, default: bool = False) -> bool:
        value = self._typed(key, bool, "true or false")
        return default if value is None else value

    def flags(self, key: str) -> tuple[bool, ...]:
        return tuple(item for _, item in self._all(key, bool, "true or false"))

    def choice(self, key: str, choices: Sequence[T], default: T) -> T:
        """Return the one of ``choices`` that is named."""
        value = self._content.get(key)
        for choice in choices:
            if choice == value:
                return choice
        if value is not None:
            self._fault(key, f"is none of {', '.join(map(str, choices))}")
        return default

    def content(self, key: str) -> bytes:
        """Return bytes that are written in base64."""
        try:
            return base64.b64decode(self.text(key), validate=True)
        except (ValueError, binascii.Error):
            self._fault(key, "is not base64")
            return b""

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(item for _, item in self._all(key, str, "strings"))

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return pairs of strings, such as headers."""
        result = []
        for item in self.items(key):
            match item:
                case [str(name), str(value)]:
                    result.append((name, value))
                case _:
                    self._fault(key, "holds something else than pairs of strings")
        return tuple(result)

    def lists_of_texts(self, key: str) -> tuple[tuple[str, ...], ...]:
        return tuple(
            tuple(item for item in items if isinstance(item, str))
            for _, items in self._all(key, list, "lists")
        )

    def mapping(self, key: str) -> Mapping[str, object]:
        """Return an object as it is."""
        return self._typed(key, dict, "an object") or {}

    def named_texts(self, key: str) -> Mapping[str, str]:
        """Return an object of strings."""
        result = {}
        for name, value in self.mapping(key).items():
            if isinstance(value, str):
                result[name] = value
            else:
                self._fault(f"{key}.{name}", "is not a string")
        return result

    def record(self, key: str) -> "Payload | None":
        value = self._typed(key, dict, "an object")
        return None if value is None else Payload(value, self._title(key), self._faults)

    def records(self, key: str) -> Iterator["Payload"]:
        for number, item in self._all(key, dict, "objects"):
            yield Payload(item, f"{self._title(key)}[{number}]", self._faults)

    def lists_of_records(self) -> Mapping[str, Iterator["Payload"]]:
        """Return the objects of each list, where there is nothing else than lists of objects."""
        return {key: self.records(key) for key in self._content}

    def optional_records(self, key: str) -> Iterator["Payload | None"]:
        """Yield objects, and None for each null among them."""
        for number, item in enumerate(self.items(key)):
            if item is None:
                yield None
            elif isinstance(item, dict):
                yield Payload(item, f"{self._title(key)}[{number}]", self._faults)
            else:
                self._fault(key, "holds something else than objects and null")

    def items(self, key: str) -> Sequence[object]:
        """Return a list as it is."""
        return self._typed(key, list, "a list") or []

    def value(self, key: str) -> object:
        """Return a decoded wire value; None where there is none."""
        return self._decoded(key, self._content.get(key))

    def values(self, key: str) -> tuple[object, ...]:
        """Return a list of decoded wire values."""
        return tuple(self._decoded(key, item) for item in self.items(key))

    def named_values(self, key: str) -> Mapping[str, object]:
        """Return an object of decoded wire values."""
        content = self.mapping(key)
        if content.keys() == {"$dict"}:
            # How a single name that itself begins with $ is written.
            decoded = self._decoded(key, content)
            return decoded if isinstance(decoded, dict) and all(isinstance(k, str) for k in decoded) else {}
        return {name: self._decoded(f"{key}.{name}", item) for name, item in content.items()}

    def rows(self, key: str, width: int) -> tuple[tuple[object, ...], ...]:
        """Return lists of decoded wire values, each ``width`` long."""
        return self._rows(key, self.items(key), width)

    def table(self, width: int) -> tuple[tuple[object, ...], ...]:
        """Return the rows of a result, told as ``rows`` or as ``cells``."""
        if "cells" not in self:
            return self.rows("rows", width)
        try:
            return self._rows("cells", rows_of(self._content["cells"]), width)
        except BadTableError as error:
            self._fault("cells", str(error))
            return ()

    def _rows(self, key: str, items: Sequence[object], width: int) -> tuple[tuple[object, ...], ...]:
        result = []
        for item in items:
            if isinstance(item, list) and len(item) == width:
                result.append(tuple([self._decoded(key, cell) for cell in item]))
            else:
                self._fault(key, f"holds something else than rows of {width} values")
        return tuple(result)

    def parameters(self, key: str) -> Parameters | None:
        """Return the parameters of a statement, decoded: by place or by name."""
        return self._parameters(key, self.value(key)) if key in self else None

    def many_parameters(self, key: str) -> tuple[Parameters, ...] | None:
        """Return the parameters of each run of a statement."""
        if key not in self:
            return None
        return tuple(self._parameters(key, value) for value in self.values(key))

    def _parameters(self, key: str, value: object) -> Parameters:
        if isinstance(value, dict):
            return {str(name): item for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return tuple(value)
        if isinstance(value, Cut):  # the trace had no room for them, and says so itself
            return ()
        self._fault(key, "holds something else than parameters")
        return ()

    def _typed(self, key: str, expected: type[T], noun: str) -> T | None:
        value = self._content.get(key)
        if value is None:
            return None
        # To JSON, true is no number.
        if isinstance(value, expected) and not (expected is int and isinstance(value, bool)):
            return value
        self._fault(key, f"is not {noun}")
        return None

    def _all(self, key: str, expected: type[T], noun: str) -> Iterator[tuple[int, T]]:
        for number, item in enumerate(self.items(key)):
            if isinstance(item, expected):
                yield number, item
            else:
                self._fault(key, f"holds something else than {noun}")

    def _decoded(self, key: str, wire: object) -> object:
        if wire is None or isinstance(wire, (bool, int, float, str)):
            return wire
        if isinstance(wire, (list, dict)):
            if _is_deeper(wire, _DEEPEST):
                self._fault(key, "has a value that is nested too deep")
                return UNREADABLE
            try:
                return decode(wire)
            except BadWireError as error:
                self._fault(key, f"has a value that cannot be read ({error})")
        return UNREADABLE

    def _fault(self, key: str, what: str) -> None:
        self._faults.append(f"{self._title(key)} {what}")

    def _title(self, key: str) -> str:
        # The list that is a whole payload has no key.
        return f"{self._name}.{key}" if key else self._name


class SpanPayloads:
    """The payloads of one span."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self._faults: list[str] = []

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong in all that has been read so far."""
        where, title = str(self.span.origin), f"span {self.span.span_id}"
        remedy = "the rest of it was used; record it anew to have all"
        return tuple(Problem(where, f"{title}: {fault}", remedy) for fault in dict.fromkeys(self._faults))

    def record(self, attribute: str) -> Payload | None:
        content = self._parsed(attribute)
        if content is None:
            return None
        if isinstance(content, dict):
            return Payload(content, attribute, self._faults)
        self._faults.append(f"{attribute} is not an object")
        return None

    def records(self, attribute: str, expand: Expand | None = None) -> tuple[Payload, ...]:
        """Return the objects of a list; ``expand`` makes one of an object where there is that instead."""
        content = self._parsed(attribute)
        if expand is not None and isinstance(content, dict):
            content, faults = expand(content)
            self._faults += [f"{attribute} {fault}" for fault in faults]
        return tuple(Payload({"": content}, attribute, self._faults).records(""))

    def texts(self, attribute: str) -> tuple[str, ...]:
        return self._list(attribute).texts("")

    def check_format(self) -> None:
        version = self.span.attributes.get(FORMAT, FORMAT_VERSION)
        if version not in READABLE_VERSIONS:
            known = " and ".join(map(repr, READABLE_VERSIONS))
            self._faults.append(f"{FORMAT} is {version!r}, where {known} can be read")

    def _list(self, attribute: str) -> Payload:
        return Payload({"": self._parsed(attribute)}, attribute, self._faults)

    def _parsed(self, attribute: str) -> object:
        text = self.span.attributes.get(attribute)
        if text is None:
            return None
        if not isinstance(text, str):
            self._faults.append(f"{attribute} is not a string")
            return None
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            # Limits on the length of attributes cut the text, wherever it passes one.
            self._faults.append(f"{attribute} is not valid JSON (cut by OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT?)")
            return None


def _is_deeper(wire: object, limit: int) -> bool:
    """Return whether lists and objects stand inside each other more than ``limit`` times."""
    level = [wire]
    for _ in range(limit):
        level = [item for outer in level for item in _inside(outer)]
        if not level:
            return False
    return True


def _inside(wire: object) -> Iterable[object]:
    if isinstance(wire, dict):
        return wire.values()
    return wire if isinstance(wire, list) else ()
