"""What a program did beside answering: the vocabulary of side effects.

Wire values are decoded, redacted ones are pseudonyms. All of one request are in
:class:`SideEffects`, by kind and in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from otel2test.reading.exchanges import Failure

CacheOperation: TypeAlias = Literal[
    "get", "get_many", "has_key", "set", "set_many", "add", "delete", "delete_many", "incr", "touch", "clear"
]
FileOperation: TypeAlias = Literal["save", "open", "delete", "exists", "url"]
TaskLibrary: TypeAlias = Literal["celery", "django"]
TaskMethod: TypeAlias = Literal["delay", "apply_async", "apply", "send_task"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What every side effect says of itself."""

    span_id: str
    """Of the span that was current."""
    start: int
    """Nanoseconds since the request's span began."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment of an e-mail."""

    name: str
    content_type: str
    size: int
    content: bytes | None = None
    """None where it was too large to be kept."""


@dataclass(frozen=True, slots=True)
class Mail(Effect):
    """One e-mail handed to Django's mail back end."""

    subject: str | None
    """None, as ``body``, where it was lazy."""
    body: str | None
    from_email: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    alternatives: tuple[tuple[str, str], ...] = ()
    """(content, MIME type) each."""
    attachments: tuple[Attachment, ...] = ()
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class CacheAccess(Effect):
    """One operation on one of Django's caches."""

    alias: str
    operation: CacheOperation
    keys: tuple[str, ...]
    version: int | None = None
    hits: tuple[bool, ...] = ()
    """For reads, one a key."""
    values: tuple[object, ...] = ()
    """What was read (None where missed) or written, one a key; for ``incr`` by how much."""
    has_timeout: bool = False
    """True where the program gave one, which ``timeout`` then holds: seconds, or None for ever."""
    timeout: object = None
    result: object = None
    """What ``add``, ``incr``, ``touch`` and ``delete`` returned."""
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class Task(Effect):
    """One task given to a queue."""

    library: TaskLibrary
    name: str
    id: str
    arguments: tuple[object, ...] = ()
    keywords: Mapping[str, object] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    eager: bool = False
    """Whether it ran at once, in this trace."""
    function: str | None = None
    """``module.name`` of the task object."""
    method: TaskMethod | None = None
    """How it was sent, where that was recorded."""
    named: tuple[str, ...] = ()
    """Which parameters of the method were given by name."""
    listed: bool = False
    """Whether the arguments were given as a list, not as a tuple."""
    returned: object = None
    raised: Failure | None = None
    """By the task where it ran at once, else because it could not be sent."""


@dataclass(frozen=True, slots=True)
class SignalSent(Effect):
    """One sending of a Django signal that functions of the project received."""

    signal: str
    sender: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    receivers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredFile(Effect):
    """One operation on a file through a Django storage."""

    storage: str
    operation: FileOperation
    name: str
    """For ``save`` as it was stored."""
    asked: str | None = None
    """For ``save``: the name that was asked for, where another was taken."""
    mode: str | None = None
    size: int | None = None
    content: bytes | None = None
    result: object = None
    """What ``exists`` and ``url`` returned."""
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class LogRecord(Effect):
    """One log record at WARNING or above."""

    logger: str
    level: str
    message: str
    where: str = ""
    exception: Failure | None = None


@dataclass(frozen=True, slots=True)
class Draw(Effect):
    """A value that came by chance."""

    source: str
    """The function as a test would patch it."""
    value: object
    caller: str
    """Who drew it, or the model's field whose default it became."""
    target: str | None = None
    """Where the caller's module holds the function under a name of its own."""
    arguments: tuple[object, ...] = ()
    keywords: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommitHook(Effect):
    """One function registered with ``transaction.on_commit``."""

    alias: str
    function: str
    ran: int | None = None
    """When the hooks of its transaction began to run, as ``start``; None where it did not."""


AnyEffect: TypeAlias = Mail | CacheAccess | Task | SignalSent | StoredFile | LogRecord | Draw | CommitHook


@dataclass(frozen=True, slots=True)
class SideEffects:
    """The side effects of one request, each kind in the order in which they began."""

    mails: tuple[Mail, ...] = ()
    cache: tuple[CacheAccess, ...] = ()
    tasks: tuple[Task, ...] = ()
    signals: tuple[SignalSent, ...] = ()
    files: tuple[StoredFile, ...] = ()
    logs: tuple[LogRecord, ...] = ()
    draws: tuple[Draw, ...] = ()
    commit_hooks: tuple[CommitHook, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Kind, as these attributes are named, → how many more there were than were kept."""

    def in_order(self) -> tuple[AnyEffect, ...]:
        """Return those of all kinds in the order in which they began."""
        kinds: tuple[tuple[AnyEffect, ...], ...] = (
            self.mails,
            self.cache,
            self.tasks,
            self.signals,
            self.files,
            self.logs,
            self.draws,
            self.commit_hooks,
        )
        return tuple(sorted((effect for kind in kinds for effect in kind), key=lambda effect: effect.start))
