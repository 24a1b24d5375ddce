"""What queries tell of rows: seen, counted, missing, written.

A fact speaks of rows of tables only. What a statement could not tell is a fact as well:
:class:`NotInverted`, with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from otel2test.inverting.conditions import Condition, compare


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was learnt."""

    span_id: str
    position: int
    sql: str = field(repr=False, default="")
    connection: tuple[str, int] = field(repr=False, default=("default", 0))
    """Alias and number: each connection has transactions of its own."""


@dataclass(frozen=True, slots=True)
class Join:
    """``column`` of this row has the value, not told, of ``other`` in the row seen as ``alias``."""

    column: str
    alias: str
    other: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A row was there, with at least these values."""

    source: Source
    table: str
    values: Mapping[str, object]
    witness: int = 0
    """Facts of one query and witness are of rows that were joined to each other."""
    alias: str = ""
    joined: tuple[Join, ...] = ()
    conditions: tuple[Condition, ...] = ()
    """What else the row must satisfy."""
    shared: bool = False
    """False where another witness of the query is of another row."""


@dataclass(frozen=True, slots=True)
class Counted:
    """So many rows satisfied the conditions, as far as conditions can tell (``exact``)."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]
    number: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Missing:
    """No row satisfied the conditions."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Complete:
    """No rows satisfied the conditions but those that the same query returned."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Ordering:
    """Rows were sorted by ``column``; if ``via``, by that of the row which the column ``via`` points to.

    If ``counted``, rows were sorted by how many rows of that table have the value of their ``key``
    in ``column``.
    """

    column: str
    descending: bool
    via: str | None = None
    counted: str = ""
    key: str = ""
    null_first: bool = True
    """Whether NULL is less than any value: PostgreSQL and Oracle sort it as the greatest of all."""

    def compare(self, one: object, other: object) -> int | None:
        """Return a number below, at or above 0, as if nothing were descending; None where nobody knows."""
        if one is None or other is None:
            least = -1 if self.null_first else 1
            return 0 if one is other else least if one is None else -least
        return compare(one, other)


@dataclass(frozen=True, slots=True)
class Window:
    """Of the rows that satisfied the conditions, sorted, some stood before those seen, others after."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]
    alias: str
    seen: int
    order: tuple[Ordering, ...]
    offset: int
    more: bool
    """True where there may be others after the last."""
    limited: bool = True
    """False for all rows that there are."""


@dataclass(frozen=True, slots=True)
class Summed:
    """The column of all rows that satisfied the conditions had this sum."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]
    column: str
    total: object


@dataclass(frozen=True, slots=True)
class Averaged:
    """The column, where it isn't NULL, of all rows that satisfied the conditions had this mean."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]
    column: str
    mean: object
    """None where there was no such row."""


@dataclass(frozen=True, slots=True)
class Change:
    """How an update computes a column that isn't set to a value: ``column + by``."""

    column: str
    by: object


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only the database knew."""


Assigned: TypeAlias = object
"""A plain value, a :class:`Change`, a :class:`Choice` or :class:`Unknown`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What an update sets a column to by the first of several conditions that the row satisfied."""

    branches: tuple[tuple[tuple[Condition, ...], Assigned], ...]
    otherwise: Assigned


@dataclass(frozen=True, slots=True)
class Inserted:
    """A row was written."""

    source: Source
    table: str
    values: Mapping[str, Assigned]
    conflict: Literal["ignore", "update"] | None = None
    drawn: frozenset[str] = frozenset()
    """The columns for which the statement gave nothing: their values are the database's."""


@dataclass(frozen=True, slots=True)
class Updated:
    """Rows that satisfied the conditions got new values."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]
    values: Mapping[str, Assigned]
    number: int | None
    vague: bool = False
    """True where there were more conditions than could be read."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """Rows that satisfied the conditions were deleted."""

    source: Source
    table: str
    conditions: tuple[Condition, ...]
    number: int | None
    vague: bool = False


@dataclass(frozen=True, slots=True)
class Savepoint:
    """A transaction or savepoint began, ended, or was rolled back."""

    source: Source
    action: Literal["begin", "savepoint", "release", "rollback_to", "commit", "rollback"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class NotInverted:
    """A statement from which nothing was learnt, and why."""

    source: Source
    reason: str
    writes: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is said of a row that a query leaves out, by the value of one column only.

    No query tells of it: it is added to the state, so that a program shows which doesn't leave it out.
    """

    source: Source
    """The query."""
    table: str
    conditions: tuple[Condition, ...]
    """What the row satisfies."""
    asked: tuple[Condition, ...]
    """What the query asks, which the row doesn't satisfy."""
    column: str
    """The column, of this row or of one that it goes together with."""
    why: str
    """In words: ``status is not 'published'``."""


Fact: TypeAlias = (
    Seen
    | Counted
    | Missing
    | Complete
    | Window
    | Summed
    | Averaged
    | Inserted
    | Updated
    | Deleted
    | Savepoint
    | NotInverted
)
