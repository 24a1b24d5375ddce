"""URLs in which the key of a created row stands, as f-strings: the key differs from run to run."""

import re
from collections.abc import Callable
from typing import TypeAlias

from otel2test.inverting.django.identifying import Created
from otel2test.inverting.expressions import Attribute, Formatted, Variable

RowWithKey: TypeAlias = Callable[[str, str], Created | None]
"""(a part of a URL, the URL up to there) → the created row whose key that is."""


def with_keys(
    url: str,
    row_with_key: RowWithKey,
    variable: Callable[[Created], str],
    drawn: Callable[[str], Attribute | None] = lambda _: None,
) -> Formatted | None:
    """Return the URL as an f-string if keys of created rows stand in it, None if there is none.

    ``drawn`` tells where to find a part that was drawn at random, such as a token.
    """
    segments = re.split(r"([/?#&=])", url)
    parts: list[str | Attribute | Variable] = []
    text = ""
    for number, segment in enumerate(segments):
        so_far = "".join(segments[: number + 1])
        plain = segment in {"", *"/?#&="}
        created = None if plain else row_with_key(segment, so_far)
        slug, hyphen, ending = segment.rpartition("-")
        if created is None and not plain and hyphen and ending.isdecimal():
            # A slug with the key behind it.
            created = row_with_key(ending, so_far)
            text += f"{slug}-" if created is not None else ""
        attribute = Attribute(variable(created), "pk") if created is not None else None
        if attribute is None and not plain:
            attribute = drawn(segment)
        if attribute is None:
            text += segment
        else:
            parts += [text, attribute]
            text = ""
    return Formatted(tuple(part for part in (*parts, text) if part != "")) if parts else None
