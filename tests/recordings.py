"""A small language for recordings: what a recorder would have written, said in a few lines.

    recorded(
        request(
            "POST",
            "/complete/50/",
            query("SELECT id, title FROM todo WHERE id = ?", [50], columns=["id", "title"], rows=[[50, "A"]]),
            query("UPDATE todo SET done = ? WHERE id = ?", [True, 50], rowcount=1),
            form=[("note", "at last")],
            status=302,
            response_headers=[("Location", "/")],
            schema=schema(model("todos.Todo", field("id", "AutoField", primary_key=True), field("title"))),
        )
    ).line()

:func:`recorded` gives a :class:`Recorded`, which can be had as a line of OTLP JSON, as a
:class:`~otel2test.reading.Trace` and as an exchange. Times and ids count from fixed ones;
the clock goes on by a millisecond a span. Payloads are typed dictionaries of
:mod:`otel2test.attributes`; Python values in them are encoded here.
"""

import base64
import json as jsonlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast

import orjson

from otel2test import attributes as names
from otel2test.attributes import (
    BodyPayload,
    CallPayload,
    ColumnPayload,
    CookiePayload,
    ExceptionPayload,
    FieldPayload,
    FormPayload,
    ManyToManyPayload,
    ModelPayload,
    OutboundPayload,
    QueryPayload,
    RequestPayload,
    ResponsePayload,
    SchemaPayload,
    SessionPayload,
    UserPayload,
    ViewPayload,
)
from otel2test.reading import Trace, exchanges, otlp
from otel2test.reading.exchanges import Exchange
from otel2test.reading.spans import Origin, Span, SpanKind, StatusCode
from otel2test.reading.traces import assemble
from otel2test.values import encode

T = TypeVar("T")

TRACE_ID: Final = "5b8efff798038103d269b633813fc60c"
START: Final = 1_767_323_045_000_000_000
"""2026-01-02T03:04:05Z."""
TICK: Final = 1_000_000

DJANGO: Final = "opentelemetry.instrumentation.django"

Json: TypeAlias = bool | int | float | str | Sequence[object] | Mapping[str, object] | None
Told: TypeAlias = Mapping[str, bool | int | float | str]


@dataclass(frozen=True)
class Node:
    """A span to be, with the spans below it."""

    name: str
    children: tuple["Node", ...] = ()
    kind: SpanKind = "internal"
    scope: str = "tests"
    attributes: Told = dataclass_field(default_factory=dict)
    status: StatusCode = "unset"
    parent_id: str | None = None
    """Of a span that is not in the recording."""
    exception: tuple[str, str] | None = None
    """Type and message of an exception event."""


@dataclass(frozen=True)
class Recorded:
    """One trace, ready to be written or read."""

    nodes: tuple[Node, ...]
    trace_id: str = TRACE_ID
    service: str = "shop"
    start: int = START

    def spans(self) -> list[dict[str, object]]:
        """Return the spans as OTLP JSON has them, scope name beside each."""
        spans: list[dict[str, object]] = []
        for node in self.nodes:
            self._add(node, None, spans)
        return spans

    def document(self) -> dict[str, object]:
        """Return one ``ExportTraceServiceRequest``."""
        by_scope: dict[str, list[object]] = {}
        for span in self.spans():
            by_scope.setdefault(str(span.pop("scope")), []).append(span)
        return {
            "resourceSpans": [
                {
                    "resource": {"attributes": any_values({"service.name": self.service})},
                    "scopeSpans": [
                        {"scope": {"name": scope}, "spans": spans} for scope, spans in by_scope.items()
                    ],
                }
            ]
        }

    def line(self) -> bytes:
        """Return the document as one line of a file."""
        return orjson.dumps(self.document(), option=orjson.OPT_APPEND_NEWLINE)

    def trace(self) -> Trace:
        """Return what reading makes of it, without a file."""
        found = [*otlp.spans(self.document(), Origin("recorded.jsonl", 1))]
        (trace,) = assemble(span for span in found if isinstance(span, Span))
        assert len(trace.spans) == len(found), found
        return trace

    def exchange(self) -> Exchange:
        """Return its only request, which must be readable in full."""
        (exchange,), problems = exchanges(self.trace())
        assert not problems, problems
        return exchange

    def _add(self, node: Node, parent_id: str | None, spans: list[dict[str, object]]) -> None:
        number = len(spans)
        span: dict[str, object] = {
            "scope": node.scope,
            "traceId": self.trace_id,
            "spanId": span_id(number),
            "name": node.name,
            "kind": ("unspecified", "internal", "server", "client", "producer", "consumer").index(node.kind),
            "startTimeUnixNano": str(self.start + number * TICK),
            "attributes": any_values(node.attributes),
            "status": {"code": ("unset", "ok", "error").index(node.status)},
        }
        if parent_id or node.parent_id:
            span["parentSpanId"] = node.parent_id or parent_id
        if node.exception:
            kind, message = node.exception
            told = any_values({"exception.type": kind, "exception.message": message})
            time = str(self.start + number * TICK)
            span["events"] = [{"name": "exception", "timeUnixNano": time, "attributes": told}]
        spans.append(span)
        for child in node.children:
            self._add(child, span_id(number), spans)
        span["endTimeUnixNano"] = str(self.start + len(spans) * TICK)


