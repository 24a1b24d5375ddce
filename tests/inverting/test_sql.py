"""What is understood of a statement, in the words that Django's ORM and people write."""

import pytest

from otel2test.inverting.sql import analyse
from otel2test.inverting.statements import (
    Cases,
    Chosen,
    ColumnRef,
    Compared,
    Computed,
    Const,
    Delete,
    Equal,
    Harmless,
    In,
    Insert,
    NotNull,
    Operand,
    Order,
    Other,
    Output,
    Param,
    Predicate,
    Same,
    Select,
    Shifted,
    Statement,
    TableRef,
    Transaction,
    Union,
    Unreadable,
    Update,
    columns_of,
)

TODO, PERSON, TAG, LINK = (TableRef(name, name) for name in ("todo", "person", "tag", "todo_tags"))


def col(dotted: str) -> ColumnRef:
    alias, _, column = dotted.partition(".")
    return ColumnRef(alias, column)


def out(dotted: str, name: str | None = None) -> Output:
    return Output(name or dotted.partition(".")[2], col(dotted))


def operand(value: object) -> Operand:
    return Const(None) if value is None else Param(value) if isinstance(value, (int, str)) else Computed("?")


def eq(dotted: str, param: object) -> Equal:
    return Equal(col(dotted), operand(param))


def same(left: str, right: str) -> Same:
    return Same(col(left), col(right))


def outer(table: TableRef) -> TableRef:
    return TableRef(table.alias, table.table, outer=True)


def read(sql: str, vendor: str) -> Select:
    found = analyse(sql, vendor)
    assert isinstance(found, Select), found
    return found


# --- conditions: every lookup ---------------------------------------------------------------

# (vendor, condition as its compiler writes it, what is understood). Columns of the other conditions
# are told too, as their values make a difference.
USABLE: list[tuple[str, str, Predicate]] = [
    ("sqlite", '"todo"."title" = %s', eq("todo.title", 0)),
    ("mysql", "`todo`.`title` = %s", eq("todo.title", 0)),
    ("sqlite", '%s = "todo"."title"', eq("todo.title", 0)),
    ("sqlite", '"todo"."title" IS NULL', eq("todo.title", None)),
    ("mysql", "`todo`.`title` IS NULL", eq("todo.title", None)),
    ("sqlite", '"todo"."owner_id" IS NOT NULL', NotNull(col("todo.owner_id"))),
    ("sqlite", '"todo"."votes" IN (%s, %s)', In(col("todo.votes"), (Param(0), Param(1)))),
    ("mysql", "`todo`.`votes` IN (%s)", In(col("todo.votes"), (Param(0),))),
    ("sqlite", '"todo"."done"', Equal(col("todo.done"), Const(True))),
    ("mysql", "`todo`.`done`", Equal(col("todo.done"), Const(True))),
    ("postgresql", 'NOT "todo"."done"', Equal(col("todo.done"), Const(False))),
    ("mysql", "NOT `todo`.`done`", Equal(col("todo.done"), Const(False))),
    ("sqlite", 'NOT ("todo"."done")', Equal(col("todo.done"), Const(False))),
    ("postgresql", '"todo"."key" = (%s)::uuid', eq("todo.key", 0)),
    ("postgresql", '"todo"."key"::text = %s', eq("todo.key", 0)),
    ("sqlite", '"todo"."votes" = 3', Equal(col("todo.votes"), Const(3))),
    ("sqlite", '"todo"."votes" = -3', Equal(col("todo.votes"), Const(-3))),
    ("sqlite", '"todo"."price" = 1.5', Equal(col("todo.price"), Const(1.5))),
    ("sqlite", "\"todo\".\"title\" = 'it''s'", Equal(col("todo.title"), Const("it's"))),
    ("postgresql", '"todo"."done" = true', Equal(col("todo.done"), Const(True))),
    ("sqlite", "title = %s", eq("todo.title", 0)),
    ("sqlite", "title = ?", eq("todo.title", 0)),
    ("postgresql", "title = %(title)s", Equal(col("todo.title"), Param("title"))),
    ("sqlite", '"todo"."title" = LOWER(%s)', Equal(col("todo.title"), Computed("LOWER(:otel2test_0)"))),
]

