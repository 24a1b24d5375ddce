"""Turn OpenTelemetry recordings of a program into tests that read as if written by hand."""

__version__ = "0.1.0"
