"""Recording is started by one call; everything else is the sample project as it stands."""

from otel2test.processors import record

record()

from config.wsgi import application  # type: ignore[import-not-found]  # noqa: E402 - of the sample project

__all__ = ["application"]
