"""What a request did beside answering: e-mails, tasks, caches and files, beside the recorded ones.

What waited for the commit runs after the request in most tests, where no exchange holds it: it
isn't compared then.
"""

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from otel2test.proving.comparing import telling
from otel2test.proving.comparing.likeness import Likeness
from otel2test.proving.comparing.results import Difference, ObservationKind
from otel2test.proving.comparing.tallying import Tally, aligned
from otel2test.reading.effects import CacheAccess, Effect, Mail, StoredFile, Task
from otel2test.reading.exchanges import Exchange

E = TypeVar("E", bound=Effect)

_SUFFIX: Final = re.compile(r"_\w{7}(?=(\.\w*)?$)")
_SESSIONS: Final = "django.contrib.sessions."
_DRAWN: Final = re.compile(r"(?=[a-zA-Z]*\d)[a-zA-Z\d]{12,}")
_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _Sort:
    """How effects of one sort are compared and told of."""

    kind: ObservationKind
    form: Callable[..., Hashable]
    parts: Callable[..., dict[str, object]]
    said: Callable[..., str]


def deferred(recorded: Exchange, replayed: Exchange) -> int | None:
    """Return when, in the recording, what waited for a commit began to run, where the replay had it wait.

    In nanoseconds since the request began; None where both did the same.
    """
    if any(hook.ran is not None for hook in replayed.effects.commit_hooks):
        return None
    if not replayed.effects.commit_hooks:
        return None
    return min((hook.ran for hook in recorded.effects.commit_hooks if hook.ran is not None), default=None)


def compare_caches(tally: Tally, likeness: Likeness, recorded: Exchange, replayed: Exchange) -> None:
    """Compare operations on caches; those that sessions are kept in are compared as sessions."""
    late = deferred(recorded, replayed)
    ours, theirs = (
        [each for each in side.effects.cache if not any(key.startswith(_SESSIONS) for key in each.keys)]
        for side in (recorded, replayed)
    )
    _compare(tally, likeness, ours, theirs, _CACHE, late)


def compare_effects(tally: Tally, likeness: Likeness, recorded: Exchange, replayed: Exchange) -> None:
    """Compare e-mails, tasks and stored files."""
    late = deferred(recorded, replayed)
    _compare(tally, likeness, recorded.effects.mails, replayed.effects.mails, _MAIL, late)
    _compare(tally, likeness, recorded.effects.tasks, replayed.effects.tasks, _TASK, late)
    ours, theirs = (
        [each for each in side.effects.files if each.operation in {"save", "delete"}]
        for side in (recorded, replayed)
    )
    _compare(tally, likeness, ours, theirs, _FILE, late)


def _compare(
    tally: Tally,
    likeness: Likeness,
    recorded: Sequence[E],
    replayed: Sequence[E],
    sort: _Sort,
    late: int | None,
) -> None:
    for one, other in aligned(recorded, replayed, sort.form):
        ours = None if one is None else recorded[one]
        theirs = None if other is None else replayed[other]
        if ours is not None and theirs is None and late is not None and ours.start >= late:
            continue
        told = ours or theirs
        unlike, difference = _unlike(likeness, ours, theirs, sort)
        tally.judge(
            unlike is None,
            sort.kind,
            f"{sort.said(told)}: {unlike}",
            difference=difference,
            position=next(index for index in (one, other) if index is not None),
            span_id=told.span_id if told else "",
        )


def _unlike(
    likeness: Likeness, recorded: E | None, replayed: E | None, sort: _Sort
) -> tuple[str | None, Difference]:
    if recorded is None:
        return "only in the replay", "extra"
    if replayed is None:
        return "recorded, missing in the replay", "missing"
    ours, theirs = sort.parts(recorded), sort.parts(replayed)
    with likeness.trial() as trial:
        for name, part in ours.items():
            if not likeness.same(part, theirs[name], name):
                one, other = telling.value(part), telling.value(theirs[name])
                return f"{name} is {other} in the replay, {one} recorded", "other"
        trial.kept = True
    return None, "other"


def _failure(effect: Mail | CacheAccess | StoredFile) -> str:
    return effect.error.type if effect.error is not None else ""


def _mail_parts(mail: Mail) -> dict[str, object]:
    return {
        "subject": mail.subject,
        "from_email": mail.from_email,
        "to": mail.to,
        "cc": mail.cc,
        "bcc": mail.bcc,
        "reply_to": mail.reply_to,
        "body": mail.body,
        "alternatives": mail.alternatives,
        "attachments": tuple((each.name, each.content_type, each.content) for each in mail.attachments),
        "error": _failure(mail),
    }


def _task_parts(task: Task) -> dict[str, object]:
    return {
        "args": task.arguments,
        "kwargs": dict(task.keywords),
        "queued": not task.eager,
        "error": task.raised.type if task.raised is not None else "",
    }


def _cache_parts(access: CacheAccess) -> dict[str, object]:
    return {
        "keys": access.keys,
        "version": access.version,
        "hit": access.hits,
        "value": access.values,
        "timeout": access.timeout if access.has_timeout else None,
        "result": access.result,
        "error": _failure(access),
    }


def _file_parts(file: StoredFile) -> dict[str, object]:
    return {
        "name": _SUFFIX.sub("", file.name),  # what a storage adds where the name is taken
        "content": file.content,
        "error": _failure(file),
    }


_MAIL: Final = _Sort(
    "mail",
    lambda mail: (_NUMBER.sub("#", mail.subject or ""), mail.to),
    _mail_parts,
    lambda mail: f"e-mail {telling.value(mail.subject)} to {', '.join(mail.to)}",
)
_TASK: Final = _Sort("task", lambda task: task.name, _task_parts, lambda task: f"task {task.name}")
_CACHE: Final = _Sort(
    "cache",
    lambda access: (
        access.alias,
        access.operation,
        tuple(_NUMBER.sub("#", _DRAWN.sub("~", key)) for key in access.keys),
    ),
    _cache_parts,
    lambda access: f"cache.{access.operation}({', '.join(map(repr, access.keys))})",
)
_FILE: Final = _Sort(
    "file",
    lambda file: (file.storage, file.operation),
    _file_parts,
    lambda file: f"file {file.operation} {file.name!r}",
)
