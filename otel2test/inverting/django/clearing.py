"""Rows that stand in the way: a migration made them, and the recorded database didn't hold them.

What enters are the tables in which replays found such rows; what leaves are the steps that empty
them, rows that point to others first. Rows that Django itself needs stay.
"""

from collections.abc import Collection, Iterator

from otel2test.inverting.arrangements import DeleteRows
from otel2test.inverting.django.models import Models, import_name, manager_of
from otel2test.reading.exchanges import Model


def steps(models: Models, tables: Collection[str]) -> Iterator[DeleteRows]:
    """Yield what empties the tables."""
    found = [model for table, model in models.by_table.items() if table in tables and model.framework is None]
    explained = True
    for model in _pointing_first(models, found):
        if not model.auto_created:  # links go with the rows that they join
            yield DeleteRows(import_name(model), manager_of(model), explained)
            explained = False


def _pointing_first(models: Models, found: list[Model]) -> Iterator[Model]:
    """Yield the models, each before those that it points to; a circle begins anywhere."""
    left = sorted(found, key=lambda model: model.label)
    while left:
        targets = [_targets(models, model) for model in left]
        free = [
            model
            for number, model in enumerate(left)
            if not any(model.table in each for other, each in enumerate(targets) if other != number)
        ]
        model = (free or left)[0]
        left.remove(model)
        yield model


def _targets(models: Models, model: Model) -> frozenset[str]:
    related = (models.by_label.get(item.related_model or "") for item in model.fields)
    return frozenset(target.table for target in related if target is not None)
