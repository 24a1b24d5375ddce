"""How tasks were called, without what isn't the same in every run.

What enters are assertions on calls, the number of the task that each made, and what takes from a
value what differs; what leaves are the same assertions, weakened, and what is said beside them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from otel2test.inverting.assertions import Assert, AssertCalledOnce, AssertCalls, AssertLike
from otel2test.inverting.expressions import Value, Values
from otel2test.inverting.likenesses import Likeness
from otel2test.inverting.loosening import Loosened
from otel2test.inverting.sortings import Keys

_Call: TypeAlias = tuple[tuple[Value, ...], Values]
_Inside: TypeAlias = Callable[[Value, int, str], Loosened]
"""A value, the number of its task, and where it was given: "args" or "kwargs" → what is left of it."""


def loose_calls(
    step: AssertCalledOnce | AssertCalls, numbers: Sequence[int], inside: _Inside
) -> Iterator[Assert]:
    """Yield the assertion as far as it holds in every run."""
    if isinstance(step, AssertCalledOnce):
        (arguments, keywords), likes = _loose_call(
            (step.arguments, step.keywords), next(iter(numbers), -1), (), inside
        )
        once = replace(step, arguments=arguments, keywords=keywords)
        yield from (once, *_beside(once, likes))
        return
    if len(numbers) != len(step.calls):
        yield step
        return
    made = [
        _loose_call(call, number, (at,), inside)
        for at, (call, number) in enumerate(zip(step.calls, numbers, strict=True))
    ]
    weak = replace(step, calls=tuple(call for call, _ in made))
    yield weak
    if not step.unordered:  # else it isn't known which of the calls was made first
        yield from _beside(weak, [like for _, likes in made for like in likes])


def _beside(step: Assert, likes: Sequence[tuple[Keys, Likeness]]) -> Iterator[Assert]:
    return (AssertLike(step, like, keys, told=True) for keys, like in likes)


def _loose_call(
    call: _Call, number: int, at: Keys, inside: _Inside
) -> tuple[_Call, list[tuple[Keys, Likeness]]]:
    """Return how a task was called, and what is to be said of its arguments beside that.

    ``apply_async`` takes those of the task by its own: ``args`` and ``kwargs``.
    """
    arguments, keywords = call
    by_name = dict(keywords)
    found: list[tuple[Keys, Likeness]] = []
    placed = inside([*arguments], number, "args")
    found += (((*at, "args", *keys), like) for keys, like in placed.likes)
    for name in ("args", "kwargs"):
        if name in by_name:
            given = by_name[name]
            part = inside([*given] if isinstance(given, tuple) else given, number, name)
            if isinstance(given, tuple) and isinstance(part.value, list):
                by_name[name] = tuple(part.value)
            else:
                by_name[name] = part.value
            found += (((*at, "kwargs", name, *keys), like) for keys, like in part.likes)
    named = inside(by_name, number, "kwargs")
    found += (((*at, "kwargs", *keys), like) for keys, like in named.likes)
    places = placed.value if isinstance(placed.value, list) else [*arguments]
    names = named.value if isinstance(named.value, Mapping) else by_name
    return (tuple(places), tuple(names.items())), found