def span_id(number: int) -> str:
    """Return the id of the ``number``-th span of a trace, counted from 0 in the order they are said."""
    return f"{number + 1:016x}"


def recorded(*nodes: Node, trace_id: str = TRACE_ID, service: str = "shop", start: int = START) -> Recorded:
    """Return a trace of these spans."""
    return Recorded(nodes, trace_id, service, start)


def lines(*traces: Recorded) -> bytes:
    """Return the content of a JSON Lines file."""
    return b"".join(trace.line() for trace in traces)


def any_values(told: Told) -> list[dict[str, object]]:
    """Return attributes in OTLP's form."""
    return [{"key": key, "value": _any_value(value)} for key, value in told.items()]


def span(
    name: str,
    *children: Node,
    kind: SpanKind = "internal",
    scope: str = "tests",
    attributes: Told | None = None,
    status: StatusCode = "unset",
    parent_id: str | None = None,
    exception: tuple[str, str] | None = None,
) -> Node:
    """Return a span of any kind."""
    return Node(name, children, kind, scope, attributes or {}, status, parent_id, exception)


def told(node: Node, **payloads: object) -> Node:
    """Return ``node`` with other payloads: ``told(node, QUERY="{")``, by their names in ``attributes``."""
    changed = {getattr(names, name): value for name, value in payloads.items()}
    texts = {name: value if isinstance(value, str) else _json(value) for name, value in changed.items()}
    return replace(node, attributes={**node.attributes, **texts})


def request(
    method: str,
    path: str,
    *children: Node,
    query_string: str = "",
    headers: Sequence[tuple[str, str]] = (),
    cookies: Mapping[str, str] | None = None,
    form: Sequence[tuple[str, str]] | None = None,
    json: Json = None,
    body: BodyPayload | None = None,
    status: int = 200,
    answer: BodyPayload | Json = None,
    response_headers: Sequence[tuple[str, str]] = (),
    response_cookies: Sequence[CookiePayload] = (),
    view: ViewPayload | None = None,
    user: UserPayload | None = None,
    session: SessionPayload | None = None,
    templates: Iterable[str] = (),
    forms: Sequence[FormPayload] = (),
    exception: ExceptionPayload | None = None,
    calls: Sequence[CallPayload] = (),
    schema: SchemaPayload | None = None,
    faults: Sequence[str] = (),
    effects: Mapping[str, Sequence[object]] | None = None,
) -> Node:
    """Return a request's span as our recorder leaves it.

    ``form``, ``json`` and ``body`` are three ways to say the request's body; ``answer`` is
    the response's: a body payload, a string for HTML, or anything else for JSON. ``effects``
    are payloads of side effects, by the names of their kinds: ``{"MAILS": [...]}``.
    """
    sent, content_type = _sent(form, json, body)
    payload: RequestPayload = {
        "method": method,
        "path": path,
        "query_string": query_string,
        "scheme": "http",
        "host": "testserver",
        "headers": [*headers],
        "cookies": dict(cookies or {}),
        "content_type": content_type,
        "body": sent,
    }
    response: ResponsePayload = {
        "status": status,
        "reason": "",
        "headers": [*response_headers],
        "cookies": [*response_cookies],
        "body": body_of(answer),
        "streaming": False,
    }
    payloads: dict[str, object] = {names.REQUEST: payload, names.RESPONSE: response}
    optional: dict[str, object] = {
        names.VIEW: view,
        names.USER: user,
        names.SESSION: session,
        names.TEMPLATES: [{"name": name, "context_keys": []} for name in templates],
        names.FORMS: [*forms],
        names.EXCEPTION: exception,
        names.CALLS: [*calls],
        names.SCHEMA: schema,
        names.FAULTS: [*faults],
        **{getattr(names, kind): [*found] for kind, found in (effects or {}).items()},
    }
    payloads |= {name: value for name, value in optional.items() if value}
    texts = {name: _json(value) for name, value in payloads.items()}
    conventions: Told = {"http.method": method, "http.target": path, "http.status_code": status}
    return Node(
        f"{method} {path}",
        children,
        "server",
        DJANGO,
        {**conventions, names.FORMAT: names.FORMAT_VERSION, **texts},
    )


