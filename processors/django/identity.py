"""Who asked: the user and the session, as far as the program itself looked at them.

Neither is ever resolved or loaded here. The user is who the request came as: a login or
logout that happens on the way shows in the session's data before and after.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import LazyObject, empty

from otel2test.attributes import SessionPayload, UserPayload
from otel2test.processors.django.exchange import Exchange, current
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.guard import guard, guarded
from otel2test.processors.otlp import dump
from otel2test.processors.snapshots import snapshot, snapshot_mapping
from otel2test.values import Wire

_USER_KEY: Final = "_auth_user_id"
_BACKEND_KEY: Final = "_auth_user_backend"


def install_session(session_base: Any) -> None:
    """Keep a copy of a session's data when the program makes Django load it."""
    replace_method(session_base, "_get_session", _loading)
    replace_method(session_base, "_aget_session", _loading_async)
    session_base._session = property(session_base._get_session)


def _loading(get_session: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        known = _is_loaded(self)
        data = get_session(self, *args, **kwargs)
        if not known:
            _loaded(self, data)
        return data

    return recorded


def _loading_async(get_session: Callable[..., Any]) -> Callable[..., Any]:
    async def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        known = _is_loaded(self)
        data = await get_session(self, *args, **kwargs)
        if not known:
            _loaded(self, data)
        return data

    return recorded


@guarded("django: session", True)
def _is_loaded(session: Any) -> bool:
    return "_session_cache" in vars(session)


def _loaded(session: Any, data: Mapping[str, object]) -> None:
    with guard("django: session"):
        exchange = current.get()
        if exchange is None or exchange.session_before is not None:
            return
        # A program may open other sessions, to end them for instance.
        if vars(exchange.request).get("session") is session:
            exchange.session_before = _data(data)


def _data(data: Mapping[str, object]) -> dict[str, Wire]:
    return snapshot_mapping({str(key): value for key, value in data.items()})


def session_payload(exchange: Exchange) -> SessionPayload | None:
    """Return the session's data before and now; None if the program never touched it."""
    data = _session_data(exchange.request)
    if data is None:
        return None
    before, after = exchange.session_before or {}, _data(data)
    # To Python, true is 1.
    return {"before": before} if dump(after) == dump(before) else {"before": before, "after": after}


def _session_data(request: HttpRequest) -> Mapping[str, object] | None:
    session = vars(request).get("session")
    data = getattr(session, "__dict__", {}).get("_session_cache")
    return data if isinstance(data, Mapping) else None


def user_payload(exchange: Exchange) -> UserPayload | None:
    """Return the user, if the program resolved it."""
    user = _resolved_user(exchange.request)
    if user is None:
        return None
    before, after = exchange.session_before, _session_data(exchange.request)
    if before is not None and _USER_KEY not in before and after is not None and _USER_KEY in after:
        return {"authenticated": False}
    if not isinstance(user, Model):
        return {"authenticated": bool(getattr(user, "is_authenticated", False))}
    before = before or {}
    key = vars(user).get(user._meta.pk.attname)
    if key is None and _USER_KEY in before:
        # The program deleted the user, which empties the instance's key.
        key = user._meta.pk.to_python(before[_USER_KEY])
    payload: UserPayload = {"authenticated": True, "model": user._meta.label, "pk": snapshot(key)}
    backend = before.get(_BACKEND_KEY) or vars(user).get("backend")
    if isinstance(backend, str):
        payload["backend"] = backend
    return payload


def _resolved_user(request: HttpRequest) -> object:
    known = vars(request)
    for name in ("_cached_user", "_acached_user"):
        if known.get(name) is not None:
            return known[name]
    user = known.get("user")
    # isinstance() would ask the lazy object for its class, and so evaluate it.
    if issubclass(type(user), LazyObject):
        wrapped = vars(user).get("_wrapped", empty)
        return None if wrapped is empty else wrapped
    return user
