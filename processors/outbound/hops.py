"""One hop of an outbound call, whatever library makes it.

What enters is a :class:`Sent`, then an answer or an exception; what leaves, when the trace
is written, is an :class:`~otel2test.attributes.OutboundPayload` with its secrets replaced.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from opentelemetry import context as contexts
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, get_current_span, set_span_in_context

from otel2test.attributes import (
    OUTBOUND,
    OUTBOUND_BODY,
    OUTBOUND_RESPONSE_BODY,
    BodyPayload,
    ExceptionPayload,
    OutboundPayload,
)
from otel2test.processors import callers
from otel2test.processors.bodies import BodyCopy, body_payload, text_apart
from otel2test.processors.failures import failure
from otel2test.processors.guard import guard
from otel2test.processors.recorder import Recorder
from otel2test.processors.redaction import redactor
from otel2test.processors.traces import Parted

Library: TypeAlias = Literal["requests", "urllib3", "httpx", "urllib"]
Headers: TypeAlias = list[tuple[str, str]]

SCOPE: Final = "otel2test.processors.outbound"
"""Of the spans that are ours."""

_UNDER_WAY: Final = contexts.create_key("otel2test-hop")
"""Context key: the library whose hop is being made."""
_BUILT_ON: Final[dict[Library, Library]] = {"urllib3": "requests"}
"""What the first sends on behalf of the second is the second's hop."""
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that is about to be sent."""

    method: str
    url: str
    headers: Headers
    body: object
    """Bytes, text or None; anything else is not looked into."""


class Hops:
    """Begins the hops of one library."""

    def __init__(self, recorder: Recorder, library: Library) -> None:
        self.limit = recorder.settings.max_body
        self._recorder = recorder
        self._library = library
        self._scope = f"opentelemetry.instrumentation.{library}"
        self._taken: weakref.WeakSet[Span] = weakref.WeakSet()
        """The instrumentation's spans whose first hop is known."""

    def begin(self, sent: Callable[[], Sent | None]) -> Hop | None:
        """Return the hop that begins, to be entered while it is made; None where it isn't recorded."""
        with guard("outbound: request"):
            return self._begin(sent)
        return None

    def _begin(self, sent: Callable[[], Sent | None]) -> Hop | None:
        span = get_current_span()
        if not (span.is_recording() and is_instrumentation_enabled()):
            return None
        if contexts.get_value(_UNDER_WAY) == _BUILT_ON.get(self._library, ""):
            return None
        told = sent()
        if told is None:
            return None
        scope = getattr(span, "instrumentation_scope", None)
        own = None
        if scope is not None and scope.name == self._scope and span not in self._taken:
            self._taken.add(span)
        else:
            span = own = self._span(told)
        hop = Hop(self._library, told, own, self.limit)
        self._recorder.put(span.get_span_context(), OUTBOUND, hop.payload)
        callers.put(self._recorder, span.get_span_context())
        return hop

    def _span(self, sent: Sent) -> Span:
        url = redactor.redact_url(sent.url)
        address = urlsplit(url)
        attributes: dict[str, str | int] = {
            "http.request.method": sent.method,
            "url.full": url,
            "server.address": address.hostname or "",
        }
        if address.port is not None:
            attributes["server.port"] = address.port
        tracer = self._recorder.tracer(SCOPE)
        return tracer.start_span(sent.method or "HTTP", kind=SpanKind.CLIENT, attributes=attributes)


class Hop:
    """One request on its way and what came of it; entered, it is the one that is being made."""

    def __init__(self, library: Library, sent: Sent, span: Span | None, limit: int) -> None:
        self.limit = limit
        self._library: Library = library
        self._method = sent.method
        self._url = redactor.redact_url(sent.url)
        self._headers = sent.headers
        body = sent.body.encode() if isinstance(sent.body, str) else sent.body
        self._body = bytes(body) if isinstance(body, (bytes, bytearray)) else body and _UNREAD
        self._span = span
        self._token: Any = None
        self._status: int | None = None
        self._reason = ""
        self._response_headers: Headers = []
        self._response_body: Callable[[], BodyPayload] | None = None
        self._error: ExceptionPayload | None = None

    def __enter__(self) -> Self:
        with guard("outbound: begin"):
            context = contexts.set_value(_UNDER_WAY, self._library)
            if self._span is not None:
                context = set_span_in_context(self._span, context)
            self._token = contexts.attach(context)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        with guard("outbound: end"):
            if self._token is not None:
                contexts.detach(self._token)
            if error is not None:
                self._error = failure(error)
        if self._span is not None:
            with guard("outbound: span"):
                self._end(self._span)

    def _end(self, span: Span) -> None:
        if self._error is not None:
            span.set_attribute("error.type", self._error["type"])
        if self._status is not None:
            span.set_attribute("http.response.status_code", self._status)
        if self._error is not None or (self._status or 0) >= 400:
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    def answered(self, status: int, reason: str, headers: Headers, body: Callable[[], BodyPayload]) -> None:
        """Take the answer; its body is left for the program to read, and asked for at the end."""
        self._status, self._reason = status, reason
        self._response_headers, self._response_body = headers, body

    def payload(self) -> Parted:
        """Return what is known when the trace is written."""
        body = self._request_body()
        texts = text_apart(body, OUTBOUND_BODY)
        payload: OutboundPayload = {
            "library": self._library,
            "method": self._method,
            "url": self._url,
            "headers": redactor.redact_headers(self._headers),
            "body": body,
        }
        if self._error is not None:
            payload["error"] = self._error
        if self._status is not None:
            payload["status"] = self._status
            payload["reason"] = self._reason
            payload["response_headers"] = redactor.redact_headers(self._response_headers)
        if self._response_body is not None:
            answer = payload["response_body"] = self._response_body()
            texts |= text_apart(answer, OUTBOUND_RESPONSE_BODY)
        return Parted(payload, texts)

    def _request_body(self) -> BodyPayload:
        if isinstance(self._body, bytes):
            return body_of(BodyCopy.of(self._body, self.limit), self._headers)
        return {"kind": "unread"} if self._body is _UNREAD else {"kind": "empty"}


_UNREAD: Final = object()
"""Stands for a file or generator, which isn't kept."""


def body_of(copy: BodyCopy, headers: Headers) -> BodyPayload:
    """Return the payload of a body as the headers that came with it say."""
    encoding = header(headers, "content-encoding")
    # Most libraries have undone the encoding that the headers still name.
    compressed = encoding != "" and copy.data.startswith(_GZIP)
    return body_payload(copy, header(headers, "content-type"), encoding if compressed else "")


def header(headers: Headers, wanted: str) -> str:
    """Return the first value of a header, empty where it isn't there."""
    return next((value for name, value in headers if name.lower() == wanted), "")


def texts(pairs: Iterable[tuple[Any, Any]]) -> Headers:
    """Return headers as text."""
    return [(text(name), text(value)) for name, value in pairs]


def text(value: Any) -> str:
    """Return a part of a header as text."""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
