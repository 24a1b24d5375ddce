"""One SQL statement, understood: what it touches, what it compares, what it returns.

These types know neither a parser nor a framework. Values that the statement took
as parameters are :class:`Param`; :func:`bind` puts the recorded values in their place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, assert_never


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """A column of one table of the statement."""

    alias: str
    column: str


@dataclass(frozen=True, slots=True)
class Param:
    """A placeholder: its place in the sequence of parameters, or its name in the mapping."""

    key: int | str


@dataclass(frozen=True, slots=True)
class Const:
    """A literal in the text of the statement."""

    value: object


@dataclass(frozen=True, slots=True)
class Computed:
    """Anything that only the database can evaluate, by its text."""

    text: str


Operand: TypeAlias = Param | Const | Computed

UNKNOWN: Final = Computed("?")


@dataclass(frozen=True, slots=True)
class Equal:
    """``column = value``; a value of ``Const(None)`` means ``IS NULL``."""

    column: ColumnRef
    value: Operand


@dataclass(frozen=True, slots=True)
class In:
    """``column IN (…)``."""

    column: ColumnRef
    values: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class NotNull:
    """``column IS NOT NULL``."""

    column: ColumnRef


@dataclass(frozen=True, slots=True)
class Same:
    """``column = column``, most often a join condition."""

    left: ColumnRef
    right: ColumnRef


@dataclass(frozen=True, slots=True)
class Differs:
    """``column <> value`` or ``column NOT IN (…)``: never true of NULL."""

    column: ColumnRef
    values: tuple[Operand, ...]


Comparison: TypeAlias = Literal["<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Compared:
    """``column < value`` and its like; ``BETWEEN`` is two of them."""

    column: ColumnRef
    operator: Comparison
    value: Operand


@dataclass(frozen=True, slots=True)
class Like:
    """``column LIKE pattern``; ``whole`` where the text has no wildcards (``UPPER(a) = UPPER(b)``)."""

    column: ColumnRef
    pattern: Operand
    sensitive: bool = True
    whole: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Or:
    """One of the branches holds; a branch is a conjunction."""

    branches: "tuple[tuple[Predicate, ...], ...]"


@dataclass(frozen=True, slots=True)
class Within:
    """``column IN (SELECT …)``, or ``EXISTS (SELECT …)`` where ``column`` is None."""

    column: ColumnRef | None
    query: "Select"
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Other:
    """A condition that holds for every row but says nothing that can be used, by its text."""

    text: str
    columns: tuple[ColumnRef, ...] = ()


Predicate: TypeAlias = Equal | In | NotNull | Same | Differs | Compared | Like | Or | Within | Other


@dataclass(frozen=True, slots=True)
class Shifted:
    """``column + value`` or ``column - value`` on the right of an assignment: ``F("votes") + 1``."""

    column: str
    by: Operand
    sign: Literal[1, -1]


@dataclass(frozen=True, slots=True)
class Cases:
    """``CASE WHEN column = a THEN x WHEN … END`` in an assignment: ``bulk_update``."""

    branches: tuple[tuple[Equal, Operand], ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """``CASE WHEN … THEN x … ELSE y END`` in an assignment, by conditions of any kind."""

    branches: "tuple[tuple[tuple[Predicate, ...], Operand | Shifted], ...]"
    otherwise: Operand | Shifted


@dataclass(frozen=True, slots=True)
class TableRef:
    """One table in ``FROM``; ``outer`` where a LEFT JOIN may leave it without a row."""

    alias: str
    table: str
    outer: bool = False


Aggregate: TypeAlias = Literal["count", "sum", "avg", "max", "min"]


@dataclass(frozen=True, slots=True)
class Output:
    """One column of the result: its name, and the column it is a copy of, if it is one."""

    name: str
    source: ColumnRef | None
    aggregate: Aggregate | None = None
    """What it makes of many rows; None for other functions too."""
    over: ColumnRef | None = None
    """The column in ``COUNT(column)``, ``SUM(column)``, …"""
    only: tuple[Predicate, ...] = ()
    """What a row must satisfy to be among those many: ``FILTER (WHERE …)``."""
    constant: Const | None = None
    """The literal that it is in every row: tells apart the branches of a UNION."""
    spells: ColumnRef | None = None
    """The column that holds the same value in other words: ``REPLACE(column, '-', '')``."""


@dataclass(frozen=True, slots=True)
class Order:
    """One term of ``ORDER BY``."""

    column: ColumnRef
    descending: bool = False
    counts: bool = False
    """True for ``COUNT(column)``."""


Sorting: TypeAlias = tuple[int | None, ...]
"""For each term of ``ORDER BY`` the output that it is, counted from 0; None for one that isn't returned.