NOT_USABLE: list[tuple[str, str]] = [
    ("sqlite", '"todo"."title" LIKE %s ESCAPE \'\\\''),
    ("postgresql", 'UPPER("todo"."title"::text) = UPPER(%s)'),
    ("postgresql", '"todo"."title"::text LIKE %s'),
    ("postgresql", 'UPPER("todo"."title"::text) LIKE UPPER(%s)'),
    ("postgresql", '"todo"."title"::text ~ %s'),
    ("postgresql", '"todo"."title"::text ~* %s'),
    ("mysql", "`todo`.`title` LIKE BINARY %s"),
    ("mysql", "REGEXP_LIKE(`todo`.`title`, %s, 'c')"),
    ("sqlite", '"todo"."title" REGEXP %s'),
    ("sqlite", '"todo"."title" REGEXP \'(?i)\' || %s'),
    ("sqlite", '"todo"."title" > %s'),
    ("sqlite", '"todo"."title" >= %s'),
    ("sqlite", '"todo"."title" < %s'),
    ("sqlite", '"todo"."title" <= %s'),
    ("sqlite", '"todo"."title" BETWEEN %s AND %s'),
    ("sqlite", 'django_datetime_cast_date("todo"."title", %s, %s) = %s'),
    ("sqlite", 'django_datetime_extract(%s, "todo"."title", %s, %s) = %s'),
    ("postgresql", '("todo"."title" AT TIME ZONE %s)::date = %s'),
    ("postgresql", 'EXTRACT(MONTH FROM "todo"."title" AT TIME ZONE %s) = %s'),
    ("mysql", "DATE(CONVERT_TZ(`todo`.`title`, 'UTC', %s)) = %s"),
    ("postgresql", '("todo"."title" -> %s) = %s'),
    ("postgresql", '"todo"."title" @> %s'),
    ("sqlite", 'NOT ("todo"."title" = %s)'),
    ("sqlite", 'NOT ("todo"."title" = %s AND "todo"."title" IS NOT NULL)'),
    ("sqlite", 'NOT ("todo"."title" IN (%s, %s))'),
    ("sqlite", '"todo"."title" IN (SELECT U0."id" FROM "person" U0 WHERE U0."name" = %s)'),
]


@pytest.mark.parametrize(("vendor", "condition", "expected"), USABLE)
def test_condition_that_tells_a_value(vendor: str, condition: str, expected: Predicate) -> None:
    table = "`todo`" if vendor == "mysql" else '"todo"'

    assert read(f"SELECT 1 AS a FROM {table} WHERE {condition}", vendor).predicates == (expected,)


@pytest.mark.parametrize(("vendor", "condition"), NOT_USABLE)
def test_condition_that_tells_less_than_a_value(vendor: str, condition: str) -> None:
    table = "`todo`" if vendor == "mysql" else '"todo"'

    found = read(f"SELECT 1 AS a FROM {table} WHERE {condition}", vendor).predicates

    assert not any(isinstance(predicate, (Equal, In)) for predicate in found)
    assert all(col("todo.title") in columns_of(predicate) for predicate in found)


def test_conjunctions_are_taken_apart_and_disjunctions_left_whole() -> None:
    sql = 'SELECT 1 FROM "todo" WHERE (("todo"."title" = %s OR "todo"."done") AND ("todo"."votes" = %s))'

    first, second = read(sql, "sqlite").predicates

    assert not isinstance(first, (Equal, In))
    assert set(columns_of(first)) == {col("todo.title"), col("todo.done")}
    assert second == eq("todo.votes", 1)


def test_a_column_with_no_table_is_no_ones_where_there_are_two() -> None:
    sql = "SELECT name FROM todo JOIN person ON todo.owner_id = person.id WHERE done = 1"

    found = read(sql, "sqlite")

    assert found.outputs == (Output("name", None),)
    assert isinstance(found.predicates[1], Other)


# --- SELECT ---------------------------------------------------------------------------------

_ID = '"todo"."id"'
_JOIN = '"todo" INNER JOIN "person" ON ("todo"."owner_id" = "person"."id")'
_LEFT_JOIN = '"todo" LEFT OUTER JOIN "person" ON ("todo"."owner_id" = "person"."id")'
_TAGS = '"tag" INNER JOIN "todo_tags" ON ("tag"."id" = "todo_tags"."tag_id")'

