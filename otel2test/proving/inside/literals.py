"""The text of a test → the texts in it, some of which stand for secrets, as they did in the recording.

A pseudonym that is long enough shows by its mark that it is one, and the recorder leaves it. A short one
doesn't, but it stands in the test, as it stood in the recording: what a test says is no secret.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

_WORDS: Final = re.compile(r"[\s/?#&=;,]+")
_LONGEST: Final = 100_000
"""Of a text that is looked into for its words: what is longer is a file's content."""


def texts(source: str) -> frozenset[str]:
    """Return the texts, numbers and words of texts in a test; none if it isn't Python.

    Which of them can be pseudonyms is for the recorder to say.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return frozenset()
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return frozenset(text for value in constants for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    """Yield a value's text and those in it, be it a URL, a form or JSON."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, bytes):
        yield from _texts(value.decode(errors="replace"))
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(abs(value))
    elif isinstance(value, str):
        yield value
        if len(value) > _LONGEST:
            return
        for word in _WORDS.split(value):
            yield word
            yield unquote_plus(word)
        yield from (field for _, field in parse_qsl(value.partition("?")[2] or value))
        if value.lstrip()[:1] in {"{", "["}:
            try:
                yield from _texts(json.loads(value))
            except (ValueError, RecursionError):
                return
