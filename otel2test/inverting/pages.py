"""A page's text → what a test may look for in it: the texts that a reader sees, and tags with attributes."""

import html
import re
from typing import Final

from otel2test.inverting.markup import visible

_TAG: Final = re.compile(r"<[^<>]*>")
_WITH_ATTRIBUTES: Final = re.compile(r"<[a-zA-Z][^<>]*=[^<>]*>")
_ELEMENT: Final = re.compile(r"<([a-zA-Z][\w-]*)[^<>]*>([^<>]*)</\1>")
_CSRF_FIELD: Final = 'name="csrfmiddlewaretoken"'


def lines_of(page: str) -> list[str]:
    """Return the texts between the tags of a page, as a reader sees them, in order."""
    texts = (html.unescape(text) for text in _TAG.split(visible(page)))
    return [text for text in (" ".join(text.split()) for text in texts) if text]


def tags_of(page: str) -> list[str]:
    """Return the tags that have attributes, in order: where links lead, what fields hold."""
    return [" ".join(tag.split()) for tag in _WITH_ATTRIBUTES.findall(page)]


def element_text(source: str) -> str:
    """Return what a reader sees of one element, ``<td>3</td>``; of anything else, the same text."""
    inside = _ELEMENT.fullmatch(source)
    return html.unescape(inside[2]) if inside is not None else source


def is_tag(text: str) -> bool:
    """Say whether a text is one that :func:`tags_of` gives, not one of :func:`lines_of`."""
    return _WITH_ATTRIBUTES.fullmatch(text) is not None


def looked_for(page: str, text: str) -> list[tuple[str, int]]:
    """Return by what in the source of a page a text or tag of it is known, and how often that stands there.

    As short as will do: where the text stands elsewhere, too, in an attribute or as a part of
    another, the brackets of the tags around it tell it apart. Several, where the source breaks it into
    lines; none, where it isn't there, or the source writes it in a way of its own.
    """
    if is_tag(text):
        needle = _CSRF_FIELD if _CSRF_FIELD in text else text
        return [(needle, page.count(needle))] if needle in page else []
    times = lines_of(page).count(text)
    if not times:
        return []
    for needle in dict.fromkeys((html.escape(text), text)):
        around = (needle, f">{needle}</", f">{needle}<")
        if any(page.count(each) == times for each in around):
            return [next((each, times) for each in around if page.count(each) == times)]
        if needle in page:
            return [(needle, page.count(needle))]
    broken = re.search(r"\s+".join(map(re.escape, html.escape(text).split())), page)
    pieces = broken[0].splitlines() if broken is not None else []
    return [(piece.strip(), page.count(piece.strip())) for piece in pieces if piece.strip()]
