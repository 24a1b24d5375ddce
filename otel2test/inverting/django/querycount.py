"""How many statements the request will make in a test, where everything happens in one transaction.

Django counts what :class:`django.test.utils.CaptureQueriesContext` sees: each statement,
``executemany`` as one. What was a transaction in the recording is a savepoint in a test, or
nothing where the ``atomic`` block was told to do without, as those of Django's own ``save()``
are: for ``BEGIN`` and ``COMMIT`` come ``SAVEPOINT`` and ``RELEASE``, for ``ROLLBACK`` it is
rolled back to and released.
"""

from collections.abc import Sequence
from typing import Final

from otel2test.inverting.django.models import Models
from otel2test.inverting.facts import Fact, Savepoint
from otel2test.reading.exchanges import Query

_AT_THE_END: Final = {"commit": 1, "rollback": 2}
_CACHED: Final = frozenset({"content_type", "site"})
"""Rows that Django asks for once a process: a test may find them there, or not."""


def count_queries(queries: Sequence[Query], facts: Sequence[Fact], models: Models) -> int | str:
    """Return the number of statements on the default database, or why it can't be told."""
    cached = [model.table for model in models.schema.models if model.framework in _CACHED]
    if any(f"{quote}{table}{quote}" in query.sql for query in queries for table in cached for quote in '"`'):
        return "the number of queries: it depends on which content types or sites are cached"
    actions = {fact.source.span_id: fact.action for fact in facts if isinstance(fact, Savepoint)}
    number, savepoint = 0, False
    for query in queries:
        if query.alias != "default":
            continue
        action = actions.get(query.span_id)
        if action == "begin":
            if query.savepoint is None:
                return "the number of queries: the recording doesn't tell which transactions nest"
            savepoint = query.savepoint
            number += savepoint
        elif action in _AT_THE_END:
            number += _AT_THE_END[action] if savepoint else 0
        else:
            number += 1
    return number
