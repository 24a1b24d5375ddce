"""A pseudonym carries a mark that anybody can verify, and a secret doesn't."""

import string
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel2test.processors.pseudonyms import Pseudonyms
from otel2test.secrets import marks


@given(st.text(alphabet=string.ascii_letters + string.digits + "-_./+=", min_size=1, max_size=80))
def test_what_was_marked_verifies_whatever_stands_between(text: str) -> None:
    characters = [character for character in text if character.isalnum()]
    made = marks.marked(characters, hexadecimal=False)

    assert len(made) == len(characters)
    assert (marks.strength("-".join(made)) > 0) == (len(made) >= 3)


@pytest.mark.parametrize(
    ("alphabet", "length", "bits"),
    [(string.ascii_letters + string.digits, 40, 24), ("0123456789abcdef", 32, 24), (string.digits, 6, 6)],
)
def test_a_mark_has_bits_enough_but_leaves_most_of_the_text(alphabet: str, length: int, bits: int) -> None:
    random = Random(alphabet)
    for _ in range(20):
        secret = "".join(random.choices(alphabet, k=length))
        strength = marks.strength(Pseudonyms(b"k").of(secret))
        assert bits <= strength < bits + 5


def test_chance_seldom_makes_a_mark() -> None:
    random = Random(1)
    drawn = ("".join(random.choices(string.ascii_letters + string.digits, k=20)) for _ in range(2000))

    assert [text for text in drawn if marks.strength(text)] == []


def test_different_secrets_keep_different_pseudonyms() -> None:
    pseudonyms = Pseudonyms(b"k")

    assert len({pseudonyms.of(f"{number:08d}") for number in range(500)}) >= 499
