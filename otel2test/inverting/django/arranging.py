"""State → the rows that a test creates first, complete and in foreign-key order.

What enters is the :class:`~otel2test.inverting.state.State` of one exchange; what leaves
is an :class:`~otel2test.inverting.django.rows.Arrangement`, to which acting and asserting
refer by row.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from otel2test.identifiers import Names, identifier
from otel2test.inverting.django.decoying import dress
from otel2test.inverting.django.filling import Filler
from otel2test.inverting.django.inventing import implicit_value, must_be_given
from otel2test.inverting.django.models import Models
from otel2test.inverting.django.ordering import in_order
from otel2test.inverting.django.pinning import Pins
from otel2test.inverting.django.rows import Arrangement, Link, Row, Visible
from otel2test.inverting.entities import KeyOf
from otel2test.inverting.facts import Change, NotInverted, Source, Unknown
from otel2test.inverting.origins import Origin
from otel2test.inverting.plan import Note
from otel2test.inverting.state import Entity, Known, State
from otel2test.reading.exchanges import Field, Model
from otel2test.values import is_plain

_SCALAR: Final = frozenset({type(None), bool, int, float, str, bytes})  # what can be written for sure
_WORD: Final = re.compile(r"[a-z][a-z_]{1,15}")
"""A username that can be a variable's name."""


def arrange(
    state: State,
    models: Models,
    visible: Visible,
    names: Names,
    user: tuple[Model, object] | None,
) -> Arrangement:
    """Return the rows that must be there; ``user`` is (model, pk) of whoever is logged in."""
    return _Arranger(state, models, visible, names).run(user)


_MOST_INVENTED: Final = 20
"""More rows of one model than these are not invented out of nothing."""


