"""What the request did to the database, as assertions: the net effect and nothing else."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from otel2test.identifiers import identifier
from otel2test.inverting.django.inventing import implicit_value
from otel2test.inverting.django.models import import_name, manager_of
from otel2test.inverting.django.rows import Arrangement, Row
from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.facts import Change, Unknown
from otel2test.inverting.plan import (
    Assert,
    AssertAttribute,
    AssertCount,
    AssertGone,
    AssertLinked,
    AssertPassword,
    AssertPresent,
    AssertRecent,
    FetchRow,
    Note,
    RefreshRow,
    Value,
    Variable,
)
from otel2test.inverting.state import Entity, Known, State
from otel2test.reading.exchanges import Field, Model
from otel2test.values import is_plain

_MOST_FETCHED: Final = 5
"""Of more rows of one model only the number is asserted."""

_TEXT: Final = frozenset({"CharField", "TextField", "SlugField"})


def _tells(known: Known) -> bool:
    """Say whether the value is known, and can stand in a test."""
    return not isinstance(known.value, (Unknown, Change)) and is_plain(known.value)


@dataclass(slots=True, eq=False)
class Created:
    """A row that the request made, and how the test finds it again."""

    entity: Entity
    model: Model
    values: dict[str, object]
    """attname → value at the end of the request."""
    variable: str | None = None

    def key(self) -> object:
        for item in self.model.fields:
            if item.primary_key:
                return self.values.get(item.attname)
        return None


class Effects:
    """The rows created, changed and deleted by one request."""

    def __init__(
        self, state: State, arrangement: Arrangement, inputs: Inputs, passwords: tuple[str, ...]
    ) -> None:
        self.arrangement = arrangement
        self.inputs = inputs
        self.passwords = passwords
        """Passwords that the request's form held: how a password is asserted."""
        self.needs_clock = False
        self.notes: list[Note] = []
        self.created: list[Created] = []
        self._links: list[tuple[Entity, bool]] = []
        self._updated: list[tuple[Row, Entity]] = []
        self._deleted: list[Row] = []
        for entity in state.entities:
            self._sort(entity)
        self._merge_inherited()

    def _sort(self, entity: Entity) -> None:
        model = self.arrangement.models.by_table.get(entity.table)
        if entity.table in self.arrangement.models.links:
            if entity.created != entity.deleted:
                self._links.append((entity, entity.created))
        elif model is None or model.framework == "session" or model.auto_created:
            return
        elif entity.created and not entity.deleted:
            self.created.append(Created(entity, model, dict(self._values(entity, model))))
        elif not entity.created:
            row = self.arrangement.row(entity)
            if row is not None and entity.deleted:
                self._deleted.append(row)
            elif row is not None and entity.after:
                self._updated.append((row, entity))

    def _values(self, entity: Entity, model: Model) -> Iterator[tuple[str, object]]:
        for item in model.fields:
            known = entity.after.get(item.column)
            if known is not None and _tells(known):
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
                    for attname, value in other.values.items():
                        child.values.setdefault(attname, value)
        self.created = [item for item in self.created if id(item) not in absorbed]

    # --- what the response may refer to

    def created_with_key(self, key: object) -> Created | None:
        """Return the created row whose key is ``key``, if just one has it."""
        found = [item for item in self.created if item.key() == key or str(item.key()) == str(key)]
        return found[0] if len(found) == 1 and self._fetched(found[0].model) else None

    def variable(self, created: Created) -> str:
        """Return the created row's variable; it gets one when something first refers to it."""
        if created.variable is None:
            names, wanted = self.arrangement.names, identifier(created.model.name, "row")
            arranged = any(row.wanted == wanted for row in self.arrangement.rows)
            created.variable = names.give(f"new_{wanted}" if arranged else wanted)
        return created.variable

    def _fetched(self, model: Model) -> bool:
        return sum(1 for item in self.created if item.model is model) <= _MOST_FETCHED

    # --- assertions

    def asserts(self) -> Iterator[Assert]:
        """Yield the assertions: created rows first, as others may refer to them."""
        for created in self.created:
            if self._fetched(created.model):
                yield self._fetch(created)
        for created in self.created:
            if self._fetched(created.model):
                yield from self._created(created)
        yield from self._many_created()
        for row, entity in self._updated:
            yield from self._changed(row, entity)
        for row in self._deleted:
            yield AssertGone(self.arrangement.name(row), import_name(row.model), manager_of(row.model))
        for entity, linked in self._links:
            yield from self._linked(entity, linked)

    def _many_created(self) -> Iterator[Assert]:
        for model in {id(item.model): item.model for item in self.created}.values():
            if not self._fetched(model):
                rows = self._present(model)
                yield AssertCount(import_name(model), manager_of(model), rows)

    def _present(self, model: Model) -> int:
        """Return how many rows of the model there are after the request."""
        arranged = sum(1 for row in self.arrangement.rows if row.model is model and row not in self._deleted)
        return arranged + sum(1 for item in self.created if item.model is model)

    def _fetch(self, created: Created) -> FetchRow:
        model = created.model
        lookup = self._lookup(created)
        return FetchRow(
            self.variable(created),
            import_name(model),
            manager_of(model),
            lookup or (),
            latest=lookup is None,
        )

    def _lookup(self, created: Created) -> tuple[tuple[str, Value], ...] | None:
        """Return what tells the row from every other of its model; None if nothing does."""
        others = [item.values for item in self.created if item.model is created.model and item is not created]
        others += [
            {item.attname: row.value(item.attname) for item in row.model.fields}
            for row in self.arrangement.rows
            if row.model is created.model and row not in self._deleted
        ]
        if not others:
            return ()
        candidates = [item for item in created.model.fields if item.unique and not item.primary_key]
        candidates += [item for item in created.model.fields if item.type in _TEXT and not item.unique]
        for item in candidates:
            value = created.values.get(item.attname)
            if value is None or value == "" or self._unrepeatable(item, value) or item.name == "password":
                continue
            if all(other.get(item.attname) != value for other in others):
                return ((item.name, value),)
        return None

    def _unrepeatable(self, item: Field, value: object) -> bool:
        return (
            self.inputs.from_randomness(value)
            or item.auto_now
            or item.auto_now_add
            or (item.related_model is None and self.inputs.from_clock(value))
        )

    def _created(self, created: Created) -> Iterator[Assert]:
        fetched = self._lookup(created) or ()
        for item in created.model.fields:
            if item.attname not in created.values or item.primary_key or item.parent_link or item.generated:
                continue
            value = created.values[item.attname]
            if item.name in dict(fetched) or item.auto_now or item.auto_now_add:
                continue
            known, implicit = implicit_value(item)
            if known and value == implicit:
                continue
            yield from self._column(self.variable(created), created.model, item, value)

    def _changed(self, row: Row, entity: Entity) -> Iterator[Assert]:
        asserts: list[Assert] = []
        for item in row.model.fields:
            known = entity.after.get(item.column)
            before = entity.before.get(item.column)
            if known is None or not _tells(known):
                continue
            if item.primary_key or item.auto_now or item.auto_now_add:
                continue
            if before is not None and before.value == known.value:
                continue
            if row.model.user and item.name in {"last_login", "password"} and not self.passwords:
                continue
            if row.model.user and item.name == "last_login":
                continue
            asserts += self._column(self.arrangement.name(row), row.model, item, known.value)
        if asserts:
            yield RefreshRow(self.arrangement.name(row))
            yield from asserts

    def _column(self, variable: str, model: Model, item: Field, value: object) -> Iterator[Assert]:
        if model.user and item.name == "password":
            yield from (AssertPassword(variable, password) for password in self.passwords[:1])
        elif item.related_model is not None and value is not None:
            yield AssertAttribute(variable, *self._reference(item, value))
        elif self.inputs.from_clock(value) and isinstance(value, dt.datetime):
            if not self.inputs.is_now(value):
                self.needs_clock = True
            yield AssertRecent(variable, item.name, value, now=self.inputs.is_now(value))
        elif self.inputs.from_randomness(value) or (
            item.default_callable is not None and not self.inputs.given(value) and value != ""
        ):
            yield AssertPresent(variable, item.name)
        else:
            self.needs_clock |= self.inputs.from_clock(value)
            yield AssertAttribute(variable, item.name, value)

    def _reference(self, item: Field, value: object) -> tuple[str, Value]:
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
        for created in self.created:
            if created.model is target and created.key() == value and self._fetched(target):
                return item.name, Variable(self.variable(created))
        return item.attname, value

    def _linked(self, entity: Entity, linked: bool) -> Iterator[Assert]:
        models = self.arrangement.models
        model, relation = models.links[entity.table]
        target_model = models.by_label.get(relation.related_model)
        source = self._end(model, entity, relation.source_column)
        target = self._end(target_model, entity, relation.target_column) if target_model else None
        if (source is None or target is None) and entity.made_up:
            return  # it went with its row; what else it led to nobody read
        if source is None or target is None:
            self.notes.append(Note(f"a change of {model.name}.{relation.name} that was only seen in part"))
            return
        yield AssertLinked(source, relation.name, target, linked)

    def _end(self, model: Model, entity: Entity, column: str) -> str | None:
        known = entity.value(column)
        key = next((item.attname for item in model.fields if item.primary_key), "")
        for row in self.arrangement.rows:
            if known is not None and row.model.table == model.table and row.value(key) == known.value:
                return self.arrangement.name(row)
        for created in self.created:
            if known is not None and created.model.table == model.table and created.key() == known.value:
                return self.variable(created)
        return None
