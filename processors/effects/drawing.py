"""One draw: who draws what with which function, and what came of it.

Counted is who called: a function of the project, or Django for the default of a field; what
the drawing functions draw from each other isn't. Tokens are secrets, and are hidden by the
same pseudonym wherever they stand.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import FrameType, FunctionType, MethodType
from typing import Any, Final

from otel2test.attributes import DRAWS
from otel2test.processors import project
from otel2test.processors.effects.ledger import Moment, is_recording, now
from otel2test.processors.effects.operations import Payload
from otel2test.processors.guard import fault, guard
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import snapshot, snapshot_mapping
from otel2test.values import Wire, encode

_SHORTEST_SECRET: Final = 8
"""Shorter texts stand for too many other things to be hidden wherever they stand, as do those of
letters only: these would not be known again elsewhere, and stay."""


@dataclass(frozen=True, eq=False)
class Source:
    """A function that draws."""

    function: FunctionType
    name: Callable[[Mapping[str, Any]], str]
    """Its name by its arguments: that of a method depends on the object."""
    is_secret: bool = False

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that can be given by place."""
        code = self.function.__code__
        return code.co_varnames[: code.co_argcount]

    def arguments(self, values: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return what was given by place and by name, without trailing defaults."""
        function, names = self.function, self.parameters
        defaults = function.__defaults__ or ()
        default_of = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
        placed = [(name, values[name]) for name in names if name != "self"]
        while placed and placed[-1][0] in default_of and placed[-1][1] is default_of[placed[-1][0]]:
            placed.pop()
        named = {
            name: values[name]
            for name, default in (function.__kwdefaults__ or {}).items()
            if values[name] is not default
        }
        return [value for _, value in placed], named


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw that has begun."""

    moment: Moment
    payload: Payload
    is_secret: bool
    shuffled: list[Any] | None = None
    """What is put into an order by chance, as that returns nothing."""


def begin(
    source: Source, caller: FrameType | None, arguments: Callable[[], Mapping[str, Any]]
) -> Draw | None:
    """Return the draw that begins with a call of ``source``, None where it isn't recorded; never raises.

    ``arguments`` gives the values of the parameters, defaults included.
    """
    try:
        started = _started(caller)
        if started is None:
            return None
        moment, who = started
        values = arguments()
        placed, named = source.arguments(values)
        name = source.name(values)
        shuffled = values["x"] if name.endswith(".shuffle") else None
        payload = _payload(name, placed, named, who)
        if (target := _target(name, caller)) is not None:
            payload["target"] = target
        return Draw(moment, payload, source.is_secret, shuffled)
    except Exception as error:  # noqa: BLE001 - as guarded() does
        fault("effects: draw", error)
        return None


def begin_named(
    name: str, caller: FrameType | None, placed: Iterable[Any], named: Mapping[str, Any], *, is_secret: bool
) -> Draw | None:
    """Return the draw that begins with a call of a function that is known by its name only."""
    with guard("effects: draw"):
        started = _started(caller)
        if started is not None:
            moment, who = started
            payload = _payload(name, placed, named, who)
            if (target := _target(name, caller)) is not None:
                payload["target"] = target
            return Draw(moment, payload, is_secret)
    return None


def end(draw: Draw, value: object) -> None:
    """Take what was drawn."""
    with guard("effects: draw"):
        drawn = value if draw.shuffled is None else draw.shuffled
        draw.moment.note({**draw.payload, "value": _wire(draw, drawn)})


def _started(caller: FrameType | None) -> tuple[Moment, str] | None:
    if caller is None or not is_recording():
        return None
    who = _name(caller)
    moment = now(DRAWS) if who is not None else None
    return None if moment is None or who is None else (moment, who)


def _name(caller: FrameType) -> str | None:
    """Return who draws, if that is the project, or Django for a field's default."""
    code, module = caller.f_code, caller.f_globals.get("__name__")
    if project.current().owns(code, caller.f_globals):
        return f"{module}.{code.co_qualname}"
    if code.co_name == "get_default" and str(module).startswith("django.db.models.fields"):
        field = caller.f_locals["self"]
        return f"{field.model.__module__}.{field.model.__qualname__}.{field.name}"
    return None


def _target(name: str, caller: FrameType | None) -> str | None:
    """Return where the caller's module holds the function, if ``from random import …`` put it there."""
    function = name.rpartition(".")[2]
    module = None if caller is None else caller.f_globals.get("__name__")
    held = None if caller is None else caller.f_globals.get(function)
    if type(module) is not str or type(held) not in (FunctionType, MethodType):
        return None
    return f"{module}.{function}"


def _payload(name: str, placed: Iterable[Any], named: Mapping[str, Any], caller: str) -> Payload:
    payload: Payload = {"source": name, "arguments": list(map(snapshot, placed)), "caller": caller}
    if named:
        payload["keywords"] = snapshot_mapping(named)
    return payload


def _wire(draw: Draw, value: Any) -> Wire:
    is_text = type(value) is str and len(value) >= _SHORTEST_SECRET and not value.isalpha()
    if draw.is_secret and (is_text or type(value) is bytes):
        # As it is: a snapshot may have replaced a part of it, and that would be hidden again.
        return redactor.scramble(encode(value))
    return snapshot(value)
