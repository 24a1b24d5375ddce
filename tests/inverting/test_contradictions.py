"""What was made up for one query, or taken for another row, held against the other queries.

Each example is one that was found by :mod:`tests.inverting.test_properties`, made small.
"""

from typing import Final

import pytest

from otel2test.inverting import checking
from otel2test.inverting.collecting import collect
from otel2test.inverting.entities import Rows
from otel2test.inverting.facts import Ordering
from otel2test.inverting.solving import solve
from otel2test.reading.exchanges import Query
from tests.inverting.library import (
    CATALOG,
    JOIN,
    LEFT,
    Asked,
    Books,
    Persons,
    observe,
    observed_again,
    recorded,
    stocked,
)

_BOOK: Final = '"book"."id", "book"."title", "book"."pages", "book"."author_id", "book"."editor_id"'
_AUTHOR: Final = ', "person"."id", "person"."name", "person"."age"'
_EDITOR: Final = ', T2."id", T2."name", T2."age"'
_KEYS: Final = 'SELECT "book"."id" AS "id" FROM "book"'
_VALUES: Final = 'SELECT "book"."title" AS "title", "book"."pages" AS "pages" FROM "book"'
_COUNT: Final = 'SELECT COUNT(*) AS "__count" FROM "book"'
_EXISTS: Final = 'SELECT 1 AS "a" FROM "book" WHERE ("book"."title"'
_LAST_TWO: Final = 'ORDER BY "book"."id" DESC LIMIT 2'
_ADD: Final[Asked] = ('UPDATE "book" SET "pages" = ("book"."pages" + %s) WHERE "book"."pages" > %s', (1, 0))
_ADA: Final[Persons] = [("Ada", None)]


def _add_to(key: int) -> Asked:
    return 'UPDATE "book" SET "pages" = ("book"."pages" + %s) WHERE "book"."id" = %s', (1, key)


def _listed(joins: str = "", where: str = "", values: tuple[object, ...] = ()) -> Asked:
    """Return a query for rows without what identifies them."""
    return f'{_VALUES}{joins}{where} ORDER BY "book"."title" ASC, "book"."pages" ASC', values


def _keys(where: str, values: tuple[object, ...]) -> Asked:
    return f'{_KEYS}{where} ORDER BY "book"."id" DESC', values


