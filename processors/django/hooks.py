"""Replacing methods of someone else's classes, once.

What enters is a class, the name of a method and a function that makes the
replacement from the original; the class is changed in place. A method that is
replaced already, or that this version of the class doesn't have, is left alone.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

_MARK: Final = "__otel2test__"


def replace_method(owner: type, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put ``make(original)`` in the place of the method ``name`` that ``owner`` itself defines."""
    original = vars(owner).get(name)
    if original is None or hasattr(original, _MARK):
        return
    replacement = wraps(original)(make(original))
    setattr(replacement, _MARK, True)
    setattr(owner, name, replacement)
