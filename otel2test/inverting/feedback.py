"""What replaying a test has told about it: facts that the recording alone doesn't hold.

Proving runs a generated test under the recorder and compares; what it learns comes back to
inverting as :class:`Feedback`, and the test is generated again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "status",
    "redirect",
    "json",
    "text",
    "body",
    "header",
    "cookie",
    "session",
    "message",
    "created",
    "updated",
    "mail",
    "task",
    "cache",
    "file",
    "outbound",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an observation stands.

    The shape of ``path`` depends on ``kind``:

    ============================ =================================================================
    status, redirect             empty
    json                         keys and indexes into the response's JSON
    body                         empty; of a page (the text or tag that it doesn't hold so often,)
    text                         (the text that a page was seen to hold, or a tag with attributes,)
    header, cookie, session      (its name,)
    message                      (index,)
    created, updated             (table, index among such rows of the table, column)
    mail                         (index, attribute of Django's ``EmailMessage``)
    task                         (index, "args" or "kwargs", index or name)
    cache                        (alias, key)
    file                         (index, "name" or "content")
    outbound                     (index, "url", "body" or "headers", keys and indexes …)
    ============================ =================================================================
    """

    kind: Kind
    path: tuple[str | int, ...] = ()
    request: int = 0
    """Number of the request in its test, from 0."""


@dataclass(frozen=True, slots=True)
class Decoy:
    """A row which a query leaves out, by one column: only where it is there, it shows that the query does.

    The query is known by its table, by the column, and by a number: that of a replay has the place of the
    recorded one.
    """

    table: str
    """That whose rows the query finds, counts, changes or deletes."""
    path: tuple[str, ...]
    """The column; before it, those that lead to the row whose column it is (``todos_project.id``), if any."""
    number: int = 0
    """Of the request's queries that ask something of that column, which one; from 0."""
    part: int = 0
    """Of what it asks of that column, which one; from 0."""
    values: tuple[object, ...] = ()
    """Values of the column for which a broken program finds the row; empty where any other value will do."""
    absent: bool = False
    """True where it is a row for which there is none over there, instead of another one."""
    request: int = 0
    """Number of the request in its test, from 0."""


Lack: TypeAlias = Place | Decoy
"""What a test may lack: an assertion there, or a row."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What was learnt from replays of one test."""

    volatile: Mapping[Place, tuple[object, ...]] = field(default_factory=dict)
    """Observations that differ from run to run, with the values that were seen, the recorded one first."""
    unordered: frozenset[Place] = frozenset()
    """Lists that held the same items in another order."""
    pinned: frozenset[str] = frozenset()
    """Tables whose rows must have the recorded primary keys."""
    present: frozenset[str] = frozenset()
    """Tables that hold rows before the test which the recorded database didn't hold."""
    needed: frozenset[tuple[str, str]] = frozenset()
    """(table, column) in which rows must be as recorded, though nobody could tell what they hold."""
    lacking: frozenset[str] = frozenset()
    """Tables of which a replay found fewer rows than there had been."""
    clock: bool = False
    """Whether the test must run at the recorded time."""
    asserted: frozenset[Place] = frozenset()
    """Observations that must be asserted, as without them a broken program would pass."""
    decoys: frozenset[Decoy] = frozenset()
    """Rows that must be there, and not be found, as without them a broken program would pass."""

    def __bool__(self) -> bool:
        return bool(
            self.volatile
            or self.unordered
            or self.pinned
            or self.present
            or self.needed
            or self.lacking
            or self.clock
            or self.asserted
            or self.decoys
        )

    def __or__(self, other: "Feedback") -> "Feedback":
        """Return what both tell."""
        volatile = dict(self.volatile)
        for place, values in other.volatile.items():
            known = volatile.get(place, ())
            volatile[place] = (*known, *(value for value in values if value not in known))
        return Feedback(
            volatile=volatile,
            unordered=self.unordered | other.unordered,
            pinned=self.pinned | other.pinned,
            present=self.present | other.present,
            needed=self.needed | other.needed,
            lacking=self.lacking | other.lacking,
            clock=self.clock or other.clock,
            asserted=self.asserted | other.asserted,
            decoys=self.decoys | other.decoys,
        )
