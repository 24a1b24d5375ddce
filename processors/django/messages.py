"""Django's request and response → :class:`RequestPayload`, :class:`ResponsePayload`, :class:`ViewPayload`.

The head of a request is taken when its span starts, before a middleware of the program
can change it; everything else is read when the response is closed.
"""

import inspect
from dataclasses import dataclass
from functools import partial
from http.cookies import Morsel
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, parse_cookie
from django.http.request import HttpHeaders

from otel2test.attributes import BodyPayload, CookiePayload, RequestPayload, ResponsePayload, ViewPayload
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import snapshot, snapshot_named
from otel2test.values import Wire

_EPOCH: Final = "Thu, 01 Jan 1970"


@dataclass(frozen=True, slots=True)
class RequestHead:
    """The request without its body, still unredacted."""

    method: str
    path: str
    script_name: str
    query_string: str
    scheme: str
    host: str
    headers: tuple[tuple[str, str], ...]
    cookies: dict[str, str]
    content_type: str
    """As sent, with its parameters."""


def request_head(request: HttpRequest) -> RequestHead:
    """Return a copy of what the client sent; ``get_host()`` isn't asked, as it may raise."""
    meta = request.META
    headers = tuple((name, value) for name, value in HttpHeaders(meta).items() if name != "Cookie")
    host = meta.get("HTTP_HOST") or _server_host(meta)
    return RequestHead(
        method=request.method or "",
        path=request.path_info,
        script_name=str(meta.get("SCRIPT_NAME") or ""),
        query_string=str(meta.get("QUERY_STRING") or ""),
        scheme=request.scheme or "http",
        host=str(host),
        headers=headers,
        cookies=parse_cookie(str(meta.get("HTTP_COOKIE") or "")),
        content_type=str(meta.get("CONTENT_TYPE") or ""),
    )


def _server_host(meta: dict[str, Any]) -> str:
    name, port = str(meta.get("SERVER_NAME", "")), str(meta.get("SERVER_PORT", "80"))
    return name if port in {"80", "443"} else f"{name}:{port}"


def _secret_cookie_names() -> tuple[str, str]:
    return settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME


def secret_cookies(head: RequestHead) -> set[str]:
    """Return the values of the cookies that open doors."""
    return {value for name in _secret_cookie_names() if (value := head.cookies.get(name))}


def request_payload(head: RequestHead, body: BodyPayload) -> RequestPayload:
    """Return the request with its secrets replaced."""
    payload: RequestPayload = {
        "method": head.method,
        "path": redactor.redact_path(head.path),
        "query_string": redactor.redact_query_string(head.query_string),
        "scheme": head.scheme,
        "host": head.host,
        "headers": redactor.redact_headers(head.headers),
        "cookies": redactor.redact_cookies(head.cookies, _secret_cookie_names()),
        "content_type": head.content_type.partition(";")[0].strip().lower(),
        "body": body,
    }
    if head.script_name:
        payload["script_name"] = head.script_name
    return payload


def response_payload(response: HttpResponseBase, body: BodyPayload) -> ResponsePayload:
    """Return the response with its secrets replaced."""
    headers = [(name, value) for name, value in response.items() if name.lower() != "set-cookie"]
    payload: ResponsePayload = {
        "status": response.status_code,
        "reason": response.reason_phrase,
        "headers": redactor.redact_headers(headers),
        "body": body,
    }
    if response.cookies:
        payload["cookies"] = [_cookie(name, morsel) for name, morsel in response.cookies.items()]
    if response.streaming:
        payload["streaming"] = True
    return payload


def _cookie(name: str, morsel: "Morsel[str]") -> CookiePayload:
    attributes: dict[str, str | bool | int] = {
        key: value if isinstance(value, (bool, int)) else str(value)
        for key, value in morsel.items()
        if value != ""
    }
    deleted = morsel["max-age"] == 0 or str(morsel["expires"]).startswith(_EPOCH)
    value = redactor.redact_cookies({name: morsel.value}, _secret_cookie_names())[name]
    return {"name": name, "value": value, "attributes": attributes, "deleted": deleted}


def view_payload(request: HttpRequest) -> ViewPayload | None:
    """Return the view that the URL led to; None where it led nowhere."""
    match = request.resolver_match
    if match is None:
        return None
    module, qualname = _name(match.func)
    payload: ViewPayload = {
        "module": module,
        "qualname": qualname,
        "route": match.route or "",
        "url_name": match.view_name if match.url_name else None,
    }
    if match.kwargs:
        payload["kwargs"] = {name: _path_value(name, value) for name, value in match.kwargs.items()}
    if match.args:
        payload["args"] = [snapshot(value) for value in match.args]
    return payload


def _path_value(name: str, value: Any) -> Wire:
    """Return an argument that stood in the URL; a word there is a place to go to, whatever its name says."""
    is_word = isinstance(value, str) and not any(character.isdigit() for character in value)
    return snapshot(value) if is_word else snapshot_named(name, value)


def _name(view: Any) -> tuple[str, str]:
    # ``as_view()`` leaves its class on the function, Django REST framework's under another name.
    owner = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if not isinstance(owner, type):
        view = inspect.unwrap(view)
        while isinstance(view, partial):
            view = inspect.unwrap(view.func)
        owner = view if hasattr(view, "__qualname__") else type(view)
    return str(owner.__module__), str(owner.__qualname__)
