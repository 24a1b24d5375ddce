"""Hops of ``urllib3``: the calls of ``HTTPConnectionPool._make_request``, retries each.

``urlopen``, which is public, calls itself for retries and redirects, and returns the last
hop's answer for all of them. What ``requests`` sends through urllib3 is its own hop.
"""

import http.client
from collections.abc import Callable
from typing import Any, Final

import urllib3.connectionpool
import wrapt

from otel2test.attributes import BodyPayload
from otel2test.processors.bodies import BodyCopy
from otel2test.processors.guard import guard
from otel2test.processors.outbound.client import answered
from otel2test.processors.outbound.hops import Hop, Hops, Sent, body_of, text, texts
from otel2test.processors.outbound.tees import tee
from otel2test.processors.recorder import Recorder

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def install(recorder: Recorder) -> None:
    """Record every hop of every call from now on."""
    hops = Hops(recorder, "urllib3")

    def make_request(original: Callable[..., Any], pool: Any, args: Any, kwargs: Any) -> Any:
        hop = hops.begin(lambda: _sent(pool, *args, **kwargs))
        if hop is None:
            return original(*args, **kwargs)
        with hop:
            response = original(*args, **kwargs)
            with guard("outbound: response"):
                if isinstance(response, http.client.HTTPResponse):  # urllib3 1
                    answered(hop, response)
                else:
                    _answered(hop, response)
        return response

    wrapt.wrap_function_wrapper(urllib3.connectionpool, "HTTPConnectionPool._make_request", make_request)


def _sent(
    pool: Any, _connection: Any, method: str, url: str, body: object = None, headers: Any = None, **_: Any
) -> Sent:
    return Sent(method, _absolute(pool, url), texts((headers or {}).items()), body)


def _absolute(pool: Any, url: str) -> str:
    if not url.startswith("/"):
        return url  # through a proxy
    host = f"[{pool.host}]" if ":" in pool.host else pool.host
    port = "" if pool.port in {None, _DEFAULT_PORTS.get(pool.scheme)} else f":{pool.port}"
    return f"{pool.scheme}://{host}{port}{url}"


def _answered(hop: Hop, response: Any) -> None:
    headers = texts(response.headers.items())
    read = vars(response).get("_body")
    copy = BodyCopy.of(read, hop.limit) if isinstance(read, bytes) else tee(response, hop.limit)

    def body() -> BodyPayload:
        return body_of(copy, headers) if copy.size or copy.finished else {"kind": "unread"}

    hop.answered(response.status, text(response.reason or ""), headers, body)