class _Arranger:
    def __init__(self, state: State, models: Models, visible: Visible, names: Names) -> None:
        self.state = state
        self.models = models
        self.visible = visible
        self.names = names
        self.rows: list[Row] = []
        self.of_entity: dict[int, Row] = {}
        self.by_key: dict[tuple[str, str, object], Row] = {}
        """(table, attname, value) of keys and unique fields → row."""
        self.notes: list[Note] = []
        self.pointing: list[tuple[Row, Field, KeyOf]] = []
        """Foreign keys to rows whose own key nothing told."""
        self.left_out: list[Origin] = []
        self.filler = Filler(state, models, self.rows, self.notes)

    def run(self, user: tuple[Model, object] | None) -> Arrangement:
        unknown_tables: set[str] = set()
        for entity in self._inherited_last():
            model = self.models.by_table.get(entity.table)
            if model is None:
                unknown_tables.add(entity.table)
            elif self._is_row(model) and id(entity) not in self.of_entity:
                self._row_of(entity, model)
        self.notes += [
            Note(f"rows of table {table!r}: no model is known for it") for table in sorted(unknown_tables)
        ]
        for row, item, key in self.pointing:
            target = self.of_entity.get(id(key.entity))
            if target is not None:
                row.parents[item.name] = target
        if user is not None:
            self._user(*user)
        dress(self.rows, self.filler)
        for row in self.rows:  # grows while parents are invented
            self._complete(row)
        links = list(self._links())
        for row in self.rows:
            self._complete(row)
        pins = Pins(self.models, self.visible, self.state.named_keys)
        pins.pin_named(self.rows)
        self._name_users()
        self._spare()
        rows, deferred = in_order(self.rows, self.visible.sorting)
        pins.pin_unsorted(rows)
        return Arrangement(
            self.models,
            rows,
            links,
            self.of_entity,
            self.names,
            self.notes,
            deferred,
            self.state.named_keys,
            left_out=self.left_out,
        )

    def _is_row(self, model: Model) -> bool:
        """Sessions become logins, content types expressions, joining tables links; the rest are rows."""
        return not model.auto_created and model.framework not in {"session", "content_type"}

    def _is_content_type(self, item: Field) -> bool:
        related = self.models.by_label.get(item.related_model or "")
        return related is not None and related.framework == "content_type"

    def _inherited_last(self) -> list[Entity]:
        """Children of multi-table inheritance first: their row takes the parents' in."""
        existing = [entity for entity in self.state.entities if entity.existed]
        depths = {
            table: sum(item.parent_link for item in model.fields)
            for table, model in self.models.by_table.items()
        }
        return sorted(existing, key=lambda entity: -depths.get(entity.table, 0))

    # --- rows

    def _row_of(self, entity: Entity, model: Model) -> Row:
        row = Row(model, {}, entity.number, entity, wanted=identifier(model.name, "row"))
        row.parts[model.table] = entity
        self._take_in(row, model, entity)
        self._take_in_parent(row, model, entity)
        self._add(row, entity)
        return row

    def _take_in(self, row: Row, model: Model, entity: Entity) -> None:
        """Give the row what is known of its part in the model's table."""
        for item in model.fields:
            known = entity.before.get(item.column)
            if known is None or item.attname in row.known:
                continue
            if not isinstance(known.value, KeyOf):
                if type(known.value) in _SCALAR or self._writable(item, known.value, model):
                    row.known[item.attname] = known
            elif item.related_model and not item.parent_link and not self._is_content_type(item):
                self.pointing.append((row, item, known.value))

    def _writable(self, item: Field, value: object, model: Model) -> bool:
        if isinstance(value, (Unknown, Change)):
            return False
        if not is_plain(value):
            self.notes.append(Note(f"{model.name}.{item.name}: its value was not recorded in full"))
            return False
        return True

    def _take_in_parent(self, row: Row, model: Model, entity: Entity | None) -> None:
        """Merge the row of the parent's table, which has the same key, into the child's."""
        parent = self.models.parent(model)
        if parent is None:
            return
        parent_model, link = parent
        attname = link.related_field or self._key_attname(parent_model)
        column = next((item.column for item in parent_model.fields if item.attname == attname), "")
        key = row.known.get(link.attname)
        if key is not None:
            row.known.setdefault(attname, key)
            found = self.state.find(parent_model.table, column, key.value)
        else:
            found = self._joined_parent(entity, link, parent_model, column) if entity else None
        if found is not None:
            self.of_entity[id(found)] = row
            row.parts[parent_model.table] = found
            self._take_in(row, parent_model, found)
        self._take_in_parent(row, parent_model, found)

    def _joined_parent(self, entity: Entity, link: Field, parent_model: Model, column: str) -> Entity | None:
        """Return the parent's part of a row whose key nothing told, but that the two were joined."""
        known = entity.before.get(link.column)
        if known is not None and isinstance(known.value, KeyOf):
            return known.value.entity
        return self.state.find(parent_model.table, column, KeyOf(entity, link.column))

    def _add(self, row: Row, entity: Entity | None) -> None:
        self.rows.append(row)
        self._index(row)
        if entity is not None:
            self.of_entity[id(entity)] = row

    def _index(self, row: Row) -> None:
        for model in self.models.lineage(row.model):
            for item in model.fields:
                if (item.primary_key or item.unique) and item.attname in row.known:
                    self.by_key.setdefault(
                        (model.table, item.attname, _key(row.known[item.attname].value)), row
                    )

    def _invent(self, model: Model, attname: str | None, value: object, source: Source) -> Row:
        known = {attname: Known(value, source)} if attname else {}
        inherited = self._inherited_row(model, attname, value) if attname else None
        if inherited is not None:
            inherited.model = model
            inherited.known |= known
            inherited.wanted = identifier(model.name, "row")
            self._take_in_parent(inherited, model, None)
            self._index(inherited)
            return inherited
        row = Row(
            model, known, len(self.state.entities) + len(self.rows), wanted=identifier(model.name, "row")
        )
        self._take_in_parent(row, model, None)
        self._add(row, None)
        return row

    def _inherited_row(self, model: Model, attname: str, value: object) -> Row | None:
        """Return the row that was seen in a parent's table only, of what is a row of ``model``."""
        if not any(item.primary_key and item.attname == attname for item in model.fields):
            return None
        for parent in self.models.lineage(model):
            found = self._find(parent, self._key_attname(parent), value)
            if found is not None and found.model is parent is not model:
                return found
        return None

    def _user(self, model: Model, key: object) -> None:
        attname = self._key_attname(model)
        found = self._find(model, attname, key)
        row = found or self._invent(model, attname, key, Source("", 0))
        row.wanted = "user"

    def _key_attname(self, model: Model) -> str:
        key = self.models.primary_key(model)
        return key.attname if key else "pk"

    def _find(self, model: Model, attname: str, value: object) -> Row | None:
        return self.by_key.get((model.table, attname, _key(value)))

    # --- completion

    def _complete(self, row: Row) -> None:
        if row.model.framework is not None:
            return
        self._complete_generic(row)
        pointing, others = self.models.fillable(row.model)
        for item in pointing:
            self._complete_parent(row, item)
        for item in others:  # after the parents: some columns are unique for each parent only
            missing = item.attname not in row.known and item.name not in row.made_up
            if missing and self._needs_value(row, item):
                peers = sum(
                    1 for other in self.rows if other.model is row.model and item.name in other.made_up
                )
                row.made_up[item.name] = self.filler.value(item, row, peers + 1)

    def _needs_value(self, row: Row, item: Field) -> bool:
        """Say whether the row can't be left with what Django would give it."""
        if must_be_given(item):
            return True
        told, implicit = implicit_value(item)
        return told and self.filler.matters(row, item) and not self.filler.may_have(row, item, implicit)

    def _complete_generic(self, row: Row) -> None:
        """Find the row that a generic foreign key points to, so that the test can name it."""
        if not row.model.generic_foreign_keys:
            return
        attnames = {item.name: item.attname for item in row.model.fields}
        for generic in row.model.generic_foreign_keys:
            content_type = row.known.get(attnames.get(generic.content_type, ""))
            object_id = row.known.get(attnames.get(generic.object_id, ""))
            if content_type is None and object_id is not None and generic.name not in row.parents:
                self._guess_target(row, generic.name, object_id.value)
                continue
            target = self.models.model_of(content_type.value) if content_type else None
            if target is None or object_id is None or generic.name in row.parents:
                continue
            attname = self._key_attname(target)
            found = self._find(target, attname, object_id.value) or self._find(
                target, attname, _as_number(object_id.value)
            )
            if found is not None and found is not row:
                row.parents[generic.name] = found

    def _guess_target(self, row: Row, name: str, key: object) -> None:
        """Let a generic foreign key point to the row with that key, if rows of one model only have it."""
        found = [other for other in self.rows if other is not row and str(other.key()) == str(key)]
        if len({other.model.label for other in found}) == 1:
            row.parents[name] = found[0]
            row.made_up[name] = found[0]

    def _complete_parent(self, row: Row, item: Field) -> None:
        parent_model = self.models.by_label.get(item.related_model or "")
        if item.name in row.parents or parent_model is None or parent_model.framework == "content_type":
            return
        parent_model = self._concrete(parent_model)
        known = row.known.get(item.attname)
        optional = item.null or item.has_default or item.default_callable
        if known is None and optional and (not item.null or self.filler.may_have(row, item, None)):
            return
        if known is not None and known.value is None:
            return
        target = item.related_field or self._key_attname(parent_model)
        if known is not None:
            parent = self._find(parent_model, target, known.value)
            if parent is None and item.null and not self._is_visible(row, item, known.value):
                # Nobody read the other row and nobody could tell: the test does without it.
                del row.known[item.attname]
                why = "nobody read that row; its key was told by"
                self.left_out.append(Origin(f"{row.model.name}.{item.name}", why, (known.source.span_id,)))
                return
            parent = parent or self._invent(parent_model, target, known.value, known.source)
        elif self._is_endless(row, parent_model):
            self.notes.append(Note(f"{row.model.name}.{item.name}: each row would need another one"))
            return
        else:
            peers = [other for other in self.rows if other.model is parent_model and other is not row]
            peers.sort(key=lambda other: not other.points_to(row))  # a topic's last post is one of it
            found = next((peer for peer in peers if self.filler.may_have(row, item, peer)), None)
            if found is None and item.null:
                return
            parent = found or self._invent(parent_model, None, None, Source("", 0))
        row.parents[item.name] = parent

    def _is_visible(self, row: Row, item: Field, value: object) -> bool:
        return any(self.visible.value(model, item, value) for model in self.models.lineage(row.model))

    def _is_endless(self, row: Row, parent_model: Model) -> bool:
        """A key to the row's own model that is unique and never NULL asks for parents for ever."""
        made = sum(1 for other in self.rows if other.model is parent_model and not other.known)
        return row.invented and not row.known and made > _MOST_INVENTED

    def _concrete(self, model: Model) -> Model:
        return self.models.by_table.get(model.table, model)

    def _links(self) -> Iterator[Link]:
        for entity in self.state.entities:
            declared = self.models.links.get(entity.table)
            if declared is None or not entity.existed:
                continue
            model, relation = declared
            ends = [entity.before.get(column) for column in (relation.source_column, relation.target_column)]
            target_model = self.models.by_label.get(relation.related_model)
            if target_model is not None and entity.made_up and not entity.deleted:
                # It was only counted: what nobody saw of it may be any row.
                yield Link(
                    self._end(model, ends[0]), relation, self._end(self._concrete(target_model), ends[1])
                )
                continue
            if ends[0] is None or ends[1] is None or target_model is None:
                if not entity.made_up:  # a link that was only deleted went with its row
                    seen = f"a link of {model.name}.{relation.name} that was only seen in part"
                    self.notes.append(Note(seen))
                continue
            yield Link(
                self._end(model, ends[0]),
                relation,
                self._end(self._concrete(target_model), ends[1]),
            )

    def _end(self, model: Model, known: Known | None) -> Row:
        if known is None:
            return self._invent(model, None, None, Source("", 0))
        attname = self._key_attname(model)
        if isinstance(known.value, KeyOf):
            return self.of_entity.get(id(known.value.entity)) or self._invent(model, None, None, known.source)
        return self._find(model, attname, known.value) or self._invent(
            model, attname, known.value, known.source
        )

    def _spare(self) -> None:
        """Tell of the rows that had been made up for a count, though those of others do."""
        for spared in self.state.spared:
            model = self.models.by_table.get(spared.table)
            if model is not None:
                why = "a row for this count; those that others need do:"
                self.left_out.append(Origin(model.name, why, (spared.source.span_id,)))

    def _name_users(self) -> None:
        """Two users are told apart best by their own names."""
        users = [row for row in self.rows if row.model.user]
        for row in users if len(users) > 1 else ():
            name = row.value(row.model.username_field or "username")
            if not row.invented and isinstance(name, str) and _WORD.fullmatch(name):
                row.wanted = identifier(name, "user")


def _key(value: object) -> object:
    """Return ``value`` in a form that can be a key of a dict; equal values stay equal."""
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value


def _as_number(value: object) -> object:
    """Generic foreign keys often keep the key as text."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def notes_of(not_inverted: Iterable[NotInverted], models: Models) -> Iterator[Note]:
    """Return a note for each statement that was not understood, but those of Django's own tables."""
    own = {model.table for model in models.schema.models if model.framework == "session"}
    for item in not_inverted:
        if not any(table in item.source.sql for table in own):
            yield Note(f"{item.reason}: {item.source.sql}", item.source)
