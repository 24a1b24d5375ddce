"""One SQL statement and what came back of it → :class:`~otel2test.attributes.QueryPayload`.

A :class:`Statement` collects while the program executes and fetches; its payload is made when
the trace is written, as rows arrive after the statement's span has ended. Values that can't
change are kept as they are; all others are snapshot at once, as the program may change them.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from otel2test.attributes import ColumnPayload, ColumnsPayload, ExceptionPayload, QueryPayload
from otel2test.processors.cells import VALUE_BYTES, weight_of
from otel2test.processors.django.concealing import conceal_text, conceal_wire, is_telling
from otel2test.processors.django.rows import wire_rows
from otel2test.processors.guard import guard
from otel2test.processors.raw_sql import hidden_sql, secret_placeholders
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import snapshot
from otel2test.values import Wire, encode, encode_mapping

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

_ATOMIC: Final = frozenset(
    {
        type(None),
        bool,
        int,
        float,
        str,
        bytes,
        Decimal,
        dt.date,
        dt.datetime,
        dt.time,
        dt.timedelta,
        uuid.UUID,
    }
)
_TAGGED: Final = (bytes, uuid.UUID)
_VENDORS: Final = frozenset({"sqlite", "postgresql", "mysql", "oracle"})
"""Those that the semantic conventions call as Django does."""
_SETTLED_BYTES: Final = 64 * 1024
"""So much is kept before the trace is asked whether there is room."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A value that could change later, in its form on the wire."""

    wire: Wire


@dataclass(frozen=True, slots=True)
class Origin:
    """What the ORM knows of a statement that it made."""

    model: str
    sources: tuple[ColumnPayload | ColumnsPayload | None, ...] = ()
    width: int = 0
    """How many columns these are the sources of."""
    names: list[str] | None = None
    """What these columns are called where each is called as its source."""
    secret_columns: tuple[int, ...] = ()
    """Positions in the result whose values must not be written."""
    secrets: frozenset[object] = frozenset()
    """Parameters that must not be written."""


def frozen(value: object, longest: int | None = None) -> object:
    """Return ``value`` in a form that the program can't change; only the beginning of a longer text."""
    # Members of TextChoices and the like, and SafeString, reach the driver as what they extend.
    if isinstance(value, str):
        return _shortened(str.__str__(value), longest)
    if type(value) is bytes or isinstance(value, (bytearray, memoryview)):
        return _shortened(value, longest)
    if type(value) in _ATOMIC or isinstance(value, Taken):
        return value
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, bytes):
        return _shortened(bytes(value), longest)
    if isinstance(value, (list, tuple)):  # an array of PostgreSQL
        return Taken([wired(frozen(item, longest)) for item in value])
    modules = [base.__module__ for base in type(value).__mro__]
    if modules[0] == "ipaddress":  # how psycopg 3 takes an address, which it gives as text
        return str(value)
    if any(module.startswith("psycopg") for module in modules):
        with guard("django: parameter"):
            return _adapted(value, longest)
    return Taken(snapshot(value))


def _adapted(value: Any, longest: int | None) -> object:
    """Return what an adapter of psycopg stands for; JSON as text, which is how Django reads it back."""
    name = type(value).__name__
    wrapped = value.addr if name == "Inet" else getattr(value, "adapted", getattr(value, "obj", value))
    if name in {"Json", "Jsonb"}:
        wrapped = (value.dumps or json.dumps)(wrapped)
        wrapped = wrapped.decode() if isinstance(wrapped, bytes) else wrapped
    return frozen(wrapped, longest) if wrapped is not value else Taken(snapshot(value))


def _shortened(value: str | bytes | bytearray | memoryview, longest: int | None) -> object:
    """Return a text or bytes as they are, or ``$cut`` if they are too long."""
    if isinstance(value, memoryview):
        value = value.cast("B")
    if longest is None or len(value) <= longest:
        return value if isinstance(value, str) else bytes(value)
    kept = value[:longest]
    return _cut(type(value), len(value), encode(kept if isinstance(kept, str) else bytes(kept)))


def _cut(kind: type, size: int, kept: Wire = None) -> Taken:
    return Taken({"$cut": {"type": f"{kind.__module__}.{kind.__qualname__}", "size": size, "kept": kept}})


def wired(value: object) -> Wire:
    """Return the form on the wire of a :func:`frozen` value."""
    return value.wire if isinstance(value, Taken) else encode(value)


def frozen_params(params: object, longest: int | None = None) -> object:
    """Return a copy of the parameters of one execution: a tuple, a dict or None."""
    if params is None or _is_kept(params, longest):
        return params
    if isinstance(params, Mapping):
        return {str(name): frozen(value, longest) for name, value in params.items()}
    if isinstance(params, Sequence) and not isinstance(params, (str, bytes)):
        return tuple(frozen(value, longest) for value in params)
    return Taken(snapshot(params))