SELECTS: list[tuple[str, str, Select]] = [
    (
        "sqlite",
        f'SELECT {_ID}, "todo"."title" FROM "todo" WHERE {_ID} = %s LIMIT 21',
        Select((TODO,), (out("todo.id"), out("todo.title")), (eq("todo.id", 0),), limit=Const(21)),
    ),
    (
        "mysql",
        "SELECT `todo`.`id`, `todo`.`title` FROM `todo` WHERE `todo`.`id` = %s LIMIT 21",
        Select((TODO,), (out("todo.id"), out("todo.title")), (eq("todo.id", 0),), limit=Const(21)),
    ),
    (
        "sqlite",
        f'SELECT {_ID} AS "id", "person"."name" AS "owner__name" FROM {_JOIN} WHERE "person"."name" = %s',
        Select(
            (TODO, PERSON),
            (out("todo.id"), out("person.name", "owner__name")),
            (same("todo.owner_id", "person.id"), eq("person.name", 0)),
        ),
    ),
    (
        "postgresql",
        f'SELECT {_ID}, "person"."id", "person"."name" FROM {_LEFT_JOIN}',
        Select(
            (TODO, outer(PERSON)),
            (out("todo.id"), out("person.id"), out("person.name")),
            (),
            (same("todo.owner_id", "person.id"),),
        ),
    ),
    (  # self-join
        "sqlite",
        (
            'SELECT "person"."id" AS "id" FROM "person" '
            'INNER JOIN "person" T2 ON ("person"."boss_id" = T2."id") '
            'WHERE T2."name" = %s'
        ),
        Select(
            (PERSON, TableRef("T2", "person")),
            (out("person.id"),),
            (same("person.boss_id", "T2.id"), eq("T2.name", 0)),
        ),
    ),
    (  # tags.all()
        "sqlite",
        f'SELECT "tag"."id", "tag"."name" FROM {_TAGS} WHERE "todo_tags"."todo_id" = %s',
        Select(
            (TAG, LINK),
            (out("tag.id"), out("tag.name")),
            (same("tag.id", "todo_tags.tag_id"), eq("todo_tags.todo_id", 0)),
        ),
    ),
    (  # prefetch_related("tags")
        "postgresql",
        (
            'SELECT ("todo_tags"."todo_id") AS "_prefetch_related_val_todo_id", "tag"."id" '
            f'FROM {_TAGS} WHERE "todo_tags"."todo_id" IN (%s, %s)'
        ),
        Select(
            (TAG, LINK),
            (out("todo_tags.todo_id", "_prefetch_related_val_todo_id"), out("tag.id")),
            (same("tag.id", "todo_tags.tag_id"), In(col("todo_tags.todo_id"), (Param(0), Param(1)))),
        ),
    ),
    (  # annotate(n=Count("todo"))
        "sqlite",
        (
            'SELECT "person"."id" AS "id", COUNT("todo"."id") AS "n" FROM "person" LEFT OUTER JOIN "todo" '
            'ON ("person"."id" = "todo"."owner_id") GROUP BY 1'
        ),
        Select(
            (PERSON, outer(TODO)),
            (out("person.id"), Output("n", None, aggregate="count", over=col("todo.id"))),
            (),
            (same("person.id", "todo.owner_id"),),
            grouped=True,
            aggregated=True,
        ),
    ),
    (
        "sqlite",
        'SELECT SUM("todo"."votes") AS "votes__sum", MAX("todo"."at") AS "at__max" FROM "todo"',
        Select(
            (TODO,),
            (
                Output("votes__sum", None, aggregate="sum", over=col("todo.votes")),
                Output("at__max", None, aggregate="max", over=col("todo.at")),
            ),
            (),
            aggregated=True,
        ),
    ),
    (  # exists()
        "sqlite",
        'SELECT %s AS "a" FROM "todo" WHERE "todo"."title" = %s LIMIT 1',
        Select((TODO,), (Output("a", None),), (eq("todo.title", 1),), limit=Const(1)),
    ),
    (  # count()
        "mysql",
        "SELECT COUNT(*) AS `__count` FROM `todo` WHERE `todo`.`title` = %s",
        Select(
            (TODO,), (Output("__count", None, aggregate="count"),), (eq("todo.title", 0),), aggregated=True
        ),
    ),
    (  # distinct()
        "postgresql",
        'SELECT DISTINCT "todo"."title" AS "title" FROM "todo"',
        Select((TODO,), (out("todo.title"),), (), grouped=True),
    ),
    (  # order_by("-at", "title")[5:10]
        "sqlite",
        f'SELECT {_ID} FROM "todo" ORDER BY "todo"."at" DESC, "todo"."title" ASC LIMIT 5 OFFSET 5',
        Select(
            (TODO,),
            (out("todo.id"),),
            (),
            limit=Const(5),
            offset=Const(5),
            ordered_by=(Order(col("todo.at"), descending=True), Order(col("todo.title"))),
            sorting=(None, None),
        ),
    ),
    (
        "sqlite",
        f'SELECT {_ID} FROM "todo" ORDER BY RAND() ASC LIMIT 1',
        Select((TODO,), (out("todo.id"),), (), limit=Const(1)),
    ),
    (  # annotations beside real columns; a subquery's own aggregate isn't this statement's
        "sqlite",
        (
            f'SELECT {_ID}, (SELECT COUNT(*) FROM "person" U0 WHERE U0."id" = ("todo"."owner_id")) AS "n", '
            'LOWER("todo"."title") AS "l", CASE WHEN "todo"."done" THEN %s ELSE %s END AS "c", '
            'ROW_NUMBER() OVER (PARTITION BY "todo"."owner_id" ORDER BY "todo"."at") AS "r", '
            'SUM("todo"."votes") OVER (PARTITION BY "todo"."owner_id") AS "s" FROM "todo"'
        ),
        Select((TODO,), (out("todo.id"), *(Output(name, None) for name in "nlcrs")), ()),
    ),
    (
        "postgresql",
        f'SELECT {_ID} FROM "todo" WHERE {_ID} = %s FOR UPDATE NOWAIT',
        Select((TODO,), (out("todo.id"),), (eq("todo.id", 0),)),
    ),
    (
        "postgresql",
        f'SELECT {_ID} FROM "todo" WHERE {_ID} = %s LIMIT 21 FOR UPDATE OF "todo" SKIP LOCKED',
        Select((TODO,), (out("todo.id"),), (eq("todo.id", 0),), limit=Const(21)),
    ),
    (
        "mysql",
        "SELECT `todo`.`id` FROM `todo` WHERE `todo`.`id` = %s LIMIT 21 FOR UPDATE",
        Select((TODO,), (out("todo.id"),), (eq("todo.id", 0),), limit=Const(21)),
    ),
    (  # by hand
        "sqlite",
        "select t.id, p.name from todo as t, person p where t.owner_id = p.id and p.name = ?",
        Select(
            (TableRef("t", "todo"), TableRef("p", "person")),
            (out("t.id"), out("p.name")),
            (same("t.owner_id", "p.id"), eq("p.name", 0)),
        ),
    ),
    (
        "postgresql",
        "SELECT id FROM todo WHERE owner_id = %(owner)s AND votes = %(votes)s",
        Select(
            (TODO,),
            (out("todo.id"),),
            (eq("todo.owner_id", "owner"), eq("todo.votes", "votes")),
        ),
    ),
]


