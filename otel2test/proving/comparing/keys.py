"""Which primary key of the recording is which of the replay.

A key that the database drew is another in each run. So are all that refer to it: foreign keys,
URLs, values in JSON. :class:`Renaming` says which stand for each other; both ways, as two rows
of the recording can't be one of the replay.
"""

import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from otel2test.reading.exchanges import Field, Model, Schema

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DEEPEST: Final = 10


def as_key(value: object) -> str:
    """Return a key as text, the same for all its spellings."""
    if isinstance(value, uuid.UUID):
        return value.hex
    text = str(value)
    return text.replace("-", "").lower() if len(text) == 36 and _UUID.fullmatch(text) else text


@dataclass(frozen=True, slots=True)
class Schemas:
    """What the schema says of columns and of the keys in them."""

    spaces: Mapping[tuple[str, str], str]
    """(table, column) that holds keys which database or model draw → the table whose keys they are."""
    columns: Mapping[str, tuple[str, str]]
    """``label.field`` → (table, column)."""
    keys: Mapping[str, str]
    """Label of a model → the table whose keys its rows have, where they are drawn."""
    fields: Mapping[tuple[str, str], Field]
    words: Mapping[str, frozenset[str]]
    """Table of keys → words by which a text or a name may speak of its rows."""
    sessions: frozenset[str]
    """Tables of sessions."""
    cached: frozenset[str]
    """Tables of rows that Django looks up once a process: content types and sites."""
    users: frozenset[str]
    content_types: Mapping[str, str] = field(default_factory=dict)
    """Key → label of the model."""


def schemas_of(schema: Schema, others: Iterable[Model] = ()) -> Schemas:
    """Return what comparing asks of a schema; ``others`` are models that it doesn't tell of."""
    labels = {model.label: model for model in (*others, *schema.models)}
    models = (*labels.values(),)
    spaces: dict[tuple[str, str], str] = {}
    columns: dict[str, tuple[str, str]] = {}
    fields: dict[tuple[str, str], Field] = {}
    words: dict[str, set[str]] = defaultdict(set)
    keys: dict[str, str] = {}
    for model in models:
        for item in model.fields:
            at = (model.table, item.column)
            columns[f"{model.label}.{item.name}"] = at
            fields.setdefault(at, item)
            space = _space(model, item, labels)
            if space is not None:
                spaces[at] = space
                if item.primary_key:
                    keys[model.label] = space
                words[space] |= {model.name.lower()} if item.primary_key else {item.name.lower()}
        words[model.table] |= {word.lower() for word in (model.name, *model.verbose_name.split()) if word}
    return Schemas(
        spaces=spaces,
        columns=columns,
        keys=keys,
        fields=fields,
        words={space: frozenset(said) for space, said in words.items()},
        sessions=_tables(models, "session") | {"django_session"},
        cached=_tables(models, "content_type", "site") | {"django_content_type", "django_site"},
        users=frozenset(model.table for model in models if model.user),
        content_types=schema.content_types,
    )


def _tables(models: Iterable[Model], *framework: str) -> frozenset[str]:
    return frozenset(model.table for model in models if model.framework in framework)


def _space(model: Model, item: Field, labels: Mapping[str, Model]) -> str | None:
    """Return the table whose keys the field holds; None for one that people choose, or no key."""
    for _ in range(_DEEPEST):
        target = labels.get(item.related_model or "")
        if target is None:
            break
        wanted = item.related_field
        end = next(
            (each for each in target.fields if (each.attname == wanted if wanted else each.primary_key)), None
        )
        if end is None:
            break
        model, item = target, end
    drawn = "Auto" in item.type or item.default_callable is not None or item.db_default
    return model.table if item.primary_key and drawn else None


@dataclass(slots=True)
class Renaming:
    """Pairs of values that stand for each other, in spaces that don't touch; what was added can be undone."""

    forward: dict[tuple[str, str], str] = field(default_factory=dict)
    backward: dict[tuple[str, str], str] = field(default_factory=dict)
    _spaces: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    _added: list[tuple[str, str, str]] = field(default_factory=list)

    def pair(self, space: str, recorded: object, replayed: object) -> bool:
        """Let two values stand for each other; False if one of them stands for another already."""
        one, other = as_key(recorded), as_key(replayed)
        known = self.forward.get((space, one))
        if known is not None or (space, other) in self.backward:
            return known == other
        self.forward[space, one] = other
        self.backward[space, other] = one
        self._spaces[one, other].append(space)
        self._added.append((space, one, other))
        return True

    def spaces(self, recorded: object, replayed: object) -> list[str]:
        """Return the spaces in which two values stand for each other."""
        return self._spaces.get((as_key(recorded), as_key(replayed)), [])

    def of(self, space: str, recorded: object) -> str | None:
        """Return what stands for a recorded value."""
        return self.forward.get((space, as_key(recorded)))

    def holds(self, space: str, replayed: object) -> bool:
        """Say whether a value of the replay stands for one of the recording."""
        return (space, as_key(replayed)) in self.backward

    def mark(self) -> int:
        """Return where :meth:`undo` can go back to."""
        return len(self._added)

    def undo(self, mark: int) -> None:
        """Take back what was added since."""
        while len(self._added) > mark:
            space, one, other = self._added.pop()
            del self.forward[space, one], self.backward[space, other]
            self._spaces[one, other].remove(space)

    def differing(self) -> Iterator[tuple[str, str, str]]:
        """Yield (space, recorded, replayed) of all pairs that differ."""
        for space, one, other in self._added:
            if one != other:
                yield space, one, other