@pytest.mark.parametrize(
    ("persons", "books", "asked"),
    [
        pytest.param(
            _ADA,
            [("Ale", 0, 0, None), ("Ale", 1, 0, None), ("Ale", 2, 0, None)],
            [
                (
                    (
                        f'SELECT {_BOOK}{_AUTHOR} FROM "book"{JOIN} WHERE (NOT ("book"."pages" = %s) OR '
                        '"book"."pages" > %s) ORDER BY "book"."pages" ASC, "book"."id" ASC LIMIT 2 OFFSET 1'
                    ),
                    (1, 3),
                ),
                (f'{_KEYS}{LEFT} ORDER BY "book"."id" DESC', ()),
            ],
            id="nothing-follows-the-last-page",
        ),
        pytest.param(
            [("Ada", None), ("Dee", None)],
            [("Ale", 0, 0, None), ("Ale", 0, 1, None)],
            [
                (
                    (
                        f'SELECT {_BOOK}{_AUTHOR} FROM "book"{JOIN} WHERE ("person"."name" = %s OR '
                        '"person"."name" = %s) ORDER BY "book"."title" ASC, "book"."id" DESC LIMIT 21'
                    ),
                    ("Dee", "Dee"),
                ),
                (f'{_KEYS}{JOIN}{LEFT} ORDER BY "book"."id" DESC LIMIT 2 OFFSET 1', ()),
            ],
            id="an-author-of-whom-nothing-was-seen-is-another",
        ),
        pytest.param(
            _ADA,
            [("Ale", 3, 0, 0)],
            [
                (
                    (
                        f'{_KEYS}{JOIN}{LEFT} WHERE (NOT ("book"."pages" = %s)) '
                        'ORDER BY "book"."id" DESC LIMIT 21'
                    ),
                    (0,),
                ),
                (
                    (
                        'SELECT COUNT(*) AS "__count" FROM "book" '
                        'WHERE ("book"."pages" > %s AND "book"."editor_id" IS NOT NULL)'
                    ),
                    (1,),
                ),
            ],
            id="the-row-that-was-seen-is-the-one-that-was-counted",
        ),
        pytest.param(
            _ADA,
            [("Ale", 3, 0, None), ("Ale", 0, 0, None), ("Ale", 2, 0, None)],
            [
                (f'{_KEYS} WHERE (NOT ("book"."pages" = %s)) ORDER BY "book"."id" DESC LIMIT 2', (1,)),
                (
                    (
                        f'SELECT {_BOOK}{_EDITOR} FROM "book"{LEFT} '
                        'ORDER BY "book"."pages" DESC, "book"."id" ASC LIMIT 2 OFFSET 1'
                    ),
                    (),
                ),
            ],
            id="what-stands-before-one-page-stands-after-another",
        ),
        pytest.param(
            _ADA,
            [("Ale", 0, 0, None), ("Ale", 0, 0, None)],
            [('DELETE FROM "book" WHERE "book"."id" = %s', (1,)), (f"{_VALUES}", ())],
            id="what-was-deleted-is-not-read-later",
        ),
        pytest.param(
            _ADA,
            [("Ale", 3, 0, None)],
            [(f"{_VALUES}", ()), ('UPDATE "book" SET "pages" = %s WHERE "book"."id" = %s', (3, 1))],
            id="what-was-read-before-a-write-is-of-before",
        ),
        pytest.param(
            _ADA,
            [("Ale", 2, 0, None)],
            [
                (f'{_KEYS} WHERE ("book"."pages" > %s) ORDER BY "book"."id" DESC LIMIT 21', (0,)),
                ('UPDATE "book" SET "pages" = %s WHERE "book"."editor_id" IS NULL', (3,)),
            ],
            id="what-a-row-had-to-have-is-not-what-was-written",
        ),
        pytest.param(
            _ADA,
            [("Ale", 0, 0, None)],
            [
                ('UPDATE "book" SET "title" = %s WHERE "book"."editor_id" IS NULL', ("Milk",)),
                (f'SELECT {_BOOK} FROM "book" ORDER BY "book"."pages" DESC, "book"."id" ASC', ()),
            ],
            id="a-write-hit-what-was-read-later",
        ),
        pytest.param(
            _ADA,
            [("Ale", 3, 0, None)],
            [
                (
                    'UPDATE "book" SET "pages" = ("book"."pages" + %s) WHERE "book"."pages" > %s',
                    (1, 1),
                ),
                (f'SELECT {_BOOK} FROM "book" ORDER BY "book"."pages" DESC, "book"."id" ASC', ()),
            ],
            id="what-was-added-to-is-what-was-read-less-that",
        ),
        pytest.param(
            _ADA,
            [("Ale", 1, 0, None), ("Wine", 0, 0, None)],
            [_add_to(1), _add_to(1), _listed()],
            id="what-was-added-to-twice-is-what-was-read-less-both",
        ),
        pytest.param(
            _ADA,
            [("Ale", 3, 0, None), ("Ale", 3, 0, None)],
            [(_COUNT, ()), _listed(), _ADD, _listed()],
            id="what-a-write-hit-had-been-listed-without-keys",
        ),
        pytest.param(
            [("Dee", None), ("Ada", 3)],
            [("Ale", 2, 0, 0), ("milk run", 1, 1, None)],
            [
                _listed(JOIN, ' WHERE "person"."name" = %s', ("Ada",)),
                ('UPDATE "book" SET "title" = %s WHERE "book"."id" = %s', ("Ale", 1)),
                _listed(JOIN, ' WHERE "person"."name" = %s', ("Ada",)),
            ],
            id="what-was-listed-is-not-what-had-become-something-else",
        ),
        pytest.param(
            _ADA,
            [("Milk", 2, 0, 0), ("Ale", 0, 0, None), ("Ale", 1, 0, None)],
            [
                ('UPDATE "book" SET "pages" = %s WHERE "book"."editor_id" IS NULL', (1,)),
                _keys(' WHERE NOT ("book"."pages" = %s)', (1,)),
            ],
            id="what-a-query-found-was-not-made-something-else",
        ),
        pytest.param(
            _ADA,
            [("Wine", 1, 0, None), ("Wine", 1, 0, 0), ("milk run", 3, 0, 0)],
            [
                (f'{_KEYS} WHERE ("book"."editor_id" IS NOT NULL) {_LAST_TWO}', ()),
                _listed("", ' WHERE ("book"."editor_id" IS NOT NULL)'),
                ('UPDATE "book" SET "pages" = ("book"."pages" + %s) WHERE "book"."editor_id" IS NULL', (1,)),
                _listed("", ' WHERE ("book"."editor_id" IS NOT NULL)'),
            ],
            id="a-row-was-not-hit-for-what-it-did-not-have",
        ),
        pytest.param(
            _ADA,
            [("Milk", 2, 0, 0), ("Ale", 0, 0, None)],
            [
                ('UPDATE "book" SET "pages" = %s WHERE "book"."id" = %s', (2, 2)),
                (
                    f"{_EXISTS} LIKE %s ESCAPE '\\' AND \"book\".\"title\" LIKE %s ESCAPE '\\') LIMIT 1",
                    ("%M%", "%k%"),
                ),
            ],
            id="a-text-contains-two-others",
        ),
        pytest.param(
            _ADA,
            [("Ale", 1, 0, None), ("Milk", 2, 0, None), ("Wine", 0, 0, None)],
            [
                ('UPDATE "book" SET "title" = %s WHERE "book"."pages" > %s', ("Wine", 0)),
                ('UPDATE "book" SET "pages" = %s WHERE "book"."pages" > %s', (1, 1)),
                (_COUNT, ()),
            ],
            id="one-write-hit-some-of-what-another-had-hit",
        ),
        pytest.param(
            _ADA,
            [("Ale", 0, 0, None)],
            [
                (_KEYS, ()),
                ('UPDATE "book" SET "pages" = %s WHERE "book"."editor_id" IS NULL', (1,)),
                ('UPDATE "book" SET "pages" = %s WHERE "book"."id" = %s', (2, 1)),
                ('SELECT "book"."id", "book"."pages" FROM "book" WHERE "book"."id" = %s', (1,)),
            ],
            id="what-a-write-set-was-set-again-before-it-was-read",
        ),
        pytest.param(
            _ADA,
            [("Ale", 0, 0, None)],
            [
                ('SELECT "book"."id", "book"."title" FROM "book"', ()),
                ('UPDATE "book" SET "title" = %s WHERE "book"."id" = %s', ("Wine", 1)),
                (
                    'UPDATE "book" SET "pages" = %s WHERE ("book"."title" = %s AND "book"."author_id" = %s)',
                    (3, "Wine", 1),
                ),
            ],
            id="a-write-hit-a-row-for-what-had-been-written-to-it",
        ),
    ],
)
def test_queries_agree(persons: Persons, books: Books, asked: list[Asked]) -> None:
    found = observed_again(stocked(persons, books), asked)

    assert (found.other, found.told) == ([], [])


