"""Links that an e-mail told and a later request of the same test follows.

What is signed or drawn in such a link is another one in every run, so that the test reads it out of
the e-mail. What enters are e-mails and the URL of a request; what leaves is where the link stands, and
a pattern that finds it.
"""

import html
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from otel2test.reading.effects import Mail

_URL: Final = re.compile(r"https?://[^\s<>\"'()]+")
_SHORTEST: Final = 8
_SIGNED: Final = re.compile(r".+:[\w-]+:[\w-]+")
"""As ``django.core.signing`` writes it: value, time, signature."""
_PARTS: Final = re.compile(r"([/?&=])")
_SPECIAL: Final = re.compile(r"[.^$*+?{}\[\]\\|()]")
_CHARACTERS: Final = "[A-Za-z0-9_:=%-]+"
_WITH_DOTS: Final = "[A-Za-z0-9_:=%.-]+"


@dataclass(frozen=True, slots=True)
class Link:
    """A link of an e-mail."""

    pattern: str
    """A regular expression for its path and query: what differs from run to run is left open."""
    text: str
    """Of the e-mail, the attribute in which it stands: ``body``, ``alternatives[0][0]``."""
    escaped: bool
    """True where it is written as HTML is."""


def link(mail: Mail, asked: str, captured: Mapping[str, object]) -> Link | None:
    """Return the link to path and query ``asked``; None where there is none, or it is always the same.

    ``captured`` is what the URL configuration takes out of the path. A secret may have been
    replaced by another of the same form in one of the two places only.
    """
    open_parts = _open_parts(asked, {str(value) for value in captured.values()})
    if not open_parts:
        return None
    for where, text, escaped in _texts(mail):
        for url in _URL.findall(text):
            if _same(_path_and_query(html.unescape(url) if escaped else url), asked, open_parts):
                found = _pattern(asked, open_parts)
                return Link(found.replace("&", "&amp;") if escaped else found, where, escaped)
    return None


def _texts(mail: Mail) -> Iterator[tuple[str, str, bool]]:
    if mail.body:
        yield "body", mail.body, False
    for number, (content, mimetype) in enumerate(mail.alternatives):
        yield f"alternatives[{number}][0]", content, "html" in mimetype


def _path_and_query(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _open_parts(asked: str, captured: Container[str]) -> frozenset[int]:
    """Return which parts of the URL differ from run to run: what looks drawn, and keys beside it."""
    parts = _PARTS.split(asked)
    drawn = {number for number, part in enumerate(parts) if _looks_drawn(unquote(part))}
    words = {part for part in parts if part.isalpha() and part.islower()}
    keys = {number for number, part in enumerate(parts) if part in captured and part not in words}
    return frozenset(drawn | keys) if drawn else frozenset()


def _looks_drawn(part: str) -> bool:
    mixed = sum(map(str.isdigit, part)) >= 2 and any(map(str.isalpha, part))
    return (
        len(part) >= _SHORTEST
        and (mixed or _SIGNED.fullmatch(part) is not None)
        and re.fullmatch(_WITH_DOTS, part) is not None
    )


def _same(told: str, asked: str, open_parts: frozenset[int]) -> bool:
    ours, theirs = _PARTS.split(asked), _PARTS.split(told)
    return len(ours) == len(theirs) and all(
        one == other or (number in open_parts and form_of(one) == form_of(other))
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True))
    )


def form_of(part: str) -> str:
    """Return what a pseudonym keeps of a secret: its length, and the kind of each character."""
    return re.sub(r"\d", "0", re.sub(r"[a-z]", "a", re.sub(r"[A-Z]", "A", part)))


def _pattern(asked: str, open_parts: frozenset[int]) -> str:
    return "".join(
        (_WITH_DOTS if "." in part else _CHARACTERS)
        if number in open_parts
        else _SPECIAL.sub(
            lambda special: f"[{special[0]}]" if special[0] not in "^\\" else f"\\{special[0]}", part
        )
        for number, part in enumerate(_PARTS.split(asked))
    )
