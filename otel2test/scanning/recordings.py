"""Secrets in recordings: every text of every span, payloads of ours opened up.

What enters is the parsed content of one OTLP document, of which nothing is trusted; what leaves
are findings that name trace, span and attribute. Values are judged by their form and by the names
they go by: keys of JSON, columns of rows, names of headers and fields.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from otel2test.attributes import BODY_TEXTS, names_of
from otel2test.scanning.detecting import Detector
from otel2test.scanning.findings import Finding, masked

_TRACE_IDS: Final = ("traceId", "trace_id")
_SPAN_IDS: Final = ("spanId", "span_id")
_ENCODED: Final = frozenset({"$bytes", "$str", "base64", "content", "bytesValue"})
"""Keys whose text is base64."""
_NO_VALUES: Final = frozenset(
    {"$ref", "$lazy", "type", "parentSpanId", "parent_span_id", *_TRACE_IDS, *_SPAN_IDS}
)
_LONGEST_NAME: Final = 60
_DEEPEST: Final = 100
_CARD_DIGITS: Final = 13


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a document the walk is."""

    file: str
    trace: str = ""
    span: str = ""
    attribute: str = ""
    path: tuple[str, ...] = ()
    name: str = ""
    """By which a value is judged: the innermost that isn't a tag of ours."""

    def __str__(self) -> str:
        ids = [f"{what} {value}" for what, value in (("trace", self.trace), ("span", self.span)) if value]
        inside = ".".join((self.attribute, *self.path) if self.attribute else self.path)
        return ", ".join([self.file, *ids, inside])

    def below(self, key: str) -> "_Place":
        named = key if not key.startswith("$") and not key.isdecimal() else self.name
        return replace(self, path=(*self.path, key), name=named)


def scan_document(content: object, origin: str, detector: Detector) -> Iterator[Finding]:
    """Yield the secrets in one document."""
    yield from _Walk(detector).walk(content, _Place(origin))


class _Walk:
    def __init__(self, detector: Detector) -> None:
        self._detector = detector

    def walk(self, value: object, place: _Place) -> Iterator[Finding]:
        if len(place.path) > _DEEPEST:
            return
        if isinstance(value, Mapping):
            yield from self._object(value, place)
        elif isinstance(value, str):
            yield from self._text(value, place)
        elif isinstance(value, list):
            yield from self._list(value, place)
        elif isinstance(value, int) and len(str(value)) >= _CARD_DIGITS:
            yield from self._found(str(value), place)

    def _object(self, value: Mapping[str, object], place: _Place) -> Iterator[Finding]:
        trace, span = (_id(value, names) for names in (_TRACE_IDS, _SPAN_IDS))
        if trace or span:
            place = replace(place, trace=trace or place.trace, span=span or place.span, path=())
        if isinstance(key := value.get("key"), str) and "value" in value:
            # What a body is called says nothing of what is in it.
            place = _Place(place.file, place.trace, place.span, key, (), "" if key in BODY_TEXTS else key)
        columns = value.get("columns") or names_of(value.get("sources"))
        for name, item in value.items():
            if name in _NO_VALUES:
                continue
            if name == "rows" and isinstance(columns, list) and isinstance(item, list):
                for row in item:
                    cells = row if isinstance(row, list) else []
                    for column, cell in zip(columns, cells, strict=False):
                        yield from self.walk(cell, place.below(str(column)))
            elif name == "cells" and isinstance(columns, list) and isinstance(item, list):
                for column, told in zip(columns, item, strict=False):
                    yield from self._column(told, place.below(str(column)))
            elif name.endswith("Value") and place.path == ():
                yield from self.walk(item, place)  # OTLP's own wrapping
            elif name in _ENCODED and isinstance(item, str):
                yield from self._encoded(item, place.below(name))
            else:
                yield from self.walk(item, place if name in {"value", "values"} else place.below(name))

    def _column(self, column: object, place: _Place) -> Iterator[Finding]:
        """Look at what stands in a column of a result, each value as often as it is written."""
        cells, tag = column, None
        if isinstance(column, Mapping):
            cells, tag = column.get("cells"), column.get("tag")
        for cell in cells if isinstance(cells, list) else []:
            yield from self.walk({tag: cell} if isinstance(tag, str) else cell, place)

    def _list(self, value: Sequence[object], place: _Place) -> Iterator[Finding]:
        if len(value) == 2 and isinstance(value[0], str) and _is_name(value[0]):
            yield from self.walk(value[1], place.below(value[0]))
            return
        for index, item in enumerate(value):
            yield from self.walk(item, place.below(str(index)))

    def _text(self, text: str, place: _Place) -> Iterator[Finding]:
        if text[:1] in "{[" and text[-1:] in "}]":
            try:
                parsed = json.loads(text)
            except ValueError:
                parsed = None
            if isinstance(parsed, (dict, list)):
                yield from self.walk(parsed, place)
                return
        # A word in a URL is a place to go to, whatever the parameter is called.
        is_word = "kwargs" in place.path and not any(map(str.isdigit, text))
        if self._detector.is_secret(place.name, text) and not is_word:
            yield self._finding("secret by its name", text, place)
            return
        yield from self._found(text, place)

    def _encoded(self, text: str, place: _Place) -> Iterator[Finding]:
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            yield from self._text(text, place)
            return
        try:
            plain = data.decode()
        except UnicodeDecodeError:
            plain = data.decode("latin-1")
        yield from self._text(plain, place)

    def _found(self, text: str, place: _Place) -> Iterator[Finding]:
        for found in self._detector.find(text):
            yield self._finding(found.kind, text[found.start : found.end], place)

    def _finding(self, kind: str, secret: str, place: _Place) -> Finding:
        remedy = "revoke it, delete the trace and record it anew"
        if place.name and place.name not in self._detector.names and _is_name(place.name):
            remedy += f", with OTEL2TEST_REDACT={place.name} if it isn't replaced then"
        return Finding(str(place), kind, masked(secret), remedy)


def _id(value: Mapping[str, object], names: Sequence[str]) -> str:
    return next((found for name in names if isinstance(found := value.get(name), str)), "")


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_NAME and not any(map(str.isspace, text))
