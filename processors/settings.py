"""How much is recorded, and where it goes: ``OTEL2TEST_*`` of the environment.

==============================  =========================================  ===========
variable                        meaning                                    default
==============================  =========================================  ===========
``OTEL2TEST_DIR``               folder for the recordings                  ``spans``
``OTEL2TEST_CALLS``             record calls of the project's functions    ``1``
``OTEL2TEST_INCLUDE``           modules whose calls are recorded           the project
``OTEL2TEST_EXCLUDE``           modules whose calls are not recorded       none
``OTEL2TEST_REDACT``            further names whose values are secret      none
``OTEL2TEST_MAX_ROWS``          rows kept of one query                     1000
``OTEL2TEST_MAX_BODY``          bytes kept of one body                     1 MiB
``OTEL2TEST_MAX_CALLS``         calls kept of one trace                    10000
``OTEL2TEST_MAX_TRACE_BYTES``   bytes of one trace, about                  64 MiB
``OTEL2TEST_MAX_OPEN_TRACES``   traces in memory at one time               1000
``OTEL2TEST_TRACE_TIMEOUT``     seconds until a trace is written as it is  300
==============================  =========================================  ===========

Lists are separated by commas; modules are patterns such as ``shop,shop.*``. A value that
cannot be read is named on stderr, and the default stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from otel2test.processors.notices import say


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderSettings:
    """The recorder's settings; see the table above."""

    directory: Path = Path("spans")
    calls: bool = True
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    max_rows: int = 1000
    max_body: int = 1024 * 1024
    max_calls: int = 10_000
    max_trace_bytes: int = 64 * 1024 * 1024
    max_open_traces: int = 1000
    trace_timeout: float = 300.0

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "RecorderSettings":
        """Read ``OTEL2TEST_*``; never raises."""
        defaults = cls()
        found: dict[str, Any] = {}
        for field, (variable, parse) in _VARIABLES.items():
            text = environ.get(variable, "").strip()
            if not text:
                continue
            try:
                found[field] = parse(text)
            except ValueError as error:
                say(
                    f"{variable}={text!r} is {error}",
                    f"correct it (using {getattr(defaults, field)} for now)",
                )
        return replace(defaults, **found)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _switch(text: str) -> bool:
    known = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if text.lower() not in known:
        raise ValueError("neither 1 nor 0")
    return known[text.lower()]


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("not a whole number")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError("not a number of seconds")
    return seconds


_VARIABLES: Final[dict[str, tuple[str, Callable[[str], object]]]] = {
    "directory": ("OTEL2TEST_DIR", Path),
    "calls": ("OTEL2TEST_CALLS", _switch),
    "include": ("OTEL2TEST_INCLUDE", _names),
    "exclude": ("OTEL2TEST_EXCLUDE", _names),
    "redact": ("OTEL2TEST_REDACT", _names),
    "max_rows": ("OTEL2TEST_MAX_ROWS", _whole),
    "max_body": ("OTEL2TEST_MAX_BODY", _whole),
    "max_calls": ("OTEL2TEST_MAX_CALLS", _whole),
    "max_trace_bytes": ("OTEL2TEST_MAX_TRACE_BYTES", _whole),
    "max_open_traces": ("OTEL2TEST_MAX_OPEN_TRACES", _whole),
    "trace_timeout": ("OTEL2TEST_TRACE_TIMEOUT", _seconds),
}