Empty where rows come in any order, ``ORDER BY RANDOM()`` included.
"""


@dataclass(frozen=True, slots=True)
class Select:
    """A query for rows."""

    tables: tuple[TableRef, ...]
    outputs: tuple[Output, ...]
    predicates: tuple[Predicate, ...]
    """All hold for every row that came back."""
    outer_predicates: tuple[Predicate, ...] = ()
    """Conditions of LEFT JOINs: they hold where the outer table has a row."""
    grouped: bool = False
    """True with GROUP BY or DISTINCT: a row of the result may stand for several."""
    aggregated: bool = False
    """True where an output sums up rows (COUNT, SUM, MAX, …)."""
    limit: Operand | None = None
    offset: Operand | None = None
    ordered_by: tuple[Order, ...] = ()
    """As far as the terms are columns: what comes after one that isn't is left out."""
    filtered_groups: bool = False
    """True where HAVING or the like hides groups."""
    sorting: Sorting = ()

    @property
    def limited(self) -> bool:
        """True where LIMIT or OFFSET may have hidden rows."""
        return self.limit is not None or self.offset is not None


@dataclass(frozen=True, slots=True)
class Union:
    """``UNION``: each row of the result is of at least one of the branches."""

    branches: tuple[Select, ...]
    limited: bool = False
    sorting: Sorting = ()


@dataclass(frozen=True, slots=True)
class Given:
    """A condition on values alone: ``%s``, ``%s = %s``."""

    left: Operand
    right: Operand = Const(True)
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Tableless:
    """A SELECT without FROM: of subqueries, or on their condition, as Django asks of constraints."""

    outputs: tuple[Select | Within | None, ...]
    """A scalar subquery, EXISTS, or anything else."""
    conditions: tuple[Given | Within | None, ...] = ()
    """All of them hold if there is a row; None for one that can't be read."""
    or_null: bool = False
    """True with ``COALESCE(…, True)``: there is a row, too, where NULL makes it unsure."""


@dataclass(frozen=True, slots=True)
class Insert:
    """``INSERT``: one tuple of operands for each row."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Operand, ...], ...]
    columnwise: bool = False
    """True for PostgreSQL's UNNEST: one tuple, each operand the list of that column's values."""
    returning: tuple[str, ...] = ()
    on_conflict: Literal["ignore", "update"] | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """``UPDATE``."""

    table: TableRef
    assignments: "tuple[tuple[str, Assignment], ...]"
    predicates: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Delete:
    """``DELETE``."""

    table: TableRef
    predicates: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Transaction:
    """``BEGIN``, ``SAVEPOINT x``, ``RELEASE``, ``ROLLBACK TO x``, ``COMMIT``, ``ROLLBACK``."""

    action: Literal["begin", "savepoint", "release", "rollback_to", "commit", "rollback"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A statement from which nothing could be learnt, and why."""

    reason: str
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Harmless:
    """A statement that neither reads nor changes rows (``PRAGMA``, ``SET``)."""


Assignment: TypeAlias = Operand | Shifted | Cases | Chosen
Statement: TypeAlias = (
    Select | Tableless | Union | Insert | Update | Delete | Transaction | Harmless | Unreadable
)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The recorded parameters of one execution."""

    values: Sequence[object] | Mapping[str, object] | None = field(default=None)

    def value(self, operand: Operand) -> tuple[bool, object]:
        """Return ``(True, value)``, or ``(False, None)`` where the value isn't known."""
        match operand:
            case Const(value):
                return True, value
            case Param(int() as key) if isinstance(self.values, Sequence) and key < len(self.values):
                return True, self.values[key]
            case Param(str() as key) if isinstance(self.values, Mapping) and key in self.values:
                return True, self.values[key]
            case _:
                return False, None


def columns_of(predicate: Predicate) -> tuple[ColumnRef, ...]:
    """Return the columns of the statement's own tables that the predicate speaks of."""
    match predicate:
        case Equal(column) | In(column) | NotNull(column) | Differs(column):
            return (column,)
        case Compared(column) | Like(column):
            return (column,)
        case Same(left, right):
            return (left, right)
        case Or(branches):
            return tuple(ref for branch in branches for part in branch for ref in columns_of(part))
        case Within(column, query):
            inner = {table.alias for table in query.tables}
            outside = tuple(
                ref for part in query.predicates for ref in columns_of(part) if ref.alias not in inner
            )
            return ((column,) if column else ()) + outside
        case Other(_, columns):
            return columns
        case _:
            assert_never(predicate)
