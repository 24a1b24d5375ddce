"""What the request did to the database, as assertions: the net effect and nothing else."""

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from otel2test.identifiers import identifier
from otel2test.inverting.assertions import (
    Assert,
    AssertAttribute,
    AssertCount,
    AssertFileName,
    AssertGone,
    AssertPassword,
    AssertPresent,
    AssertRecent,
    AssertStored,
    FetchRow,
    FetchRows,
    RefreshRow,
)
from otel2test.inverting.django import identifying, saving
from otel2test.inverting.django.identifying import Created
from otel2test.inverting.django.inventing import implicit_value
from otel2test.inverting.django.joining import Joined
from otel2test.inverting.django.models import import_name, manager_of
from otel2test.inverting.django.recognising import OWN_KEY, Recognised
from otel2test.inverting.django.rows import Arrangement, Row, Visible
from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.expressions import Attribute, Text, Value, Values, Variable
from otel2test.inverting.facts import Change, Unknown
from otel2test.inverting.plan import Note
from otel2test.inverting.state import Entity, Known, State
from otel2test.reading.exchanges import Field, Model
from otel2test.values import is_plain

_FILES: Final = frozenset({"FileField", "ImageField"})
_MOST_FETCHED: Final = 5
"""Of more rows of one model only the number is asserted."""


def tells(known: Known) -> bool:
    """Say whether the value is known, and can stand in a test."""
    return not isinstance(known.value, (Unknown, Change)) and is_plain(known.value)


def _is_counted(entity: Entity, model: Model) -> bool:
    """Say whether the database counted up the row's key: what is inserted later has a greater one."""
    key = next((item.column for item in model.fields if item.primary_key), "")
    known = entity.after.get(key)
    return known is None or (key in entity.drawn and isinstance(known.value, int))


