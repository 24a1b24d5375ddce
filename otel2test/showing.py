"""What ``otel2test show`` shows of a trace: its spans as a tree, with all that was recorded.

Side effects stand in the tree where they happened, between the spans below the one that was
current.

What enters is a :class:`~otel2test.reading.traces.Trace`; what leaves is text of a given
width, in which nothing recorded can steer the terminal. SQL is shown in full; rows, bodies
and values only as far as a reader needs to recognise them.
"""

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from otel2test.reading import semconv
from otel2test.reading.building import exchanges, instant
from otel2test.reading.effects import (
    AnyEffect,
    CacheAccess,
    CommitHook,
    Draw,
    LogRecord,
    Mail,
    SignalSent,
    StoredFile,
    Task,
)
from otel2test.reading.exchanges import (
    Body,
    Call,
    Caller,
    Exchange,
    Failure,
    Form,
    Outbound,
    Query,
    Request,
    Response,
)
from otel2test.reading.happenings import happenings
from otel2test.reading.operations import Operation, operations
from otel2test.reading.spans import Span
from otel2test.reading.traces import Trace
from otel2test.terminal import aligned, brief, printable, shortened

_ROWS: Final = 10
_CALLS: Final = 200
_CELL: Final = 32
_NARROWEST: Final = 40
"""Deep trees may pass the width that was asked for: no text gets less room than this."""

_TIMES: Final = f"{'at ms':>10} {'took ms':>9}  "
_NO_TIMES: Final = " " * len(_TIMES)

_BREAK: Final = re.compile(
    r"""('(?:''|[^'])*'|"(?:""|[^"])*"|`[^`]*`)"""
    r"|\s+(?=(?:FROM|WHERE|(?:INNER|LEFT|RIGHT|FULL|CROSS) (?:OUTER )?JOIN|GROUP BY|HAVING|ORDER BY|LIMIT"
    r"|UNION|VALUES|SET|RETURNING|ON CONFLICT|FOR UPDATE)\b)",
    re.IGNORECASE,
)
"""A quoted piece, to be left alone, or the space before a clause."""


def show(trace: Trace, width: int = 100) -> str:
    """Return the span tree of ``trace`` as text; it ends in a newline."""
    lines = [*_heading(trace), "", _TIMES.rstrip(), *_Tree(trace, width).lines()]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _heading(trace: Trace) -> Iterator[str]:
    services = dict.fromkeys(semconv.service(span.resource) for span in trace.spans)
    begun = instant(trace.start).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    spans = "1 span" if len(trace.spans) == 1 else f"{len(trace.spans)} spans"
    parts = [begun, spans, f"{_ms(trace.end - trace.start)} ms", *filter(None, services)]
    yield f"trace {trace.id}"
    yield printable("  ".join(parts))
    files = dict.fromkeys(str(span.origin) for span in trace.spans)
    yield printable(f"from {', '.join(files)}")


