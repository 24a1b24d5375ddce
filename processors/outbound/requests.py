"""Hops of ``requests``: the calls of ``HTTPAdapter.send``."""

from collections.abc import Callable
from typing import Any

import requests
import requests.adapters
import wrapt

from otel2test.attributes import BodyPayload
from otel2test.processors.bodies import BodyCopy
from otel2test.processors.guard import guard
from otel2test.processors.outbound.hops import Hop, Hops, Sent, body_of, text, texts
from otel2test.processors.recorder import Recorder


def install(recorder: Recorder) -> None:
    """Record every hop of every call from now on."""
    wrapt.wrap_function_wrapper(requests.adapters, "HTTPAdapter.send", sending(recorder))


def sending(recorder: Recorder) -> Callable[..., Any]:
    """Return the wrapper, as wrapt has them, of whatever is or stands for ``HTTPAdapter.send``."""
    hops = Hops(recorder, "requests")

    def send(original: Callable[..., Any], _adapter: Any, args: Any, kwargs: Any) -> Any:
        hop = hops.begin(lambda: _sent(args[0] if args else kwargs.get("request")))
        if hop is None:
            return original(*args, **kwargs)
        with hop:
            response = original(*args, **kwargs)
            with guard("outbound: response"):
                _answered(hop, response)
        return response

    return send


def _sent(request: object) -> Sent | None:
    if not isinstance(request, requests.PreparedRequest):
        return None  # A call that is about to fail by itself.
    return Sent(request.method or "", request.url or "", texts((request.headers or {}).items()), request.body)


def _answered(hop: Hop, response: requests.Response) -> None:
    # Those of urllib3 still hold repeated headers apart.
    headers = texts((getattr(response.raw, "headers", None) or response.headers).items())

    def body() -> BodyPayload:
        # `content` would read the stream; what it has read is here. It is False before, None for no body.
        content = vars(response).get("_content")
        if content is False or not vars(response).get("_content_consumed"):
            return {"kind": "streamed"}
        return body_of(BodyCopy.of(content or b"", hop.limit), headers)

    hop.answered(response.status_code, text(response.reason or ""), headers, body)
