"""What was recorded of HTTP messages → their vocabulary.

What enters are checked payloads (:mod:`~otel2test.reading.payloads`); what leaves are the
:class:`~otel2test.reading.exchanges.Request`, ``Response``, ``Outbound`` and the parts that
they are made of.
"""

from collections.abc import Mapping
from typing import Final, get_args

from otel2test import attributes
from otel2test.reading import semconv
from otel2test.reading.exchanges import (
    Body,
    BodyKind,
    Caller,
    Cookie,
    Failure,
    Outbound,
    Request,
    Response,
    Upload,
)
from otel2test.reading.payloads import Payload
from otel2test.reading.spans import Span

_BODY_KINDS: Final[tuple[BodyKind, ...]] = get_args(BodyKind)


def request(span: Span, payload: Payload | None) -> Request:
    """Return what was recorded of a request; without payload, what the conventions tell of it."""
    told = span.attributes
    method = semconv.method(told) or "GET"
    path = semconv.path(told) or "/"
    if payload is None:
        return Request(
            method=method,
            path=path,
            query_string=semconv.query_string(told),
            scheme=semconv.scheme(told) or "http",
            host=semconv.host(told) or "",
            headers=(),
            cookies={},
            content_type="",
            body=Body("unread"),
        )
    return Request(
        method=payload.text("method") or method,
        path=payload.text("path") or path,
        query_string=payload.text("query_string", ""),
        scheme=payload.text("scheme", "http"),
        host=payload.text("host", ""),
        headers=payload.pairs("headers"),
        cookies=payload.named_texts("cookies"),
        content_type=payload.text("content_type", ""),
        body=body(payload.record("body"), told.get(attributes.REQUEST_BODY)),
        script_name=payload.text("script_name", ""),
    )


def response(span: Span, payload: Payload | None) -> Response | None:
    """Return what was recorded of a response; without payload, what the conventions tell of it."""
    status = semconv.status(span.attributes)
    if payload is not None:
        recorded = payload.integer("status")
        status = status if recorded is None else recorded
    if status is None:
        return None
    if payload is None:
        return Response(status=status, reason="", headers=(), cookies=(), body=Body("unread"))
    return Response(
        status=status,
        reason=payload.text("reason", ""),
        headers=payload.pairs("headers"),
        cookies=tuple(_cookie(item) for item in payload.records("cookies")),
        body=body(payload.record("body"), span.attributes.get(attributes.RESPONSE_BODY)),
        streaming=payload.flag("streaming"),
    )


def body(payload: Payload | None, attribute: object) -> Body:
    """Return a body; ``attribute`` is the one that has its text, if that stands beside the payload."""
    if payload is None:
        return Body("unread")
    text, is_whole = payload.text_apart("text", attribute)
    kind = payload.choice("kind", _BODY_KINDS, "unread")
    return Body(
        kind=kind,
        fields=payload.pairs("fields"),
        files=tuple(_upload(item) for item in payload.records("files")),
        text=text,
        content=payload.content("base64") if "base64" in payload else b"",
        cut=payload.flag("cut") or not is_whole,
        size=payload.integer("size"),
    )


def outbound(span: Span, payload: Payload | None, position: int) -> Outbound:
    """Return what was recorded of an outbound call; without payload, what the conventions tell of it."""
    told = span.attributes
    method, url, status = semconv.method(told) or "GET", semconv.url(told) or "", semconv.status(told)
    if payload is None:
        return Outbound(
            span_id=span.span_id,
            position=position,
            library=span.scope.rpartition(".")[2],
            method=method,
            url=url,
            headers=(),
            body=Body("unread"),
            status=status,
        )
    answer = payload.record("response_body")
    return Outbound(
        span_id=span.span_id,
        position=position,
        library=payload.text("library"),
        method=payload.text("method") or method,
        url=payload.text("url") or url,
        headers=payload.pairs("headers"),
        body=body(payload.record("body"), told.get(attributes.OUTBOUND_BODY)),
        status=payload.integer("status"),
        reason=payload.text("reason", ""),
        response_headers=payload.pairs("response_headers"),
        response_body=body(answer, told.get(attributes.OUTBOUND_RESPONSE_BODY)) if answer else None,
        error=failure(payload.record("error")),
    )


def caller(payload: Payload | None) -> Caller | None:
    if payload is None:
        return None
    return Caller(
        module=payload.text("module"),
        qualname=payload.text("qualname"),
        file=payload.text("file"),
        line=payload.integer("line") or 0,
        locals=payload.named_values("locals"),
    )


def failure(payload: Payload | None) -> Failure | None:
    if payload is None:
        return None
    return Failure(payload.text("type"), payload.text("message", ""), payload.text("where", ""))


def _cookie(payload: Payload) -> Cookie:
    return Cookie(
        name=payload.text("name"),
        value=payload.text("value", ""),
        attributes=_cookie_attributes(payload.mapping("attributes")),
        deleted=payload.flag("deleted"),
    )


def _cookie_attributes(content: Mapping[str, object]) -> Mapping[str, str | bool | int]:
    return {name: value for name, value in content.items() if isinstance(value, (str, bool, int))}


def _upload(payload: Payload) -> Upload:
    return Upload(
        field=payload.text("field"),
        name=payload.text("name", ""),
        content_type=payload.text("content_type", ""),
        content=payload.content("content"),
        cut=payload.flag("cut"),
    )