def test_what_one_query_tells_is_not_made_up_where_another_finds_it() -> None:
    # As if somebody else had deleted two of three rows in between.
    asked: list[Asked] = [(f'{_COUNT} WHERE ("book"."pages" > %s)', (0,)), (_COUNT, ())]
    queries = [recorded(0, asked[0], [(3,)]), recorded(1, asked[1], [(1,)])]

    state = solve(collect(queries, CATALOG), CATALOG)

    assert len(state.entities) == 1
    assert [item.source.position for item in state.not_inverted] == [0]


def test_what_is_too_much_to_be_checked_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_MOST_ALTOGETHER", 1)
    asked: list[Asked] = [(_COUNT, ()), (f'{_COUNT} WHERE ("book"."pages" > %s)', (0,))]
    original = stocked(_ADA, [("Ale", 2, 0, None), ("Milk", 0, 0, None)])
    queries = [recorded(at, each, observe(original, each)) for at, each in enumerate(asked)]

    state = solve(collect(queries, CATALOG), CATALOG)

    assert len(state.entities) == 2
    (told,) = state.not_inverted
    assert told.reason.endswith("too many rows to look at")


def _positions_told(books: Books, asked: list[Asked]) -> list[int]:
    original = stocked(_ADA, books)
    queries: list[Query] = [recorded(at, each, observe(original, each)) for at, each in enumerate(asked)]
    return [item.source.position for item in solve(collect(queries, CATALOG), CATALOG).not_inverted]


def test_a_query_that_is_contradicted_after_a_write_is_told() -> None:
    everything = 'SELECT COUNT(*) AS "__count" FROM "book"'
    add = ('UPDATE "book" SET "pages" = ("book"."pages" + %s) WHERE "book"."pages" > %s', (1, 0))
    asked: list[Asked] = [add, (everything, ()), (everything, ())]
    original = stocked(_ADA, [("Ale", 2, 0, None)])
    seen = [observe(original, each) for each in asked]
    queries = [recorded(at, *each) for at, each in enumerate(zip(asked, seen, strict=True))]
    queries[2] = recorded(2, asked[2], [(3,)])

    state = solve(collect(queries, CATALOG), CATALOG)

    assert len({item.source.position for item in state.not_inverted} & {1, 2}) == 1


def test_queries_that_agree_are_not_told() -> None:
    asked: list[Asked] = [('DELETE FROM "book" WHERE "book"."pages" > %s', (0,)), (_KEYS, ())]

    assert _positions_told([("Ale", 2, 0, None), ("Ale", 0, 0, None)], asked) == []


def test_a_row_that_was_listed_without_its_key_is_the_one_that_is_changed_later() -> None:
    change = ('UPDATE "book" SET "pages" = ("book"."pages" + %s) WHERE "book"."id" = %s', (1, 2))

    assert _positions_told([("Ale", 0, 0, None), ("Milk", 1, 0, None)], [(_VALUES, ()), change]) == []


@pytest.mark.parametrize(("null_first", "expected"), [(True, -1), (False, 1)])
def test_null_sorts_first_or_last(null_first: bool, expected: int) -> None:
    term = Ordering("age", descending=False, null_first=null_first)

    assert term.compare(None, 3) == expected
    assert term.compare(3, None) == -expected
    assert term.compare(None, None) == 0


def test_what_is_undone_was_never_learnt() -> None:
    rows = Rows(CATALOG)
    book = rows.new("book")
    rows.journal = []

    person = rows.new("person")
    rows.undo(0)

    assert (book.undone, person.undone) == (False, True)
