"""Values in SQL of the program's own belong to the columns that they stand beside."""

import pytest

from otel2test.processors.raw_sql import hidden_sql, secret_placeholders, values
from otel2test.processors.redaction import redactor


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", []),
        ("SELECT * FROM a WHERE b = %s", [("b", 0)]),
        ('SELECT * FROM a x WHERE x."b" = ? AND x.c <> ?', [("b", 0), ("c", 1)]),
        ("SELECT a, %s FROM t WHERE b IN (%s, %s) OR c LIKE %s", [("b", 1), ("b", 2), ("c", 3)]),
        ("SELECT * FROM t WHERE LOWER(a) = LOWER(%s)", [("a", 0)]),
        ("SELECT * FROM t WHERE a = %(x)s AND b = %(y)s", [("a", "x"), ("b", "y")]),
        ("UPDATE t SET a = %s, `b` = %s WHERE c = %s", [("a", 0), ("b", 1), ("c", 2)]),
        ("INSERT INTO t (a, b) VALUES (%s, %s), (%s, %s)", [("a", 0), ("b", 1), ("a", 2), ("b", 3)]),
        ("INSERT INTO t (a, b) VALUES (NOW(), %s) RETURNING c", [("b", 0)]),
        ("-- a = %s\nSELECT * FROM t /* b = %s */ WHERE c = %s", [("c", 0)]),
    ],
)
def test_placeholders(sql: str, expected: list[tuple[str, int | str]]) -> None:
    assert [(value.column, value.placeholder) for value in values(sql)] == expected


def test_placeholders_of_secret_columns() -> None:
    assert secret_placeholders("INSERT INTO t (a, password) VALUES (%s, %s)") == {1}
    assert secret_placeholders("SELECT * FROM t WHERE token = %(t)s AND a = %(a)s") == {"t"}


def test_the_backslash_that_django_escapes_with_is_a_literal_of_its_own() -> None:
    sql = r"""SELECT * FROM t WHERE (token LIKE %s ESCAPE '\' AND "email" LIKE %s ESCAPE '\') LIMIT 21"""

    assert hidden_sql(sql) == sql
    assert [(value.column, value.placeholder) for value in values(sql) if value.placeholder is not None] == [
        ("token", 0),
        ("email", 1),
    ]


def test_literals_of_secret_columns_are_replaced() -> None:
    made = redactor.secret("hunter2-3")
    assert hidden_sql("INSERT INTO t (a, password) VALUES ('x', 'hunter2-3')") == (
        f"INSERT INTO t (a, password) VALUES ('x', '{made}')"
    )
    assert hidden_sql("SELECT 'Milk' FROM t WHERE api_key IN ('hunter2-3')") == (
        f"SELECT 'Milk' FROM t WHERE api_key IN ('{made}')"
    )
    assert hidden_sql("SELECT 'it''s' FROM t WHERE a = 'b'") == "SELECT 'it''s' FROM t WHERE a = 'b'"
