"""Arrangement → the steps that create its rows, with no more values than it takes."""

import datetime as dt
from collections.abc import Iterator, Sequence

from otel2test.inverting.django.inventing import implicit_value, must_be_given
from otel2test.inverting.django.models import import_name, manager_of
from otel2test.inverting.django.rows import Arrangement, Row, Visible
from otel2test.inverting.plan import AddLinks, Arrange, CreateRow, GetRow, Note, UpdateRow, Value, Variable
from otel2test.reading.exchanges import Field, Model


def steps(arrangement: Arrangement, visible: Visible) -> tuple[Arrange, ...]:
    """Return the steps that create the rows."""
    found: list[Arrange] = []
    deferred = {(id(row), name) for row, name, _ in arrangement.deferred}
    for row in arrangement.rows:
        if row.model.framework is not None:
            found += _look_up(arrangement, row)
            continue
        values = tuple(_values(arrangement, row, visible, deferred))
        overwritten = tuple(_overwritten(row, visible))
        if overwritten:
            arrangement.name(row)
        model = row.model
        found.append(
            CreateRow(
                row.variable,
                import_name(model),
                manager_of(model),
                "create_user" if model.user and model.create_user else "create",
                values,
                ("*",) if row.invented else tuple(sorted(row.made_up)),
            )
        )
        if overwritten:
            found.append(UpdateRow(arrangement.name(row), import_name(model), manager_of(model), overwritten))
    for row, name, parent in arrangement.deferred:
        value = Variable(arrangement.name(parent))
        found.append(
            UpdateRow(arrangement.name(row), import_name(row.model), manager_of(row.model), ((name, value),))
        )
    found += _link_steps(arrangement)
    return tuple(found)


def _values(
    arrangement: Arrangement, row: Row, visible: Visible, deferred: set[tuple[int, str]]
) -> Iterator[tuple[str, Value]]:
    told: set[str] = set()
    for generic in row.model.generic_foreign_keys:
        if generic.name in row.parents:
            told |= {generic.content_type, generic.object_id}
            yield generic.name, Variable(arrangement.name(row.parents[generic.name]))
    for item in _by_convention(row.model):
        if item.parent_link or item.generated or item.name in told:
            continue
        if item.name in row.parents:
            if (id(row), item.name) not in deferred:
                yield item.name, Variable(arrangement.name(row.parents[item.name]))
        elif item.primary_key:
            yield from _key(row, item)
        elif row.model.user and item.name == "password":
            if row.password is not None:
                yield "password", row.password
        else:
            yield from _column(arrangement, row, item, visible)


def _key(row: Row, item: Field) -> Iterator[tuple[str, Value]]:
    if item.attname in row.known and (row.pinned or must_be_given(item)):
        yield "pk", row.known[item.attname].value
    elif item.name in row.made_up:
        yield "pk", row.made_up[item.name]


def _column(arrangement: Arrangement, row: Row, item: Field, visible: Visible) -> Iterator[tuple[str, Value]]:
    if item.attname in row.known:
        value = row.known[item.attname].value
        if _is_content_type(arrangement, item) and value is not None:
            value = _content_type(arrangement, row, item, value)
        if _worth_giving(item, value, row.model, visible):
            # A foreign key to a row that the test doesn't know is given by its column.
            by_column = item.related_model is not None and not _is_content_type(arrangement, item)
            yield item.attname if by_column else item.name, value
    elif item.name in row.made_up:
        yield item.name, row.made_up[item.name]


def _is_content_type(arrangement: Arrangement, item: Field) -> bool:
    related = arrangement.models.by_label.get(item.related_model or "")
    return related is not None and related.framework == "content_type"


def _content_type(arrangement: Arrangement, row: Row, item: Field, key: object) -> Value:
    found = arrangement.models.content_type(key)
    if found is None:
        note = f"{row.model.name}.{item.name}: the recording doesn't say which content type {key!r} is"
        arrangement.notes.append(Note(note))
    return found


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


def _overwritten(row: Row, visible: Visible) -> Iterator[tuple[str, Value]]:
    """Yield what ``save()`` would set by itself, where that has to be as recorded."""
    for item in row.model.fields:
        known = row.known.get(item.attname)
        set_by_save = item.auto_now or item.auto_now_add
        if known is not None and set_by_save and visible.value(row.model, item, known.value):
            yield item.name, known.value


def _look_up(arrangement: Arrangement, row: Row) -> Sequence[Arrange]:
    """A row that Django makes itself is found by its natural key: its id differs between databases."""
    if row.variable is None:
        return ()
    lookup: list[tuple[str, Value]] = []
    names = {"permission": ("codename",), "site": ("domain",)}
    for name in names.get(row.model.framework or "", ()):
        if name not in row.known:
            note = f"{row.model.name} {row.value('id')!r}: the recording doesn't say which one it is"
            arrangement.notes.append(Note(note))
            return ()
        lookup.append((name, row.known[name].value))
    content_type = arrangement.models.content_type(row.value("content_type_id"))
    if content_type is not None:
        lookup.append(("content_type", content_type))
    return (GetRow(row.variable, import_name(row.model), manager_of(row.model), tuple(lookup)),)


def _link_steps(arrangement: Arrangement) -> Iterator[AddLinks]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for link in arrangement.links:
        source, target = arrangement.name(link.source), arrangement.name(link.target)
        targets = grouped.setdefault((source, link.relation.name), [])
        if target not in targets:
            targets.append(target)
    for (source, accessor), targets in grouped.items():
        yield AddLinks(source, accessor, tuple(targets))
