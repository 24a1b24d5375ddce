"""Values of one request's calls → their forms in :class:`~otel2test.attributes.CallsPayload`.

What enters is whatever a call was given or left behind; what leaves is a snapshot of it that is
short: itself, if it is a number or a short text, else a reference to the table where each value
stands once. An instance that a request's calls pass around is looked at each time, but written
again only if one of its attributes holds something else by then.
"""

from operator import is_
from typing import Any, Final

import orjson

from otel2test.processors import kinds
from otel2test.processors.otlp import dump
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import snapshot
from otel2test.secrets.shapes import SHORTEST
from otel2test.values import Wire

_SHORT: Final = 24
"""Bytes of JSON that a reference would save too little of."""
_INSTANCES: Final = frozenset({"object", "model"})
_INT64: Final = 2**63
_MOST_SEEN: Final = 4096
_LONGEST_SEEN: Final = 30
"""Attributes of an instance that is known again."""
_HELD: Final = frozenset({type(None), bool, int, float, str, *kinds.PLAIN_CLASSES})
"""What may be held on to until the request is written: nobody notices when such a value goes."""
_LONGEST_HELD: Final = 1000


class _Seen:
    """An instance as it was when it was last met."""

    __slots__ = ("cls", "form", "names", "values")

    def __init__(
        self, cls: type, names: tuple[str, ...], values: tuple[object, ...], form: list[Wire]
    ) -> None:
        self.cls = cls
        self.names = names
        self.values = values
        self.form = form


class Values:
    """The table of one request."""

    def __init__(self) -> None:
        self.encoded: list[bytes] = []
        """The table's entries as JSON."""
        self.size = 0
        """Bytes of them."""
        self.shapes: dict[tuple[str, ...], int] = {}
        """Tag, class and attribute names of instances, numbered."""
        self._places: dict[bytes, int] = {}
        self._seen: dict[int, _Seen] = {}

    def of(self, value: Any) -> Wire:
        """Return the form of ``value``."""
        cls = type(value)
        # As in snapshot(): most values are such.
        if (
            (cls is int and -_INT64 <= value < _INT64)
            or value is None
            or (cls is str and len(value) < SHORTEST and value.isascii())
            or cls is bool
        ):
            return value  # type: ignore[no-any-return]  # stands for itself
        kind = kinds.KINDS.get(cls)
        if kind is not None and kind.form in _INSTANCES:
            return self._instance(value, cls, kind)
        return self.put(snapshot(value))

    def secret(self, value: object) -> Wire:
        """Return the form of a value that is a secret as a whole."""
        return self.put(redactor.scramble(snapshot(value)))

    def put(self, wire: Wire) -> Wire:
        """Return the form of a snapshot."""
        cls = type(wire)
        if cls is dict:
            form = self._shaped(wire)
        elif cls is list:
            form = [None, *wire]  # type: ignore[misc]  # it is a list
        elif cls is str and len(wire) > _SHORT:  # type: ignore[arg-type]  # it is a text
            form = wire
        else:
            return wire
        try:
            text = orjson.dumps(form)
        except orjson.JSONEncodeError:
            text = dump(form)
        if len(text) <= _SHORT:
            return form
        place = self._places.get(text)
        if place is None:
            place = self._places[text] = len(self.encoded)
            self.encoded.append(text)
            self.size += len(text)
        return [place]

    def _instance(self, value: object, cls: type, kind: kinds.Kind) -> Wire:
        try:
            found = kind.attributes(value)
        except Exception:  # noqa: BLE001 - snapshot() meets the same, and tells of it
            return self.put(snapshot(value))
        names, parts = tuple(found), tuple(found.values())
        known = self._seen.get(id(value))
        if (
            known is not None
            and known.cls is cls
            and known.names == names
            and all(map(is_, parts, known.values))
        ):
            return known.form
        form = self.put(snapshot(value))
        if type(form) is list and len(parts) <= _LONGEST_SEEN and _HELD.issuperset(map(type, parts)):
            self._remember(id(value), _Seen(cls, names, parts, form))
        return form

    def _remember(self, identity: int, seen: _Seen) -> None:
        for part in seen.values:
            if type(part) is str and len(part) > _LONGEST_HELD:
                return
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        self._seen[identity] = seen

    def _shaped(self, wire: Any) -> Wire:
        """Return an instance as the number of its shape and its attributes' values, all else as it is."""
        if len(wire) != 1:
            return wire  # type: ignore[no-any-return]  # a form already
        before: list[Wire] = []
        if "$model" in wire:
            payload = wire["$model"]
            attributes = payload["fields"]
            shape = ("$model", payload["model"], *attributes)
            before.append(payload["pk"])
        elif "$object" in wire:
            payload = wire["$object"]
            attributes = payload["attributes"]
            shape = ("$object", payload["type"], *attributes)
        else:
            return wire  # type: ignore[no-any-return]
        if not attributes:
            return wire  # type: ignore[no-any-return]
        number = self.shapes.get(shape)
        if number is None:
            number = self.shapes[shape] = len(self.shapes)
        return [number, *before, *attributes.values()]
