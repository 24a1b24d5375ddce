"""What is told at a glance to hold no secret holds none; everything else is looked at."""

import re
from collections.abc import Iterator
from random import Random

import pytest

from otel2test.processors import sieve
from otel2test.processors.redaction import Redactor
from otel2test.processors.sieve import Sieve
from otel2test.secrets.names import STEMS, SecretNames
from otel2test.secrets.shapes import Shapes
from tests.secrets.corpus import SECRETS

needs_c = pytest.mark.skipif(
    Sieve.__module__ == sieve.__name__, reason="only in C is anything told at a glance"
)

SHAPES = {
    "usual": Shapes(),
    "personal": Shapes(
        SecretNames(personal=frozenset({"emails", "names", "phones"})), emails=True, phones=True
    ),
    "named": Shapes(SecretNames(["badge_no", "*_pin", "Größe"])),
    "patterned": Shapes(patterns=(re.compile(r"[A-Z]{3}-\d{2}"),)),
}
FRAMES = (
    *("{}", "so {} it is", "a={}&b=2", '{{"password": "{}"}}', "Token: {}", "x:{}", "X-Api-Key: {}\r\n"),
    *(
        "<input name='csrf' value='{}'>",
        "my_pin = '{}'",
        "badge_no={}",
        "joe@example.org {}",
        "call +49 171 {}",
    ),
)
FRAGMENTS = (
    *STEMS,
    *(
        "=",
        ": ",
        ":",
        "<b>",
        "-",
        "--",
        "$",
        "://",
        "@",
        "+49 171",
        " ",
        "12",
        "10:30",
        "AB12",
        "Bearer ",
        "q",
    ),
    *("pin", "badge_no", "ABC-12", "anna@example.org", "Größe", "\x00", "-----BEGIN"),
)


def texts() -> Iterator[str]:
    chance = Random(1977)
    for secret in SECRETS:
        for frame in FRAMES:
            yield frame.format(secret.text)
        for _ in range(100):
            start = chance.randrange(len(secret.text))
            piece = secret.text[start : start + chance.randrange(1, 50)]
            yield "".join(chance.choices([*FRAGMENTS, piece, piece, piece.upper()], k=chance.randrange(1, 9)))


@needs_c
@pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES)
def test_what_is_clean_holds_no_secret(shapes: Shapes) -> None:
    at_a_glance = Sieve(shapes)
    found = [text for text in texts() if shapes.find(text)]
    assert len(found) > len(SECRETS)
    assert [text for text in found if at_a_glance.is_clean(text)] == []


@needs_c
@pytest.mark.parametrize(
    "text",
    [
        *("Rye bread, sliced", "2 Milks: 240 1000 345", "2-milks:-240-1000-345", "at 10:30 on 2026-01-02"),
        *("passwords are asked for", "an accountant's card", "SELECT 1 FROM cats"),
    ],
)
def test_ordinary_texts_are_clean(text: str) -> None:
    assert Sieve(Shapes()).is_clean(text)


def test_a_name_that_is_added_counts_from_then_on() -> None:
    redactor = Redactor(b"a key for tests")
    text = "beak=abcdef12"
    assert redactor.redact_text(text) == text
    redactor.add_names(["beak"])
    assert redactor.redact_text(text) == f"beak={redactor.secret('abcdef12')}"
