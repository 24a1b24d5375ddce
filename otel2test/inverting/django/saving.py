"""Which rows ``save()`` can't make as they were recorded: the application's own code would add to them.

A signal handler adds a profile, an overridden ``save()`` fills a slug or a tree column. Such rows are
made in bulk, which runs neither. A user is made by ``create_user()`` all the same, as everyone would,
and what a handler made of it is then brought up to date.
"""

from typing import Final

from otel2test.inverting.django.rows import Arrangement, Row
from otel2test.reading.exchanges import Field, Model

_SAVE_SIGNALS: Final = frozenset({"pre_save", "post_save"})


def in_bulk(arrangement: Arrangement, row: Row) -> bool:
    """Say whether the row is made in bulk."""
    model = row.model
    if made_by_migration(row):
        return False
    if not _adds(model) or arrangement.models.parent(model) is not None:
        return False  # Django makes no rows in bulk that have a parent's part
    if not (model.user and model.create_user):
        return True
    dependents = [other for other in arrangement.rows if _unique_key_to(other, row) is not None]
    return any(other.pinned or in_bulk(arrangement, other) for other in dependents)


def made_by_handler(arrangement: Arrangement, row: Row) -> Field | None:
    """Return the field by which to find the row that a handler made when the row it points to was saved."""
    for parent in row.parents.values():
        if _SAVE_SIGNALS & set(parent.model.signals) and not in_bulk(arrangement, parent):
            found = _unique_key_to(row, parent)
            if found is not None:
                return found
    return None


def made_by_migration(row: Row) -> tuple[Field, ...]:
    """Return the fields by which to find the row that a migration may have made; none if it can't have."""
    model = row.model
    if not model.seeded or model.user:
        return ()
    names = {item.name: item for item in model.fields}
    keys: list[tuple[Field, ...]] = [(item,) for item in model.fields if item.unique and not item.primary_key]
    keys += [tuple(names[name] for name in key if name in names) for key in model.unique_together]
    return next((key for key in keys if key and all(item.attname in row.known for item in key)), ())


def adds_rows(arrangement: Arrangement) -> bool:
    """Say whether the application's code may make rows of its own while the state is arranged."""
    return any(_adds(row.model) and not in_bulk(arrangement, row) for row in arrangement.rows)


def _adds(model: Model) -> bool:
    return model.custom_save or bool(_SAVE_SIGNALS & set(model.signals))


def _unique_key_to(row: Row, parent: Row) -> Field | None:
    for item in row.model.fields:
        if item.unique and not item.parent_link and row.parents.get(item.name) is parent:
            return item
    return None
