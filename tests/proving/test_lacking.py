"""What comparisons tell of the arranged state: what of rows differs, which are missing, how old they are."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from otel2test.inverting.feedback import Feedback
from otel2test.pipeline import feedback_payload
from otel2test.proving.comparing import compare
from otel2test.proving.learning import Learnt, learn
from otel2test.reading.exchanges import Exchange
from tests.proving.pairs import DAY, LATER, ORDERS, exchange, orders, place, users
from tests.recordings import Node, query

DUES = 'SELECT "shop_order"."id", "shop_order"."user_id", "shop_order"."due" FROM "shop_order"'
SAVED = 'UPDATE "shop_order" SET "user_id" = %s, "title" = %s WHERE "shop_order"."id" = %s'
SAVED_WITHOUT = 'UPDATE "shop_order" SET "user_id" = NULL, "title" = %s WHERE "shop_order"."id" = %s'
AGES = 'SELECT "shop_order"."id", "shop_order"."placed" FROM "shop_order"'
USER = ("shop_order", "user_id")
TITLE = ("shop_order", "title")
DUE = ("shop_order", "due")


def dues(*rows: tuple[int, int | None, str | None], sql: str = DUES) -> Node:
    return query(sql, [], columns=["id", "user_id", "due"], rows=rows)


def learnt(recording: Exchange, *replays: Exchange) -> Learnt:
    return learn([recording], [[replay] for replay in replays])


def needed(*columns: tuple[str, str]) -> Feedback:
    return Feedback(needed=frozenset(columns))


def sentence(recording: Exchange, replay: Exchange) -> str:
    (divergence,) = compare(recording, replay).divergences
    return divergence.sentence


# --- the columns that differ ----------------------------------------------------------------


def test_a_key_that_is_null_in_the_replay_is_needed() -> None:
    recording, replay = exchange(dues((7, 3, None))), exchange(dues((7, None, None)))

    found = learnt(recording, replay, replay)

    assert found.feedback == needed(USER)
    assert found.lacks == (needed(USER),)
    assert (
        found.first == "SELECT … FROM shop_order: shop_order.user_id: 3 recorded, None in the replay (id=7)"
    )


def test_so_is_what_is_null_in_a_statement_that_writes() -> None:
    recording = exchange(query(SAVED, [3, "Tea", 7], rowcount=1))
    replay = exchange(query(SAVED_WITHOUT, ["Tea", 7], rowcount=1))

    assert learnt(recording, replay, replay).feedback == needed(USER)


def test_what_was_written_otherwise_is_told_by_its_column() -> None:
    recording, replay = (exchange(query(SAVED, [3, title, 7], rowcount=1)) for title in ("Tea", "Milk"))

    assert learnt(recording, replay, replay).feedback == needed(TITLE)


def test_what_a_request_inserts_is_none_of_the_state() -> None:
    recording, replay = (exchange(place(7, 3, title, "2026-01-02")) for title in ("Tea", "Milk"))

    assert learnt(recording, replay, replay).lacks == ()


def test_by_what_a_statement_finds_rows_is_not_what_they_hold() -> None:
    sql = 'UPDATE "shop_order" SET "user_id" = %s WHERE "shop_order"."title" = %s'
    recording, replay = (exchange(query(sql, [3, title], rowcount=1)) for title in ("Tea", "Milk"))

    assert learnt(recording, replay, replay).lacks == ()


def test_what_one_replay_only_lacks_is_not_needed() -> None:
    recording, replay = exchange(dues((7, 3, None))), exchange(dues((7, None, None)))

    assert learnt(recording, replay, recording).lacks == ()


def test_what_is_alike_is_not_needed() -> None:
    recording, replay = exchange(orders(3, (7, "Tea"))), exchange(orders(1, (2, "Tea")))

    assert learnt(recording, replay, replay).lacks == ()


def test_all_is_tried_first_then_the_first_divergence_then_each_column_of_it() -> None:
    due = "2026-03-04 05:06:07"
    recording = exchange(dues((7, 3, due)), users((3, "Ann")))
    replay = exchange(dues((7, None, None)), users((3, "Bob")))

    name = ("auth_user", "name")
    assert learnt(recording, replay, replay).lacks == (
        needed(USER, DUE, name),
        needed(USER, DUE),
        needed(DUE),
        needed(USER),
    )


def test_of_a_story_the_requests_are_tried_together() -> None:
    recording = [exchange(dues((7, 3, None))), exchange(orders(3, (7, "Tea")))]
    replay = [exchange(dues((7, None, None))), exchange(orders(3, (7, "Milk")))]

    assert learn(recording, [replay, replay]).lacks == (needed(USER, TITLE), needed(USER))


# --- the rows that are missing --------------------------------------------------------------


def test_by_what_a_missing_row_was_asked_for_is_needed() -> None:
    recording, replay = exchange(orders(3, (7, "Tea"))), exchange(orders(3))

    lacking = Feedback(needed=frozenset({USER}), lacking=frozenset({"shop_order"}))
    assert learnt(recording, replay, replay).lacks == (lacking, needed(USER))


@pytest.mark.parametrize(("recorded", "replayed", "tables"), [(3, 2, {"shop_order"}), (2, 3, set())])
def test_rows_that_are_only_counted_may_be_too_few(
    recorded: int, replayed: int, tables: Iterable[str]
) -> None:
    def counted(number: int) -> Exchange:
        return exchange(query('SELECT COUNT(*) AS "n" FROM "shop_order"', [], columns=["n"], rows=[[number]]))

    feedback = learnt(counted(recorded), counted(replayed), counted(replayed)).feedback

    assert feedback.lacking == frozenset(tables)


def test_rows_that_a_statement_did_not_hit_are_missing() -> None:
    recording, replay = (exchange(query(SAVED, [3, "Tea", 7], rowcount=count)) for count in (1, 0))

    assert learnt(recording, replay, replay).feedback.lacking == {"shop_order"}


# --- how old rows are -----------------------------------------------------------------------


def aged(placed: str, answer: str, *, now: int) -> Exchange:
    row = query(AGES, [], columns=["id", "placed"], rows=[[7, placed]])
    return exchange(row, answer={"said": answer}, start=now)


def test_rows_must_be_as_old_as_they_were_where_nothing_else_tells_why() -> None:
    recording = aged("2025-01-02 03:04:05", "old", now=LATER - 40 * DAY)
    replay = aged("2026-02-11 03:04:05", "new", now=LATER)

    found = learnt(recording, replay, replay)

    ages = Feedback(needed=frozenset({("shop_order", "placed")}), clock=True)
    assert found.lacks == (ages,)
    assert found.feedback == ages


def test_their_age_is_of_no_account_where_the_replay_is_alike() -> None:
    recording = aged("2025-01-02 03:04:05", "old", now=LATER - 40 * DAY)
    replay = aged("2026-02-11 03:04:05", "old", now=LATER)

    assert learnt(recording, replay, replay).lacks == ()


# --- the sentence ---------------------------------------------------------------------------


def test_what_the_replay_has_nothing_for_is_told_first() -> None:
    def titled(title: str, due: str | None) -> Exchange:
        sql = 'SELECT "shop_order"."id", "shop_order"."title", "shop_order"."due" FROM "shop_order"'
        return exchange(query(sql, [], columns=["id", "title", "due"], rows=[(7, title, due)]))

    assert sentence(titled("Tea", "2026-03-04"), titled("Milk", None)) == (
        "SELECT … FROM shop_order: shop_order.due: '2026-03-04' recorded, None in the replay; "
        "shop_order.title: 'Tea' recorded, 'Milk' in the replay (id=7)"
    )


def test_rows_that_both_have_are_told_beside_those_that_one_has() -> None:
    sql = ORDERS
    keys = query(
        'SELECT "shop_order"."id" FROM "shop_order" WHERE "shop_order"."id" = %s', [7], columns=["id"]
    )
    recording = exchange(keys, orders(3, (7, "Tea"), (8, "Beer"), sql=sql))
    replay = exchange(keys, orders(3, (7, "Milk"), sql=sql))

    assert sentence(recording, replay).endswith(
        "2 rows recorded, 1 in the replay (missing: id=8, user_id=3, title='Beer'; "
        "unlike: shop_order.title: 'Tea' recorded, 'Milk' in the replay (id=7))"
    )


# --- in the manifest ------------------------------------------------------------------------


def test_what_is_needed_is_kept_in_the_manifest() -> None:
    feedback = Feedback(needed=frozenset({USER, DUE}), lacking=frozenset({"shop_order"}))

    told = feedback_payload.write(feedback)

    assert told == {"needed": [["shop_order", "due"], ["shop_order", "user_id"]], "lacking": ["shop_order"]}
    assert feedback_payload.read(told) == feedback


@pytest.mark.parametrize("told", ["due", [["shop_order"]], [["shop_order", "due", "x"]], [[1, 2]], {"a": 1}])
def test_what_makes_no_sense_there_is_passed_over(told: object) -> None:
    assert feedback_payload.read({"needed": told}) == Feedback()
