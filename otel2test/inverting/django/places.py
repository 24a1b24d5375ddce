"""Which assertion speaks of which place: what replays tell is told by places.

What enters are a request's effects on rows, its side effects and the steps that were made of
them; what leaves is, for what a step compares, the places under which replays may tell of it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from otel2test.inverting.acts import Patch
from otel2test.inverting.assertions import Assert, FetchMails
from otel2test.inverting.django.effects import Effects
from otel2test.inverting.django.identifying import Created
from otel2test.inverting.django.rows import Row
from otel2test.inverting.feedback import Kind
from otel2test.inverting.sortings import Keys
from otel2test.inverting.state import Entity
from otel2test.reading.effects import SideEffects
from otel2test.reading.exchanges import Model

Where: TypeAlias = tuple[Kind, Keys]
"""A place, of one request."""
_Written: TypeAlias = Created | tuple[Row, Entity]


class Places:
    """The places of one request."""

    def __init__(
        self, effects: Effects, told: SideEffects, asserts: Iterable[Assert], patches: Iterable[Patch]
    ) -> None:
        numbers = dict(_numbered(effects.state.entities))
        written: list[tuple[_Written, Model, list[Entity]]] = [
            (item, item.model, [item.entity, *_inherited(effects, item)]) for item in effects.created
        ]
        written += (((row, entity), row.model, [entity]) for row, entity in effects.updated)
        self._models = effects.arrangement.models
        self._written = [
            (row, model, {each.table: numbers[id(each)] for each in entities if id(each) in numbers})
            for row, model, entities in written
        ]
        fetched = [step for step in asserts if isinstance(step, FetchMails)]
        sent = [number for number, mail in enumerate(told.mails) if mail.error is None]
        self.mails = {
            name: sent[number]
            for step in fetched
            for name, number in zip(step.variables, step.numbers or range(len(sent)), strict=False)
        }
        """Variable → number of the e-mail."""
        self._told = told
        self._functions = {
            patch.variable: patch.target.rpartition(".") for patch in patches if patch.variable
        }

    @cached_property
    def columns(self) -> Mapping[tuple[str, str], Sequence[Where]]:
        """(variable, attribute) of created and changed rows, of those that have a variable by now."""
        found: dict[tuple[str, str], list[Where]] = {}
        for written, model, tables in self._written:
            variable = written.variable if isinstance(written, Created) else written[0].variable
            for each in self._models.lineage(model) if variable is not None else ():
                for item in each.fields if each.table in tables else ():
                    kind, number = tables[each.table]
                    names = (item.attname, item.name)  # of a foreign key the column first, then the row
                    for attribute in dict.fromkeys(("pk", *names) if item.primary_key else names):
                        place = kind, (each.table, number, item.column)
                        found.setdefault((variable or "", attribute), []).append(place)
        return found

    def of(self, variable: str, attribute: str) -> list[Where]:
        """Return the places of an attribute: a column, or what an e-mail says."""
        if variable in self.mails:
            return [("mail", (self.mails[variable], attribute.partition("[")[0]))]
        return [*self.columns.get((variable, attribute), ())]

    def row(self, kind: Kind, table: str, number: int) -> _Written | None:
        """Return the created row, or the changed one with what is known of it; None if there is none."""
        found = (item for item, _, tables in self._written if tables.get(table) == (kind, number))
        return next(found, None)

    def tasks(self, variable: str) -> list[int]:
        """Return the numbers of the tasks that the replacement of that name took."""
        function, _, method = self._functions.get(variable, ("", "", ""))
        return [
            number
            for number, task in enumerate(self._told.tasks)
            if (task.function, task.method, task.eager) == (function, method, False)
        ]

    def files(self, *, name: str | None = None, content: bytes | None = None) -> Iterator[Where]:
        """Yield the places of files that were stored under a name that begins so, or with that content."""
        saved = [file for file in self._told.files if file.operation == "save"]
        for number, file in enumerate(saved):
            if name is not None and file.name.startswith(name):
                yield "file", (number, "name")
            elif content is not None and file.content == content:
                yield "file", (number, "content")


def _numbered(entities: Iterable[Entity]) -> Iterator[tuple[int, tuple[Kind, int]]]:
    """Yield ``id(entity)`` → which of the created, or of the changed, rows of its table it is."""
    counts: Counter[tuple[Kind, str]] = Counter()
    for entity in entities:
        if entity.after and not (entity.undone or entity.deleted):
            kind: Kind = "created" if entity.created else "updated"
            yield id(entity), (kind, counts[kind, entity.table])
            counts[kind, entity.table] += 1


def _inherited(effects: Effects, created: Created) -> Iterator[Entity]:
    """Yield the rows of other tables that hold the rest of a created row."""
    models = effects.arrangement.models
    for parent in [*models.lineage(created.model)][1:]:
        key = models.primary_key(parent)
        for entity in effects.state.entities:
            known = entity.value(key.column) if key and entity.created else None
            if entity.table == parent.table and known is not None and known.value == created.key():
                yield entity
