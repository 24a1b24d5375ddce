"""What replays have told of a test ⇄ JSON, for the manifest."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, get_args

from otel2test.inverting.feedback import Decoy, Feedback, Kind, Place
from otel2test.values import BadWireError, NotPlainError, Wire, decode, encode

_KINDS: Final = frozenset(get_args(Kind))
_PLACES: Final = ("unordered", "asserted")


def write(feedback: Feedback) -> dict[str, object]:
    """Return ``feedback`` as JSON; what is empty is left out."""
    told: dict[str, object] = {
        "volatile": [
            {**_place(place), "values": [_value(value) for value in values]}
            for place, values in feedback.volatile.items()
        ],
        **{name: _in_order(getattr(feedback, name)) for name in _PLACES},
        "decoys": [_decoy(decoy) for decoy in sorted(feedback.decoys, key=repr)],
        "pinned": sorted(feedback.pinned),
        "present": sorted(feedback.present),
        "needed": [[*column] for column in sorted(feedback.needed)],
        "lacking": sorted(feedback.lacking),
        "clock": feedback.clock,
    }
    return {name: value for name, value in told.items() if value}


def read(told: Mapping[str, object]) -> Feedback:
    """Return what a manifest tells; what makes no sense in it is passed over."""
    volatile: dict[Place, tuple[object, ...]] = {}
    for item in _items(told.get("volatile")):
        place, values = _read_place(item), item.get("values")
        if place is not None and isinstance(values, list):
            volatile[place] = tuple(_read_value(value) for value in values)
    places = {
        name: frozenset(place for place in map(_read_place, _items(told.get(name))) if place is not None)
        for name in _PLACES
    }
    return Feedback(
        volatile=volatile,
        unordered=places["unordered"],
        asserted=places["asserted"],
        decoys=frozenset(
            decoy for decoy in map(_read_decoy, _items(told.get("decoys"))) if decoy is not None
        ),
        pinned=frozenset(_texts(told.get("pinned"))),
        present=frozenset(_texts(told.get("present"))),
        needed=frozenset(_read_columns(told.get("needed"))),
        lacking=frozenset(_texts(told.get("lacking"))),
        clock=told.get("clock") is True,
    )


def _place(place: Place) -> dict[str, object]:
    found: dict[str, object] = {"kind": place.kind, "path": [*place.path]}
    return {**found, "request": place.request} if place.request else found


def _in_order(places: Iterable[Place]) -> list[dict[str, object]]:
    return [_place(place) for place in sorted(places, key=repr)]


def _read_place(item: Mapping[str, object]) -> Place | None:
    kind, path, request = item.get("kind"), item.get("path"), item.get("request", 0)
    if kind not in _KINDS or not isinstance(path, list) or not isinstance(request, int):
        return None
    if not all(isinstance(part, (str, int)) for part in path):
        return None
    return Place(kind, tuple(path), request)  # type: ignore[arg-type]  # one of the kinds


def _decoy(decoy: Decoy) -> dict[str, object]:
    found: dict[str, object] = {"table": decoy.table, "path": [*decoy.path]}
    numbers = {"number": decoy.number, "part": decoy.part, "request": decoy.request}
    values = {"values": [_value(value) for value in decoy.values]} if decoy.values else {}
    absent = {"absent": True} if decoy.absent else {}
    return {**found, **{name: number for name, number in numbers.items() if number}, **values, **absent}


def _read_decoy(item: Mapping[str, object]) -> Decoy | None:
    table, path, values = item.get("table"), _texts(item.get("path")), item.get("values", [])
    number, part, request = (_number(item.get(name, 0)) for name in ("number", "part", "request"))
    if not isinstance(table, str) or not path or not isinstance(values, list):
        return None
    if number is None or part is None or request is None:
        return None
    absent = item.get("absent") is True
    return Decoy(table, tuple(path), number, part, tuple(map(_read_value, values)), absent, request)


def _number(told: object) -> int | None:
    return told if isinstance(told, int) and told >= 0 else None


def _read_columns(told: object) -> Iterator[tuple[str, str]]:
    for item in told if isinstance(told, list) else ():
        match _texts(item):
            case [table, column]:
                yield table, column


def _value(value: object) -> Wire:
    try:
        return encode(value)
    except NotPlainError:
        return repr(value)


def _read_value(value: Wire) -> object:
    try:
        return decode(value)
    except BadWireError:
        return None


def _items(told: object) -> list[Mapping[str, object]]:
    return [item for item in told if isinstance(item, Mapping)] if isinstance(told, list) else []


def _texts(told: object) -> list[str]:
    return [item for item in told if isinstance(item, str)] if isinstance(told, list) else []
