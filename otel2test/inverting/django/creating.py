"""Arrangement → the steps that create its rows, with no more values than it takes."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeAlias

from otel2test.inverting.arrangements import AddLinks, Arrange, CreateInBulk, CreateRow, GetRow, UpdateRow
from otel2test.inverting.django import alike
from otel2test.inverting.django.inventing import implicit_value, must_be_given
from otel2test.inverting.django.models import import_name, manager_of
from otel2test.inverting.django.rows import Arrangement, Row, Visible, made_up
from otel2test.inverting.django.saving import (
    in_bulk,
    is_changed_by_save,
    key_of_seeded,
    made_by_handler,
    made_by_migration,
    may_be_changed,
)
from otel2test.inverting.entities import KeyOf
from otel2test.inverting.expressions import HashedPassword, Value, Values, Variable
from otel2test.inverting.plan import Note
from otel2test.reading.exchanges import Field, Model

_FIRST_SITE: Final = "example.com"
_Method: TypeAlias = Literal["create", "create_user", "update_or_create", "get_or_create"]


def steps(arrangement: Arrangement, visible: Visible) -> tuple[Arrange, ...]:
    """Return the steps that create the rows."""
    left_out = {(id(row), name) for row, name, _ in arrangement.deferred}
    found: list[Arrange] = []
    overwritten = {id(row): tuple(_overwritten(arrangement, row, visible)) for row in arrangement.rows}
    for group in _together(arrangement):
        values = [tuple(_values(arrangement, row, visible, left_out)) for row in group]
        for rows, given in alike.runs(group, values):
            made = _made(arrangement, rows, given, found, visible)
            each = [(row,) for row in rows] if len(made) == len(rows) else [tuple(rows)] * len(made)
            arrangement.made += zip(made, each, strict=True)
            found += made
        for row in group:
            if overwritten[id(row)]:
                update = _overwrite(arrangement, row, overwritten[id(row)])
                arrangement.made.append((update, (row,)))
                found.append(update)
    found += _close_circles(arrangement)
    found += _link_steps(arrangement)
    return tuple(found)


def updated(arrangement: Arrangement, visible: Visible) -> Iterator[Row]:
    """Yield the rows that an update follows, as saving them would set something by itself."""
    for row in arrangement.rows:
        if row.model.framework is None and any(_overwritten(arrangement, row, visible)):
            yield row


def _made(
    arrangement: Arrangement,
    rows: Sequence[Row],
    values: Sequence[Values],
    before: Sequence[Arrange],
    visible: Visible,
) -> Sequence[Arrange]:
    """Return the steps that make some rows of one model."""
    if rows[0].model.framework is not None:
        return _look_up(arrangement, rows[0])
    step = alike.in_a_loop(rows, values) if not made_by_migration(rows[0]) else None
    if step is not None:
        return (step,)
    if in_bulk(arrangement, rows[0]):
        explained = not any(isinstance(step, CreateInBulk) for step in before)
        return (_in_bulk(rows, values, explained=explained),)
    return [_create(arrangement, row, given, visible) for row, given in zip(rows, values, strict=True)]


def _together(arrangement: Arrangement) -> Iterator[list[Row]]:
    """Yield the rows in groups that may be made at once: of one model, none pointing to another."""
    group: list[Row] = []
    members: set[int] = set()
    for row in arrangement.rows:
        fits = (
            group
            and row.model is group[0].model
            and row.model.framework is None
            and not any(id(parent) in members for parent in row.parents.values())
            and row.invented == group[0].invented
            and not (row.is_decoy or group[0].is_decoy)
            and in_bulk(arrangement, row) == in_bulk(arrangement, group[0])
            and (not row.invented or (row.variable is None) == (group[0].variable is None))
        )
        if group and not fits:
            yield group
            group, members = [], set()
        group.append(row)
        members.add(id(row))
    if group:
        yield group


def _create(arrangement: Arrangement, row: Row, values: Values, visible: Visible) -> CreateRow:
    model = row.model
    method, key = _how(arrangement, row, visible)
    return CreateRow(
        row.variable,
        import_name(model),
        manager_of(model),
        method,
        tuple(item for item in values if item[0] not in key) if key else values,
        made_up(row),
        lookup=tuple(item for item in values if item[0] in key) if key else (),
        left_out=_left_out(row),
    )


def _left_out(row: Row) -> str:
    return row.left_out.why if row.left_out is not None else ""


def _how(arrangement: Arrangement, row: Row, visible: Visible) -> tuple[_Method, frozenset[str]]:
    """Return the manager's method that makes the row, and by which fields it looks for one that is there."""
    if made_by_migration(row) and (seeded := key_of_seeded(arrangement, row, visible)):
        names = frozenset("pk" if item.primary_key else item.name for item in seeded)
        return ("update_or_create" if may_be_changed(row) else "get_or_create"), names
    handled = made_by_handler(arrangement, row)
    if handled is not None:
        return "update_or_create", frozenset({handled.name})
    return ("create_user" if row.model.user and row.model.create_user else "create"), frozenset()