@pytest.mark.parametrize(("vendor", "sql", "expected"), SELECTS)
def test_select(vendor: str, sql: str, expected: Select) -> None:
    assert analyse(sql, vendor) == expected


def test_the_left_side_of_a_right_join_may_be_without_a_row() -> None:
    found = read("SELECT t.id, p.id FROM todo t RIGHT JOIN person p ON t.owner_id = p.id", "postgresql")

    assert found.tables == (TableRef("t", "todo", outer=True), TableRef("p", "person"))


@pytest.mark.parametrize(
    ("vendor", "sql"),
    [
        (
            "sqlite",
            'SELECT "todo"."id" FROM "todo" WHERE "todo"."id" = %s UNION SELECT "tag"."id" FROM "tag"',
        ),
        (
            "postgresql",
            '(SELECT "todo"."id" FROM "todo" WHERE "todo"."id" = %s) UNION (SELECT "tag"."id" FROM "tag")',
        ),
        (
            "mysql",
            (
                "(SELECT `todo`.`id` FROM `todo` WHERE `todo`.`id` = %s) "
                "UNION ALL (SELECT `tag`.`id` FROM `tag`)"
            ),
        ),
    ],
)
def test_a_union_is_its_branches(vendor: str, sql: str) -> None:
    first = Select((TODO,), (out("todo.id"),), (eq("todo.id", 0),))

    assert analyse(sql, vendor) == Union((first, Select((TAG,), (out("tag.id"),), ())))


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT a.id FROM (SELECT id FROM todo) a", ["todo"]),
        ("WITH old AS (SELECT id FROM todo) SELECT id FROM old", ["todo"]),
        (
            "SELECT todo.id FROM todo JOIN (SELECT id FROM person) p ON p.id = todo.owner_id",
            ["todo", "person"],
        ),
    ],
)
def test_subqueries_are_read_as_what_they_are_of(sql: str, tables: list[str]) -> None:
    assert [table.table for table in read(sql, "postgresql").tables] == tables


