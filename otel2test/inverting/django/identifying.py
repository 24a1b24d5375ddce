"""How a test finds the rows that a request created, and recognises them: by what tells each from the others.

What enters are the created rows, what the test arranges, and how foreign keys are said; what
leaves is, for each created row, the lookup that finds it and nothing else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, TypeAlias

from otel2test.inverting.expressions import Value, Values
from otel2test.inverting.state import Entity
from otel2test.reading.exchanges import Field, Model

_TEXT: Final = frozenset({"CharField", "TextField", "SlugField", "EmailField", "URLField"})
_AUTO: Final = frozenset({"AutoField", "BigAutoField", "SmallAutoField"})
_MOST_COLUMNS: Final = 3
"""More columns than this in a lookup are no better than the order of the rows."""


@dataclass(slots=True, eq=False)
class Created:
    """A row that the request made, and how the test finds it again."""

    entity: Entity
    model: Model
    values: dict[str, object]
    """attname → value at the end of the request."""
    variable: str | None = None
    counted: bool = True
    """True where the database counted up its key: the later the row, the greater."""

    def key(self) -> object:
        for item in self.model.fields:
            if item.primary_key:
                return self.values.get(item.attname)
        return None


Others: TypeAlias = Sequence[Mapping[str, object]]
"""attname → value of the other rows of the model."""


def lookup(
    created: Created,
    others: Others,
    repeatable: Callable[[Field, object], bool],
    said: Callable[[Field, object], tuple[str, Value] | None],
    *,
    alone: bool,
) -> Values | None:
    """Return what tells the row from every other of its model, as few columns as do; None if nothing does.

    ``repeatable`` says whether a run of the test gives the same value, and ``said`` how a test
    says it (None where it can't). With ``alone``, nobody but the request makes rows of the model.
    """
    if not others and alone:
        return ()
    usable = [
        (item, pair)
        for item in _by_what_they_tell(created.model)
        if created.values.get(item.attname) not in (None, "")
        and repeatable(item, created.values[item.attname])
        and (pair := said(item, created.values[item.attname])) is not None
    ]
    for size in range(1, _MOST_COLUMNS + 1):
        for chosen in combinations(usable, size):
            if all(_differs(created, other, [item for item, _ in chosen]) for other in others):
                return tuple(pair for _, pair in chosen)
    key = next((item for item in created.model.fields if item.primary_key), None)
    if key is None or created.counted or created.key() is None or not repeatable(key, created.key()):
        return None
    return (("pk", created.key()),)


def _differs(created: Created, other: Mapping[str, object], columns: Sequence[Field]) -> bool:
    return any(other.get(item.attname) != created.values[item.attname] for item in columns)


def _by_what_they_tell(model: Model) -> Iterator[Field]:
    """Yield the fields by how well they identify: keys, texts, what the row belongs to, then the rest."""
    fields = [item for item in model.fields if item.name != "password" and not item.parent_link]
    rows = [item for item in fields if not (item.primary_key and item.type in _AUTO)]
    yield from (item for item in rows if item.unique and not item.primary_key)
    yield from (item for item in rows if item.primary_key)
    rest = [item for item in rows if not item.unique and not item.primary_key]
    yield from (item for item in rest if item.type in _TEXT)
    yield from (item for item in rest if item.related_model is not None)
    yield from (item for item in rest if item.type not in _TEXT and item.related_model is None)


def agreement(model: Model, values: Mapping[str, object], shown: Mapping[str, object]) -> int | None:
    """Return how many columns ``shown`` shares with a row, less those that differ; None if its key does."""
    key = next((item for item in model.fields if item.primary_key), None)
    if key is None or values.get(key.attname) is None:
        return None
    others = {item.attname for item in model.fields if not item.primary_key}
    names = [
        name for name in dict.fromkeys((key.attname, "pk", "id")) if name in shown and name not in others
    ]
    if not names or str(shown[names[0]]) != str(values[key.attname]):
        return None
    verdicts = [
        str(values[item.attname]) == str(shown[item.name])
        for item in model.fields
        if not item.primary_key and item.attname in values and isinstance(shown.get(item.name), (str, int))
    ]
    return sum(1 if verdict else -1 for verdict in verdicts)


def is_copy(created: Created, other: Created, item: Field) -> bool:
    """Say whether a row repeats the columns of another, its key in ``item``."""
    key = next((column for column in other.model.fields if column.primary_key), None)
    if key is None or key.attname != item.attname:
        return False
    shared = [name for name in other.values if name in created.values and name != key.attname]
    return bool(shared) and all(created.values[name] == other.values[name] for name in shared)
