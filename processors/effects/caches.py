"""Operations on Django's caches, as the program asks for them by their alias.

Hooked are the methods of every cache class. Recorded is what the program and its packages
do, not what Django does for itself (sessions, cached pages and fragments): that is told by
who called, which for an asynchronous method is looked up before it goes to another thread.
Whether a key was found is told by the result, which is the default where it wasn't; no
second look is taken. ``get_or_set`` ends by getting what it has just stored, with that as the
default: there the cache is given another one, with which ``get_or_set`` had begun.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

from otel2test.attributes import CACHE
from otel2test.processors import kinds
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.effects.ledger import now
from otel2test.processors.effects.operations import Make, Operations, Payload, watch_classes
from otel2test.processors.guard import guard
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import snapshot, snapshot_named
from otel2test.values import Wire

_PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "get": ("key", "default", "version"),
    "get_many": ("keys", "version"),
    "has_key": ("key", "version"),
    "set": ("key", "value", "timeout", "version"),
    "set_many": ("data", "timeout", "version"),
    "add": ("key", "value", "timeout", "version"),
    "delete": ("key", "version"),
    "delete_many": ("keys", "version"),
    "incr": ("key", "delta", "version"),
    "decr": ("key", "delta", "version"),
    "touch": ("key", "timeout", "version"),
    "clear": (),
}
"""Operations and their parameters, as BaseCache has them."""

_ASYNCHRONOUS: Final = tuple(f"a{name}" for name in _PARAMETERS)
_TELL_BY_RESULT: Final = frozenset({"add", "incr", "decr", "touch", "delete"})

_PROXY: Final = "django.utils.connection"
"""Where ``django.core.cache.cache`` hands on what it is asked."""

_ALIAS: Final = "_otel2test_alias"
"""The attribute of a cache that says under which alias it was made."""
_operations: Final = Operations(CACHE)
_is_programs: Final[ContextVar[bool | None]] = ContextVar("otel2test_cache_caller", default=None)
"""Whether the asynchronous operation that this one is made for is the program's."""


@dataclass(slots=True)
class _GetOrSet:
    """One ``get_or_set`` under way."""

    cache: object
    key: object
    missing: object = None
    """The default of its first ``get``: an object that no cache holds. None before that."""


_under_way: Final[ContextVar[_GetOrSet | None]] = ContextVar("otel2test_cache_get_or_set", default=None)


def hook_backends(module: Any) -> None:
    """Record what every cache is asked."""
    methods: dict[str, Make] = {name: _operating(name, module.DEFAULT_TIMEOUT) for name in _PARAMETERS}
    methods |= dict.fromkeys(_ASYNCHRONOUS, _awaiting)
    watch_classes(module.BaseCache, methods | {"get_or_set": _keeping, "aget_or_set": _awaiting_kept})


def hook_handler(module: Any) -> None:
    """Take note under which alias each cache is made, as a thread may use the cache of another."""
    replace_method(module.CacheHandler, "create_connection", _creating)


def _creating(create: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, alias: Any, *args: Any, **kwargs: Any) -> Any:
        cache = create(self, alias, *args, **kwargs)
        with guard("effects: cache"):
            vars(cache)[_ALIAS] = str(alias)
        return cache

    return recorded


