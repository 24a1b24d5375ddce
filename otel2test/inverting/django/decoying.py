"""Decoys as a test makes them, and what it asserts of them.

What enters are the rows to create, with those among them that a query leaves out; these get texts by
which a reader and an assertion know them. What leaves later are the assertions that nothing was done to
them, and that no page shows them. Of JSON, counts and everything else that a test asserts as a whole
nothing has to be said.
"""

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final

from otel2test.identifiers import identifier, snake_case
from otel2test.inverting.assertions import (
    Assert,
    AssertAttribute,
    AssertContains,
    RefreshRow,
)
from otel2test.inverting.django.effects import Effects
from otel2test.inverting.django.filling import Filler
from otel2test.inverting.django.inventing import must_be_given
from otel2test.inverting.django.rows import Arrangement, Row
from otel2test.inverting.entities import KeyOf
from otel2test.inverting.plan import OF_PAGE, made
from otel2test.inverting.state import State
from otel2test.reading.exchanges import Exchange, Field, Model, Response
from otel2test.values import is_plain

_TEXT: Final = frozenset({"CharField", "TextField", "SlugField"})
_AS_ONE_WORD: Final = frozenset({"username", "slug"})
_ADJECTIVE: Final = re.compile(r"[a-z][a-z_-]{1,15}")
_SWITCH: Final = re.compile(r"^(?:is|has|was)_")
_FIRST_ERROR: Final = 400


# --- how they are made


def dress(rows: Sequence[Row], filler: Filler) -> None:
    """Give decoys texts of their own, and where else there must be a value, that of a row that is found."""
    for row in rows:
        if row.is_decoy:
            _dress(row, rows, filler)


def _dress(row: Row, rows: Sequence[Row], filler: Filler) -> None:
    adjective = _adjective(row)
    row.wanted = identifier(f"{snake_case(adjective)}_{snake_case(row.model.name)}", "decoy")
    alike = next((each for each in rows if each.model is row.model and not each.invented), None)
    free = [
        item
        for item in row.model.fields
        if item.attname not in row.known
        and item.related_model is None
        and not (item.primary_key or item.generated or item.auto_now or item.auto_now_add)
        and not (row.model.user and item.name == "password")
    ]
    texts = [item for item in free if _is_text(item)]
    needed = [item for item in texts if must_be_given(item)]
    told = any(_is_text(item) and row.value(item.attname) for item in row.model.fields)
    for item in needed or ([] if told else texts[:1]):
        text = next(
            (text for text in _texts(item, row.model, adjective, rows) if filler.may_have(row, item, text)),
            None,
        )
        if text is not None:
            row.made_up[item.name] = text
    for item in free:
        if item in texts or item.unique or not must_be_given(item) or alike is None:
            continue
        value = alike.value(item.attname)
        plain = value is not None and not isinstance(value, KeyOf) and is_plain(value)
        if plain and filler.may_have(row, item, value):
            row.made_up[item.name] = value


def _is_text(item: Field) -> bool:
    return item.type in _TEXT and not item.choices and not item.python_class.endswith("EmailField")


def _adjective(row: Row) -> str:
    """Return in a word what sets the row apart: ``draft``, ``archived``, ``other``."""
    left_out = row.left_out
    item = next((each for each in row.model.fields if left_out and each.column == left_out.column), None)
    value = row.value(item.attname) if item is not None else None
    if item is not None and isinstance(value, bool):
        switch = _SWITCH.sub("", item.name).replace("_", " ")
        return switch if value else f"not {switch}"
    if isinstance(value, str) and _ADJECTIVE.fullmatch(value):
        return re.sub("[_-]", " ", value)
    return "other"


def _texts(item: Field, model: Model, adjective: str, rows: Sequence[Row]) -> Iterator[str]:
    """Yield texts that fit the column and that no other row has in it, the best first."""
    between = "_" if item.name in _AS_ONE_WORD else " "
    words = f"{adjective} {snake_case(model.name)}".replace("_", " ").replace(" ", between)
    if item.type == "SlugField":
        words = words.replace("_", "-").replace(" ", "-")
    taken = {row.value(item.attname) for row in rows if isinstance(row.value(item.attname), str)}
    for number in range(1, len(rows) + 2):
        ending = f"{words[len(adjective)]}{number}" if number > 1 else ""
        most = item.max_length - len(ending) if item.max_length else None
        text = f"{words[:most]}{ending}"
        if text not in taken:
            yield text