class Effects:
    """The rows created, changed and deleted by one request."""

    def __init__(
        self,
        state: State,
        arrangement: Arrangement,
        inputs: Inputs,
        password: str | None,
        visible: Visible,
        earlier: Sequence[Created] = (),
        volatile: Collection[tuple[str, str]] = (),
    ) -> None:
        self.state = state
        self.arrangement = arrangement
        self.inputs = inputs
        self.password = password
        """The password that the request had stored: how the column is asserted."""
        self.visible = visible
        self.alone = not saving.adds_rows(arrangement)
        """True where no code of the application makes rows while the state is arranged."""
        self.needs_clock = False
        self.notes: list[Note] = []
        self.created: list[Created] = []
        self.earlier = tuple(earlier)
        """Rows that earlier requests of the same test created; each has a variable."""
        self.volatile = volatile
        """(table, column) by which no row can be found again, as replays saw other values there."""
        self._lookups: dict[int, Values | None] = {}
        self._findable: dict[str, bool] = {}
        self._updated: list[tuple[Row, Entity]] = []
        self._deleted: list[Row] = []
        self._joined = Joined(arrangement, self.created, self.variable)
        for entity in state.entities:
            self._sort(entity)
        self._merge_inherited()
        # In the order in which the test makes them, by which they are numbered, too.
        places = {id(row): place for place, row in enumerate(arrangement.rows)}
        self._updated.sort(key=lambda changed: places.get(id(changed[0]), len(places)))
        self._deleted.sort(key=lambda row: places.get(id(row), len(places)))
        self._changed_parts: dict[int, list[Entity]] = {}
        """``id`` of an arranged row → its parts that the request changed."""
        for row, entity in self._updated:
            self._changed_parts.setdefault(id(row), []).append(entity)

    def _sort(self, entity: Entity) -> None:
        model = self.arrangement.models.by_table.get(entity.table)
        if entity.table in self.arrangement.models.links:
            if entity.created != entity.deleted:
                self._joined.entities.append(entity)
        elif model is None or model.framework == "session" or model.auto_created:
            return
        elif entity.created and not entity.deleted:
            values = dict(self._values(entity, model))
            self.created.append(Created(entity, model, values, counted=_is_counted(entity, model)))
        elif not entity.created:
            row = self.arrangement.row(entity)
            if row is not None and entity.deleted:
                self._deleted.append(row)
            elif row is not None and entity.after:
                self._updated.append((row, entity))

    def _values(self, entity: Entity, model: Model) -> Iterator[tuple[str, object]]:
        for item in model.fields:
            known = entity.after.get(item.column)
            if known is not None and tells(known):
                yield item.attname, known.value

    def _merge_inherited(self) -> None:
        """The parent's row of a child made by multi-table inheritance is part of the child."""
        absorbed: set[int] = set()
        for child in self.created:
            parent = self.arrangement.models.parent(child.model)
            if parent is None:
                continue
            for other in self.created:
                if other.model is parent[0] and other.key() == child.values.get(parent[1].attname):
                    absorbed.add(id(other))
                    child.counted = other.counted
                    for attname, value in other.values.items():
                        child.values.setdefault(attname, value)
        self.created[:] = [item for item in self.created if id(item) not in absorbed]

    @property
    def updated(self) -> tuple[tuple[Row, Entity], ...]:
        """The rows that were there before and have other values now, with what is known of them."""
        return tuple(self._updated)

    # --- what the response may refer to

    @cached_property
    def _recognised(self) -> Recognised:
        return Recognised((*self.created, *self.earlier), self.arrangement.rows)

    def created_with_key(self, key: object, about: str = "") -> Created | None:
        """Return the created row whose key is ``key``, which stood in ``about``, if a test can find it."""
        found = self._recognised.with_key(key, about)
        return found if found is not None and self._fetched(found.model) else None

    def shown_as(self, shown: Mapping[str, object]) -> Created | None:
        """Return the created row that an object of a JSON body shows, by its key and its other columns."""
        return self._recognised.shown_as(shown, self._fetched)

    def through(
        self,
        document: Mapping[str, object] | list[object],
        key: str,
        say: Callable[[object, str, Created | None], Value],
    ) -> Value:
        """Return a document, that stands under ``key``, with what ``say`` makes of each item.

        It is given the item, its key (a list's for what is in the list), and the created row that the object
        around it shows.
        """
        if isinstance(document, list):
            return [say(item, key, None) for item in document]
        shown = self.shown_as(document)
        return {name: say(item, name, shown) for name, item in document.items()}

    def stored_as(self, text: object) -> tuple[Attribute, object] | None:
        """Return the attribute of a created row that was stored as ``text``, and its value."""
        found = self._recognised.stored_as(text)
        if found is None:
            return None
        created, item, stored = found
        return Attribute(self.variable(created), "pk" if item.primary_key else item.name), stored

    def variable(self, created: Created) -> str:
        """Return the created row's variable; it gets one when something first refers to it."""
        if created.variable is None:
            names, wanted = self.arrangement.names, identifier(created.model.name, "row")
            arranged = any(row.wanted == wanted for row in self.arrangement.rows)
            created.variable = names.give(f"new_{wanted}" if arranged else wanted)
        return created.variable

    def _fetched(self, model: Model) -> bool:
        if sum(1 for item in self.created if item.model is model) > _MOST_FETCHED:
            return False
        if model.label not in self._findable:
            self._findable[model.label] = True  # lookups that lead here again may refer to the rows
            self._findable[model.label] = all(
                item.counted or self._lookup(item) is not None for item in self.created if item.model is model
            )
        return self._findable[model.label]

    # --- assertions

    def asserts(self) -> Iterator[Assert]:
        """Yield the assertions: created rows first, as others may refer to them."""
        yield from self._fetches()
        for created in self.created:
            if self._fetched(created.model):
                yield from self._created(created)
        yield from self._many_created()
        for row, entity in self._updated:
            yield from self._changed(row, entity)
        for row in self._deleted:
            if not any(item.model is row.model and item.key() == row.key() for item in self.created):
                yield AssertGone(self.arrangement.name(row), import_name(row.model), manager_of(row.model))
        for told in self._joined.asserts():
            if isinstance(told, Note):
                self.notes.append(told)
            else:
                yield told

    def _many_created(self) -> Iterator[Assert]:
        for model in {id(item.model): item.model for item in self.created}.values():
            if not self._fetched(model):
                yield self.count(model)

    def count(self, model: Model) -> AssertCount:
        """Return what asserts how many rows of the model there are after the request."""
        rows = [row for row in self.arrangement.rows if row not in self._deleted]
        models = (*(row.model for row in rows), *(item.model for item in self.created))
        number = sum(1 for each in models if self._counts_as(each, model))
        return AssertCount(import_name(model), manager_of(model), number)

    def _fetches(self) -> Iterator[Assert]:
        """Yield how the created rows are found; those that nothing tells apart by their order."""
        for created in self.created:
            if self._fetched(created.model):
                self._lookups[id(created)] = self._lookup(created)
        for created in self.created:
            if not self._fetched(created.model):
                continue
            found = self._lookups[id(created)]
            same = self._told_by_order(created.model)
            if same:
                if same[0] is created:
                    yield self._fetch_in_order(same)
                continue
            model = created.model
            yield FetchRow(
                self.variable(created),
                import_name(model),
                manager_of(model),
                found or (),
                latest=found is None,
            )

    def _told_by_order(self, model: Model) -> list[Created]:
        """Return all created rows of the model if it takes their order to tell some of them."""
        rows = [item for item in self.created if item.model is model]
        alike = [item for item in rows if self._lookups[id(item)] is None]
        return rows if len(alike) > 1 or (alike and alike[0] is not rows[-1]) else []

    def _fetch_in_order(self, same: list[Created]) -> FetchRows:
        model = same[0].model
        variables = tuple(self.variable(created) for created in same)
        others = not self._is_alone(model) or len(self._others(same[0])) >= len(same)
        return FetchRows(variables, import_name(model), manager_of(model), newest=others)

    def _lookup(self, created: Created) -> Values | None:
        earlier = self.created[: self.created.index(created)]

        def said(item: Field, value: object) -> tuple[str, Value] | None:
            if item.related_model is not None:
                pair = self._reference(item, value, earlier)
                made_later = pair[1] == value and pair != self._reference(item, value, self.created)
                return None if made_later else pair
            return ("pk" if item.primary_key else item.name), value

        tables = [model.table for model in self.arrangement.models.lineage(created.model)]

        def repeatable(item: Field, value: object) -> bool:
            if any((table, name) in self.volatile for table in tables for name in (item.column, item.name)):
                return False
            return not self._unrepeatable(item, value) and self._key_kept(created, item, value) is None

        alone = self._is_alone(created.model)
        return identifying.lookup(created, self._others(created), repeatable, said, alone=alone)

    def _is_alone(self, model: Model) -> bool:
        """Say whether rows of the model are only those that the test and the request make."""
        return self.alone and not model.seeded

    def _others(self, created: Created) -> list[dict[str, object]]:
        """Return the other rows that will be in the table when the created one is looked for."""
        others = [
            item.values
            for item in self.created
            if self._counts_as(item.model, created.model) and item is not created
        ]
        return others + [
            self._at_the_end(row, created)
            for row in self.arrangement.rows
            if self._counts_as(row.model, created.model) and row not in self._deleted
        ]

    def _at_the_end(self, row: Row, created: Created) -> dict[str, object]:
        """Return what an arranged row has by the end; what nobody knows may be what ``created`` has."""
        values = {item.attname: row.stored(item)[1] for item in row.model.fields}
        for entity in self._changed_parts.get(id(row), ()):
            for item in row.model.fields:
                known = entity.after.get(item.column)
                if known is not None:
                    unknown = created.values.get(item.attname)
                    values[item.attname] = known.value if tells(known) else unknown
        return values

    def _counts_as(self, model: Model, ancestor: Model) -> bool:
        """Say whether rows of ``model`` are found among those of ``ancestor`` as well."""
        return model is ancestor or any(each is ancestor for each in self.arrangement.models.lineage(model))

    def _unrepeatable(self, item: Field, value: object) -> bool:
        return (
            self.inputs.from_randomness(value)
            or item.auto_now
            or item.auto_now_add
            or (item.related_model is None and self.inputs.from_clock(value))
            or (item.default_callable is not None and not self.inputs.given(value))
        )

    def _created(self, created: Created) -> Iterator[Assert]:
        fetched = self._lookups[id(created)] or ()
        for item in created.model.fields:
            if item.attname not in created.values or item.primary_key or item.parent_link or item.generated:
                continue
            value = created.values[item.attname]
            if item.name in dict(fetched) or item.auto_now or item.auto_now_add:
                continue
            known, implicit = implicit_value(item)
            if known and value == implicit:
                continue
            yield from self.of_created(created, item)

    def of_created(self, created: Created, item: Field) -> Iterator[Assert]:
        """Yield what asserts one column of a created row."""
        value = created.values[item.attname]
        key = self._key_kept(created, item, value)
        if key is not None:
            yield AssertAttribute(self.variable(created), item.name, key)
        else:
            yield from self._column(self.variable(created), created.model, item, value)

    def of_changed(self, row: Row, item: Field, value: object) -> Iterator[Assert]:
        """Yield what asserts one column of a row that was there before."""
        yield from self._column(self.arrangement.name(row), row.model, item, value)

    def _key_kept(self, created: Created, item: Field, value: object) -> Value | None:
        """Return the key of another created row, where ``value`` is one kept without a foreign key.

        Logs keep it as text beside a content type, histories among copies of the row's other columns.
        """
        if item.related_model is not None or item.primary_key or isinstance(value, bool):
            return None
        for other in self.created:
            if other is created or not self._fetched(other.model) or str(other.key()) != str(value):
                continue
            if self._is_of(created, other.model, item) or identifying.is_copy(created, other, item):
                attribute = Attribute(self.variable(other), "pk")
                return Text(attribute) if type(value) is not type(other.key()) else attribute
        return None

    def _is_of(self, created: Created, model: Model, item: Field) -> bool:
        """Say whether the row points to a row of ``model`` by a content type and this column."""
        if not re.search(r"(^|_)(id|pk)$", item.name):
            return False
        for column in created.model.fields:
            related = self.arrangement.models.by_label.get(column.related_model or "")
            if related is not None and related.framework == "content_type":
                found = self.arrangement.models.model_of(created.values.get(column.attname))
                if found is not None and found.table == model.table:
                    return True
        return False

    def _changed(self, row: Row, entity: Entity) -> Iterator[Assert]:
        asserts: list[Assert] = []
        for item in row.model.fields:
            known = entity.after.get(item.column)
            before = entity.before.get(item.column)
            if known is None or not tells(known):
                continue
            if item.primary_key or item.auto_now or item.auto_now_add:
                continue
            if before is not None and before.value == known.value:
                continue
            if row.model.user and (
                item.name == "last_login" or (item.name == "password" and self.password is None)
            ):
                continue
            asserts += self.of_changed(row, item, known.value)
        if asserts:
            yield RefreshRow(self.arrangement.name(row))
            yield from asserts

    def _column(self, variable: str, model: Model, item: Field, value: object) -> Iterator[Assert]:
        if model.user and item.name == "password":
            if self.password is not None:
                yield AssertPassword(variable, self.password)
        elif item.related_model is not None and value is not None:
            yield AssertAttribute(variable, *self._reference(item, value, self.created))
        elif isinstance(value, dt.datetime) and (kept := self._set_by_save(value)) is not None:
            yield AssertAttribute(variable, item.name, kept)
        elif self.inputs.from_clock(value) and isinstance(value, dt.datetime):
            if not self.inputs.is_now(value):
                self.needs_clock = True
            yield AssertRecent(variable, item.name, value, now=self.inputs.is_now(value))
        elif self.inputs.from_randomness(value) or (
            item.default_callable is not None and not implicit_value(item)[0] and not self._is_told(value)
        ):
            yield AssertPresent(variable, item.name)
        elif item.type not in _FILES and (name := self._file_name(value)) is not None:
            yield AssertAttribute(variable, item.name, name)
        elif item.type in _FILES and isinstance(value, str) and value:
            yield AssertFileName(variable, item.name, re.sub(r"(_\w{7})?(\.\w*)?$", "", value))
        elif value is not None and not item.python_class.startswith("django."):
            yield AssertStored(variable, import_name(model), manager_of(model), ((item.name, value),))
        else:
            self.needs_clock |= self.inputs.from_clock(value)
            yield AssertAttribute(variable, item.name, self._inside(value))

    def _inside(self, value: object, key: str = "", of: Created | None = None) -> Value:
        """Return what to compare with, where a document may hold keys and drawn values of created rows.

        ``of`` is the created row that the object around ``value``, which has it under ``key``, is a copy of.
        """
        if isinstance(value, (Mapping, list)):
            return self.through(value, key, self._inside)
        if of is not None and OWN_KEY.fullmatch(key) and value == of.key():
            return Attribute(self.variable(of), "pk")
        drawn = self._drawn_for(value) if isinstance(value, str) and key else None
        return self.inputs.on_test_server(value) if drawn is None else drawn

    def _drawn_for(self, text: str) -> Value | None:
        """Return the attribute of a created row for which the value was drawn that is written as ``text``."""
        created, item, stored = self._recognised.stored_as(text) or (None, None, None)
        if created is None or item is None or not self._fetched(created.model):
            return None
        if not self._unrepeatable(item, stored):
            return None
        attribute = Attribute(self.variable(created), item.name)
        return attribute if isinstance(stored, str) else Text(attribute)

    def _is_told(self, value: object) -> bool:
        """Say whether the value isn't what a callable default gave: it was sent, or there before."""
        if isinstance(value, Mapping):
            return all(map(self._is_told, value.values()))
        if isinstance(value, (list, tuple)):
            return all(map(self._is_told, value))
        if isinstance(value, dt.date):
            return not self.inputs.from_clock(value)
        # What is empty was not drawn, and is not "present" either.
        return not value or isinstance(value, bool) or self.inputs.given(value)

    def _file_name(self, value: object) -> Attribute | None:
        """Return the name of a created row's file that ``value`` repeats: storage may give it another."""
        for created in self.created:
            for item in created.model.fields:
                if item.type in _FILES and value and created.values.get(item.attname) == value:
                    return Attribute(self.variable(created), f"{item.name}.name")
        return None

    def _set_by_save(self, value: dt.datetime) -> Attribute | None:
        """Return the column of an arranged row that ``value`` is from, where a test has another time."""
        for row in self.arrangement.rows:
            for item in row.model.fields if not row.invented else ():
                by_save = (item.auto_now or item.auto_now_add) and row.value(item.attname) == value
                if by_save and not self.visible.value(row.model, item, value):
                    return Attribute(self.arrangement.name(row), item.name)
        return None

    def _reference(self, item: Field, value: object, among: Sequence[Created]) -> tuple[str, Value]:
        """Return (attribute, value): the other row by its variable, where the test has one."""
        models = self.arrangement.models
        target = models.by_label.get(item.related_model or "")
        target = models.by_table.get(target.table, target) if target else None
        if target is None:
            return item.attname, value
        content_type = models.content_type(value) if target.framework == "content_type" else None
        if content_type is not None:
            return item.name, content_type
        for row in self.arrangement.rows:
            if row.model is target and item.related_field and row.value(item.related_field) == value:
                return item.name, Variable(self.arrangement.name(row))
        for created in among:
            if created.key() != value or not self._fetched(created.model):
                continue
            if created.model is target:
                return item.name, Variable(self.variable(created))
            if self._counts_as(created.model, target):  # Django takes no child's row for its parent's part
                return item.attname, Attribute(self.variable(created), "pk")
        return item.attname, value
