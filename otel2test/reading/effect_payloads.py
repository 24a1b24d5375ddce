"""Payloads of side effects → their vocabulary (:mod:`~otel2test.reading.effects`)."""

from collections.abc import Callable
from typing import Final, TypeVar, get_args

from otel2test import attributes
from otel2test.reading import messages
from otel2test.reading.effects import (
    Attachment,
    CacheAccess,
    CacheOperation,
    CommitHook,
    Draw,
    FileOperation,
    LogRecord,
    Mail,
    SideEffects,
    SignalSent,
    StoredFile,
    Task,
    TaskLibrary,
    TaskMethod,
)
from otel2test.reading.payloads import Payload, SpanPayloads

T = TypeVar("T")

_CACHE_OPERATIONS: Final[tuple[CacheOperation, ...]] = get_args(CacheOperation)
_FILE_OPERATIONS: Final[tuple[FileOperation, ...]] = get_args(FileOperation)
_TASK_METHODS: Final[tuple[TaskMethod, ...]] = get_args(TaskMethod)
_LIBRARIES: Final[tuple[TaskLibrary, ...]] = get_args(TaskLibrary)


def side_effects(payloads: SpanPayloads) -> SideEffects:
    """Return all that was recorded on the span of a request."""
    dropped: dict[str, int] = {}

    def read(kind: str, attribute: str, one: Callable[[Payload], T]) -> tuple[T, ...]:
        found = []
        for item in payloads.records(attribute):
            if (more := item.integer("dropped")) is not None:
                dropped[kind] = dropped.get(kind, 0) + more
            else:
                found.append(one(item))
        return tuple(found)

    return SideEffects(
        mails=read("mails", attributes.MAILS, _mail),
        cache=read("cache", attributes.CACHE, _cache_access),
        tasks=read("tasks", attributes.TASKS, _task),
        signals=read("signals", attributes.SIGNALS, _signal),
        files=read("files", attributes.FILES, _stored_file),
        logs=read("logs", attributes.LOGS, _log_record),
        draws=read("draws", attributes.DRAWS, _draw),
        commit_hooks=read("commit_hooks", attributes.COMMIT_HOOKS, _commit_hook),
        dropped=dropped,
    )


def _span_id(payload: Payload) -> str:
    return payload.text("span")


def _start(payload: Payload) -> int:
    return payload.integer("start") or 0


def _mail(payload: Payload) -> Mail:
    return Mail(
        span_id=_span_id(payload),
        start=_start(payload),
        subject=payload.optional_text("subject"),
        body=payload.optional_text("body"),
        from_email=payload.text("from_email"),
        to=payload.texts("to"),
        cc=payload.texts("cc"),
        bcc=payload.texts("bcc"),
        reply_to=payload.texts("reply_to"),
        headers=payload.named_texts("headers"),
        alternatives=payload.pairs("alternatives"),
        attachments=tuple(map(_attachment, payload.records("attachments"))),
        error=messages.failure(payload.record("error")),
    )


def _attachment(payload: Payload) -> Attachment:
    return Attachment(
        name=payload.text("name", ""),
        content_type=payload.text("content_type", ""),
        size=payload.integer("size") or 0,
        content=payload.content("content") if "content" in payload else None,
    )


def _cache_access(payload: Payload) -> CacheAccess:
    return CacheAccess(
        span_id=_span_id(payload),
        start=_start(payload),
        alias=payload.text("alias"),
        operation=payload.choice("operation", _CACHE_OPERATIONS, "get"),
        keys=payload.texts("keys"),
        version=payload.integer("version"),
        hits=payload.flags("hits"),
        values=payload.values("values"),
        has_timeout=payload.has_key("timeout"),
        timeout=payload.value("timeout"),
        result=payload.value("result"),
        error=messages.failure(payload.record("error")),
    )


def _task(payload: Payload) -> Task:
    return Task(
        span_id=_span_id(payload),
        start=_start(payload),
        library=payload.choice("library", _LIBRARIES, "celery"),
        name=payload.text("name"),
        id=payload.text("id", ""),
        arguments=payload.values("arguments"),
        keywords=payload.named_values("keywords"),
        options=payload.named_values("options"),
        eager=payload.flag("eager"),
        function=payload.optional_text("function"),
        method=next((name for name in _TASK_METHODS if name == payload.optional_text("method")), None),
        named=payload.texts("named"),
        listed=payload.flag("listed"),
        returned=payload.value("returned"),
        raised=messages.failure(payload.record("raised")),
    )


def _signal(payload: Payload) -> SignalSent:
    return SignalSent(
        span_id=_span_id(payload),
        start=_start(payload),
        signal=payload.text("signal"),
        sender=payload.text("sender", ""),
        arguments=payload.named_values("arguments"),
        receivers=payload.texts("receivers"),
    )


def _stored_file(payload: Payload) -> StoredFile:
    return StoredFile(
        span_id=_span_id(payload),
        start=_start(payload),
        storage=payload.text("storage"),
        operation=payload.choice("operation", _FILE_OPERATIONS, "open"),
        name=payload.text("name"),
        asked=payload.optional_text("asked"),
        mode=payload.optional_text("mode"),
        size=payload.integer("size"),
        content=payload.content("content") if "content" in payload else None,
        result=payload.value("result"),
        error=messages.failure(payload.record("error")),
    )


def _log_record(payload: Payload) -> LogRecord:
    return LogRecord(
        span_id=_span_id(payload),
        start=_start(payload),
        logger=payload.text("logger"),
        level=payload.text("level"),
        message=payload.text("message"),
        where=payload.text("where", ""),
        exception=messages.failure(payload.record("exception")),
    )


def _draw(payload: Payload) -> Draw:
    return Draw(
        span_id=_span_id(payload),
        start=_start(payload),
        source=payload.text("source"),
        value=payload.value("value"),
        caller=payload.text("caller", ""),
        target=payload.optional_text("target"),
        arguments=payload.values("arguments"),
        keywords=payload.named_values("keywords"),
    )


def _commit_hook(payload: Payload) -> CommitHook:
    return CommitHook(
        span_id=_span_id(payload),
        start=_start(payload),
        alias=payload.text("alias"),
        function=payload.text("function"),
        ran=payload.integer("ran"),
    )
