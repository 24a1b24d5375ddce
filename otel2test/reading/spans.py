"""One OTLP span, typed, as it came out of a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

SpanKind: TypeAlias = Literal["unspecified", "internal", "server", "client", "producer", "consumer"]
StatusCode: TypeAlias = Literal["unset", "ok", "error"]
Attribute: TypeAlias = "bool | int | float | str | bytes | list[Attribute] | dict[str, Attribute] | None"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in the input something stood, for messages."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Event:
    """A span event, such as a recorded exception."""

    name: str
    time: int
    """Nanoseconds since the epoch."""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """One span. Ids are lower-case hex; times are nanoseconds since the epoch."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: SpanKind
    start: int
    end: int
    attributes: Mapping[str, Attribute]
    """``otel2test.*`` payloads are still JSON text here."""
    scope: str
    resource: Mapping[str, Attribute]
    origin: Origin
    status: StatusCode = "unset"
    status_message: str = ""
    events: tuple[Event, ...] = ()
