"""Links of many-to-many fields whose table Django keeps, made or cut by a request → assertions.

A link that was cut and made again, or the other way round, leaves nothing to say.
"""

from collections.abc import Callable, Iterator, Sequence

from otel2test.inverting.assertions import AssertLinked
from otel2test.inverting.django.identifying import Created
from otel2test.inverting.django.rows import Arrangement
from otel2test.inverting.entities import is_known
from otel2test.inverting.plan import Note
from otel2test.inverting.state import Entity
from otel2test.reading.exchanges import Model


class Joined:
    """The joining rows that one request made or deleted."""

    def __init__(
        self, arrangement: Arrangement, created: Sequence[Created], variable: Callable[[Created], str]
    ) -> None:
        """``variable`` gives the variable of a created row."""
        self.arrangement = arrangement
        self.created = created
        self.variable = variable
        self.entities: list[Entity] = []

    def asserts(self) -> Iterator[AssertLinked | Note]:
        """Yield what is linked now, or no longer; a note where not both ends are known."""
        cut = {self._pair(entity) for entity in self.entities if entity.deleted}
        made = {self._pair(entity) for entity in self.entities if not entity.deleted}
        for entity in self.entities:
            pair = self._pair(entity)
            if pair is None or pair not in cut & made:
                yield from self._told(entity)

    def _pair(self, entity: Entity) -> tuple[object, ...] | None:
        _, relation = self.arrangement.models.links[entity.table]
        ends = [entity.value(column) for column in (relation.source_column, relation.target_column)]
        told = [end.value for end in ends if end is not None and is_known(end)]
        return (entity.table, *told) if len(told) == len(ends) else None

    def _told(self, entity: Entity) -> Iterator[AssertLinked | Note]:
        models = self.arrangement.models
        model, relation = models.links[entity.table]
        target_model = models.by_label.get(relation.related_model)
        source = self._end(model, entity, relation.source_column)
        target = self._end(target_model, entity, relation.target_column) if target_model else None
        if source is not None and target is not None:
            yield AssertLinked(source, relation.name, target, entity.created)
        elif not entity.made_up:  # else it went with its row; what else it led to nobody read
            yield Note(f"a change of {model.name}.{relation.name} that was only seen in part")

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