class _Tree:
    """The lines of one trace, from top to bottom."""

    def __init__(self, trace: Trace, width: int) -> None:
        self._trace = trace
        self._width = width
        self._orphans = frozenset(orphan.span_id for orphan in trace.orphans)
        found, problems = exchanges(trace)
        others, more_problems = operations(trace)
        everything = happenings(trace, trace.spans)
        self._exchanges: Mapping[str, Exchange] = {exchange.span_id: exchange for exchange in found}
        self._operations: Mapping[str, Operation] = {operation.span_id: operation for operation in others}
        self._queries: Mapping[str, Query] = {query.span_id: query for query in everything.queries}
        self._outbound: Mapping[str, Outbound] = {call.span_id: call for call in everything.outbound}
        self._problems = tuple(dict.fromkeys((*problems, *more_problems, *everything.problems)))
        self._effects = self._placed((*found, *others))

    def _placed(self, found: Iterable[Exchange | Operation]) -> Mapping[str, Sequence[tuple[int, AnyEffect]]]:
        """Return span id → side effects that happened while it was current, each with its time."""
        placed: defaultdict[str, list[tuple[int, AnyEffect]]] = defaultdict(list)
        starts = {span.span_id: span.start for span in self._trace.spans}
        for exchange in found:
            for effect in exchange.effects.in_order():
                span_id = effect.span_id if effect.span_id in starts else exchange.span_id
                placed[span_id].append((starts[exchange.span_id] + effect.start, effect))
        return placed

    def lines(self) -> Iterator[str]:
        # A stack of our own: recorded trees may be deeper than Python's.
        waiting: list[tuple[Span | tuple[int, AnyEffect], str, str]]
        waiting = [(span, "", "") for span in reversed(self._trace.roots)]
        while waiting:
            span, branch, stem = waiting.pop()
            if not isinstance(span, Span):
                time, effect = span
                yield f"{_ms(time - self._trace.start):>10} {'':>9}  {branch}{self._effect(effect)}"
                continue
            children = self._children(span)
            yield self._timed(span, branch + self._title(span))
            below = stem + ("│  " if children else "   ")
            room = max(_NARROWEST, self._width - len(_NO_TIMES) - len(below))
            for detail in self._details(span, room):
                yield _NO_TIMES + below + detail
            for child in reversed(children):
                last = child is children[-1]
                waiting.append((child, stem + ("└─ " if last else "├─ "), stem + ("   " if last else "│  ")))
        if self._problems:
            yield ""
            yield from (printable(f"! {problem}") for problem in self._problems)

    def _children(self, span: Span) -> Sequence[Span | tuple[int, AnyEffect]]:
        """Return what stands below a span, in order of time."""
        spans: Sequence[Span] = self._trace.children(span.span_id)
        effects = self._effects.get(span.span_id)
        if not effects:
            return spans
        return sorted((*effects, *spans), key=lambda item: item.start if isinstance(item, Span) else item[0])

    def _effect(self, effect: AnyEffect) -> str:
        return shortened(printable(_effect(effect)), max(_NARROWEST, self._width - len(_NO_TIMES)))

    def _timed(self, span: Span, text: str) -> str:
        return f"{_ms(span.start - self._trace.start):>10} {_ms(span.end - span.start):>9}  {text}"

    def _title(self, span: Span) -> str:
        title = printable(span.name) or "(no name)"
        if span.status == "error":
            title += f"  [error{': ' if span.status_message else ''}{printable(span.status_message)}]"
        if span.span_id in self._orphans:
            title += f"  [its parent {span.parent_id} was not recorded]"
        return shortened(title, max(_NARROWEST, self._width - len(_NO_TIMES)))

    def _details(self, span: Span, room: int) -> Iterator[str]:
        if span.span_id in self._exchanges:
            yield from _exchange(self._exchanges[span.span_id], room)
        elif span.span_id in self._operations:
            yield from _operation(self._operations[span.span_id], room)
        elif span.span_id in self._queries:
            yield from _query(self._queries[span.span_id], room)
        elif span.span_id in self._outbound:
            yield from _outbound(self._outbound[span.span_id], room)
        else:
            told = semconv.exception(span)
            if told is not None:
                yield _failure(Failure(*told), room)


def _operation(operation: Operation, room: int) -> Iterator[str]:
    yield shortened(printable(f"{operation.kind:<9} {operation.name}"), room)
    arguments = _arguments(operation.keywords, operation.arguments)
    name = ".".join(filter(None, (operation.module, operation.qualname)))
    if name or arguments:
        yield shortened(printable(f"runs      {name}({arguments})"), room)
    if operation.kind != "command" and operation.exception is None and name:
        yield shortened(printable(f"returned  {brief(operation.returned)}"), room)
    for line in operation.output.splitlines()[:_ROWS]:
        yield shortened(printable(f"output    {line}"), room)
    yield from _calls(operation.calls, room)
    if operation.exception is not None:
        yield _failure(operation.exception, room)
    yield from (shortened(printable(f"! {fault}"), room) for fault in operation.faults)


