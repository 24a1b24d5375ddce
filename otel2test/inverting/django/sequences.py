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
    """Make up keys for the rows that have none beside rows whose keys are pinned.

    Where the database counts on from the greatest key, only those need one that are made before a row
    that has one, or where a query named a key.
    """
    models = arrangement.models
    with_sequences = bool(_WITH_SEQUENCES & set(models.schema.databases.values()))
    tables: dict[str, list[Row]] = {}
    auto_keys = {id(row.model): _auto_key(row.model) for row in arrangement.rows}
    for row in arrangement.rows:
        if row.pinned and auto_keys[id(row.model)] is not None:
            tables.setdefault(models.root(row.model).table, []).append(row)
    for table, rows in tables.items():
        named = arrangement.named_keys.get(table, frozenset())
        keys = [
            row.value(item.attname) if (item := auto_keys[id(row.model)]) is not None else None
            for row in rows
        ]
        taken = {key for key in keys if isinstance(key, int)}
        last = max((number for number, key in enumerate(keys) if key is not None), default=-1)
        asked = {key for key in named if isinstance(key, int)}
        greatest = max(taken | asked, default=0)
        for number, row in enumerate(rows):
            key = auto_keys[id(row.model)]
            if key is None or keys[number] is not None:
                continue
            if with_sequences or number < last or asked - taken:
                greatest += 1
                row.made_up[key.name] = greatest


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
