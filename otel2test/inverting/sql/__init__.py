"""SQL text → :class:`~otel2test.inverting.statements.Statement`.

The only package that knows sqlglot. It reads the SQL that Django's ORM writes, and
hand-written SQL as far as its conditions can be told by columns and values. What it can't read is
returned as :class:`~otel2test.inverting.statements.Unreadable`, never raised.

Placeholders are put in place before parsing: ``%s``, ``%(name)s`` and ``?`` all become
named ones, so that one statement text has one analysis whatever it was called with.
"""

import logging
import re
from functools import lru_cache
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from otel2test.inverting.sql.expressions import NAMED, source_of
from otel2test.inverting.sql.selects import select, union
from otel2test.inverting.sql.tableless import tableless
from otel2test.inverting.sql.writes import delete, insert, update
from otel2test.inverting.statements import Harmless, Statement, Transaction, Unreadable

# sqlglot logs what it can't parse; that is said in the result instead.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

_DIALECTS: Final = {"sqlite": "sqlite", "postgresql": "postgres", "mysql": "mysql", "oracle": "oracle"}

_PLACEHOLDER: Final = re.compile(r"%%|%s|%\((\w+)\)s")
_TRANSACTION: Final = re.compile(
    r"\s*(?:(?P<begin>BEGIN|START\s+TRANSACTION)\b.*"
    r"|(?P<release>RELEASE)\s+(?:SAVEPOINT\s+)?(?P<released>\S+)"
    r"|(?P<rollback_to>ROLLBACK)\s+TO\s+(?:SAVEPOINT\s+)?(?P<target>\S+)"
    r"|(?P<savepoint>SAVEPOINT)\s+(?P<saved>\S+)"
    r"|(?P<commit>COMMIT|END)\b.*"
    r"|(?P<rollback>ROLLBACK)\b.*)\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)
_HARMLESS: Final = re.compile(r"\s*(?:PRAGMA|SET|SHOW|EXPLAIN|ANALYZE|VACUUM|LOCK)\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def analyse(sql: str, vendor: str, *, has_params: bool = True) -> Statement:
    """Return what ``sql`` means in the dialect of ``vendor`` (``sqlite``, ``postgresql``, ``mysql``)."""
    transaction = _transaction(sql)
    if transaction is not None:
        return transaction
    if _HARMLESS.match(sql):
        return Harmless()
    try:
        tree = sqlglot.parse_one(
            _named_placeholders(sql) if has_params else sql, dialect=_DIALECTS.get(vendor)
        )
    except (SqlglotError, RecursionError) as error:
        return Unreadable(f"not understood: {_first_line(error)}", writes=not _reads(sql))
    _name_question_marks(tree)
    if vendor == "mysql":
        tree = tree.transform(_mysql_like)
    match tree:
        case exp.Select() if source_of(tree) is None:
            return tableless(tree)
        case exp.Select():
            return select(tree)
        case exp.Insert():
            return insert(tree)
        case exp.Update():
            return update(tree)
        case exp.Delete():
            return delete(tree)
        case exp.SetOperation():
            return union(tree)
        case _:
            return Unreadable(f"a statement of kind {type(tree).__name__.upper()}", writes=not _reads(sql))


def _mysql_like(node: exp.Expr) -> exp.Expr:
    """``LIKE`` goes by the collation, which as a rule ignores case, and ``LIKE BINARY`` doesn't."""
    if not isinstance(node, exp.Like) or isinstance(node.expression, exp.Cast):
        return node
    return exp.ILike(this=node.this, expression=node.expression)


def _transaction(sql: str) -> Transaction | None:
    match = _TRANSACTION.fullmatch(sql)
    if match is None:
        return None
    name = next((match[group] for group in ("released", "target", "saved") if match[group]), "")
    for action in ("begin", "savepoint", "release", "rollback_to", "commit", "rollback"):
        if match[action]:
            return Transaction(action, name.strip('"`;'))
    return None


def _reads(sql: str) -> bool:
    return sql.lstrip(" (\n\t").upper().startswith(("SELECT", "WITH", "VALUES"))


def _first_line(error: Exception) -> str:
    lines = re.sub(r"\x1b\[\d*m", "", str(error)).splitlines()
    return lines[0] if lines else type(error).__name__


def _named_placeholders(sql: str) -> str:
    count = 0

    def name(match: re.Match[str]) -> str:
        nonlocal count
        if match[0] == "%%":
            return "%"
        if match[1]:
            return f":{NAMED}{match[1]}"
        count += 1
        return f":{NAMED}{count - 1}"

    return _PLACEHOLDER.sub(name, sql)


def _name_question_marks(tree: exp.Expr) -> None:
    # Raw SQLite cursors take "?"; breadth-first order is not textual order, hence dfs.
    marks = [node for node in tree.dfs() if isinstance(node, exp.Placeholder) and not node.this]
    for index, mark in enumerate(marks):
        mark.set("this", f"{NAMED}{index}")