def _exchange(exchange: Exchange, room: int) -> Iterator[str]:
    yield shortened(f"request   {_request(exchange.request)}", room)
    yield from _body(exchange.request.body, "body", room)
    if exchange.view is not None:
        arguments = _arguments(exchange.view.kwargs, exchange.view.args)
        name = ".".join(filter(None, (exchange.view.module, exchange.view.qualname))) or "?"
        yield shortened(printable(f"view      {name}({arguments})  {exchange.view.route}"), room)
    if exchange.user is not None:
        who = (
            f"{exchange.user.model} {brief(exchange.user.pk)}" if exchange.user.authenticated else "anonymous"
        )
        yield shortened(printable(f"user      {who}"), room)
    if exchange.session is not None:
        yield shortened(f"session   {brief(exchange.session.after, room)}", room)
    yield from (shortened(printable(f"template  {template.name}"), room) for template in exchange.templates)
    for form in exchange.forms:
        yield from (shortened(printable(f"form      {line}"), room) for line in _form(form))
    yield from _calls(exchange.calls, room)
    if exchange.exception is not None:
        yield _failure(exchange.exception, room)
    if exchange.response is not None:
        yield shortened(f"response  {_response(exchange.response)}", room)
        yield from _body(exchange.response.body, "body", room)
    for kind, more in exchange.effects.dropped.items():
        yield f"… {more} more {kind.replace('_', ' ')}"
    yield from (shortened(printable(f"! {fault}"), room) for fault in exchange.faults)


def _form(form: Form) -> Iterator[str]:
    yield f"{form.key}  {form.name}{'' if any((form.errors, *(form.forms or ()))) else '  valid'}"
    for number, errors in enumerate((form.errors, *(form.forms or ()))):
        place = f"{number - 1}." if number else ""
        for field, found in errors.items():
            told = ", ".join(" ".join(filter(None, (error.code, error.message))) or "?" for error in found)
            yield f"  {place}{field}: {told}"
    if form.is_cut:
        yield "  … and more"


def _request(request: Request) -> str:
    query = f"?{request.query_string}" if request.query_string else ""
    return printable(f"{request.method} {request.path}{query}")


def _response(response: Response) -> str:
    parts = [f"{response.status} {response.reason}"]
    parts += [
        f"{name}: {value}" for name, value in response.headers if name.lower() in {"location", "content-type"}
    ]
    parts += [f"{'clears' if cookie.deleted else 'sets'} cookie {cookie.name}" for cookie in response.cookies]
    return printable("  ".join(parts))


def _body(body: Body, label: str, room: int) -> Iterator[str]:
    size = "" if body.size is None else f" ({body.size} bytes)"
    match body.kind:
        case "empty":
            return
        case "form" | "multipart":
            pairs = [f"{name}={brief(value, _CELL)}" for name, value in body.fields]
            pairs += [f"{file.field}=<{file.name}, {len(file.content)} bytes>" for file in body.files]
            content = "  ".join(pairs)
        case "json" | "text":
            content = " ".join(body.text[: 4 * room].split())
        case "binary" | "unread" | "streamed":
            content = ""
    yield shortened(printable(f"{label:<10}{body.kind}{size} {content}"), room)


def _calls(calls: Sequence[Call], room: int) -> Iterator[str]:
    depths: dict[int | None, int] = {None: 0}
    for call in calls[:_CALLS]:
        depth = depths.get(call.parent, 0)
        depths[call.id] = depth + 1
        text = f"{'  ' * depth}{call.module}.{call.qualname}({_arguments(call.arguments)}) {_outcome(call)}"
        yield shortened(printable(f"call {_ms(call.duration):>8} ms  {text}"), room)
    if len(calls) > _CALLS:
        yield f"… {len(calls) - _CALLS} more calls"


def _outcome(call: Call) -> str:
    if call.raised is not None:
        return f"raised {call.raised.type}: {call.raised.message}"
    if call.yielded is not None:
        return f"yielded {call.yielded} values"
    return f"→ {brief(call.returned)}"


def _arguments(named: Mapping[str, object], placed: Sequence[object] = ()) -> str:
    return ", ".join([*map(brief, placed), *(f"{name}={brief(value)}" for name, value in named.items())])


def _query(query: Query, room: int) -> Iterator[str]:
    if query.kind != "statement":
        yield shortened(printable(f"{query.kind} on {query.alias}"), room)
    yield from _sql(query.sql, room)
    if query.params:
        yield shortened(f"params {brief(query.params, room)}", room)
    if query.many is not None:
        yield shortened(f"params {brief(query.many, room)}, {len(query.many)} times", room)
    yield from _result(query, room)
    if query.error is not None:
        yield _failure(query.error, room)
    yield from _caller(query.caller, room)


