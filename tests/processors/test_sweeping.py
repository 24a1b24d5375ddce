"""Secrets that are known by now are found in bytes, in every form in which they may be written."""

import base64
import gc
import html
import json
import threading
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


class Cycle:
    """Something whose end is recorded, and comes whenever garbage is collected."""

    def __init__(self, known: KnownSecrets, left: list[int]) -> None:
        self.known, self.left, self.itself = known, left, self

    def __del__(self) -> None:
        if self.left:
            self.known.add(f"secret-{self.left.pop()}", "fedcba21-0")
            Cycle(self.known, self.left)


def test_garbage_that_ends_meanwhile_may_tell_of_secrets() -> None:
    known, left = KnownSecrets(), list(range(300))
    for number in range(50):
        known.add(f"abcdef{number:02}", f"fedcba{number:02}")

    def sweep() -> None:
        for _ in range(20):
            known.keep(0)
            assert known.sweep(b"abcdef12") == b"fedcba12"

    thread = threading.Thread(target=sweep, daemon=True)
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        Cycle(known, left)
        thread.start()
        thread.join(20)
    finally:
        gc.set_threshold(*threshold)
    assert not thread.is_alive()
    assert left == []


def test_what_is_kept_is_looked_for_always() -> None:
    known = KnownSecrets()
    known.add("abcdef12", "fedcba21")
    moment = known.now
    known.add("ghijkl34", "lkjihg43")
    known.keep(moment)
    known.forget(known.now)

    assert known.sweep(b"abcdef12 ghijkl34", known.now) == b"abcdef12 lkjihg43"


@pytest.mark.parametrize("secret", ["abcdef12", "abcdef-1234"])
def test_a_short_secret_in_base64(secret: str) -> None:
    known = KnownSecrets()
    known.add(secret, secret[::-1])
    found = known.sweep(base64.b64encode(secret.encode()))

    # The end depends on what follows, and is left.
    kept = len(secret) // 3 * 3
    assert base64.b64decode(found)[:kept].decode() == secret[::-1][:kept]


def test_what_is_forgotten_is_kept_no_more() -> None:
    known = KnownSecrets()
    known.add("abcdef12", "fedcba21")
    known.forget(known.now)

    assert known.sweep(b"abcdef12") == b"abcdef12"


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("name", ["content", "base64", "$bytes"])
@pytest.mark.parametrize("escaped", [True, False], ids=["in an attribute's text", "as it is"])
def test_wherever_in_bytes_a_secret_begins(before: str, name: str, escaped: bool) -> None:
    known = KnownSecrets()
    known.add("a1B2c3D4e5F6", "x9Y8z7W6v5U4")

    def line(secret: str) -> bytes:
        content = base64.b64encode(f"{before} it is {secret}.".encode() + b"\xff").decode()
        payload = json.dumps({"size": 1, name: content, "more": "bm90aGluZw=="}, separators=(",", ":"))
        return json.dumps({"value": payload}, separators=(",", ":")).encode() if escaped else payload.encode()

    assert known.sweep(line("a1B2c3D4e5F6")) == line("x9Y8z7W6v5U4")
    assert known.sweep(line("nothing")) == line("nothing")


def test_a_text_that_is_no_base64_stays() -> None:
    known = KnownSecrets()
    known.add("a1B2c3D4e5F6", "x9Y8z7W6v5U4")
    for content in ("no base64, but text", "YQ", "", "a1B2c3D4e5F6 there"):
        told = b'{"content":"%b"}' % content.encode()
        assert known.sweep(told) == told.replace(b"a1B2c3D4e5F6", b"x9Y8z7W6v5U4")
    assert known.sweep(b'{"content":"YTFCMmMzRDRlNUY2') == b'{"content":"eDlZOHo3VzZ2NVU0'
