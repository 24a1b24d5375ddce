"""What replays saw in one place, as a test meets it, and in which of its parts it differs."""

from collections.abc import Mapping

from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.feedback import Kind
from otel2test.inverting.loosening import Seen


def as_seen(kind: Kind, value: object, inputs: Inputs) -> object:
    """Return an observation as a test meets it: of a cookie only the value, the test client's host."""
    if kind == "cookie" and isinstance(value, tuple):
        value = value[0] if value else ""
    return inputs.on_test_server(value)


def parts_of(values: Seen) -> tuple[str | int, ...]:
    """Return what all the values have parts under; nothing where they differ in that."""
    names = {
        tuple(value)
        if isinstance(value, Mapping)
        else tuple(range(len(value)))
        if isinstance(value, (list, tuple)) and not same_items(values)
        else ()
        for value in values
    }
    return names.pop() if len(names) == 1 else ()


def same_items(values: Seen) -> bool:
    """Say whether these are lists of the same items in several orders."""
    lists = [value for value in values if isinstance(value, (list, tuple)) and len(value) > 1]
    return len(lists) == len(values) > 1 and len({repr(sorted(map(repr, each))) for each in lists}) == 1
