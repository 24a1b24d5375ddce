"""The statements and outbound calls of a request, without what a test can't have in common with it.

Left out are statements on the session's table (its content is compared as such), those that
neither read nor change rows, and a transaction around nothing else. A test runs inside a
transaction: what begins one in the recording sets a savepoint there, or nothing at all if the
program asked for none. Savepoints have no names here.
"""

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from otel2test.proving.comparing.anatomy import Anatomy, anatomy
from otel2test.proving.comparing.keys import Schemas
from otel2test.reading.exchanges import Exchange, Outbound, Query

_LIST: Final = re.compile(r"\bIN \((?:%s|\?)(?:, ?(?:%s|\?))*\)")
_ROWS: Final = re.compile(r"(\bVALUES )(\([^()]*\))(?:, ?\([^()]*\))+")
_ASSIGNED: Final = re.compile(r"= (?:%s|\?|NULL)(?![\w(])")
"""Django writes ``= NULL`` where it has no value to set."""
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'|(?<![\w.\"$])\d+(?:\.\d+)?\b")
_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Sql:
    """One statement."""

    query: Query
    anatomy: Anatomy
    optional: bool
    """Whether a run may lack it: the other side's doesn't count if this side has none."""
    form: Hashable
    """Statements of one form say the same of different values."""

    @property
    def position(self) -> int:
        return self.query.position

    @property
    def is_transaction(self) -> bool:
        """Whether it begins or ends one."""
        return self.anatomy.verb in {"begin", "end", "undo"}


@dataclass(frozen=True, slots=True)
class Call:
    """One outbound call."""

    call: Outbound
    form: Hashable
    optional: bool = False

    @property
    def position(self) -> int:
        return self.call.position


Step: TypeAlias = Sql | Call


def steps(exchange: Exchange, schemas: Schemas) -> list[Step]:
    """Return the steps of a request, in order."""
    found: list[Step] = [*_statements(exchange.queries, schemas), *map(_call, exchange.outbound)]
    return sorted(found, key=lambda step: step.position)


def _call(call: Outbound) -> Call:
    parts = urlsplit(call.url)
    return Call(call, ("call", call.method, parts.netloc, _NUMBER.sub("#", parts.path)))


@dataclass(slots=True)
class _Block:
    """A transaction, or what a savepoint begins."""

    begin: Sql
    asked_for: bool | None
    """False where no savepoint stands for it in a test; None where nothing told."""
    left_out: bool = False
    """Whether something in it was left out."""
    steps: list[Sql] = field(default_factory=list)


def _statements(queries: Iterable[Query], schemas: Schemas) -> list[Sql]:
    outermost: list[Sql] = []
    open_blocks: dict[tuple[str, int], list[_Block]] = {}
    undone: dict[tuple[str, int], str] = {}
    for query in sorted(queries, key=lambda item: item.position):
        at = (query.alias, query.connection)
        blocks = open_blocks.setdefault(at, [])
        told = anatomy(query)
        kept = blocks[-1].steps if blocks else outermost
        if told.verb == "begin":
            blocks.append(_Block(_sql(query, told), True if told.savepoint else query.savepoint))
        elif told.verb in {"end", "undo"}:
            if told.verb == "end" and told.savepoint and undone.get(at) == told.savepoint:
                undone.pop(at)  # it is released after it was rolled back to
                continue
            if told.verb == "undo" and told.savepoint:
                undone[at] = told.savepoint
            _close(blocks, outermost, _sql(query, told))
        elif _is_left_out(query, told, schemas):
            for block in blocks:
                block.left_out = True
        else:
            kept.append(_sql(query, told, optional=_is_optional(told, schemas)))
    for blocks in open_blocks.values():
        for block in blocks:
            outermost += [block.begin, *block.steps]
    return outermost


def _close(blocks: list[_Block], outermost: list[Sql], end: Sql) -> None:
    if not blocks:
        outermost.append(_sql(end.query, end.anatomy, optional=True))
        return
    block = blocks.pop()
    kept = blocks[-1].steps if blocks else outermost
    around_nothing = block.left_out and not block.steps
    if block.asked_for is False or around_nothing:
        kept += block.steps
    else:
        optional = block.asked_for is None
        kept.append(_sql(block.begin.query, block.begin.anatomy, optional=optional))
        kept += block.steps
        kept.append(_sql(end.query, end.anatomy, optional=optional))


def _sql(query: Query, told: Anatomy, *, optional: bool = False) -> Sql:
    if told.verb in {"begin", "end", "undo"}:
        return Sql(query, told, optional, (query.alias, told.verb))
    text = _ROWS.sub(r"\1\2", _LIST.sub("IN (…)", query.sql))
    return Sql(query, told, optional, (query.alias, _ASSIGNED.sub("= ?", _LITERAL.sub("?", text))))


def _is_left_out(query: Query, told: Anatomy, schemas: Schemas) -> bool:
    if told.verb == "harmless" or (told.verb == "read" and not told.tables and "set_config(" in query.sql):
        return True
    return bool(told.tables) and told.tables <= schemas.sessions


def _is_optional(told: Anatomy, schemas: Schemas) -> bool:
    """Say whether one process runs the statement and another doesn't.

    Django keeps content types and sites once it has read them, and stores a password anew where the
    hashers of a test are others.
    """
    if told.verb == "read" and told.tables and told.tables <= schemas.cached:
        return True
    return (
        told.verb == "update" and told.tables <= schemas.users and told.changed <= {"password", "last_login"}
    )
