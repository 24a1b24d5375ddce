"""Threads and executors of the program go on with the context of who starts them.

OpenTelemetry's instrumentation sees to it. Its launcher loads that; where recording began in code, we do,
but not before the first request or operation, as the launcher or the program may still come.
"""

from __future__ import annotations

import os

from otel2test.processors.guard import guarded

_DISABLED = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"


@guarded("threads", None)
def carry_contexts() -> None:
    """Instrument threads, unless that was done or isn't wished for."""
    if "threading" in [name.strip() for name in os.environ.get(_DISABLED, "").split(",")]:
        return
    from opentelemetry.instrumentation.threading import ThreadingInstrumentor

    instrumentor = ThreadingInstrumentor()
    if not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.instrument()
