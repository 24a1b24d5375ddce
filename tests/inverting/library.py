"""A small database of books, and what is arranged of what its queries told: both are SQLite's, in memory."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from otel2test.inverting.catalog import Catalog, Column, Table
from otel2test.inverting.collecting import collect
from otel2test.inverting.entities import Entity, KeyOf
from otel2test.inverting.solving import solve
from otel2test.inverting.state import State
from otel2test.reading.exchanges import Query

TABLES: Final = {
    "person": Table(
        "person",
        {
            "id": Column("id", "AutoField", null=False),
            "name": Column("name", "CharField", null=False),
            "age": Column("age", "IntegerField", null=True),
        },
        "id",
    ),
    "book": Table(
        "book",
        {
            "id": Column("id", "AutoField", null=False),
            "title": Column("title", "CharField", null=False),
            "pages": Column("pages", "IntegerField", null=False),
            "author_id": Column("author_id", "AutoField", null=False),
            "editor_id": Column("editor_id", "AutoField", null=True),
        },
        "id",
        references={"author_id": ("person", "id"), "editor_id": ("person", "id")},
    ),
}
CATALOG: Final = Catalog(TABLES)
SQL: Final = """
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER);
CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pages INTEGER NOT NULL,
    author_id INTEGER NOT NULL REFERENCES person, editor_id INTEGER REFERENCES person);
"""
DEFAULTS: Final[dict[str, tuple[object, ...]]] = {
    "name": ("", "someone", "somebody"),
    "title": ("", "a book", "other"),
    "pages": (0, 1, 77, -1, 500),
    "age": (None,),
}

JOIN: Final = ' INNER JOIN "person" ON ("book"."author_id" = "person"."id")'
LEFT: Final = ' LEFT OUTER JOIN "person" T2 ON ("book"."editor_id" = T2."id")'

Asked: TypeAlias = tuple[str, tuple[object, ...]]
Persons: TypeAlias = Sequence[tuple[str, int | None]]
"""(name, age); keys are counted from 1."""
Books: TypeAlias = Sequence[tuple[str, int, int, int | None]]
"""(title, pages, author, editor); persons are counted from 0, and again from the first after the last."""

# --- a database and queries -----------------------------------------------------------------


def database(persons: Sequence[Sequence[object]], books: Sequence[Sequence[object]]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SQL)
    connection.executemany("INSERT INTO person VALUES (?, ?, ?)", persons)
    connection.executemany("INSERT INTO book VALUES (?, ?, ?, ?, ?)", books)
    return connection


def observe(connection: sqlite3.Connection, asked: Asked) -> list[tuple[object, ...]]:
    """Return the rows, or of a statement that writes how many it hit."""
    sql, params = asked
    done = connection.execute(sql.replace("%s", "?"), params)
    return done.fetchall() if done.description is not None else [(done.rowcount,)]


def recorded(number: int, asked: Asked, rows: Sequence[tuple[object, ...]]) -> Query:
    sql, params = asked
    if not sql.startswith("SELECT"):
        ((hit,),) = rows
        assert isinstance(hit, int)
        return Query(f"{number:016x}", number, "default", "sqlite", sql, params, rowcount=hit)
    return Query(
        f"{number:016x}", number, "default", "sqlite", sql, params,
        rows=tuple(rows), fetched=len(rows), exhausted=True,
    )  # fmt: skip


# --- a state, made into rows ----------------------------------------------------------------


class Arranged:
    """Completes the state's rows, as simply as the conditions allow."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.keys: dict[int, object] = {}
        self.rows: dict[str, dict[object, dict[str, object]]] = {"person": {}, "book": {}}
        taken = {
            (entity.table, entity.before["id"].value) for entity in state.entities if "id" in entity.before
        }
        self.free = (number for number in range(1000, 2000) if ("any", number) not in taken)
        for table in ("person", "book"):
            for entity in state.entities:
                if entity.table == table:
                    self.add(entity)

    def key(self, entity: Entity) -> object:
        if id(entity) not in self.keys:
            known = entity.before.get("id")
            self.keys[id(entity)] = known.value if known else next(self.free)
        return self.keys[id(entity)]

    def add(self, entity: Entity) -> None:
        values = {column: known.value for column, known in entity.before.items()}
        values.setdefault("id", self.key(entity))
        missing = [column for column in TABLES[entity.table].columns if column not in values]
        self.complete(entity, values, missing)
        for column, value in values.items():
            values[column] = self.key(value.entity) if isinstance(value, KeyOf) else value
        for column in ("author_id", "editor_id"):
            parent = values.get(column)
            if parent is not None:
                self.rows["person"].setdefault(parent, {"id": parent, "name": "?", "age": None})
        self.rows[entity.table][values["id"]] = values

    def complete(self, entity: Entity, values: dict[str, object], missing: Sequence[str]) -> None:
        options: list[dict[str, object]] = [{}]
        for column in missing:
            choices = DEFAULTS.get(column) or (next(self.free), *self.rows["person"])
            if column == "editor_id":
                choices = (None, *choices)
            options = [{**option, column: choice} for option in options for choice in choices]
        for option in options:
            if not self.state.forbids(entity.table, {**values, **option}, entity):
                values.update(option)
                return
        values.update(options[0])

    def tuples(self, table: str) -> list[tuple[object, ...]]:
        columns = TABLES[table].columns
        return [tuple(row.get(column) for column in columns) for row in self.rows[table].values()]


def stocked(persons: Persons, books: Books) -> sqlite3.Connection:
    count = len(persons)
    return database(
        [(number + 1, *person) for number, person in enumerate(persons)],
        [
            (number + 1, title, pages, author % count + 1, None if editor is None else editor % count + 1)
            for number, (title, pages, author, editor) in enumerate(books)
        ],
    )


@dataclass(frozen=True, slots=True)
class Observed:
    """What queries see in what is arranged of what they saw."""

    other: list[int]
    """The queries that see something else."""
    told: list[int]
    """The queries of which the state says so."""
    excess: int
    """How many rows they find, count or hit that they didn't."""
    excess_of_seen: int
    """How many of these would be left if only rows were arranged that some query returned."""


def observed_again(original: sqlite3.Connection, asked: Sequence[Asked]) -> Observed:
    """Arrange what the queries see in a database, and ask them again."""
    seen = [observe(original, question) for question in asked]
    queries = [recorded(number, *pair) for number, pair in enumerate(zip(asked, seen, strict=True))]
    state = solve(collect(queries, CATALOG), CATALOG)
    again = _asked_of(state, asked)
    returned = {key for found in state.limits.results.values() for key in found}
    only_seen = replace(state, entities=tuple(item for item in state.entities if id(item) in returned))
    return Observed(
        [number for number, told in enumerate(seen) if again[number] != told],
        [item.source.position for item in state.not_inverted],
        sum(map(_excess, again, seen)),
        sum(map(_excess, _asked_of(only_seen, asked), seen)),
    )


def _asked_of(state: State, asked: Sequence[Asked]) -> list[list[tuple[object, ...]]]:
    arranged = Arranged(state)
    copy = database(arranged.tuples("person"), arranged.tuples("book"))
    return [observe(copy, question) for question in asked]


def _excess(found: Sequence[tuple[object, ...]], recorded: Sequence[tuple[object, ...]]) -> int:
    match found, recorded:
        case [(int(now),)], [(int(then),)]:
            return max(now - then, 0)
        case _:
            return (Counter(found) - Counter(recorded)).total()
