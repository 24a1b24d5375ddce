"""Which row is meant by a key, a text or an object that stands in a response, an e-mail or a task.

What enters are the rows that a request created and those that were arranged; they are looked up by what
they hold, as a response may name each of thousands.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, TypeVar

from otel2test.identifiers import snake_case
from otel2test.inverting.django import identifying
from otel2test.inverting.django.identifying import Created
from otel2test.inverting.django.rows import Row
from otel2test.reading.exchanges import Field, Model

OWN_KEY: Final = re.compile(r"id|pk|uuid", re.IGNORECASE)
"""Names under which an object shows its own key."""

_T = TypeVar("_T", Created, Row)


class Recognised:
    """The rows of one request, by what they are known by outside of the database."""

    def __init__(self, created: Sequence[Created], arranged: Sequence[Row]) -> None:
        self._created = created
        self._arranged = arranged

    def with_key(self, key: object, about: str) -> Created | None:
        """Return the created row whose key is ``key``, if just one has it.

        ``about`` is where the key stood: a field's name, a path. It decides where other rows have it too.
        """
        found = self._created_by_key.get(str(key), ())
        if not found:
            return None
        words = snake_case(about).replace("_", "")
        named = [item for item in found if item.model.name.lower() in words]
        if not named and any(not row.made_before for row in self._arranged_by_key.get(str(key), ())):
            return None
        found = named or found
        return found[0] if len(found) == 1 else None

    def shown_as(self, shown: Mapping[str, object], may_be: Callable[[Model], bool]) -> Created | None:
        """Return the created row, of a model that it ``may_be`` of, that an object of a JSON body shows."""
        keys = sorted({str(value) for value in shown.values() if isinstance(value, (str, int))})
        best: tuple[int, Created] | None = None
        for created in (each for key in keys for each in self._created_by_key.get(key, ())):
            agree = identifying.agreement(created.model, created.values, shown)
            if agree is not None and may_be(created.model) and (best is None or agree > best[0]):
                best = (agree, created)
        if best is None or best[0] < 0:
            return None
        for row in (each for key in keys for each in self._arranged_by_key.get(key, ())):
            agree = identifying.agreement(row.model, row.recorded(), shown)
            if agree is not None and agree > best[0]:
                return None
        return best[1]

    def stored_as(self, text: object) -> tuple[Created, Field, object] | None:
        """Return the created row with a column that was stored as ``text``, and its value."""
        return self._stored.get(text) if isinstance(text, str) else None

    @cached_property
    def _created_by_key(self) -> dict[str, list[Created]]:
        return _by_key(self._created)

    @cached_property
    def _arranged_by_key(self) -> dict[str, list[Row]]:
        return _by_key(self._arranged)

    @cached_property
    def _stored(self) -> dict[str, tuple[Created, Field, object]]:
        found: dict[str, tuple[Created, Field, object]] = {}
        for created in self._created:
            for item in created.model.fields:
                stored = created.values.get(item.attname)
                if stored is not None:
                    found.setdefault(str(stored), (created, item, stored))
        return found


def _by_key(rows: Iterable[_T]) -> dict[str, list[_T]]:
    found: dict[str, list[_T]] = {}
    for row in rows:
        if row.key() is not None:
            found.setdefault(str(row.key()), []).append(row)
    return found
