"""Rows called as the project calls them: by its own locals that held them.

What enters is the arrangement and what was recorded of locals, under statements and calls;
what changes is the name that a row wants. It keeps its model's where that is among the
locals, and where no local says more: one that held several rows, or a word that says nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from otel2test.identifiers import identifier
from otel2test.inverting.django.rows import Arrangement, Row
from otel2test.reading.exchanges import Exchange, Model
from otel2test.values import ModelValue

_SAYS_NOTHING: Final = frozenset(
    {
        "cls", "content", "current", "data", "element", "existing", "first", "form", "found", "instance",
        "item", "kwargs", "last", "match", "model", "new", "next_obj", "node", "obj", "object", "old", "orig",
        "original", "other", "parent_obj", "previous", "queryset", "record", "related", "res", "result",
        "ret", "retval", "return_value", "row", "self", "tmp", "val", "value",
    }
)  # fmt: skip
_SHORTEST: Final = 3


def name_as_called(
    arrangement: Arrangement, exchanges: Iterable[Exchange], user: tuple[Model, object] | None
) -> None:
    """Let rows that have no name yet want the one that the project has for them.

    ``user`` is (model, pk) of whoever is logged in, who stays the user.
    """
    held: dict[str, dict[tuple[str, object], None]] = {}
    for name, value in _locals(exchanges):
        key = _key(value.label, value.pk)
        if key is not None and _reads_well(name):
            held.setdefault(name, {})[key] = None
    names: dict[tuple[str, object], list[str]] = {}
    for name, rows in held.items():
        if len(rows) == 1:
            names.setdefault(next(iter(rows)), []).append(name)
    if not names:
        return
    taken = {identifier(row.model.name, "row") for row in arrangement.rows}
    for row in arrangement.rows:
        own = identifier(row.model.name, "row")
        if (
            row.variable is not None
            or row.wanted != own
            or (user is not None and user == (row.model, row.key()))
        ):
            continue
        known = list(_names_of(arrangement, row, names))
        free = [name for name in known if name not in taken and name not in arrangement.names]
        if own not in known and free:
            row.wanted = free[0]
            taken.add(free[0])


def _locals(exchanges: Iterable[Exchange]) -> Iterator[tuple[str, ModelValue]]:
    for exchange in exchanges:
        callers = [query.caller for query in exchange.queries] + [call.caller for call in exchange.outbound]
        told: list[Mapping[str, object]] = [caller.locals for caller in callers if caller is not None]
        for call in exchange.calls:
            told += [call.arguments, call.locals]
        for values in told:
            for name, value in values.items():
                if isinstance(value, ModelValue):
                    yield name, value


def _names_of(
    arrangement: Arrangement, row: Row, names: Mapping[tuple[str, object], list[str]]
) -> Iterator[str]:
    labels = [model.label for model in arrangement.models.lineage(row.model)]
    labels += [
        model.label
        for model in arrangement.models.by_label.values()
        if model.table == row.model.table and model.label not in labels
    ]
    for label in labels:
        key = _key(label, row.key())
        if key is not None:
            yield from names.get(key, ())


def _key(label: str, key: object) -> tuple[str, object] | None:
    """Return what a row is known by; keys are compared as text, as some are recorded raw."""
    return None if key is None else (label, str(key))


def _reads_well(name: str) -> bool:
    return (
        len(name) >= _SHORTEST
        and name == identifier(name, "row")
        and name not in _SAYS_NOTHING
        and not name[-1].isdigit()
        and not name.startswith("_")
        and not name.endswith("_")
    )
