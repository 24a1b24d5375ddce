"""A trace while it is open, and the part of it that is to become one line.

What enters are a trace's spans as they end and what is kept beside them; what leaves is a
:class:`Part`. Which spans own a trace's records is said here too: a request's, or that of an
operation outside of any request (:mod:`otel2test.processors.operations`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from otel2test import attributes

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

Payload: TypeAlias = "str | Callable[[], object]"
"""The text of an attribute, or what makes it, or a :class:`Parted`, when the trace is written."""
Deliver: TypeAlias = "Callable[[ReadableSpan], None]"
"""Hands a span to one of the user's exporters."""

DJANGO_SCOPE: Final = "opentelemetry.instrumentation.django"
OPERATION_SCOPE: Final = "otel2test.operation"
_OWNERS: Final = frozenset({DJANGO_SCOPE, OPERATION_SCOPE})
_DATABASE: Final = ("db.system", "db.system.name")


class Parted(NamedTuple):
    """A payload, or None for no more than its parts, which stand in attributes of their own beside it."""

    payload: object
    parts: Mapping[str, Payload]


def owns_records(span: ReadableSpan) -> bool:
    """Return whether what happens below ``span`` (calls, side effects, faults) is told on it."""
    scope = span.instrumentation_scope
    return scope is not None and scope.name in _OWNERS


@dataclass(eq=False, slots=True)
class OpenTrace:
    """What is known of a trace that can't be written yet."""

    since: float
    moment: int = 0
    """Secrets that stand in it were met later, see :mod:`~otel2test.processors.sweeping`."""
    running: set[int] = field(default_factory=set)
    owners: set[int] = field(default_factory=set)
    """Those of ``running`` that own records."""
    left_out: set[int] = field(default_factory=set)
    """Spans, running or ended, that came after the trace was full."""
    ended: list[ReadableSpan] = field(default_factory=list)
    extras: dict[int, dict[str, Payload]] = field(default_factory=dict)
    waiting: list[tuple[ReadableSpan, Deliver]] = field(default_factory=list)
    """Spans that the user's exporters are to get with what is kept beside them."""
    afterwards: dict[int, Callable[[], None]] = field(default_factory=dict)
    """By the span that it waits for, what is to be called when that is written."""
    faults: Counter[str] = field(default_factory=Counter)
    holds: int = 0
    size: int = 0
    """Bytes that are kept for it, about."""
    cut: bool = False
    """True where something was not kept because the trace was full."""

    def whole(self) -> Part:
        """Return all there is; the trace is over."""
        left_out = len(self.left_out)
        return Part(
            self.ended,
            self.extras,
            self.waiting,
            self.faults,
            left_out,
            self.cut,
            self.moment,
            [then for span, then in self.afterwards.items() if span not in self.running],
        )

    def take(self) -> Part:
        """Take out what has ended; the trace goes on."""
        part = self.whole()
        self.extras = {span: extras for span, extras in self.extras.items() if span in self.running}
        self.afterwards = {span: then for span, then in self.afterwards.items() if span in self.running}
        self.ended, self.waiting, self.faults = [], [], Counter()
        self.left_out = self.left_out & self.running
        self.size, self.cut = 0, False
        return part


@dataclass(eq=False, slots=True)
class Part:
    """What is to become one line."""

    spans: Sequence[ReadableSpan]
    extras: Mapping[int, dict[str, Payload]]
    waiting: Sequence[tuple[ReadableSpan, Deliver]]
    faults: Counter[str]
    left_out: int
    cut: bool
    moment: int = 0
    afterwards: Sequence[Callable[[], None]] = ()

    def is_noise(self) -> bool:
        """Return whether it is nothing but queries, and not the late part of a trace that has more."""
        # The span that the others are inside of ends last, and mostly is none.
        if not all(map(self._is_query, reversed(self.spans))):
            return False
        seen = {context.span_id for span in self.spans if (context := span.get_span_context()) is not None}
        return all(span.parent is None or span.parent.span_id in seen for span in self.spans)

    def _is_query(self, span: ReadableSpan) -> bool:
        ours = self.payloads(span)
        if ours.keys() - {attributes.QUERY, attributes.CALLER}:
            return False
        return attributes.QUERY in ours or any(name in (span.attributes or {}) for name in _DATABASE)

    def payloads(self, span: ReadableSpan) -> Mapping[str, Payload]:
        """Return what is kept beside ``span``."""
        context = span.get_span_context()
        return self.extras.get(context.span_id, {}) if context is not None else {}

    def problems(self, max_bytes: int) -> list[str]:
        """Return what went wrong, and what had to be left out."""
        limit = f"the trace grew beyond OTEL2TEST_MAX_TRACE_BYTES={max_bytes}"
        told = [f"{self.left_out} spans left out: {limit}"] if self.left_out else []
        if self.cut:
            told.append(f"rows or parameters left out: {limit}")
        return told + [key if count == 1 else f"{key} ({count} times)" for key, count in self.faults.items()]
