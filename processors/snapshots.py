"""Any Python object → a wire value that says what it was at this moment.

What enters is whatever a program passes around; what leaves is its form on the wire
(:mod:`otel2test.values`), secrets replaced, bounded in depth, length and number of parts.

A snapshot must not be noticed. Of a foreign class no method, property, ``__getattr__``,
``__repr__``, ``__eq__``, ``__hash__`` or ``__len__`` is run: attributes are read where
they lie (``__dict__``, ``__slots__``), and subclasses of built-in types through the
built-in's own methods. Nothing lazy is evaluated: a query set that was not fetched, a
deferred field, a lazy translation, a generator is ``$lazy``. What can't be read is
``$cut``; nothing is ever raised.

How a class is read is decided once for each class (:mod:`~otel2test.processors.kinds`).
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Final, TypeAlias

from otel2test.processors import kinds
from otel2test.processors.guard import fault
from otel2test.processors.kinds import Kind
from otel2test.processors.redaction import redactor
from otel2test.secrets.shapes import SHORTEST
from otel2test.values import Wire, encode, encode_mapping, encode_str

MAX_DEPTH: Final = 4
MAX_ITEMS: Final = 100
MAX_TEXT: Final = 10_000
MAX_PARTS: Final = 1000
"""Values of all kinds in one snapshot."""

_INT64: Final = 2**63
_secret_names: Final = redactor.secret_names


def snapshot(value: Any) -> Wire:
    """Return the wire form of ``value``."""
    cls = type(value)
    # The most frequent values first, as there may be several for every call of a function.
    if (
        (cls is int and -_INT64 <= value < _INT64)
        or value is None
        or (cls is str and len(value) < SHORTEST and value.isascii())
        or cls is bool
    ):
        return value  # type: ignore[no-any-return]  # stands for itself
    try:
        scalar = _SCALARS.get(cls)
        return _Snapshot().of(value, 0) if scalar is None else scalar(value)
    except Exception as error:  # noqa: BLE001 - see _failed()
        return _failed(value, error)


def snapshot_named(name: str, value: object) -> Wire:
    """Return the wire form of a value that goes by ``name``; a pseudonym if that is a secret's."""
    wire = snapshot(value)
    return redactor.scramble(wire) if redactor.is_secret_name(name) else wire


def snapshot_mapping(values: Mapping[str, object]) -> dict[str, Wire]:
    """Return the wire forms of named values."""
    return {name: snapshot_named(name, value) for name, value in values.items()}


def _cut(value: object, size: int | None = None, kept: Wire = None) -> Wire:
    return {"$cut": {"type": kinds.type_name(type(value)), "size": size, "kept": kept}}


def _failed(value: object, error: Exception) -> Wire:
    """Stand in for what can't be read: nothing is raised, a part that fails doesn't spoil the whole."""
    fault("snapshot", error)
    return _cut(value)


def _text(value: str) -> Wire:
    if len(value) < SHORTEST:
        return value if value.isascii() else encode_str(value)
    if len(value) > MAX_TEXT:
        return _cut(value, len(value), encode_str(redactor.redact_text(value[:MAX_TEXT])))
    redacted = redactor.redact_text(value)
    return redacted if redacted.isascii() else encode_str(redacted)


def _integer(value: int) -> Wire:
    return value if -_INT64 <= value < _INT64 else encode(value)


def _float(value: float) -> Wire:
    return value if math.isfinite(value) else encode(value)


def _bytes(value: bytes) -> Wire:
    whole, value = value, value[:MAX_TEXT]
    wire = encode(redactor.redact_bytes(value))
    return wire if len(whole) <= MAX_TEXT else _cut(whole, len(whole), wire)


def _memory(value: memoryview) -> Wire:
    kept = encode(value.cast("B")[:MAX_TEXT].tobytes()) if value.contiguous else None
    return kept if kept is not None and value.nbytes <= MAX_TEXT else _cut(value, value.nbytes, kept)


def _same(value: bool | None) -> Wire:
    return value


_SCALARS: Final[dict[type, Callable[[Any], Wire]]] = {
    type(None): _same,
    bool: _same,
    int: _integer,
    float: _float,
    str: _text,
    bytes: _bytes,
    bytearray: lambda value: _bytes(bytes(value)),
    memoryview: _memory,
    **dict.fromkeys(kinds.PLAIN_CLASSES, encode),
}


