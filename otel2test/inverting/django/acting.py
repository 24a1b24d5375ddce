"""The request as the test client makes it, and what must be set up around it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from otel2test.identifiers import is_dotted
from otel2test.inverting.acts import SendRequest
from otel2test.inverting.arrangements import Arrange, SetCookie, SetSession
from otel2test.inverting.django.rows import Arrangement, is_looked_up
from otel2test.inverting.expressions import Attribute, Name, UploadedFile, Value
from otel2test.inverting.jsons import parse_json
from otel2test.inverting.plan import Note
from otel2test.reading.exchanges import Body, Exchange, Failure, Schema
from otel2test.values import is_plain

CSRF_FIELD: Final = "csrfmiddlewaretoken"

_CLIENT_NOISE: Final = frozenset(
    {
        "Accept",
        "Accept-Encoding",
        "Cache-Control",
        "Connection",
        "Content-Length",
        "Content-Type",
        "Cookie",
        "Dnt",
        "Host",
        "If-None-Match",
        "Keep-Alive",
        "Origin",
        "Pragma",
        "Priority",
        "Referer",
        "Te",
        "Traceparent",
        "Tracestate",
        "Baggage",
        "Transfer-Encoding",
        "Upgrade-Insecure-Requests",
        "User-Agent",
        "X-Csrftoken",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
        "X-Real-Ip",
        "X-Request-Id",
    }
)
_ABOUT_CLIENT: Final = frozenset({"User-Agent", "Referer", "X-Forwarded-For", "X-Real-Ip", "X-Request-Id"})
"""Noise, unless the program makes use of it."""
_SHORTEST_SHOWN: Final = 8
_PROXY_PREFIXES: Final = ("Sec-", "Cf-", "X-Amzn-", "X-B3-", "X-Cloud-")

_DATA_METHODS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def send_request(exchange: Exchange) -> tuple[SendRequest, tuple[Note, ...]]:
    """Return the act of the test, with notes on what of the request couldn't be kept."""
    request = exchange.request
    notes: list[Note] = []
    method = request.method.upper()
    path = quote(request.path, safe="/:@!$&'()*+,;=~-._")
    data, has_data, content_type = _data(request.body, request.content_type, notes)
    if has_data and method not in _DATA_METHODS:
        # The test client would make a query of it.
        notes.append(Note(f"the body of a {method} request"))
        data, has_data, content_type = None, False, None
    if has_data and method != "POST" and request.body.kind in {"form", "multipart"}:
        data, content_type = _as_text(request.body, notes), "application/x-www-form-urlencoded"
    if request.query_string:
        parameters = _query_data(request.query_string) if method in {"GET", "HEAD"} else None
        if parameters is not None:
            data, has_data = parameters, True
        else:
            path = f"{path}?{request.query_string}"
    raises, message = raised(exchange) or (None, "")
    return (
        SendRequest(
            method=method,
            path=path,
            data=data,
            has_data=has_data,
            content_type=content_type,
            headers=tuple(_headers(exchange)),
            secure=request.scheme == "https",
            raises=raises,
            raises_match=message,
        ),
        tuple(notes),
    )


def with_keys(act: SendRequest, arrangement: Arrangement) -> SendRequest:
    """Name the permissions that the test looks up, where fields of a form or query hold their keys."""
    rows = [row for row in arrangement.rows if is_looked_up(row)]
    if not rows or not isinstance(act.data, Mapping):
        return act

    def keyed(name: str, value: Value) -> Value:
        if isinstance(value, (list, tuple)):
            return [keyed(name, each) for each in value]
        words = re.sub(r"[\W_]", "", name).lower()
        meant = [row for row in rows if str(row.key()) == value and row.model.name.lower() in words]
        return Attribute(arrangement.name(meant[0]), "pk") if len(meant) == 1 else value

    return replace(act, data={name: keyed(str(name), value) for name, value in act.data.items()})


def raised(exchange: Exchange) -> tuple[Name, str] | None:
    """Return the exception that the test client raises, and its message; None where it gets a response."""
    failure = exchange.exception
    if failure is None or (exchange.response is not None and exchange.response.status < 500):
        return None
    return exception_name(failure), failure.message


def exception_name(failure: Failure) -> Name:
    """Return where an exception's class can be imported from."""
    if not is_dotted(failure.type):
        return Name("builtins", "Exception")
    parts = failure.type.split(".")
    # Classes begin with a capital; those inside another, like Todo.DoesNotExist, are reached through it.
    first = next((index for index, part in enumerate(parts) if part[:1].isupper()), len(parts) - 1)
    return Name(".".join(parts[:first]) or "builtins", ".".join(parts[first:]))


