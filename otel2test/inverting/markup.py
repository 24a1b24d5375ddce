"""A page's source → its texts, each with the elements that it stands in, and its tags that hold something.

No browser: tags are told by their brackets, elements by the tags that open and close them, and what is
never closed (``<li>``, ``<td>``) ends where the next of its kind begins.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_HIDDEN: Final = re.compile(
    r"<!--.*?-->|<(script|style|head|template)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE
)
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][\w:-]*)((?:\"[^\"]*\"|'[^']*'|[^<>\"'])*)>|<[^<>]*>")
_ATTRIBUTE: Final = re.compile(r"([\w:@.-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_EMPTY: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"})
_ENDED_BY_NEXT: Final = frozenset({"dd", "dt", "li", "option", "p", "td", "th", "tr"})


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that opens an element."""

    name: str
    """In lower case."""
    source: str
    """As it is written, brackets and all."""

    @property
    def attributes(self) -> dict[str, str]:
        """Return its attributes, unescaped; ``""`` for one without a value."""
        found = _ATTRIBUTE.findall(self.source[1 + len(self.name) : -1])
        return {name.lower(): html.unescape("".join(values)) for name, *values in found}


@dataclass(frozen=True, slots=True)
class Text:
    """One line of the source of a text between two tags."""

    text: str
    """As a reader sees it."""
    source: str
    inside: tuple[Tag, ...]
    """The elements around it, the outermost first."""
    alone: bool
    """True where nothing else stands in the innermost."""

    @property
    def element(self) -> str:
        """Return the source of the innermost element, if there is nothing but the text in it."""
        if not self.alone:
            return ""
        tag = self.inside[-1]
        return f"{tag.source}{self.source}</{tag.source[1 : 1 + len(tag.name)]}>"


def visible(page: str) -> str:
    """Return a page's source without what no reader sees: comments, scripts, what stands in its head."""
    return _HIDDEN.sub(" ", page)


def texts_of(page: str) -> Iterator[Text]:
    """Yield the texts of a page's source, line by line, in order."""
    inside: list[Tag] = []
    opened = end = 0
    for match in _TAG.finditer(page):
        raw = page[end : match.start()]
        if raw.strip():
            name = (match[2] or "").lower()
            whole = bool(inside and match[1]) and opened == end and inside[-1].name == name
            yield from _lines(raw, tuple(inside), alone=whole and raw == raw.strip())
        end = match.end()
        if match[2] is None:
            continue  # <!DOCTYPE>
        name = match[2].lower()
        if match[1]:
            _close(inside, name)
        else:
            if name in _ENDED_BY_NEXT and inside and inside[-1].name == name:
                inside.pop()
            if name not in _EMPTY and not match[0].endswith("/>"):
                inside.append(Tag(name, match[0]))
                opened = end
    if page[end:].strip():
        yield from _lines(page[end:], tuple(inside), alone=False)


def tags_of(page: str, *names: str) -> Iterator[Tag]:
    """Yield the opening tags of some elements of a page's source, in order."""
    for match in _TAG.finditer(page):
        if match[2] is not None and not match[1] and match[2].lower() in names:
            yield Tag(match[2].lower(), match[0])


def _lines(raw: str, inside: tuple[Tag, ...], *, alone: bool) -> Iterator[Text]:
    for line in raw.splitlines():
        source = line.strip()
        text = html.unescape(source)
        if text.strip():
            yield Text(text, source, inside, alone and "\n" not in raw)


def _close(inside: list[Tag], name: str) -> None:
    """Leave the innermost element of that name, if there is one."""
    for place in range(len(inside) - 1, -1, -1):
        if inside[place].name == name:
            del inside[place:]
            return
