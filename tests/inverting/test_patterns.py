"""Texts that differ from run to run become patterns: of these and their like, and of nothing else."""

import re

import pytest

from otel2test.inverting.patterns import escaped, pattern_of

UUIDS = ["0b51b7a0-1d5c-4a52-9a4e-0c6f0f3f4a11", "7f4e1a52-88c1-4d0e-b1f3-2f0e5a6c9d20"]


@pytest.mark.parametrize(
    ("texts", "pattern", "another", "unlike"),
    [
        (["8fa0b1c2d3e4f506", "17a5c0ffee00d00d"], "[0-9a-f]{16}", "00112233aabbccdd", "00112233aabbccd"),
        (
            UUIDS,
            "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            "00000000-0000-4000-8000-000000000000",
            "0000-0000",
        ),
        (
            ["2026-01-02T03:04:05Z", "2026-01-02T03:04:06.123456Z"],
            r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?",
            "2027-11-12T00:00:00+02:00",
            "2027-11-12",
        ),
        (["2026-01-02", "2026-01-03"], r"\d{4}-\d\d-\d\d", "1999-12-31", "31/12/1999"),
        (["482113", "990417"], r"\d{6}", "000000", "48211"),
        (["7", "8"], r"\d+", "10", "ten"),
        (["/orders/7/", "/orders/12/"], r"/orders/\d+/", "/orders/345/", "/orders/"),
        (["my-trip-x7f3a", "my-trip-k29dd"], r"my-trip-[\w-]+", "my-trip-00000", "your-trip-00000"),
        (
            ["Your code is 482113.\nBye", "Your code is 990417.\nBye"],
            r"Your code is \d{6}\.\nBye",
            "Your code is 123456.\nBye",
            "Your code is 123456, Bye",
        ),
        (
            [f"/join/{uuid}/?again=1" for uuid in UUIDS],
            r"/join/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/\?again=1",
            f"/join/{UUIDS[0]}/?again=1",
            f"/join/{UUIDS[0]}/",
        ),
        (["token: aB3-x_9Q", "token: Qz-77-wR"], r"token: [\w-]{8}", "token: ________", "token: a"),
        (
            ["dK3-_9sLq0Zx", "-0sKw_q9dJ3a"],
            r"[\w-]{12}",
            "abcdefghijkl",
            "abcdefghijk",
        ),
    ],
)
def test_what_all_texts_match(texts: list[str], pattern: str, another: str, unlike: str) -> None:
    found = pattern_of(texts)

    assert found == pattern
    assert all(re.fullmatch(found, text) for text in [*texts, another])
    assert not re.fullmatch(found, unlike)


@pytest.mark.parametrize(
    "texts",
    [["red", "blue"], ["Monday", "Friday"], ["", "something new"], ["Ja!", "På gensyn"], ["a b", "c d e"]],
)
def test_words_have_no_pattern(texts: list[str]) -> None:
    assert pattern_of(texts) is None


def test_a_word_of_the_same_length_is_no_rule_for_others() -> None:
    pattern = pattern_of(["Have a nice Monday", "Have a nice Friday"])

    assert pattern is not None
    assert re.fullmatch(pattern, "Have a nice Wednesday")
    assert not re.fullmatch(pattern, "Have a bad Wednesday")


def test_nothing_in_a_text_is_an_operator() -> None:
    text = "a.b*c+d?[e](f){g}^$|\\ \"'ø\n\t\r-/ #"

    assert re.fullmatch(escaped(text), text)
    assert not re.fullmatch(escaped("a.b"), "axb")
    assert "\n" not in escaped(text)