def _is_kept(params: object, longest: int | None) -> bool:
    """Return whether these can be kept as they are, as most can."""
    return type(params) is tuple and weight_of((params,), _ATOMIC, longest, sys.maxsize) is not None


def _weight(value: object) -> int:
    """Return about how many bytes it takes to keep or write a frozen value."""
    if isinstance(value, Taken):
        value = value.wire
    if type(value) is tuple and (size := weight_of((value,), _ATOMIC, None, sys.maxsize)) is not None:
        return VALUE_BYTES + size
    if isinstance(value, (str, bytes)):
        return len(value) + VALUE_BYTES
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return VALUE_BYTES
    return VALUE_BYTES + sum(map(_weight, value))


@dataclass(eq=False, slots=True)
class Statement:
    """What was sent to the database, and what the program fetched of the answer."""

    alias: str
    vendor: str
    sql: str
    params: object = None
    many: list[object] | None = None
    executions: int = 0
    """How many sets of parameters there were; ``many`` may hold fewer."""
    kind: Literal["statement", "commit", "rollback"] = "statement"
    savepoint: bool | None = None
    """Of a ``BEGIN``: whether the block that began it sets a savepoint inside of another."""
    start: int = 0
    """Nanoseconds since the epoch."""
    max_rows: int = 0
    """Of rows, and of sets of parameters."""
    max_value: int | None = None
    """Characters or bytes of one value."""
    server: Mapping[str, str | int] = field(default_factory=dict)
    """Attributes of a span that say where the database is."""
    connection: int = 0
    """Counts the connections of ``alias`` within the trace."""
    grow: Callable[[int], bool] | None = None
    """Tells the trace that it grows by so many bytes; False if there is no room for them."""
    origin: Origin | None = None
    span: SpanContext | None = None
    live_span: ReadableSpan | None = None
    """The same, with the attributes that the driver's instrumentation gives it."""
    columns: list[str] | None = None
    rows: list[tuple[object, ...]] = field(default_factory=list)
    fetched: int = 0
    exhausted: bool = False
    rowcount: int | None = None
    lastrowid: object = None
    error: ExceptionPayload | None = None
    late: bool = False
    """Whether the trace was let go of before, and nothing else keeps it open."""
    release: Callable[[], None] | None = None
    """Of a late one, lets the trace be written when the result was fetched."""
    secrets: set[object] = field(default_factory=set)
    """Values that must not be written; all statements of an exchange share one set."""
    _unsettled: int = 0
    """Bytes that the trace doesn't know of yet, in the rows from ``_settled`` on."""
    _settled: int = 0

    def let_go(self) -> None:
        """Let the trace be written: nothing more is to come."""
        if self.release is not None:
            self.release()
            self.release = None

    def add_row(self, row: object) -> None:
        """Take one row that the program fetched."""
        self.add_rows((row,))

    def add_rows(self, rows: Iterable[object]) -> None:
        """Take several."""
        if type(rows) is list and self._keep_all(rows):
            return
        for row in rows:
            self.fetched += 1
            if len(self.rows) < self.max_rows and isinstance(row, (tuple, list)):
                self._keep(row)
        self._settle()

    def _keep_all(self, rows: list[Any]) -> bool:
        """Keep rows as the driver made them if they are all short, and nothing in them can change."""
        has_secrets = self.origin is not None and self.origin.secret_columns
        if has_secrets or len(self.rows) + len(rows) > self.max_rows:
            return False
        size = weight_of(rows, _ATOMIC, self.max_value, _SETTLED_BYTES)
        if size is None:
            return False
        self.fetched += len(rows)
        self.rows += rows
        self._unsettled += size
        self._settle()
        return True

    def _keep(self, row: Sequence[object]) -> None:
        kept: list[object] = []
        longest = self.max_value
        size = VALUE_BYTES * len(row)
        for cell in row:
            kind = type(cell)
            if kind is str or kind is bytes:
                length = len(cell)  # type: ignore[arg-type] # mypy doesn't follow "is"
                size += length
                kept.append(cell if longest is None or length <= longest else frozen(cell, longest))
            elif kind in _ATOMIC:
                kept.append(cell)
            else:
                kept.append(taken := frozen(cell, longest))
                size += _weight(taken)
        self.rows.append(tuple(kept))
        self._unsettled += size
        if self._unsettled > _SETTLED_BYTES:
            self._settle()
        if self.origin is not None:
            for position in self.origin.secret_columns:
                if position < len(kept) and is_telling(secret := kept[position]):
                    self.secrets.add(secret)

    def _settle(self) -> None:
        if self.grow is not None and self._unsettled and not self.grow(self._unsettled):
            self.max_rows = 0
            del self.rows[self._settled :]
        self._unsettled = 0
        self._settled = len(self.rows)

    def settle_params(self) -> None:
        """Let go of the parameters if the trace has no room for them."""
        if self.grow is None:
            return
        if self.params and not self.grow(_weight(self.params)):
            count = len(self.params) if isinstance(self.params, (tuple, dict)) else 1
            self.params = _cut(type(self.params), count)
        if self.many and not self.grow(_weight(self.many)):
            self.many = []

    def tee_many(self, param_list: Iterable[Any]) -> Iterator[Any]:
        """Pass the parameters of ``executemany`` on, keeping a bounded copy."""
        self.many = []
        for params in param_list:
            with guard("parameters"):
                self.executions += 1
                if len(self.many) < self.max_rows:
                    self.many.append(frozen_params(params, self.max_value))
            yield params

    def payload(self) -> QueryPayload:
        """Return what is known by now, with its secrets replaced."""
        secrets = self.secrets
        payload: QueryPayload = {}
        told = (None if self.live_span is None else self.live_span.attributes) or {}
        if self.alias != "default":
            payload["alias"] = self.alias
        if self.vendor not in _VENDORS or told.get("db.system.name", told.get("db.system")) != self.vendor:
            payload["vendor"] = self.vendor
        if self.sql not in (told.get("db.query.text"), told.get("db.statement")):
            # In the span's own text, secrets are replaced too. What the ORM makes has placeholders only.
            payload["sql"] = hidden_sql(self.sql) if "'" in self.sql else self.sql
        if self.connection:
            payload["connection"] = self.connection
        if self.kind != "statement":
            payload["kind"] = self.kind
        if self.savepoint is not None:
            payload["savepoint"] = self.savepoint
        named = secret_placeholders(self.sql) if self.origin is None else frozenset()
        if self.params is not None:
            payload["params"] = _params(self.params, secrets, named)
        if self.many is not None:
            payload["many"] = [_params(params, secrets, named) for params in self.many]
            payload["executions"] = self.executions
        sources = self._sources()
        if self.origin is not None and not (sources and (sources[0] or {}).get("model") == self.origin.model):
            payload["model"] = self.origin.model
        if self.columns is not None:
            self._add_result(payload, self.columns, sources, secrets)
        if self.rowcount is not None:
            payload["rowcount"] = self.rowcount
        if self.lastrowid is not None:
            payload["lastrowid"] = wired(self.lastrowid)
        if self.error is not None:
            payload["error"] = {**self.error, "message": conceal_text(self.error["message"], secrets)}
        return payload

    def _sources(self) -> list[ColumnPayload | ColumnsPayload | None]:
        """Return where each column of the result comes from; nothing where that isn't known."""
        if self.columns is None or self.origin is None or not 0 < self.origin.width <= len(self.columns):
            return []
        return [*self.origin.sources, *[None] * (len(self.columns) - self.origin.width)]

    def _add_result(
        self,
        payload: QueryPayload,
        columns: list[str],
        sources: list[ColumnPayload | ColumnsPayload | None],
        secrets: set[object],
    ) -> None:
        if not sources or self.origin is None or columns != self.origin.names:
            payload["columns"] = columns
        hidden = self._hidden(columns)
        told = wire_rows(
            self.rows,
            hidden,
            secrets,
            conceal=lambda cell: _concealed(cell, secrets),
            hide=lambda cell: redactor.scramble(wired(cell)),
        )
        payload.update(told)  # type: ignore[typeddict-item] # mypy doesn't see that it is part of it
        if self.fetched != len(self.rows):
            payload["fetched"] = self.fetched
        if not self.exhausted:
            payload["exhausted"] = False
        if sources:
            payload["sources"] = sources

    def _hidden(self, columns: list[str]) -> Collection[int]:
        if self.origin is not None:
            return self.origin.secret_columns
        return [position for position, name in enumerate(columns) if redactor.is_secret_field("", name)]


def _params(params: object, secrets: Collection[object], named: Collection[str | int]) -> Wire:
    """Return parameters on the wire; ``named`` are those that belong to secret columns."""
    if isinstance(params, dict):
        return encode_mapping(
            {
                name: redactor.scramble(wired(value))
                if name in named or redactor.is_secret_name(name)
                else _concealed(value, secrets)
                for name, value in params.items()
            }
        )
    if isinstance(params, tuple):
        return [
            redactor.scramble(wired(value)) if position in named else _concealed(value, secrets)
            for position, value in enumerate(params)
        ]
    return wired(params)


def _concealed(value: object, secrets: Collection[object]) -> Wire:
    # Secrets that have no plain form in JSON are known by their value, all others on the wire.
    if type(value) in _TAGGED and value in secrets:
        return redactor.scramble(wired(value))
    return conceal_wire(wired(value), secrets)
