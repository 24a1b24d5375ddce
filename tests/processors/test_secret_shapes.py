"""Secrets in running text, found by what they look like."""

import json

import pytest

from otel2test.processors.redaction import Redactor

REDACTOR = Redactor(b"a key for tests")
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc123\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The quick brown fox.",
        "Basic authentication is not enough",
        "a bearer of bad-tidings came",
        "order 1700000000000 of 4111",
        "4242424242424241 fails the check",
        "id 42424242424242421234567",
        "https://example.org/?page=2&sort=name",
        '{"title": "Password rules", "token_type": "bearer"}',
        '<input name="title" value="Milk">',
        "task_sk_ghp_ AKIA eyJ $",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert REDACTOR.redact_text(text) == text


@pytest.mark.parametrize(
    ("before", "secret", "after"),
    [
        ("token is ", JWT, ", you know"),
        ("Authorization: ", "Bearer abc.DEF-123", "\nHost: x"),
        ("Authorization: ", "Basic am9lOmh1bnRlcjI=", "\n"),
        ("key ", "sk_live_abcdefgh12345678", "."),
        ("key ", "ghp_0123456789abcdefghijABCDEFGHIJ", ""),
        ("key ", "AKIAIOSFODNN7EXAMPLE", ""),
        ("hash ", "pbkdf2_sha256$600000$saltSALT12$abcdefghi0123=", ""),
        ("card ", "4242 4242 4242 4242", " expires"),
        ("postgres://joe:", "s3kret", "@db/shop"),
        ("GET /?a=1&access_token=", "abc123", "&b=2"),
        ("{'api_key': '", "zzz9", "', 'n': 1}"),
        ('<input type="hidden" name="csrfmiddlewaretoken" value="', "abcDEF123", '">'),
    ],
)
def test_the_secret_is_replaced_and_nothing_else(before: str, secret: str, after: str) -> None:
    assert REDACTOR.redact_text(before + secret + after) == before + REDACTOR.secret(secret) + after


def test_a_private_key_keeps_its_frame() -> None:
    redacted = REDACTOR.redact_text(PEM)
    assert "MIIabc123" not in redacted
    assert redacted.startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert redacted.endswith("\n-----END RSA PRIVATE KEY-----")


def test_an_encoded_parameter_is_the_same_secret_as_a_plain_one() -> None:
    secret = REDACTOR.secret("a/b c1")
    assert REDACTOR.redact_text("https://x.org/?token=a%2Fb+c1").startswith("https://x.org/?token=")
    assert REDACTOR.redact_url("https://x.org/?token=a%2Fb+c1") == REDACTOR.redact_text(
        "https://x.org/?token=a%2Fb+c1"
    )
    assert secret.count(" ") == 1


def test_json_keeps_all_but_the_secrets() -> None:
    text = '{ "b":1.50,"a" : 1e3, "password":"hunter2", "a":"twice", "é": "\\u00e9", "list": [1,\n2] }'
    expected = text.replace("hunter2", REDACTOR.secret("hunter2"))
    assert REDACTOR.redact_json(text) == expected


def test_everything_under_a_secret_key_is_secret() -> None:
    text = '{"credentials": {"user": "joe99", "n": [12, true, null]}, "n": 12}'
    redacted = json.loads(REDACTOR.redact_json(text))
    assert redacted["n"] == 12
    assert redacted["credentials"]["user"] == REDACTOR.secret("joe99")
    number, *rest = redacted["credentials"]["n"]
    assert number != 12
    assert rest == [True, None]


def test_json_without_secrets_stays() -> None:
    text = '{"title": "Milk", "tokens_used": 3}'
    assert REDACTOR.redact_json(text) == text


def test_json_that_breaks_off_is_redacted_as_far_as_it_goes() -> None:
    redacted = REDACTOR.redact_json('{"a": [1, 2], "password": "hunter2abc')
    assert redacted == '{"a": [1, 2], "password": "' + REDACTOR.secret("hunter2abc")


@pytest.mark.parametrize("text", ["", "]", "}{", '"', '{"a"', "no json", '{"title": "\\x"}'])
def test_what_is_no_json_breaks_nothing(text: str) -> None:
    assert REDACTOR.redact_json(text) == text


def test_non_ascii_secrets_in_json_stay_readable() -> None:
    secret = REDACTOR.secret("Größe-ß7")
    assert json.loads(REDACTOR.redact_json('{"password": "Größe-ß7"}'))["password"] == secret
