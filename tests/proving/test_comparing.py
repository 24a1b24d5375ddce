"""A replayed request beside the recorded one: what matches, what doesn't, and how it is told."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from otel2test.attributes import QueryPayload
from otel2test.proving.comparing import Comparison, between, compare
from otel2test.proving.comparing.alignment import align
from otel2test.proving.comparing.clocks import Clock, Clocks, parsed
from otel2test.reading import exchanges, read
from otel2test.reading.effects import CacheAccess, CommitHook, Draw, Mail, SideEffects, StoredFile, Task
from otel2test.reading.exchanges import Body, Exchange, Messages, Outbound
from tests.proving.pairs import (
    LATER,
    ORDERS,
    SHOP,
    at_host,
    exchange,
    orders,
    page,
    place,
    sentences,
    users,
)
from tests.recordings import START, Node, failure, outbound, query, schema, told, user

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "spans"


def recordings() -> list[Any]:
    return [
        pytest.param(found, id=f"{file.stem}-{number}")
        for file in sorted(SAMPLES.rglob("*.json"))
        for number, found in enumerate(
            one for trace in read([str(file)]).traces for one in exchanges(trace)[0]
        )
    ]


def only(comparison: Comparison) -> str:
    """Return the sentence of the only divergence."""
    (divergence,) = comparison.divergences
    return divergence.sentence


# --- what is counted ------------------------------------------------------------------------


@pytest.mark.parametrize("recording", recordings())
def test_a_recording_matches_itself(recording: Exchange) -> None:
    comparison = compare(recording, recording)

    assert comparison.divergences == ()
    assert comparison.fidelity == 1
    assert comparison.matched == comparison.observations > 0
    assert between(recording, recording) == ()


@pytest.mark.parametrize("recording", recordings())
def test_a_missing_row_is_noticed_where_it_is_missing(recording: Exchange) -> None:
    sessions = {"django_session", "django_content_type"}
    for number, asked in enumerate(recording.queries):
        if not asked.rows or any(table in asked.sql for table in sessions):
            continue
        less = replace(asked, rows=asked.rows[:-1], fetched=None)
        queries = (*recording.queries[:number], less, *recording.queries[number + 1 :])

        comparison = compare(recording, replace(recording, queries=queries))

        (divergence,) = comparison.divergences
        assert (divergence.kind, divergence.position) == ("rows", asked.position)
        assert comparison.matched == comparison.observations - 1


def test_statement_and_rows_are_an_observation_each() -> None:
    both = exchange(users((1, "Ann")), answer={})
    answer_only = exchange(answer={})

    assert compare(both, both).observations == compare(answer_only, answer_only).observations + 2
    missing = compare(both, answer_only)
    assert (missing.observations, missing.matched) == (4, 2)  # with status and body
    extra = compare(answer_only, both)
    assert (extra.observations, extra.matched) == (4, 2)
    assert [each.difference for each in (*missing.divergences, *extra.divergences)] == ["missing", "extra"]


# --- primary keys ---------------------------------------------------------------------------


def test_keys_may_be_others_if_all_that_refers_to_them_follows() -> None:
    recording = exchange(
        users((3, "Ann"), (8, "Bob")),
        orders(3, (7, "Tea"), (9, "Milk")),
        orders(8),
        path="/users/3/",
        answer={"user": 3, "orders": [{"id": 7, "url": "/orders/7/"}, {"id": 9, "url": "/orders/9/"}]},
    )
    replay = exchange(
        users((1, "Ann"), (2, "Bob")),
        orders(1, (1, "Tea"), (2, "Milk")),
        orders(2),
        path="/users/1/",
        answer={"user": 1, "orders": [{"id": 1, "url": "/orders/1/"}, {"id": 2, "url": "/orders/2/"}]},
        start=LATER,
    )

    comparison = compare(recording, replay)

    assert comparison.fidelity == 1
    assert comparison.renamed == {"auth_user": {"3": "1", "8": "2"}, "shop_order": {"7": "1", "9": "2"}}
    assert comparison.shown == {"auth_user", "shop_order"}


def test_a_key_stands_for_one_key_only() -> None:
    recording = exchange(users((3, "Ann"), (8, "Bob")), orders(3, (7, "Tea")))
    replay = exchange(users((1, "Ann"), (2, "Bob")), orders(1, (7, "Tea")))
    of_another = exchange(users((1, "Ann"), (2, "Bob")), orders(2, (7, "Tea")))

    assert compare(recording, replay).fidelity == 1
    first, *_ = sentences(compare(recording, of_another).divergences)
    assert (
        first
        == "SELECT … FROM shop_order WHERE shop_order.user_id = 3: 3 for user_id recorded, 2 in the replay"
    )


def test_keys_that_people_choose_are_compared() -> None:
    sql = 'SELECT "shop_country"."code", "shop_country"."name" FROM "shop_country"'
    recording = exchange(query(sql, [], columns=["code", "name"], rows=[["DK", "Denmark"]]))
    replay = exchange(query(sql, [], columns=["code", "name"], rows=[["SE", "Denmark"]]))

    assert "shop_country.code: 'DK' recorded, 'SE' in the replay" in only(compare(recording, replay))


def test_a_number_that_is_no_key_is_compared_though_it_may_look_like_one() -> None:
    def answered(key: int, number: int) -> Exchange:
        return exchange(users((key, "Ann")), answer={"id": key, "count": number})

    assert compare(answered(3, 3), answered(1, 3)).fidelity == 1
    assert only(compare(answered(3, 3), answered(1, 1))) == (
        "the response: ['count'] of its JSON: 3 recorded, 1 in the replay"
    )


@pytest.mark.parametrize(
    ("recording", "replay", "alike"),
    [
        ("Your order #7 is placed", "Your order #1 is placed", True),
        ("Order 7 is placed", "Order 1 is placed", True),
        ("See /orders/7/?next=/orders/7/", "See /orders/1/?next=/orders/1/", True),
        ("7 items", "1 items", False),
        ("Order 7 is placed", "Order 2 is placed", False),
    ],
)
def test_keys_in_texts_are_known_by_what_stands_around(recording: str, replay: str, alike: bool) -> None:
    comparison = compare(
        exchange(orders(3, (7, "Tea")), answer=page(recording)),
        exchange(orders(1, (1, "Tea")), answer=page(replay)),
    )

    assert (comparison.fidelity == 1) is alike
    assert ("shop_order" in comparison.shown) is alike


def test_a_redirect_to_a_created_row_follows_its_key() -> None:
    def created(key: int, placed: str, start: int) -> Exchange:
        return exchange(
            place(key, 3, "Tea", placed),
            method="POST",
            status=302,
            response_headers=[("Location", f"/orders/{key}/")],
            start=start,
        )

    recording = created(57, "2026-01-02 03:04:05.001", START)
    comparison = compare(recording, created(1, "2026-02-11 03:04:05.001", LATER))

    assert comparison.fidelity == 1
    assert comparison.shown == frozenset()  # no test can pin the key of a row that the request makes


def test_content_types_are_known_by_their_models() -> None:
    sql = 'SELECT "t"."id" FROM "log" "t" WHERE "t"."kind" = %s'

    def logged(key: int, types: dict[str, str]) -> Exchange:
        told = {**SHOP, "content_types": types}
        return exchange(query(sql, [1], columns=["id"]), answer={"content_type_id": key}, schema=told)

    recording = logged(7, {"7": "shop.order", "8": "shop.country"})

    assert compare(recording, logged(12, {"12": "shop.order", "13": "shop.country"})).fidelity == 1
    assert compare(recording, logged(13, {"12": "shop.order", "13": "shop.country"})).fidelity < 1


def test_rows_that_look_alike_are_told_apart_by_keys_that_are_the_same() -> None:
    by_title = f'{ORDERS} ORDER BY "shop_order"."title"'
    recording = exchange(orders(3, (7, "Tea"), (8, "Tea"), sql=by_title))
    replay = exchange(orders(3, (8, "Tea"), (7, "Tea"), sql=by_title))

    comparison = compare(recording, replay)

    assert comparison.renamed == {}
    assert comparison.reordered == {"shop_order"}


def test_a_value_that_is_set_to_nothing_is_told() -> None:
    def updated(assignment: str, *params: object) -> Exchange:
        sql = f'UPDATE "shop_order" SET "title" = %s, "due" = {assignment} WHERE "shop_order"."id" = %s'
        return exchange(query(sql, params, rowcount=1))

    assert only(compare(updated("%s", "Tea", "2026-05-01", 7), updated("NULL", "Tea", 7))).endswith(
        "due = '2026-05-01' WHERE shop_order.id = 7 recorded, "
        "due = NULL WHERE shop_order.id = 7 in the replay"
    )


def test_a_decimal_may_be_handed_to_the_database_as_a_text() -> None:
    def asked(total: object) -> Exchange:
        sql = 'INSERT INTO "shop_order" ("title", "total") VALUES (%s, %s)'
        return exchange(query(sql, ("Tea", total), rowcount=1))

    assert compare(asked(Decimal("5.00")), asked("5.00")).fidelity == 1
    assert compare(asked("5.00"), asked(Decimal("5.00"))).fidelity == 1
    assert compare(asked(Decimal("5.00")), asked("5.01")).fidelity < 1
    assert compare(asked(5), asked("5")).fidelity < 1


def test_members_of_a_list_come_in_any_order() -> None:
    sql = 'SELECT "auth_user"."id", "auth_user"."name" FROM "auth_user" WHERE "auth_user"."id" IN (%s, %s)'

    def asked(*keys: int) -> Exchange:
        return exchange(query(sql, keys, columns=["id", "name"], rows=[(1, "Ann"), (3, "Bob")]))

    assert compare(asked(1, 3), asked(3, 1)).fidelity == 1
    assert compare(asked(1, 3), asked(1, 4)).fidelity < 1


# --- statements and their rows --------------------------------------------------------------


def test_the_sentence_names_what_is_missing() -> None:
    recording = exchange(orders(3, (7, "Tea"), (9, "Milk")))
    replay = exchange(orders(3, (9, "Milk")))

    assert only(compare(recording, replay)) == (
        "SELECT … FROM shop_order WHERE shop_order.user_id = 3: 2 rows recorded, 1 in the replay "
        "(missing: id=7, user_id=3, title='Tea')"
    )


def test_the_sentence_names_what_is_extra_and_of_which_table() -> None:
    recording = exchange(orders(3, (7, "Tea")))
    replay = exchange(orders(3, (7, "Tea"), (8, "Milk")))

    (divergence,) = compare(recording, replay).divergences

    assert "extra: id=8" in divergence.sentence
    assert divergence.excess == {"shop_order"}


def test_the_sentence_names_the_column() -> None:
    recording = exchange(orders(3, (7, "Tea"), (9, "Milk")))
    replay = exchange(orders(3, (1, "Tea"), (2, "Beer")))

    assert only(compare(recording, replay)).endswith(
        "shop_order.title: 'Milk' recorded, 'Beer' in the replay (id=9)"
    )


def test_one_missing_statement_does_not_shift_the_others() -> None:
    people = [(key, f"U{key}") for key in range(100, 140)]
    again = [(key - 90, name) for key, name in people]
    recording = exchange(users(*people), *(orders(key, (key, f"O{key}")) for key, _ in people))
    replay = exchange(
        users(*again), *(orders(key - 90, (key, f"O{key}")) for key, _ in people if key not in {110, 133})
    )

    comparison = compare(recording, replay)

    assert [each.position for each in comparison.divergences] == [12, 35]
    assert {each.difference for each in comparison.divergences} == {"missing"}
    assert comparison.observations - comparison.matched == 4


def test_a_missing_row_among_thousands_is_found() -> None:
    rows = [(key, f"Order {key}") for key in range(5000)]
    recording = exchange(orders(3, *rows))
    replay = exchange(orders(3, *(row for row in rows if row[0] not in {70, 4000})))

    sentence = only(compare(recording, replay))

    assert "missing: id=70, user_id=3, title='Order 70'; id=4000, " in sentence
    assert "more" not in sentence


def test_order_counts_where_a_statement_asks_for_it() -> None:
    recorded_rows, replayed_rows = [(7, "Tea"), (9, "Milk")], [(9, "Milk"), (7, "Tea")]
    by_title = f'{ORDERS} ORDER BY "shop_order"."title" ASC'
    by_user = f'{ORDERS} ORDER BY "shop_order"."user_id" ASC'

    def ordered(sql: str) -> Comparison:
        return compare(
            exchange(orders(3, *recorded_rows, sql=sql)), exchange(orders(3, *replayed_rows, sql=sql))
        )

    for sql in (ORDERS, by_user):  # all are of one user: none of them was asked to come first
        assert ordered(sql).fidelity == 1
        assert ordered(sql).reordered == {"shop_order"}
    assert only(ordered(by_title)).endswith("the same rows in another order")


def test_transactions_of_a_test_are_savepoints() -> None:
    recording = exchange(
        begin(savepoint=True),
        users((1, "Ann")),
        query('SAVEPOINT "s1_x1"'),
        query('ROLLBACK TO SAVEPOINT "s1_x1"'),
        query('RELEASE SAVEPOINT "s1_x1"'),
        query("COMMIT"),
        begin(savepoint=False),
        users((1, "Ann")),
        query("COMMIT"),
    )
    replay = exchange(
        query('SAVEPOINT "s9_x4"'),
        users((1, "Ann")),
        query('SAVEPOINT "s9_x5"'),
        query('ROLLBACK TO SAVEPOINT "s9_x5"'),
        query('RELEASE SAVEPOINT "s9_x5"'),
        query('RELEASE SAVEPOINT "s9_x4"'),
        users((1, "Ann")),
    )
    without = exchange(users((1, "Ann")), users((1, "Ann")))

    assert compare(recording, replay).fidelity == 1
    assert sentences(compare(recording, without).divergences)[0] == (
        "the beginning of a transaction: recorded, missing in the replay"
    )


def begin(*, savepoint: bool) -> Node:
    payload: QueryPayload = {"alias": "default", "vendor": "sqlite", "sql": "BEGIN", "savepoint": savepoint}
    return told(query("BEGIN"), QUERY=payload)


def test_what_keeps_sessions_is_left_out_with_its_transaction() -> None:
    recording = exchange(
        query("SELECT session_data FROM django_session WHERE session_key = %s", ["a"], columns=["d"]),
        query("BEGIN"),
        query("UPDATE django_session SET session_data = %s", ["x"], rowcount=1),
        query("COMMIT"),
        users((1, "Ann")),
    )

    assert compare(recording, exchange(users((1, "Ann")))).fidelity == 1


def test_a_login_is_the_clients_own_way() -> None:
    sql = 'SELECT "auth_user"."id", "auth_user"."password", "auth_user"."last_login" FROM "auth_user"'

    def read_back(password: str, login: object) -> Any:
        return query(sql, [], columns=["id", "password", "last_login"], rows=[[1, password, login]])

    recording = exchange(
        read_back("pbkdf2$x", None), query('UPDATE "auth_user" SET "password" = %s', ["y"], rowcount=1)
    )

    assert compare(recording, exchange(read_back("md5$y", "2026-02-11 03:04:05"))).fidelity == 1


def test_a_failure_is_what_came_back() -> None:
    recording = exchange(query("DELETE FROM shop_order", [], error=failure("django.db.utils.IntegrityError")))
    replay = exchange(query("DELETE FROM shop_order", [], rowcount=1))

    assert only(compare(recording, replay)).endswith(
        "failed with IntegrityError in the recording, succeeded in the replay"
    )


# --- times, chance, secrets -----------------------------------------------------------------


def test_times_move_with_their_request() -> None:
    def placed(when: str, start: int) -> Exchange:
        return exchange(query("UPDATE t SET at = %s", [when], rowcount=1), answer={"at": when}, start=start)

    recording = placed("2026-01-02T03:04:05.002Z", START)

    assert compare(recording, placed("2026-02-11T03:04:05.001Z", LATER)).fidelity == 1
    assert compare(recording, placed("2026-01-02T03:04:05.002Z", LATER)).fidelity == 1  # its clock was set
    assert compare(recording, placed("2026-02-10T03:04:05.001Z", LATER)).fidelity < 1
    in_two_weeks = placed("2026-01-16T03:04:05.002Z", START)
    assert compare(in_two_weeks, placed("2026-02-25T03:04:06Z", LATER)).fidelity == 1


def test_midnight_of_the_project_moves_by_days() -> None:
    zone = ZoneInfo("Europe/Copenhagen")
    recorded = dt.datetime(2026, 11, 21, 18, tzinfo=dt.UTC)
    replayed = dt.datetime(2026, 11, 22, 23, tzinfo=dt.UTC)
    clocks = Clocks(Clock(recorded, recorded, zone), Clock(replayed, replayed, zone))

    assert clocks.same("2026-10-21 22:00:00", "2026-10-22 22:00:00")
    assert not clocks.same("2026-10-21 22:00:00", "2026-10-29 22:00:00")
    assert not clocks.same("2026-10-21 21:00:00", "2026-10-22 21:00:00")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026-01-02", "2026-01-02"),
        ("Jan. 2, 2026, 3:04 a.m.", "2026-01-02"),
        ("2 January 2026", "2026-01-02"),
        ("2026/01/02", "2026-01-02"),
        ("1/2/2026 3:04 p.m.", "2026-01-02"),
        ("21st Nov 2026 07:14", "2026-11-21"),
        ("March 3rd, 2026", "2026-03-03"),
        ("21/11/2026", "2026-11-21"),
        ("Fri, 02 Jan 2026 03:04:05 GMT", "2026-01-02"),
        ("2026-13-02", None),
        ("2 apples and 2026", None),
    ],
)
def test_dates_are_read_in_the_forms_that_programs_write(text: str, date: str | None) -> None:
    found = parsed(text)

    assert (None if found is None else str(found)[:10]) == date


def test_a_date_in_words_moves_with_its_request() -> None:
    recording = exchange(answer=page("Ordered on Jan. 2, 2026, 3:04 a.m."))

    assert (
        compare(recording, exchange(answer=page("Ordered on Feb. 11, 2026, 9:30 p.m."), start=LATER)).fidelity
        == 1
    )
    assert (
        compare(recording, exchange(answer=page("Ordered on Feb. 9, 2026, 3:04 a.m."), start=LATER)).fidelity
        < 1
    )


def test_what_the_test_set_when_it_made_the_row_is_no_divergence() -> None:
    sql = 'SELECT "shop_order"."id", "shop_order"."placed", "shop_order"."due" FROM "shop_order"'

    def kept(placed: str, due: str, start: int) -> Exchange:
        rows = [[1, placed, due]]
        return exchange(query(sql, [], columns=["id", "placed", "due"], rows=rows), start=start)

    recording = kept("2025-12-24 18:00:00", "2026-03-01 00:00:00", START)

    assert compare(recording, kept("2026-02-11 03:04:04", "2026-03-01 00:00:00", LATER)).fidelity == 1
    assert compare(recording, kept("2026-02-11 03:04:04", "2026-02-11 03:04:04", LATER)).fidelity < 1


def test_what_was_drawn_is_another_value_everywhere() -> None:
    def drawn(token: str, shown: str) -> Exchange:
        made = exchange(
            query("INSERT INTO t (code) VALUES (%s)", [token], rowcount=1),
            answer={"code": shown, "url": f"/c/{shown}/"},
        )
        return with_effects(made, draws=(Draw("1", 0, "secrets.token_hex", token, "shop.views.f"),))

    recording = drawn("a1b2c3d4e5f60718", "a1b2c3d4e5f60718")

    assert compare(recording, drawn("9f8e7d6c5b4a3921", "9f8e7d6c5b4a3921")).fidelity == 1
    assert only(compare(recording, drawn("9f8e7d6c5b4a3921", "0000000000000000"))).startswith(
        "the response: ['code'] of its JSON"
    )


def test_a_token_that_was_given_is_no_chance() -> None:
    def given(token: str) -> Exchange:
        return exchange(query_string=f"code={token}", answer={"code": token})

    assert compare(given("a1b2c3d4e5f60718"), given("9f8e7d6c5b4a3921")).fidelity < 1


def test_pseudonyms_of_one_form_stand_for_the_same_secret() -> None:
    def kept(secret: str) -> Exchange:
        return exchange(query("UPDATE t SET token = %s", [secret], rowcount=1))

    recording = kept(
        "pbkdf2_sha256$1000000$Oas5SzBoV5gguHTEsGd1Tj$QHd2NPyI40lG301GO3/2q+x+v/FuDLZQWV4o3mICER8="
    )

    again = "pbkdf2_sha256$1000000$I8aLl2TMTi3mR2LMOKrZoP$A9u3fNEdXSg/IXaoKBnS98iije2im1WjvfbN+gN9NnR="
    assert compare(recording, kept(again)).fidelity == 1
    assert compare(recording, kept("nothing that bears the mark of a pseudonym")).fidelity < 1
    assert compare(kept("pzsed-72"), kept("curdl-95")).fidelity == 1
    assert compare(kept("pzsed-72"), kept("words-72")).fidelity < 1


# --- what the client saw --------------------------------------------------------------------


def test_keys_kept_without_a_foreign_key_follow_and_so_do_copied_times() -> None:
    log = 'INSERT INTO "log" ("object_id", "made", "level") VALUES (%s, %s, %s)'
    read_back = 'SELECT "shop_order"."id", "shop_order"."placed" FROM "shop_order"'

    def logged(key: int, made: str, *, of: int | None = None, level: int = 1, start: int = START) -> Exchange:
        rows = [[key, made]]
        return exchange(
            query(read_back, [], columns=["id", "placed"], rows=rows),
            query(log, [str(of or key), made, level], rowcount=1),
            start=start,
        )

    recording = logged(7, "2025-12-24 18:00:00")

    assert compare(recording, logged(1, "2026-02-11 03:04:04", start=LATER)).fidelity == 1
    other = logged(1, "2026-02-11 03:04:04", of=2, start=LATER)
    assert "'7' for object_id recorded, '2' in the replay" in only(compare(recording, other))
    assert compare(logged(7, "2025-12-24 18:00:00", level=7), logged(1, "2025-12-24 18:00:00")).fidelity < 1


def test_the_csrf_token_is_not_expected_of_the_test_client() -> None:
    def kept(**data: str) -> Exchange:
        return exchange(session={"before": {}, "after": {"form": {**data, "number": "3"}}})

    assert compare(kept(csrfmiddlewaretoken="a1"), kept()).fidelity == 1
    assert compare(kept(csrfmiddlewaretoken="a1", colour="red"), kept()).fidelity < 1


def test_the_first_word_that_differs_is_told() -> None:
    recording = exchange(answer=page("Hello Ann", "You have 3 messages from Bob"))
    replay = exchange(answer=page("Hello Ann", "You have no messages"))

    assert only(compare(recording, replay)) == (
        "the response: after 'Hello Ann You have' the page shows 'no messages' in the replay, "
        "'3 messages from Bob' recorded"
    )


def test_of_a_page_only_what_a_reader_sees_counts() -> None:
    token = '<input type="hidden" name="csrfmiddlewaretoken" value="{}"><script>x = "{}"</script><p>Hi</p>'

    assert (
        compare(exchange(answer=token.format("a", "b")), exchange(answer=token.format("c", "d"))).fidelity
        == 1
    )


def test_what_earlier_requests_left_to_be_shown_is_not_missed() -> None:
    recording = replace(
        exchange(answer=page("Order placed.", "Orders")), messages=Messages(before=((25, "Order placed."),))
    )

    assert compare(recording, exchange(answer=page("Orders"))).fidelity == 1
    with_a_button = replace(
        recording, response=exchange(answer=page("Close", "Order placed.", "Orders")).response
    )
    assert compare(with_a_button, exchange(answer=page("Orders"))).fidelity == 1
    assert compare(with_a_button, exchange(answer=page("Nothing"))).fidelity < 1


def test_each_header_that_the_view_set_counts() -> None:
    def headed(*headers: tuple[str, str]) -> Exchange:
        return exchange(answer={}, response_headers=headers)

    recording = at_host(
        headed(("X-Total", "3"), ("Link", "http://127.0.0.1:8000/next"), ("Date", "x")), "127.0.0.1:8000"
    )

    assert compare(recording, headed(("X-Total", "3"), ("Link", "http://testserver/next"))).fidelity == 1
    assert only(compare(recording, headed(("X-Total", "4"), ("Link", "http://testserver/next")))) == (
        "the response's X-Total: '3' recorded, '4' in the replay"
    )


def test_status_user_session_messages_and_exception_count() -> None:
    def made(**told: Any) -> Exchange:
        return exchange(users((3, "Ann")), answer={}, **told)

    session = {"before": {"basket": 1}, "after": {"basket": 2, "_auth_user_id": "3"}}
    recording = made(user=user(3), session=session, status=200)
    recording = replace(recording, messages=Messages(added=((25, "Done."),)))

    assert compare(recording, recording).fidelity == 1
    other = made(user=user(), session={"before": {}, "after": {"basket": 2}}, status=404)
    assert sentences(compare(recording, other).divergences) == [
        "the user: auth.User 3 recorded, nobody in the replay",
        "session['basket']: 1 became 2 recorded, None became 2 in the replay",
        "message 1: 'Done.' recorded, none in the replay",
        "the response's status: 200 recorded, 404 in the replay",
    ]
    raised = made(exception=failure("KeyError", "'colour'", "shop/views.py:3"))
    assert "the exception: none recorded, KeyError" in sentences(compare(made(), raised).divergences)[0]


# --- outbound calls and effects -------------------------------------------------------------


def test_an_outbound_call_is_what_was_sent_and_what_was_answered() -> None:
    def called(topic: str, price: int) -> Exchange:
        answer = {"price": price}
        return exchange(outbound("POST", "http://api.example/prices", json={"topic": topic}, answer=answer))

    assert compare(called("tea", 3), called("tea", 3)).fidelity == 1
    assert only(compare(called("tea", 3), called("milk", 3))) == (
        "POST http://api.example/prices: ['topic'] of its JSON: 'tea' recorded, 'milk' in the replay"
    )
    assert only(compare(called("tea", 3), called("tea", 4))).endswith(
        "['price'] of its JSON: 3 recorded, 4 in the replay"
    )
    assert only(compare(called("tea", 3), exchange())).endswith("recorded, not made in the replay")


def test_of_a_call_that_was_answered_before_the_recorder_only_the_address_counts() -> None:
    recording = exchange(outbound("POST", "http://api.example/prices", json={"a": 1}, answer={"b": 2}))

    def bare(url: str) -> Exchange:
        call = Outbound("00", 1, "requests", "POST", url, (), Body("unread"))
        return replace(exchange(), outbound=(call,))

    assert compare(recording, bare("http://api.example/prices")).fidelity == 1
    assert compare(recording, bare("http://api.example/other")).fidelity < 1


def with_effects(made: Exchange, **effects: Any) -> Exchange:
    return replace(made, effects=SideEffects(**effects))


def test_mails_tasks_caches_and_files_count_each() -> None:
    mail = Mail("1", 1, "Order 7", "Order 7 is placed.", "shop@example.com", ("ann@example.com",))
    task = Task("1", 2, "celery", "shop.tasks.pack", "id-1", (7,), {"gift": True})
    read_cache = CacheAccess("1", 3, "default", "get", ("order-7",), hits=(True,), values=("Tea",))
    file = StoredFile("1", 4, "storages.Media", "save", "notes/list_aB3dE6g.txt", content=b"Tea")

    def made(key: int, **changes: Any) -> Exchange:
        number = str(key)
        effects: dict[str, Any] = {
            "mails": (replace(mail, subject=f"Order {number}", body=f"Order {number} is placed."),),
            "tasks": (replace(task, arguments=({"order_id": key},), id=number),),
            "cache": (replace(read_cache, keys=(f"order-{number}",)),),
            "files": (replace(file, name="notes/list.txt" if key == 1 else file.name),),
        }
        return with_effects(exchange(orders(3, (key, "Tea"))), **{**effects, **changes})

    assert compare(made(7), made(1)).fidelity == 1
    assert only(compare(made(7), made(7, mails=()))).endswith("recorded, missing in the replay")
    assert "args is ({'order_id': 8},)" in only(
        compare(made(7), made(7, tasks=(replace(task, arguments=({"order_id": 8},)),)))
    )
    missed = replace(read_cache, hits=(False,), values=(None,))
    assert only(compare(made(7), made(7, cache=(missed,)))) == (
        "cache.get('order-7'): hit is (False,) in the replay, (True,) recorded"
    )
    assert "content is b'Milk'" in only(compare(made(7), made(7, files=(replace(file, content=b"Milk"),))))


def test_a_cache_may_be_asked_for_what_belongs_to_the_session() -> None:
    def asked(session: str, key: str) -> Exchange:
        access = CacheAccess("1", 3, "default", "get", (f"files_{key}",), hits=(False,), values=(None,))
        return with_effects(exchange(cookies={"sessionid": session}), cache=(access,))

    recording = asked("a1b2c3d4e5f60718", "a1b2c3d4e5f60718")

    assert compare(recording, asked("9f8e7d6c5b4a3921", "9f8e7d6c5b4a3921")).fidelity == 1
    assert compare(recording, asked("9f8e7d6c5b4a3921", "of nobody")).fidelity < 1


def test_what_waits_for_the_commit_runs_after_the_request_of_a_test() -> None:
    mail = Mail("1", 90, "Placed", "", "shop@example.com", ("ann@example.com",))
    early = replace(mail, start=10, subject="Early")
    hook = CommitHook("1", 5, "default", "shop.views.tell", ran=80)
    recording = with_effects(
        exchange(query("BEGIN"), query("COMMIT"), users((1, "Ann"))),
        mails=(early, mail),
        commit_hooks=(hook,),
    )
    waiting = with_effects(
        exchange(query("SAVEPOINT s"), query("RELEASE s")),
        mails=(early,),
        commit_hooks=(replace(hook, ran=None),),
    )
    ran = with_effects(exchange(query("BEGIN"), query("COMMIT")), mails=(early,), commit_hooks=(hook,))

    assert compare(recording, waiting).fidelity == 1
    assert len(compare(recording, ran).divergences) == 2
    assert (
        len(compare(recording, with_effects(waiting, commit_hooks=(replace(hook, ran=None),))).divergences)
        == 1
    )


# --- two replays ----------------------------------------------------------------------------


def places(first: Exchange, second: Exchange) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(place.kind, place.path) for place in between(first, second)]


def test_between_replays_everything_counts_to_the_letter() -> None:
    def made(key: int, code: str, placed: str, start: int) -> Exchange:
        return exchange(
            place(key, 3, f"Tea {code}", placed),
            answer={"id": key, "lines": [{"code": code}, {"code": "same"}], "tags": ["a", "b"]},
            response_headers=[("X-Code", code)],
            session={"before": {}, "after": {"code": code, "_auth_user_hash": code}},
            start=start,
        )

    first, second = made(1, "x", "2026-01-02 03:04:05", LATER), made(2, "y", "2026-01-03 03:04:05", LATER)

    assert set(places(first, second)) == {
        ("header", ("X-Code",)),
        ("json", ("id",)),
        ("json", ("lines", 0, "code")),
        ("session", ("code",)),
        ("created", ("shop_order", 0, "id")),
        ("created", ("shop_order", 0, "title")),
        ("created", ("shop_order", 0, "placed")),
    }


def test_between_replays_a_place_is_the_deepest_that_can_be_said() -> None:
    def listed(*items: object) -> Exchange:
        return exchange(answer={"items": [*items], "n": 1})

    assert places(listed(1, 2), listed(1, 3)) == [("json", ("items", 1))]
    assert places(listed(1, 2), listed(2, 1)) == [("json", ("items",))]
    assert places(listed(1, 2), listed(1, 2, 3)) == [("json", ("items",))]


# --- alignment ------------------------------------------------------------------------------


def test_alignment_is_the_longest_that_both_share() -> None:
    chance = random.Random(7)
    for _ in range(300):
        one = [chance.randrange(4) for _ in range(chance.randrange(10))]
        other = [chance.randrange(4) for _ in range(chance.randrange(10))]

        pairs = list(align([(item, item) for item in one], [(item, item) for item in other]))

        assert [i for i, _ in pairs if i is not None] == [*range(len(one))]
        assert [j for _, j in pairs if j is not None] == [*range(len(other))]
        shared = [(one[i], other[j]) for i, j in pairs if i is not None and j is not None]
        assert all(a == b for a, b in shared)
        assert len(shared) == longest(one, other)


def longest(one: list[int], other: list[int]) -> int:
    if not one or not other:
        return 0
    if one[0] == other[0]:
        return 1 + longest(one[1:], other[1:])
    return max(longest(one[1:], other), longest(one, other[1:]))


def test_schemas_without_models_compare_as_they_are() -> None:
    def plain(key: int) -> Exchange:
        return exchange(users((key, "Ann")), schema=schema())

    assert compare(plain(1), plain(1)).fidelity == 1
    assert compare(plain(1), plain(2)).fidelity < 1
