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
    clock: bool = False
    """Whether the test must run at the recorded time."""
    asserted: frozenset[Place] = frozenset()
    """Observations that must be asserted, as without them a broken program would pass."""

    def __bool__(self) -> bool:
        return bool(
            self.volatile or self.unordered or self.pinned or self.present or self.clock or self.asserted
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
            clock=self.clock or other.clock,
            asserted=self.asserted | other.asserted,
        )
