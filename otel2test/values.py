"""Python values ⇄ typed JSON, the form in which a recording keeps every value.

What JSON has (``null``, booleans, strings, finite floats, integers of 64 bits,
lists, objects with string keys) stands for itself. Everything else is an object
with a single key that starts with ``$`` and names the type::

    Decimal("1.50")              {"$decimal": "1.50"}
    datetime(2026, 1, 2, …, UTC) {"$datetime": "2026-01-02T03:04:05+00:00"}
    (1, "a")                     {"$tuple": [1, "a"]}
    {1: "a"}                     {"$dict": [[1, "a"]]}

Reading never runs code from a recording: there is no pickle, no import and no
class look-up. What has no plain form (an instance of some class, a queryset
that nobody evaluated) is read as one of the small records below.
"""

import base64
import binascii
import datetime as dt
import math
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

Wire: TypeAlias = "bool | int | float | str | list[Wire] | dict[str, Wire] | None"
"""A value in its form on the wire: what ``json.loads`` can return."""

_INT64_MIN: Final = -(2**63)
_INT64_MAX: Final = 2**63 - 1


class NotPlainError(TypeError):
    """A value that has no plain form; the recorder snapshots it instead."""


class BadWireError(ValueError):
    """A tagged object of the recording that cannot be read."""


@dataclass(frozen=True, slots=True)
class ModelValue:
    """An instance of a Django model, by its loaded fields. ``{"$model": {…}}``."""

    label: str
    """``app_label.ModelName``."""
    pk: object
    fields: Mapping[str, object]
    """attname → value, those that were loaded."""


@dataclass(frozen=True, slots=True)
class ObjectValue:
    """An instance of any other class. ``{"$object": {"type", "attributes"}}``."""

    type: str
    """``module.QualName``."""
    attributes: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class EnumValue:
    """A member of an enum. ``{"$enum": {"type", "name", "value"}}``."""

    type: str
    name: str
    value: object


@dataclass(frozen=True, slots=True)
class Lazy:
    """Something that must not be looked into: a queryset, file, generator. ``{"$lazy": "type"}``."""

    type: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A class, function or module, by name. ``{"$ref": "module.qualname"}``."""

    name: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A value that was too large or too deep. ``{"$cut": {"type", "size", "kept"}}``."""

    type: str
    size: int | None
    """Length of the whole, where it is known."""
    kept: object
    """The beginning, or None."""


@dataclass(frozen=True, slots=True)
class RangeValue:
    """A range of PostgreSQL. ``{"$range": {"lower", "upper", "bounds"}}``."""

    lower: object
    upper: object
    bounds: str
    """Such as ``[)``; ``""`` for the empty range."""


def encode(value: object) -> Wire:
    """Return the wire form of a plain value.

    Raises :class:`NotPlainError` for anything that isn't one of the types
    below exactly: subclasses are for the recorder to snapshot.
    """
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        raise NotPlainError(f"{type(value).__module__}.{type(value).__qualname__}")
    return encoder(value)


def encoder(kind: type) -> Callable[[Any], Wire]:
    """Return what makes the wire form of plain values of exactly this type; KeyError for any other."""
    return _ENCODERS[kind]


def decode(wire: Wire) -> object:
    """Return the value that ``wire`` stands for.

    Raises :class:`BadWireError` where a tag is unknown or its payload is not of
    the tag's form; plain JSON always decodes.
    """
    if isinstance(wire, list):
        return [decode(item) for item in wire]
    if isinstance(wire, dict):
        if len(wire) == 1:
            (tag,) = wire
            if tag.startswith("$"):
                return _decode_tagged(tag, wire[tag])
        return {key: decode(item) for key, item in wire.items()}
    return wire


