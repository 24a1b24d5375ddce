"""A process that makes the test of the one request in a recording, and says what that took.

Run as a program in an environment that has otel2test: ``generator.py FILE TIMES``.
"""

import io
import json
import resource
import sys
from typing import Any

from otel2test import pipeline, reading
from otel2test.settings import Settings


def processor_time() -> float:
    """Return the seconds that this process and its ended children, which format the test, have taken."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def generate(recording: str, times: int) -> dict[str, Any]:
    """Make the test; return what that took each time, the most memory, and how large the recording is."""
    seconds = []
    for _ in range(times):
        start = processor_time()
        generated = pipeline.generate([recording], [], Settings(), io.BytesIO())
        seconds.append(processor_time() - start)
    if generated.module is None:
        sys.exit("\n".join(map(str, generated.problems)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    traces, _ = reading.select(reading.read([recording], io.BytesIO()), [])
    exchanges = [exchange for trace in traces for exchange in reading.exchanges(trace)[0]]
    rows = sum(len(query.rows) for exchange in exchanges for query in exchange.queries)
    return {"seconds": seconds, "most_resident": peak, "rows": rows}


if __name__ == "__main__":
    print(json.dumps(generate(sys.argv[1], int(sys.argv[2]))))
