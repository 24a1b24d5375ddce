"""Values of one request's calls → their forms in :class:`~otel2test.attributes.CallsPayload`.

What enters is whatever a call was given or left behind; what leaves is a snapshot of it that is
short: itself, if it is a number or a short text, else a reference to the table where each value
stands once. A value that a request's calls pass around is looked at each time, but snapshot
again only if something in it is another by then (:mod:`~otel2test.processors.calls.seen`).

By C, where that part was compiled, forms are made as the JSON that they are.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

from otel2test.processors import kinds
from otel2test.processors.calls import seen
from otel2test.processors.calls.frames import UNBOUND
from otel2test.processors.calls.seen import HELD, LONGEST_HELD, MOST_SEEN
from otel2test.processors.otlp import dump
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import MAX_ITEMS, snapshot
from otel2test.values import Wire

SHORT: Final = 24
"""Bytes of JSON that a reference would save too little of."""
TAGS: Final = frozenset(kinds.PLAIN_TAGS.values())
"""Of values that a shape says the tag of, so that only what stands behind it is told of each instance."""
_INSTANCES: Final = frozenset({"object", "model"})
_UNSET: Final[list[Wire]] = []
_secret_names: Final = redactor.secret_names
_secrets: Final = redactor.known


Shape = tuple[str | tuple[str, str], ...]


class Values:
    """The table of one request."""

    def __init__(self) -> None:
        self.encoded: list[bytes] = []
        """The table's entries as JSON."""
        self.size = 0
        """Bytes of them."""
        self.shapes: dict[Shape, int] = {}
        """Tag, class and attribute names of instances, numbered; names of what is tagged with the tag."""
        self.unset: Wire = _UNSET
        """Stands where there is no value."""
        self._places: dict[bytes, int] = {}
        self._seen = seen.Seen()
        self._texts: dict[str, Wire] = {}
        """Forms of texts."""
        self._plain_shapes: dict[tuple[type, tuple[str, ...]], tuple[tuple[str, ...], int]] = {}
        self._moment = _secrets.first_met
        """All that is remembered was clean then: what became a secret since may stand in it."""

    def of(self, value: Any) -> Wire:
        """Return the form of ``value``."""
        if self._seen.stands(value):
            return value  # type: ignore[no-any-return]
        cls = type(value)
        if self._moment != _secrets.first_met:
            self._forget()
        if cls is str:
            return self._text(value)
        if cls is list or cls is tuple or cls is dict:
            return self._container(value, cls)
        try:
            kind = kinds.KINDS.get(cls)
        except Exception:  # noqa: BLE001 - a class that bears no hash(); snapshot() meets the same, and tells of it
            kind = None
        if kind is not None and kind.form in _INSTANCES:
            return self._container(value, cls)
        return self.put(snapshot(value))

    def forms(self, values: Sequence[object], secret: Sequence[bool]) -> list[Wire]:
        """Return the forms of variables, some perhaps secret; an empty list where there is no value."""
        forms: list[Wire] = []
        for index, value in enumerate(values):
            if value is UNBOUND:
                forms.append(self.unset)
            else:
                forms.append(self.secret(value) if secret and secret[index] else self.of(value))
        return forms

    def unset_all(self, count: int) -> list[Wire]:
        """Return the forms of so many variables of which nothing is known."""
        return [self.unset] * count

    def raised(self, told: Any) -> Wire:
        """Return the form of an exception, given its payload."""
        return [True, self.put(told)]

    def _forget(self) -> None:
        self._moment = _secrets.first_met
        self._texts.clear()
        self._seen.clear()
        self._plain_shapes.clear()

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
        elif cls is str and len(wire) > SHORT:  # type: ignore[arg-type]  # it is a text
            form = wire
        else:
            return wire
        return self._placed(form)

    def _placed(self, form: Wire) -> Wire:
        """Return a form, or a reference to it in the table if that is shorter."""
        try:
            text = orjson.dumps(form)
        except orjson.JSONEncodeError:
            text = dump(form)
        if len(text) <= SHORT:
            return form
        place = self._places.get(text)
        if place is None:
            place = self._places[text] = len(self.encoded)
            self.encoded.append(text)
            self.size += len(text)
        return [place]

    def _text(self, value: str) -> Wire:
        form = self._texts.get(value)
        if form is None:
            form = self.put(snapshot(value))
            if len(value) <= LONGEST_HELD:
                if len(self._texts) >= MOST_SEEN:
                    self._texts.clear()
                self._texts[value] = form
        return form

    def _container(self, value: Any, cls: type) -> Wire:
        form: Wire = None
        try:
            form = self._seen.form(value)
            if form is not None:
                return form
            parts = self._seen.parts(value)
        except Exception:  # noqa: BLE001 - snapshot() meets the same, and tells of it
            parts = None
        if cls is list:
            form = self._plain_list(value)
        elif parts is not None and cls is parts[0]:
            form = self._plain_instance(parts)
        if form is None:
            form = self.put(snapshot(value))
        if parts is not None and form is not None:
            self._seen.remember(value, parts, form)
        return form

    def _plain_list(self, value: list[Any]) -> Wire:
        """Return the form of a list whose items stand for themselves, None for any other."""
        if len(value) > MAX_ITEMS:
            return None
        # Looked at is what is written, not the list: another thread may put something into that meanwhile.
        form = [None, *value]
        for item in form:
            if not self._seen.stands(item):
                return None
        return self._placed(form)

    def _plain_instance(self, parts: tuple[Any, ...]) -> Wire:
        """Return the form of an instance whose attributes are plain values and no secrets, else None."""
        values = parts[2:-1:2]
        for part in values:
            if type(part) not in HELD:
                return None  # the class of something inside, and from there on names stand elsewhere
        key = parts[0], parts[1:-1:2]
        shape = self._plain_shapes.get(key)
        if shape is None:
            if len(self._plain_shapes) >= MOST_SEEN:
                self._plain_shapes.clear()
            shape = self._plain_shapes[key] = self._plain_shape(*key)
        if not shape[0]:
            return None
        before = (self._wire(parts[shape[1]]),) if shape[1] else ()
        return self._placed(self._instance(shape[0], before, key[1], map(self._wire, values)))

    def _wire(self, value: Any) -> Wire:
        return value if self._seen.stands(value) else snapshot(value)

    def _plain_shape(self, cls: type, names: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
        """Return a shape's head, and which of the parts is the primary key; no head for no shape."""
        kind = kinds.KINDS.get(cls)
        if kind is None or not names or len(names) > MAX_ITEMS:
            return (), 0
        if kind.form == "object":
            if any(_secret_names[name] for name in names):
                return (), 0
            return ("$object", kind.name), 0
        if kind.form != "model" or kind.primary_key not in names:
            return (), 0
        if any(redactor.is_secret_field(kind.label, name) for name in names):
            return (), 0
        return ("$model", kind.label), 2 * names.index(kind.primary_key) + 2

    def _instance(
        self, head: tuple[str, ...], before: tuple[Wire, ...], names: Iterable[str], values: Iterable[Wire]
    ) -> list[Wire]:
        """Return an instance as the number of its shape and its attributes' values."""
        shape: list[str | tuple[str, str]] = [*head]
        form: list[Wire] = [None, *before]
        for name, value in zip(names, values, strict=True):
            if type(value) is dict and len(value) == 1 and (tag := next(iter(value))) in TAGS:
                shape.append((name, tag))
                form.append(value[tag])
            else:
                shape.append(name)
                form.append(value)
        key = tuple(shape)
        number = self.shapes.get(key)
        if number is None:
            number = self.shapes[key] = len(self.shapes)
        form[0] = number
        return form

    def _shaped(self, wire: Any) -> Wire:
        """Return an instance as the number of its shape and its attributes' values, all else as it is."""
        if len(wire) != 1:
            return wire  # type: ignore[no-any-return]  # a form already
        before: tuple[Wire, ...] = ()
        if "$model" in wire:
            payload = wire["$model"]
            head, attributes, before = ("$model", payload["model"]), payload["fields"], (payload["pk"],)
        elif "$object" in wire:
            payload = wire["$object"]
            head, attributes = ("$object", payload["type"]), payload["attributes"]
        else:
            return wire  # type: ignore[no-any-return]
        if not attributes:
            return wire  # type: ignore[no-any-return]
        return self._instance(head, before, attributes, attributes.values())


try:
    from . import _values
except ImportError:
    pass
else:
    Values = _values.Values  # type: ignore[misc] # the same class, to who uses it
