"""Outbound calls that a test answers, seen by the recorder as if they had gone out.

``responses`` puts its own function in the place where the recorder looks; respx and mocket answer
further down, and are seen as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import wrapt

from otel2test.processors.recorder import Recorder


def install(recorder: Recorder) -> None:
    """See what ``responses`` answers from now on."""

    def hook(module: Any) -> None:
        from otel2test.processors.outbound.requests import sending

        def making(make: Callable[..., Any], _mock: Any, args: Any, kwargs: Any) -> Any:
            return wrapt.FunctionWrapper(make(*args, **kwargs), sending(recorder))

        wrapt.wrap_function_wrapper(module, "RequestsMock.unbound_on_send", making)

    wrapt.register_post_import_hook(hook, "responses")
