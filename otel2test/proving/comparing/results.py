"""What laying a replayed request beside the recorded one gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

ObservationKind: TypeAlias = Literal[
    "statement",
    "rows",
    "call",
    "answer",
    "exception",
    "status",
    "header",
    "cookie",
    "body",
    "user",
    "session",
    "message",
    "mail",
    "task",
    "cache",
    "file",
]

Difference: TypeAlias = Literal["missing", "extra", "other", "order"]
"""``missing`` in the replay, ``extra`` in it, there but ``other``, or the same in another ``order``."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a row that both sides have, with another value in each."""

    table: str
    """Empty where the value was computed."""
    column: str
    """Its name in the result, where the value was computed."""
    recorded: object
    replayed: object

    @property
    def name(self) -> str:
        """Return ``table.column``."""
        return f"{self.table}.{self.column}" if self.table else self.column


@dataclass(frozen=True, slots=True)
class Divergence:
    """One observation that the recording and the replay don't share."""

    kind: ObservationKind
    difference: Difference
    sentence: str
    """Both sides in one line, for people."""
    position: int = 0
    """Of the statement or outbound call in its exchange; its number among its kind for others, from 0."""
    span_id: str = ""
    """In the recording; in the replay where it is extra."""
    sql: str = ""
    tables: frozenset[str] = frozenset()
    """Of ``rows``: those that the statement read or wrote."""
    excess: frozenset[str] = frozenset()
    """Of ``rows``: tables of which the replay saw more rows than the recording."""
    fewer: frozenset[str] = frozenset()
    """Of ``rows``: tables of which the replay saw fewer rows than the recording."""
    asked: frozenset[tuple[str, str]] = frozenset()
    """Of ``rows``: (table, column) by which the statement asks for rows."""
    cells: tuple[Cell, ...] = ()
    """Of ``rows``, and of values that a statement was given: those that differ."""
    clocked: bool = False
    """Of ``rows``: whether the statement compared them with the time of the request."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A replayed request beside the recorded one.

    An observation is counted once for what was recorded, and once for what only the replay shows.
    A statement is two: its text with its parameters; and what came back, which is its rows in
    order (``rowcount`` where it returns none) or its error. One that begins or ends a transaction
    has no rows. An outbound call is two likewise: what was sent, and the answer. The status, each
    header that the view set, each cookie, the body, an exception, the user, each key of the
    session, and each message, e-mail, task, cache operation and stored file are one each.
    """

    matched: int
    observations: int
    divergences: tuple[Divergence, ...] = ()
    """First the request's user, session and cache, as it found them; then statements and outbound calls,
    in their order; then what was done beside, and the answer."""
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Table → recorded primary key → the replay's, as text, where both are known and differ."""
    shown: frozenset[str] = frozenset()
    """Tables of which a renamed key of a row that was there before showed outside of statements."""
    reordered: frozenset[str] = frozenset()
    """Tables of which rows came in another order that no statement had asked for."""

    stamps: tuple[tuple[str, str], ...] = ()
    """(table, column) of times that stand for when the test made its rows, not for the recorded ones."""

    @property
    def fidelity(self) -> float:
        """Share of the observations that match, 0 to 1; 1 where there are none."""
        return self.matched / self.observations if self.observations else 1.0
