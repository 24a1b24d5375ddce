"""Facts in words, for whoever asks what was learnt from a query."""

from collections.abc import Mapping, Sequence
from typing import Final

from otel2test.inverting.conditions import AnyOf, Bound, Condition, NoneOf, OneOf, Opaque, Related, Text
from otel2test.inverting.entities import KeyOf
from otel2test.inverting.facts import (
    Averaged,
    Change,
    Complete,
    Counted,
    Deleted,
    Fact,
    Inserted,
    Missing,
    NotInverted,
    Savepoint,
    Seen,
    Summed,
    Unknown,
    Updated,
    Window,
)
from otel2test.terminal import brief

_COLUMNS: Final = 8
_VALUES: Final = 4
_WIDTH: Final = 32

_TRANSACTIONS: Final = {
    "begin": "a transaction began",
    "savepoint": "a savepoint was set",
    "release": "a savepoint was released",
    "rollback_to": "all since the savepoint was undone",
    "commit": "the transaction was committed",
    "rollback": "the transaction was undone",
}


def tell(fact: Fact) -> str:  # noqa: PLR0911 - one case a kind of fact
    """Return one line without a period that says what the fact says."""
    match fact:
        case Seen(table=table, values=values, conditions=conditions):
            return f"a row of {table}: {_pairs(values)}{_where(conditions, '; where ')}"
        case Counted(table=table, conditions=conditions, number=number, exact=exact):
            quantity = f"{number}" if exact else f"at least {number}"
            return f"{quantity} rows of {table}{_where(conditions)}"
        case Missing(table=table, conditions=conditions):
            return f"no row of {table}{_where(conditions)}"
        case Complete(table=table, conditions=conditions):
            return f"no other rows of {table}{_where(conditions)}"
        case Window(table=table, conditions=conditions, seen=seen, offset=offset, more=more):
            others = ", and others may follow" if more else ", and none follows"
            return f"{seen} rows of {table} from number {offset + 1} on{others}{_where(conditions)}"
        case Summed(table=table, column=column, total=total, conditions=conditions):
            return f"{column} of all rows of {table} sums up to {_value(total)}{_where(conditions)}"
        case Averaged(table=table, column=column, mean=mean, conditions=conditions):
            return f"{column} of all rows of {table} is {_value(mean)} on average{_where(conditions)}"
        case Inserted(table=table, values=values, conflict=conflict):
            unless = {"ignore": ", unless it was there", "update": ", or changed", None: ""}[conflict]
            return f"a row of {table} was inserted{unless}: {_pairs(values)}"
        case Updated(table=table, conditions=conditions, values=values, number=number):
            return f"{_rows(number)} of {table} got {_pairs(values)}{_where(conditions)}"
        case Deleted(table=table, conditions=conditions, number=number):
            return f"{_rows(number)} of {table} deleted{_where(conditions)}"
        case Savepoint(action=action):
            return _TRANSACTIONS[action]
        case NotInverted(reason=reason):
            return f"nothing: {reason}"


def _rows(number: int | None) -> str:
    return "rows" if number is None else "1 row" if number == 1 else f"{number} rows"


def _pairs(values: Mapping[str, object]) -> str:
    told = [f"{column} = {_value(value)}" for column, value in values.items()]
    rest = f", {len(told) - _COLUMNS} more columns" if len(told) > _COLUMNS else ""
    return ", ".join(told[:_COLUMNS]) + rest or "nothing but that it was there"


def _value(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case Unknown():
            return "what only the database knew"
        case Change(column, by):
            return f"{column} + {_value(by)}"
        case KeyOf(entity, column):
            return f"{column} of a row of {entity.table}"
        case _:
            return brief(value, _WIDTH)


def _where(conditions: Sequence[Condition], word: str = " where ") -> str:
    return word + _all(conditions) if conditions else ""


def _all(conditions: Sequence[Condition]) -> str:
    return " and ".join(map(_condition, conditions)) or "it is there"


def _condition(condition: Condition) -> str:
    match condition:
        case OneOf(column, (None,)):
            return f"{column} is NULL"
        case OneOf(column, (value,)):
            return f"{column} = {_value(value)}"
        case OneOf(column, values):
            return f"{column} is one of {_list(values)}"
        case NoneOf(column, ()):
            return f"{column} isn't NULL"
        case NoneOf(column, values):
            return f"{column} is none of {_list(values)}"
        case Bound(column, operator, value):
            return f"{column} {operator} {_value(value)}"
        case Text(column, pattern, _, whole, negated):
            verb = f"{'is not' if negated else 'is'} {'the text' if whole else 'like'}"
            return f"{column} {verb} {_value(pattern)}"
        case AnyOf(branches):
            return f"({' or '.join(map(_all, branches))})"
        case Related(table, on, conditions, negated):
            pairs = ", ".join(f"{theirs} = {mine}" for mine, theirs in on)
            joined = f" with {pairs}" if pairs else ""
            return f"there is {'no' if negated else 'a'} row of {table}{joined}{_where(conditions)}"
        case Opaque(text):
            return f"(not understood) {brief(text, _WIDTH)}"


def _list(values: Sequence[object]) -> str:
    told = [_value(value) for value in values[:_VALUES]]
    if len(values) > _VALUES:
        told.append(f"{len(values) - _VALUES} more")
    return ", ".join(told)
