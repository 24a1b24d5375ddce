"""Values for columns that nobody saw: valid, as few of them special as can be, none that was ruled out.

What enters are the rows to create, as far as they are known by then; what leaves is, for one column
of one row, a value that tells the row from others where it must, and for which no query of the
recording would have found the row where it found none.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final

from otel2test.inverting.catalog import Column, local_fields
from otel2test.inverting.conditions import columns_of
from otel2test.inverting.django.inventing import implicit_value, invent, must_be_given
from otel2test.inverting.django.models import Models
from otel2test.inverting.django.rows import Row
from otel2test.inverting.entities import KeyOf
from otel2test.inverting.plan import Note
from otel2test.inverting.samples import possible
from otel2test.inverting.state import State
from otel2test.reading.exchanges import Field, Model

_MOST_TRIED: Final = 1000
"""So many values are tried for a column that must tell its row from the others."""
_TODAY: Final = dt.date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Filler:
    """Makes up values."""

    state: State
    models: Models
    rows: Sequence[Row]
    """All that will be there; more may be added."""
    notes: list[Note]
    """Gets one for each row of which a value is made up though it was ruled out."""
    _impossible: set[int] = field(default_factory=set)
    """``id`` of these rows."""
    _limited: dict[str, frozenset[str]] = field(default_factory=dict)

    def value(self, item: Field, row: Row, number: int) -> object:
        """Invent a value that makes the row neither another's equal nor one that was found missing."""
        first = invent(item, row.model, number, _TODAY)
        if self.may_have(row, item, first):
            return first
        others: list[object] = [choice for choice in item.choices if choice not in (None, "")]
        others += [not first] if isinstance(first, bool) else []
        distinct = replace(item, unique=True, choices=())
        further = (invent(distinct, row.model, number + more, _TODAY) for more in range(_MOST_TRIED))
        asked = self._alternatives(row, item)
        tried = chain(others, asked, further)
        for value in tried:
            if self.may_have(row, item, value):
                return value
        if id(row) not in self._impossible:
            self._impossible.add(id(row))
            told = (
                f"{row.model.name}.{item.name}: a row is needed, but each value that was tried is ruled out"
            )
            self.notes.append(Note(told))
        return first

    def _alternatives(self, row: Row, item: Field) -> Iterator[object]:
        """Yield values for which the row would not be found where none was."""
        column = self._column(item, row.model)
        for model in self.models.lineage(row.model):
            for value in self.state.alternatives(model.table, item.column):
                if possible(value, column):
                    yield value

    def _column(self, item: Field, model: Model) -> Column | None:
        tables = [self.models.catalog.tables.get(each.table) for each in self.models.lineage(model)]
        return next(
            (table.columns[item.column] for table in tables if table and item.column in table.columns), None
        )

    def matters(self, row: Row, item: Field) -> bool:
        """Say whether the field tells rows apart, or rows were found missing by it."""
        if any(
            item.name in names for model in self.models.lineage(row.model) for names in model.unique_together
        ):
            return True
        return any(
            item.column in self._limited_columns(model.table) for model in self.models.lineage(row.model)
        )

    def _limited_columns(self, table: str) -> frozenset[str]:
        if table not in self._limited:
            limits = self.state.limits.of_table.get(table, ())
            found = frozenset(chain.from_iterable(columns_of(limit.conditions) for limit in limits))
            found |= {term.column for limit in limits for term in limit.order if term.via is None}
            self._limited[table] = found
        return self._limited[table]

    def may_have(self, row: Row, item: Field, value: object) -> bool:
        """Say whether the row, given the value, is told from all others and allowed to be there."""
        names = {each.name: each.attname for each in row.model.fields}
        for model in self.models.lineage(row.model):
            own = {each.name for each in local_fields(model, self.models.by_label)}
            identities = [names_of for names_of in model.unique_together if item.name in names_of]
            if (item.unique or item.primary_key) and item.name in own:
                identities.append((item.name,))
            for identity in identities:
                mine = [value if name == item.name else self._told(row, name, names) for name in identity]
                if self._was_inserted(model, identity, mine):
                    return False
                for other in self.rows if None not in mine else ():
                    if (
                        other is not row
                        and mine == [self._told(other, name, names) for name in identity]
                        and any(each is model for each in self.models.lineage(other.model))
                    ):
                        return False
        return not self._forbidden(row, item, value)

    def _was_inserted(self, model: Model, identity: Sequence[str], values: Sequence[object]) -> bool:
        """Say whether the request could insert a row with these values, which no other may have then."""
        columns = {each.name: each.column for each in model.fields}
        told = {
            columns[name]: value.key() if isinstance(value, Row) else value
            for name, value in zip(identity, values, strict=True)
            if name in columns
        }
        return self.state.rows.was_inserted(model.table, told)

    def _told(self, row: Row, name: str, names: Mapping[str, str]) -> object:
        """Return the field's value, or the row it points to; None where it has neither yet, nor a default."""
        told = row.parents.get(name) or row.value(names.get(name, name))
        if told is not None:
            return told
        item = next((each for each in row.model.fields if each.name == name), None)
        if item is None or item.attname in row.known or item.name in row.made_up or must_be_given(item):
            return None
        return implicit_value(item)[1]

    def _forbidden(self, row: Row, item: Field, value: object) -> bool:
        """Say whether the row, given the value, would be found where the recording found none."""
        told = {
            each.column: row.value(each.attname)
            for each in row.model.fields
            if each.attname in row.known or each.name in row.made_up
        }
        for each in row.model.fields:
            parent = value if each.name == item.name else row.parents.get(each.name)
            if isinstance(parent, Row):
                self._point(told, each, parent)
            elif each.name == item.name:
                told[each.column] = value
        return any(
            self.state.forbids(
                model.table,
                {name: told[name] for name in self._columns(model) if name in told},
                row.parts.get(model.table),
            )
            for model in self.models.lineage(row.model)
        )

    def _columns(self, model: Model) -> Collection[str]:
        """Return the columns of the model's own table."""
        table = self.models.catalog.tables.get(model.table)
        return table.columns if table else ()

    def _point(self, told: dict[str, object], item: Field, parent: Row) -> None:
        own = self.models.primary_key(parent.model)
        key = parent.value(item.related_field or (own.attname if own else "pk"))
        if key is not None:
            told[item.column] = key
        elif parent.entity is not None and own is not None:
            told[item.column] = KeyOf(parent.entity, own.column)