def test_distinct_rows_are_counted() -> None:
    found = read(
        f'SELECT COUNT(*) FROM (SELECT DISTINCT {_ID} AS "col1" FROM {_JOIN} '
        'WHERE "person"."name" = %s) subquery',
        "sqlite",
    )

    assert [table.table for table in found.tables] == ["todo", "person"]
    assert (found.outputs[0].aggregate, found.aggregated, found.limited) == ("count", True, False)
    assert any(isinstance(item, Equal) and item.value == Param(0) for item in found.predicates)


def test_question_marks_are_numbered_as_they_are_written() -> None:
    found = read("SELECT ? AS a FROM todo WHERE (title = ? AND votes IN (?, ?)) AND owner_id = ?", "sqlite")

    assert found.predicates == (
        eq("todo.title", 1),
        In(col("todo.votes"), (Param(2), Param(3))),
        eq("todo.owner_id", 4),
    )


def test_a_doubled_percent_sign_is_a_percent_sign() -> None:
    sql = "SELECT id FROM todo WHERE title = '100%%' AND votes = %s"

    assert read(sql, "sqlite").predicates == (Equal(col("todo.title"), Const("100%")), eq("todo.votes", 0))


def test_without_parameters_a_percent_sign_is_only_one() -> None:
    found = analyse("SELECT id FROM todo WHERE title = '100%%s'", "sqlite", has_params=False)

    assert isinstance(found, Select)
    assert found.predicates == (Equal(col("todo.title"), Const("100%%s")),)


# --- INSERT ---------------------------------------------------------------------------------


def params(*numbers: int) -> tuple[Operand, ...]:
    return tuple(Param(number) for number in numbers)


