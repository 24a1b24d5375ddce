"""Hops of ``httpx``: the calls of its transports for the network, synchronous or not."""

from collections.abc import Callable
from typing import Any

import httpx
import wrapt

from otel2test.attributes import BodyPayload
from otel2test.processors.bodies import BodyCopy
from otel2test.processors.guard import guard
from otel2test.processors.outbound.hops import Hop, Hops, Sent, body_of, texts
from otel2test.processors.recorder import Recorder


def install(recorder: Recorder) -> None:
    """Record every hop of every call from now on."""
    hops = Hops(recorder, "httpx")

    def handle(original: Callable[..., Any], _transport: Any, args: Any, kwargs: Any) -> Any:
        hop = hops.begin(lambda: _sent(args[0] if args else kwargs.get("request")))
        if hop is None:
            return original(*args, **kwargs)
        with hop:
            response = original(*args, **kwargs)
            with guard("outbound: response"):
                _answered(hop, response)
        return response

    async def handle_async(original: Callable[..., Any], _transport: Any, args: Any, kwargs: Any) -> Any:
        hop = hops.begin(lambda: _sent(args[0] if args else kwargs.get("request")))
        if hop is None:
            return await original(*args, **kwargs)
        with hop:
            response = await original(*args, **kwargs)
            with guard("outbound: response"):
                _answered(hop, response)
        return response

    wrapt.wrap_function_wrapper(httpx, "HTTPTransport.handle_request", handle)
    wrapt.wrap_function_wrapper(httpx, "AsyncHTTPTransport.handle_async_request", handle_async)


def _sent(request: object) -> Sent | None:
    if not isinstance(request, httpx.Request):
        return None  # A call that is about to fail by itself.
    # `content` would raise for a stream, which is read while it is sent; what is in memory is here.
    body = vars(request).get("_content", request.stream)
    return Sent(request.method, str(request.url), texts(request.headers.multi_items()), body)


def _answered(hop: Hop, response: httpx.Response) -> None:
    headers = texts(response.headers.multi_items())

    def body() -> BodyPayload:
        # `content` would raise for a stream; what was read of it as a whole is here.
        content = vars(response).get("_content")
        if content is None:
            return {"kind": "streamed"}
        return body_of(BodyCopy.of(content, hop.limit), headers)

    hop.answered(response.status_code, response.reason_phrase, headers, body)
