"""What the fields of a page's forms hold: what was typed, checked, chosen, or is sent along unseen.

It is told as the source says it, in as few words as will do: ``name="title" value="Milk"``,
``<option value="2" selected>High</option>``. A key that the test doesn't fix is told by its row where
the field is for such rows, and else not at all.
"""

import html
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from otel2test.inverting.django import acting
from otel2test.inverting.django.effects import Effects
from otel2test.inverting.django.linking import Links
from otel2test.inverting.django.steadiness import Steadiness
from otel2test.inverting.expressions import Attribute, Formatted, Value
from otel2test.inverting.markup import Tag, Text, tags_of
from otel2test.reading.exchanges import Model, Schema

_SHORTEST_TEXT: Final = 3
_LONGEST_SOURCE: Final = 100
_TYPED: Final = frozenset({"", "date", "datetime-local", "email", "number", "tel", "text", "time", "url"})
_CHECKED: Final = frozenset({"checkbox", "radio"})
_HIDDEN: Final = frozenset({"hidden"})
_OF_FORMSET: Final = re.compile(r"-(TOTAL|INITIAL|MIN_NUM|MAX_NUM)_FORMS$")


@dataclass(frozen=True, slots=True)
class _Field:
    source: str
    """What tells of it."""
    name: str
    value: str
    hidden: bool = False

    def of(self, variable: str) -> Formatted | None:
        """Return its source with a row's key in the place of the value; None if that is quoted otherwise."""
        before, found, after = self.source.partition(f'value="{self.value}"')
        if not found:
            return None
        return Formatted((f'{before}value="', Attribute(variable, "pk"), f'"{after}'))


class Filled:
    """The forms of one page."""

    def __init__(
        self, page: str, texts: Iterable[Text], schema: Schema, effects: Effects, steady: Steadiness
    ) -> None:
        self._page = page
        self._texts = tuple(texts)
        self._schema = schema
        self._effects = effects
        self._steady = steady

    def held(self, *, unseen: bool = True) -> Iterator[Value]:
        """Yield what tells of the fields that hold something: those that a reader sees first.

        ``unseen`` says whether those that nobody sees are told, too.
        """
        hidden = self._hidden() if unseen else ()
        for field in dict.fromkeys((*self._typed(), *self._chosen(), *hidden)):
            if len(field.source) <= _LONGEST_SOURCE and field.source in self._page:
                told = self._held(field)
                if told is not None:
                    yield told

    def _typed(self) -> Iterator[_Field]:
        """Yield what one types into."""
        for tag, name, value in self._inputs(_TYPED):
            together = _together(name, value)
            yield _Field(together if together in tag.source else f'value="{html.escape(value)}"', name, value)

    def _chosen(self) -> Iterator[_Field]:
        """Yield what is checked, and chosen from lists."""
        for tag, name, value in self._inputs(_CHECKED):
            if "checked" in tag.attributes and "\n" not in tag.source:
                yield _Field(tag.source, name, value)
        for text in self._texts:
            option = text.inside[-1] if text.inside else None
            if option is not None and option.name == "option" and "selected" in option.attributes:
                name = next(
                    (tag.attributes.get("name", "") for tag in text.inside if tag.name == "select"), ""
                )
                value = option.attributes.get("value", "")
                if value and "\n" not in option.source:
                    yield _Field(text.element or option.source, name, value)

    def _hidden(self) -> Iterator[_Field]:
        """Yield what nobody sees, but Django's own."""
        for tag, name, value in self._inputs(_HIDDEN):
            together = _together(name, value)
            if name != acting.CSRF_FIELD and not _OF_FORMSET.search(name) and together in tag.source:
                yield _Field(together, name, value, hidden=True)

    def _inputs(self, kinds: Collection[str]) -> Iterator[tuple[Tag, str, str]]:
        for tag in tags_of(self._page, "input"):
            name, value, kind = (tag.attributes.get(each, "") for each in ("name", "value", "type"))
            if name and value and kind in kinds:
                yield tag, name, value

    def _held(self, field: _Field) -> Value | None:
        """Return what tells that a field holds a value, None if another run may have another one."""
        around = field.source.replace(field.value, " ")
        if not all(self._steady.holds(text, keyed=True) for text in (around, field.value)):
            return None
        if field.value not in self._steady.loose_keys:
            return field.source
        arranged = [
            row
            for row in self._effects.arrangement.rows
            if str(row.key()) == field.value and _is_about(row.model, row.recorded(), field)
        ]
        created = [
            row
            for row in self._effects.created
            if str(row.key()) == field.value and _is_about(row.model, row.values, field)
        ]
        if len(arranged) + len(created) > 1:
            return None
        for row in arranged:
            return field.source if row.pinned else field.of(self._effects.arrangement.name(row))
        if created:
            told = Links(self._effects).with_keys(field.source)
            return told if isinstance(told, Formatted) else None
        return None if field.hidden or self._is_reference(field.name) else field.source

    def _is_reference(self, name: str) -> bool:
        """Say whether a field of that name may hold keys of rows."""
        return any(
            name in {item.name, item.attname} or name.endswith((f"-{item.name}", f"_{item.name}"))
            for model in self._schema.models
            for item in model.fields
            if item.related_model is not None or item.primary_key
        )


def _is_about(model: Model, values: Mapping[str, object], field: _Field) -> bool:
    """Say whether a field is for rows like this one: by its name, or by what is chosen."""
    word = field.name.removesuffix("_id").replace("_", "").lower()
    if len(word) >= _SHORTEST_TEXT and word in model.name.lower():
        return True
    texts = (text for text in values.values() if isinstance(text, str) and len(text) >= _SHORTEST_TEXT)
    return any(text in field.source for text in texts)


def _together(name: str, value: str) -> str:
    return f'name="{html.escape(name)}" value="{html.escape(value)}"'
