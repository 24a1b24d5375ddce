"""A page's source → its texts, with the elements around them."""

import pytest

from otel2test.inverting.markup import Tag, tags_of, texts_of, visible


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("", []),
        ("Milk", [("Milk", "Milk", "", "")]),
        ("<p>Milk</p>", [("Milk", "Milk", "p", "<p>Milk</p>")]),
        ("<P CLASS='a'>Milk</P>", [("Milk", "Milk", "p", "<P CLASS='a'>Milk</P>")]),
        (
            "<p>\n Tom &amp; <b>Jo</b></p>",
            [("Tom &", "Tom &amp;", "p", ""), ("Jo", "Jo", "p b", "<b>Jo</b>")],
        ),
        ("<p>\n one\n two</p>", [("one", "one", "p", ""), ("two", "two", "p", "")]),
        ("<br>a<img src='x'>b", [("a", "a", "", ""), ("b", "b", "", "")]),
        ("<ul><li>a<li>b</ul>c", [("a", "a", "ul li", ""), ("b", "b", "ul li", ""), ("c", "c", "", "")]),
        ('<a title="1 > 0">x</a>', [("x", "x", "a", '<a title="1 > 0">x</a>')]),
        ("<p>a</b>b</p>", [("a", "a", "p", ""), ("b", "b", "p", "")]),
        ("<!DOCTYPE html><html>a</html>", [("a", "a", "html", "<html>a</html>")]),
    ],
)
def test_texts(page: str, expected: list[tuple[str, str, str, str]]) -> None:
    found = [
        (text.text, text.source, " ".join(tag.name for tag in text.inside), text.element)
        for text in texts_of(page)
    ]

    assert found == expected


@pytest.mark.parametrize(
    "hidden",
    ["<!-- a -->", "<script>a</script>", "<STYLE>a</STYLE >", "<head>a</head>", "<template>a</template>"],
)
def test_what_no_reader_sees(hidden: str) -> None:
    assert visible(f"x{hidden}y") == "x y"


def test_attributes() -> None:
    (tag,) = tags_of('<p><Input NAME="a" value=\'Tom &amp; "Jo"\' size=3 checked></p>', "input")

    assert tag.attributes == {"name": "a", "value": 'Tom & "Jo"', "size": "3", "checked": ""}


def test_tags_of_some_names_in_order() -> None:
    assert [*tags_of("<a>1</a><b>2</b><a x>3</a>", "a")] == [Tag("a", "<a>"), Tag("a", "<a x>")]
