"""Many values looked at in one go: the same in Python and in C."""

from collections.abc import Iterable
from decimal import Decimal
from random import Random

import pytest

from otel2test.processors.cells import different_texts, fit_64_bits, kinds_of, places_of, weight_of
from otel2test.processors.hashes import Hashes

UNCHANGING: frozenset[type] = frozenset({int, str, bytes, bool, type(None), Decimal})


def hashes(texts: Iterable[str]) -> Hashes:
    made = Hashes()
    for text in texts:
        made.add(hash(text))
    return made


class Shout(str):
    """A text that is more than that."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("rows", "weight"),
    [
        ([], 0),
        ([()], 0),
        ([(1, None), (Decimal(2), True)], 4 * 16),
        ([("abc", b"de"), (1, "f")], 4 * 16 + 6),
        ([("a" * 10,)], 16 + 10),
        ([("a" * 11,)], None),
        ([(b"a" * 11,)], None),
        ([("a" * 10,)] * 4, None),
        ([(1,)] * 10, 10 * 16),
        ([[1]], None),
        ([(1,), None], None),
        ([([1],)], None),
        ([(1.5,)], None),
        ([(Shout("a"),)], None),
    ],
)
def test_rows_are_weighed_that_can_be_kept_as_they_are(rows: list[object], weight: int | None) -> None:
    assert weight_of(rows, UNCHANGING, 10, 100) == weight


def test_texts_of_any_length_may_be_kept() -> None:
    assert weight_of([("a" * 1000,)], UNCHANGING, None, 2000) == 1016


@pytest.mark.parametrize(
    ("cells", "texts", "at"),
    [
        (("a", "b", "a"), ["a", "b"], [0, 1, 0]),
        ((None, "a", None), [None, "a"], [0, 1, 0]),
        (("",), [""], [0]),
        ((), [], []),
    ],
)
def test_texts_are_told_once(cells: tuple[str | None, ...], texts: list[str | None], at: list[int]) -> None:
    known = hashes(filter(None, [*texts, "else"]))
    known.add(hash(""))

    assert different_texts(cells, set(), known, Hashes()) == (texts, at, True)


@pytest.mark.parametrize(
    ("cells", "secrets", "unknown", "recognisable"),
    [
        (("a", "b"), {"b"}, (), ()),
        (("a", "b"), set(), ("b",), ()),
        (("a", "b"), set(), (), ("a",)),
        (("a", "ä"), set(), (), ()),
        ((None, "a", "a\ud800"), set(), (), ()),
    ],
)
def test_texts_are_not_clean_where_one_is_not(
    cells: tuple[str | None, ...],
    secrets: set[object],
    unknown: tuple[str, ...],
    recognisable: tuple[str, ...],
) -> None:
    clean = hashes(cell for cell in cells if cell is not None and cell not in unknown)

    assert different_texts(cells, secrets, clean, hashes(recognisable))[2] is False


def test_places_are_found_in_order() -> None:
    data = b'{"content":1,"other":"\\"base64\\"","bas":2,"base64'

    assert places_of(data, (b"base64", b"content")) == [1, data.index(b'"base64'), data.rindex(b'"base64')]
    assert places_of(b"", (b"base64",)) == []
    assert places_of(b'"', (b"base64",)) == []
    assert places_of(b'"base6', (b"base64",)) == []


def test_types_are_told_once() -> None:
    assert kinds_of((1, "a", 2, None, "b", True, 1)) == {int, str, type(None), bool}
    assert kinds_of(()) == set()


@pytest.mark.parametrize(
    ("number", "fits"),
    [(0, True), (2**63 - 1, True), (-(2**63), True), (2**63, False), (-(2**63) - 1, False)],
)
def test_numbers_fit_64_bits(number: int, fits: bool) -> None:
    assert fit_64_bits((1, number, 2)) is fits


def test_hashes_are_a_set() -> None:
    random = Random(1)
    made, reference = Hashes(), set[int]()
    numbers = [0, -(2**63), 2**63 - 1, *(random.randrange(-(2**63), 2**63) for _ in range(3000))]
    for number in [*numbers, *random.sample(numbers, 500)]:
        assert (number in made) is (number in reference)
        made.add(number)
        reference.add(number)

    assert len(made) == len(reference)
    assert all(number in made for number in reference)
    assert not any(number + 1 in made for number in numbers[3:])

    made.clear()

    assert len(made) == 0
    assert not any(number in made for number in numbers)
