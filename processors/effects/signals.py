"""Sendings of Django's signals that functions of the project listen to.

Hooked are the four ways to send. A signal nobody of the project receives is passed on at
the cost of a look at its list of receivers. The two that Django sends for every instance of a model
are too many for that: they are sent past the hooks until somebody listens.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final
from weakref import ReferenceType, WeakKeyDictionary

from otel2test.attributes import SIGNALS
from otel2test.processors import kinds, project
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.effects.ledger import now
from otel2test.processors.guard import guard
from otel2test.processors.snapshots import snapshot_mapping

_SEND: Final = "send"
_names: Final[WeakKeyDictionary[Any, str]] = WeakKeyDictionary()


def hook_dispatcher(module: Any) -> None:
    """Record the signals that are sent."""
    for name in ("send", "send_robust"):
        replace_method(module.Signal, name, _sending)
    for name in ("asend", "asend_robust"):
        replace_method(module.Signal, name, _sending_async)
    replace_method(module.Signal, "connect", _connecting)


def hook_models(module: Any) -> None:
    """Send what nobody listens to as Django does."""
    for signal in (module.pre_init, module.post_init):
        unhooked = getattr(type(signal).send, "__wrapped__", None)
        if unhooked is not None and not signal.receivers:
            vars(signal)[_SEND] = MethodType(unhooked, signal)


def _connecting(connect: Callable[..., Any]) -> Callable[..., Any]:
    def connected(self: Any, *args: Any, **kwargs: Any) -> Any:
        vars(self).pop(_SEND, None)
        return connect(self, *args, **kwargs)

    return connected


def _sending(send: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.receivers:
            _note(self, args, kwargs)
        return send(self, *args, **kwargs)

    return recorded


def _sending_async(send: Callable[..., Any]) -> Callable[..., Any]:
    async def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.receivers:
            _note(self, args, kwargs)
        return await send(self, *args, **kwargs)

    return recorded


def _note(signal: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    moment = now(SIGNALS)
    if moment is None:
        return
    with guard("effects: signal"):
        sender = args[0] if args else kwargs["sender"]
        receivers = list(_receivers(signal, sender))
        if receivers:
            arguments = {name: value for name, value in kwargs.items() if name != "sender"}
            moment.note(
                {
                    "signal": _signal_name(signal),
                    "sender": _sender_name(sender),
                    "arguments": snapshot_mapping(arguments),
                    "receivers": receivers,
                }
            )


def _receivers(signal: Any, sender: object) -> Iterator[str]:
    """Yield the names of the project's functions that will be called; see ``Signal._live_receivers``."""
    for (_, sender_key), receiver, *_ in tuple(signal.receivers):
        if sender_key not in (id(None), id(sender)):
            continue
        function = receiver() if kinds.is_a(receiver, ReferenceType) else receiver
        found = _function(function)
        if found is not None and project.current().owns(found.__code__, found.__globals__):
            yield f"{found.__module__}.{found.__qualname__}"


def _function(receiver: object) -> FunctionType | None:
    """Return the function that a receiver is, or the ``__call__`` of what isn't one."""
    while kinds.is_a(receiver, partial):
        receiver = receiver.func
    if type(receiver) is MethodType:
        receiver = receiver.__func__
    if type(receiver) is not FunctionType:
        callers = (vars(cls)["__call__"] for cls in type(receiver).__mro__ if "__call__" in vars(cls))
        receiver = next(callers, None)
    return receiver if type(receiver) is FunctionType else None


def _sender_name(sender: object) -> str:
    if sender is None or kinds.is_a(sender, str):
        return sender or ""
    cls = sender if kinds.is_a(sender, type) else type(sender)
    return kinds.kind_of(cls).label or kinds.type_name(cls)


def _signal_name(signal: Any) -> str:
    name = _names.get(signal)
    if name is None:
        name = _names[signal] = _find_name(signal) or kinds.type_name(type(signal))
    return name


def _find_name(signal: object) -> str | None:
    """Return where a signal stands, which it doesn't know itself: at best in a module for signals."""
    modules = [(name, module) for name, module in tuple(sys.modules.items()) if type(module) is ModuleType]
    modules.sort(key=lambda item: "signal" not in item[0])
    for module_name, module in modules:
        for name, value in tuple(vars(module).items()):
            if value is signal:
                return f"{module_name}.{name}"
    return None