def _in_bulk(rows: Sequence[Row], values: Sequence[Values], *, explained: bool) -> CreateInBulk:
    model = rows[0].model
    invented = tuple(dict.fromkeys(name for row in rows for name in made_up(row)))
    variables = tuple(row.variable for row in rows)
    given = tuple(tuple((name, _hashed(model, name, value)) for name, value in row) for row in values)
    return CreateInBulk(
        variables, import_name(model), manager_of(model), given, invented, explained, _left_out(rows[0])
    )


def _hashed(model: Model, name: str, value: Value) -> Value:
    return HashedPassword(value) if model.user and name == "password" and isinstance(value, str) else value


def _overwrite(arrangement: Arrangement, row: Row, values: Values) -> UpdateRow:
    return UpdateRow(arrangement.name(row), import_name(row.model), manager_of(row.model), values)


def _values(
    arrangement: Arrangement, row: Row, visible: Visible, deferred: set[tuple[int, str]]
) -> Iterator[tuple[str, Value]]:
    _, key = _how(arrangement, row, visible)
    generic = {
        name: each.name
        for each in row.model.generic_foreign_keys
        if each.name in row.parents
        for name in (each.content_type, each.object_id)
    }
    told: set[str] = set()
    for item in _by_convention(row.model):
        if item.parent_link or item.generated:
            continue
        if item.name in generic:
            name = generic[item.name]
            if name not in told:
                told.add(name)
                yield name, Variable(arrangement.name(row.parents[name]))
        elif item.name in row.parents:
            if (id(row), item.name) not in deferred:
                yield item.name, Variable(arrangement.name(row.parents[item.name]))
        elif item.primary_key:
            yield from _key(row, item, asked="pk" in key)
        elif row.model.user and item.name == "password":
            if row.password is not None:
                yield "password", row.password
        else:
            yield from _column(arrangement, row, item, visible, asked=item.name in key)


def _key(row: Row, item: Field, *, asked: bool) -> Iterator[tuple[str, Value]]:
    if item.attname in row.known and (asked or row.pinned or must_be_given(item)):
        value = row.known[item.attname].value
    elif item.name in row.made_up:
        value = row.made_up[item.name]
    else:
        return
    yield item.name if _is_hidden_by_default(row.model, item) else "pk", value


def _is_hidden_by_default(model: Model, item: Field) -> bool:
    """Say whether ``pk=…`` doesn't reach the key: a parent's that is text, or has a default, keeps that."""
    if not any(each.parent_link for each in model.fields):
        return False
    return implicit_value(item) != (False, None) or item.default_callable is not None


def _column(
    arrangement: Arrangement, row: Row, item: Field, visible: Visible, *, asked: bool
) -> Iterator[tuple[str, Value]]:
    """Yield the column's value where it has to be said, or is ``asked`` for to find the row."""
    if item.attname in row.known:
        value = row.known[item.attname].value
        if _is_content_type(arrangement, item) and value is not None:
            known = arrangement.models.content_type(value)
            if known is None:
                told = f"{row.model.name}.{item.name}: the recording doesn't say which content type"
                arrangement.notes.append(Note(f"{told} {value!r} is"))
                yield item.attname, value
                return
            value = known
        if (
            asked
            or _is_needed(arrangement, row, item, visible)
            or _worth_giving(item, value, row.model, visible)
        ):
            # A foreign key to a row that the test doesn't know is given by its column.
            by_column = item.related_model is not None and not _is_content_type(arrangement, item)
            yield item.attname if by_column else item.name, value
    elif item.name in row.made_up:
        yield item.name, row.made_up[item.name]


def _is_content_type(arrangement: Arrangement, item: Field) -> bool:
    if item.related_model is None:
        return False
    related = arrangement.models.by_label.get(item.related_model)
    return related is not None and related.framework == "content_type"


def _by_convention(model: Model) -> Sequence[Field]:
    """Return the fields in the order in which one would give them: a user's name before the password."""
    if not model.user:
        return model.fields
    first = (model.username_field, "password")
    return sorted(
        model.fields, key=lambda item: (not item.primary_key, item.name not in first, item.name == "password")
    )


