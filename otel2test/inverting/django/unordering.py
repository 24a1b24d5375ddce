"""Lists that a request stored or handed on, of rows that no query promised in that order.

What enters is an exchange; what leaves are the places of such lists: in the session, in caches,
in the arguments of tasks.
"""

from collections.abc import Collection, Iterator, Mapping

from otel2test.inverting.assertions import Assert, AssertLike
from otel2test.inverting.django.places import Where
from otel2test.inverting.expressions import Anything, Formatted, Sorted, Text, Value
from otel2test.inverting.feedback import Kind
from otel2test.inverting.likenesses import InAnyOrder, Likeness, OfLength
from otel2test.inverting.loosening import DIFFERS
from otel2test.inverting.orders import unordered_lists
from otel2test.inverting.sortings import Keys, part, sort_key, with_part
from otel2test.inverting.sortkeys import SortKey
from otel2test.reading.exchanges import Exchange


def unordered_values(exchange: Exchange) -> dict[Where, str]:
    """Return the places of the lists, and why their items may come in any order."""
    return {
        (kind, (*path, *keys)): found.reason
        for kind, path, value in _stored(exchange)
        for keys, found in unordered_lists(value, exchange.queries).items()
        if keys or kind != "task"  # arguments given one by one
    }


def as_comment(reason: str) -> str:
    """Return why a list comes in any order as a comment has it."""
    return reason if reason == DIFFERS else f"in any order: {reason}"


def are_nested(lists: Collection[Keys]) -> bool:
    """Say whether one of the lists stands in another."""
    return any(keys[:at] in lists for keys in lists for at in range(len(keys)))


def loose_lists(value: Value, lists: Mapping[Keys, str]) -> tuple[Value, tuple[tuple[Keys, Likeness], ...]]:
    """Return ``value`` without lists that come in any order, and what is to be said of each beside it.

    Where such a list holds another, nothing but its length is said: each item would have to be sorted, too.
    """
    likes: list[tuple[Keys, Likeness]] = []
    for keys, why in sorted(lists.items(), key=lambda item: len(item[0])):
        items = part(value, keys)
        if not isinstance(items, list):
            continue
        inner = [other for other in lists if other[: len(keys)] == keys and other != keys]
        value = with_part(value, keys, Anything(f"its order {why}" if why == DIFFERS else as_comment(why)))
        likes.append((keys, OfLength(len(items)) if inner else sorted_items(items)))
    return value, tuple(likes)


def sorted_items(items: list[Value]) -> Likeness:
    """Return what compares the items of a list in any order: their number, where nothing sorts them."""
    key = sort_key(items)
    if key is not None and not key.differs:
        return InAnyOrder(sorted(items, key=key.of), key)
    if all(isinstance(item, (str, Formatted, Text)) for item in items):
        return InAnyOrder(Sorted(tuple(items), SortKey()), SortKey())
    return OfLength(len(items))


def sorted_like(step: Assert, items: list[Value], why: str) -> Assert:
    """Return what compares the items of a list in any order."""
    return AssertLike(step, sorted_items(items), reason=as_comment(why))


def _stored(exchange: Exchange) -> Iterator[tuple[Kind, Keys, object]]:
    if exchange.session is not None:
        for key, value in exchange.session.after.items():
            if exchange.session.before.get(key) != value:
                yield "session", (key,), value
    for access in exchange.effects.cache:
        if access.operation in {"set", "set_many", "add"}:
            for key, value in zip(access.keys, access.values, strict=False):
                yield "cache", (access.alias, key), value
    for number, task in enumerate(exchange.effects.tasks):
        yield "task", (number, "args"), [*task.arguments]
        keywords: Mapping[str, object] = task.keywords
        yield "task", (number, "kwargs"), keywords
