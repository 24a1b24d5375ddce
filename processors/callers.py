"""Who caused a statement or an outbound call: the innermost frame of the project.

What enters is the frame of the hook that saw it happen; what leaves is a
:class:`~otel2test.attributes.CallerPayload` on the same span, or nothing where the project
had no part in it. As there is one for each statement, little is kept of the locals: plain
values and which rows of models they are, not what is inside of them.

The work that ``sync_to_async`` hands to a thread has its caller elsewhere: in the coroutine
that waits for it, whose frame is kept for as long as it waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import TYPE_CHECKING, Final, NamedTuple

from opentelemetry.trace import SpanContext

from otel2test.attributes import CALLER, CallerPayload
from otel2test.processors import kinds, project
from otel2test.processors.guard import guard
from otel2test.processors.project import CodeMap, Project
from otel2test.processors.snapshots import snapshot, snapshot_named
from otel2test.processors.stack import innermost_but
from otel2test.values import Wire

if TYPE_CHECKING:
    from otel2test.processors.recorder import Recorder

_MAX_LOCALS: Final = 30
_MAX_TEXT: Final = 200
_MAX_FRAMES: Final = 500

_PLAIN: Final = frozenset({type(None), bool, int, float, *kinds.PLAIN_CLASSES})

_waiting: Final[ContextVar[FrameType | None]] = ContextVar("otel2test_waiting", default=None)
"""The project's coroutine on whose behalf a thread works."""


class _Place(NamedTuple):
    """What never changes about a function of the project."""

    module: str
    qualname: str
    file: str


class _Known:
    """What is known of code objects, for one project."""

    def __init__(self, of: Project) -> None:
        self.project = of
        self.places: CodeMap[_Place | None] = CodeMap()

    def of(self, frame: FrameType) -> _Place | None:
        """Return the place of a frame's function, None if it isn't the project's."""
        code = frame.f_code
        if (key := id(code)) in self.places:
            return self.places[key]
        if not self.project.owns(code, frame.f_globals):
            return self.places.remember(code, None)
        module = str(frame.f_globals.get("__name__"))
        return self.places.remember(code, _Place(module, code.co_qualname, self.project.file(code)))


_known: Final[list[_Known]] = []
"""At most one, of the project of this process."""


def put(recorder: Recorder, span: SpanContext) -> None:
    """Put the caller of what runs on ``span``."""
    with guard("caller"):
        found = caller()
        if found is not None:
            recorder.put(span, CALLER, found)


def caller() -> CallerPayload | None:
    """Return the innermost frame of the project that runs, with its locals."""
    known = _known_here()
    found = _running(known)
    if found is None:
        waiting = _waiting.get()
        found = _outwards(known, waiting) if waiting is not None else None
    if found is None:
        return None
    place, at = found
    payload: CallerPayload = {
        "module": place.module,
        "qualname": place.qualname,
        "file": place.file,
        "line": at.f_lineno,
    }
    values = dict(_locals(at))
    if values:
        payload["locals"] = values
    return payload


@contextmanager
def on_behalf_of(frame: FrameType | None) -> Iterator[None]:
    """Take what other threads do in this context as caused by the project's frame nearest to ``frame``."""
    token = None
    with guard("caller: waiting"):
        found = _outwards(_known_here(), frame)
        token = _waiting.set(None if found is None else found[1])
    try:
        yield
    finally:
        with guard("caller: waiting"):
            if token is not None:
                _waiting.reset(token)


def _known_here() -> _Known:
    here = project.current()
    if not _known or _known[0].project is not here:
        _known[:] = [_Known(here)]
    return _known[0]


def _running(known: _Known) -> tuple[_Place, FrameType] | None:
    """Return the innermost frame of the project in this thread."""
    # As many rounds as there are functions that were never met before.
    while (frame := innermost_but(known.places, _MAX_FRAMES)) is not None:
        place = known.of(frame)
        if place is not None:
            return place, frame
    return None


def _outwards(known: _Known, frame: FrameType | None) -> tuple[_Place, FrameType] | None:
    """Return the project's innermost frame, going outwards from ``frame``, which may not run now."""
    deepest = _MAX_FRAMES
    while frame is not None and deepest:
        place = known.of(frame)
        if place is not None:
            return place, frame
        frame = frame.f_back
        deepest -= 1
    return None


def _locals(frame: FrameType) -> Iterator[tuple[str, Wire]]:
    code = frame.f_code
    names = code.co_varnames + code.co_cellvars
    if not names:
        return  # a module or class, whose locals are all that it has defined so far
    values: Mapping[str, object] = frame.f_locals
    for name in names[:_MAX_LOCALS]:
        if name not in values or name.startswith("__"):
            continue
        value = values[name]
        if type(value) in _PLAIN:
            yield name, snapshot_named(name, value)
        elif type(value) is str:
            if len(value) <= _MAX_TEXT:
                yield name, snapshot_named(name, value)
        elif (row := _row(value)) is not None:
            yield name, row


def _row(value: object) -> Wire:
    """Return which row an instance of a model stands for, None for anything else."""
    kind = kinds.kind_of(type(value))
    if kind.form == "wrapper":  # request.user is a lazy object around one
        value = kind.plain(value)
        kind = kinds.kind_of(type(value))
    if kind.form != "model":
        return None
    key = kind.attributes(value).get(kind.primary_key)
    return None if key is None else {"$model": {"model": kind.label, "pk": snapshot(key), "fields": {}}}
