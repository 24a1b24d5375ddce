"""What a test may not do is refused as it does it, and remembered as the reason why it fails.

Python tells an audit hook of what a program is about to do, whichever library asks for it. Such a hook
can't be taken out again, so there is one for all, and each event has at most one rule.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NoReturn, TypeAlias

Rule: TypeAlias = Callable[[str, tuple[Any, ...]], None]
"""Takes an event and its arguments, and raises if that may not be done."""


class _State:
    hooked = False
    testing = False
    """Whether a test is on, and not what the project does as it starts."""
    rules: Final[dict[str, Rule]] = {}
    refused: Final[list[str]] = []


def enforce(rules: Mapping[str, Rule]) -> None:
    """Apply these rules from now on, by the names of their events."""
    _State.rules.update(rules)
    if not _State.hooked:
        _State.hooked = True
        sys.addaudithook(_hook)


def is_testing() -> bool:
    """Return whether a test is on."""
    return _State.testing


def begin() -> None:
    """A test is on from now on, until the end of the process or of a block that says otherwise."""
    _State.testing = True


@contextmanager
def around_test(*, on: bool = True) -> Iterator[None]:
    """A test is on in the block, or it is not."""
    before, _State.testing = _State.testing, on
    try:
        yield
    finally:
        _State.testing = before


def refuse(what: str, error: type[OSError]) -> NoReturn:
    """Raise ``error``, and remember ``what``: "the connection to example.com:80"."""
    _State.refused.append(what)
    raise _worded(error)(f"otel2test prove refuses {what}")


def _worded(error: type[OSError]) -> type[OSError]:
    """Return the error as one that keeps its words when it is given a file's name: ``rmtree()`` does that."""
    # Reports show it as what it is caught as.
    shown = {"__str__": lambda self: str(self.args[0]), "__module__": error.__module__}
    return type(error.__name__, (error,), shown)


def take_refused() -> tuple[str, ...]:
    """What was refused since this was called last, each once."""
    found = tuple(dict.fromkeys(_State.refused))
    _State.refused.clear()
    return found


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    rule = _State.rules.get(event)
    if rule is not None:
        rule(event, arguments)
