"""Values become text that is the same value again."""

import ast
import datetime as dt
import math
import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel2test.inverting.expressions import Anything, Attribute, Formatted, Name, Text, UploadedFile, Variable
from otel2test.values import Cut, EnumValue, Lazy, ModelValue, ObjectValue
from otel2test.writing.imports import Imports
from otel2test.writing.literals import Literals, UnwritableError, reasons

PARIS = dt.timezone(dt.timedelta(hours=1))


def evaluate(value: object, **variables: object) -> object:
    """Return what the literal of ``value`` gives in a module with the imports that it asked for."""
    imports = Imports()
    text = Literals(imports).write(value)
    namespace: dict[str, Any] = {**variables}
    exec("\n".join(imports.lines()), namespace)
    return eval(text, namespace)


HOSTILE = [
    "",
    "'",
    '"',
    "'\"",
    "'''",
    '"""',
    "\"\"\"'''",
    "\\",
    "\\'",
    '\\"',
    "\\\\n",
    "\n",
    "\r\n",
    "\t\x0b\x0c",
    "{}",
    "{x}",
    "{{x}}",
    "{x!r:>{y}}",
    "%s %(x)s %%",
    "# comment",
    "\x00",
    "\x1b[31m",
    "\x85\u2028\u2029",
    "\u202e\u2066evil\u2069",
    "\ud800",
    "\udfff x",
    "\N{PILE OF POO}",
    "e\u0301",
    "'; import os; '",
    '")\nimport os\n("',
    "{% raw %}{{ 7 * 7 }}",
    "</script>",
    "x" * 20_000,
]

PLAIN = [
    None,
    True,
    False,
    0,
    -1,
    10**30,
    1.5,
    -0.0,
    1e300,
    math.inf,
    -math.inf,
    b"",
    b"\x00'\"\\\xff",
    Decimal("1.50"),
    Decimal("-0"),
    Decimal("1E+5"),
    Decimal("Infinity"),
    uuid.UUID(int=7),
    dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
    dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
    dt.datetime(2026, 1, 2, 3, 4),  # noqa: DTZ001 - naive values are values too
    dt.date(2026, 1, 2),
    dt.time(),
    dt.time(1, 2, 3, 4),
    dt.time(1, 2, tzinfo=dt.UTC),
    dt.timedelta(),
    dt.timedelta(days=-1, microseconds=3),
    dt.timedelta.max,
    [],
    [1, [None]],
    (),
    (1,),
    (1, "a"),
    set(),
    {1, 2},
    frozenset(),
    frozenset({"a"}),
    {},
    {"a": {1: None}, None: b"", (1, 2): [3]},
]


@pytest.mark.parametrize("value", [*HOSTILE, *PLAIN], ids=lambda value: repr(value)[:30])
def test_a_literal_is_the_value(value: object) -> None:
    found = evaluate(value)

    assert (found, type(found), repr(found)) == (value, type(value), repr(value))


LONG = "You are receiving this because you, or someone else, tried to access an account.\r\n\r\nBye"


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (
            LONG,
            [
                "You are receiving this because you, or someone else, tried to access an ",
                "account.\r\n\r\n",
                "Bye",
            ],
        ),
        (
            f"The message <a href='/messages/7/' class='link' title='{'x' * 40}'>Hello</a> was added.",
            [
                "The message ",
                f"<a href='/messages/7/' class='link' title='{'x' * 40}'>Hello</a> ",
                "was added.",
            ],
        ),
        (f"{'x' * 70} {{{{ title|upper }}}} y", ["x" * 70 + " ", "{{ title|upper }} y"]),
        (f"{'x' * 70} is a < b y", ["x" * 70 + " is a ", "< b y"]),
        ("1\n2\n3", ["1\n2\n3"]),
        ("x" * 200, ["x" * 200]),
        ("a b\n" * 100, ["a b\n" * 100]),
        (" " * 100, [" " * 100]),
    ],
    ids=[
        "words",
        "a tag",
        "a template's brackets",
        "no tag",
        "short",
        "one word",
        "too many lines",
        "blanks",
    ],
)
def test_a_long_text_is_broken_between_words(value: str, lines: list[str]) -> None:
    text = Literals(Imports()).write(value)

    assert text == (f"({' '.join(map(repr, lines))})" if len(lines) > 1 else repr(value))
    assert ast.literal_eval(text) == value


@given(st.lists(st.sampled_from(["word", "\n", " ", "'", '"', "\\", "{", "}", "\u2028", "Ærø"]), min_size=60))
def test_a_broken_text_is_the_value(parts: list[str]) -> None:
    value = " ".join(parts)

    assert evaluate(value) == value
    assert evaluate(Formatted((value, Variable("x"), value)), x=7) == f"{value}7{value}"


def test_a_long_f_string_is_one_only_where_a_variable_stands() -> None:
    ticket = Attribute("ticket", "pk")

    text = Literals(Imports()).write(Formatted((f"{LONG} [", ticket, "] and so on")))

    assert text.startswith("('You are receiving")
    assert text.endswith(""" f"Bye [{ticket.pk}] and so on")""")


def test_a_time_of_any_zone_is_the_same_instant() -> None:
    value = dt.datetime(2026, 1, 1, 0, 30, tzinfo=PARIS)

    assert evaluate(value) == value


