"""The recorder, which runs inside someone's app.

To record from code, on a TracerProvider of one's own or on the global one::

    from otel2test.processors import record

    record(provider)

Importing this loads neither Django nor the SDK.
"""

from otel2test.processors.starting import record

__all__ = ["record"]
