"""Spans → traces.

What enters are the spans of any number of documents, in any order. What leaves are
:class:`Trace` objects, one a trace id, in order of time: a trace's spans may lie on several
lines and in several files. A span that was read twice is kept once; nothing else is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from otel2test.reading.spans import Span


@dataclass(frozen=True)
class Trace:
    """All recorded spans of one trace, as a forest: some may have lost their parent."""

    id: str
    spans: tuple[Span, ...]
    """In order of their start; of two that start together, the one read first."""

    @property
    def start(self) -> int:
        return self.spans[0].start

    @property
    def end(self) -> int:
        return max(span.end for span in self.spans)

    @cached_property
    def roots(self) -> tuple[Span, ...]:
        """The tops of the trees: spans without a parent, and those whose parent is of no use."""
        return tuple(span for span in self.spans if self._parents[span.span_id] is None)

    @cached_property
    def orphans(self) -> tuple[Span, ...]:
        """Roots that name a parent which was not recorded, or which is below themselves.

        Spans of kind ``server`` and ``consumer`` are not among them: their parent is at
        home in another process.
        """
        return tuple(
            span for span in self.roots if span.parent_id and span.kind not in {"server", "consumer"}
        )

    def get(self, span_id: str) -> Span | None:
        return self._by_id.get(span_id)

    def children(self, span_id: str) -> tuple[Span, ...]:
        """Return the spans directly below one, in order."""
        return self._children.get(span_id, ())

    def parent(self, span_id: str) -> Span | None:
        """Return the span above one, if it was recorded."""
        parent_id = self._parents.get(span_id)
        return None if parent_id is None else self._by_id[parent_id]

    def in_order(self, spans: Iterable[Span]) -> tuple[Span, ...]:
        """Return some of this trace's spans in the order of all."""
        return tuple(sorted(spans, key=lambda span: self._positions[span.span_id]))

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {span.span_id: position for position, span in enumerate(self.spans)}

    @cached_property
    def _by_id(self) -> Mapping[str, Span]:
        return {span.span_id: span for span in self.spans}

    @cached_property
    def _parents(self) -> Mapping[str, str | None]:
        """Parent ids that can be followed upwards to an end."""
        parents = {
            span.span_id: span.parent_id if span.parent_id in self._by_id else None for span in self.spans
        }
        grounded: set[str] = set()
        for span_id in parents:
            path: dict[str, None] = {}
            current: str | None = span_id
            while current is not None and current not in grounded:
                if current in path:
                    # A circle is opened at the first of its spans that the order comes upon.
                    parents[current] = None
                    break
                path[current] = None
                current = parents[current]
            grounded.update(path)
        return parents

    @cached_property
    def _children(self) -> Mapping[str, tuple[Span, ...]]:
        children: dict[str, list[Span]] = {}
        for span in self.spans:
            parent_id = self._parents[span.span_id]
            if parent_id is not None:
                children.setdefault(parent_id, []).append(span)
        return {span_id: tuple(below) for span_id, below in children.items()}


def assemble(spans: Iterable[Span]) -> tuple[Trace, ...]:
    """Return the traces that ``spans`` make up, earliest first."""
    by_trace: dict[str, dict[str, Span]] = {}
    for span in spans:
        known = by_trace.setdefault(span.trace_id, {})
        earlier = known.get(span.span_id)
        # Two exporters may have written the same span; the recorder's has more to tell.
        if earlier is None or len(span.attributes) > len(earlier.attributes):
            known[span.span_id] = span
    traces = (
        Trace(trace_id, tuple(sorted(known.values(), key=lambda span: span.start)))
        for trace_id, known in by_trace.items()
    )
    return tuple(sorted(traces, key=lambda trace: (trace.start, trace.id)))
