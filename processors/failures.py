"""An exception → its payload: what it is, what it says, and where in the project it came from."""

import sys
from typing import Final

from otel2test.attributes import ExceptionPayload
from otel2test.processors import project
from otel2test.processors.redaction import redactor

_LONGEST_MESSAGE: Final = 4000
_KNOWN: Final = frozenset({"urllib.error"})
"""Modules whose exceptions have a ``__str__`` of their own that only formats their arguments."""
_SAFE: Final = frozenset({str, bytes, int, float, bool, type(None)})


def failure(error: BaseException) -> ExceptionPayload:
    """Return what is recorded of ``error``; the program's own ``__str__`` is not run for it."""
    kind = type(error)
    place = project.current().raised_at(error.__traceback__)
    return {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "message": redactor.redact_text(_message(error)[:_LONGEST_MESSAGE]),
        "where": f"{place.file}:{place.line}" if place else "",
    }


def failure_of_library(error: BaseException) -> ExceptionPayload:
    """Return what is recorded of an exception that a library raised to the project's code.

    The project isn't among the frames below then: its place is that of the nearest caller.
    """
    told = failure(error)
    place = project.innermost_project_frame(sys._getframe(1))
    if place is not None and not told["where"]:
        told["where"] = f"{place.file}:{place.line}"
    return told


def is_harmless(error: BaseException) -> bool:
    """Return whether ``error`` and what led to it can be told as Python does without running other code."""
    known: set[int] = set()
    left: list[BaseException] = [error]
    while left:
        found = left.pop()
        if id(found) not in known:
            known.add(id(found))
            notes = vars(found).get("__notes__", ())
            # An exception may be asked whether it is true, too.
            asked = hasattr(type(found), "__bool__") or hasattr(type(found), "__len__")
            if asked or not _has_plain_text(found) or not all(type(note) is str for note in notes):
                return False
            left += [link for link in (found.__cause__, found.__context__) if link is not None]
    return True


def _message(error: BaseException) -> str:
    # An argument may be a query set, whose text is a query; a __str__ may do anything.
    if _has_plain_text(error):
        return str(error)
    texts = [argument for argument in error.args if type(argument) is str]
    return texts[0] if texts else ""


def _has_plain_text(error: BaseException) -> bool:
    describe = type(error).__str__
    if hasattr(describe, "__code__") and describe.__module__ not in _KNOWN:
        return False
    for argument in error.args:  # as a generator this would be half of what telling of an exception takes
        if type(argument) not in _SAFE and not (
            isinstance(argument, BaseException) and _has_plain_text(argument)
        ):
            return False
    return True