INSERTS: list[tuple[str, str, Insert]] = [
    (
        "sqlite",
        'INSERT INTO "person" ("name", "boss_id") VALUES (%s, %s) RETURNING "person"."id"',
        Insert("person", ("name", "boss_id"), (params(0, 1),), returning=("id",)),
    ),
    (
        "mysql",
        "INSERT INTO `person` (`name`, `boss_id`) VALUES (%s, %s)",
        Insert("person", ("name", "boss_id"), (params(0, 1),)),
    ),
    (  # MariaDB
        "mysql",
        "INSERT INTO `person` (`name`, `boss_id`) VALUES (%s, %s) RETURNING `person`.`id`",
        Insert("person", ("name", "boss_id"), (params(0, 1),), returning=("id",)),
    ),
    (
        "sqlite",
        'INSERT INTO "person" ("name", "boss_id") VALUES (%s, %s), (%s, %s) RETURNING "person"."id"',
        Insert("person", ("name", "boss_id"), (params(0, 1), params(2, 3)), returning=("id",)),
    ),
    (  # Django 4.2
        "sqlite",
        'INSERT INTO "person" ("name", "boss_id") SELECT %s, %s UNION ALL SELECT %s, %s',
        Insert("person", ("name", "boss_id"), (params(0, 1), params(2, 3))),
    ),
    (
        "postgresql",
        (
            'INSERT INTO "person" ("name", "boss_id") '
            'SELECT * FROM UNNEST((%s)::varchar[], (%s)::bigint[]) RETURNING "person"."id"'
        ),
        Insert("person", ("name", "boss_id"), (params(0, 1),), columnwise=True, returning=("id",)),
    ),
    (
        "postgresql",
        'INSERT INTO "tag" ("name") SELECT * FROM UNNEST((%s)::varchar[]) ON CONFLICT DO NOTHING',
        Insert("tag", ("name",), (params(0),), columnwise=True, on_conflict="ignore"),
    ),
    (
        "sqlite",
        'INSERT OR IGNORE INTO "todo_tags" ("todo_id", "tag_id") VALUES (%s, %s), (%s, %s)',
        Insert("todo_tags", ("todo_id", "tag_id"), (params(0, 1), params(2, 3)), on_conflict="ignore"),
    ),
    (
        "mysql",
        "INSERT IGNORE INTO `todo_tags` (`todo_id`, `tag_id`) VALUES (%s, %s)",
        Insert("todo_tags", ("todo_id", "tag_id"), (params(0, 1),), on_conflict="ignore"),
    ),
    (
        "sqlite",
        (
            'INSERT INTO "tag" ("id", "name") VALUES (%s, %s) '
            'ON CONFLICT("id") DO UPDATE SET "name" = EXCLUDED."name" RETURNING "tag"."id"'
        ),
        Insert("tag", ("id", "name"), (params(0, 1),), returning=("id",), on_conflict="update"),
    ),
    (
        "mysql",
        "INSERT INTO `tag` (`id`, `name`) VALUES (%s, %s) ON DUPLICATE KEY UPDATE `name` = VALUES(`name`)",
        Insert("tag", ("id", "name"), (params(0, 1),), on_conflict="update"),
    ),
    (  # MySQL 8.0.19 and later
        "mysql",
        "INSERT INTO `tag` (`id`, `name`) VALUES (%s, %s) AS new ON DUPLICATE KEY UPDATE `name` = new.`name`",
        Insert("tag", ("id", "name"), (params(0, 1),), on_conflict="update"),
    ),
    ("sqlite", 'INSERT INTO "tag" DEFAULT VALUES', Insert("tag", (), ((),))),
    (
        "sqlite",
        "INSERT INTO tag (id, name, made) VALUES (NULL, 'new', DATE('now'))",
        Insert(
            "tag",
            ("id", "name", "made"),
            ((Const(None), Const("new"), Computed("CURRENT_DATE")),),
        ),
    ),
    (
        "postgresql",
        'INSERT INTO "tag" ("id", "name", "key") VALUES (DEFAULT, %s, %s::uuid)',
        Insert("tag", ("id", "name", "key"), ((Computed("DEFAULT"), Param(0), Param(1)),)),
    ),
]


@pytest.mark.parametrize(("vendor", "sql", "expected"), INSERTS)
def test_insert(vendor: str, sql: str, expected: Insert) -> None:
    found = analyse(sql, vendor)

    # What the database computes only has to be known as such; its text is the parser's.
    assert _without_texts(found) == _without_texts(expected)


def _without_texts(statement: Statement) -> Statement:
    if not isinstance(statement, Insert):
        return statement
    rows = tuple(
        tuple(Computed("") if isinstance(item, Computed) else item for item in row) for row in statement.rows
    )
    return Insert(
        statement.table,
        statement.columns,
        rows,
        statement.columnwise,
        statement.returning,
        statement.on_conflict,
    )


# --- UPDATE and DELETE ----------------------------------------------------------------------

