"""SQL that the program wrote itself: which column each value in it belongs to.

What enters is the text of a statement as it is handed to the driver. What leaves are its values
in order, placeholders and literal strings, each with the column that it is compared with,
set to or inserted into. Only that much of SQL is understood as an answer to this takes; where
the text is beyond it, a value belongs to no column.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from otel2test.processors.redaction import redactor

_TOKEN: Final = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<text> [eEnNbB]? (?: '\\'(?!')            # Django's ESCAPE '\': no escape but the whole literal
                             | '(?:[^'\\]|''|\\.)*' ) )
    | (?P<name> (?:"[^"]+" | `[^`]+` | \[[A-Za-z_]\w*\] | [A-Za-z_][\w$]*)
                (?:\s*\.\s*(?:"[^"]+" | `[^`]+` | [A-Za-z_][\w$]*))* )
    | (?P<placeholder> %s | %\(\w+\)s | \? )
    | (?P<other> \S )
    """,
    re.VERBOSE | re.DOTALL,
)
_BETWEEN: Final = frozenset(
    {
        "like",
        "ilike",
        "in",
        "not",
        "is",
        "any",
        "all",
        "binary",
        "lower",
        "upper",
        "escape",
        "collate",
        "cast",
    }
)
"""Words that may stand between a column and the value it is compared with."""


LONGEST_REMEMBERED: Final = 10_000
"""Characters of a statement that is kept to be known again; long ones insert many rows, each time others."""
_MOST_REMEMBERED: Final = 512
_literals: Final[dict[int, tuple[str, ...]]] = {}
"""Hash of a statement with literals → their columns: what may hold secrets isn't kept itself."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a statement."""

    column: str
    placeholder: str | int | None
    """Its name or number; None for a literal."""
    start: int
    end: int
    """Where a literal's text stands, without the quotes."""


def hidden_sql(sql: str) -> str:
    """Return ``sql`` with pseudonyms for the literals that belong to secret columns."""
    if "'" not in sql:
        return redactor.redact_text(sql)
    mark = hash(sql)
    columns = _literals.get(mark)
    if columns is not None and not any(redactor.is_secret_field("", column) for column in columns):
        return redactor.redact_text(sql)
    literals = [value for value in _parsed(sql) if value.placeholder is None]
    if len(_literals) >= _MOST_REMEMBERED:
        _literals.clear()
    _literals[mark] = tuple({value.column for value in literals})
    for value in reversed(literals):
        if redactor.is_secret_field("", value.column):
            sql = sql[: value.start] + redactor.secret(sql[value.start : value.end]) + sql[value.end :]
    return redactor.redact_text(sql)


def secret_placeholders(sql: str) -> frozenset[str | int]:
    """Return the numbers and names of the placeholders that stand for values of secret columns."""
    return frozenset(
        value.placeholder
        for value in values(sql)
        if value.placeholder is not None and redactor.is_secret_field("", value.column)
    )


def values(sql: str) -> tuple[Value, ...]:
    """Return the values in ``sql`` that belong to a column, in order."""
    # What holds literals may never come by again, and may hold secrets.
    return tuple(_parsed(sql)) if "'" in sql or len(sql) > LONGEST_REMEMBERED else _remembered(sql)


@lru_cache(maxsize=512)
def _remembered(sql: str) -> tuple[Value, ...]:
    return tuple(_parsed(sql))


def _parsed(sql: str) -> list[Value]:
    return list(_Reader().read(sql))


class _Reader:
    """Where in the statement the reading is."""

    def __init__(self) -> None:
        self.column = ""
        self.inserted: list[str] | None = None
        """The columns of an INSERT."""
        self.in_columns = False
        self.in_values = False
        self.in_list = 0
        self.depth = 0
        self.index = 0
        self.count = 0

    def read(self, sql: str) -> Iterator[Value]:
        for token in _TOKEN.finditer(sql):
            match token.lastgroup:
                case "name":
                    self._name(token[0])
                case "text":
                    column, quote = self._column(), token[0].index("'")
                    if column and len(token[0]) > quote + 2:
                        yield Value(column, None, token.start() + quote + 1, token.end() - 1)
                case "placeholder":
                    name = token[0][2:-2] if token[0].startswith("%(") else self.count
                    self.count += 1
                    if column := self._column():
                        yield Value(column, name, token.start(), token.end())
                case "other":
                    self._other(token[0])

    def _column(self) -> str:
        if self.in_values and self.depth and self.inserted is not None:
            return self.inserted[self.index] if self.index < len(self.inserted) else ""
        return self.column

    def _name(self, text: str) -> None:
        word = text.lower()
        if word in {"insert", "replace"}:
            self.inserted, self.in_columns, self.in_values = [], True, False
        elif word in {"values", "value"} and self.inserted:
            self.in_columns, self.in_values, self.depth, self.index = False, True, 0, 0
        elif word in {"set", "where", "and", "or", "on", "select", "having", "returning"}:
            self.in_columns = self.in_values = False
            self.column = ""
        elif self.in_columns and self.depth and self.inserted is not None:
            self.inserted.append(_bare(text))
        elif word == "in":
            self.in_list = self.depth + 1
        elif word not in _BETWEEN:
            self.column = _bare(text)

    def _other(self, sign: str) -> None:
        if sign == "(":
            self.depth += 1
            if self.in_values and self.depth == 1:
                self.index = 0
        elif sign == ")":
            self.depth -= 1
            if self.depth < self.in_list:
                self.in_list = 0
                self.column = ""
        elif sign == ",":
            if self.in_values and self.depth == 1:
                self.index += 1
            elif not self.in_list:
                self.column = ""
        elif sign == ";":
            self.column, self.inserted = "", None
            self.in_columns = self.in_values = False


def _bare(name: str) -> str:
    return re.split(r"\s*\.\s*", name)[-1].strip('"`[]')