class _Snapshot:
    """One walk through a value: how many parts it took, and which containers it is inside of."""

    __slots__ = ("_inside", "_parts")

    def __init__(self) -> None:
        self._parts = 0
        self._inside: set[int] = set()

    def of(self, value: Any, depth: int) -> Wire:
        self._parts += 1
        cls = type(value)
        # As in snapshot(): most parts are such.
        if cls is str:
            if len(value) < SHORTEST and value.isascii():
                return value  # type: ignore[no-any-return]
        elif value is None or cls is bool or (cls is int and -_INT64 <= value < _INT64):
            return value  # type: ignore[no-any-return]
        try:
            scalar = _SCALARS.get(cls)
            if scalar is not None:
                return scalar(value)
            kind = kinds.kind_of(cls)
            leaf = _LEAVES.get(kind.form)
            return self._container(value, kind, depth) if leaf is None else leaf(self, value, kind, depth)
        except Exception as error:  # noqa: BLE001 - see _failed()
            return _failed(value, error)

    def _container(self, value: Any, kind: Kind, depth: int) -> Wire:
        identity = id(value)
        if identity in self._inside:
            return _cut(value)
        if depth >= MAX_DEPTH or self._parts > MAX_PARTS:
            return _cut(value, kind.size(value))
        self._inside.add(identity)
        try:
            return _CONTAINERS[kind.form](self, value, kind, depth + 1)
        finally:
            self._inside.discard(identity)

    def items(self, values: Iterable[Any], depth: int) -> list[Wire]:
        return [self.of(item, depth) for item in islice(values, MAX_ITEMS)]

    def named(self, name: Any, value: Any, depth: int) -> Wire:
        wire = self.of(value, depth)
        if type(name) is bytes:  # of a header, or of a variable of the environment
            name = name.decode("latin-1")
        return redactor.scramble(wire) if type(name) is str and _secret_names[name] else wire


def _lazy(_walk: _Snapshot, _value: Any, kind: Kind, _depth: int) -> Wire:
    return {"$lazy": kind.name}


def _reference(_walk: _Snapshot, value: Any, _kind: Kind, _depth: int) -> Wire:
    return {"$ref": kinds.reference(value)}


def _scalar(_walk: _Snapshot, value: Any, kind: Kind, _depth: int) -> Wire:
    plain = kind.plain(value)
    return _SCALARS[type(plain)](plain)


def _wrapper(walk: _Snapshot, value: Any, kind: Kind, depth: int) -> Wire:
    wrapped = kind.plain(value)
    return {"$lazy": kind.name} if wrapped is kinds.NOTHING else walk.of(wrapped, depth)


def _enum(walk: _Snapshot, value: Any, kind: Kind, depth: int) -> Wire:
    attributes = kind.attributes(value)
    name = attributes.get("_name_")
    return {
        "$enum": {
            "type": kind.name,
            "name": name if type(name) is str else "",
            "value": walk.of(attributes.get("_value_"), depth),
        }
    }


def _list(walk: _Snapshot, value: Any, kind: Kind, depth: int) -> Wire:
    return _whole(value, kind, walk.items(kind.items(value), depth))


def _tuple(walk: _Snapshot, value: Any, kind: Kind, depth: int) -> Wire:
    return _whole(value, kind, {"$tuple": walk.items(kind.items(value), depth)})


def _set(walk: _Snapshot, value: Any, kind: Kind, depth: int) -> Wire:
    # Sets have no order of their own; the recording gets a stable one.
    members = sorted(walk.items(kind.items(value), depth), key=json.dumps)
    return _whole(value, kind, {f"${kind.form}": members})


def _dict(walk: _Snapshot, value: Any, kind: Kind, depth: int) -> Wire:
    pairs = list(islice(kind.items(value), MAX_ITEMS))
    for key, _ in pairs:
        if type(key) is not str or not (key.isascii() or encode_str(key) is key):
            wires: list[Wire] = [[walk.of(key, depth), walk.named(key, item, depth)] for key, item in pairs]
            return _whole(value, kind, {"$dict": wires})
    return _whole(value, kind, encode_mapping({key: walk.named(key, item, depth) for key, item in pairs}))


def _object(walk: _Snapshot, value: Any, kind: Kind, depth: int) -> Wire:
    attributes = kind.attributes(value)
    wires = {name: walk.named(name, item, depth) for name, item in islice(attributes.items(), MAX_ITEMS)}
    wire: Wire = {"$object": {"type": kind.name, "attributes": wires}}
    return wire if len(attributes) <= MAX_ITEMS else _cut(value, len(attributes), wire)


def _model(walk: _Snapshot, value: Any, kind: Kind, depth: int) -> Wire:
    fields = {name: walk.of(item, depth) for name, item in kind.attributes(value).items()}
    for name, wire in fields.items():
        if redactor.is_secret_field(kind.label, name):
            fields[name] = redactor.scramble(wire)
    return {"$model": {"model": kind.label, "pk": fields.get(kind.primary_key), "fields": fields}}


def _range(walk: _Snapshot, value: Any, kind: Kind, depth: int) -> Wire:
    parts = kind.attributes(value)
    lower, upper = walk.of(parts.get("_lower"), depth), walk.of(parts.get("_upper"), depth)
    return {"$range": {"lower": lower, "upper": upper, "bounds": str(parts.get("_bounds") or "")}}


def _whole(value: Any, kind: Kind, wire: Wire) -> Wire:
    size = kind.size(value)
    return wire if size is None or size <= MAX_ITEMS else _cut(value, size, wire)


Walk: TypeAlias = "Callable[[_Snapshot, Any, Kind, int], Wire]"
_LEAVES: Final[dict[kinds.Form, Walk]] = {
    "lazy": _lazy,
    "reference": _reference,
    "scalar": _scalar,
    "enum": _enum,
    "wrapper": _wrapper,
}
_CONTAINERS: Final[dict[kinds.Form, Walk]] = {
    "list": _list,
    "tuple": _tuple,
    "set": _set,
    "frozenset": _set,
    "dict": _dict,
    "model": _model,
    "range": _range,
    "object": _object,
}
"""What may hold others, itself included."""
