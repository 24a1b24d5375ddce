"""What replays teach: volatile places, keys to pin, rows there before, the clock; and what they don't."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from otel2test.inverting.feedback import Feedback, Kind, Place
from otel2test.proving.learning import learn
from otel2test.reading.exchanges import Exchange
from tests.proving.pairs import DAY, LATER, ORDERS, exchange, orders, page, place, users
from tests.recordings import START, call, query

SOON = START + 5 * 10**9
RECORDED = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def learnt(recording: Exchange, *replays: Exchange) -> Feedback:
    return learn([recording], [[replay] for replay in replays]).feedback


def told(feedback: Feedback) -> dict[tuple[Kind, tuple[str | int, ...]], tuple[object, ...]]:
    return {(place.kind, place.path): values for place, values in feedback.volatile.items()}


# --- what differs from run to run -----------------------------------------------------------


def test_what_differs_between_replays_is_volatile_with_all_its_values() -> None:
    def answered(code: str) -> Exchange:
        return exchange(
            answer={"lines": [{"code": code, "title": "Tea"}]}, response_headers=[("X-Code", code)]
        )

    assert told(learnt(answered("a"), answered("b"), answered("c"), answered("b"))) == {
        ("header", ("X-Code",)): ("a", "b", "c"),
        ("json", ("lines", 0, "code")): ("a", "b", "c"),
    }


def test_where_replays_agree_nothing_is_weakened() -> None:
    recording = exchange(orders(3, (7, "Tea")), answer={"title": "Tea", "lines": [1, 2], "total": 3})
    replay = exchange(orders(3), answer={"title": None, "lines": [2, 1], "total": 0})

    found = learn([recording], [[replay], [replay]])

    assert (found.feedback.volatile, found.feedback.unordered) == ({}, frozenset())
    assert found.first == (
        "SELECT … FROM shop_order WHERE shop_order.user_id = 3: 1 row recorded, 0 in the replay "
        "(missing: id=7, user_id=3, title='Tea')"
    )


def test_one_replay_makes_nothing_volatile() -> None:
    assert told(learnt(exchange(answer={"a": 1}), exchange(answer={"a": 2}))) == {}


def test_replays_that_end_in_different_ways_make_nothing_volatile() -> None:
    recording = exchange(answer={"a": 1})

    assert learnt(recording, exchange(answer={"a": 2}), exchange(status=500, answer={"a": 3})) == Feedback()


def test_what_one_replay_lacks_is_no_value_that_changes() -> None:
    recording = exchange(answer={"a": 1, "b": 1})

    assert told(learnt(recording, exchange(answer={"a": 1, "b": 2}), exchange(answer={"a": 1}))) == {}


def test_columns_of_created_rows_are_told_by_table_and_number() -> None:
    def made(first: str, second: str) -> Exchange:
        at = "2026-01-02 03:04:05"
        return exchange(place(1, 3, first, at), place(2, 3, second, at), method="POST")

    assert told(learnt(made("Tea", "x"), made("Tea", "y"), made("Tea", "z"))) == {
        ("created", ("shop_order", 1, "title")): ("x", "y", "z")
    }


def test_of_a_page_the_recorded_text_and_what_in_it_came_from_rows_are_told() -> None:
    def shown(title: str, code: str) -> Exchange:
        return exchange(
            orders(3, (7, title)), answer=page("Welcome", f"{title} has the code {code}", "Goodbye")
        )

    assert told(learnt(shown("Tea", "one"), shown("Tea", "two"), shown("Tea", "three"))) == {
        ("text", ("Tea has the code one",)): tuple(
            f"Tea has the code {code}" for code in ("one", "two", "three")
        )
    }
    assert ("text", ("Green tea",)) in told(
        learnt(shown("Green tea", "one"), shown("Black tea", "one"), shown("White tea", "one"))
    )


def test_each_request_of_a_test_has_its_number() -> None:
    def story(code: str) -> list[Exchange]:
        return [exchange(answer={"a": 1}), exchange(answer={"a": code})]

    found = learn(story("x"), [story("y"), story("z")])

    assert found.feedback.volatile == {Place("json", ("a",), 1): ("x", "y", "z")}
    assert found.first.startswith("request 2 (GET /): the response: ['a'] of its JSON: 'x' recorded")


def test_a_replay_that_broke_off_is_told() -> None:
    first, second = exchange(), exchange(path="/next/")

    assert (
        learn([first, second], [[first], [first]]).first
        == "request 2 (GET /next/) was not made in the replay"
    )
    assert learn([first, second], [[first, second]]) == learn([first], [[first]])
    assert learn([first], []).feedback == Feedback()


# --- order ----------------------------------------------------------------------------------


def listed(*titles: str, sql: str = ORDERS, keys: dict[str, int] | None = None) -> Exchange:
    """Return a request that shows the orders as they come."""
    numbered = keys or {"Tea": 7, "Milk": 9, "Beer": 10}
    rows = [(numbered[title], title) for title in titles]
    return exchange(orders(3, *rows, sql=sql), answer={"orders": [{"title": title} for title in titles]})


def test_lists_that_replays_give_in_different_orders_have_none() -> None:
    by_title = f'{ORDERS} ORDER BY "shop_order"."title"'
    recording, first, second = (
        listed(*titles, sql=by_title) for titles in (["Tea", "Milk"], ["Milk", "Tea"], ["Tea", "Milk"])
    )

    feedback = learnt(recording, first, second)

    assert feedback.unordered == {Place("json", ("orders",))}
    assert feedback.volatile == {}


def test_lists_of_rows_that_no_statement_sorts_have_no_order() -> None:
    recording, replay = listed("Tea", "Milk", "Beer"), listed("Milk", "Beer", "Tea")

    assert learnt(recording, replay, replay).unordered == {Place("json", ("orders",))}


def test_an_order_that_a_statement_asks_for_is_never_given_up() -> None:
    by_title = f'{ORDERS} ORDER BY "shop_order"."title"'
    recording, replay = listed("Tea", "Milk", sql=by_title), listed("Milk", "Tea", sql=by_title)

    assert learnt(recording, replay, replay).unordered == frozenset()


def test_where_keys_are_others_pinning_them_keeps_the_order() -> None:
    recording = listed("Tea", "Milk", "Beer")
    replay = listed("Milk", "Beer", "Tea", keys={"Milk": 1, "Beer": 2, "Tea": 3})

    feedback = learnt(recording, replay, replay)

    assert (feedback.unordered, feedback.pinned) == (frozenset(), frozenset({"shop_order"}))


# --- what the arranged state lacks ----------------------------------------------------------


def test_keys_that_show_are_pinned() -> None:
    def shown(key: int) -> Exchange:
        return exchange(orders(3, (key, "Tea")), answer=page(f"Order #{key}: Tea"))

    recording, hidden = shown(7), exchange(orders(3, (7, "Tea")), answer=page("Tea"))

    first, second = learnt(recording, shown(1), shown(1)), learnt(recording, shown(1), shown(2))
    assert first.pinned == second.pinned == {"shop_order"}
    assert second.volatile == {}  # pinned, it holds still
    assert learnt(hidden, exchange(orders(3, (1, "Tea")), answer=page("Tea"))).pinned == frozenset()


def test_keys_by_which_a_statement_sorts_are_pinned() -> None:
    by_key = f'{ORDERS} ORDER BY "shop_order"."id"'
    replay = listed("Milk", "Tea", sql=by_key, keys={"Milk": 1, "Tea": 2})

    assert learnt(listed("Tea", "Milk", sql=by_key), replay, replay).pinned == {"shop_order"}


def test_rows_that_every_replay_finds_besides_were_there_before() -> None:
    recording = exchange(users((1, "Ann")))
    more = exchange(users((1, "Ann"), (2, "Anonymous")))

    assert learnt(recording, more, more).present == {"auth_user"}
    assert learnt(recording, more, recording).present == frozenset()
    assert learnt(more, recording, recording).present == frozenset()


def test_rows_that_are_only_counted_are_there_too() -> None:
    def counted(number: int, sql: str = 'SELECT COUNT(*) AS "n" FROM "auth_user"') -> Exchange:
        return exchange(query(sql, [], columns=["n"], rows=[[number]]))

    assert learnt(counted(1), counted(2), counted(2)).present == {"auth_user"}
    assert learnt(counted(2), counted(1), counted(1)).present == frozenset()


# --- the clock ------------------------------------------------------------------------------

DUE = 'SELECT "shop_order"."id", "shop_order"."title" FROM "shop_order" WHERE "shop_order"."due" > %s'


def due(now: str, *titles: str, start: int) -> Exchange:
    rows = [(key, title) for key, title in enumerate(titles)]
    return exchange(query(DUE, [now], columns=["id", "title"], rows=rows), start=start)


def test_rows_compared_with_the_time_of_the_request_need_it() -> None:
    recording = due("2026-01-02 03:04:05", "Tea", start=START)
    replay = due("2026-02-11 03:04:05", start=LATER)
    same = due("2026-02-11 03:04:05", "Tea", start=LATER)
    at_a_set_time = [due("2026-01-05 00:00:00", *titles, start=START) for titles in (["Tea"], [])]

    feedback = learnt(recording, replay, replay)

    assert feedback == Feedback(clock=True)
    assert not learnt(recording, same, same).clock
    assert not learnt(at_a_set_time[0], at_a_set_time[1], at_a_set_time[1]).clock


def test_rows_that_time_alone_adds_were_not_there_before() -> None:
    recording = due("2026-01-02 03:04:05", start=START)
    replay = due("2026-02-11 03:04:05", "Tea", start=LATER)

    assert learnt(recording, replay, replay) == Feedback(clock=True)


def test_what_differs_a_day_later_where_the_program_looked_at_the_clock_needs_it() -> None:
    def aged(days: int, start: int, *, looks: bool = True) -> Exchange:
        now = RECORDED + dt.timedelta(microseconds=(start - START) // 1000)
        calls = [call("age", days, now=now)] if looks else []
        return exchange(answer={"days": days}, start=start, calls=calls)

    recording = aged(2, START)

    assert learnt(recording, aged(42, LATER), aged(43, LATER + DAY)) == Feedback(clock=True)
    assert told(learnt(recording, aged(42, LATER, looks=False), aged(43, LATER + DAY, looks=False))) == {
        ("json", ("days",)): (2, 42, 43)
    }


@pytest.mark.parametrize("later", [LATER + DAY, LATER + 60 * 10**9])
def test_a_time_that_is_only_shown_is_volatile(later: int) -> None:
    def shown(start: int) -> Exchange:
        now = (RECORDED + dt.timedelta(microseconds=(start - START) // 1000)).isoformat()
        return exchange(answer={"now": now}, start=start, calls=[call("f", now)])

    feedback = learnt(shown(START), shown(LATER), shown(later))

    assert not feedback.clock
    assert [*told(feedback)] == [("json", ("now",))]


def test_what_two_replays_of_one_day_do_not_share_is_not_the_clock() -> None:
    def lucky(number: int, start: int) -> Exchange:
        return exchange(answer={"lucky": number}, start=start)

    feedback = learnt(lucky(1, START), lucky(2, LATER), lucky(3, LATER + 10**9))

    assert not feedback.clock
    assert told(feedback) == {("json", ("lucky",)): (1, 2, 3)}


def test_a_token_stays_volatile_beside_the_clock() -> None:
    def made(token: str, days: int, start: int) -> Exchange:
        now = RECORDED + dt.timedelta(microseconds=(start - START) // 1000)
        calls = [call("age", days, now=now)]
        return exchange(answer={"token": token, "days": days}, start=start, calls=calls)

    feedback = learnt(
        made("a1b2c3d4e5f60718", 2, START),
        made("9f8e7d6c5b4a3921", 42, LATER),
        made("0a9b8c7d6e5f4a3b", 43, LATER + DAY),
    )

    assert feedback.clock
    assert [*told(feedback)] == [("json", ("token",))]


def test_feedback_of_a_replay_without_response_is_empty() -> None:
    def gone(**changes: Any) -> Exchange:
        return replace(exchange(), response=None, **changes)

    assert learnt(exchange(), gone(), gone()) == Feedback()
