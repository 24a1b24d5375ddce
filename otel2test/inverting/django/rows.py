"""The rows of the starting state as a test creates them, and how the test names them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from otel2test.identifiers import Names
from otel2test.inverting.arrangements import Arrange
from otel2test.inverting.django.evidence import Evidence
from otel2test.inverting.django.inventing import implicit_value
from otel2test.inverting.django.models import Models
from otel2test.inverting.facts import LeftOut
from otel2test.inverting.origins import Origin
from otel2test.inverting.plan import Note
from otel2test.inverting.state import Entity, Known
from otel2test.reading.exchanges import Field, ManyToMany, Model


@dataclass(slots=True, eq=False)
class Row:
    """One row of the starting state, as the test will create it."""

    model: Model
    known: dict[str, Known]
    """attname → what was recorded of the starting state."""
    number: int
    entity: Entity | None = None
    parts: dict[str, Entity] = field(default_factory=dict)
    """Table → what is known of the row's part there; more than one for an inherited model."""
    parents: dict[str, "Row"] = field(default_factory=dict)
    """Field name → the row it points to."""
    made_up: dict[str, object] = field(default_factory=dict)
    """Field name → value that wasn't recorded."""
    pinned: bool = False
    password: str | None = None
    variable: str | None = None
    """Given when something first refers to the row."""
    wanted: str = ""
    """The variable's name, if it can be had."""
    made_before: bool = False
    """True for a row that an earlier request of the same test created."""

    @property
    def invented(self) -> bool:
        """True where nothing was ever seen of the row."""
        return self.entity is None or self.entity.made_up

    @property
    def left_out(self) -> LeftOut | None:
        """Of a row that is there because a query leaves it out: why it does."""
        return self.entity.left_out if self.entity is not None else None

    @property
    def is_decoy(self) -> bool:
        """True for such a row, and for one that such a row goes together with."""
        return self.entity is not None and self.entity.decoy

    def recorded(self) -> dict[str, object]:
        """Return attname → value, of what was recorded."""
        return {attname: known.value for attname, known in self.known.items()}

    def key(self) -> object:
        """Return the value of the primary key, as recorded."""
        for item in self.model.fields:
            if item.primary_key:
                return self.value(item.attname)
        return None

    def value(self, attname: str) -> object:
        known = self.known.get(attname)
        return known.value if known else self.made_up.get(attname)

    def stored(self, item: Field) -> tuple[bool, object]:
        """Return ``(True, value)`` of what the database will hold: known, made up, or given by Django.

        ``(False, None)`` where that can't be told.
        """
        if item.attname in self.known or item.name in self.made_up:
            return True, self.value(item.attname)
        return implicit_value(item)

    def points_to(self, other: "Row") -> bool:
        """Say whether the row points to another one by a foreign key that can be set when both are there."""
        return any(self.parents.get(item.name) is other for item in self.model.fields if item.null)


def made_up(row: Row) -> tuple[str, ...]:
    """Return the names of the values that weren't recorded; ``("*",)`` for a row of which nothing was.

    Of decoys there is something else to say.
    """
    if row.is_decoy:
        return ()
    return ("*",) if row.invented else tuple(sorted(row.made_up))


@dataclass(frozen=True, slots=True)
class Link:
    """Two rows joined by a many-to-many field whose table Django keeps."""

    source: Row
    relation: ManyToMany
    target: Row


@dataclass(frozen=True, slots=True)
class Visible:
    """What of the database could be told from outside, or made a difference inside."""

    evidence: Evidence
    compared: frozenset[tuple[str, str]]
    """(table, column) by which the request filtered or joined."""
    sorting: frozenset[tuple[str, str]] = frozenset()
    """(table, column) by which it sorted."""
    picked: frozenset[tuple[str, str]] = frozenset()
    """(table, column) that it asked for by name, hence made use of."""
    needed: frozenset[tuple[str, str]] = frozenset()
    """(table, column) of which a replay showed that it matters what they hold."""

    def value(self, model: Model, item: Field, value: object) -> bool:
        """Say whether it matters which value the field has."""
        return (
            (model.table, item.column) in self.compared
            or (model.table, item.column) in self.picked
            or self.needs((model,), item)
            or self.evidence.mentions(value)
            or self.evidence.shows(value)
        )

    def needs(self, lineage: Iterable[Model], item: Field) -> bool:
        """Say whether the field, of one of these models, must be as recorded, whatever it is."""
        return bool(self.needed) and any((model.table, item.column) in self.needed for model in lineage)


@dataclass(slots=True)
class Arrangement:
    """The rows to create, in order, and how to find the one of an entity."""

    models: Models
    rows: list[Row]
    links: list[Link]
    of_entity: Mapping[int, Row]
    """``id(entity)`` → row."""
    names: Names
    notes: list[Note]
    deferred: list[tuple[Row, str, Row]] = field(default_factory=list)
    """(row, field name, parent): set by an update, where foreign keys form a circle."""
    named_keys: Mapping[str, frozenset[object]] = field(default_factory=dict)
    """Table → keys that queries named: none is given by chance."""
    made: list[tuple[Arrange, tuple[Row, ...]]] = field(default_factory=list)
    """Each step that makes or changes rows, with those."""
    left_out: list[Origin] = field(default_factory=list)
    """What the test does without, and why."""

    def row(self, entity: Entity) -> Row | None:
        return self.of_entity.get(id(entity))

    def name(self, row: Row) -> str:
        """Return the row's variable; a row gets one when it is first referred to."""
        if row.variable is None:
            row.variable = self.names.give(row.wanted)
        return row.variable


def is_looked_up(row: Row) -> bool:
    """Say whether Django makes the row by itself: its key is another one in another database."""
    return row.model.framework in {"content_type", "permission"}


def pin(arrangement: Arrangement, tables: Collection[str]) -> None:
    """Give the rows of these tables the recorded keys."""
    for row in arrangement.rows:
        if any(model.table in tables for model in arrangement.models.lineage(row.model)):
            row.pinned = True


def name_referred(arrangement: Arrangement, updated: Iterable[Row] = ()) -> None:
    """Give variables to the rows that others refer to or that are ``updated``, in the order of creation."""
    referred = [*updated]
    referred += [parent for row in arrangement.rows for parent in row.parents.values()]
    referred += [end for row, _, parent in arrangement.deferred for end in (row, parent)]
    referred += [end for link in arrangement.links for end in (link.source, link.target)]
    wanted = {id(row) for row in referred}
    for row in arrangement.rows:
        if id(row) in wanted:
            arrangement.name(row)