def is_plain(value: object) -> bool:
    """Say whether a decoded value is the value itself, all the way down, and not a record of one."""
    if isinstance(value, (Cut, Lazy, ModelValue, ObjectValue, Reference)):
        return False
    if isinstance(value, RangeValue):
        return is_plain(value.lower) and is_plain(value.upper)
    if isinstance(value, Mapping):
        return all(is_plain(key) and is_plain(item) for key, item in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(is_plain(item) for item in value)
    return True


def _decode_tagged(tag: str, payload: Wire) -> object:
    decoder = _DECODERS.get(tag)
    if decoder is None:
        raise BadWireError(f"unknown tag {tag!r}")
    try:
        return decoder(payload)
    except BadWireError:
        raise
    except (
        TypeError,
        ValueError,
        KeyError,
        AttributeError,
        ArithmeticError,
        InvalidOperation,
        binascii.Error,
    ) as error:
        raise BadWireError(f"{tag}: {error}") from error


def encode_mapping(items: Mapping[str, Wire]) -> dict[str, Wire]:
    """Return ``items`` as a JSON object that :func:`decode` reads as a dict of those keys."""
    if len(items) == 1 and next(iter(items)).startswith("$"):
        return {"$dict": [[key, item] for key, item in items.items()]}
    return dict(items)


def encode_str(value: str) -> Wire:
    """Return the wire form of a string; lone surrogates, which JSON libraries refuse, are kept."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return {"$str": base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()}
    return value


def _encode_int(value: int) -> Wire:
    return value if _INT64_MIN <= value <= _INT64_MAX else {"$int": str(value)}


def _encode_float(value: float) -> Wire:
    return value if math.isfinite(value) else {"$float": repr(value)}


def _encode_dict(value: dict[object, object]) -> Wire:
    plain: dict[str, Wire] = {}
    for key, item in value.items():
        if type(key) is not str or not isinstance(encode_str(key), str):
            return {"$dict": [[encode(k), encode(v)] for k, v in value.items()]}
        plain[key] = encode(item)
    return encode_mapping(plain)


def _encode_set(tag: str, value: set[object] | frozenset[object]) -> Wire:
    # Sets have no order of their own; the recording gets a stable one.
    return {tag: [encode(item) for item in sorted(value, key=lambda item: (str(type(item)), repr(item)))]}


TAGGED_TEXTS: Final[dict[type, tuple[str, Callable[[Any], str]]]] = {
    Decimal: ("$decimal", str),
    dt.date: ("$date", dt.date.isoformat),
    dt.datetime: ("$datetime", dt.datetime.isoformat),
    dt.time: ("$time", dt.time.isoformat),
}
"""Types whose values are a text inside of a tag: the tag, and what makes the text."""

_ENCODERS: Final[dict[type, Callable[..., Wire]]] = {
    type(None): lambda value: value,
    bool: lambda value: value,
    int: _encode_int,
    float: _encode_float,
    str: encode_str,
    bytes: lambda value: {"$bytes": base64.b64encode(value).decode()},
    bytearray: lambda value: {"$bytes": base64.b64encode(value).decode()},
    memoryview: lambda value: {"$bytes": base64.b64encode(value).decode()},
    Decimal: lambda value: {"$decimal": str(value)},
    dt.date: lambda value: {"$date": value.isoformat()},
    dt.datetime: lambda value: {"$datetime": value.isoformat()},
    dt.time: lambda value: {"$time": value.isoformat()},
    dt.timedelta: lambda value: {"$timedelta": [value.days, value.seconds, value.microseconds]},
    uuid.UUID: lambda value: {"$uuid": str(value)},
    list: lambda value: [encode(item) for item in value],
    tuple: lambda value: {"$tuple": [encode(item) for item in value]},
    set: lambda value: _encode_set("$set", value),
    frozenset: lambda value: _encode_set("$frozenset", value),
    dict: _encode_dict,
}


def _text(payload: Wire) -> str:
    if not isinstance(payload, str):
        raise BadWireError(f"expected a string, not {type(payload).__name__}")
    return payload


def _items(payload: Wire) -> list[object]:
    if not isinstance(payload, list):
        raise BadWireError(f"expected a list, not {type(payload).__name__}")
    return [decode(item) for item in payload]


def _record(payload: Wire) -> dict[str, Wire]:
    if not isinstance(payload, dict):
        raise BadWireError(f"expected an object, not {type(payload).__name__}")
    return payload


def _attributes(payload: Wire) -> dict[str, object]:
    return {key: decode(item) for key, item in _record(payload).items()}


def _decode_dict(payload: Wire) -> object:
    if not isinstance(payload, list):
        raise BadWireError(f"expected a list, not {type(payload).__name__}")
    return {decode(key): decode(item) for key, item in map(_pair, payload)}


def _pair(payload: Wire) -> tuple[Wire, Wire]:
    if not isinstance(payload, list) or len(payload) != 2:
        raise BadWireError("expected [key, value]")
    return payload[0], payload[1]


def _decode_timedelta(payload: Wire) -> dt.timedelta:
    days, seconds, microseconds = _items(payload)
    if not (isinstance(days, int) and isinstance(seconds, int) and isinstance(microseconds, int)):
        raise BadWireError("expected three whole numbers")
    return dt.timedelta(days=days, seconds=seconds, microseconds=microseconds)


def _decode_model(payload: Wire) -> ModelValue:
    record = _record(payload)
    return ModelValue(_text(record["model"]), decode(record.get("pk")), _attributes(record["fields"]))


def _decode_object(payload: Wire) -> ObjectValue:
    record = _record(payload)
    return ObjectValue(_text(record["type"]), _attributes(record["attributes"]))


def _decode_enum(payload: Wire) -> EnumValue:
    record = _record(payload)
    return EnumValue(_text(record["type"]), _text(record["name"]), decode(record["value"]))


def _decode_cut(payload: Wire) -> Cut:
    record = _record(payload)
    size = record.get("size")
    return Cut(_text(record["type"]), size if isinstance(size, int) else None, decode(record.get("kept")))


def _decode_range(payload: Wire) -> RangeValue:
    record = _record(payload)
    return RangeValue(decode(record["lower"]), decode(record["upper"]), _text(record["bounds"]))


_DECODERS: Final[dict[str, Callable[[Wire], object]]] = {
    "$int": lambda payload: int(_text(payload)),
    "$float": lambda payload: float(_text(payload)),
    "$str": lambda payload: base64.b64decode(_text(payload), validate=True).decode("utf-8", "surrogatepass"),
    "$bytes": lambda payload: base64.b64decode(_text(payload), validate=True),
    "$decimal": lambda payload: Decimal(_text(payload)),
    "$date": lambda payload: dt.date.fromisoformat(_text(payload)),
    "$datetime": lambda payload: dt.datetime.fromisoformat(_text(payload)),
    "$time": lambda payload: dt.time.fromisoformat(_text(payload)),
    "$timedelta": _decode_timedelta,
    "$uuid": lambda payload: uuid.UUID(_text(payload)),
    "$tuple": lambda payload: tuple(_items(payload)),
    "$set": lambda payload: set(_items(payload)),
    "$frozenset": lambda payload: frozenset(_items(payload)),
    "$dict": _decode_dict,
    "$model": _decode_model,
    "$object": _decode_object,
    "$enum": _decode_enum,
    "$lazy": lambda payload: Lazy(_text(payload)),
    "$ref": lambda payload: Reference(_text(payload)),
    "$cut": _decode_cut,
    "$range": _decode_range,
}