def stock_request(method: str, path: str, *children: Node, status: int = 200, **told: str) -> Node:
    """Return a request's span as OpenTelemetry alone leaves it; in ``told``, ``_`` stands for dots."""
    further = {name.replace("_", "."): value for name, value in told.items()}
    return Node(
        f"{method} {path}",
        children,
        "server",
        DJANGO,
        {"http.method": method, "http.target": path, "http.status_code": status, **further},
    )


def query(
    sql: str,
    params: Sequence[object] | Mapping[str, object] | None = None,
    *,
    columns: Sequence[str] = (),
    rows: Sequence[Sequence[object]] = (),
    sources: Sequence[ColumnPayload | None] | None = None,
    model: str | None = None,
    many: Sequence[Sequence[object]] | None = None,
    executions: int | None = None,
    fetched: int | None = None,
    exhausted: bool = True,
    rowcount: int | None = None,
    lastrowid: object = None,
    error: ExceptionPayload | None = None,
    alias: str = "default",
    connection: int = 0,
    vendor: str = "sqlite",
) -> Node:
    """Return a statement's span; values in ``params`` and ``rows`` are Python's."""
    payload: QueryPayload = {"alias": alias, "vendor": vendor, "sql": sql}
    if params is not None:
        payload["params"] = encode(dict(params) if isinstance(params, Mapping) else list(params))
    if many is not None:
        payload["many"] = [encode(list(item)) for item in many]
    if executions is not None:
        payload["executions"] = executions
    if connection:
        payload["connection"] = connection
    if columns:
        payload["columns"] = [*columns]
        payload["rows"] = [[encode(cell) for cell in row] for row in rows]
        payload["fetched"] = len(rows) if fetched is None else fetched
        payload["exhausted"] = exhausted
    if sources is not None:
        payload["sources"] = [*sources]
    if model is not None:
        payload["model"] = model
    if rowcount is not None:
        payload["rowcount"] = rowcount
    if lastrowid is not None:
        payload["lastrowid"] = encode(lastrowid)
    if error is not None:
        payload["error"] = error
    verb = next(iter(sql.split(maxsplit=1)), "")
    return Node(
        verb,
        (),
        "client",
        "opentelemetry.instrumentation.sqlite3",
        {"db.system": vendor, "db.statement": sql, names.QUERY: _json(payload)},
    )


def commit(alias: str = "default") -> Node:
    """Return the span of a commit that Django made by the connection, not by SQL."""
    payload: QueryPayload = {"alias": alias, "vendor": "sqlite", "sql": "", "kind": "commit"}
    return Node("COMMIT", (), "client", "otel2test", {names.QUERY: _json(payload)})


def stock_query(sql: str, system: str = "sqlite") -> Node:
    """Return a statement's span as OpenTelemetry alone leaves it."""
    return Node("SELECT", (), "client", "tests", {"db.system": system, "db.statement": sql})


def outbound(
    method: str,
    url: str,
    *,
    headers: Sequence[tuple[str, str]] = (),
    json: Json = None,
    body: BodyPayload | None = None,
    status: int | None = 200,
    answer: BodyPayload | Json = None,
    response_headers: Sequence[tuple[str, str]] = (),
    error: ExceptionPayload | None = None,
    library: Literal["requests", "urllib3", "httpx", "urllib"] = "requests",
) -> Node:
    """Return the span of an outbound call; ``status=None`` says that no answer came."""
    payload: OutboundPayload = {
        "library": library,
        "method": method,
        "url": url,
        "headers": [*headers],
        "body": _sent(None, json, body)[0],
    }
    if status is not None:
        payload["status"] = status
        payload["reason"] = ""
        payload["response_headers"] = [*response_headers]
        payload["response_body"] = body_of(answer)
    if error is not None:
        payload["error"] = error
    conventions = {"http.method": method, "http.url": url}
    return Node(
        method,
        (),
        "client",
        f"opentelemetry.instrumentation.{library}",
        {**conventions, names.OUTBOUND: _json(payload)},
    )


def body_of(content: BodyPayload | Json | bytes) -> BodyPayload:
    """Return a body payload: None is empty, a string is text, bytes are binary, anything else is JSON."""
    match content:
        case None:
            return {"kind": "empty"}
        case str():
            return {"kind": "text", "text": content, "size": len(content.encode())}
        case bytes():
            return {"kind": "binary", "base64": base64.b64encode(content).decode(), "size": len(content)}
        case {"kind": str(), **_rest}:
            return content  # type: ignore[return-value]  # a payload already, which no check at run time can tell
        case _:
            text = jsonlib.dumps(content)
            return {"kind": "json", "text": text, "size": len(text)}


