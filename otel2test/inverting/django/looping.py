"""Created rows that only their order tells apart, where the request may have made them in another order.

What enters are the assertions on rows; what leaves are the same, such rows fetched sorted by a
value that tells those apart of which different things are asserted. Where no value does, they stay.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from otel2test.inverting.assertions import Assert, AssertAttribute, FetchRows
from otel2test.inverting.django.identifying import Created
from otel2test.inverting.expressions import Value
from otel2test.inverting.loops import unordered_rounds
from otel2test.inverting.sortings import sort_key
from otel2test.inverting.sortkeys import SortKey
from otel2test.reading.exchanges import Query


def made_in_any_order(
    asserts: Sequence[Assert], created: Sequence[Created], queries: Sequence[Query]
) -> Iterator[Assert]:
    """Yield the assertions on the ``created`` rows, which are in the order in which they were made."""
    for step in asserts:
        if not isinstance(step, FetchRows):
            yield step
            continue
        rows = {item.variable: item for item in created if item.variable in step.variables}
        found = unordered_rounds([_told(item) for item in rows.values()], queries)
        compared = {variable: dict(_compared(asserts, variable)) for variable in step.variables}
        names = dict.fromkeys(name for told in compared.values() for name in told)
        # What a row was found by isn't compared once more.
        of = {
            variable: {name: compared[variable].get(name, item.values.get(name)) for name in names}
            for variable, item in rows.items()
            if variable is not None
        }
        name = _telling([*of.values()]) if found is not None else None
        if found is None or name is None:
            yield step
        else:
            key = SortKey((name,))
            variables = sorted(of, key=lambda variable: key.of(of[variable]))
            yield replace(step, variables=tuple(variables), sorted_by=name, unordered=found.reason)


def _told(created: Created) -> Mapping[str, object]:
    return {
        item.attname: created.values.get(item.attname)
        for item in created.model.fields
        if not item.primary_key
    }


def _compared(asserts: Sequence[Assert], variable: str) -> Iterator[tuple[str, Value]]:
    for step in asserts:
        if isinstance(step, AssertAttribute) and step.variable == variable:
            yield step.attribute, step.value


def _telling(rows: Sequence[Mapping[str, Value]]) -> str | None:
    """Return the attribute by which to sort so that only rows of which the same is asserted are tied."""
    if all(row == rows[0] for row in rows):
        return None
    for name in rows[0]:
        if all(name in row for row in rows):
            key = sort_key([row[name] for row in rows])
            plain = key is not None and not (key.text or key.keys or key.differs)
            first: dict[Value, Mapping[str, Value]] = {}
            if plain and all(row == first.setdefault(row[name], row) for row in rows):
                return name
    return None
