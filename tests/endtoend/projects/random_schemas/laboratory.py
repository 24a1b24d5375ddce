"""Record operations on one database, invert them into an empty one, and run them there again."""

import inspect
import io
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.management.color import no_style
from django.db import OperationalError, ProgrammingError, connection, transaction
from django.http import HttpRequest, JsonResponse
from django.test import Client
from hypothesis import reject

from otel2test import reading
from otel2test.inverting.django.inverting import invert
from otel2test.inverting.django.subjects import Pages
from otel2test.inverting.plan import Plan
from otel2test.processors.files import TraceFile
from otel2test.writing import source
from tests.endtoend.projects.random_schemas import stock as stocks
from tests.endtoend.projects.random_schemas.operations import Operation, Performer
from tests.endtoend.projects.random_schemas.schemas import Schema, build, forget
from tests.endtoend.projects.random_schemas.stock import Stock
from tests.endtoend.projects.random_schemas.telling import Key, Matching, Teller, plain, without_types


class Lines(TraceFile):
    """Takes the lines that would go to a file."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"))
        self.lines: list[bytes] = []

    def write(self, line: bytes, service: str) -> bool:
        self.lines.append(line)
        return True


class Stage:
    """Holds what the only view does."""

    perform: Any


def view(request: HttpRequest) -> JsonResponse:
    request.POST.getlist("key")
    return JsonResponse({"observed": without_types(Stage.perform())})


@dataclass
class Example:
    """One schema with its rows and operations."""

    schema: Schema
    stock: Stock
    operations: Sequence[Operation]
    with_keys: bool
    label: str
    runs: list[list[Any]] = field(default_factory=list)
    """What each run observed."""

    def check(self, written: Lines) -> list[str]:
        """Return everything, if the second run saw something else; AssertionError if no note says so."""
        with _tables(self.schema, self.label) as classes:
            stocks.insert(self.stock, self.schema, classes)
            _count_on(classes)
            stocked = _keys(classes)
            performer = Performer(classes, Teller(self.with_keys))
            Stage.perform = lambda: self._run(performer)
            written.lines.clear()
            keys = [key for operation in self.operations for key in operation.asked_for()]
            try:
                response = Client().post("/", {"key": keys} if keys else {})
            except (OperationalError, ProgrammingError):
                # Of a negated condition beside alternatives, Django may name a table that it doesn't join.
                reject()
            assert response.status_code == 200
            (line,) = written.lines
            _empty(classes)
            text, plan = "", None
            try:
                plan = inverted(line)
                text = source.write([plan], "pytest", test_class="RecordedTests").text
                run(text)
                assert len(self.runs) == 2
                Matching(stocked).compare(self.runs[0], self.runs[1])
            except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - told with all that led to it
                told = "\n\n".join([*self._told(line), text, *_where(error)])
                if isinstance(error, AssertionError) and plan is not None and _says_so(plan):
                    return [told]
                raise AssertionError(told) from None
        return []

    def _run(self, performer: Performer) -> list[Any]:
        observed = [performer.perform(operation) for operation in self.operations]
        self.runs.append(observed)
        return observed

    def _told(self, line: bytes) -> Iterator[str]:
        yield from ["", "SCHEMA", *map(repr, self.schema), "ROWS", *map(repr, self.stock)]
        yield from ["OPERATIONS", *map(repr, self.operations)]
        yield "QUERIES"
        (exchange,) = exchanges(line)
        for query in exchange.queries:
            yield f"{query.sql}\n    {query.params} -> {query.rows} rowcount={query.rowcount}"
        for observed in self.runs:
            yield "OBSERVED"
            yield from map(repr, observed)


def _says_so(plan: Plan) -> bool:
    """Say whether a note tells of a query that couldn't be met."""
    return any(note.source is not None for note in plan.notes)


def _where(error: BaseException) -> list[str]:
    return ["".join(traceback.format_exception(error)[-12:])]


def exchanges(line: bytes) -> Sequence[Any]:
    recording = reading.read(["-"], io.BytesIO(line))
    assert not recording.problems
    (trace,) = recording.traces
    found, problems = reading.exchanges(trace)
    assert not problems
    return found


def inverted(line: bytes) -> Plan:
    (exchange,) = exchanges(line)
    assert not exchange.faults
    plan = invert(exchange, Pages([exchange])).plan
    source.check(plan, "pytest")
    return plan


def run(text: str) -> None:
    """Run the only test of a generated module as a plugin of pytest would, in a transaction of its own."""
    module: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "<generated>", "exec"), module)
    (test,) = [value for name, value in module.items() if name.startswith("test_")]
    with transaction.atomic():
        test(**{name: {"client": Client}[name]() for name in inspect.signature(test).parameters})
        transaction.set_rollback(True)


@contextmanager
def _tables(schema: Schema, label: str) -> Iterator[list[Any]]:
    classes = build(schema, label)
    try:
        with connection.schema_editor() as editor:
            for model in classes:
                editor.create_model(model)
        yield classes
    finally:
        with connection.schema_editor() as editor:
            for model in reversed(classes):
                editor.delete_model(model)
        forget(label)


def _all_tables(classes: list[Any]) -> list[str]:
    ties = [tie for model in classes for tie in model._meta.local_many_to_many]
    return [model._meta.db_table for model in (*classes, *(tie.remote_field.through for tie in ties))]


def _empty(classes: list[Any]) -> None:
    """Make the database as good as new: no rows, and keys are counted from 1 again."""
    statements = connection.ops.sql_flush(no_style(), _all_tables(classes), reset_sequences=True)
    connection.ops.execute_sql_flush(statements)


def _count_on(classes: list[Any]) -> None:
    """Let the database draw keys that no row has yet, as it would if it had drawn them all."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), classes):
            cursor.execute(statement)


def _keys(classes: list[Any]) -> list[Key]:
    return [
        Key(model._meta.db_table, plain(key))
        for model in classes
        for key in model.objects.values_list("pk", flat=True)
    ]