UPDATES: list[tuple[str, str, Update]] = [
    (
        "sqlite",
        'UPDATE "todo" SET "title" = %s, "owner_id" = NULL WHERE "todo"."id" = %s',
        Update(TODO, (("title", Param(0)), ("owner_id", Const(None))), (eq("todo.id", 1),)),
    ),
    (
        "mysql",
        "UPDATE `todo` SET `title` = %s WHERE `todo`.`id` = %s",
        Update(TODO, (("title", Param(0)),), (eq("todo.id", 1),)),
    ),
    (  # F("votes") + 1
        "sqlite",
        'UPDATE "todo" SET "done" = %s, "votes" = ("todo"."votes" + %s) WHERE "todo"."title" = %s',
        Update(
            TODO,
            (("done", Param(0)), ("votes", Shifted("votes", Param(1), 1))),
            (eq("todo.title", 2),),
        ),
    ),
    (
        "mysql",
        "UPDATE `todo` SET `votes` = (`todo`.`votes` - %s)",
        Update(TODO, (("votes", Shifted("votes", Param(0), -1)),), ()),
    ),
    (
        "sqlite",
        "update todo set votes = votes + 1 where id = ?",
        Update(TODO, (("votes", Shifted("votes", Const(1), 1)),), (eq("todo.id", 0),)),
    ),
    (  # bulk_update
        "sqlite",
        (
            'UPDATE "todo" SET "title" = CASE WHEN ("todo"."id" = %s) THEN %s '
            'WHEN ("todo"."id" = %s) THEN %s '
            'ELSE NULL END WHERE "todo"."id" IN (%s, %s)'
        ),
        Update(
            TODO,
            (("title", Cases(((eq("todo.id", 0), Param(1)), (eq("todo.id", 2), Param(3))))),),
            (In(col("todo.id"), (Param(4), Param(5))),),
        ),
    ),
    (
        "postgresql",
        (
            'UPDATE "todo" SET "done" = (CASE WHEN ("todo"."id" = %s) THEN %s ELSE NULL END)::boolean '
            'WHERE "todo"."id" IN (%s)'
        ),
        Update(
            TODO,
            (("done", Cases(((eq("todo.id", 0), Param(1)),))),),
            (In(col("todo.id"), (Param(2),)),),
        ),
    ),
    (  # by conditions of any kind; what none of them says keeps its value
        "sqlite",
        (
            'UPDATE "todo" SET "votes" = CASE WHEN "votes" >= %s AND "votes" <= %s THEN "votes" + %s '
            'WHEN "done" THEN %s ELSE "votes" END'
        ),
        Update(
            TODO,
            (
                (
                    "votes",
                    Chosen(
                        (
                            (
                                (
                                    Compared(col("todo.votes"), ">=", Param(0)),
                                    Compared(col("todo.votes"), "<=", Param(1)),
                                ),
                                Shifted("votes", Param(2), 1),
                            ),
                            ((Equal(col("todo.done"), Const(True)),), Param(3)),
                        ),
                        Shifted("votes", Const(0), 1),
                    ),
                ),
            ),
            (),
        ),
    ),
    (
        "sqlite",
        'UPDATE "todo" SET "votes" = CASE WHEN "id" = %s THEN %s ELSE %s END',
        Update(TODO, (("votes", Chosen((((eq("todo.id", 0),), Param(1)),), Param(2))),), ()),
    ),
]


@pytest.mark.parametrize(("vendor", "sql", "expected"), UPDATES)
def test_update(vendor: str, sql: str, expected: Update) -> None:
    assert analyse(sql, vendor) == expected


@pytest.mark.parametrize(
    ("vendor", "assigned"),
    [
        ("sqlite", '(("todo"."votes" * %s) - %s)'),
        ("sqlite", "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')"),
        ("sqlite", '(COALESCE("todo"."title", %s) || COALESCE(%s, %s))'),
        ("postgresql", "STATEMENT_TIMESTAMP()"),
        ("mysql", "CURRENT_TIMESTAMP(6)"),
        ("sqlite", '(SELECT U0."name" FROM "person" U0 LIMIT 1)'),
        ("sqlite", 'CASE "todo"."votes" WHEN %s THEN %s ELSE %s END'),
    ],
)
def test_update_with_what_only_the_database_knows(vendor: str, assigned: str) -> None:
    table = "`todo`" if vendor == "mysql" else '"todo"'

    found = analyse(f"UPDATE {table} SET title = {assigned}", vendor)

    assert isinstance(found, Update)
    assert [(name, type(value)) for name, value in found.assignments] == [("title", Computed)]


def test_an_update_over_a_join_tells_which_table_and_what() -> None:
    sql = (
        'UPDATE "todo" SET "done" = %s WHERE "todo"."id" IN (SELECT U0."id" FROM "todo" U0 '
        'INNER JOIN "person" U1 ON (U0."owner_id" = U1."id") WHERE U1."name" = %s)'
    )

    found = analyse(sql, "sqlite")

    assert isinstance(found, Update)
    assert (found.table, found.assignments) == (TODO, (("done", Param(0)),))
    assert not isinstance(found.predicates[0], (Equal, In))


