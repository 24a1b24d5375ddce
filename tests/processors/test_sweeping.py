"""Secrets that are known by now are found in bytes, in every form in which they may be written."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest

from otel2test.processors.redaction import Redactor
from otel2test.processors.sweeping import KnownSecrets

SECRET = 'p&ss "w0rd"/é+1'


def test_another_key_has_other_pseudonyms() -> None:
    known = KnownSecrets()
    known.add("secret-0815", "pseudo-1111")
    assert known.sweep(b"the secret-0815") == b"the pseudo-1111"
    known.add("secret-0815", "pseudo-2222")
    assert known.sweep(b"the secret-0815") == b"the pseudo-2222"


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(b"a key for tests")


@pytest.mark.parametrize(
    "form",
    [
        str,
        quote,
        quote_plus,
        lambda text: quote(text, safe=""),
        html.escape,
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        lambda text: json.dumps(json.dumps(text))[1:-1],
        lambda text: base64.b64encode(text.encode()).decode()[:20],
    ],
)
def test_every_form(redactor: Redactor, form: object) -> None:
    assert callable(form)
    known = KnownSecrets()
    made = redactor.secret(SECRET)
    known.add(SECRET, made)

    assert known.sweep(f"a {form(SECRET)} b".encode()) == f"a {form(made)} b".encode()


@pytest.mark.parametrize("text", ["x12345678", "123456789", "word12345678word"])
def test_a_short_secret_has_to_stand_apart(text: str) -> None:
    known = KnownSecrets()
    known.add("12345678", "87654321")

    assert known.sweep(text.encode()) == text.encode()
    assert known.sweep(b"/12345678/\\n12345678 %2012345678") == b"/87654321/\\n87654321 %2087654321"


@pytest.mark.parametrize("secret", ["short1", "swordfish", "        "])
def test_what_stands_for_other_things_too_is_not_looked_for(secret: str) -> None:
    known = KnownSecrets()
    known.add(secret, "x")

    assert known.sweep(f"a {secret} b".encode()) == f"a {secret} b".encode()


def test_the_longest_is_replaced_first() -> None:
    known = KnownSecrets()
    known.add("abcdefgh-12345678", "ZZZZZZZZ-00000000")
    known.add("12345678", "99999999")

    assert known.sweep(b"abcdefgh-12345678") == b"ZZZZZZZZ-00000000"


def test_only_those_that_came_by_since_are_looked_for() -> None:
    known = KnownSecrets()
    known.add("abcdef12", "fedcba21")
    moment = known.now
    known.add("ghijkl34", "lkjihg43")

    assert known.sweep(b"abcdef12 ghijkl34", moment) == b"abcdef12 lkjihg43"
    known.add("abcdef12", "fedcba21")
    assert known.sweep(b"abcdef12 ghijkl34", moment) == b"fedcba21 lkjihg43"


def test_what_is_forgotten_is_kept_no_more() -> None:
    known = KnownSecrets()
    known.add("abcdef12", "fedcba21")
    known.forget(known.now)

    assert known.sweep(b"abcdef12") == b"abcdef12"
