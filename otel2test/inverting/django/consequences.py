"""What a request did beside answering and writing rows: e-mails, tasks, caches, files, chance.

What enters are the recorded side effects; what leaves are the steps that arrange them, the
patches around the act, and the assertions on them. Signals and log records are not asserted:
what receivers do is seen elsewhere, and what is logged is for people.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from otel2test.identifiers import Names, identifier, is_dotted
from otel2test.inverting.acts import Patch
from otel2test.inverting.arrangements import Arrange, ClearCache, SetCache, UseScratchMedia
from otel2test.inverting.assertions import (
    Assert,
    AssertCached,
    AssertCalledOnce,
    AssertCalls,
    AssertStoredContent,
)
from otel2test.inverting.django.effects import Effects
from otel2test.inverting.django.evidence import cache_key_parts
from otel2test.inverting.django.mails import Mails
from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.expressions import Attribute, Value, Values
from otel2test.inverting.loops import unordered_rounds
from otel2test.inverting.plan import Note
from otel2test.reading.effects import CacheAccess, Draw, SideEffects, Task
from otel2test.reading.exchanges import Query
from otel2test.values import is_plain

_MOST_MAILS: Final = 5
_LONGEST_BODY: Final = 300
_MOST_LINES: Final = 4
_SHORTEST_TOLD: Final = 4
_KEY: Final = re.compile(r"(?<=[-#/])\d+\b")
_FILES: Final = frozenset({"FileField", "ImageField"})
_READS: Final = frozenset({"get", "get_many", "has_key"})
_DELETES: Final = frozenset({"delete", "delete_many"})
_PLACES: Final = ("args", "kwargs", "task_id", "producer", "link", "link_error", "shadow")
"""Parameters of ``apply_async``, as they are given by place."""
_URL: Final = re.compile(r"https?://[^\s<>\"']+|(?<!\S)/[^\s<>\"']+")


@dataclass(slots=True)
class Consequences:
    """The steps that side effects lead to."""

    arrange: list[Arrange] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)
    asserts: list[Assert] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    runs_commit_hooks: bool = False


def consequences(
    told: SideEffects, effects: Effects, inputs: Inputs, names: Names, queries: Sequence[Query] = ()
) -> Consequences:
    """Return the steps for the side effects of one request, which made ``queries``."""
    found = Consequences(runs_commit_hooks=any(hook.ran is not None for hook in told.commit_hooks))
    for kind, number in told.dropped.items():
        found.notes.append(Note(f"{number} more {kind.replace('_', ' ')} than were recorded"))
    mails = Mails(effects, inputs, queries)
    found.asserts += mails.asserts(told, names)
    found.notes += mails.notes(told)
    _tasks(found, told, effects, inputs, names, queries)
    _caches(found, told.cache, effects, inputs)
    _files(found, told, effects)
    _draws(found, told.draws)
    return found


# --- tasks ----------------------------------------------------------------------------------


def _tasks(
    found: Consequences,
    told: SideEffects,
    effects: Effects,
    inputs: Inputs,
    names: Names,
    queries: Sequence[Query],
) -> None:
    """Put a replacement in the place of each task that is queued, and assert how it was called."""
    queued: dict[tuple[str, str], list[Task]] = {}
    for task in told.tasks:
        if task.eager:
            continue  # it ran inside the request, and will again
        if task.function is None or not is_dotted(task.function) or task.method in (None, "send_task"):
            found.notes.append(Note(f"a task was queued: {task.name}"))
        else:
            queued.setdefault((task.function, task.method or ""), []).append(task)
    for (function, method), tasks in queued.items():
        variable = names.give(identifier(function.rpartition(".")[2], "task"))
        found.patches.append(Patch(f"{function}.{method}", variable))
        calls = [_call(task, effects, inputs) for task in tasks]
        if not all(map(_is_plain_call, calls)):
            found.notes.append(Note(f"the arguments with which {function} was queued"))
        elif len(calls) == 1:
            found.asserts.append(AssertCalledOnce(variable, *calls[0]))
        else:
            unordered = unordered_rounds([[[*task.arguments], task.keywords] for task in tasks], queries)
            reason = unordered.reason if unordered is not None else ""
            found.asserts.append(AssertCalls(variable, tuple(calls), reason))


def _is_plain_call(call: tuple[tuple[Value, ...], Values]) -> bool:
    """Say whether all arguments can stand in code."""
    return all(_is_writable(value) for value in (*call[0], *(value for _, value in call[1])))


def _is_writable(value: Value) -> bool:
    if isinstance(value, Attribute):
        return True
    if isinstance(value, Mapping):
        return all(map(_is_writable, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_is_writable, value))
    return is_plain(value)


def _call(task: Task, effects: Effects, inputs: Inputs) -> tuple[tuple[Value, ...], Values]:
    """Return how the method was called: what the program gave by place, and by name."""

    def said(value: object, key: str = "") -> Value:
        if isinstance(value, (int, str)) and not isinstance(value, bool):
            created = effects.created_with_key(value, key or task.name)
            if created is not None and type(value) is type(created.key()):
                return Attribute(effects.variable(created), "pk")
        if isinstance(value, Mapping):
            return {name: said(item, str(name)) for name, item in value.items()}
        if isinstance(value, list):
            return [said(item, key) for item in value]
        return inputs.on_test_server(value)

    arguments = tuple(said(value) for value in task.arguments)
    keywords = tuple((name, said(value, name)) for name, value in task.keywords.items())
    if task.method == "delay":
        return arguments, keywords
    given: dict[str, Value] = dict(task.options)
    if arguments or "args" in task.named:
        given["args"] = [*arguments] if task.listed else arguments
    if keywords or "kwargs" in task.named:
        given["kwargs"] = dict(keywords)
    placed = [name for name in _PLACES if name in given and name not in task.named]
    named = tuple((name, given[name]) for name in task.named if name in given)
    return tuple(given[name] for name in placed), named


# --- caches ---------------------------------------------------------------------------------


def _caches(found: Consequences, accesses: Sequence[CacheAccess], effects: Effects, inputs: Inputs) -> None:
    """Arrange what was found, and assert what was left behind."""
    before: dict[tuple[str, str, int | None], object] = {}
    after: dict[tuple[str, str, int | None], object] = {}
    for access in accesses:
        for place, key in enumerate(access.keys):
            at = (access.alias, key, access.version)
            value = access.values[place] if place < len(access.values) else None
            if access.operation in _READS:
                hit = place < len(access.hits) and access.hits[place]
                if hit and access.operation != "has_key" and at not in after:
                    before.setdefault(at, value)
            elif access.operation in _DELETES:
                after[at] = None
            elif access.operation in {"set", "set_many"} or (
                access.operation == "add" and access.result is True
            ):
                after[at] = value
            elif access.operation == "incr":
                if at not in after and isinstance(access.result, int) and isinstance(value, int):
                    before.setdefault(at, access.result - value)
                after[at] = access.result
    found.arrange += (ClearCache(alias) for alias in dict.fromkeys(access.alias for access in accesses))
    for (alias, key, version), value in before.items():
        if is_plain(value) and value is not None:
            found.arrange.append(SetCache(alias, key, value, version))
        else:
            found.notes.append(Note(f"what the cache held under {key!r}"))
    for (alias, key, version), value in after.items():
        if value is not None and (
            not is_plain(value) or inputs.is_now(value) or inputs.from_randomness(value)
        ):
            continue
        parts = cache_key_parts(key)
        if any(part.isdecimal() and effects.created_with_key(part, key) is not None for part in parts):
            found.notes.append(Note(f"what the cache holds under {key!r}: it names a row made here"))
        elif not inputs.from_randomness(key):
            found.asserts.append(AssertCached(alias, key, value, version))


# --- files ----------------------------------------------------------------------------------


def _files(found: Consequences, told: SideEffects, effects: Effects) -> None:
    """Keep stored files out of the project's media, and assert what is in them."""
    saved = [file for file in told.files if file.operation == "save" and file.error is None]
    if not saved:
        return
    found.arrange.append(UseScratchMedia())
    for file in saved:
        for created in effects.created:
            names = {
                created.values.get(item.attname): item.name
                for item in created.model.fields
                if item.type in _FILES
            }
            if file.name in names and file.content is not None and len(file.content) <= _LONGEST_BODY:
                variable = effects.variable(created)
                found.asserts.append(AssertStoredContent(variable, names[file.name], file.content))


# --- chance ---------------------------------------------------------------------------------


def _draws(found: Consequences, draws: Sequence[Draw]) -> None:
    """Pin at its source what came by chance and looks like any other value."""
    pinned: dict[str, list[object]] = {}
    for draw in draws:
        target = draw.target or draw.source
        if not draw.source.startswith(("random.", "secrets.randbelow", "secrets.choice")):
            continue  # tokens and UUIDs are known by their shape, and are not compared
        if draw.source.startswith("random.Random.") or draw.source.endswith(".shuffle"):
            found.notes.append(Note(f"what {draw.caller} drew with {draw.source}"))
        elif is_dotted(target) and is_plain(draw.value):
            pinned.setdefault(target, []).append(draw.value)
        else:
            found.notes.append(Note(f"what {draw.caller} drew with {draw.source}"))
    found.patches += (Patch(target, None, tuple(values)) for target, values in pinned.items())
