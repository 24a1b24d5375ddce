"""Secrets are replaced in every form in which values are recorded, by the same pseudonyms."""

import pytest

from otel2test.processors.redaction import Redactor, from_environment
from otel2test.values import Wire, decode, encode


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(b"a key for tests")


def test_a_secret_is_the_same_wherever_it_occurs(redactor: Redactor) -> None:
    secret = redactor.secret("hunter2-hunter2")
    assert redactor.redact_field("password", "hunter2-hunter2") == secret
    assert redactor.redact_headers([("X-Api-Key", "hunter2-hunter2")]) == [("X-Api-Key", secret)]
    assert redactor.redact_json('{"token": "hunter2-hunter2"}') == f'{{"token": "{secret}"}}'
    assert redactor.redact_query_string("token=hunter2-hunter2") == f"token={secret}"
    assert redactor.redact_mapping({"secret": "hunter2-hunter2"}) == {"secret": secret}
    assert redactor.redact_text("hunter2-hunter2") == secret


def test_headers(redactor: Redactor) -> None:
    headers = redactor.redact_headers(
        [
            ("Accept", "text/html"),
            ("Authorization", "Bearer abc123"),
            ("Cookie", "sessionid=abc123; theme=dark"),
            ("Set-Cookie", "csrftoken=xyz789; Path=/; HttpOnly"),
            ("Referer", "https://shop.org/?token=abc123"),
        ]
    )
    token = redactor.secret("abc123")
    assert headers == [
        ("Accept", "text/html"),
        ("Authorization", f"Bearer {token}"),
        ("Cookie", f"sessionid={token}; theme=dark"),
        ("Set-Cookie", f"csrftoken={redactor.secret('xyz789')}; Path=/; HttpOnly"),
        ("Referer", f"https://shop.org/?token={token}"),
    ]


def test_cookies_by_name_and_by_names_of_the_project(redactor: Redactor) -> None:
    cookies = {"sessionid": "abc1", "csrftoken": "abc2", "shop": "abc3", "theme": "dark"}
    assert redactor.redact_cookies(cookies, names=["shop"]) == {
        "sessionid": redactor.secret("abc1"),
        "csrftoken": redactor.secret("abc2"),
        "shop": redactor.secret("abc3"),
        "theme": "dark",
    }


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/orders/?page=2",
        "https://example.org",
        "mailto:joe@example.org",
        "/users/joe@example.org/?a=b@c",
        "//cdn.org/x#top",
        "https://[::1]:8000/x?q=%C3%A9+%zz",
    ],
)
def test_urls_without_secrets_stay_as_they_are(redactor: Redactor, url: str) -> None:
    assert redactor.redact_url(url) == url


def test_urls_with_secrets(redactor: Redactor) -> None:
    word, token = redactor.secret("pw123"), redactor.secret("t0ken")
    assert redactor.redact_url("https://joe:pw123@x.org:8000/a?q=é&token=t0ken#access_token=t0ken") == (
        f"https://joe:{word}@x.org:8000/a?q=é&token={token}#access_token={token}"
    )
    assert "ghp_0123" not in redactor.redact_url("https://ghp_0123456789abcdefghijABCDEFGHIJ@github.com/x")


def test_only_the_secret_parameter_is_encoded_anew(redactor: Redactor) -> None:
    query = redactor.redact_query_string("a=%7e&&b&password=p%20w1&c=x+y")
    assert query.startswith("a=%7e&&b&password=")
    assert query.endswith("&c=x+y")
    assert "p%20w1" not in query


@pytest.mark.parametrize(
    ("label", "field", "is_secret"),
    [
        ("auth.User", "password", True),
        ("auth.User", "username", False),
        ("authtoken.Token", "key", True),
        ("authtoken.Token", "user_id", False),
        ("shop.Product", "key", False),
        ("sessions.Session", "session_key", True),
        ("sessions.Session", "session_data", True),
        ("shop.Customer", "nickname", True),
        ("shop.Product", "nickname", False),
    ],
)
def test_columns(redactor: Redactor, label: str, field: str, is_secret: bool) -> None:
    redactor.add_names(["shop.Customer.nickname"])
    assert (redactor.redact_model_value(label, field, "abc123") != "abc123") is is_secret


