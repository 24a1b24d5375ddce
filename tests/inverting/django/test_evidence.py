"""What of the database could be seen from outside."""

import datetime as dt
import uuid

import pytest

from otel2test.attributes import FilePayload
from otel2test.inverting.django.evidence import Evidence, gather, parse_timestamp, request_tokens
from otel2test.inverting.jsons import parse_json
from tests.inverting.shop import SHOP
from tests.recordings import Node, outbound, recorded, request, view

UUID = uuid.UUID("12345678123456781234567812345678")
NOON = dt.datetime(2026, 1, 2, 12, 0, 0, 123456, tzinfo=dt.UTC)


def evidence(node: Node) -> Evidence:
    return gather([recorded(node).exchange()])


@pytest.mark.parametrize(
    "node",
    [
        request("GET", "/todos/50/"),
        request("GET", "/todo-50"),
        request("GET", "/", query_string="id=50"),
        request("POST", "/", form=[("todo", "50")]),
        request("POST", "/", json={"todo": [{"id": 50}]}),
        request("POST", "/", json=50),
        request("GET", "/", answer={"id": 50}),
        request("GET", "/", status=302, response_headers=[("Location", "/todos/50/?x=1")]),
        request("GET", "/", status=302, response_headers=[("location", "/?next=50")]),
        request("GET", "/", outbound("GET", "https://api.example.com/50")),
        request("GET", "/", outbound("POST", "https://api.example.com/", json={"id": 50})),
        request("GET", "/", outbound("GET", "https://api.example.com/", answer={"id": 50})),
        request("GET", "/", view=view("detail", pk=50)),
        request("GET", "/", session={"before": {"cart": [50]}, "after": {}}),
    ],
    ids=lambda node: node.name,
)
def test_a_key_is_seen(node: Node) -> None:
    assert evidence(node).mentions(50)
    assert not evidence(node).mentions(5)


def test_none_is_never_seen() -> None:
    assert not evidence(request("GET", "/None/")).mentions(None)


@pytest.mark.parametrize("text", [str(UUID), UUID.hex])
def test_a_uuid_is_seen_in_both_spellings(text: str) -> None:
    assert evidence(request("GET", f"/{text}/")).mentions(UUID)


@pytest.mark.parametrize(
    "text", ["2026-01-02T12:00:00.123456Z", "2026-01-02T12:00:00.123Z", "2026-01-02T13:00:00.123+01:00"]
)
def test_an_instant_is_seen_to_the_millisecond(text: str) -> None:
    found = evidence(request("GET", "/", answer={"at": text}))

    assert found.shows(NOON)
    assert not found.shows(NOON + dt.timedelta(milliseconds=1))


def test_a_date_is_seen() -> None:
    found = evidence(request("GET", "/", answer={"on": "2026-01-02"}))

    assert found.shows(dt.date(2026, 1, 2))
    assert not found.shows("2026-01-02")


def test_odd_bodies_say_nothing() -> None:
    node = request(
        "POST", "/", body={"kind": "json", "text": "{"}, answer={"kind": "binary", "base64": "AAA="}
    )

    assert not evidence(node).mentions(50)


def test_what_came_with_the_request_is_told_from_what_went_out() -> None:
    node = request("POST", "/a/", form=[("b", "c")], answer={"d": "e"})

    found = request_tokens(recorded(node).exchange())

    assert {"a", "c"} <= found
    assert "e" not in found


def test_lines_of_uploads_came_with_the_request() -> None:
    upload: FilePayload = {
        "field": "f",
        "name": "n.csv",
        "content_type": "text/csv",
        "size": 4,
        "content": "eA15",
    }

    node = request("POST", "/", body={"kind": "multipart", "files": [upload]})

    assert {"n.csv", "x", "y"} <= request_tokens(recorded(node).exchange())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02", dt.date(2026, 1, 2)),
        ("2026-01-02 03:04", dt.datetime(2026, 1, 2, 3, 4)),  # noqa: DTZ001 - none was said
        ("2026-01-02T03:04:05Z", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)),
        ("2026-02-30", None),
        ("2026-01-02T25:00:00Z", None),
        ("2026", None),
        ("2026-01-02x", None),
        ("", None),
        ("٢٠٢٦-٠١-٠٢", None),  # noqa: RUF001 - Arabic digits, which \d takes too
    ],
)
def test_timestamps(text: str, expected: object) -> None:
    assert parse_timestamp(text) == expected


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "[" * 100_000, "\ud800"], ids=["", "{", "NaN", "deep", "surrogate"]
)
def test_what_is_no_json_is_none(text: str) -> None:
    assert parse_json(text) is None


def test_what_a_field_that_is_no_key_is_called_shows_no_key() -> None:
    node = request("GET", "/", schema=SHOP, answer={"votes": 50, "title": "51", "owner": 52, "id": 53})

    assert [evidence(node).mentions(number) for number in (50, 51, 52, 53)] == [False, False, True, True]


@pytest.mark.parametrize("value", ["printers-7", "assign_7", "two-words-7"])
def test_a_key_behind_a_word_is_mentioned(value: str) -> None:
    found = gather([recorded(request("POST", "/", form=[("x", value)])).exchange()])

    assert found.mentions(7)
    assert not found.mentions(2)
