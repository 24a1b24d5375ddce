"""The recorder, which runs inside someone's app.

To record from code, on a TracerProvider of one's own or on the global one::

    from otel2test.processors import record

    record(provider)

Requests are recorded as they come, commands and Celery tasks as they run; of anything else
say what belongs together::

    from otel2test.processors import recorded, recording

    with recording("import prices"):
        ...

Importing this loads neither Django nor the SDK.
"""

from otel2test.processors.operations import recorded, recording
from otel2test.processors.starting import record

__all__ = ["record", "recorded", "recording"]