def view(qualname: str, *, module: str = "shop.views", route: str = "", **kwargs: object) -> ViewPayload:
    """Return the view that answered, with the arguments that its route gave it."""
    wires = {name: encode(value) for name, value in kwargs.items()}
    return {
        "module": module,
        "qualname": qualname,
        "route": route,
        "url_name": None,
        "kwargs": wires,
        "args": [],
    }


def user(pk: object = None, model: str = "auth.User") -> UserPayload:
    """Return who made the request: without ``pk``, nobody who logged in."""
    if pk is None:
        return {"authenticated": False}
    backend = "django.contrib.auth.backends.ModelBackend"
    return {"authenticated": True, "model": model, "pk": encode(pk), "backend": backend}


def call(
    qualname: str,
    returned: object = None,
    *,
    id: int = 0,  # noqa: A002 - the payload's own name
    parent: int | None = None,
    module: str = "shop.views",
    raised: ExceptionPayload | None = None,
    **arguments: object,
) -> CallPayload:
    """Return one call of a function of the project."""
    payload: CallPayload = {
        "id": id,
        "parent": parent,
        "span": span_id(0),
        "module": module,
        "qualname": qualname,
        "file": f"{module.replace('.', '/')}.py",
        "line": 1,
        "start": id * 1000,
        "duration": 1000,
        "arguments": {name: encode(value) for name, value in arguments.items()},
    }
    if raised is None:
        payload["returned"] = encode(returned)
    else:
        payload["raised"] = raised
    return payload


def failure(type: str, message: str = "", where: str = "") -> ExceptionPayload:  # noqa: A002 - the payload's own name
    return {"type": type, "message": message, "where": where}


def field(name: str, type: str = "CharField", **more: Any) -> FieldPayload:  # noqa: A002 - the payload's own name
    """Return a model's field; ``more`` are the optional keys of the payload."""
    base: FieldPayload = {
        "name": name,
        "attname": name,
        "column": name,
        "type": type,
        "python_class": f"django.db.models.fields.{type}",
    }
    return _with(base, more, FieldPayload)


def foreign_key(name: str, to: str, **more: Any) -> FieldPayload:
    """Return a foreign key to the ``id`` of the model ``to``."""
    base: FieldPayload = {
        "name": name,
        "attname": f"{name}_id",
        "column": f"{name}_id",
        "type": "ForeignKey",
        "python_class": "django.db.models.fields.related.ForeignKey",
        "related_model": to,
        "related_field": "id",
    }
    return _with(base, more, FieldPayload)


def model(
    label: str,
    *fields: FieldPayload,
    table: str | None = None,
    many_to_many: Sequence[ManyToManyPayload] = (),
    **more: Any,
) -> ModelPayload:
    """Return a model; ``label`` is ``app.Name``, which gives module and table too."""
    app, _, name = label.partition(".")
    base: ModelPayload = {
        "module": f"{app}.models",
        "name": name,
        "label": label,
        "table": table or f"{app}_{name.lower()}",
        "fields": [*fields],
        "many_to_many": [*many_to_many],
        "unique_together": [],
    }
    return _with(base, more, ModelPayload)


def schema(*models: ModelPayload, **more: Any) -> SchemaPayload:
    """Return what is known of a project with these models."""
    base: SchemaPayload = {
        "django": "5.2.8",
        "use_tz": True,
        "time_zone": "UTC",
        "databases": {"default": "sqlite"},
        "models": [*models],
    }
    return _with(base, more, SchemaPayload)


def _with(base: T, more: Mapping[str, Any], shape: type[T]) -> T:
    """Return a payload with further keys, which have to be keys of its shape."""
    assert more.keys() <= shape.__annotations__.keys(), f"{shape.__name__} has no {[*more]}"
    return cast("T", {**cast("dict[str, Any]", base), **more})


def _sent(
    form: Sequence[tuple[str, str]] | None, json: Json, body: BodyPayload | None
) -> tuple[BodyPayload, str]:
    """Return a request's body and its content type."""
    if form is not None:
        return {"kind": "form", "fields": [*form]}, "application/x-www-form-urlencoded"
    if json is not None:
        return body_of(json), "application/json"
    return body or {"kind": "empty"}, ""


def _any_value(value: bool | float | str) -> dict[str, object]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}


def _json(payload: object) -> str:
    return orjson.dumps(payload).decode()