@pytest.mark.parametrize(
    "value",
    [
        dt.datetime.min.replace(tzinfo=PARIS),
        dt.datetime.max.replace(tzinfo=dt.timezone(-dt.timedelta(hours=1))),
    ],
)
def test_an_instant_that_utc_has_no_name_for_is_written_or_refused(value: dt.datetime) -> None:
    try:
        found = evaluate(value)
    except UnwritableError:
        return
    assert found == value


def test_what_equals_nothing_is_at_least_the_same() -> None:
    assert repr(evaluate([math.nan, Decimal("NaN")])) == repr([math.nan, Decimal("NaN")])


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.characters(categories=["Cs", "Cf", "Cc"])
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.datetimes()
    | st.datetimes(timezones=st.just(dt.UTC))
)
HASHABLE = st.recursive(SCALARS, lambda inner: st.tuples(inner, inner) | st.frozensets(inner), max_leaves=4)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: (
        st.lists(inner) | st.tuples(inner) | st.dictionaries(HASHABLE, inner) | st.sets(HASHABLE, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_any_nested_value(value: object) -> None:
    found = evaluate(value)

    assert found == value
    assert type(found) is type(value)


@given(VALUES)
def test_the_same_value_is_the_same_text(value: object) -> None:
    assert Literals(Imports()).write(value) == Literals(Imports()).write(value)


def test_sets_are_written_in_one_order() -> None:
    one, other = {"b", "a", "c"}, {"c", "b", "a"}

    assert Literals(Imports()).write(one) == Literals(Imports()).write(other) == "{'a', 'b', 'c'}"


# --- expressions ----------------------------------------------------------------------------


class Row:
    pk = 77
    title = "a'b\"c{d}"


def test_expressions() -> None:
    row = Row()

    assert evaluate(Variable("row"), row=row) is row
    assert evaluate(Attribute("row", "pk"), row=row) == 77
    assert evaluate(Text(Attribute("row", "pk")), row=row) == "77"
    assert evaluate({"a": [Variable("row"), Attribute("row", "pk")]}, row=row) == {"a": [row, 77]}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda value: repr(value)[:30])
def test_the_literal_parts_of_an_f_string(text: str) -> None:
    value = Formatted((text, Attribute("row", "pk"), text, Attribute("row", "title"), text))

    assert evaluate(value, row=Row()) == f"{text}77{text}{Row.title}{text}"


@given(st.lists(st.text() | st.just(Attribute("row", "pk"))))
def test_any_f_string(parts: list[str | Attribute]) -> None:
    expected = "".join(part if isinstance(part, str) else "77" for part in parts)

    assert evaluate(Formatted(tuple(parts)), row=Row()) == expected


def test_f_strings_of_old_pythons_hold_no_backslash_between_braces() -> None:
    text = Literals(Imports()).write(Formatted(("\n", Attribute("row", "pk"))))

    assert text == 'f"\\n{row.pk}"'


def test_anything_equals_anything() -> None:
    assert evaluate([Anything("drawn at random")]) == [object()]


def test_names_are_imported() -> None:
    assert evaluate(Name("decimal", "Decimal")) is Decimal
    assert evaluate(Name("builtins", "ValueError")) is ValueError


@pytest.mark.parametrize("text", HOSTILE, ids=lambda value: repr(value)[:30])
def test_uploads(text: str) -> None:
    imports = Imports()

    written = Literals(imports).write(UploadedFile(text, text.encode("utf-8", "surrogatepass"), text))

    call = ast.parse(written, mode="eval").body
    assert isinstance(call, ast.Call)
    told = [ast.literal_eval(item) for item in (*call.args, *(keyword.value for keyword in call.keywords))]
    assert told == [text, text.encode("utf-8", "surrogatepass"), *([text] if text else [])]


def test_an_enums_value_is_written() -> None:
    assert evaluate(EnumValue("shop.models.State", "NEW", "new")) == "new"


# --- what has no literal --------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Lazy("x"),
        Cut("str", 9, "x"),
        ModelValue("a.B", 1, {}),
        ObjectValue("a.B", {}),
        [{"a": Lazy("x")}],
        range(3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_literal_is_refused(value: object) -> None:
    with pytest.raises(UnwritableError, match="can't be written"):
        Literals(Imports()).write(value)


def test_subclasses_are_no_plain_values() -> None:
    class Sly(str):
        __slots__ = ()

        def __repr__(self) -> str:
            return "__import__('os').system('true')"

    with pytest.raises(UnwritableError):
        Literals(Imports()).write(Sly("x"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Anything("a"), ("a",)),
        ([Anything("a"), {"x": (Anything("b"), Anything("a"))}], ("a", "b")),
        ({"x": 1}, ()),
    ],
)
def test_reasons_are_told_once(value: object, expected: Iterable[str]) -> None:
    assert reasons(value) == expected


def test_a_text_too_long_to_be_read_is_one_string_with_variables_as_without() -> None:
    words = ("w" * 200 + " ") * 20

    text = Literals(Imports()).write(Formatted((words, Variable("x"))))

    assert text == f'f"{words}{{x}}"'
    assert Literals(Imports()).write(words) == repr(words)
