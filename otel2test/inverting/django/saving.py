"""Which rows ``save()`` can't make as they were recorded: the application's own code would add to them.

A signal handler adds a profile, an overridden ``save()`` fills a slug or a tree column. Such rows are
made in bulk, which runs neither. A user is made by ``create_user()`` all the same, as everyone would,
and what a handler made of it is then brought up to date.
"""

from collections.abc import Iterator
from typing import Final

from otel2test.inverting.django.rows import Arrangement, Row, Visible, made_up
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
    # A handler would make such rows for the other users, too, and give away the keys of those recorded.
    return any(
        other.pinned or in_bulk(arrangement, other)
        for other in arrangement.rows
        if other.model is not model
        and any(_unique_key_to(other, parent) for parent in _parents(other, model))
    )


def made_by_handler(arrangement: Arrangement, row: Row) -> Field | None:
    """Return the field by which to find the row that a handler made when the row it points to was saved."""
    for parent in row.parents.values():
        if (
            parent.model.signals
            and _SAVE_SIGNALS & set(parent.model.signals)
            and not in_bulk(arrangement, parent)
        ):
            found = _unique_key_to(row, parent)
            if found is not None:
                return found
    return None


def made_by_migration(row: Row) -> bool:
    """Say whether a migration may have made the row: with all that it points to, if only by its key."""
    if not row.model.seeded:
        return False
    waiting, seen = [row], {id(row)}
    while waiting:
        one = waiting.pop()
        if not one.model.seeded or one.model.user or (one.invented and not _has_known_key(one)):
            return False
        for parent in one.parents.values():
            if parent.model.framework is None and id(parent) not in seen:
                seen.add(id(parent))
                waiting.append(parent)
    return True


def key_of_seeded(arrangement: Arrangement, row: Row, visible: Visible) -> tuple[Field, ...]:
    """Return the fields by which to find the row that a migration may have made.

    These are unique ones, or those by which the request looked for rows if these tell the row from
    the others; else its primary key. None where nothing of that is known.
    """
    model = row.model
    names = {item.name: item for item in model.fields}
    keys: list[tuple[Field, ...]] = [(item,) for item in model.fields if item.unique and not item.primary_key]
    keys += [tuple(names[name] for name in key if name in names) for key in model.unique_together]
    asked = tuple(
        item
        for item in model.fields
        if (model.table, item.column) in visible.compared
        and not item.primary_key
        and row.value(item.attname) is not None
    )
    others = [other for other in arrangement.rows if other.model is model and other is not row]
    if all(any(other.value(item.attname) != row.value(item.attname) for item in asked) for other in others):
        keys.append(asked)
    keys += [(item,) for item in model.fields if item.primary_key]
    # What is made up tells nothing.
    return next((key for key in keys if key and all(_is_known(row, item) for item in key)), ())


def _has_known_key(row: Row) -> bool:
    return any(item.primary_key and _is_known(row, item) for item in row.model.fields)


def _is_known(row: Row, item: Field) -> bool:
    known = row.known.get(item.attname)
    return known is not None and known.value is not None


def may_be_changed(row: Row) -> bool:
    """Say whether a row that a migration made is given what was recorded, as it may have been changed since.

    Not where saving it would do more, nor where some of its values are made up.
    """
    return not (_adds(row.model) or made_up(row) or row.is_decoy)


def adds_rows(arrangement: Arrangement) -> bool:
    """Say whether the application's code may make rows of its own while the state is arranged."""
    return any(is_changed_by_save(arrangement, row) for row in arrangement.rows)


def is_changed_by_save(arrangement: Arrangement, row: Row) -> bool:
    """Say whether the application's code may change the row while it is made."""
    return _adds(row.model) and not in_bulk(arrangement, row)


def _adds(model: Model) -> bool:
    return model.custom_save or bool(_SAVE_SIGNALS & set(model.signals))


def _parents(row: Row, model: Model) -> Iterator[Row]:
    return (parent for parent in row.parents.values() if parent.model is model)


def _unique_key_to(row: Row, parent: Row) -> Field | None:
    for item in row.model.fields:
        if item.unique and not item.parent_link and row.parents.get(item.name) is parent:
            return item
    return None
