"""What the program asks of other services with ``requests``, one record a hop.

What enters are the calls of ``HTTPAdapter.send``: one for each request that goes out, so
that a chain of redirects gives several. What leaves is an
:class:`~otel2test.attributes.OutboundPayload` on the CLIENT span that
``opentelemetry-instrumentation-requests`` made for the first hop; later hops, and those
that nobody made a span for, get one of ours. Nothing is recorded outside of a trace.

The call itself is never changed, and nothing is read that the program doesn't read: a body
made while it is sent is ``unread``, an answer that the program streams is ``streamed``. The
answer's body is taken when the trace is written, when the program has read it or won't.
"""

import weakref
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import requests.adapters
import wrapt
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, get_current_span

from otel2test.attributes import OUTBOUND, BodyPayload, ExceptionPayload, OutboundPayload
from otel2test.processors.failures import failure
from otel2test.processors.guard import guard
from otel2test.processors.recorder import Recorder
from otel2test.processors.redaction import redactor

_SCOPE: Final = "opentelemetry.instrumentation.requests"
_OUR_SCOPE: Final = "otel2test.processors.outbound"


def install(recorder: Recorder) -> None:
    """Record every hop of every call from now on."""
    wrapt.wrap_function_wrapper(requests.adapters, "HTTPAdapter.send", _Wrapper(recorder))


class _Wrapper:
    """Stands around ``HTTPAdapter.send``."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._taken: weakref.WeakSet[Span] = weakref.WeakSet()
        """The instrumentation's spans whose first hop is known."""

    def __call__(self, send: Callable[..., Any], _adapter: Any, args: Any, kwargs: Any) -> Any:
        hop: _Hop | None = None
        with guard("outbound: request"):
            hop = self._hop(args[0] if args else kwargs.get("request"))
        if hop is None:
            return send(*args, **kwargs)
        try:
            response = send(*args, **kwargs)
        except BaseException as error:
            hop.failed(error)
            raise
        hop.answered(response)
        return response

    def _hop(self, request: object) -> "_Hop | None":
        span = get_current_span()
        if not (span.is_recording() and is_instrumentation_enabled()):
            return None
        if not isinstance(request, requests.PreparedRequest):
            return None  # A call that is about to fail by itself.
        scope = getattr(span, "instrumentation_scope", None)
        if scope is not None and scope.name == _SCOPE and span not in self._taken:
            self._taken.add(span)
            own = None
        else:
            span = own = self._span(request)
        hop = _Hop(request, own, self._recorder.settings.max_body)
        self._recorder.put(span.get_span_context(), OUTBOUND, hop.payload)
        return hop

    def _span(self, request: requests.PreparedRequest) -> Span:
        url = redactor.redact_url(request.url or "")
        address = urlsplit(url)
        attributes: dict[str, str | int] = {
            "http.request.method": request.method or "",
            "url.full": url,
            "server.address": address.hostname or "",
        }
        if address.port is not None:
            attributes["server.port"] = address.port
        tracer = self._recorder.tracer(_OUR_SCOPE)
        return tracer.start_span(request.method or "HTTP", kind=SpanKind.CLIENT, attributes=attributes)


class _Hop:
    """One request on its way and what came of it."""

    def __init__(self, request: requests.PreparedRequest, span: Span | None, limit: int) -> None:
        self._method = request.method or ""
        self._url = redactor.redact_url(request.url or "")
        self._headers = _headers(request.headers.items())
        self._content_type = _text(request.headers.get("Content-Type", ""))
        self._content_encoding = _text(request.headers.get("Content-Encoding", ""))
        body: object = request.body
        self._body = body.encode() if isinstance(body, str) else body
        if self._body is not None and not isinstance(self._body, bytes):
            self._body = _UNREAD
        self._span = span
        self._limit = limit
        self._response: requests.Response | None = None
        self._response_headers: list[tuple[str, str]] = []
        self._error: ExceptionPayload | None = None

    def answered(self, response: requests.Response) -> None:
        """Take the answer; its body is left for the program to read."""
        with guard("outbound: response"):
            self._response = response
            # Those of urllib3 still hold repeated headers apart.
            headers = getattr(response.raw, "headers", None) or response.headers
            self._response_headers = _headers(headers.items())
            if self._span is not None:
                self._span.set_attribute("http.response.status_code", response.status_code)
                if response.status_code >= 400:
                    self._span.set_status(Status(StatusCode.ERROR))
                self._span.end()

    def failed(self, error: BaseException) -> None:
        """Take that no answer came."""
        with guard("outbound: error"):
            self._error = failure(error)
            if self._span is not None:
                self._span.set_attribute("error.type", self._error["type"])
                self._span.set_status(Status(StatusCode.ERROR))
                self._span.end()

    def payload(self) -> OutboundPayload:
        """Return what is known when the trace is written."""
        payload: OutboundPayload = {
            "library": "requests",
            "method": self._method,
            "url": self._url,
            "headers": redactor.redact_headers(self._headers),
            "body": self._request_body(),
        }
        if self._error is not None:
            payload["error"] = self._error
        response = self._response
        if response is not None:
            payload["status"] = response.status_code
            payload["reason"] = _text(response.reason or "")
            payload["response_headers"] = redactor.redact_headers(self._response_headers)
            payload["response_body"] = self._response_body(response)
        return payload

    def _request_body(self) -> BodyPayload:
        if isinstance(self._body, bytes):
            return _body(self._body, self._content_type, self._content_encoding, self._limit)
        return {"kind": "empty"} if self._body is None else {"kind": "unread"}

    def _response_body(self, response: requests.Response) -> BodyPayload:
        # `content` would read the stream; what it has read is here. It is False before, None for no body.
        content = vars(response).get("_content")
        if content is False or not vars(response).get("_content_consumed"):
            return {"kind": "streamed"}
        return _body(content or b"", _text(response.headers.get("Content-Type", "")), "", self._limit)


_UNREAD: Final = object()
"""Stands for a file or generator, which isn't kept."""


def _body(data: bytes, content_type: str, content_encoding: str, limit: int) -> BodyPayload:
    # Imported when the first trace is written: `requests` may be imported long before Django.
    from otel2test.processors.django.bodies import BodyCopy, body_payload

    return body_payload(BodyCopy.of(data, limit), content_type, content_encoding)


def _headers(pairs: Iterable[tuple[Any, Any]]) -> list[tuple[str, str]]:
    return [(_text(name), _text(value)) for name, value in pairs]


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