def _result(query: Query, room: int) -> Iterator[str]:
    if query.rows:
        header = [shortened(printable(column), _CELL) for column in query.columns]
        cells = [[brief(value, _CELL) for value in row] for row in query.rows[:_ROWS]]
        yield from (shortened(line, room) for line in aligned([header, *cells]))
    count = len(query.rows) if query.fetched is None else query.fetched
    hidden = count - len(query.rows[:_ROWS])
    if hidden > 0:
        yield f"… {hidden} more"
    elif query.columns and not query.rows:
        yield "no rows"
    elif not query.columns and query.rowcount is not None and query.rowcount >= 0:
        yield f"{query.rowcount} row{'' if query.rowcount == 1 else 's'} affected"


def _sql(sql: str, room: int) -> Iterator[str]:
    for clause in _BREAK.sub(lambda match: match.group(1) or "\n", sql).splitlines():
        yield from textwrap.wrap(
            printable(clause.expandtabs(4)), room, subsequent_indent="    ", break_on_hyphens=False
        )


def _outbound(outbound: Outbound, room: int) -> Iterator[str]:
    yield shortened(printable(f"{outbound.method} {outbound.url}"), room)
    yield from _body(outbound.body, "sent", room)
    if outbound.error is not None:
        yield _failure(outbound.error, room)
    if outbound.status is not None:
        yield shortened(printable(f"{outbound.status} {outbound.reason}"), room)
    if outbound.response_body is not None:
        yield from _body(outbound.response_body, "received", room)
    yield from _caller(outbound.caller, room)


def _effect(effect: AnyEffect) -> str:
    match effect:
        case Mail():
            files = f" with {len(effect.attachments)} attached" if effect.attachments else ""
            to = ", ".join((*effect.to, *effect.cc, *effect.bcc))
            return f"mail {brief(effect.subject)} to {to}{files}{_raised(effect.error)}"
        case CacheAccess():
            return _cache_access(effect)
        case Task():
            told = f"task {effect.name}({_arguments(effect.keywords, effect.arguments)})"
            options = f" {_arguments(effect.options)}" if effect.options else ""
            returned = f" → {brief(effect.returned)}" if effect.eager and effect.raised is None else ""
            return f"{told}{options}{returned}{_raised(effect.raised)}"
        case SignalSent():
            receivers = ", ".join(effect.receivers)
            return f"signal {effect.signal} from {effect.sender or 'nobody'} to {receivers}"
        case StoredFile():
            size = "" if effect.size is None else f" ({effect.size} bytes)"
            result = "" if effect.result is None else f" → {brief(effect.result)}"
            return f"file {effect.operation} {effect.name}{size}{result}{_raised(effect.error)}"
        case LogRecord():
            return f"log {effect.level} {effect.logger}: {effect.message}{_raised(effect.exception)}"
        case Draw():
            arguments = _arguments(effect.keywords, effect.arguments)
            return f"draw {effect.source}({arguments}) → {brief(effect.value)} by {effect.caller}"
        case CommitHook():
            outcome = "did not run" if effect.ran is None else "ran"
            return f"on commit of {effect.alias} {effect.function}, {outcome}"


def _cache_access(access: CacheAccess) -> str:
    told = f"cache {access.alias} {access.operation} {', '.join(access.keys)}".rstrip()
    if access.hits and not any(access.hits):
        told += " → missed"
    elif access.operation == "has_key":
        told += " → there"
    elif access.values:
        sign = "=" if access.operation in {"set", "set_many", "add", "incr"} else "→"
        told += f" {sign} {', '.join(map(brief, access.values))}"
    if access.has_timeout:
        told += " for ever" if access.timeout is None else f" for {brief(access.timeout)} s"
    if access.result is not None:
        told += f" → {brief(access.result)}"
    return told + _raised(access.error)


def _raised(failure: Failure | None) -> str:
    return "" if failure is None else f", raised {failure.type}: {failure.message}"


def _caller(caller: Caller | None, room: int) -> Iterator[str]:
    if caller is not None:
        yield shortened(printable(f"by        {caller.file}:{caller.line} {caller.qualname}"), room)


def _failure(failure: Failure, room: int) -> str:
    where = f" ({failure.where})" if failure.where else ""
    return shortened(printable(f"raised    {failure.type}: {failure.message}{where}"), room)


def _ms(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:.1f}"