# --- what is asserted of them


class Decoying:
    """What one request must not do to the decoys that its queries leave out."""

    def __init__(self, exchange: Exchange, state: State, arrangement: Arrangement, effects: Effects) -> None:
        """``state`` is what was before the request, and after."""
        self._read = {query.span_id: query.columns for query in exchange.queries}
        """Span of a query → the columns that it returned."""
        self.exchange = exchange
        self.state = state
        self.arrangement = arrangement
        self.effects = effects
        self.rows = [
            row
            for row in arrangement.rows
            if row.left_out is not None and row.left_out.source.span_id in self._read
        ]

    def of_response(self, asserts: Sequence[Assert]) -> tuple[Assert, ...]:
        """Return the assertions on the response, and that it shows no decoy where it shows such rows."""
        response = self.exchange.response
        if response is None or response.body.kind != "text" or response.body.cut:
            return tuple(asserts)
        if response.status >= _FIRST_ERROR:
            return tuple(asserts)
        if not response.is_page or not any(isinstance(step, OF_PAGE) for step in asserts):
            return tuple(asserts)  # a redirect, or a text that is compared as a whole
        last = max(at for at, step in enumerate(asserts) if isinstance(step, OF_PAGE))
        texts = dict.fromkeys(text for row in self.rows for text in self._texts_not_shown(row, response))
        found = [
            AssertContains(text, response.status, escaped=html.escape(text) != text, count=0)
            for text in texts
        ]
        return (*asserts[: last + 1], *found, *asserts[last + 1 :])

    def _texts_not_shown(self, row: Row, response: Response) -> Iterator[str]:
        """Yield the text of the decoy that would stand on the page if it were found."""
        page = html.unescape(response.body.text)
        left_out = row.left_out
        key = self.arrangement.models.primary_key(row.model)
        if left_out is None or (key is not None and left_out.column == key.column):
            return  # of one row that is asked for by its key, no list is shown
        mine = [
            (item, text)
            for item in row.model.fields
            if (item.name in row.made_up or item.column in left_out.column.split(" or "))
            and isinstance(text := row.value(item.attname) or row.made_up.get(item.name), str)
            and _is_text(item)
            and item.column in self._read[left_out.source.span_id]
        ]
        others = [each.recorded() for each in self.arrangement.rows if _is_of(each, row.model)]
        others += [each.values for each in self.effects.created if each.model is row.model]
        for item, text in mine:
            values = [value for each in others if isinstance(value := each.get(item.attname), str)]
            shown = any(value and value in page for value in values)
            if (shown or not others) and text not in page:
                yield text
                return

    def of_rows(self, asserts: Sequence[Assert]) -> tuple[Assert, ...]:
        """Return the assertions on rows, and that the decoys are still there, as they were."""
        found = list(asserts)
        for row in self.rows:
            changed = [each for each in self.state.entities if each.table == row.model.table and each.existed]
            if any(each.deleted for each in changed):
                count = self.effects.count(row.model)
                found += [] if count in found else [count]
            columns = {column for each in changed if not each.deleted for column in each.after}
            found += self._unchanged(row, columns, found)
        return tuple(found)

    def _unchanged(self, row: Row, columns: set[str], found: Sequence[Assert]) -> Iterator[Assert]:
        values = [
            (item, told[1])
            for item in row.model.fields
            if item.column in columns
            and item.related_model is None
            and not (item.primary_key or item.auto_now)
            and (told := row.stored(item))[0]
        ]
        if values:
            variable = self.arrangement.name(row)
            if not any(variable in made(step) for step in found):
                yield RefreshRow(variable)
                for item, value in values:
                    yield AssertAttribute(variable, item.name, value)


def _is_of(row: Row, model: Model) -> bool:
    return row.model is model and not row.invented
