"""How much is recorded, and where it goes: ``OTEL2TEST_*`` of the environment.

==============================  =========================================  ===========
variable                        meaning                                    default
==============================  =========================================  ===========
``OTEL2TEST_DIR``               folder for the recordings                  ``spans``
``OTEL2TEST_FILES``             write files; ``0`` leaves the recording    ``1``
                                to the other exporters alone
``OTEL2TEST_ENRICH``            hand other exporters of the process what   ``1``
                                is recorded, not only what they would get
``OTEL2TEST_MAX_FILE_BYTES``    bytes of a file, then another is begun     256 MiB
``OTEL2TEST_COMPRESSION``       ``gzip``: files are compressed, a trace    ``none``
                                at a time
``OTEL2TEST_KEEP_FILES``        files kept of one service, older ones are  ``0``: all
                                deleted
``OTEL2TEST_CALLS``             record calls of the project's functions    ``1``
``OTEL2TEST_EFFECTS``           side effects that are recorded: some of    all of them
                                ``mails,cache,tasks,signals,files,logs,
                                draws,commit_hooks``, or ``none``
``OTEL2TEST_INCLUDE``           modules whose calls are recorded           the project
``OTEL2TEST_EXCLUDE``           modules whose calls are not recorded       none
``OTEL2TEST_REDACT``            further names whose values are secret      none
``OTEL2TEST_REDACT_ALLOW``      names whose values are never secret        none
``OTEL2TEST_REDACT_PATTERNS``   regular expressions of further secrets,    none
                                separated by spaces
``OTEL2TEST_REDACT_PERSONAL``   of ``emails``, ``names`` and ``phones``    none
                                those that are secret; or ``all``
``OTEL2TEST_REDACTION_KEY``     makes pseudonyms the same in all           drawn for
                                processes and recordings that have it      each process
``OTEL2TEST_MAX_ROWS``          rows, and sets of parameters, kept of      1000
                                one query
``OTEL2TEST_MAX_BODY``          bytes kept of one body, or of one value    1 MiB
                                of a query
``OTEL2TEST_MAX_CALLS``         calls kept of one trace                    10000
``OTEL2TEST_MAX_EFFECTS``       side effects of a kind kept of one trace   1000
``OTEL2TEST_MAX_TRACE_BYTES``   bytes of one trace, about                  64 MiB
``OTEL2TEST_MAX_OPEN_TRACES``   traces in memory at one time               1000
``OTEL2TEST_MAX_OPEN_BYTES``    bytes of all of these, about               256 MiB
``OTEL2TEST_TRACE_TIMEOUT``     seconds until a trace is written as it is  300
==============================  =========================================  ===========

Lists are separated by commas; modules are patterns such as ``shop,shop.*``. Names of
secrets are names of fields, parameters, headers, cookies, keys or variables in any spelling
(``badge-no`` is ``badge_no``), patterns of them such as ``*_pin``, or fields of models such as
``shop.Customer.nickname``; what is allowed comes before what is secret. A value that cannot be
read is named on stderr, and the default stands.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from otel2test.processors.files import Compression
from otel2test.processors.notices import say
from otel2test.secrets.names import PERSONAL_KINDS, PersonalKind

EFFECTS: Final = ("mails", "cache", "tasks", "signals", "files", "logs", "draws", "commit_hooks")
"""The kinds of side effects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderSettings:
    """The recorder's settings; see the table above."""

    directory: Path = Path("spans")
    files: bool = True
    enrich: bool = True
    max_file_bytes: int = 256 * 1024 * 1024
    compression: Compression = "none"
    keep_files: int = 0
    calls: bool = True
    effects: tuple[str, ...] = EFFECTS
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    redact_allow: tuple[str, ...] = ()
    redact_patterns: tuple[str, ...] = ()
    redact_personal: tuple[PersonalKind, ...] = ()
    redaction_key: str = field(default="", repr=False)
    max_rows: int = 1000
    max_body: int = 1024 * 1024
    max_calls: int = 10_000
    max_effects: int = 1000
    max_trace_bytes: int = 64 * 1024 * 1024
    max_open_traces: int = 1000
    max_open_bytes: int = 256 * 1024 * 1024
    trace_timeout: float = 300.0

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "RecorderSettings":
        """Read ``OTEL2TEST_*``; never raises."""
        defaults = cls()
        found: dict[str, Any] = {}
        for name, (variable, parse) in _VARIABLES.items():
            text = environ.get(variable, "").strip()
            if not text:
                continue
            try:
                found[name] = parse(text)
            except ValueError as error:
                say(
                    f"{variable}={text!r} is {error}",
                    f"correct it (using {getattr(defaults, name)} for now)",
                )
        return replace(defaults, **found)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _patterns(text: str) -> tuple[str, ...]:
    patterns = tuple(text.split())
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"no regular expression ({pattern}: {error})") from None
    return patterns


def _personal(text: str) -> tuple[PersonalKind, ...]:
    names = _names(text.lower())
    kinds = tuple(kind for kind in PERSONAL_KINDS if kind in names or names == ("all",))
    if not names or (len(kinds) != len(set(names)) and names != ("all",)):
        raise ValueError(f"none of {', '.join(PERSONAL_KINDS)} or all")
    return kinds


def _effects(text: str) -> tuple[str, ...]:
    names = () if text == "none" else _names(text)
    if not set(names) <= set(EFFECTS):
        raise ValueError(f"not a list of {', '.join(EFFECTS)}")
    return names


def _compression(text: str) -> Compression:
    known: dict[str, Compression] = {"none": "none", "gzip": "gzip"}
    if text.lower() not in known:
        raise ValueError("neither gzip nor none")
    return known[text.lower()]


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
    "files": ("OTEL2TEST_FILES", _switch),
    "enrich": ("OTEL2TEST_ENRICH", _switch),
    "max_file_bytes": ("OTEL2TEST_MAX_FILE_BYTES", _whole),
    "compression": ("OTEL2TEST_COMPRESSION", _compression),
    "keep_files": ("OTEL2TEST_KEEP_FILES", _whole),
    "calls": ("OTEL2TEST_CALLS", _switch),
    "effects": ("OTEL2TEST_EFFECTS", _effects),
    "include": ("OTEL2TEST_INCLUDE", _names),
    "exclude": ("OTEL2TEST_EXCLUDE", _names),
    "redact": ("OTEL2TEST_REDACT", _names),
    "redact_allow": ("OTEL2TEST_REDACT_ALLOW", _names),
    "redact_patterns": ("OTEL2TEST_REDACT_PATTERNS", _patterns),
    "redact_personal": ("OTEL2TEST_REDACT_PERSONAL", _personal),
    "redaction_key": ("OTEL2TEST_REDACTION_KEY", str),
    "max_rows": ("OTEL2TEST_MAX_ROWS", _whole),
    "max_body": ("OTEL2TEST_MAX_BODY", _whole),
    "max_calls": ("OTEL2TEST_MAX_CALLS", _whole),
    "max_effects": ("OTEL2TEST_MAX_EFFECTS", _whole),
    "max_trace_bytes": ("OTEL2TEST_MAX_TRACE_BYTES", _whole),
    "max_open_traces": ("OTEL2TEST_MAX_OPEN_TRACES", _whole),
    "max_open_bytes": ("OTEL2TEST_MAX_OPEN_BYTES", _whole),
    "trace_timeout": ("OTEL2TEST_TRACE_TIMEOUT", _seconds),
}
