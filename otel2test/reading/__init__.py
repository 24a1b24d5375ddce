"""Reading: files → spans → traces → exchanges.

What enters are the names of files and folders. What leaves is a :class:`Recording`: every
trace that could be read, and a :class:`~otel2test.errors.Problem` for everything that could
not. Nothing here raises for what stands in a recording.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from otel2test.errors import Problem
from otel2test.reading import otlp
from otel2test.reading.building import exchanges
from otel2test.reading.files import Document, read_documents
from otel2test.reading.operations import not_inverted, operations
from otel2test.reading.requests import operation_extents, requestless
from otel2test.reading.spans import Span
from otel2test.reading.traces import Trace, assemble

__all__ = [
    "Recording",
    "Trace",
    "exchanges",
    "not_inverted",
    "operation_extents",
    "operations",
    "read",
    "requestless",
    "select",
]

_TOLD_SINGLY: Final = 3
"""Problems of one kind in one file that are told one by one."""


@dataclass(frozen=True, slots=True)
class Recording:
    """All that was found in some files."""

    traces: tuple[Trace, ...]
    """In order of time."""
    problems: tuple[Problem, ...]


def read(sources: Sequence[str], stdin: BinaryIO | None = None) -> Recording:
    """Return what files, folders and ``-`` (``stdin``, or the process's) hold."""
    problems = _Problems()
    traces = assemble(_spans(sources, stdin, problems))
    return Recording(traces, problems.told())


def select(recording: Recording, prefixes: Iterable[str]) -> tuple[tuple[Trace, ...], tuple[Problem, ...]]:
    """Return the traces whose id begins with one of ``prefixes``, and a problem for each that none does.

    Without prefixes, that is every trace.
    """
    wanted = tuple(prefix.strip().lower() for prefix in prefixes)
    if not wanted:
        return recording.traces, ()
    problems = tuple(
        Problem(
            "--trace",
            f"no trace begins with {prefix}",
            "otel2test list FILE shows those that are there",
        )
        for prefix in dict.fromkeys(wanted)
        if not any(trace.id.startswith(prefix) for trace in recording.traces)
    )
    return tuple(trace for trace in recording.traces if trace.id.startswith(wanted)), problems


def _spans(sources: Sequence[str], stdin: BinaryIO | None, problems: "_Problems") -> Iterator[Span]:
    for document in read_documents(sources, stdin):
        if isinstance(document, Document):
            for span in otlp.spans(document.content, document.origin):
                if isinstance(span, Span):
                    yield span
                else:
                    problems.add(span)
        else:
            problems.add(document)


class _Problems:
    """Collects problems; of many that say the same of one file, it keeps the first and a count."""

    def __init__(self) -> None:
        self._kept: dict[Problem, None] = {}
        self._alike: Counter[tuple[str, str, str]] = Counter()

    def add(self, problem: Problem) -> None:
        if problem in self._kept:
            return
        kind = (problem.where.rpartition(":")[0] or problem.where, problem.what, problem.remedy)
        self._alike[kind] += 1
        if self._alike[kind] <= _TOLD_SINGLY:
            self._kept[problem] = None

    def told(self) -> tuple[Problem, ...]:
        more = tuple(
            Problem(file, f"{count - _TOLD_SINGLY} more: {what}", remedy)
            for (file, what, remedy), count in self._alike.items()
            if count > _TOLD_SINGLY
        )
        return (*self._kept, *more)