@pytest.mark.parametrize(
    "wire",
    [
        "abc123",
        {"$tuple": ["abc123"]},
        {"$dict": [[1, "abc123"]]},
        {"a": [{"b": "abc123"}]},
        {"$object": {"type": "x.Y", "attributes": {"a": "abc123"}}},
        {"$cut": {"type": "str", "size": 9, "kept": "abc123"}},
        encode(b"abc123"),
    ],
)
def test_all_of_a_secret_is_scrambled(redactor: Redactor, wire: Wire) -> None:
    scrambled = redactor.redact_value("password", wire)
    assert scrambled != wire
    assert "abc123" not in str(decode(scrambled))
    assert redactor.redact_value("title", wire) == wire


@pytest.mark.parametrize(
    "wire",
    [None, True, 1.5, {"$date": "2026-01-02"}, {"$ref": "a.b"}, {"$lazy": "a.B"}, {"$decimal": "1.50"}],
)
def test_flags_dates_and_references_are_no_secrets(redactor: Redactor, wire: Wire) -> None:
    assert redactor.scramble(wire) == wire


def test_secrets_inside_a_wire_value(redactor: Redactor) -> None:
    secret = redactor.secret("abc123xyz")
    model: Wire = {"$model": {"model": "auth.User", "pk": 1, "fields": {"id": 1, "password": "abc123xyz"}}}
    wire: Wire = {
        "user": model,
        "form": {"$dict": [["token", "abc123xyz"], [1, "Milk"]]},
        "raw": ["?token=abc123xyz"],
    }
    assert redactor.redact_wire(wire) == {
        "user": {"$model": {"model": "auth.User", "pk": 1, "fields": {"id": 1, "password": secret}}},
        "form": {"$dict": [["token", secret], [1, "Milk"]]},
        "raw": [f"?token={secret}"],
    }


def test_bytes_are_redacted_as_the_text_they_are(redactor: Redactor) -> None:
    assert redactor.redact_bytes(b'{"password": "hunter2"}') == (
        f'{{"password": "{redactor.secret("hunter2")}"}}'.encode()
    )
    assert redactor.redact_bytes(b"\xff\xfe") == b"\xff\xfe"


def test_the_environment_gives_key_and_names() -> None:
    environ = {"OTEL2TEST_REDACTION_KEY": "s", "OTEL2TEST_REDACT": "badge_no, *_pin"}
    first, second = from_environment(environ), from_environment(environ)
    assert first.secret("abc123") == second.secret("abc123")
    assert first.is_secret_name("badge-no")
    assert first.is_secret_name("door_pin")
    assert from_environment({}).secret("abc123") != from_environment({}).secret("abc123")


@pytest.mark.parametrize("value", ["", "true", "False", "on"])
def test_a_switch_is_no_secret(redactor: Redactor, value: str) -> None:
    assert redactor.redact_field("password", value) == value


TOKEN = "c8x2fk-0f3b9a7d5e1c4b8a6f2d9e7c5b3a1f0e"


def test_a_link_in_a_letter_lets_nobody_in(redactor: Redactor) -> None:
    letter = f"Dear Ann,\n\nopen https://x.org/reset/MQ/{TOKEN}/?token=0p3n-s3same&page=2.\n\nYours"

    told = redactor.redact_prose(letter)

    assert TOKEN not in told
    assert "0p3n-s3same" not in told
    assert told.startswith("Dear Ann,\n\nopen https://x.org/reset/MQ/")
    assert told.endswith("&page=2.\n\nYours")


def test_and_is_the_same_link_when_it_is_followed(redactor: Redactor) -> None:
    link = f"https://x.org/reset/MQ/{TOKEN}/?token=0p3n-s3same"

    assert redactor.redact_prose(f"<a href='{link}'>") == f"<a href='{redactor.redact_url(link)}'>"
    path, query = (
        redactor.redact_path(f"/reset/MQ/{TOKEN}/"),
        redactor.redact_query_string("token=0p3n-s3same"),
    )
    assert f"{path}?{query}" in redactor.redact_prose(f"Open {link}")