def _headers(exchange: Exchange) -> Iterator[tuple[str, str]]:
    language = (exchange.schema.language or "en").split("-")[0]
    for name, value in exchange.request.headers:
        title = name.title()
        if title in _CLIENT_NOISE or title.startswith(_PROXY_PREFIXES):
            if title in _ABOUT_CLIENT and _made_use_of(value, exchange):
                yield title, value
            elif title == "Accept" and (accepted := _accepted(value, exchange)) is not None:
                yield "Accept", accepted
            continue
        if title == "Accept-Language" and value.lower().startswith(language):
            continue
        yield title, value


def _made_use_of(value: str, exchange: Exchange) -> bool:
    """Say whether the program stored the value, compared with it or showed it."""
    response = exchange.response
    return (response is not None and len(value) >= _SHORTEST_SHOWN and value in response.body.text) or any(
        isinstance(query.params, tuple) and value in query.params for query in exchange.queries
    )


def _accepted(value: str, exchange: Exchange) -> str | None:
    """Return ``Accept`` where the answer depends on it: a browser sends one with everything."""
    preferred = value.partition(",")[0].partition(";")[0].strip()
    varies = any(
        part.strip().lower() == "accept"
        for name, header in (exchange.response.headers if exchange.response else ())
        if name.lower() == "vary"
        for part in header.split(",")
    )
    if preferred in {"", "*/*"}:
        return None
    if preferred == "text/html":
        return preferred if varies else None
    return value


def _query_data(query: str) -> Mapping[str, Value] | None:
    """Return the query as the test client's data; None where that would change it."""
    if "=" not in query or any("=" not in part for part in query.split("&")):
        return None
    pairs = parse_qsl(query, keep_blank_values=True)
    if any("\ufffd" in part for pair in pairs for part in pair):
        return None  # bytes that are no text
    return grouped(pairs)


def grouped(pairs: Sequence[tuple[str, Value]]) -> dict[str, Value]:
    """Return key-value pairs as a dict; values of a repeated key as a list."""
    values: dict[str, list[Value]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return {key: items[0] if len(items) == 1 else items for key, items in values.items()}


def _data(body: Body, content_type: str, notes: list[Note]) -> tuple[Value, bool, str | None]:
    """Return (data, whether there is any, content type if it isn't the client's default)."""
    plain_type = content_type.partition(";")[0].strip().lower()
    if body.cut:
        notes.append(Note(f"only the beginning of the request's body was kept ({body.size} bytes in all)"))
    match body.kind:
        case "empty" | "streamed":
            return None, False, None
        case "form" | "multipart":
            form = _form(body, notes)
            return (form, True, None) if form else (None, False, None)
        case "json":
            parsed = parse_json(body.text)
            keeps = isinstance(parsed, (dict, list)) and not body.cut
            return (parsed if keeps else body.text), True, plain_type
        case "text":
            return body.text, True, plain_type or "text/plain"
        case "binary":
            return body.content, True, plain_type or "application/octet-stream"
        case "unread":
            notes.append(Note("the request's body, which the program never read"))
            return None, False, None


def _as_text(body: Body, notes: list[Note]) -> str:
    """Only for POST does the test client encode a form."""
    if body.files:
        notes.append(Note("the uploaded files of a form that wasn't sent by POST"))
    return urlencode([(key, value) for key, value in body.fields if key != CSRF_FIELD])


def _form(body: Body, notes: list[Note]) -> dict[str, Value]:
    pairs: list[tuple[str, Value]] = [(key, value) for key, value in body.fields if key != CSRF_FIELD]
    for upload in body.files:
        if upload.cut:
            notes.append(Note(f"only the beginning of the uploaded file {upload.name!r} was kept"))
        pairs.append((upload.field, UploadedFile(upload.name, upload.content, upload.content_type)))
    return grouped(pairs)


# --- around the request ---------------------------------------------------------------------


def session_and_cookies(exchange: Exchange) -> Iterator[Arrange]:
    """Yield what the client brought along, but its login."""
    session = exchange.session
    if session is not None:
        values = tuple(
            (key, value)
            for key, value in session.before.items()
            if not key.startswith("_") and is_plain(value)
        )
        if values:
            yield SetSession(values)
    for name, value in exchange.request.cookies.items():
        if name not in framework_cookies(exchange.schema):
            yield SetCookie(name, value)


def framework_cookies(schema: Schema) -> frozenset[str]:
    """Return the cookies that Django keeps for itself."""
    return frozenset({schema.session_cookie, schema.csrf_cookie, "messages"})
