"""A pseudonym looks like the secret, stays the same, and tells nothing."""

import base64
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel2test.processors.pseudonyms import Pseudonyms
from otel2test.secrets.checksums import is_card_number

PSEUDONYMS = Pseudonyms(b"a key for tests")


def shape(text: str) -> str:
    return "".join("9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalnum() else c for c in text)


@given(st.text(max_size=60))
def test_length_and_classes_are_kept_and_nothing_stays_as_it_was(value: str) -> None:
    made = Pseudonyms(b"k").of(value)
    if value.lower().startswith("basic"):
        return
    assert shape(made) == shape(value)
    assert (made != value) == any(c.isalnum() for c in value)


@given(st.text(alphabet=st.characters(codec="ascii"), min_size=6))
def test_a_pseudonym_that_comes_by_again_stays_itself(value: str) -> None:
    pseudonyms = Pseudonyms(b"k")
    made = pseudonyms.of(value)
    assert pseudonyms.of(made) == made


def test_the_same_secret_and_key_give_the_same_pseudonym_another_key_another() -> None:
    assert Pseudonyms(b"one").of("correct horse 9") == Pseudonyms(b"one").of("correct horse 9")
    assert Pseudonyms(b"one").of("correct horse 9") != Pseudonyms(b"two").of("correct horse 9")


@pytest.mark.parametrize(
    "prefix",
    [
        "Bearer ",
        "sk_test_",
        "ghp_",
        "pbkdf2_sha256$600000$",
        "argon2$argon2id$v=19$m=102400,t=2,p=8$",
        "bcrypt_sha256$$2b$12$",
    ],
)
def test_public_beginnings_are_kept_and_what_follows_is_the_same_as_alone(prefix: str) -> None:
    tail = "Abc123/def+GHI"
    assert PSEUDONYMS.of(prefix + tail) == prefix + PSEUDONYMS.of(tail)


def test_basic_credentials_stay_readable_and_keep_the_user() -> None:
    made = PSEUDONYMS.of("Basic " + base64.b64encode(b"joe:hunter2!").decode())
    scheme, encoded = made.split()
    assert scheme == "Basic"
    assert base64.b64decode(encoded).decode() == "joe:" + PSEUDONYMS.of("hunter2!")


def test_scrypt_keeps_its_parameters() -> None:
    made = PSEUDONYMS.of("scrypt$16384$c2FsdA$8$1$aGFzaGhhc2g=").split("$")
    assert made[:2] == ["scrypt", "16384"]
    assert made[3:5] == ["8", "1"]


@pytest.mark.parametrize("number", ["4242424242424242", "4242 4242 4242 4242", "3782-822463-10005"])
def test_card_numbers_stay_card_numbers(number: str) -> None:
    made = PSEUDONYMS.of(number)
    assert made != number
    assert is_card_number(made)
    assert shape(made) == shape(number)


def test_hexadecimal_stays_hexadecimal_so_that_a_uuid_stays_one() -> None:
    value = uuid.UUID("12345678-1234-5678-90ab-cdef12345678")
    assert PSEUDONYMS.of_uuid(value) != value
    assert str(PSEUDONYMS.of_uuid(value)) == PSEUDONYMS.of(str(value))


@pytest.mark.parametrize("value", [0, 7, 123, -4711, 10**20])
def test_numbers_keep_their_digits_and_sign(value: int) -> None:
    made = PSEUDONYMS.of_int(value)
    assert len(str(made).lstrip("-")) == len(str(value).lstrip("-"))
    assert made <= 0 if value < 0 else made >= 0


def test_bytes_of_a_text_give_the_texts_pseudonym() -> None:
    assert PSEUDONYMS.of_bytes(b"hunter2!") == PSEUDONYMS.of("hunter2!").encode()
    assert len(PSEUDONYMS.of_bytes(b"\xff\xfe\x00")) == 3
    assert PSEUDONYMS.of_bytes(b"\xff\xfe\x00") != b"\xff\xfe\x00"


def test_a_secret_met_before_is_recognised_but_a_plain_word_is_not() -> None:
    pseudonyms = Pseudonyms(b"k")
    made = pseudonyms.of("s3cr3t-value")
    pseudonyms.of("password")
    assert pseudonyms.recognise("s3cr3t-value") == made
    assert pseudonyms.recognise("password") is None
    assert pseudonyms.recognise("never met 1") is None
