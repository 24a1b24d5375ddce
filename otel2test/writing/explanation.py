"""Why a test says what it says: each line with its spans, and each query with what it told.

What enters is a module that was written with its provenance, and the inversions that it
was written from; what leaves is text for a terminal, in which nothing recorded can steer it.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from otel2test.inverting.origins import Explained, Origin
from otel2test.inverting.telling import tell
from otel2test.reading.exchanges import Exchange, Outbound, Query
from otel2test.terminal import printable, shortened
from otel2test.writing.source import GeneratedModule, GeneratedTest

_WIDTH: Final = 100
_INDENT: Final = " " * 8
_MOST_FACTS: Final = 12
"""Of a query with more rows than this, only so many are told of."""


def explain(module: GeneratedModule, inverted: Sequence[Explained]) -> str:
    """Return the explanation of all tests of ``module``, which has one for each of ``inverted``."""
    code = module.text.splitlines()
    tests = zip(module.tests, inverted, strict=True)
    return "\n".join(line for test, explained in tests for line in _test(test, explained, code))


def _test(test: GeneratedTest, explained: Explained, code: Sequence[str]) -> Iterator[str]:
    numbers = _numbers(explained.exchanges)
    origins = explained.origins()
    yield test.name
    for exchange in explained.exchanges:
        yield printable(f"  {exchange.request.method} {exchange.request.path}, trace {exchange.trace_id}")
    yield ""
    for lines in test.lines:
        indent = len(code[lines.first - 1]) - len(code[lines.first - 1].lstrip())
        for number in range(lines.first, lines.last + 1):
            yield f"{number:>5}  {code[number - 1][indent:]}"
        for origin in origins[lines.step]:
            yield from _wrapped(f"← {_origin(origin, numbers)}")
    yield ""
    if explained.left_out:
        yield "  left out, as nothing can tell that it isn't there:"
        for origin in dict.fromkeys(explained.left_out):
            yield from _wrapped(f"· {_origin(origin, numbers)}")
        yield ""
    yield from _queries(explained, numbers)
    yield ""


def _numbers(exchanges: Sequence[Exchange]) -> Mapping[str, str]:
    """Return span id → what the explanation calls it."""
    calls = enumerate((call for exchange in exchanges for call in exchange.outbound), 1)
    queries = enumerate((query for exchange in exchanges for query in exchange.queries), 1)
    return {
        **{exchange.span_id: "" for exchange in exchanges},
        **{call.span_id: f"call {number}" for number, call in calls},
        **{query.span_id: f"query {number}" for number, query in queries},
    }


def _origin(origin: Origin, numbers: Mapping[str, str]) -> str:
    told = ", ".join(_span(span_id, numbers) for span_id in origin.span_ids)
    return " ".join(filter(None, (f"{origin.what}:" if origin.what else "", origin.because, told)))


def _span(span_id: str, numbers: Mapping[str, str]) -> str:
    name = numbers.get(span_id)
    return f"{name} (span {span_id})" if name else f"(span {span_id})"


def _queries(explained: Explained, numbers: Mapping[str, str]) -> Iterator[str]:
    learnt: dict[int, list[str]] = {}
    for fact in explained.facts:
        learnt.setdefault(fact.source.position, []).append(tell(fact))
    for query in (query for exchange in explained.exchanges for query in exchange.queries):
        told = list(dict.fromkeys(learnt.get(query.position, ())))
        yield from _head(numbers[query.span_id], _sql(query), query)
        for text in told[:_MOST_FACTS] or [_nothing(query)]:
            yield from _wrapped(f"→ {text}")
        if len(told) > _MOST_FACTS:
            yield f"{_INDENT}→ {len(told) - _MOST_FACTS} more of this kind"
    for call in (call for exchange in explained.exchanges for call in exchange.outbound):
        yield from _head(numbers[call.span_id], f"{call.method} {call.url}", call)


def _head(name: str, text: str, happening: Query | Outbound) -> Iterator[str]:
    yield shortened(printable(f"{name} (span {happening.span_id})  {' '.join(text.split())}"), _WIDTH)


def _sql(query: Query) -> str:
    return query.sql if query.kind == "statement" else f"{query.kind} on {query.alias}"


def _nothing(query: Query) -> str:
    if query.error is not None:
        return f"nothing: it failed with {query.error.type}"
    return "nothing: it speaks of no row that a test could arrange"


def _wrapped(text: str) -> Iterator[str]:
    yield from textwrap.wrap(
        printable(text),
        _WIDTH,
        initial_indent=_INDENT,
        subsequent_indent=f"{_INDENT}  ",
        break_on_hyphens=False,
    )
