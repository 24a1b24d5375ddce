"""A folder of generated tests after the code has changed: which hold, and what changed for the others."""

import difflib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal, TypeAlias

from otel2test.proving import junit
from otel2test.proving.comparing.anatomy import anatomy
from otel2test.proving.mutating.survivors import killers
from otel2test.proving.reports import label
from otel2test.reading.exchanges import Exchange
from otel2test.terminal import aligned, printable, shortened

Aspect: TypeAlias = Literal["response", "state", "calls"]
Status: TypeAlias = Literal["holds", "changed", "accepted", "broken"]
"""``broken``: it fails, and running it didn't get as far as a request or an answer."""
ASPECTS: Final[tuple[Aspect, ...]] = ("response", "state", "calls")
_ASPECT_OF: Final[Mapping[str, Aspect]] = {
    "created": "state",
    "updated": "state",
    "file": "state",
    "cache": "calls",
    "mail": "calls",
    "outbound": "calls",
    "task": "calls",
}
"""By the kind of a place; the others are the response's."""
_WRITES: Final = frozenset({"insert", "update", "delete"})
_REASON: Final = 300


@dataclass(frozen=True, slots=True)
class Check:
    """What became of one test."""

    module: str
    """Its file's name."""
    name: str
    status: Status
    aspects: tuple[Aspect, ...] = ()
    """What changed: the response, the state of the database, or calls (outbound, e-mails, tasks, caches)."""
    reason: str = ""
    """The failure, as the framework says it."""
    diff: str = ""
    """The test as it is against the test as the program would have it now."""
    note: str = ""
    """Why it was not accepted."""

    @property
    def holds(self) -> bool:
        """Whether there is nothing left to do."""
        return self.status in {"holds", "accepted"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of all."""

    checks: tuple[Check, ...]

    @property
    def whole(self) -> bool:
        """Whether every test holds, or was accepted as it is now."""
        return all(check.holds for check in self.checks)

    def table(self) -> str:
        """Return a line a test, and a difference for each that doesn't hold."""
        rows = [["test", "verdict", "what changed"]]
        rows += [
            [label(check.module, check.name), check.status, ", ".join(check.aspects)] for check in self.checks
        ]
        lines = [*aligned(rows)]
        for check in self.checks:
            lines += _told(check)
        held = sum(check.status == "holds" for check in self.checks)
        accepted = sum(check.status == "accepted" for check in self.checks)
        tail = f", {accepted} accepted as they are now" if accepted else ""
        return "\n".join([*lines, "", f"{held} of {len(self.checks)} hold{tail}"])

    def as_json(self) -> str:
        """Return it as JSON: ``{"tests": […]}``."""
        document = {"tests": [asdict(check) for check in self.checks]}
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    def as_junit(self) -> str:
        """Return it as JUnit XML: a case a test."""
        return junit.document("otel2test check", [_case(check) for check in self.checks])


def aspects(recorded: Sequence[Exchange], replayed: Sequence[Exchange]) -> tuple[Aspect, ...]:
    """Return what of recorded requests has changed, of what a test can assert."""
    pairs = [*zip(recorded, replayed, strict=False)]
    found = {_ASPECT_OF.get(killer.place.kind, "response") for pair in pairs for killer in killers(*pair)}
    if any(_writes(one) != _writes(other) for one, other in pairs):
        found.add("state")
    return tuple(aspect for aspect in ASPECTS if aspect in found)


def _writes(exchange: Exchange) -> Counter[tuple[str, frozenset[str]]]:
    """Return how often rows of which table were inserted, updated or deleted."""
    found = map(anatomy, exchange.queries)
    return Counter((told.verb, told.tables) for told in found if told.verb in _WRITES)


def difference(name: str, before: str, after: str) -> str:
    """Return how a test would have to change, as a unified difference without file names."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), name, f"{name}, as it is now", n=2, lineterm=""
    )
    return "\n".join(lines)


def _case(check: Check) -> junit.Case:
    what = ", ".join(check.aspects) or check.status
    failure = None if check.holds else junit.Failure(what, check.reason, check.diff)
    return junit.Case(check.module, check.name, failure)


def _told(check: Check) -> Iterator[str]:
    if check.status == "holds":
        return
    yield ""
    yield f"{check.name}: {shortened(printable(check.reason), _REASON)}"
    if check.note:
        yield f"  {check.note}"
    yield from map(printable, check.diff.splitlines())