def _operating(operation: str, default_timeout: object) -> Make:
    def make(operate: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
            if now(CACHE) is None:
                return operate(self, *args, **kwargs)
            asked = _Asked(operation, args, kwargs)
            if operation == "get" and _under_way.get() is not None:
                asked.tell_missing(self)
            caller = sys._getframe().f_back

            def before() -> list[Payload]:
                alias = _alias(self) if _is_program(self, caller) else None
                return [] if alias is None else [{"alias": alias, **asked.payload(default_timeout)}]

            def after(payloads: list[Payload], result: Any) -> None:
                for payload in payloads:
                    asked.answer(payload, result)

            result = _operations.perform(lambda: operate(self, *asked.args, **asked.kwargs), before, after)
            return asked.as_program_sees(result)

        return recorded

    return make


def _keeping(operate: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, key: Any, *args: Any, **kwargs: Any) -> Any:
        token = _under_way.set(_GetOrSet(self, key))
        try:
            return operate(self, key, *args, **kwargs)
        finally:
            _under_way.reset(token)

    return recorded


def _awaiting_kept(operate: Callable[..., Any]) -> Callable[..., Any]:
    awaiting = _awaiting(operate)

    async def recorded(self: Any, key: Any, *args: Any, **kwargs: Any) -> Any:
        token = _under_way.set(_GetOrSet(self, key))
        try:
            return await awaiting(self, key, *args, **kwargs)
        finally:
            _under_way.reset(token)

    return recorded


def _awaiting(operate: Callable[..., Any]) -> Callable[..., Any]:
    async def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _is_programs.get() is not None or now(CACHE) is None:
            return await operate(self, *args, **kwargs)
        token = _is_programs.set(_is_program(self, sys._getframe().f_back))
        try:
            return await operate(self, *args, **kwargs)
        finally:
            _is_programs.reset(token)

    return recorded


def _is_program(cache: object, caller: FrameType | None) -> bool:
    """Return whether an operation is the doing of the program or of a package that isn't Django."""
    known = _is_programs.get()
    if known is not None:
        return known
    own = {_PROXY, *(base.__module__ for base in type(cache).__mro__)}
    while caller is not None:
        module = str(caller.f_globals.get("__name__"))
        if module not in own:
            return module.partition(".")[0] != "django"
        caller = caller.f_back
    return True


def _alias(cache: object) -> str | None:
    """Return the alias by which the program has this cache, None for one that it made by hand."""
    from django.core.cache import caches

    alias = vars(cache).get(_ALIAS)
    if alias is not None:
        return str(alias) if alias in caches else None
    # Those that were made before we could take note, without making the others.
    made = vars(caches)["_connections"]
    return next((str(alias) for alias in caches if getattr(made, alias, None) is cache), None)


class _Asked:
    """What a cache is asked, with arguments that can be handed on after a look at them."""

    def __init__(self, operation: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self._operation = operation
        self._keys: list[object] = []
        given = dict(zip(_PARAMETERS[operation], args, strict=False))
        keys = given.get("keys", kwargs.get("keys"))
        if hasattr(type(keys), "__next__"):
            # Read as the cache reads it, and not before.
            tee = self._tee(keys)
            args, kwargs = ((tee, *args[1:]), kwargs) if "keys" in given else (args, {**kwargs, "keys": tee})
        self.args, self.kwargs = args, kwargs
        self._given: dict[str, Any] = {**given, **kwargs}
        self._instead: tuple[object, object] | None = None
        """What the cache is given as a default, and what the program gave."""

    def _tee(self, keys: Any) -> Iterator[object]:
        for key in keys:
            self._keys.append(key)
            yield key

    def tell_missing(self, cache: Any) -> None:
        """See to it that the result of a ``get`` inside ``get_or_set`` tells whether the key was found."""
        known, default = _under_way.get(), self._given.get("default")
        if known is None or cache is not known.cache or self._given.get("key") is not known.key:
            return
        if known.missing is None:
            # What stands for "missing" in every cache: one that isn't made for it is left alone.
            known.missing = default if default is getattr(cache, "_missing_key", None) else None
        elif default is not known.missing:
            self._instead = known.missing, default
            if len(self.args) > 1:
                self.args = (self.args[0], known.missing, *self.args[2:])
            else:
                self.kwargs = {**self.kwargs, "default": known.missing}
            self._given["default"] = known.missing

    def as_program_sees(self, result: Any) -> Any:
        """Return a result of the cache, the program's own default where that was another."""
        if self._instead is not None and result is self._instead[0]:
            return self._instead[1]
        return result

    def payload(self, default_timeout: object) -> Payload:
        """Return what is known before the cache answers."""
        given = self._given
        values: list[Wire] | None = None
        match self._operation:
            case "set" | "add":
                self._keys = [given["key"]]
                values = [snapshot_named(_text(given["key"]), given["value"])]
            case "incr" | "decr":
                self._keys = [given["key"]]
                delta = given.get("delta", 1)
                values = [snapshot(delta if self._operation == "incr" else -delta)]
            case "set_many":
                self._keys = list(dict.keys(given["data"]))
                values = [snapshot_named(_text(key), value) for key, value in dict.items(given["data"])]
            case "get_many" | "delete_many":
                if not hasattr(type(given["keys"]), "__next__"):
                    self._keys = list(given["keys"])
            case "clear":
                pass
            case _:
                self._keys = [given["key"]]
        payload: Payload = {
            "operation": "incr" if self._operation == "decr" else self._operation,
            "keys": list(map(_key, self._keys)),
        }
        if values is not None:
            payload["values"] = values
        if type(version := given.get("version")) is int:
            payload["version"] = version
        if "timeout" in given and given["timeout"] is not default_timeout:
            payload["timeout"] = snapshot(given["timeout"])
        return payload

    def answer(self, payload: Payload, result: Any) -> None:
        """Add what the cache answered."""
        payload["keys"] = list(map(_key, self._keys))
        if self._operation == "get":
            hit = result is not self._given.get("default")
            payload["hits"] = [hit]
            payload["values"] = [snapshot_named(_text(self._keys[0]), result) if hit else None]
        elif self._operation == "get_many":
            payload["hits"] = [key in result for key in self._keys]
            payload["values"] = [snapshot_named(_text(key), result.get(key)) for key in self._keys]
        elif self._operation == "has_key":
            payload["hits"] = [bool(result)]
        elif self._operation in _TELL_BY_RESULT:
            payload["result"] = snapshot(result)


def _key(key: object) -> str:
    return redactor.redact_text(_text(key))


def _text(key: object) -> str:
    if kinds.is_a(key, str):
        return str.__str__(key)
    return str(key) if type(key) in (int, *kinds.PLAIN_CLASSES) else f"<{kinds.type_name(type(key))}>"
