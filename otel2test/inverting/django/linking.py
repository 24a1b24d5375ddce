"""Links in pages: which lead to the rows that a page shows, and by what names the keys in them stand.

A key that the test doesn't fix is another one in each run; an f-string tells it by the row.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from otel2test.inverting.django.effects import Effects
from otel2test.inverting.django.identifying import Created
from otel2test.inverting.django.rows import Row
from otel2test.inverting.django.steadiness import Steadiness
from otel2test.inverting.expressions import Attribute, Formatted, Value, Variable

_KEY: Final = re.compile(r"""(/|[?&]\w+=|-|\bvalue=["'])(\d+)(?=[/"'&?#]|$)""")
_HREF: Final = re.compile(r'href="([^"?#]*)[^"#]*"')


class Links:
    """Knows whose keys stand in the links of one response."""

    def __init__(self, effects: Effects) -> None:
        self.effects = effects

    def with_keys(self, text: str) -> Value:
        """Return the text, an f-string where a key in it is another one in the test."""
        parts: list[str | Attribute | Variable] = []
        end = 0
        for match in _KEY.finditer(text):
            variable = self._variable(match[2], text[: match.start(2)])
            if variable is not None:
                parts += [text[end : match.start(2)], Attribute(variable, "pk")]
                end = match.end(2)
        return Formatted(tuple(part for part in (*parts, text[end:]) if part != "")) if parts else text

    def to_shown(self, page: str, texts: Collection[str]) -> Iterator[Value]:
        """Yield for one row of each model, of those that ``page`` shows by one of ``texts``, the link to it.

        The link must name the model, and end in the row's key or slug: others lead to what can be done.
        """
        links = {match[0]: match[1] for match in _HREF.finditer(page)}
        linked: set[str] = set()
        rows: list[Row | Created] = [row for row in self.effects.arrangement.rows if not row.invented]
        rows += self.effects.created
        for row in sorted(rows, key=lambda row: row.variable is None):  # that needs no variable for it
            values = row.recorded() if isinstance(row, Row) else row.values
            if row.model.label in linked or not any(
                value in texts for value in values.values() if isinstance(value, str)
            ):
                continue
            link = next((link for link, path in links.items() if self._leads_to(path, row)), None)
            told = self.with_keys(link) if link is not None else None
            if told is not None and self._is_sure(told):
                linked.add(row.model.label)
                yield told

    def through(self, page: str, names: Iterable[str], steady: Steadiness) -> Iterator[Value]:
        """Yield for each name that stands in the paths of links the shortest of these."""
        links = {
            match[0]: match[1].split("/")
            for match in _HREF.finditer(page)
            if steady.holds(match[0], keyed=True)
        }
        for name in names:
            link = min((link for link, parts in links.items() if name in parts), key=len, default=None)
            told = self.with_keys(link) if link is not None else None
            if told is not None and self._is_sure(told):
                yield told

    def _leads_to(self, path: str, row: Row | Created) -> bool:
        values = row.recorded() if isinstance(row, Row) else row.values
        slugs = {values.get(item.attname) for item in row.model.fields if item.type == "SlugField"}
        names = {str(name) for name in (row.key(), *slugs) if name}
        about = re.sub(r"[\W_]", "", path).lower()
        return path.rstrip("/").rpartition("/")[2] in names and row.model.name.lower() in about

    def _is_sure(self, link: Value) -> bool:
        """Say whether one key at most stands in a link that the test doesn't give its row."""
        parts = link.parts if isinstance(link, Formatted) else (link,)
        if sum(isinstance(part, Attribute) for part in parts) > 1:
            return False
        numbers = {number for part in parts if isinstance(part, str) for number in re.findall(r"\d+", part)}
        keys = {str(row.key()) for row in self.effects.arrangement.rows if not row.pinned}
        return numbers.isdisjoint(keys | {str(row.key()) for row in self.effects.created})

    def _variable(self, key: str, about: str) -> str | None:
        """Return the variable of the row that has the key, None if several may or the test gives it that."""
        created = self.effects.created_with_key(key, about)
        if created is not None:
            return self.effects.variable(created)
        words = re.sub(r"[\W_]", "", about).lower()
        rows = [row for row in self.effects.arrangement.rows if str(row.key()) == key]
        found = [row for row in rows if row.model.name.lower() in words] or rows
        if len(found) != 1 or found[0].pinned or found[0].invented:
            return None
        return self.effects.arrangement.name(found[0])
