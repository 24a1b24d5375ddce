"""One SQL statement and what came back of it → :class:`~otel2test.attributes.QueryPayload`.

A :class:`Statement` collects while the program executes and fetches; its payload is made when
the trace is written, as rows arrive after the statement's span has ended. Values that can't
change are kept as they are; all others are snapshot at once, as the program may change them.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from otel2test.attributes import ColumnPayload, ExceptionPayload, QueryPayload
from otel2test.processors.django.concealing import conceal_text, conceal_wire, is_telling
from otel2test.processors.guard import guard
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import snapshot
from otel2test.values import Wire, encode, encode_mapping

if TYPE_CHECKING:
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


@dataclass(frozen=True, slots=True)
class Taken:
    """A value that could change later, in its form on the wire."""

    wire: Wire


@dataclass(frozen=True, slots=True)
class Origin:
    """What the ORM knows of a statement that it made."""

    model: str
    sources: tuple[ColumnPayload | None, ...] = ()
    secret_columns: tuple[int, ...] = ()
    """Positions in the result whose values must not be written."""
    secrets: frozenset[object] = frozenset()
    """Parameters that must not be written."""


def frozen(value: object) -> object:
    """Return ``value`` in a form that the program can't change."""
    if type(value) in _ATOMIC:
        return value
    # Members of TextChoices and the like, and SafeString, reach the driver as what they extend.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, (list, tuple)):  # an array of PostgreSQL
        return Taken([wired(frozen(item)) for item in value])
    if type(value).__module__.startswith("psycopg"):
        with guard("django: parameter"):
            return _adapted(value)
    return Taken(snapshot(value))


def _adapted(value: Any) -> object:
    """Return what an adapter of psycopg stands for; JSON as text, which is how Django reads it back."""
    wrapped = value.adapted if hasattr(value, "adapted") else getattr(value, "obj", value)
    if type(value).__name__ in {"Json", "Jsonb"}:
        text = (value.dumps or json.dumps)(wrapped)
        return text.decode() if isinstance(text, bytes) else text
    return frozen(wrapped) if wrapped is not value else Taken(snapshot(value))


def wired(value: object) -> Wire:
    """Return the form on the wire of a :func:`frozen` value."""
    return value.wire if isinstance(value, Taken) else encode(value)


def frozen_params(params: object) -> object:
    """Return a copy of the parameters of one execution: a tuple, a dict or None."""
    if params is None:
        return None
    if isinstance(params, Mapping):
        return {str(name): frozen(value) for name, value in params.items()}
    if isinstance(params, Sequence) and not isinstance(params, (str, bytes)):
        return tuple(frozen(value) for value in params)
    return Taken(snapshot(params))


@dataclass(eq=False, slots=True)
class Statement:
    """What was sent to the database, and what the program fetched of the answer."""

    alias: str
    vendor: str
    sql: str
    params: object = None
    many: list[object] | None = None
    kind: Literal["statement", "commit", "rollback"] = "statement"
    start: int = 0
    """Nanoseconds since the epoch."""
    max_rows: int = 0
    origin: Origin | None = None
    span: SpanContext | None = None
    columns: list[str] | None = None
    rows: list[tuple[object, ...]] = field(default_factory=list)
    fetched: int = 0
    exhausted: bool = False
    rowcount: int | None = None
    lastrowid: object = None
    error: ExceptionPayload | None = None
    secrets: set[object] = field(default_factory=set)
    """Values that must not be written; all statements of an exchange share one set."""

    def add_row(self, row: object) -> None:
        """Take one row that the program fetched."""
        self.fetched += 1
        if len(self.rows) >= self.max_rows or not isinstance(row, (tuple, list)):
            return
        kept = tuple([cell if type(cell) in _ATOMIC else frozen(cell) for cell in row])
        self.rows.append(kept)
        if self.origin is not None:
            for position in self.origin.secret_columns:
                if position < len(kept) and is_telling(secret := kept[position]):
                    self.secrets.add(secret)

    def add_rows(self, rows: Iterable[object]) -> None:
        """Take several."""
        for row in rows:
            self.add_row(row)

    def tee_many(self, param_list: Iterable[Any]) -> Iterator[Any]:
        """Pass the parameters of ``executemany`` on, keeping a bounded copy."""
        self.many = []
        for params in param_list:
            with guard("parameters"):
                if len(self.many) < self.max_rows:
                    self.many.append(frozen_params(params))
            yield params

    def payload(self) -> QueryPayload:
        """Return what is known by now, with its secrets replaced."""
        secrets = self.secrets
        payload: QueryPayload = {
            "alias": self.alias,
            "vendor": self.vendor,
            # What the ORM makes has placeholders only.
            "sql": redactor.redact_text(self.sql) if "'" in self.sql else self.sql,
        }
        if self.kind != "statement":
            payload["kind"] = self.kind
        if self.params is not None:
            payload["params"] = _params(self.params, secrets)
        if self.many is not None:
            payload["many"] = [_params(params, secrets) for params in self.many]
        if self.origin is not None:
            payload["model"] = self.origin.model
        if self.columns is not None:
            self._add_result(payload, self.columns, secrets)
        if self.rowcount is not None:
            payload["rowcount"] = self.rowcount
        if self.lastrowid is not None:
            payload["lastrowid"] = wired(self.lastrowid)
        if self.error is not None:
            payload["error"] = {**self.error, "message": conceal_text(self.error["message"], secrets)}
        return payload

    def _add_result(self, payload: QueryPayload, columns: list[str], secrets: Collection[object]) -> None:
        payload["columns"] = columns
        hidden = self._hidden(columns)
        payload["rows"] = [
            [
                redactor.scramble(wired(cell)) if position in hidden else _concealed(cell, secrets)
                for position, cell in enumerate(row)
            ]
            for row in self.rows
        ]
        payload["fetched"] = self.fetched
        payload["exhausted"] = self.exhausted
        sources = self.origin.sources if self.origin else ()
        if sources and len(sources) <= len(columns):
            payload["sources"] = [*sources, *[None] * (len(columns) - len(sources))]

    def _hidden(self, columns: list[str]) -> Collection[int]:
        if self.origin is not None:
            return self.origin.secret_columns
        return [position for position, name in enumerate(columns) if redactor.is_secret_field("", name)]


def _params(params: object, secrets: Collection[object]) -> Wire:
    if isinstance(params, dict):
        return encode_mapping({name: _concealed(value, secrets) for name, value in params.items()})
    if isinstance(params, tuple):
        return [_concealed(value, secrets) for value in params]
    return wired(params)


def _concealed(value: object, secrets: Collection[object]) -> Wire:
    # Secrets that have no plain form in JSON are known by their value, all others on the wire.
    if type(value) in _TAGGED and value in secrets:
        return redactor.scramble(wired(value))
    return conceal_wire(wired(value), secrets)
