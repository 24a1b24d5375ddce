"""What was recorded of one database, arranged in another, is observed there again."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
    "editor_id": (None,),
}

# --- a database and queries -----------------------------------------------------------------

NAMES = st.sampled_from(["Ada", "Bo", "Cy", "Dee"])
TITLES = st.sampled_from(["Milk", "milk run", "Ale", "Wine"])
SMALL = st.integers(0, 3)

PERSONS = st.lists(st.tuples(NAMES, st.none() | SMALL), min_size=1, max_size=4)
BOOKS = st.lists(st.tuples(TITLES, SMALL, SMALL, st.none() | SMALL), max_size=6)

JOIN: Final = ' INNER JOIN "person" ON ("book"."author_id" = "person"."id")'
LEFT: Final = ' LEFT OUTER JOIN "person" T2 ON ("book"."editor_id" = T2."id")'

_HAS_EDITOR: Final = (
    'EXISTS(SELECT 1 AS "a" FROM "person" U0 WHERE (U0."name" = %s '
    'AND U0."id" = ("book"."editor_id")) LIMIT 1)'
)

Asked = tuple[str, tuple[object, ...]]


@st.composite
def conditions(draw: st.DrawFn, joins: str) -> Asked:
    """Draw a WHERE clause with its parameters."""
    simple: list[st.SearchStrategy[Asked]] = [
        TITLES.map(lambda value: ('"book"."title" = %s', (value,))),
        SMALL.map(lambda value: ('"book"."pages" > %s', (value,))),
        SMALL.map(lambda value: ('"book"."pages" <= %s', (value,))),
        st.tuples(SMALL, SMALL).map(lambda pair: ('"book"."pages" BETWEEN %s AND %s', pair)),
        st.tuples(SMALL, SMALL).map(lambda pair: ('"book"."pages" IN (%s, %s)', pair)),
        SMALL.map(lambda value: ('"book"."author_id" = %s', (value + 1,))),
        SMALL.map(lambda value: ('NOT ("book"."pages" = %s)', (value,))),
        st.just(('"book"."editor_id" IS NULL', ())),
        st.just(('"book"."editor_id" IS NOT NULL', ())),
        st.sampled_from(["mil", "e", "W"]).map(
            lambda text: ('"book"."title" LIKE %s ESCAPE \'\\\'', (f"%{text}%",))
        ),
        NAMES.map(
            lambda name: (
                '"book"."author_id" IN (SELECT U0."id" FROM "person" U0 WHERE U0."name" = %s)',
                (name,),
            )
        ),
        NAMES.map(
            lambda name: (
                _HAS_EDITOR,
                (name,),
            )
        ),
    ]
    if JOIN in joins:
        simple += [
            NAMES.map(lambda name: ('"person"."name" = %s', (name,))),
            SMALL.map(lambda age: ('"person"."age" >= %s', (age,))),
        ]
    if LEFT in joins:
        simple.append(NAMES.map(lambda name: ('T2."name" = %s', (name,))))
    parts = draw(st.lists(st.one_of(simple), max_size=2))
    either = draw(st.booleans())
    if not parts:
        return "", ()
    glue = " OR " if either else " AND "
    return f" WHERE ({glue.join(sql for sql, _ in parts)})", tuple(
        value for _, values in parts for value in values
    )


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    """Draw one query as the ORM writes it."""
    joins = draw(st.sampled_from(["", JOIN, LEFT, JOIN + LEFT]))
    where, params = draw(conditions(joins))
    source = f'FROM "book"{joins}{where}'
    order = draw(
        st.sampled_from(['"book"."pages" ASC, ', '"book"."pages" DESC, ', '"book"."title" ASC, ', ""])
    )
    order += draw(st.sampled_from(['"book"."id" ASC', '"book"."id" DESC']))
    whole = '"book"."id", "book"."title", "book"."pages", "book"."author_id", "book"."editor_id"'
    if JOIN in joins:
        whole += ', "person"."id", "person"."name", "person"."age"'
    if LEFT in joins:
        whole += ', T2."id", T2."name", T2."age"'
    page = draw(st.sampled_from(["", " LIMIT 2", " LIMIT 2 OFFSET 1", " LIMIT 21"]))
    kind = draw(st.sampled_from(["rows", "count", "exists", "values", "keys"]))
    match kind:
        case "rows":
            return f"SELECT {whole} {source} ORDER BY {order}{page}", params
        case "count":
            return f'SELECT COUNT(*) AS "__count" {source}', params
        case "exists":
            return f'SELECT 1 AS "a" {source} LIMIT 1', params
        case "values":
            order = '"book"."title" ASC, "book"."pages" ASC'
            return (
                f'SELECT "book"."title" AS "title", "book"."pages" AS "pages" {source} ORDER BY {order}',
                params,
            )
        case _:
            return f'SELECT "book"."id" AS "id" {source} ORDER BY "book"."id" DESC{page}', params


def database(persons: Sequence[Sequence[object]], books: Sequence[Sequence[object]]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SQL)
    connection.executemany("INSERT INTO person VALUES (?, ?, ?)", persons)
    connection.executemany("INSERT INTO book VALUES (?, ?, ?, ?, ?)", books)
    return connection


def observe(connection: sqlite3.Connection, asked: Asked) -> list[tuple[object, ...]]:
    sql, params = asked
    return connection.execute(sql.replace("%s", "?"), params).fetchall()


def recorded(number: int, asked: Asked, rows: Sequence[tuple[object, ...]]) -> Query:
    sql, params = asked
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
        values: dict[str, object] = {}
        for column, known in entity.before.items():
            value = known.value
            values[column] = self.key(value.entity) if isinstance(value, KeyOf) else value
        values["id"] = self.key(entity)
        missing = [column for column in TABLES[entity.table].columns if column not in values]
        self.complete(entity, values, missing)
        for column in ("author_id", "editor_id"):
            parent = values.get(column)
            if parent is not None:
                self.rows["person"].setdefault(parent, {"id": parent, "name": "?", "age": None})
        self.rows[entity.table][values["id"]] = values

    def complete(self, entity: Entity, values: dict[str, object], missing: Sequence[str]) -> None:
        options: list[dict[str, object]] = [{}]
        for column in missing:
            choices = DEFAULTS.get(column) or (next(self.free), *self.rows["person"])
            options = [{**option, column: choice} for option in options for choice in choices]
        for option in options:
            if not self.state.forbids(entity.table, {**values, **option}, entity):
                values.update(option)
                return
        values.update(options[0])

    def tuples(self, table: str) -> list[tuple[object, ...]]:
        columns = TABLES[table].columns
        return [tuple(row.get(column) for column in columns) for row in self.rows[table].values()]


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(PERSONS, BOOKS, st.lists(questions(), min_size=1, max_size=3))
def test_the_same_queries_see_the_same(
    persons: list[tuple[str, int | None]],
    books: list[tuple[str, int, int, int | None]],
    asked: list[Asked],
) -> None:
    count = len(persons)
    original = database(
        [(number + 1, *person) for number, person in enumerate(persons)],
        [
            (number + 1, title, pages, author % count + 1, None if editor is None else editor % count + 1)
            for number, (title, pages, author, editor) in enumerate(books)
        ],
    )
    # An empty page past the first tells at most how many rows there may be: that isn't used.
    asked = [question for question in asked if "OFFSET" not in question[0] or observe(original, question)]
    seen = [observe(original, question) for question in asked]

    queries = [recorded(number, *pair) for number, pair in enumerate(zip(asked, seen, strict=True))]
    arranged = Arranged(solve(collect(queries, CATALOG), CATALOG))
    copy = database(arranged.tuples("person"), arranged.tuples("book"))

    assert [observe(copy, question) for question in asked] == seen