DELETES: list[tuple[str, str, tuple[Predicate, ...]]] = [
    ("sqlite", 'DELETE FROM "tag" WHERE "tag"."id" IN (%s)', (In(col("tag.id"), (Param(0),)),)),
    ("sqlite", 'DELETE FROM "tag" WHERE "tag"."name" = %s', (eq("tag.name", 0),)),
    ("mysql", "DELETE FROM `tag` WHERE `tag`.`id` IN (%s, %s)", (In(col("tag.id"), (Param(0), Param(1))),)),
    ("postgresql", 'DELETE FROM "tag"', ()),
]


@pytest.mark.parametrize(("vendor", "sql", "predicates"), DELETES)
def test_delete(vendor: str, sql: str, predicates: tuple[Predicate, ...]) -> None:
    assert analyse(sql, vendor) == Delete(TAG, predicates)


# --- transactions, and what neither reads nor writes ----------------------------------------


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("BEGIN", Transaction("begin")),
        ("BEGIN IMMEDIATE", Transaction("begin")),
        ("START TRANSACTION", Transaction("begin")),
        ('SAVEPOINT "s140648590105472_x1"', Transaction("savepoint", "s140648590105472_x1")),
        ("SAVEPOINT `s1_x1`", Transaction("savepoint", "s1_x1")),
        ('RELEASE SAVEPOINT "s1_x1"', Transaction("release", "s1_x1")),
        ("release s1_x1;", Transaction("release", "s1_x1")),
        ('ROLLBACK TO SAVEPOINT "s1_x1"', Transaction("rollback_to", "s1_x1")),
        ("ROLLBACK TO s1_x1", Transaction("rollback_to", "s1_x1")),
        ("COMMIT", Transaction("commit")),
        (" rollback ; ", Transaction("rollback")),
        ("PRAGMA foreign_keys", Harmless()),
        ("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", Harmless()),
        ("EXPLAIN SELECT 1", Harmless()),
        ("SELECT 1", Harmless()),
        ("SELECT VERSION()", Harmless()),
    ],
)
def test_statements_without_rows(sql: str, expected: Statement) -> None:
    assert analyse(sql, "postgresql") == expected


# --- what can't be read ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vendor", "sql", "writes"),
    [
        ("sqlite", "WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT n + 1 FROM t) SELECT n FROM t", False),
        ("sqlite", "SELECT 1 + (SELECT COUNT(*) FROM todo)", False),
        ("sqlite", "INSERT INTO todo (title) SELECT name FROM person", True),
        ("postgresql", "UPDATE todo SET title = p.name FROM person p WHERE p.id = todo.owner_id", True),
        ("postgresql", "DELETE FROM todo USING person p WHERE p.id = todo.owner_id", True),
        ("postgresql", "CALL tidy_up(%s)", True),
        ("sqlite", "CREATE TABLE x (id integer)", True),
        ("sqlite", "DROP TABLE x", True),
        ("sqlite", "SELECT FROM WHERE", False),
        ("sqlite", "SELECT ((((", False),
        ("sqlite", "not even SQL %s", True),
        ("nobody's", "SELECT id FROM todo WHERE (", False),
    ],
)
def test_what_is_not_understood_is_said_not_raised(vendor: str, sql: str, writes: bool) -> None:
    found = analyse(sql, vendor)

    assert isinstance(found, Unreadable)
    assert found.reason
    assert "\n" not in found.reason
    assert "\x1b" not in found.reason
    assert found.writes is writes


@pytest.mark.parametrize("sql", ["", " ", ";", "-- nothing", "/* nothing */", "\x00", "SELECT '", "(" * 3000])
def test_no_text_is_too_odd(sql: str) -> None:
    assert isinstance(analyse(sql, "sqlite"), (Unreadable, Harmless))


def test_the_same_text_is_parsed_once() -> None:
    assert analyse("SELECT id FROM todo", "sqlite") is analyse("SELECT id FROM todo", "sqlite")


def test_that_none_of_several_conditions_holds() -> None:
    statement = read(
        'SELECT 1 AS a FROM "todo" WHERE NOT ("todo"."done" OR NOT ("todo"."id" IN (%s)))', "sqlite"
    )

    assert statement.predicates == (
        Equal(col("todo.done"), Const(False)),
        In(col("todo.id"), (Param(0),)),
    )
