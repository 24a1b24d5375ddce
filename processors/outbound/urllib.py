"""Hops of ``urllib.request``: the calls of ``AbstractHTTPHandler.do_open``."""

from collections.abc import Callable
from typing import Any
from urllib import request as library  # while it is imported, it isn't an attribute of `urllib` yet

import wrapt

from otel2test.processors.guard import guard
from otel2test.processors.outbound.client import answered
from otel2test.processors.outbound.hops import Hops, Sent, texts
from otel2test.processors.recorder import Recorder


def install(recorder: Recorder) -> None:
    """Record every hop of every call from now on."""
    hops = Hops(recorder, "urllib")

    def do_open(original: Callable[..., Any], _handler: Any, args: Any, kwargs: Any) -> Any:
        hop = hops.begin(lambda: _sent(args[1] if len(args) > 1 else kwargs.get("req")))
        if hop is None:
            return original(*args, **kwargs)
        with hop:
            response = original(*args, **kwargs)
            with guard("outbound: response"):
                answered(hop, response)
        return response

    wrapt.wrap_function_wrapper(library, "AbstractHTTPHandler.do_open", do_open)


def _sent(request: object) -> Sent | None:
    if not isinstance(request, library.Request):
        return None  # A call that is about to fail by itself.
    headers = {**request.headers, **request.unredirected_hdrs}
    return Sent(request.get_method(), request.full_url, texts(headers.items()), request.data)
