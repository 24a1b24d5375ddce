"""Secrets that a text names: ``token=…``, ``"password": "…"``, ``<input name="csrf" value="…">``.

What enters is a text of any syntax and the names that announce secrets; what leaves are the
places of the values that stand beside such names: in queries, JSON, reprs of Python, source
code, SQL, configuration files, headers, HTML and XML. Whether a name is secret is asked before
anything is made of what stands beside it.
"""

import re
from collections.abc import Container, Iterator
from typing import Final

from otel2test.secrets.names import SecretNames
from otel2test.secrets.places import Found

_KIND: Final = "secret by its name"
_LONGEST_REST: Final = 500

_SIGN: Final = re.compile(r"""(\]?\\*["']\]?)?\s{0,4}(=>|:=|==?|:)(\s{0,4})""")
_OPENING: Final = re.compile(r"""(?:[bBrRuUfF]{1,2}(?=["']))?(\\*)(["'])""")
_QUOTED: Final = {
    '"': re.compile(r'((?:[^"\\]|\\.)*)"', re.DOTALL),
    "'": re.compile(r"((?:[^'\\]|\\.)*)'", re.DOTALL),
}
_BARE: Final = re.compile(r"""[^\s&;,"'<>]+""")
_BARE_WORD: Final = re.compile(r"""[^\s,;"'<>(){}\[\]]{6,}""")
_NUMBER: Final = re.compile(r"-?[0-9]{3,}(?![\w.])")
_CODE: Final = re.compile(r"[A-Za-z_$]+(?:\.[A-Za-z_$]+)*(?:\(|\.[A-Za-z_$]+\)?$|\[)")
_PLACEHOLDER: Final = re.compile(
    r"%s\b|%\(|\?$|\$\d+$|\{|<|:\w+$|(?i:none|null|nil|true|false|on|off|undefined)\b"
)

_TAG: Final = re.compile(r"<(?:input|meta|textarea|button|param)\b[^<>]*>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"""([\w:-]+)\s*=\s*(?:\\*(["'])(.*?)\\*\2|([^\s"'<>]+))""", re.DOTALL)
_NAMING: Final = frozenset({"name", "id", "property", "http-equiv"})
_TELLING: Final = frozenset({"value", "content"})
_CLOSING: Final = re.compile(r"</(?:[\w.-]+:)?[\w.-]+>")
_LONGEST_PREFIX: Final = 40
_CDATA: Final = ("<![CDATA[", "]]>")


def find_pairs(text: str, names: SecretNames) -> Iterator[Found]:
    """Yield the places of values with secret names, in no order; they may overlap."""
    named = False
    for start, end in names.places(text):
        named = True
        sign = _SIGN.match(text, end)
        found = _value(text, sign) if sign is not None else _element(text, start, end)
        if found is not None:
            yield found
    if named and "<" in text:
        yield from _fields(text, names)


def _value(text: str, sign: re.Match[str]) -> Found | None:
    position = sign.end()
    opening = _OPENING.match(text, position)
    if opening is not None:
        return _quoted(text, opening)
    spaced, colon = bool(sign[3]), sign[2] == ":"
    if sign[1] is not None and (number := _NUMBER.match(text, position)):
        return Found(*number.span(), _KIND)
    if colon:
        word = _BARE_WORD.match(text, position) if spaced else None
        # "Password: required" is prose, "X-Api-Key: 9f86d0" isn't.
        is_value = word is not None and any(character.isdigit() for character in word[0])
    else:
        word = _BARE.match(text, position) if not spaced or sign[2] == "=" else None
        is_value = word is not None and (not spaced or any(character.isdigit() for character in word[0]))
    if word is None or not is_value or _CODE.match(word[0]) or _PLACEHOLDER.match(word[0]):
        return None
    return Found(*word.span(), _KIND, "percent" if "%" in word[0] else "plain")


def _quoted(text: str, opening: re.Match[str]) -> Found | None:
    start = opening.end()
    if opening[1]:  # JSON inside a string: the quotes are escaped, and so is what ends the value
        end = text.find(opening[1] + opening[2], start)
    else:
        closed = _QUOTED[opening[2]].match(text, start)
        end = closed.end(1) if closed is not None else -1
    if end < 0:
        # Broken off in the middle: what is left of the secret goes to the end.
        if len(text) - start > _LONGEST_REST or "\n" in text[start:]:
            return None
        end = len(text)
    if end <= start or (end - start < 10 and _PLACEHOLDER.match(text[start:end])):
        return None
    return Found(start, end, _KIND)


def _fields(text: str, names: Container[str]) -> Iterator[Found]:
    for tag in _TAG.finditer(text):
        attributes = {
            (attribute[1].lower()): attribute for attribute in _ATTRIBUTE.finditer(tag[0], 1) if attribute
        }
        told = {attributes[name][3] or attributes[name][4] or "" for name in _NAMING & attributes.keys()}
        if not any(name in names for name in told):
            continue
        for name in _TELLING & attributes.keys():
            attribute = attributes[name]
            start, end = attribute.span(3 if attribute[3] is not None else 4)
            if end > start:
                yield Found(tag.start() + start, tag.start() + end, _KIND)
        if tag[0][1:9].lower() == "textarea":
            end = text.find("<", tag.end())
            if end > tag.end():
                yield Found(tag.end(), end, _KIND)


def _element(text: str, start: int, end: int) -> Found | None:
    """Return the content of the element of XML that ends with the name at this place."""
    opening = max(text.rfind("</", max(0, start - _LONGEST_PREFIX), start), 0)
    if not _CLOSING.fullmatch(text, opening, end + 1):
        return None
    start, end = text.rfind(">", 0, opening) + 1, opening
    if text.startswith(_CDATA[1], start - len(_CDATA[1])):
        start = text.rfind(_CDATA[0], 0, opening) + len(_CDATA[0])
        end -= len(_CDATA[1])
    is_text = start > 0 and text[start:end].strip() and "<" not in text[start:end]
    return Found(start, end, _KIND) if is_text else None