def _worth_giving(item: Field, value: object, model: Model, visible: Visible) -> bool:
    if item.auto_now or item.auto_now_add:
        return False
    if model.user and item.name == "last_login":
        return visible.evidence.shows(value)
    known, implicit = implicit_value(item)
    if known:
        return value != implicit or (type(value) is bool) is not (type(implicit) is bool)
    if item.default_callable is not None and isinstance(value, (dt.datetime, dt.date)):
        # Whatever the callable gives will do, unless it makes a difference.
        return visible.value(model, item, value)
    return True


def _is_needed(arrangement: Arrangement, row: Row, item: Field, visible: Visible) -> bool:
    """Say whether a replay showed that the column must be given, though Django would fill it."""
    if not visible.needed or item.auto_now or item.auto_now_add:
        return False
    if not visible.needs(arrangement.models.lineage(row.model), item):
        return False
    told, implicit = implicit_value(item)
    if told and implicit is None and row.known[item.attname].value is None:
        return False
    return not is_changed_by_save(arrangement, row)


def _overwritten(arrangement: Arrangement, row: Row, visible: Visible) -> Iterator[tuple[str, Value]]:
    """Yield what ``save()`` would set by itself, where that has to be as recorded."""
    changed = bool(visible.needed) and is_changed_by_save(arrangement, row)
    for item in row.model.fields:
        by_save = item.auto_now or item.auto_now_add
        if not (by_save or changed):
            continue
        known = row.known.get(item.attname)
        if known is None or item.primary_key or item.related_model is not None:
            continue
        needed = visible.needs(arrangement.models.lineage(row.model), item)
        if (needed and changed) or (by_save and (needed or visible.value(row.model, item, known.value))):
            yield item.name, known.value


def _look_up(arrangement: Arrangement, row: Row) -> Sequence[Arrange]:
    """A row that Django makes itself is found by its natural key: its id differs between databases."""
    if row.model.framework == "site":
        return _site(arrangement, row)
    if row.variable is None:
        return ()
    lookup: list[tuple[str, Value]] = []
    names = {"permission": ("codename",)}
    for name in names.get(row.model.framework or "", ()):
        if name not in row.known:
            return _look_up_by_key(arrangement, row, row.variable)
        lookup.append((name, row.known[name].value))
    key = row.value("content_type_id")
    content_type = arrangement.models.content_type(key)
    if content_type is not None:
        lookup.append(("content_type", content_type))
    elif isinstance(key, KeyOf) and (app := key.entity.value("app_label")) is not None:
        lookup.append(("content_type__app_label", app.value))
    return (GetRow(row.variable, import_name(row.model), manager_of(row.model), tuple(lookup)),)


def _site(arrangement: Arrangement, row: Row) -> Sequence[Arrange]:
    """The first site is made with the tables; its name may have been changed since, or others been added."""
    key = row.key()
    domain = row.value("domain")
    named, manager = import_name(row.model), manager_of(row.model)
    if domain not in (None, _FIRST_SITE):
        values = tuple((name, value) for name, value in row.recorded().items() if name in ("domain", "name"))
        return (CreateRow(row.variable, named, manager, "update_or_create", values, lookup=(("pk", key),)),)
    if row.variable is None:
        return ()
    if key is not None and key == arrangement.models.schema.site_id:
        return (GetRow(row.variable, named, manager, (), "get_current"),)
    if domain is None and sum(other.model is row.model for other in arrangement.rows) > 1:
        return _look_up_by_key(arrangement, row, row.variable)
    return (GetRow(row.variable, named, manager, (("domain", domain),) if domain is not None else ()),)


def _look_up_by_key(arrangement: Arrangement, row: Row, variable: str) -> Sequence[Arrange]:
    """The same migrations give the same keys, as a rule; nothing better is known."""
    key = arrangement.models.primary_key(row.model)
    value = row.value(key.attname) if key else None
    note = f"{row.model.name} {value!r}: the recording doesn't say which one it is"
    arrangement.notes.append(Note(note))
    return (GetRow(variable, import_name(row.model), manager_of(row.model), (("pk", value),)),)


def _close_circles(arrangement: Arrangement) -> Iterator[UpdateRow]:
    """Yield what sets the foreign keys that were left out, one step for each row."""
    left: dict[str, tuple[Row, list[tuple[str, Value]]]] = {}
    for row, name, parent in arrangement.deferred:
        _, values = left.setdefault(arrangement.name(row), (row, []))
        values.append((name, Variable(arrangement.name(parent))))
    for row, values in left.values():
        yield _overwrite(arrangement, row, tuple(values))


def _link_steps(arrangement: Arrangement) -> Iterator[AddLinks]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for link in arrangement.links:
        source, target = arrangement.name(link.source), arrangement.name(link.target)
        targets = grouped.setdefault((source, link.relation.name), [])
        if target not in targets:
            targets.append(target)
    for (source, accessor), targets in grouped.items():
        yield AddLinks(source, accessor, tuple(targets))
