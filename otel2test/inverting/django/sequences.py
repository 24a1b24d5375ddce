"""Keys that a test gives, where the database goes on counting without regard to them.

PostgreSQL draws keys from a sequence that rows inserted with a key of their own don't advance: a
row that the request then creates may get the key of an arranged one. Other databases count on
from the greatest key. So on PostgreSQL, where the request creates rows of a model of which the
test pins keys, the test brings the sequence up to date; and what is arranged beside pinned rows
is given a key as well.
"""

from collections.abc import Iterator
from typing import Final

from otel2test.inverting.arrangements import ResetSequences
from otel2test.inverting.django.models import import_name
from otel2test.inverting.django.rows import Arrangement, Row
from otel2test.inverting.state import Entity, State
from otel2test.reading.exchanges import Field, Model

_AUTO: Final = frozenset({"AutoField", "BigAutoField", "SmallAutoField"})
_WITH_SEQUENCES: Final = frozenset({"postgresql", "oracle"})


def give_keys(arrangement: Arrangement) -> None:
    """Make up keys for the rows that have none beside rows whose keys are pinned."""
    if not _WITH_SEQUENCES & set(arrangement.models.schema.databases.values()):
        return
    for row in arrangement.rows:
        key = _auto_key(row.model)
        if row.pinned and key is not None and row.value(key.attname) is None:
            keys = [other.value(key.attname) for other in arrangement.rows if other.model is row.model]
            row.made_up[key.name] = max((known for known in keys if isinstance(known, int)), default=0) + 1


def steps(arrangement: Arrangement, state: State) -> Iterator[ResetSequences]:
    """Yield what brings the sequences up to date: a step for each database."""
    pinned = {
        model.table
        for row in arrangement.rows
        if _gives_key(row)
        for model in arrangement.models.lineage(row.model)
    }
    by_alias: dict[str, dict[str, Model]] = {}
    for entity in state.entities:
        model = arrangement.models.by_table.get(entity.table)
        if entity.created and entity.table in pinned and model is not None and _auto_key(model) is not None:
            by_alias.setdefault(_alias(entity), {})[model.table] = model
    for alias, models in by_alias.items():
        if arrangement.models.schema.databases.get(alias) in _WITH_SEQUENCES:
            yield ResetSequences(tuple(import_name(model) for model in models.values()), alias)


def _auto_key(model: Model) -> Field | None:
    return next((item for item in model.fields if item.primary_key and item.type in _AUTO), None)


def _gives_key(row: Row) -> bool:
    keys = [item for item in row.model.fields if item.primary_key]
    return any((row.pinned and item.attname in row.known) or item.name in row.made_up for item in keys)


def _alias(entity: Entity) -> str:
    return next((known.source.connection[0] for known in entity.after.values()), "default")
